#include "meter/why.h"

static const char *const names[WHYS] = {
	[WHY_NONE] = "none",       [WHY_SCOPE] = "scope", [WHY_JOIN] = "join",         [WHY_SLEEP] = "sleep",
	[WHY_POLL] = "poll",       [WHY_READ] = "read",   [WHY_WRITE] = "write",       [WHY_CHILD] = "child",
	[WHY_SIGNAL] = "signal",   [WHY_MUTEX] = "mutex", [WHY_COND] = "cond",         [WHY_ACCEPT] = "accept",
	[WHY_CONNECT] = "connect", [WHY_DNS] = "dns",     [WHY_SEND] = "send",         [WHY_RECV] = "recv",
	[WHY_SELECT] = "select",   [WHY_SEM] = "sem",     [WHY_GROUP] = "group",       [WHY_ONCE] = "once",
	[WHY_RWLOCK] = "rwlock",   [WHY_FILE] = "file",   [WHY_BLOCKING] = "blocking", [WHY_LANE] = "lane",
	[WHY_PROCESS] = "process",
};

const char *why_name(enum why why)
{
	return names[why];
}
