/* Faults at every place: each call that the runtime makes through the table of system calls is known by its entry and
 * by where in the code it stands. A program is run once to see which places it comes by and how often; then again for
 * each place, error, number of the call, once and from then on. No run may crash, hang, answer an error that it did not
 * meet, or leave memory, a mapping, a thread, a ring, a descriptor or a child behind; what a program itself must not
 * lose it checks by itself. An operation of io_uring is no call: it is made one that fails before it is submitted.
 *
 * The plan lies in memory that is shared with the processes a run forks: so they fail as planned, too. */
#ifndef TEST_FAULT_INJECT_H
#define TEST_FAULT_INJECT_H

#include <liburing.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fault/errors.h"
#include "wait/each.h"

enum { PLACES = 2048, ASKED_MAX = 200, FAULT_SECONDS = 30 };

#ifndef IORING_NOP_INJECT_RESULT
#define IORING_NOP_INJECT_RESULT 1
#endif

struct fault_place {
	atomic_of(uintptr_t) key; /* 0: free */
	atomic_of(uint32_t) count;
};

static struct fault_plan {
	atomic_of(uintptr_t) place; /* 0: nothing fails */
	atomic_of(int32_t) error;
	atomic_of(uint32_t) nth, for_good, asked, failed, crashed, recording;
	/* each call fails by chance, one of so many; 0: none does */
	atomic_of(uint32_t) one_of;
	atomic_of(uint64_t) chance;
	struct fault_place places[PLACES];
} * fault;

/* What is out: taken and not yet given back. By the process itself alone. */
static struct {
	atomic_of(int32_t) memory, maps, threads, rings;
} out;

static uint64_t points, ring_points, place_count;

/* An entry's number and the address after its call; or, for the ring, an opcode. */
static inline uintptr_t place_of(unsigned at, uintptr_t site)
{
	return site << 10 | (at + 1);
}

static inline unsigned entry_of(uintptr_t place)
{
	return (unsigned)(place & 1023) - 1;
}

static inline void record(uintptr_t place)
{
	size_t i = (place ^ place >> 13 ^ place >> 29) % PLACES;

	for (size_t n = 0; n < PLACES; n++, i = (i + 1) % PLACES) {
		uintptr_t found = at_load(&fault->places[i].key, RELAXED);

		if (!found && at_cas(&fault->places[i].key, &found, place, RELAXED))
			found = place;
		if (found != place)
			continue;
		at_add(&fault->places[i].count, 1, RELAXED);
		return;
	}
	abort(); /* more places than there is room for */
}

/* The error that this call is to answer, or 0. */
static inline int by_chance(unsigned at)
{
	uint32_t one_of = at_load(&fault->one_of, RELAXED);
	struct dice d = { at_add(&fault->chance, 0x9e3779b97f4a7c15u, RELAXED) };
	const struct fault_errors *e = errors_of(at);
	unsigned n = 0;

	if (!one_of || !e || roll(&d, one_of))
		return 0;
	while (n < ERRORS && e->errors[n])
		n++;
	at_add(&fault->failed, 1, RELAXED);
	return e->errors[roll(&d, n)];
}

static inline int fails(unsigned at, uintptr_t site)
{
	uintptr_t place = place_of(at, site);
	uint32_t n, nth;
	int error;

	if (at_load(&fault->recording, RELAXED))
		record(place);
	if (at_load(&fault->one_of, RELAXED))
		return by_chance(at);
	if (at_load(&fault->place, RELAXED) != place)
		return 0;
	n = at_add(&fault->asked, 1, RELAXED);
	nth = at_load(&fault->nth, RELAXED);
	if (n != nth && !(at_load(&fault->for_good, RELAXED) && n > nth))
		return 0;
	error = at_load(&fault->error, RELAXED);
	/* What is asked again until done is not refused for ever; what the ring gives up must be done otherwise. */
	if (n > nth + ASKED_MAX && error != ECANCELED)
		return 0;
	at_add(&fault->failed, 1, RELAXED);
	return error;
}

static inline void faults_off(void)
{
	at_store(&fault->place, 0, RELAXED);
	at_store(&fault->one_of, 0, RELAXED);
}

