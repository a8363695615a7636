/* What waiting costs as a task, a thread and a process. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic.h"
#include "lab/lab.h"

struct cost {
	double start; /* seconds until all wait */
	double bytes; /* of memory for each */
};

/* The kernel's stack of a thread, on x86-64 and aarch64: no file says it of one process. */
#define KERNEL_STACK 16384.0

/* Bytes, from a line of a file in /proc that gives them in KiB. */
static double memory_of(pid_t pid, const char *file, const char *format)
{
	char path[64], line[128];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, format, &kib) == 1)
			break;
	if (f)
		fclose(f);
	return (double)kib * 1024;
}

static double memory_own(void)
{
	return memory_of(getpid(), "status", "VmRSS: %lu") + memory_of(getpid(), "status", "VmPTE: %lu");
}

/* Tasks --------------------------------------------------------------------------- */

struct crowd {
	unsigned n;
	atomic_of(uint32_t) there;
	struct hob_scope *scope;
	struct cost cost;
	double begin, memory;
};

static int wait_as_task(void *arg)
{
	struct crowd *c = arg;

	at_add(&c->there, 1, RELAXED);
	return hob_sleep(HOB_NEVER) == -ECANCELED ? 0 : 1;
}

static int tasks_main(void *arg)
{
	struct crowd *c = arg;
	int err = hob_scope_create(&c->scope);

	if (err)
		return err;
	c->memory = memory_own();
	c->begin = seconds();
	for (unsigned i = 0; !err && i < c->n; i++)
		err = hob_spawn(c->scope, wait_as_task, c);
	while (!err && at_load(&c->there, RELAXED) < c->n)
		hob_yield();
	c->cost.start = seconds() - c->begin;
	c->cost.bytes = (memory_own() - c->memory) / c->n;
	hob_scope_destroy(c->scope);
	return err;
}

static int as_tasks(unsigned n, struct cost *out)
{
	struct crowd c = { .n = n };
	int err = hob_run(&(struct hob_options){ .workers = 1 }, tasks_main, &c);

	*out = c.cost;
	return err;
}

/* Threads --------------------------------------------------------------------------- */

static void *wait_as_thread(void *arg)
{
	atomic_of(uint32_t) *words = arg; /* how many are there; whether they may go */

	at_add(&words[0], 1, RELAXED);
	while (!at_load(&words[1], ACQUIRE))
		futex_wait(&words[1], 0, INT64_MAX);
	return NULL;
}

