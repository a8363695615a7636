/* The pool of stacks: guards, reuse, purging, and every way in which the system may refuse. */
#include "fiber/stack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/check.h"
#include "base/sys.h"
#include "fiber/fiber.h"
#include "fiber/guard.h"
#include "test.h"

#define GUARD_INSTALL 102
#define SLOT ((size_t)64 << 10)

static size_t page;

/* What the pool holds of the system, counted; and refusals: the call that makes `countdown` 0, or from it on. */
static struct {
	long allocs, mapped, mmaps, guards_installed, guards_protected, purges;
	long countdown; /* 0: nothing is refused */
	bool for_good;
	bool no_install;    /* a kernel before 6.13 */
	bool install_lies;  /* an emulator that answers 0 to any advice */
	long protects_left; /* before vm.max_map_count is reached */
} box;

static bool refused(void)
{
	if (box.countdown == 0 || (box.countdown == 1 && box.for_good))
		return box.countdown != 0;
	return --box.countdown == 0;
}

static void *box_alloc(size_t bytes)
{
	void *mem = refused() ? NULL : sys_real.alloc(bytes);
	at_add(&box.allocs, mem != NULL, RELAXED);
	return mem;
}

static void box_free(void *mem)
{
	at_sub(&box.allocs, mem != NULL, RELAXED);
	sys_real.free(mem);
}

static int box_map(size_t bytes, int prot, void **out)
{
	int err = refused() ? -ENOMEM : sys_real.map(bytes, prot, out);
	if (!err) {
		at_add(&box.mapped, (long)bytes, RELAXED);
		at_add(&box.mmaps, 1, RELAXED);
	}
	return err;
}

static int box_unmap(void *mem, size_t bytes)
{
	int err = sys_real.unmap(mem, bytes);
	if (!err)
		at_sub(&box.mapped, (long)bytes, RELAXED);
	return err;
}

static int box_advise(void *mem, size_t bytes, int advice)
{
	if (refused())
		return -ENOMEM;
	if (advice == GUARD_INSTALL) {
		if (box.no_install)
			return -EINVAL;
		at_add(&box.guards_installed, 1, RELAXED);
		if (box.install_lies)
			return 0;
	}
	if (advice == MADV_DONTNEED)
		at_add(&box.purges, 1, RELAXED);
	return sys_real.advise(mem, bytes, advice);
}

static int box_protect(void *mem, size_t bytes, int prot)
{
	if (refused() || box.protects_left-- == 0)
		return -ENOMEM;
	at_add(&box.guards_protected, 1, RELAXED);
	return sys_real.protect(mem, bytes, prot);
}

static void box_start(void)
{
	memset(&box, 0, sizeof box);
	box.protects_left = -1;
	sys.alloc = box_alloc;
	sys.free = box_free;
	sys.map = box_map;
	sys.unmap = box_unmap;
	sys.advise = box_advise;
	sys.protect = box_protect;
}

static void box_end(void)
{
	sys = sys_real;
	CHECK_EQ(box.allocs, 0);
	CHECK_EQ(box.mapped, 0);
}

static struct stack_pool *pool_new(void)
{
	struct stack_pool *p = NULL;
	CHECK_EQ(stack_pool_create(&p, SLOT), 0);
	return p;
}

/* Asks the kernel to read the page, which does not fault ourselves. */
static bool guarded(void *low)
{
	struct timespec past = { 0 };
	return sys_real.futex_wait(low, 1, &past) == -EFAULT;
}

static void sizes(void)
{
	struct stack_pool *p = NULL;
	static const struct {
		size_t asked, slot;
	} cases[] = {
		{ 0, 16384 },     { 1, 16384 },       { 16384, 16384 },   { 16385, 32768 },
		{ 65536, 65536 }, { 100000, 131072 }, { 262144, 262144 }, { (size_t)100 << 20, (size_t)128 << 20 }
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_EQ(stack_pool_create(&p, cases[i].asked), 0);
		size_t slot = stack_pool_slot_bytes(p);
		CHECK(slot == cases[i].slot + page || (page > 4096 && slot == 5 * page));
		CHECK_EQ(slot / page % 2, 1);
		void *low;
		CHECK_EQ(stack_pool_get(p, &low, 1), 1);
		CHECK_EQ(stack_pool_used(p), 1);
		memset((char *)low + page, 1, 100);
		((char *)low)[slot - 1] = 1;
		stack_pool_put(p, &low, 1);
		CHECK_EQ(stack_pool_used(p), 0);
		stack_pool_destroy(p);
	}
	CHECK_EQ(stack_pool_create(&p, SIZE_MAX), -EINVAL);
	CHECK_EQ(stack_pool_create(&p, ((size_t)1 << 40) + 1), -EINVAL);
	stack_pool_destroy(NULL);
}

