/* Waiting over io_uring: one ring a worker.
 *
 * An operation lies on the stack of the task that waits for it, and the task does not leave before its completion has
 * come: a wait given up (deadline, cancellation) first asks the kernel to cancel, then waits on, shielded. So no
 * buffer or stack is freed while the kernel may still write to it.
 *
 * The ring's two queues are touched under its lock only, and the lock is not held during the sleep: a task that has
 * moved to another worker cancels on the ring it submitted to. That is why SINGLE_ISSUER and DEFER_TASKRUN are not
 * used. What is prepared is submitted when the worker has nothing next to run, or in its turn after some switches:
 * one system call for many operations.
 */
#include <errno.h>
#include <limits.h>
#include <liburing.h>
#include <poll.h>

#include "base/check.h"
#include "base/sys.h"
#include "wait/backend.h"

#define SQ_ENTRIES (HOSTILE ? 2u : 256u)
#define CQ_ENTRIES (HOSTILE ? 4u : 4096u)
#define REAP 64u

/* With these the kernel has a system call begun again after a signal; by the ring they get out (6.18: of open). */
#define ERESTARTSYS 512
#define ERESTART_RESTARTBLOCK 516

/* So often is the kernel asked to do what it gives up by itself: for want of a thread (RLIMIT_NPROC, pids.max) it would
 * give it up for ever. */
#define TRIES 4

/* If the kernel cannot take what is submitted now, look again after this long. */
#define RETRY_NS 1000000

struct ring {
	struct poller poller;
	struct lock lock;
	struct io_uring io;
	bool wake_armed;             /* a poll of wake_fd is under way */
	atomic_of(uint32_t) awaited; /* operations that are not complete; written under the lock */
};

struct op {
	struct ring *ring;
	struct task *task;
	int result;
	atomic_of(bool) done;
};

#define UNATTENDED NULL /* user data of what nobody waits for: a cancellation */

#define FLAGS (IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP)

/* What is due to this thread does not interrupt it, but waits for its next way into the kernel or out: Linux 5.19. The
 * monitor sends those there that compute for long. */
#define POLITE (IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG)

static int setup(struct io_uring *io, unsigned entries)
{
	struct io_uring_params params = { .flags = FLAGS | POLITE, .cq_entries = CQ_ENTRIES };
	int err = sys.ring_init(entries, io, &params);

	if (err == -EINVAL) {
		params = (struct io_uring_params){ .flags = FLAGS, .cq_entries = CQ_ENTRIES };
		err = sys.ring_init(entries, io, &params);
	}
	if (err)
		return err;
	if (params.features & IORING_FEAT_NODROP) /* a completion that finds the queue full is kept */
		return 0;
	sys.ring_exit(io);
	return -ENOSYS;
}

int ring_probe(void)
{
	struct io_uring io;
	int err = setup(&io, 1);

	if (!err)
		sys.ring_exit(&io);
	return err;
}

static void destroy(struct poller *p)
{
	struct ring *r = container_of(p, struct ring, poller);

	sys.ring_exit(&r->io);
	poller_finish(p);
	sys.free(r);
}

static int create(struct poller **out)
{
	struct ring *r = sys.alloc(sizeof *r);
	int err;

	if (!r)
		return -ENOMEM;
	err = setup(&r->io, SQ_ENTRIES);
	if (err) {
		sys.free(r);
		return err;
	}
	err = poller_init(&r->poller);
	if (err) {
		destroy(&r->poller);
		return err;
	}
	*out = &r->poller;
	return 0;
}

/* A free submission entry; NULL where the queue is full and the kernel takes nothing now. Under the lock. */
static struct io_uring_sqe *get_sqe(struct ring *r)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->io);

	if (!sqe) {
		sys.ring_submit(&r->io);
		sqe = io_uring_get_sqe(&r->io);
	}
	return sqe;
}

static void arm_wake(struct ring *r)
{
	struct io_uring_sqe *sqe = r->wake_armed ? NULL : get_sqe(r);

	if (!sqe)
		return;
	io_uring_prep_poll_add(sqe, r->poller.wake_fd, POLLIN);
	io_uring_sqe_set_data(sqe, r);
	r->wake_armed = true;
}