static int as_threads(unsigned n, struct cost *out)
{
	atomic_of(uint32_t) words[2] = { 0, 0 };
	pthread_t *threads = calloc(n, sizeof *threads);
	double memory = memory_own(), begin = seconds();
	unsigned made = 0;

	if (!threads)
		return -ENOMEM;
	while (made < n && pthread_create(&threads[made], NULL, wait_as_thread, words) == 0)
		made++;
	while (at_load(&words[0], RELAXED) < made)
		sched_yield();
	out->start = seconds() - begin;
	out->bytes = made ? (memory_own() - memory) / made + KERNEL_STACK : 0;
	at_store(&words[1], 1, RELEASE);
	futex_wake(&words[1], INT32_MAX);
	for (unsigned i = 0; i < made; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	return made == n ? 0 : -EAGAIN;
}

/* Processes --------------------------------------------------------------------------- */

/* Memory that is a process's own: what it does not share with its parent, and its page tables. */
static double private_bytes(pid_t pid)
{
	return memory_of(pid, "smaps_rollup", "Private_Clean: %lu") +
	       memory_of(pid, "smaps_rollup", "Private_Dirty: %lu") + memory_of(pid, "status", "VmPTE: %lu") +
	       KERNEL_STACK;
}

/* By fork, which gives them the least memory a process can have: what they share with their parent is not theirs. */
static int as_processes(unsigned n, struct cost *out)
{
	pid_t *pids = calloc(n, sizeof *pids);
	double begin = seconds(), own = 0;
	unsigned made = 0, looked = 0;

	if (!pids)
		return -ENOMEM;
	fflush(NULL);
	while (made < n && (pids[made] = fork()) >= 0) {
		if (pids[made] == 0)
			for (;;)
				pause();
		made++;
	}
	out->start = seconds() - begin;
	for (unsigned i = 0; i < made; i += 1 + made / 16, looked++)
		own += private_bytes(pids[i]);
	out->bytes = looked ? own / looked : 0;
	for (unsigned i = 0; i < made; i++)
		kill(pids[i], SIGKILL);
	for (unsigned i = 0; i < made; i++)
		waitpid(pids[i], NULL, 0);
	free(pids);
	return made == n ? 0 : -EAGAIN;
}

/* Where threads end --------------------------------------------------------------------------- */

static double number_in(const char *path)
{
	double n = 0;
	FILE *f = fopen(path, "re");

	if (f) {
		if (fscanf(f, "%lf", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

/* The lowest of the limits that say how many threads one program may have, and its name. It is read rather than run
 * into: at the limit others on this machine could start nothing either. */
static double threads_end(const char **which)
{
	struct rlimit r;
	const struct {
		const char *name;
		double most;
	} limits[] = {
		{ "kernel.threads-max", number_in("/proc/sys/kernel/threads-max") },
		{ "kernel.pid_max", number_in("/proc/sys/kernel/pid_max") },
		{ "vm.max_map_count, two mappings a stack", number_in("/proc/sys/vm/max_map_count") / 2 },
		{ "pids.max of the control group", number_in("/sys/fs/cgroup/pids.max") },
		{ "ulimit -u", getrlimit(RLIMIT_NPROC, &r) == 0 && geteuid() != 0 ? (double)r.rlim_cur : 0 },
	};
	double least = 0;

	*which = "no limit";
	for (unsigned i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i].most > 0 && (least == 0 || limits[i].most < least)) {
			least = limits[i].most;
			*which = limits[i].name;
		}
	return least;
}

/* Each in a process of its own, since memory once used is kept, and would be found there by the next. */
static int isolated(int (*way)(unsigned, struct cost *), unsigned n, struct cost *out)
{
	struct {
		int err;
		struct cost cost;
	} said = { -EPIPE, { 0, 0 } };
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		said.err = way(n, &said.cost);
		_exit(write(fds[1], &said, sizeof said) == sizeof said ? 0 : 1);
	}
	close(fds[1]);
	if (pid < 0)
		said.err = -errno;
	else if (read(fds[0], &said, sizeof said) != sizeof said)
		said.err = -EPIPE;
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	*out = said.cost;
	return said.err;
}

static const struct {
	const char *name;
	int (*run)(unsigned n, struct cost *out);
	unsigned most; /* so many at the most: half of the machine's limit is others' too */
	unsigned quick_most;
} ways[] = {
	{ "tasks", as_tasks, 100000, 100000 },
	{ "threads", as_threads, 10000, 1000 },
	{ "processes", as_processes, 1000, 100 },
};

static int run(const struct lab *lab, struct finding *f)
{
	const char *which;
	double end = threads_end(&which), bytes[3] = { 0 }, each[3] = { 0 };

	finding_did(f, "As many tasks, threads and processes as told, all waiting: the time until all wait, and the "
		       "memory of each "
		       "(resident, and the kernel's stacks and page tables). Threads and processes stay below half of "
		       "what the "
		       "machine allows.");
	f->plot = (struct svg_plot){ .title = "Memory of each that waits",
				     .x_label = "waiting at once",
				     .y_label = "bytes each",
				     .x_log = true,
				     .y_log = true };
	for (unsigned w = 0; w < 3; w++) {
		unsigned most = lab->quick ? ways[w].quick_most : ways[w].most;
		struct svg_series *line = finding_series(f, ways[w].name, false);

		if (w > 0 && end > 0 && most > end / 2)
			most = (unsigned)(end / 2);
		for (unsigned n = 10; n <= most; n *= 10) {
			struct cost c = { 0, 0 };
			struct sample start = { 0 }, size = { 0 };
			int err = isolated(ways[w].run, n, &c);

			if (err == -EAGAIN || err == -ENOMEM)
				break; /* it ends here */
			if (err)
				return err;
			sample_add(&start, c.start * 1e6 / n);
			sample_add(&size, c.bytes > 1 ? c.bytes : 1);
			finding_figure(f, &size, "B", "memory of each of %u %s", n, ways[w].name);
			finding_figure(f, &start, "us", "to start each of %u %s", n, ways[w].name);
			finding_point(line, n, &size);
			bytes[w] = c.bytes;
			each[w] = c.start / n;
		}
	}
	finding_judge(f, bytes[0] < bytes[1] && bytes[1] < bytes[2] && each[0] < each[1] && each[1] < each[2],
		      "a task takes %.1f KiB and %.2f us to start, a thread %.1f KiB and %.0f us, a process %.0f KiB "
		      "and %.0f us; threads "
		      "end at %.0f here (%s)",
		      bytes[0] / 1024, each[0] * 1e6, bytes[1] / 1024, each[1] * 1e6, bytes[2] / 1024, each[2] * 1e6,
		      end, which);
	return 0;
}

const struct experiment experiment_waiters = {
	"waiters", "For waiting, a task costs less memory and time than a thread, and a thread less than a process", run
};
