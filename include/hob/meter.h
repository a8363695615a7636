/* What tasks do with their lives, and a report of it. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_METER_H
#define HOB_METER_H

#include <hob/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The four states that every task is in one of, at every instant. They add up to its life. */
struct hob_task_times {
	int64_t compute_ns; /* on a core */
	int64_t wait_ns;    /* in a call that parks */
	int64_t ready_ns;   /* for a core */
	int64_t held_ns;    /* blocked in the kernel, on a worker: known once the task has left its core */
};

/* Those of the calling task, since it was spawned. 0, or -EPERM outside a task. */
HOB_API int hob_task_times(struct hob_task_times *out);

enum hob_report_form { HOB_REPORT_TEXT, HOB_REPORT_JSON };

/* Writes what the tasks of this runtime did until now to a descriptor, which blocks the worker where that does: a
 * screen of text, or one JSON object on a line. What is not over is not in it: the wait a task is in, and what others
 * than the caller compute just now. 0, -EPERM outside a task, -ENOMEM, -EINVAL for an unknown form, or what write(2)
 * fails with.
 *
 * HOB_REPORT in the environment has each runtime report at its end: 1 on standard error, json there as JSON, the name
 * of a file to that, as JSON where it ends in .json. */
HOB_API int hob_report(int fd, enum hob_report_form form);

#ifdef __cplusplus
}
#endif
#endif