/* The table ------------------------------------------------------------------------------------------------------ */

typedef long call_fn(long, long, long, long, long, long);

static struct sys behind; /* what stands behind the faults: the system, or a test's fake of it */

static inline bool gives_pointer(unsigned at)
{
	return at == AT(alloc) || at == AT(alloc_aligned);
}

static inline void count(unsigned at, bool worked)
{
	if (gives_pointer(at))
		at_add(&out.memory, worked, RELAXED);
	else if (at == AT(map) || at == AT(map_shared))
		at_add(&out.maps, worked, RELAXED);
	else if (at == AT(thread_create) || at == AT(thread_create_sized))
		at_add(&out.threads, worked, RELAXED);
	else if (at == AT(ring_init))
		at_add(&out.rings, worked, RELAXED);
}

/* Some calls never fail: the kernel refuses no count of an eventfd that has room, and removes what epoll has. */
static inline bool cannot_fail(unsigned at, long b, long c)
{
	return ((at == AT(read) || at == AT(write)) && c == 8) || (at == AT(epoll_ctl) && b == EPOLL_CTL_DEL);
}

/* And some do what they are for, though they answer an error. */
static inline bool done_nevertheless(unsigned at, int error)
{
	return at == AT(close) || (at == AT(connect) && error == EINTR);
}

/* Arguments are words, and so are results, on both machines: so one function passes any call on. */
static long pass_on(unsigned at, void *site, long a, long b, long c, long d, long e, long f)
{
	int error = cannot_fail(at, b, c) ? 0 : fails(at, (uintptr_t)site);
	call_fn *real;
	long r;

	if (error && !done_nevertheless(at, error))
		return gives_pointer(at) ? 0 : -error;
	memcpy(&real, (const char *)&behind + at * sizeof real, sizeof real);
	r = real(a, b, c, d, e, f);
	count(at, gives_pointer(at) ? r != 0 : (int)r == 0);
	return error ? -error : r;
}

#define STUB(n, ...)                                                                                                   \
	static long stub_##n(long a, long b, long c, long d, long e, long f)                                           \
	{                                                                                                              \
		return pass_on(AT(n), __builtin_return_address(0), a, b, c, d, e, f);                                  \
	}
EACH_ENTRY(STUB)

static void give_free(void *mem)
{
	at_sub(&out.memory, mem != NULL, RELAXED);
	behind.free(mem);
}

static int give_unmap(void *mem, size_t bytes)
{
	at_sub(&out.maps, 1, RELAXED);
	return behind.unmap(mem, bytes);
}

static int give_thread(pthread_t t)
{
	at_sub(&out.threads, 1, RELAXED);
	return behind.thread_join(t);
}

static int give_thread_away(pthread_t t)
{
	at_sub(&out.threads, 1, RELAXED);
	return behind.thread_detach(t);
}

static void give_ring(struct io_uring *ring)
{
	at_sub(&out.rings, 1, RELAXED);
	behind.ring_exit(ring);
}

/* The entries that are about to be submitted: each that is to fail does nothing, and answers the error. */
static void spoil(struct io_uring *ring)
{
	for (unsigned i = ring->sq.sqe_head; i != ring->sq.sqe_tail; i++) {
		struct io_uring_sqe *sqe = &ring->sq.sqes[i & *ring->sq.kring_mask];
		uint64_t user = sqe->user_data;
		int error;

		if (sqe->opcode == IORING_OP_NOP) /* it was submitted before, in vain */
			continue;
		error = fails(RING_ENTRY + sqe->opcode, 0);
		if (!error)
			continue;
		memset(sqe, 0, sizeof *sqe);
		sqe->opcode = IORING_OP_NOP;
		sqe->rw_flags = IORING_NOP_INJECT_RESULT;
		sqe->len = (uint32_t)-error;
		sqe->user_data = user;
	}
}

static int spoil_submit(struct io_uring *ring)
{
	int error = fails(AT(ring_submit), (uintptr_t)__builtin_return_address(0));

	if (error)
		return -error;
	spoil(ring);
	return sys_real.ring_submit(ring);
}

