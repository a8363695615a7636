/* What a thread waits for that waits for completions of an io_uring. */
#ifndef LOOK_RING_H
#define LOOK_RING_H

#include "look/wait.h"

/* As look_wait(), of a CALL_RING. */
int look_ring(const struct look_wait_view *v, const struct look_call *c, unsigned *label);

#endif
