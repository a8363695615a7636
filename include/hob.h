/* hob: tasks that wait and tasks that compute, each run the right way.
 * SPDX-License-Identifier: MIT
 *
 * The contract of every call in this library:
 *
 * Errors     0 (or a count) on success, a negative errno on failure. errno itself is not used: a task may resume
 *            on another thread, and a cached address of errno would be the old thread's.
 * Deadlines  absolute, CLOCK_MONOTONIC nanoseconds, always the last parameter. HOB_NEVER waits for ever;
 *            0 (or any time past) only polls, and answers -ETIMEDOUT where it would have had to wait.
 * [parks]    this call may let other tasks run on its worker, and the task may resume on another thread. It
 *            answers -ECANCELED once the scope of the calling task is cancelled. Outside a task it answers -EPERM.
 * Ownership  what you pass is borrowed until the call returns, unless the declaration says "takes".
 * Handles    create/destroy pairs allocate and free; a destroy accepts NULL.
 * Threads    any call may be made from any task; a declaration says so where a foreign thread may call it too.
 *
 * Not switched with a task: the floating-point environment (fesetround and friends). Put it back before you park.
 */
#ifndef HOB_H
#define HOB_H

#include <hob/task.h>
#include <hob/wait.h>
#include <hob/net.h>
#include <hob/file.h>
#include <hob/process.h>
#include <hob/pool.h>
#include <hob/tool.h>
#include <hob/sync.h>
#include <hob/lane.h>
#include <hob/compute.h>
#include <hob/meter.h>

#endif
