/* Tasks that compute: work divided over the cores. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_COMPUTE_H
#define HOB_COMPUTE_H

#include <hob/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fork and join ------------------------------------------------------------------------------------------------- */

/* A job does one piece of work, and leaves its result where its `arg` says. */
typedef void hob_job_fn(void *arg);

/* A forked job: lies on the caller's stack, from hob_fork until hob_join has returned. The fields are the library's. */
struct hob_job {
	hob_job_fn *fn;
	void *arg;
	uintptr_t home;
	uint64_t index;
	void *link[2], *scope;
};

/* hob_fork offers fn(arg) to the other cores, and returns at once; hob_join returns when it is done, having run it by
 * itself if nobody took it, at about the price of a plain call. Every fork is joined, in reverse order, by the task
 * that forked, before the function returns that holds the job:
 *
 *	hob_fork(&job, left, &l);
 *	right(&r);
 *	hob_join(&job);
 *
 * Jobs nest to any depth and may do all that tasks may: park, lock, spawn, fork. A job runs within the scope of the
 * task that forked it, and runs although that is cancelled; a join is never cancelled. A join that has to wait
 * parks its task, so no other work is run on top of it, and a lock held across a join cannot deadlock. Outside of a
 * task the job is simply run by the fork. Neither can fail. hob_join: [parks] */
static inline void hob_fork(struct hob_job *job, hob_job_fn *fn, void *arg);
static inline void hob_join(struct hob_job *job);

/* hob_join, told again what was forked: so the compiler calls fn directly, or inlines it. Worth a third of the price of
 * very small jobs. [parks] */
static inline void hob_join_direct(struct hob_job *job, hob_job_fn *fn, void *arg);

/* Loops --------------------------------------------------------------------------------------------------------- */

/* A number of cores that loops have in common, whether one runs within another or several tasks run theirs at once:
 * together they use at most `limit`. A task that calls computes in any case, so each further one that does so at the
 * same time comes on top; and jobs that a range forks by itself do not count. limit 0 sets none, 1 lets nobody help.
 * Lives until the last of the loops has ended. */
struct hob_cores {
	unsigned limit;
	unsigned helping; /* the library's: 0 at first */
};

/* How a loop is run. All zero is the sane default, and so is a NULL pointer to one. */
struct hob_loop {
	size_t grain;            /* items in a range, fewer only in the last; 0: automatic */
	struct hob_cores *cores; /* NULL: as many as are free */
	hob_time deadline;       /* no range begins after it, and the loop answers -ETIMEDOUT; 0: none */
};

/* What holds for every call below.
 *
 * Cores: a loop uses those that are free, and starts no thread; so loops may be nested, and called by many tasks at
 * once. Automatic grain: ranges grow until one takes some tens of microseconds, and are split only as long as other
 * cores have nothing to do, so an uneven loop balances and a tiny one costs nothing. Answers: 0, the first error of
 * a callback (a negative errno: no range is begun after it; those under way finish), -ETIMEDOUT, or -ECANCELED
 * where the scope of the caller was cancelled before the last range began. What a loop that did not answer 0 leaves
 * as its result is unspecified. Callbacks run as parts of the calling task, at the same time on several cores, and
 * may do all that tasks may. Outside of a task, a call runs in a runtime that the first such call starts, one
 * worker a core, and which stays; after fork(2) the child's first call starts its own. */

/* Does the items begin to end - 1. Answers 0, or a negative errno, which ends the loop. */
typedef int hob_range_fn(size_t begin, size_t end, void *arg);

/* Runs fn over all of [0, n), in ranges. [parks] */
HOB_API int hob_parallel_for(size_t n, size_t grain, hob_range_fn *fn, void *arg);
HOB_API int hob_parallel_for_with(const struct hob_loop *how, size_t n, hob_range_fn *fn, void *arg);

/* Rows row to row_end - 1 of columns column to column_end - 1. */
struct hob_block {
	size_t row, row_end, column, column_end;
};

typedef int hob_block_fn(const struct hob_block *block, void *arg);

