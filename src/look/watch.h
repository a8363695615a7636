/* Inside of the sampler: finding processes and threads, and the look at one thread. */
#ifndef LOOK_WATCH_H
#define LOOK_WATCH_H

#include "look/call.h"
#include "look/sampler.h"
#include "look/stat.h"

/* A process or thread to be watched from now on; those that are known already are left alone. 0 or a negative errno. */
int look_add_process(struct look_sampler *s, pid_t pid);
int look_add_thread(struct look_sampler *s, struct look_process *p, pid_t tid);

/* CPU time of the children that a process has waited for, ns. */
int64_t look_dead_of(const struct look_stat *st);

/* Finds what is there at first. */
void look_find_first(struct look_sampler *s);

/* Is there anything new on this machine? Then look_find looks whether it is ours; `idle`: nobody of ours has run since
 * look_find_news was asked last, so that it cannot be. */
bool look_find_news(struct look_sampler *s);
void look_find(struct look_sampler *s, int64_t now, bool idle);

/* One look at one thread. Ends it where it is gone. */
void look_at_thread(struct look_sampler *s, struct look_thread *t);

/* The rest of its life, as it was last seen. Its files are closed. */
void look_end_thread(struct look_sampler *s, struct look_thread *t, int64_t now);

/* Adds to the slot of a label and a frame. */
void look_slot_add(struct look_thread *t, unsigned label, unsigned frame, const struct look_span *s, int64_t ns);

/* A wait of this length was seen. */
void look_slot_length(struct look_thread *t, unsigned label, unsigned frame, int64_t ns);

/* At one end of `ns` between two looks, in which the thread ran, it was seen in this wait, which was there at `at`. */
void look_slot_weigh(struct look_thread *t, unsigned label, unsigned frame, int64_t at, int64_t ns);

/* In the end: divides what the thread waited between such looks. */
void look_slots_divide(const struct look_sampler *s, struct look_thread *t);

/* Where in its program a thread is that is blocked in a call; NULL: one that runs. A frame; `otherwise` where that
 * cannot be told. In native code it is an address for now. */
unsigned look_where(struct look_sampler *s, struct look_thread *t, const struct look_call *call, unsigned otherwise);

/* Is it worth a second look for that alone? */
bool look_is_late(const struct look_thread *t, int64_t now);
bool look_may_be_late(const struct look_thread *t); /* some time */

/* Starts to note where threads compute, as far as the kernel lets us; and takes what was noted. */
void look_start_on_core(struct look_sampler *s);
void look_take_on_core(struct look_sampler *s);

/* In the end: gives those addresses their names. */
void look_name_places(struct look_sampler *s);

/* Python in a process: looks for it where that has not been decided, and samples its GIL. */
void look_at_python(struct look_sampler *s, struct look_process *p, int64_t now);

#endif
