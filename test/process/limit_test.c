/* The limits of workers: memory, time on a core, descriptors, system calls; and memory handed over without a copy. */
#include <fcntl.h>
#include <sys/mman.h>

#include "process/pools.h"

static int allocate(struct hob_call *c)
{
	size_t bytes;
	void *mem;

	memcpy(&bytes, c->in, sizeof bytes);
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	memset(mem, 1, bytes);
	munmap(mem, bytes);
	return 0;
}

static int memory(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .memory_bytes = 32 << 20 });
	size_t bytes = 8 << 20;
	struct hob_call c = { .in = &bytes, .in_len = sizeof bytes };

	(void)arg;
	CHECK_EQ(hob_pool_call(p, allocate, &c, HOB_NEVER), 0);
	bytes = 64 << 20;
	CHECK_EQ(hob_pool_call(p, allocate, &c, HOB_NEVER), -ENOMEM);
	hob_pool_destroy(p);
	return 0;
}

static int burn(struct hob_call *c)
{
	int64_t ns, start = sys_real.cpu_clock(getpid());

	memcpy(&ns, c->in, sizeof ns);
	while (sys_real.cpu_clock(getpid()) - start < ns)
		;
	return getpid();
}

static int cores(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 1, .cpu_seconds = 1 });
	int64_t ns = HOB_SECOND * 6 / 10;
	struct hob_call c = { .in = &ns, .in_len = sizeof ns };
	int first = hob_pool_call(p, burn, &c, HOB_NEVER);

	(void)arg;
	CHECK(first > 0);
	CHECK(pid_of(p) != first); /* it had used more than half */
	ns = 3 * HOB_SECOND;
	CHECK_EQ(hob_pool_call(p, burn, &c, HOB_NEVER), -EOWNERDEAD);
	CHECK((c.status & 0x7f) == SIGKILL || (c.status & 0x7f) == SIGXCPU);
	hob_pool_destroy(p);
	return 0;
}

static int open_some(struct hob_call *c)
{
	int n = 0;

	(void)c;
	while (n < 1000 && open("/dev/null", O_RDONLY) >= 0)
		n++;
	return n;
}

static int files(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .open_files = 10, .workers_max = 1 });
	struct hob_call c = { 0 };
	int n = hob_pool_call(p, open_some, &c, HOB_NEVER);

	(void)arg;
	CHECK(n >= 10 && n <= 10 + HOB_SHARED_MAX);
	hob_pool_destroy(p);
	return 0;
}

static int look_out(struct hob_call *c)
{
	switch (*(const char *)c->in) {
	case 'o':
		return open("/etc/passwd", O_RDONLY);
	case 'f':
		return fork();
	case 'k':
		return kill(getppid(), 0);
	case 's':
		return socket(1, 1, 0);
	case 'x':
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
	case 'm': /* what it may */
		free(malloc(1 << 20));
		return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
	}
	return 0;
}

static int confined(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .confine = HOB_CONFINE_STRICT, .workers_max = 1 });
	char out[64];
	struct hob_call c = { .in = "m", .in_len = 1, .out = out, .out_size = sizeof out };
	int r = hob_pool_call(p, look_out, &c, HOB_NEVER);

	(void)arg;
	CHECK_EQ(r, 0);
	for (const char *how = "ofksx"; *how; how++) {
		c.in = how;
		CHECK_EQ(hob_pool_call(p, look_out, &c, HOB_NEVER), -EOWNERDEAD);
		CHECK_EQ(c.status & 0x7f, SIGSYS);
		CHECK_EQ(hob_pool_call(p, echo, &c, HOB_NEVER), 1);
	}
	hob_sleep(hob_after(HOB_MS)); /* it falls asleep, and rings, too */
	CHECK_EQ(hob_pool_call(p, echo, &c, HOB_NEVER), 1);
	hob_pool_destroy(p);
	return 0;
}

static int ends_of(struct hob_call *c)
{
	unsigned char *at = c->shared->data;
	size_t last = c->shared->bytes - 1;
	int sum = at[0] + at[last];

	at[last / 2] = 77;
	return sum;
}

/* What the worker writes is in our memory: it has the same pages. */
static int gibibyte(void *arg)
{
	struct hob_pool *p = pool_new(NULL);
	struct hob_shared s;
	struct hob_call c = { .shared = &s, .nshared = 1 };
	unsigned char *at;

	(void)arg;
	CHECK_EQ(hob_shared_init(&s, 1u << 30, 1), 0);
	at = s.data;
	at[0] = 11;
	at[s.bytes - 1] = 22;
	CHECK_EQ(hob_pool_call(p, ends_of, &c, HOB_NEVER), 33);
	CHECK_EQ(at[(s.bytes - 1) / 2], 77);
	hob_shared_finish(&s);
	hob_pool_destroy(p);
	return 0;
}

static void time_on_a_core(void)
{
	struct hob_options o = { .workers = 1, .pools = 1 };

	CHECK_EQ(hob_run(&o, cores, NULL), 0);
}

int main(void)
{
	test_start();
	watchdog(60);
	if (SLOW_BUILD || emulated()) { /* sanitizers map terabytes, and make system calls of their own */
		TEST_SKIP(memory, "a sanitizer, or QEMU, which knows no RLIMIT_AS");
		TEST_SKIP(confined, "a sanitizer, or QEMU, which knows no seccomp");
	} else {
		EACH_POOL(memory);
		EACH_POOL(confined);
	}
	EACH_POOL(files);
	EACH_POOL(gibibyte);
	TEST(time_on_a_core);
	return test_done();
}
