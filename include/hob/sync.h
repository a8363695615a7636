/* How tasks talk and take turns. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_SYNC_H
#define HOB_SYNC_H

#include <hob/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A mutex for tasks: who waits for it parks. Handed to waiters in the order they came; not recursive; unlocked by the
 * task that locked it. All zero is an unlocked mutex, nothing needs to be freed. */
struct hob_mutex {
	uint64_t opaque[3];
};

/* 0, -ETIMEDOUT, -ECANCELED (also where the mutex is free: a cancelled task takes no new locks). [parks] */
HOB_API int hob_mutex_lock(struct hob_mutex *m, hob_time deadline);
HOB_API void hob_mutex_unlock(struct hob_mutex *m);

/* A condition: a place to wait for a change of what a mutex guards. All zero is one without waiters. */
struct hob_cond {
	uint64_t opaque[3];
};

/* Unlocks the mutex, waits for a signal, locks the mutex again: also on -ETIMEDOUT and -ECANCELED it is locked when
 * the call returns. Wakes may be spurious: call it in a loop over what you wait for. [parks] */
HOB_API int hob_cond_wait(struct hob_cond *c, struct hob_mutex *m, hob_time deadline);
HOB_API void hob_cond_signal(struct hob_cond *c);    /* wakes the one that has waited longest; any thread */
HOB_API void hob_cond_broadcast(struct hob_cond *c); /* wakes all; any thread */

#ifdef __cplusplus
}
#endif
#endif
