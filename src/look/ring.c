/* What a thread waits for that waits for completions of an io_uring. The kernel lists the operations that wait for a
 * descriptor to become ready, though not which one. What else is under way, a file or a timeout, is only counted. */
#include "look/ring.h"

#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "look/file.h"

#ifndef IORING_ENTER_REGISTERED_RING
#define IORING_ENTER_REGISTERED_RING (1U << 4)
#endif

struct pending {
	unsigned accepts, transfers, polls, others; /* that are listed */
	uint64_t unlisted;
};

static uint64_t number_behind(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	uint64_t value = 0;
	if (at) {
		at += strlen(word);
		at += *at == '\t';
		look_number(&at, &value);
	}
	return value;
}

static struct pending count(const char *text)
{
	struct pending p = { 0 };
	unsigned listed = 0;
	for (const char *at = text; (at = strstr(at, "op=")); at += 3, listed++)
		switch (atoi(at + 3)) {
		case IORING_OP_ACCEPT:
			p.accepts++;
			break;
		case IORING_OP_RECV:
		case IORING_OP_SEND:
		case IORING_OP_RECVMSG:
		case IORING_OP_SENDMSG:
		case IORING_OP_CONNECT:
			p.transfers++;
			break;
		case IORING_OP_POLL_ADD:
			p.polls++;
			break;
		default:
			p.others++;
		}
	uint32_t under_way = (uint32_t)number_behind(text, "\nCachedSqHead:") -
			     (uint32_t)number_behind(text, "\nCachedCqTail:");
	p.unlisted = under_way > listed && under_way < 1u << 31 ? under_way - listed : 0;
	return p;
}

/* Has the wait itself an end? Then its argument says so. */
static bool timed(const struct look_wait_view *v, const struct look_call *c)
{
	uint64_t arg[3]; /* struct io_uring_getevents_arg: a mask, its size, a time */
	return c->args[3] & IORING_ENTER_EXT_ARG && c->args[5] >= sizeof arg &&
	       sys.vm_read(v->pid, c->args[4], arg, sizeof arg) == (ssize_t)sizeof arg && arg[2];
}

int look_ring(const struct look_wait_view *v, const struct look_call *c, unsigned *label)
{
	char path[48], text[8192];
	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", v->pid, (int)c->args[0]);
	bool known = !(c->args[3] & IORING_ENTER_REGISTERED_RING) && look_file(path, text, sizeof text) > 0 &&
		     strstr(text, "\nPollList:");
	struct pending p = count(known ? text : "");
	if (p.accepts)
		*label = look_label(v->labels, LOOK_NET, LOOK_CALLERS, "clients, by io_uring");
	else if (p.transfers)
		*label = look_label(v->labels, LOOK_NET, LOOK_REAL, "sockets, by io_uring");
	else if (!known || p.others || p.unlisted || p.polls > 1)
		*label = look_label(v->labels, LOOK_OTHER, LOOK_REAL, "io_uring");
	else if (timed(v, c))
		*label = look_label(v->labels, LOOK_TIMER, LOOK_REAL, "");
	else
		*label = look_label(v->labels, LOOK_LOCK, LOOK_OWN, "another thread, to wake an io_uring loop");
	return 0;
}
