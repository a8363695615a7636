/* The mailbox of a worker process, src/process/hand.c and worker.c over mailbox.h: a call is answered once, or was not
 * begun, or is lost with its worker, wherever that dies; nobody sleeps beside a request or an answer; and neither side
 * touches what is the other's then. The kernel between the two is stood in for here. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "model.h"
#include "process/hand.h"
#include "process/helper.h"
#include "process/worker.h"
#include "wait/backend.h"

enum { CALLER, WORKER, CALLS = 3, BOX = 3 * 4096, RUNG = 1, DEAD = 2, SOON = 1000 };

static _Alignas(64) char memory[BOX];
static struct hand hand;
static atomic_of(uint32_t) bell, killed;
static unsigned served[CALLS], asked;
static const char *text; /* see call() */
static bool mortal;
static int64_t clock_now;

/* The kernel ------------------------------------------------------------------------------------------------------- */

static _Noreturn void die(void)
{
	at_or(&bell, DEAD, ACQ_REL);
	futex_wake(&bell, 1);
	model_end_thread();
}

static void on_step(enum step s)
{
	(void)s;
	if (at_load(&killed, ACQUIRE))
		die();
	if (mortal && model_choose(2)) {
		mortal = false;
		die();
	}
}

static int futex_wait_shared(uint32_t *word, uint32_t expected)
{
	futex_wait(word, expected, INT64_MAX);
	if (at_load(&killed, ACQUIRE))
		die();
	return 0;
}

static int futex_wake_shared(uint32_t *word, int n)
{
	futex_wake(word, n);
	return 0;
}

/* By the worker: its bell. By the caller: the life line. */
static ssize_t ring(int fd, const void *buf, size_t len, int flags)
{
	(void)fd, (void)buf, (void)len, (void)flags;
	if (model_self() == WORKER) {
		at_or(&bell, RUNG, ACQ_REL);
		futex_wake(&bell, 1);
	} else {
		at_store(&killed, 1, RELEASE);
		futex_wake(&hand.box->request, 1);
	}
	return 1;
}

static ssize_t hear(int fd, void *buf, size_t len, int flags)
{
	struct note note = { NOTE_ENDED, 9 };

	(void)flags;
	if (fd == hand.socket && at_and(&bell, ~(uint32_t)RUNG, ACQ_REL) & RUNG)
		return 1;
	if (!(at_load(&bell, ACQUIRE) & DEAD))
		return -EAGAIN;
	if (fd == hand.socket)
		return 0;
	memcpy(buf, &note, len);
	return sizeof note;
}

static int poll_fd(int fd, short events, hob_time deadline, enum why why, wait_stop *stop)
{
	(void)events, (void)why, (void)stop;
	for (;;) {
		uint32_t now = at_load(&bell, ACQUIRE);

		if (fd == hand.life ? now & DEAD : now)
			return POLLIN;
		if (futex_wait(&bell, now, deadline == HOB_NEVER ? INT64_MAX : deadline) == -ETIMEDOUT)
			return -ETIMEDOUT;
	}
}

static const struct backend backend = { .poll_fd = poll_fd };

const struct backend *backend_self(void)
{
	return &backend;
}

static int map_shared(int fd, size_t bytes, int prot, void **out)
{
	(void)fd, (void)bytes, (void)prot;
	*out = memory;
	return 0;
}

static int64_t ticking(void)
{
	return clock_now += HOB_SECOND; /* a spin looks once */
}

static int dup_to(int fd, int to, int flags)
{
	(void)fd, (void)flags;
	return to;
}

static int no_file(const char *path, int flags)
{
	(void)path, (void)flags;
	return -ENOENT;
}

static int nothing(int a)
{
	(void)a;
	return 0;
}

static int setpgid_of(pid_t pid, pid_t group)
{
	(void)pid, (void)group;
	return 0;
}

static int prctl_of(int option, unsigned long a, unsigned long b)
{
	(void)option, (void)a, (void)b;
	return 0;
}

static int signals_of(const sigset_t *set, sigset_t *old)
{
	(void)set, (void)old;
	return 0;
}

int confine(enum hob_confine how)
{
	(void)how;
	return 0;
}