/* Forked processes are told to begin with no handlers; ours tell of crashes, which would pass for errors there. */
static void crashed(int sig)
{
	at_add(&fault->crashed, 1, RELAXED);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void tell_of_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE };

	for (size_t i = 0; !SLOW_BUILD && i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], crashed);
}

static int try_sigdefault(void)
{
	int r = sys_real.sigdefault();

	tell_of_crashes();
	return r;
}

/* Can the ring's operations be made to fail here (Linux 6.10)? */
static inline bool ring_injects(void)
{
	struct io_uring_params params = { 0 };
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int result = 0;

	if (!each_has_ring() || sys_real.ring_init(4, &ring, &params))
		return false;
	sqe = io_uring_get_sqe(&ring);
	memset(sqe, 0, sizeof *sqe);
	sqe->rw_flags = IORING_NOP_INJECT_RESULT;
	sqe->len = (uint32_t)-EXDEV;
	io_uring_submit(&ring);
	if (io_uring_wait_cqe(&ring, &cqe) == 0)
		result = cqe->res;
	io_uring_queue_exit(&ring);
	return result == -EXDEV;
}

/* In front of what the table has now. */
static inline void faults_install(void)
{
	behind = sys;
#define PUT(n, ...)                                                                                                    \
	{                                                                                                              \
		call_fn *stub = stub_##n;                                                                              \
		memcpy((char *)&sys + AT(n) * sizeof stub, &stub, sizeof stub);                                        \
	}
	EACH_ENTRY(PUT)
	sys.free = give_free;
	sys.unmap = give_unmap;
	sys.thread_join = give_thread;
	sys.thread_detach = give_thread_away;
	sys.ring_exit = give_ring;
	sys.sigdefault = try_sigdefault;
}

static inline void faults_start(void)
{
	test_start();
	watchdog(60);
	fault = mmap(NULL, sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(fault != MAP_FAILED);
	faults_install();
	if (ring_injects())
		sys.ring_submit = spoil_submit;
	tell_of_crashes();
}

/* Programs ------------------------------------------------------------------------------------------------------- */

/* What is run: answers 0, or the error that it met. `settle` gives back what may be kept between runs. */
struct fault_program {
	const char *name;
	int (*run)(void);
	void (*settle)(void);
};

static char point_name[200];

static inline void name_point(const char *program)
{
	extern const char __executable_start[];
	uintptr_t place = at_load(&fault->place, RELAXED);
	unsigned at = place ? entry_of(place) : 0;
	const struct fault_errors *e = place ? errors_of(at) : NULL;

	snprintf(point_name, sizeof point_name, "%s: %s at %#lx, no. %" PRIu32 ", answers %d, %s (one of %" PRIu32 ")",
		 program, e ? e->name : "none", place ? (long)((place >> 10) - (uintptr_t)__executable_start) : 0L,
		 fault->nth, fault->error, fault->for_good ? "and all after it" : "once", fault->one_of);
	test_name = point_name;
}

static inline bool has_failed(void)
{
	return at_load(&fault->failed, RELAXED);
}

/* An answer that is no success must be the plan's work. */
static inline bool done(long r)
{
	if (r >= 0)
		return true;
	CHECK(has_failed());
	CHECK(r > -4096);
	CHECK(r != -ECANCELED || at_load(&fault->error, RELAXED) != ECANCELED); /* nobody cancelled it */
	return false;
}

static inline bool run_point(const struct fault_program *p)
{
	int before = fds_open(), r;

	name_point(p->name);
	watchdog(FAULT_SECONDS);
	at_store(&fault->asked, 0, RELAXED);
	at_store(&fault->failed, 0, RELAXED);
	memset(&out, 0, sizeof out);
	r = p->run();
	CHECK(r <= 0);
	done(r);
	if (p->settle)
		p->settle();
	CHECK_EQ(out.memory, 0);
	CHECK_EQ(out.maps, 0);
	CHECK_EQ(out.threads, 0);
	CHECK_EQ(out.rings, 0);
	CHECK_EQ(fds_open(), before);
	CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1);
	CHECK_EQ(at_load(&fault->crashed, RELAXED), 0);
	return has_failed();
}

