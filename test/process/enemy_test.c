/* A worker that writes whatever it likes into the shared memory, rings for nothing, floods its socket, lies about
 * lengths: the program stays whole, and every call ends. */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/pools.h"
#include "process/worker.h"

enum { CALLS = SLOW_BUILD ? 200 : 600 };

static uint64_t enemy_seed;

static uint64_t any(struct dice *d)
{
	return roll(d, (uint64_t)1 << 63) * 2 + roll(d, 2);
}

/* A word from the few that mean something, or any. */
static uint32_t word(struct dice *d)
{
	return (uint32_t)(roll(d, 3) ? roll(d, 6) : any(d));
}

static void misbehave(struct mailbox *b, size_t bytes, int socket, struct dice *d)
{
	switch (roll(d, 12)) {
	case 0:
		at_store(&b->request, word(d), RELEASE);
		break;
	case 1:
	case 2:
		at_store(&b->answer, word(d), RELEASE);
		break;
	case 3:
		at_store(&b->out_len, roll(d, 2) ? roll(d, 100) : any(d), RELEASE);
		break;
	case 4:
		at_store(&b->refused, (int32_t)word(d), RELEASE);
		break;
	case 5:
		for (uint64_t i = roll(d, 40); i; i--)
			send(socket, b, roll(d, 200), MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case 6:
		((char *)b)[any(d) % bytes] = (char)any(d);
		break;
	case 7:
		for (uint64_t i = 0; i < sizeof *b / 8; i++)
			((uint64_t *)b)[i] = any(d);
		break;
	case 8:
		at_store(&b->out_len, 0, RELAXED);
		at_store(&b->answer, ANSWER_DONE, RELEASE);
		send(socket, b, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case 9:
		sys_real.futex_wake_shared(&b->request, 1000);
		break;
	case 10:
		if (roll(d, 20) == 0)
			shutdown(socket, SHUT_RDWR);
		break;
	case 11:
		if (roll(d, 10) == 0)
			_exit((int)roll(d, 4));
		break;
	}
}

static void enemy(struct mailbox *b, size_t bytes, int socket)
{
	struct dice d = dice_of(enemy_seed + (uint64_t)getpid());

	for (;;) {
		misbehave(b, bytes, socket, &d);
		for (uint64_t i = roll(&d, 200); i; i--)
			at_pause();
	}
}

static int some_calls(void *arg)
{
	struct hob_pool *p = arg;
	struct dice d = dice_of((uintptr_t)&d);

	for (int i = 0; i < CALLS / 10; i++) {
		char in[100] = "in", out[120];
		size_t room = roll(&d, 100);
		struct hob_call c = { .in = in, .in_len = roll(&d, 100), .out = out, .out_size = room };
		int r;

		memset(out, 7, sizeof out);
		r = hob_pool_call(p, echo, &c, hob_after(roll(&d, 3) ? 20 * HOB_MS : 100 * HOB_US));
		CHECK(c.out_len <= room);
		CHECK_EQ(c.result, r);
		for (size_t n = room; n < sizeof out; n++)
			CHECK_EQ(out[n], 7);
	}
	return 0;
}

static int besieged(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 2, .deaths_max = 1u << 30 });
	struct hob_scope *s = scope_new();

	(void)arg;
	for (int i = 0; i < 10; i++)
		spawn(s, some_calls, p);
	scope_join(s);
	hob_pool_destroy(p);
	return 0;
}

int main(void)
{
	test_start();
	enemy_seed = test_random();
	worker_instead = enemy;
	EACH_POOL(besieged);
	return test_done();
}