/* Takes up to REAP completions out; answers how many. */
static unsigned reap(struct ring *r, struct op **ops, int *results, bool submit)
{
	struct io_uring_cqe *cqes[REAP];
	uint32_t awaited;
	unsigned n;

	lock(&r->lock);
	if (submit && io_uring_sq_ready(&r->io) > 0)
		sys.ring_submit(&r->io);
	n = io_uring_peek_batch_cqe(&r->io, cqes, REAP);
	awaited = r->awaited;
	for (unsigned i = 0; i < n; i++) {
		ops[i] = io_uring_cqe_get_data(cqes[i]);
		results[i] = cqes[i]->res;
		if ((void *)ops[i] == (void *)r)
			r->wake_armed = false;
		else if (ops[i] != UNATTENDED)
			awaited--;
	}
	at_store(&r->awaited, awaited, RELAXED);
	io_uring_cq_advance(&r->io, n);
	unlock(&r->lock);
	return n;
}

/* The completions there are; answers how many. */
static unsigned collect(struct ring *r, bool submit)
{
	struct op *ops[REAP];
	int results[REAP];
	unsigned n, sum = 0;

	do {
		sum += n = reap(r, ops, results, submit);
		for (unsigned i = 0; i < n; i++) {
			if ((void *)ops[i] == (void *)r) {
				poller_woken(&r->poller);
			} else if (ops[i] != UNATTENDED) {
				struct task *t = ops[i]->task; /* before done: then the task may leave, with the op */

				ops[i]->result = results[i];
				at_store(&ops[i]->done, true, RELEASE);
				task_unpark(t);
			}
		}
	} while (n == REAP);
	return sum;
}

/* Has the kernel see what is prepared: how many entries it has yet to take. (liburing does this and the system call in
 * one, but the lock must not be held during that.) */
static unsigned show(struct io_uring_sq *sq)
{
	if (sq->sqe_head != sq->sqe_tail) {
		sq->sqe_head = sq->sqe_tail;
		at_store(sq->ktail, sq->sqe_tail, RELEASE);
	}
	return sq->sqe_tail - at_load(sq->khead, ACQUIRE);
}

/* Submits what is prepared and waits, by one system call unless the kernel is short of something. */
static void sleep_in(struct ring *r, int64_t timeout)
{
	unsigned submit;
	bool stuck;
	int err;

	lock(&r->lock);
	arm_wake(r);
	stuck = !r->wake_armed;
	submit = show(&r->io.sq);
	unlock(&r->lock);
	if (!stuck) {
		err = sys.ring_wait(&r->io, submit, timeout);
		stuck = submit && err && err != -ETIME && err != -EINTR;
	}
	if (stuck)
		sys.ring_wait(&r->io, 0, timeout < 0 || timeout > RETRY_NS ? RETRY_NS : timeout);
}

static void poll_ring(struct poller *p, hob_time deadline)
{
	struct ring *r = container_of(p, struct ring, poller);
	bool submit = deadline == 0; /* otherwise along with the sleep, if there is one */
	unsigned n = collect(r, submit);

	n += timers_fire(&p->timers);
	if (n || deadline == 0)
		return;
	sleep_in(r, poller_timeout(p, deadline));
	collect(r, true);
	timers_fire(&p->timers);
}

static void cancel(struct op *op)
{
	struct ring *r = op->ring;
	struct io_uring_sqe *sqe;

	/* Where there is no entry to be had now, the ring is busy completing others: try again after them. */
	for (;;) {
		lock(&r->lock);
		sqe = get_sqe(r);
		if (sqe) {
			io_uring_prep_cancel(sqe, op, 0);
			io_uring_sqe_set_data(sqe, UNATTENDED);
			sys.ring_submit(&r->io); /* at once: its worker may be asleep */
		}
		unlock(&r->lock);
		if (sqe || at_load(&op->done, ACQUIRE))
			return;
		hob_yield();
	}
}

/* A cancellation may find the operation on its way to a thread of the kernel's, and miss it: ask again after this long.
 */
#define ASK_AGAIN_NS 1000000

static void give_way(struct op *op, enum why why)
{
	hob_time again = sys.now() + ASK_AGAIN_NS;

	while (!at_load(&op->done, ACQUIRE) && task_park(why, again, PARK_SHIELDED) != -ETIMEDOUT)
		;
}

/* Parks until the operation is complete, in any case. `orphaned`: nothing was done, though nobody gave it up. For the
 * kernel cancels what a thread has submitted when that thread ends, as a stand-in does that was long without work; and
 * what it would hand to a thread of its own where it can have none. */
