/* io_uring: liburing's inline half works on the memory that ring_init lays out here; the kernel's half takes entries at
 * a submit, and completes each once it can be, at some turn or other. */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "kernel.h"

struct op {
	struct op *next;
	struct ring *ring;
	struct io_uring_sqe sqe;
	struct file *file;
	struct process *process;
	pid_t tid; /* who submitted it */
	int64_t not_before;
	int result; /* of what is complete, and waits for a place in the queue */
	bool complete;
};

struct ring {
	unsigned sq_head, sq_tail, sq_flags, cq_head, cq_tail, entries, cq_entries;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	struct file *file;
	struct io_uring *user;
	struct ring *next;
};

static struct ring *rings;
static struct op *ops;
bool kernel_pending;

bool ring_readable(struct ring *r)
{
	return r->cq_tail != r->cq_head;
}

bool ring_backlog(void)
{
	struct ring *r = rings;

	while (r && r->sq_tail == r->sq_head)
		r = r->next;
	return r != NULL;
}

static void drop(struct op **at)
{
	struct op *op = *at;

	*at = op->next;
	if (op->file)
		file_release(op->file);
	free(op);
	kernel_pending = ops != NULL;
}

static int sys_ring_init(unsigned entries, struct io_uring *ring, struct io_uring_params *params)
{
	struct ring *r;
	int fd;

	sim_point();
	if (sim_fault(FAULT_KERNEL))
		return sim_roll(2) ? -ENOMEM : -EPERM;
	r = calloc(1, sizeof *r);
	r->file = file_new(RING);
	r->file->ring = r;
	fd = kernel_install(r->file);
	if (fd < 0) {
		free(r);
		return fd;
	}
	r->entries = entries;
	r->cq_entries = params->cq_entries;
	r->sqes = calloc(entries, sizeof *r->sqes);
	r->cqes = calloc(r->cq_entries, sizeof *r->cqes);
	r->user = ring;
	r->next = rings;
	rings = r;
	params->features = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
	*ring = (struct io_uring){ .ring_fd = fd, .enter_ring_fd = fd, .features = params->features };
	ring->sq.khead = &r->sq_head;
	ring->sq.ktail = &r->sq_tail;
	ring->sq.kflags = &r->sq_flags;
	ring->sq.sqes = r->sqes;
	ring->sq.ring_mask = entries - 1;
	ring->sq.ring_entries = entries;
	ring->cq.khead = &r->cq_head;
	ring->cq.ktail = &r->cq_tail;
	ring->cq.cqes = r->cqes;
	ring->cq.ring_mask = r->cq_entries - 1;
	ring->cq.ring_entries = r->cq_entries;
	ring->sq.kring_mask = &ring->sq.ring_mask;
	ring->sq.kring_entries = &ring->sq.ring_entries;
	ring->cq.kring_mask = &ring->cq.ring_mask;
	ring->cq.kring_entries = &ring->cq.ring_entries;
	return 0;
}

static struct ring *ring_of(const struct io_uring *ring)
{
	struct file *f = kernel_file(ring->ring_fd);

	SIM_CHECK(f && f->kind == RING);
	return f->ring;
}

static void sys_ring_exit(struct io_uring *ring)
{
	struct ring *r = ring_of(ring), **in = &rings;

	while (*in != r)
		in = &(*in)->next;
	*in = r->next;
	for (struct op **at = &ops; *at;)
		if ((*at)->ring == r)
			drop(at);
		else
			at = &(*at)->next;
	kernel_process()->fds[ring->ring_fd] = NULL;
	free(r->sqes);
	free(r->cqes);
	r->cq_tail = r->cq_head;
	file_release(r->file);
	free(r);
}

/* Submitting ------------------------------------------------------------------------------------------------------- */

static void take_entry(struct ring *r, const struct io_uring_sqe *sqe)
{
	struct op *op = calloc(1, sizeof *op), **at = &ops;

	op->ring = r;
	op->sqe = *sqe;
	op->process = kernel_process();
	op->tid = sys.thread_id();
	op->not_before = sim_clock + (sim_fault(FAULT_LATE) ? sim_roll(2000000) : 0);
	if (sqe->opcode != IORING_OP_ASYNC_CANCEL) {
		op->file = kernel_file(sqe->fd);
		if (op->file)
			op->file->refs++;
	}
	while (*at)
		at = &(*at)->next;
	*at = op;
	kernel_pending = true;
}

/* As many as it takes of the next n; or an error, and none. */
static int take_entries(struct ring *r, unsigned n)
{
	if (sim_fault(FAULT_KERNEL)) {
		if (sim_roll(2))
			return sim_roll(2) ? -EAGAIN : -EBUSY;
		n = n ? sim_roll(n) : 0;
	}
	for (unsigned i = 0; i < n; i++) {
		take_entry(r, &r->sqes[r->sq_head & (r->entries - 1)]);
		r->sq_head++;
	}
	return (int)n;
}

