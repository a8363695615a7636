/* A worker: takes what it is to be from the order, and then one request after the other from its mailbox. */
#include "process/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/sys.h"
#include "base/trial.h"

enum { SOCKET_FD = 3 };

/* As in wait/blocking.c: about the price of waking a core, and given up where it does not pay. */
#define SPIN_NS (HOSTILE ? 0 : 30000)

void (*worker_step)(enum step step);
void (*worker_instead)(struct mailbox *box, size_t bytes, int socket);

struct worker {
	struct mailbox *box;
	char *in, *out;
	int64_t cpu_half;      /* ns after which it ends between two calls; 0: never */
	uint32_t spins_failed; /* see base/trial.h */
};

static inline void step(enum step s)
{
	if (UNLIKELY(worker_step != NULL))
		worker_step(s);
}

static bool spin(struct worker *w)
{
	int64_t until = sys.now() + SPIN_NS;

	do
		for (int i = 0; i < 64; i++) {
			if (at_load(&w->box->request, RELAXED) != REQUEST_NONE) {
				trial_end(&w->spins_failed, true);
				return true;
			}
			at_pause();
		}
	while (sys.now() < until);
	trial_end(&w->spins_failed, false);
	return false;
}

static void await_request(struct worker *w)
{
	uint32_t was = REQUEST_NONE;

	if (trial_is_due(&w->spins_failed) && spin(w))
		return;
	if (!at_cas(&w->box->request, &was, REQUEST_ASLEEP, ACQ_REL))
		return;
	step(STEP_SLEEPS);
	while (at_load(&w->box->request, RELAXED) == REQUEST_ASLEEP)
		sys.futex_wait_shared(&w->box->request, REQUEST_ASLEEP);
}

/* The memory handed over comes as descriptors, which are closed once it is mapped. */
static int map_shared(struct mailbox *b, struct hob_shared *shared)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int[HOB_SHARED_MAX]))];
	} passed = { 0 };
	char byte;
	struct iovec text = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = sizeof passed
	};
	ssize_t got;
	struct cmsghdr *c;
	int fds[HOB_SHARED_MAX], err = 0;

	do
		got = sys.recvmsg(SOCKET_FD, &msg, MSG_CMSG_CLOEXEC);
	while (got == -EINTR);
	c = got == 1 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (!c || c->cmsg_len != CMSG_LEN(b->nshared * sizeof(int)))
		return got < 0 ? (int)got : -EMFILE;
	memcpy(fds, CMSG_DATA(c), b->nshared * sizeof(int));
	for (unsigned i = 0; i < b->nshared; i++) {
		shared[i] =
			(struct hob_shared){ .bytes = b->shared_bytes[i], .writable = b->writable >> i & 1, .fd = -1 };
		if (!err)
			err = sys.map_shared(fds[i], shared[i].bytes,
					     shared[i].writable ? PROT_READ | PROT_WRITE : PROT_READ, &shared[i].data);
		sys.close(fds[i]);
	}
	return err;
}

static int run(struct worker *w, struct hob_call *call)
{
	struct hob_shared shared[HOB_SHARED_MAX] = { { 0 } };
	struct mailbox *b = w->box;
	hob_call_fn *fn = (hob_call_fn *)(uintptr_t)b->fn;
	int result = 0;

	*call = (struct hob_call){
		.in = w->in, .in_len = b->in_len, .out = w->out, .out_size = b->out_size, .nshared = b->nshared
	};
	if (b->nshared) {
		call->shared = shared;
		result = map_shared(b, shared);
	}
	step(STEP_RUNS);
	if (!result)
		result = fn(call);
	step(STEP_RAN);
	for (unsigned i = 0; i < b->nshared; i++)
		if (shared[i].data)
			sys.unmap(shared[i].data, shared[i].bytes);
	return result;
}

/* True: it has used half of its time, and ends after this answer rather than within some later call. */
static bool retires(struct worker *w)
{
	return w->cpu_half && sys.cpu_clock(getpid()) > w->cpu_half;
}

/* False: it cannot be rung, memory being short. */
static bool ring(void)
{
	ssize_t n;

	do
		n = sys.send(SOCKET_FD, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -EINTR);
	return n == 1;
}

