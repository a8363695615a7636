/* The memory that this process shares with one worker process: a request goes in, an answer comes out, one at a time.
 * It is a sealed memfd, so that neither can shrink it under the other's feet.
 *
 * Two words carry the protocol, and each is changed by read-modify-writes alone where both sides may change it: so of
 * two that meet in one word one comes first, and the other sees it. No fence stands between two words anywhere.
 *
 *	request	NONE -> POSTED		caller, once the message is written (release): a swap, so it learns of ASLEEP
 *		NONE -> ASLEEP		worker, before it sleeps on the word. POSTED before: then it does not sleep
 *		ASLEEP -> POSTED	caller, who then wakes
 *		POSTED -> TAKEN		worker (acquire: it sees the message). From here on the call has begun
 *		POSTED -> NONE		caller, who gives up: succeeds only where the worker has not begun
 *		TAKEN -> NONE		worker, before it answers
 *		TAKEN -> RETIRED	worker, in the place of that, where this answer is its last; a request posted
 *					after it finds nobody, and is not begun
 *
 *	answer	any -> NONE		caller, before it posts: the worker leaves the word alone without a request
 *		NONE -> WATCHED		caller, before it sleeps. DONE before: then it does not sleep
 *		NONE -> DONE		worker, once the result is written (release)
 *		WATCHED -> DONE		worker, who then rings: a byte over its socket
 *
 * A worker that dies leaves the words as they are: DONE means answered, otherwise POSTED means not begun, all else
 * means begun and lost. So a call has one outcome wherever its worker dies.
 *
 * The caller takes what it reads here for an enemy's: it copies a word once, checks the copy, and follows nothing. A
 * worker that lies harms the call it was given.
 */
#ifndef PROCESS_MAILBOX_H
#define PROCESS_MAILBOX_H

#include <hob/pool.h>

#include "base/atomic.h"

enum { REQUEST_NONE, REQUEST_ASLEEP, REQUEST_POSTED, REQUEST_TAKEN, REQUEST_RETIRED };
enum { ANSWER_NONE, ANSWER_WATCHED, ANSWER_DONE };

struct mailbox {
	/* the caller's */
	_Alignas(64) atomic_of(uint32_t) request;
	uint16_t nshared, writable; /* a bit for each */
	uint64_t fn, in_len, out_size;
	uint64_t shared_bytes[HOB_SHARED_MAX];

	/* the worker's */
	_Alignas(64) atomic_of(uint32_t) answer;
	atomic_of(int32_t) result;
	atomic_of(uint64_t) out_len;
	atomic_of(int32_t) refused; /* why it could not begin to work: a negative errno */
	int32_t pid;                /* written once, and no more than a hint: see size.h */
};

#define BOX_PAGE ((size_t)4096)

static inline size_t box_round(size_t bytes)
{
	return (bytes + BOX_PAGE - 1) & ~(BOX_PAGE - 1);
}

/* The mailbox, what goes in, what comes out. */
static inline size_t box_bytes(size_t in_bytes, size_t out_bytes)
{
	return BOX_PAGE + box_round(in_bytes) + box_round(out_bytes);
}

static inline char *box_in(struct mailbox *b)
{
	return (char *)b + BOX_PAGE;
}

static inline char *box_out(struct mailbox *b, size_t in_bytes)
{
	return box_in(b) + box_round(in_bytes);
}

#endif