/* Runs fn(arg) in a child and answers the signal that ended it. */
static int death_of(void (*fn)(void *), void *arg)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL); /* sanitizers have a handler that exits */
		fn(arg);
		_exit(0);
	}
	CHECK_EQ(sys_real.wait4(pid, &status, 0, NULL), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void touch(void *at)
{
	*(volatile char *)at = 1;
}

static struct fiber main_fiber, fiber;
static volatile int sink;

static __attribute__((noinline)) void recurse(int depth)
{
	volatile char frame[256];
	frame[0] = (char)depth;
	if (depth < 1 << 20)
		recurse(depth + 1);
	sink = frame[0];
}

static void run_overflow(void *arg)
{
	(void)arg;
	recurse(0);
	fiber_switch_last(&fiber, &main_fiber);
}

static void overflow(void *low)
{
	fiber_init_thread(&main_fiber);
	fiber_init(&fiber, (char *)low + page, SLOT - page, run_overflow, NULL);
	fiber_switch(&main_fiber, &fiber);
}

static void check_guards(struct stack_pool *p)
{
	void *low[3];
	CHECK_EQ(stack_pool_get(p, low, 3), 3);
	for (int i = 0; i < 3; i++) {
		CHECK(guarded(low[i]));
		CHECK(!guarded((char *)low[i] + page));
		CHECK_EQ(death_of(touch, low[i]), SIGSEGV);
		CHECK_EQ(death_of(touch, (char *)low[i] + page - 1), SIGSEGV);
		CHECK_EQ(death_of(touch, (char *)low[i] + page), 0);
		CHECK_EQ(death_of(touch, (char *)low[i] + SLOT - 1), 0);
	}
	CHECK_EQ(death_of(overflow, low[1]), SIGSEGV);
	stack_pool_put(p, low, 3);
	stack_pool_destroy(p);
}

static void guard_page_faults(void)
{
	box_start();
	check_guards(pool_new());
	box_end();
}

static void guard_page_faults_on_older_kernels(void)
{
	box_start();
	box.no_install = true;
	check_guards(pool_new());
	CHECK_EQ(box.guards_protected, 3);
	box_end();
}

static void guard_page_faults_where_the_kernel_lies(void)
{
	box_start();
	box.install_lies = true;
	check_guards(pool_new());
	CHECK_EQ(box.guards_installed, 1);
	CHECK_EQ(box.guards_protected, 3);
	box_end();
}

static int mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	int lines = 0;
	CHECK(f != NULL);
	for (int c; (c = getc(f)) != EOF;)
		lines += c == '\n';
	fclose(f);
	return lines;
}

static bool kernel_installs_guards(void)
{
	struct guard g = { 0 };
	void *mem;
	CHECK_EQ(sys.map(page, PROT_READ | PROT_WRITE, &mem), 0);
	bool yes = sys.advise(mem, page, GUARD_INSTALL) == 0 && guarded(mem);
	sys.unmap(mem, page);
	CHECK_EQ(g.way, 0);
	return yes;
}

static void guards_cost_no_mappings(void)
{
	enum { N = 20000 };
	static void *low[N];
	struct stack_pool *p = pool_new();
	int before = mappings();
	CHECK_EQ(stack_pool_get(p, low, N), N);
	CHECK(mappings() - before < 100);
	stack_pool_put(p, low, N);
	stack_pool_destroy(p);
}

/* vm.max_map_count reached: what is out stays good, the pool says no, and goes on saying so. */
static void no_more_mappings(void)
{
	enum { LIMIT = 150, N = 256 }; /* chunks double: so N fill all of them, if no slot is lost */
	void *low[N];
	box_start();
	box.no_install = true;
	box.protects_left = LIMIT;
	struct stack_pool *p = pool_new();
	CHECK_EQ(stack_pool_get(p, low, N), LIMIT);
	CHECK_EQ(stack_pool_used(p), LIMIT);
	box.protects_left = 0;
	CHECK_EQ(stack_pool_get(p, low + LIMIT, 1), 0);
	stack_pool_put(p, low, 10);
	box.protects_left = 0;
	CHECK_EQ(stack_pool_get(p, low, 20), 10); /* those that have their guard */
	for (int i = 0; i < LIMIT; i++)
		CHECK(guarded(low[i]));
	box.protects_left = -1;
	CHECK_EQ(stack_pool_get(p, low + LIMIT, N - LIMIT), N - LIMIT);
	CHECK_EQ(box.mapped, N * (SLOT + page));
	for (int i = 0; i < N; i++)
		CHECK(guarded(low[i]));
	stack_pool_put(p, low, N);
	stack_pool_destroy(p);
	box_end();
}

