/* What a thread does with its time, seen from outside. */
#include "look/state.h"

static const char *const names[LOOK_STATES] = {
	[LOOK_COMPUTE] = "compute",   [LOOK_READY] = "ready", [LOOK_NET] = "network", [LOOK_SOCKET] = "socket",
	[LOOK_PIPE] = "pipe",         [LOOK_DISK] = "disk",   [LOOK_TIMER] = "timer", [LOOK_CHILD] = "child",
	[LOOK_LOCK] = "lock",         [LOOK_GIL] = "gil",     [LOOK_FAULT] = "fault", [LOOK_OTHER] = "other",
	[LOOK_TERMINAL] = "terminal",
};

const char *look_state_name(enum look_state s)
{
	return names[s];
}
