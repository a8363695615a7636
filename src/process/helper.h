/* The helper process, seen from this one. */
#ifndef PROCESS_HELPER_H
#define PROCESS_HELPER_H

#include <hob/task.h>
#include <stdbool.h>

#include "process/order.h"

/* Has a helper, forked now or before; ends it where nobody has it any more. -EBUSY inside a task. */
int helper_acquire(void);
void helper_release(void);

/* In a copy of this process: forgets it, without ending it. */
void helper_forget(void);

bool helper_there(void);

/* True where the function was there when the helper was forked, and so is in every worker. */
bool helper_knows(uintptr_t fn);

/* Orders a worker; the descriptors stay the caller's, who closes them. 0, or why not: what becomes of the worker is
 * told over its life line. [parks] */
int helper_order(const struct order *order, const int fds[ORDER_FDS], hob_time deadline);

#endif