/* Runs fn over all of [0, rows) x [0, columns), in blocks that come from halving the longer side again and again,
 * until they have at most `grain` items: so they are nearly square, and near in time to those that are near in
 * space. [parks] */
HOB_API int hob_parallel_for_2d(const struct hob_loop *how, size_t rows, size_t columns, hob_block_fn *fn, void *arg);

/* Runs calls[0] to calls[n - 1], each its own range. [parks] */
struct hob_invocation {
	hob_task_fn *fn;
	void *arg;
};
HOB_API int hob_parallel_invoke(const struct hob_loop *how, const struct hob_invocation *calls, size_t n);

/* Makes one output of one input. */
typedef int hob_map_fn(const void *in, void *out, void *arg);

/* Calls fn for each of n inputs of in_size bytes and its output of out_size bytes, and keeps what it answered in
 * errors[i]. An item that fails does not end the loop; answers the error of the first item, by position, that has one.
 * Items that were not begun (the deadline, cancellation) have that error. [parks] */
HOB_API int hob_parallel_map(const struct hob_loop *how, const void *in, size_t in_size, void *out, size_t out_size,
			     int *errors, size_t n, hob_map_fn *fn, void *arg);

/* Folds -------------------------------------------------------------------------------------------------------- */

/* Folds the items begin to end - 1 into the accumulator, which holds what was before them. */
typedef int hob_fold_fn(size_t begin, size_t end, void *acc, void *arg);

/* left := left o right. The operation is associative, as far as the caller cares; it need not be commutative. */
typedef void hob_combine_fn(void *left, const void *right, void *arg);

struct hob_reduction {
	size_t size;          /* of an accumulator, in bytes */
	const void *identity; /* what an accumulator begins as; NULL: all bytes zero */
	hob_fold_fn *fold;
	hob_combine_fn *combine;
	void *arg;
	/* Not 0: ranges and the order of combining depend on n and the grain alone, so that a sum of doubles is the
	 * same to the last bit on any machine at any load. Automatic grain is then n / 256, rounded up. */
	int repeatable;
};

/* Folds [0, n) into *result, from left to right. -ENOMEM only where it is repeatable. [parks] */
HOB_API int hob_parallel_reduce(const struct hob_loop *how, size_t n, const struct hob_reduction *r, void *result);

struct hob_scan {
	size_t size;
	const void *identity;
	hob_fold_fn *fold;
	hob_combine_fn *combine;
	/* Does what a serial scan does over begin to end - 1: *acc is the fold of all items before `begin`; writes the
	 * results (before adding an item to *acc: an exclusive scan; after: an inclusive one), and leaves in *acc the
	 * fold of all before `end`. */
	hob_fold_fn *write;
	void *arg;
};

/* Scans [0, n): `write` is called once over every range, `fold` before it where the ranges to its left are still under
 * way. Leaves the fold of all in *total, which may be NULL. [parks] */
HOB_API int hob_parallel_scan(const struct hob_loop *how, size_t n, const struct hob_scan *s, void *total);

/* Sorting ------------------------------------------------------------------------------------------------------ */

/* Less than, equal to or greater than 0, as a stands before, with or after b. */
typedef int hob_compare_fn(const void *a, const void *b, void *arg);

/* Sorts n items of `size` bytes; equal ones keep their order. -ENOMEM: it takes as much memory again, and was not
 * begun. On every other error too the array holds the same items, in some order. The grain is not looked at.
 * hob/sort.h makes a sort for one type, with the comparator inlined: twice as fast. [parks] */
HOB_API int hob_parallel_sort(const struct hob_loop *how, void *base, size_t n, size_t size, hob_compare_fn *compare,
			      void *arg);

enum hob_key { HOB_KEY_INT32, HOB_KEY_UINT32, HOB_KEY_INT64, HOB_KEY_UINT64, HOB_KEY_FLOAT, HOB_KEY_DOUBLE };

/* The same for an array of numbers, without a comparator, some times faster. Floats stand in the total order of IEEE
 * 754: NaNs with the sign set, -infinity ... -0.0, +0.0 ... +infinity, NaNs without. [parks] */
HOB_API int hob_parallel_sort_keys(const struct hob_loop *how, void *keys, size_t n, enum hob_key kind);