static int sys_ring_submit(struct io_uring *ring)
{
	struct ring *r = ring_of(ring);
	int n;

	sim_point();
	n = take_entries(r, ring->sq.sqe_tail - r->sq_head);
	if (n >= 0)
		r->sq_tail = ring->sq.sqe_head = r->sq_head;
	return n;
}

/* Of those in the queue others may have taken some meanwhile. */
static int sys_ring_wait(struct io_uring *ring, unsigned submit, int64_t timeout_ns)
{
	struct ring *r = ring_of(ring);
	int64_t until = timeout_ns < 0 ? INT64_MAX : sim_clock + timeout_ns;

	sim_point();
	if (submit) {
		unsigned there = r->sq_tail - r->sq_head;
		int n = take_entries(r, submit < there ? submit : there);

		if (n < (int)submit)
			return n < 0 ? n : -EAGAIN;
	}
	if (sim_fault(FAULT_SIGNAL))
		return submit ? 0 : -EINTR;
	while (!ring_readable(r) && sim_clock < until)
		kernel_wait(until);
	return ring_readable(r) || submit ? 0 : -ETIME;
}

/* Completing ------------------------------------------------------------------------------------------------------- */

/* -EAGAIN: not yet. */
static ssize_t attempt(struct op *op)
{
	const struct io_uring_sqe *q = &op->sqe;
	void *address = (void *)(uintptr_t)q->addr;
	struct file *f = op->file;
	short ready;

	if (!f)
		return -EBADF;
	switch (q->opcode) {
	case IORING_OP_POLL_ADD:
		ready = (short)(file_ready(f) & (int)(q->poll32_events | POLLERR | POLLHUP | POLLRDHUP));
		return ready ? ready : -EAGAIN;
	case IORING_OP_READ:
	case IORING_OP_RECV:
		return file_read(f, address, q->len);
	case IORING_OP_WRITE:
	case IORING_OP_SEND:
		return file_write(f, address, q->len);
	case IORING_OP_SENDMSG:
		return message_send(op->process, f, address);
	case IORING_OP_RECVMSG:
		return message_receive(op->process, f, address);
	}
	sim_fail("operation %d of io_uring is not simulated", q->opcode);
}

/* A cancellation may miss what is on its way to a thread of the kernel's. */
static int cancel(const struct op *by)
{
	for (struct op *op = ops; op; op = op->next) {
		if (op->ring != by->ring || op->complete || op->sqe.opcode == IORING_OP_ASYNC_CANCEL ||
		    op->sqe.user_data != by->sqe.addr)
			continue;
		if (sim_fault(FAULT_LATE))
			return -EALREADY;
		op->complete = true;
		op->result = sim_fault(FAULT_SIGNAL) ? -EINTR : -ECANCELED;
		return 0;
	}
	return -ENOENT;
}

static void try_op(struct op *op)
{
	bool may_wait = !(op->file && op->file->nonblock && op->sqe.opcode != IORING_OP_POLL_ADD);
	ssize_t n;

	if (op->not_before > sim_clock || op->complete)
		return;
	if (op->sqe.opcode == IORING_OP_ASYNC_CANCEL)
		n = cancel(op);
	else
		n = attempt(op);
	if (n == -EAGAIN && may_wait && !(op->sqe.opcode == IORING_OP_SENDMSG && op->sqe.msg_flags & MSG_DONTWAIT))
		return;
	op->complete = true;
	op->result = (int)n;
}

/* Into the queue, where it has a place. */
static bool post(struct op *op)
{
	struct ring *r = op->ring;

	if (r->cq_tail - r->cq_head == r->cq_entries)
		return false;
	r->cqes[r->cq_tail & (r->cq_entries - 1)] = (struct io_uring_cqe){ .user_data = op->sqe.user_data,
									   .res = op->result };
	r->cq_tail++;
	kernel_changed();
	return true;
}

bool kernel_go_on(bool idle)
{
	bool any = false;

	for (struct op **at = &ops; *at;) {
		struct op *op = *at;

		if (idle || sim_roll(2))
			try_op(op);
		if (op->complete && post(op)) {
			drop(at);
			any = true;
		} else {
			at = &op->next;
		}
	}
	return any;
}

int64_t kernel_due(void)
{
	int64_t due = INT64_MAX;

	for (struct op *op = ops; op; op = op->next)
		if (op->not_before > sim_clock && op->not_before < due)
			due = op->not_before;
	return due;
}

/* The kernel cancels what a thread has submitted when that thread ends. */
void ring_thread_ended(pid_t tid)
{
	for (struct op *op = ops; op; op = op->next)
		if (op->tid == tid && !op->complete) {
			op->complete = true;
			op->result = -ECANCELED;
		}
}

void ring_table(struct sys *s)
{
	s->ring_init = sys_ring_init;
	s->ring_exit = sys_ring_exit;
	s->ring_submit = sys_ring_submit;
	s->ring_wait = sys_ring_wait;
}