static int compare(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
	return (x > y) - (x < y);
}

static void slots_do_not_overlap(void)
{
	enum { N = 5000 };
	static void *low[N];
	struct stack_pool *p = pool_new();
	for (int n = 0; n < N;) {
		int ask = 1 + (int)(test_random() % 200);
		ask = ask < N - n ? ask : N - n;
		CHECK_EQ(stack_pool_get(p, low + n, ask), ask);
		n += ask;
	}
	CHECK_EQ(stack_pool_used(p), N);
	qsort(low, N, sizeof *low, compare);
	for (int i = 0; i + 1 < N; i++)
		CHECK((char *)low[i] + SLOT <= (char *)low[i + 1]);
	stack_pool_put(p, low, N);
	CHECK_EQ(stack_pool_used(p), 0);
	stack_pool_destroy(p);
}

static void last_in_is_first_out(void)
{
	void *first, *second, *again;
	struct stack_pool *p = pool_new();
	CHECK_EQ(stack_pool_get(p, &first, 1), 1);
	CHECK_EQ(stack_pool_get(p, &second, 1), 1);
	stack_pool_put(p, &first, 1);
	stack_pool_put(p, &second, 1);
	CHECK_EQ(stack_pool_get(p, &again, 1), 1);
	CHECK(again == second);
	stack_pool_put(p, &again, 1);
	stack_pool_destroy(p);
}

static bool marked(void *low)
{
	return ((char *)low)[SLOT - 1] == 77;
}

/* Free slots beyond the bound give their pages back, keep their guard, and stay readable and writable. */
static void free_slots_beyond_the_bound_are_purged(void)
{
	enum { N = 6000 };
	static void *low[N];
	box_start();
	struct stack_pool *p = pool_new();
	CHECK_EQ(stack_pool_get(p, low, N), N);
	for (int i = 0; i < N; i++)
		((char *)low[i])[SLOT - 1] = 77;
	for (int i = 0; i < N; i++)
		stack_pool_put(p, &low[i], 1);
	int warm = 0;
	for (int i = 0; i < N; i++)
		warm += marked(low[i]);
	CHECK_EQ(warm + box.purges, N);
	CHECK(warm <= 1024);
	CHECK(HOSTILE || warm >= 1000);

	long mmaps = box.mmaps;
	for (int i = 0; i < N; i++)
		((char *)low[i])[SLOT - 1] = 0; /* a late waker may still write */
	CHECK_EQ(stack_pool_get(p, low, N), N);
	CHECK_EQ(box.mmaps, mmaps);
	for (int i = 0; i < N; i++)
		CHECK(guarded(low[i]));
	stack_pool_put(p, low, N);
	stack_pool_destroy(p);
	box_end();
}

/* A load that goes up and down below the bound makes no system calls. */
static void steady_load_is_quiet(void)
{
	enum { N = 500 };
	void *low[N];
	box_start();
	struct stack_pool *p = pool_new();
	CHECK_EQ(stack_pool_get(p, low, N), N);
	long guards = box.guards_installed + box.guards_protected, mmaps = box.mmaps;
	for (int i = 0; i < 100; i++) {
		stack_pool_put(p, low, N);
		CHECK_EQ(stack_pool_get(p, low, N), N);
	}
	CHECK_EQ(box.guards_installed + box.guards_protected, guards);
	CHECK_EQ(box.mmaps, mmaps);
	CHECK(HOSTILE || box.purges == 0);
	stack_pool_put(p, low, N);
	stack_pool_destroy(p);
	box_end();
}

/* The nth call is refused, once or from then on, until a run needs no nth call. Nothing may leak, what is out must be
 * good, and after a single refusal the next try must succeed. */