/* The inlined part of fork and join: a worker's forked jobs, in the ring from `top` (stolen there, the oldest first) to
 * `bottom` (forked and joined there). The argument stands in src/sched/jobs.h. */
#define HOB_FORKS_MAX 4096

struct hob_forks {
	uint64_t bottom; /* written by the owner */
	uint64_t limit;  /* bottom may not reach it unseen: 0 where another core asks to be told of jobs */
	uint64_t
		fenced; /* 1: the machine has no membarrier(2), so every fork and join goes the slow way, with fences */
	uint64_t follows; /* 1: the number of cores, as it changes */
	uint64_t pad[4];
	uint64_t top; /* moved by whoever takes the oldest */
	uint64_t pad2[7];
	struct hob_job *ring[HOB_FORKS_MAX];
};

/* What a schedule explorer puts itself in the place of (test/model). */
#ifndef HOB_EXPLORE
#define HOB_LOAD(p, order) __atomic_load_n((p), (order))
#define HOB_STORE(p, v, order) __atomic_store_n((p), (v), (order))
#endif

extern HOB_API __thread struct hob_forks *hob_forks_self __attribute__((tls_model("initial-exec")));
HOB_API void hob_fork_slow(struct hob_job *job);
HOB_API void hob_join_slow(struct hob_forks *f, struct hob_job *job);

/* hob_forks_self of the thread we are on now. In assembly, since a task may have changed threads since the last look,
 * and a compiler would keep the thread's address. */
#ifdef HOB_EXPLORE
struct hob_forks *hob_forks_here(void);
#else
static inline struct hob_forks *hob_forks_here(void)
{
	struct hob_forks *f;
#if defined(__x86_64__)
	__asm__ volatile("movq hob_forks_self@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(f));
#elif defined(__aarch64__)
	void *tp;
	__asm__ volatile("adrp %0, :gottprel:hob_forks_self\n\t"
			 "ldr %0, [%0, #:gottprel_lo12:hob_forks_self]\n\t"
			 "mrs %1, tpidr_el0\n\t"
			 "ldr %0, [%1, %0]"
			 : "=&r"(f), "=&r"(tp));
#else
#error "hob runs on x86-64 and aarch64"
#endif
	return f;
}
#endif

static inline void hob_fork(struct hob_job *job, hob_job_fn *fn, void *arg)
{
	struct hob_forks *f = hob_forks_here();

	job->fn = fn;
	job->arg = arg;
	HOB_STORE(&job->home, (uintptr_t)f, __ATOMIC_RELAXED);
	if (__builtin_expect(f != NULL, 1)) {
		uint64_t bottom = f->bottom;

		job->index = bottom;
		HOB_STORE(&f->ring[bottom % HOB_FORKS_MAX], job, __ATOMIC_RELAXED);
		HOB_STORE(&f->bottom, bottom + 1, __ATOMIC_RELEASE);
		/* The light half of a fence; who sets the limit pays the heavy. */
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		if (__builtin_expect(bottom + 1 < HOB_LOAD(&f->limit, __ATOMIC_RELAXED), 1))
			return;
	}
	hob_fork_slow(job);
}

static inline void hob_join_direct(struct hob_job *job, hob_job_fn *fn, void *arg)
{
	struct hob_forks *f = hob_forks_here();

	if (__builtin_expect((uintptr_t)f == HOB_LOAD(&job->home, __ATOMIC_RELAXED), 1)) {
		/* Not f->bottom - 1, which is the same: its value would pass through memory from call to call. */
		uint64_t bottom = job->index;

		HOB_STORE(&f->bottom, bottom, __ATOMIC_RELAXED);
		__atomic_signal_fence(__ATOMIC_SEQ_CST); /* the light half; a thief pays the heavy */
		if (__builtin_expect(HOB_LOAD(&f->top, __ATOMIC_RELAXED) < bottom, 1)) {
			fn(arg);
			return;
		}
	}
	hob_join_slow(f, job);
}

static inline void hob_join(struct hob_job *job)
{
	hob_join_direct(job, job->fn, job->arg);
}

#ifdef __cplusplus
}
#endif
#endif
