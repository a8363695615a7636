/* What a process waits for, at one instant. */
#include "look/waiting.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "look/file.h"

enum { DEPTH = 8 }; /* of shells that wait for shells */

static const struct {
	const char *part; /* of the function's name; the first that fits counts */
	enum look_wait wait;
} parts[] = {
	{ "nanosleep", LOOK_WAIT_TIMER },    { "sigtimedwait", LOOK_WAIT_TIMER },
	{ "ep_poll", LOOK_WAIT_EVENTS },     { "poll_schedule", LOOK_WAIT_EVENTS },
	{ "do_sys_poll", LOOK_WAIT_EVENTS }, { "do_select", LOOK_WAIT_EVENTS },
	{ "io_cqring", LOOK_WAIT_EVENTS },   { "futex", LOOK_WAIT_LOCK },
	{ "pipe", LOOK_WAIT_PIPE },          { "sk_wait", LOOK_WAIT_NETWORK },
	{ "inet", LOOK_WAIT_NETWORK },       { "tcp", LOOK_WAIT_NETWORK },
	{ "wait_woken", LOOK_WAIT_NETWORK }, { "unix", LOOK_WAIT_NETWORK },
	{ "skb", LOOK_WAIT_NETWORK },        { "rpc", LOOK_WAIT_NETWORK },
	{ "io_schedule", LOOK_WAIT_DISK },   { "folio", LOOK_WAIT_DISK },
	{ "wait_on_page", LOOK_WAIT_DISK },  { "buffer", LOOK_WAIT_DISK },
	{ "jbd2", LOOK_WAIT_DISK },          { "xfs", LOOK_WAIT_DISK },
	{ "btrfs", LOOK_WAIT_DISK },         { "ext4", LOOK_WAIT_DISK },
	{ "blk", LOOK_WAIT_DISK },           { "writeback", LOOK_WAIT_DISK },
	{ "log_wait", LOOK_WAIT_DISK },      { "submit_bio", LOOK_WAIT_DISK },
	{ "flush", LOOK_WAIT_DISK },
};

static pid_t first_child(pid_t pid)
{
	char path[64], text[64];
	uint64_t child;
	const char *at = text;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	return look_file(path, text, sizeof text) > 0 && look_number(&at, &child) && child <= INT32_MAX ? (pid_t)child
													: 0;
}

enum look_wait look_waiting(pid_t pid)
{
	char path[64], text[64];
	for (int depth = 0; depth < DEPTH; depth++) {
		snprintf(path, sizeof path, "/proc/%d/wchan", pid);
		if (look_file(path, text, sizeof text) <= 0 || !strcmp(text, "0"))
			return LOOK_WAIT_UNKNOWN;
		if (!strstr(text, "do_wait") && strcmp(text, "kernel_wait4") != 0) {
			for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
				if (strstr(text, parts[i].part))
					return parts[i].wait;
			return LOOK_WAIT_OTHER;
		}
		pid = first_child(pid);
		if (!pid)
			return LOOK_WAIT_UNKNOWN;
	}
	return LOOK_WAIT_UNKNOWN;
}

const char *look_wait_name(enum look_wait wait)
{
	static const char *const names[] = {
		[LOOK_WAIT_UNKNOWN] = "something unseen",
		[LOOK_WAIT_TIMER] = "timers",
		[LOOK_WAIT_DISK] = "the disk",
		[LOOK_WAIT_NETWORK] = "the network",
		[LOOK_WAIT_PIPE] = "pipes",
		[LOOK_WAIT_EVENTS] = "sockets or pipes",
		[LOOK_WAIT_LOCK] = "locks",
		[LOOK_WAIT_OTHER] = "the kernel",
	};
	return (unsigned)wait < LOOK_WAITS ? names[wait] : names[0];
}