static void answer(struct worker *w)
{
	struct mailbox *b = w->box;
	struct hob_call call;
	int result = run(w, &call);
	bool last = retires(w);

	at_store(&b->result, result, RELAXED);
	at_store(&b->out_len, call.out_len < call.out_size ? call.out_len : call.out_size, RELAXED);
	step(STEP_WRITTEN);
	/* seen before the answer is: that releases */
	at_store(&b->request, last ? REQUEST_RETIRED : REQUEST_NONE, RELAXED);
	step(STEP_FREE);
	if (at_swap(&b->answer, ANSWER_DONE, ACQ_REL) == ANSWER_WATCHED) {
		step(STEP_ANSWERED);
		last |= !ring(); /* then our end is heard in its place, and the answer found */
		step(STEP_RUNG);
	}
	if (last)
		sys.exit_now(0);
}

static _Noreturn void serve(struct worker *w)
{
	for (;;) {
		uint32_t was = REQUEST_POSTED;

		step(STEP_IDLE);
		await_request(w);
		step(STEP_SEEN);
		if (!at_cas(&w->box->request, &was, REQUEST_TAKEN, ACQ_REL))
			continue; /* taken back */
		step(STEP_TAKEN);
		answer(w);
	}
}

/* Bytes of address space in use now: the first number of statm. 0 where it is not told. */
static uint64_t space_used(void)
{
	char text[64] = "";
	int fd = sys.open("/proc/self/statm", O_RDONLY);

	if (fd < 0)
		return 0;
	if (sys.read(fd, text, sizeof text - 1) < 0)
		text[0] = 0;
	sys.close(fd);
	return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int limit(int resource, uint64_t most)
{
	struct rlimit l = { .rlim_cur = most, .rlim_max = most };

	return sys.setrlimit(resource, &l);
}

static int take_limits(const struct order *o)
{
	int err = 0;

	if (o->memory_bytes)
		err = limit(RLIMIT_AS, space_used() + o->memory_bytes);
	if (!err && o->cpu_seconds)
		err = limit(RLIMIT_CPU, o->cpu_seconds);
	if (!err && o->open_files)
		err = limit(RLIMIT_NOFILE, SOCKET_FD + 1 + HOB_SHARED_MAX + o->open_files);
	return err ? err : confine((enum hob_confine)o->confine);
}

/* Where memory is short the kernel is to take a worker before the program. */
static void offer_to_oom_killer(void)
{
	int fd = sys.open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd < 0)
		return;
	sys.write(fd, "500", 3);
	sys.close(fd);
}

static _Noreturn void refuse(struct mailbox *b, int err)
{
	if (b)
		at_store(&b->refused, err, RELEASE);
	sys.exit_now(1);
}

_Noreturn void worker_main(const struct order *order, pid_t parent, int memory, int socket)
{
	size_t bytes = box_bytes(order->in_bytes, order->out_bytes);
	struct worker w = { .cpu_half = (int64_t)order->cpu_seconds * (HOB_SECOND / 2) };
	sigset_t none;
	void *mem = NULL;
	int err;

	sys.setpgid(0, 0);
	sys.prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
	if (getppid() != parent) /* it was gone before that */
		sys.exit_now(1);
	sys.prctl(PR_SET_NAME, (unsigned long)"hob worker", 0);
	err = sys.map_shared(memory, bytes, PROT_READ | PROT_WRITE, &mem);
	w.box = mem;
	if (err || (err = sys.dup_to(socket, SOCKET_FD, O_CLOEXEC)) < 0 || (err = sys.close_from(SOCKET_FD + 1)))
		refuse(w.box, err);
	w.box->pid = getpid();
	w.in = box_in(w.box);
	w.out = box_out(w.box, order->in_bytes);
	offer_to_oom_killer();
	sigemptyset(&none);
	sys.block_signals(&none, NULL);
	err = take_limits(order);
	if (err)
		refuse(w.box, err);
	step(STEP_BEGUN);
	if (worker_instead)
		worker_instead(w.box, bytes, SOCKET_FD);
	serve(&w);
}