static int await(struct op *op, hob_time deadline, enum why why, wait_stop *stop, bool *orphaned)
{
	int err = 0;

	while (!err && !at_load(&op->done, ACQUIRE))
		err = wait_park(why, deadline, stop);
	if (err && !at_load(&op->done, ACQUIRE)) {
		while (!at_load(&op->done, ACQUIRE)) {
			cancel(op);
			give_way(op, why);
		}
	}
	if (op->result <= -ERESTARTSYS && op->result >= -ERESTART_RESTARTBLOCK)
		op->result = -EINTR;
	*orphaned = !err && op->result == -ECANCELED;
	return err && (op->result == -ECANCELED || op->result == -EINTR) ? err : op->result;
}

/* An entry on the ring of this worker, which is returned locked; NULL, and why in *err, where the wait was over before
 * there was one. */
static struct io_uring_sqe *start(struct op *op, hob_time deadline, int *err)
{
	for (;;) {
		struct ring *r = container_of(task_poller(), struct ring, poller);
		struct io_uring_sqe *sqe;

		lock(&r->lock);
		sqe = get_sqe(r);
		if (sqe) {
			*op = (struct op){ .ring = r, .task = task_self() };
			at_store(&r->awaited, r->awaited + 1, RELAXED);
			return sqe;
		}
		unlock(&r->lock);
		*err = task_cancelled(task_self()) ? -ECANCELED : -ETIMEDOUT;
		if (*err == -ECANCELED || (deadline != HOB_NEVER && deadline <= sys.now()))
			return NULL;
		hob_yield(); /* the kernel is out of something for now: completions free it */
	}
}

/* `tries`: so often is it handed to a kernel that gives it up by itself; then -ECANCELED. */
static ssize_t perform_or(ring_prep *prep, const void *arg, hob_time deadline, enum why why, wait_stop *stop,
			  unsigned tries)
{
	bool orphaned;
	ssize_t n;

	do {
		struct io_uring_sqe *sqe;
		struct op op;
		int err;

		sqe = start(&op, deadline, &err);
		if (!sqe)
			return err;
		prep(sqe, arg);
		io_uring_sqe_set_data(sqe, &op);
		unlock(&op.ring->lock);
		n = await(&op, deadline, why, stop, &orphaned);
	} while (UNLIKELY(orphaned) && --tries);
	return n;
}

static ssize_t perform(ring_prep *prep, const void *arg, hob_time deadline, enum why why)
{
	return perform_or(prep, arg, deadline, why, NULL, TRIES);
}

struct poll_for {
	int fd;
	short events;
};

static void prep_poll(struct io_uring_sqe *sqe, const void *arg)
{
	const struct poll_for *p = arg;

	io_uring_prep_poll_add(sqe, p->fd, (unsigned)(unsigned short)p->events);
}

static int poll_fd(int fd, short events, hob_time deadline, enum why why, wait_stop *stop)
{
	/* Without end, for a poll takes no thread of the kernel's: it is given up as often as threads of ours end. */
	int r = (int)perform_or(prep_poll, &(struct poll_for){ fd, events }, deadline, why, stop, UINT_MAX);
	struct pollfd p = { .fd = fd, .events = events };

	if (r == -EINVAL) /* nothing to wait at: a regular file */
		return poller_await_nothing(deadline, why, stop);
	if (r <= 0 || (r &= events | POLLERR | POLLHUP | POLLNVAL))
		return r;
	/* The ring always asks for POLLRDHUP too, and would end at once again: so by way of epoll, which does not. */
	r = poll_gathered(&backend_ring, &p, 1, deadline, why, stop);
	return r < 0 ? r : p.revents;
}

static bool expects(struct poller *p)
{
	return at_load(&container_of(p, struct ring, poller)->awaited, RELAXED) || poller_has_timers(p);
}

const struct backend backend_ring = {
	.sched = {
		.kind = HOB_BACKEND_IO_URING,
		.create = create,
		.destroy = destroy,
		.poll = poll_ring,
		.wake = poller_wake,
		.expects = expects,
		.timer_start = poller_timer_start,
		.timer_stop = poller_timer_stop,
	},
	.poll_fd = poll_fd,
	.perform = perform,
};
