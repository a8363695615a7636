/* A worker's making, its requests and answers, its end. What comes from the worker is an enemy's (mailbox.h); the life
 * line is the helper's. */
#include "process/hand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "base/sys.h"
#include "process/helper.h"
#include "wait/backend.h"

enum { RINGS_MAX = 16 }; /* bytes of a bell that are taken out at once: an honest worker leaves two at most */

static void close_if(int fd)
{
	if (fd >= 0)
		sys.close(fd);
}

void hand_free(struct hand *h)
{
	if (h->box)
		sys.unmap(h->box, h->bytes);
	close_if(h->either);
	close_if(h->socket);
	close_if(h->life);
	close_if(h->sized.file);
	sys.free(h);
}

static int make_memory(struct hand *h)
{
	int fd = sys.memfd("hob worker"), err;
	void *mem;

	if (fd < 0)
		return fd;
	err = sys.ftruncate(fd, (off_t)h->bytes);
	if (!err)
		err = sys.seal(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	if (!err)
		err = sys.map_shared(fd, h->bytes, PROT_READ | PROT_WRITE, &mem);
	if (err) {
		sys.close(fd);
		return err;
	}
	h->box = mem;
	return fd;
}

static int watch_both(struct hand *h)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int err;

	h->either = sys.epoll_create();
	if (h->either < 0)
		return h->either;
	err = sys.epoll_ctl(h->either, EPOLL_CTL_ADD, h->socket, &ev);
	return err ? err : sys.epoll_ctl(h->either, EPOLL_CTL_ADD, h->life, &ev);
}

int hand_start(struct hand **out, const struct order *order, hob_time deadline)
{
	struct hand *h = sys.alloc(sizeof *h);
	int fds[ORDER_FDS] = { -1, -1, -1 }, pair[2], err;

	if (!h)
		return -ENOMEM;
	h->socket = h->life = h->either = -1;
	h->sized.file = SIZED_CLOSED;
	h->in_bytes = order->in_bytes;
	h->bytes = box_bytes(order->in_bytes, order->out_bytes);
	list_init(&h->link);
	err = sys.socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
	if (!err) {
		h->socket = pair[0];
		fds[ORDER_SOCKET] = pair[1];
		err = sys.socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
	}
	if (!err) {
		h->life = pair[0];
		fds[ORDER_LIFE] = pair[1];
		err = watch_both(h);
	}
	if (!err)
		err = fds[ORDER_MEMORY] = make_memory(h);
	if (err >= 0)
		err = helper_order(order, fds, deadline);
	for (int i = 0; i < ORDER_FDS; i++)
		close_if(fds[i]);
	if (err)
		hand_free(h);
	else
		*out = h;
	return err;
}

/* The socket holds it, however late the worker looks: nothing else is sent this way. */
static int hand_over(struct hand *h, const struct hob_call *call)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int[HOB_SHARED_MAX]))];
	} passed = { 0 };
	struct iovec text = { "", 1 };
	struct msghdr msg = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = &passed };
	struct cmsghdr *c;
	ssize_t sent;

	msg.msg_controllen = CMSG_SPACE(call->nshared * sizeof(int));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(call->nshared * sizeof(int));
	for (size_t i = 0; i < call->nshared; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &call->shared[i].fd, sizeof(int));
	do
		sent = sys.sendmsg(h->socket, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent == -EINTR);
	return sent < 0 ? (int)sent : 0;
}

int hand_post(struct hand *h, hob_call_fn *fn, const struct hob_call *call)
{
	struct mailbox *b = h->box;
	uint32_t was;
	int err = call->nshared ? hand_over(h, call) : 0;

	if (err)
		return err;
	b->fn = (uintptr_t)fn;
	b->in_len = call->in_len;
	b->out_size = call->out_size;
	b->nshared = (uint16_t)call->nshared;
	b->writable = 0;
	for (size_t i = 0; i < call->nshared; i++) {
		b->shared_bytes[i] = call->shared[i].bytes;
		b->writable |= (uint16_t)((call->shared[i].writable != 0) << i);
	}
	if (call->in_len)
		memcpy(box_in(b), call->in, call->in_len);
	at_store(&b->answer, ANSWER_NONE, RELAXED);
	was = at_swap(&b->request, REQUEST_POSTED, ACQ_REL);
	if (was == REQUEST_ASLEEP)
		sys.futex_wake_shared(&b->request, 1);
	h->awake = h->awake && was == REQUEST_NONE;
	return 0;
}

bool hand_withdraw(struct hand *h)
{
	uint32_t was = REQUEST_POSTED;

	return at_cas(&h->box->request, &was, REQUEST_NONE, ACQ_REL);
}

bool hand_had_begun(struct hand *h)
{
	return at_load(&h->box->request, ACQUIRE) != REQUEST_POSTED;
}

/* -ECONNRESET comes once, ahead of the note, where the helper has closed its end before it read ours. */
static bool hear_end(struct hand *h)
{
	struct note note = { 0 };
	ssize_t n = sys.recv(h->life, &note, sizeof note, MSG_DONTWAIT);

	if (n == -ECONNRESET)
		n = sys.recv(h->life, &note, sizeof note, MSG_DONTWAIT);
	if (n == -EAGAIN || n == -EINTR)
		return false;
	h->ended = true;
	if (n == sizeof note && note.kind == NOTE_ENDED)
		h->status = note.value;
	else if (n == sizeof note)
		h->error = note.value;
	return true;
}

/* Takes the bell's bytes out. False: the worker has closed its end. */
static bool hear_bell(struct hand *h)
{
	char bytes[8];
	ssize_t n = 1;

	for (int i = 0; i < RINGS_MAX && n > 0; i++)
		n = sys.recv(h->socket, bytes, sizeof bytes, MSG_DONTWAIT);
	return n > 0 || n == -EAGAIN || n == -EINTR;
}

bool hand_tell_to_end(struct hand *h)
{
	ssize_t n = sys.send(h->life, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n == 1 || n == -EPIPE || n == -ECONNRESET; /* or it ends already */
}

void hand_kill(struct hand *h)
{
	const struct backend *b = backend_self();
	bool told = false;

	hob_shield_begin();
	while (!h->ended && !hear_end(h)) {
		told = told || hand_tell_to_end(h);
		if (!told || b->poll_fd(h->life, POLLIN, HOB_NEVER, WHY_PROCESS, NULL) < 0)
			hob_yield(); /* short of memory: by looking, then */
	}
	hob_shield_end();
}

int hand_await(struct hand *h, hob_time deadline)
{
	const struct backend *b = backend_self();

	for (;;) {
		uint32_t was = ANSWER_NONE;
		int r;

		if (!at_cas(&h->box->answer, &was, ANSWER_WATCHED, ACQ_REL) && was != ANSWER_WATCHED)
			return was == ANSWER_DONE ? 0 : -EPROTO;
		r = b->poll_fd(h->either, POLLIN, deadline, WHY_PROCESS, NULL);
		if (r >= 0) {
			bool open = hear_bell(h);

			if (!hear_end(h) && !open)
				hand_kill(h);
		}
		if (hand_answered(h))
			return 0;
		if (h->ended)
			return -EOWNERDEAD;
		if (r < 0)
			return r;
	}
}

int hand_answer(struct hand *h, struct hob_call *call)
{
	uint64_t len = at_load(&h->box->out_len, RELAXED);

	if (len > call->out_size)
		return -EPROTO;
	if (len)
		memcpy(call->out, box_out(h->box, h->in_bytes), len);
	call->out_len = len;
	call->result = at_load(&h->box->result, RELAXED);
	return 0;
}
