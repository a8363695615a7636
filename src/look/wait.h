/* What a blocked thread waits for: its system call, made a label. */
#ifndef LOOK_WAIT_H
#define LOOK_WAIT_H

#include "look/call.h"
#include "look/label.h"
#include "look/peer.h"
#include "look/pipes.h"

/* What is known around the call. */
struct look_wait_view {
	pid_t pid;
	struct look_pipes *pipes;
	struct look_peers *peers;
	struct look_labels *labels;
};

/* The label of a blocked call: 0; -EAGAIN: ask a little later (see look_peer). What cannot be known is LOOK_OTHER. A
 * futex is LOOK_LOCK: that it belongs to a GIL is for the caller to know. */
int look_wait(const struct look_wait_view *v, const struct look_call *c, unsigned *label);

/* The same, of the name of the kernel function it sleeps in (/proc/PID/wchan), where the call may not be read. */
unsigned look_wait_channel(struct look_labels *labels, const char *wchan);

#endif
