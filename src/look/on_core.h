/* Where threads compute: the clock of each, by perf_event_open(2), notes the instruction it finds, 100 times for each
 * second that the thread computes. /proc tells that of threads that are blocked alone. A program may look at its own
 * user's threads so at perf_event_paranoid 2, Debian's 3 and Docker's profile refuse it. */
#ifndef LOOK_ON_CORE_H
#define LOOK_ON_CORE_H

#include <stdint.h>
#include <sys/types.h>

struct look_on_core;

/* Watches these threads and all that they will start: 0; or a negative errno, of the first thread it was refused for:
 * -EACCES, -EPERM, -ENOSYS, -ENOMEM, -EMFILE, ... */
int look_on_core_open(const pid_t *threads, unsigned n, struct look_on_core **out);
void look_on_core_close(struct look_on_core *c); /* NULL is fine */

/* What was noted since the last call, by cores. Where that was too much, the rest is lost. */
typedef void look_on_core_fn(void *arg, pid_t tid, uint64_t ip);
void look_on_core_read(struct look_on_core *c, look_on_core_fn *fn, void *arg);

#endif