static inline void try_place(const struct fault_program *p, const struct fault_place *place, unsigned most)
{
	const struct fault_errors *e = errors_of(entry_of(place->key));

	for (unsigned k = 0; e && k < (SLOW_BUILD || HOSTILE ? 2 : ERRORS * 2); k++) {
		unsigned nth = 0;

		if (!e->errors[k / 2])
			continue;
		/* the first ones, then fewer and fewer of those that are alike */
		for (unsigned n = 0; n < most && nth < place->count; n++, nth += 1 + nth / 2) {
			at_store(&fault->error, e->errors[k / 2], RELAXED);
			at_store(&fault->for_good, k % 2, RELAXED);
			at_store(&fault->nth, nth, RELAXED);
			at_store(&fault->place, place->key, RELAXED);
			if (run_point(p)) {
				points++;
				ring_points += entry_of(place->key) >= RING_ENTRY;
			}
			faults_off();
		}
	}
}

/* All places the program comes by, `most` of the calls of each. */
static inline void fault_each(const struct fault_program *p, unsigned most)
{
	static struct fault_place seen[PLACES];

	faults_off();
	memset(fault->places, 0, sizeof fault->places);
	at_store(&fault->recording, 1, RELAXED);
	CHECK(!run_point(p));
	CHECK(!run_point(p)); /* what two workers come by hangs on chance */
	at_store(&fault->recording, 0, RELAXED);
	memcpy(seen, fault->places, sizeof seen);
	for (unsigned i = 0; i < PLACES; i++) {
		if (!seen[i].key)
			continue;
		place_count++;
		try_place(p, &seen[i], SLOW_BUILD || HOSTILE ? 1 : most);
	}
}

/* Every call fails by chance: pairs and heaps of faults, from seeds. */
static inline void fault_storm(const struct fault_program *p, unsigned runs)
{
	for (unsigned i = 0; i < (SLOW_BUILD || HOSTILE ? runs / 8 : runs); i++) {
		at_store(&fault->chance, test_random(), RELAXED);
		at_store(&fault->one_of, 3 + (uint32_t)(test_random() % 200), RELAXED);
		points += run_point(p);
		faults_off();
	}
}

static inline int faults_done(void)
{
	printf("# %" PRIu64 " points, %" PRIu64 " of them operations of io_uring\n", points, ring_points);
	CHECK(points > 0);
	return test_done();
}

/* Programs of tasks ---------------------------------------------------------------------------------------------- */

static struct {
	hob_task_fn *fn;
	struct hob_options options;
	atomic_of(bool) began;
} within;

static inline int begin_within(void *arg)
{
	(void)arg;
	at_store(&within.began, true, RELAXED);
	return within.fn(NULL);
}

static inline int run_within(void)
{
	return hob_run(&within.options, begin_within, NULL);
}

/* Over both backends, by one worker and by two. */
static inline void fault_tasks(const char *name, hob_task_fn *fn, struct hob_options options, unsigned most,
			       unsigned storms)
{
	uint64_t before = points, places = place_count;

	within.fn = fn;
	for (unsigned i = 0; i < 4; i += SLOW_BUILD ? 2 : 1) {
		char full[120];
		struct fault_program p = { .name = full, .run = run_within };

		options.backend = i < 2 ? HOB_BACKEND_EPOLL : HOB_BACKEND_IO_URING;
		options.workers = SLOW_BUILD ? 2 : i % 2 + 1;
		if (!options.stack_bytes)
			options.stack_bytes = 64 << 10;
		within.options = options;
		if (options.backend == HOB_BACKEND_IO_URING && !each_has_ring())
			continue;
		snprintf(full, sizeof full, "%s over %s by %u", name, i < 2 ? "epoll" : "io_uring", options.workers);
		fault_each(&p, most);
		fault_storm(&p, storms);
	}
	printf("ok %d - %s: %" PRIu64 " points at %" PRIu64 " places\n", ++test_count, name, points - before,
	       place_count - places);
	fflush(stdout);
}

#endif