int helper_order(const struct order *order, const int fds[ORDER_FDS], hob_time deadline)
{
	(void)order, (void)fds, (void)deadline;
	return -ENOSYS;
}

int hob_shield_begin(void)
{
	return 0;
}

void hob_shield_end(void)
{
}

int hob_yield(void)
{
	at_pause();
	return 0;
}

/* Programs --------------------------------------------------------------------------------------------------------- */

static int serve(struct hob_call *c)
{
	unsigned n = *(const unsigned char *)c->in;

	served[n]++;
	*(unsigned char *)c->out = (unsigned char)(n + 100);
	model_write(c->out, 1);
	c->out_len = 1;
	return (int)n + 7;
}

static void check_answer(unsigned n, struct hob_call *c)
{
	MODEL_CHECK(hand_answer(&hand, c) == 0);
	MODEL_CHECK(served[n] == 1 && c->result == (int)n + 7 && c->out_len == 1);
	MODEL_CHECK(*(unsigned char *)c->out == n + 100);
}

/* c: waits for its answer; t: until a deadline, then takes it back or has the worker killed; l: looks once first, as
 * one does whose worker is awake. False: the worker is gone. */
static bool call(char letter)
{
	unsigned char in = (unsigned char)asked, out = 0;
	struct hob_call c = { .in = &in, .in_len = 1, .out = &out, .out_size = 1 };
	unsigned n = asked++;
	int err;

	MODEL_CHECK(hand_post(&hand, serve, &c) == 0);
	if (letter == 'l' && hand_answered(&hand)) {
		check_answer(n, &c);
		return true;
	}
	err = hand_await(&hand, letter == 't' ? SOON : HOB_NEVER);
	if (err == 0) {
		check_answer(n, &c);
		return true;
	}
	MODEL_CHECK(err == (hand.ended ? -EOWNERDEAD : -ETIMEDOUT));
	if (err == -ETIMEDOUT && hand_withdraw(&hand)) {
		MODEL_CHECK(served[n] == 0);
		return true;
	}
	hand_kill(&hand);
	if (hand_answered(&hand))
		check_answer(n, &c); /* at the last moment */
	else if (!hand_had_begun(&hand))
		MODEL_CHECK(served[n] == 0);
	return false;
}

static void run(unsigned who)
{
	static const struct order order = { .in_bytes = 1, .out_bytes = 1 };

	if (who == WORKER)
		worker_main(&order, getppid(), 0, 0);
	for (const char *c = text; *c; c++)
		if (!call(*c))
			return;
	hand_kill(&hand);
}

static bool may_die;

static void start(void)
{
	sys.now = sys.now_coarse = ticking;
	sys.futex_wait_shared = futex_wait_shared;
	sys.futex_wake_shared = futex_wake_shared;
	sys.send = ring;
	sys.recv = hear;
	sys.map_shared = map_shared;
	sys.dup_to = dup_to;
	sys.open = no_file;
	sys.close_from = nothing;
	sys.setpgid = setpgid_of;
	sys.prctl = prctl_of;
	sys.block_signals = signals_of;
	worker_step = on_step;
	memset(memory, 0, sizeof memory);
	memset(served, 0, sizeof served);
	hand = (struct hand){ .box = (struct mailbox *)memory, .bytes = BOX, .in_bytes = 1, .socket = 1, .life = 2 };
	bell = killed = asked = 0;
	mortal = may_die;
	clock_now = 0;
}

static void end(void)
{
	MODEL_CHECK(bell & DEAD);
}

static void test(const char *calls, bool dies, unsigned bound)
{
	static char name[60];

	snprintf(name, sizeof name, "calls %s, a worker that %s", calls, dies ? "may die at each step" : "lives");
	text = calls;
	may_die = dies;
	model_test(&(struct model){ name, 2, start, run, end }, bound, false);
}

int main(void)
{
	test("c", false, 3);
	test("c", true, 3);
	test("l", false, 3);
	test("t", false, 3);
	test("t", true, 2);
	test("cc", false, 2);
	test("cl", true, 2);
	test("tc", false, 2);
	test("tc", true, 2);
	test("tt", false, 2);
	test("ccc", false, 1);
	test("ltc", false, 1);
	return model_done();
}