static void refusals(bool no_install, bool for_good)
{
	enum { N = 300 };
	static void *low[N];
	for (long nth = 1;; nth++) {
		box_start();
		box.no_install = no_install;
		box.for_good = for_good;
		box.countdown = nth;
		struct stack_pool *p = NULL;
		int err = stack_pool_create(&p, SLOT);
		CHECK(err == 0 || err == -ENOMEM);
		if (err == 0) {
			int got = stack_pool_get(p, low, N);
			CHECK(got >= 0 && got <= N);
			CHECK_EQ(stack_pool_used(p), got);
			if (got < N && !for_good) {
				CHECK_EQ(stack_pool_get(p, low + got, N - got), N - got);
				got = N;
			}
			for (int i = 0; i < got; i++)
				CHECK(guarded(low[i]));
			stack_pool_put(p, low, got);
			CHECK_EQ(stack_pool_used(p), 0);
			stack_pool_destroy(p);
		}
		bool clean = for_good ? box.countdown > 1 : box.countdown > 0;
		box_end();
		if (clean)
			return;
	}
}

static void every_call_refused_once(void)
{
	refusals(false, false);
	refusals(true, false);
}

static void every_call_refused_from_then_on(void)
{
	refusals(false, true);
	refusals(true, true);
}

static struct stack_pool *shared;

static void *take_and_put(void *arg)
{
	uint64_t x = (uintptr_t)arg;
	void *low[100];
	int have = 0;
	for (int i = 0; i < 3000; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		int n = (int)(x >> 33) % 100;
		if (n > have) {
			int got = stack_pool_get(shared, low + have, n - have);
			CHECK_EQ(got, n - have);
			for (int k = have; k < n; k++) /* ours alone now */
				*(void **)((char *)low[k] + SLOT - 64) = &low[k];
		} else {
			for (int k = n; k < have; k++)
				CHECK(*(void **)((char *)low[k] + SLOT - 64) == &low[k]);
			stack_pool_put(shared, low + n, have - n);
		}
		have = n;
	}
	stack_pool_put(shared, low, have);
	return NULL;
}

static void threads_share_a_pool(void)
{
	pthread_t threads[4];
	shared = pool_new();
	for (int i = 0; i < 4; i++)
		CHECK_EQ(sys.thread_create(&threads[i], take_and_put, (void *)(uintptr_t)(test_random() | 1)), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(sys.thread_join(threads[i]), 0);
	CHECK_EQ(stack_pool_used(shared), 0);
	stack_pool_destroy(shared);
}

#ifdef ANNOTATE_ASAN
static void run_holder(void *arg)
{
	volatile char *volatile only = sys.alloc(1000); /* the one pointer to it lies on this stack */
	(void)arg;
	only[0] = 1;
	fiber_switch(&fiber, &main_fiber);
	sys.free((void *)only);
	fiber_switch_last(&fiber, &main_fiber);
}

static void parked_stack_holds_its_memory(void)
{
	void *low;
	struct stack_pool *p = pool_new();
	CHECK_EQ(stack_pool_get(p, &low, 1), 1);
	fiber_init_thread(&main_fiber);
	fiber_init(&fiber, (char *)low + page, SLOT - page, run_holder, NULL);
	fiber_switch(&main_fiber, &fiber);
	CHECK_EQ(__lsan_do_recoverable_leak_check(), 0);
	fiber_switch(&main_fiber, &fiber);
	fiber_finish(&fiber);
	stack_pool_put(p, &low, 1);
	stack_pool_destroy(p);
}
#endif

int main(void)
{
	test_start();
	page = (size_t)sysconf(_SC_PAGESIZE);
	TEST(sizes);
	TEST(guard_page_faults);
	TEST(guard_page_faults_on_older_kernels);
	TEST(guard_page_faults_where_the_kernel_lies);
	if (kernel_installs_guards())
		TEST(guards_cost_no_mappings);
	else
		TEST_SKIP(guards_cost_no_mappings, "no MADV_GUARD_INSTALL here");
	TEST(no_more_mappings);
	TEST(slots_do_not_overlap);
	TEST(last_in_is_first_out);
	TEST(free_slots_beyond_the_bound_are_purged);
	TEST(steady_load_is_quiet);
	TEST(every_call_refused_once);
	TEST(every_call_refused_from_then_on);
	TEST(threads_share_a_pool);
#ifdef ANNOTATE_ASAN
	TEST(parked_stack_holds_its_memory);
#else
	TEST_SKIP(parked_stack_holds_its_memory, "only under AddressSanitizer");
#endif
	return test_done();
}
