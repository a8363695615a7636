/* What computing costs as tasks, threads and processes, and what too many threads cost. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/lab.h"

static double whole_seconds = 0.2;

static int task(void *arg)
{
	work(*(double *)arg);
	return 0;
}

struct division {
	unsigned n;
	double each;
};

static int tasks_main(void *arg)
{
	struct division *d = arg;

	return lab_spawn_all(d->n, task, &d->each, 0);
}

static double by_tasks(unsigned workers, unsigned n)
{
	struct division d = { n, whole_seconds / n };

	return lab_run(workers, tasks_main, &d);
}

static void *thread(void *arg)
{
	work(*(double *)arg);
	return NULL;
}

static double by_threads(unsigned workers, unsigned n)
{
	pthread_t *threads = calloc(n, sizeof *threads);
	double begin = seconds(), each = whole_seconds / n;
	unsigned made = 0;

	(void)workers; /* the kernel uses the cores there are */
	if (!threads)
		return -ENOMEM;
	while (made < n && pthread_create(&threads[made], NULL, thread, &each) == 0)
		made++;
	for (unsigned i = 0; i < made; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	return made == n ? seconds() - begin : -EAGAIN;
}

static double by_processes(unsigned workers, unsigned n)
{
	double begin = seconds();
	unsigned made = 0;
	pid_t pid;

	(void)workers;
	fflush(NULL);
	while (made < n && (pid = fork()) >= 0) {
		if (pid == 0) {
			work(whole_seconds / n);
			_exit(0);
		}
		made++;
	}
	for (unsigned i = 0; i < made; i++)
		wait(NULL);
	return made == n ? seconds() - begin : -EAGAIN;
}

static const struct {
	const char *name;
	double (*run)(unsigned workers, unsigned n);
	unsigned most;
} ways[] = {
	{ "tasks", by_tasks, 10000 },
	{ "threads", by_threads, 10000 },
	{ "processes", by_processes, 1000 },
};

static int run(const struct lab *lab, struct finding *f)
{
	double few[3] = { 0 }, many[3] = { 0 }, best = whole_seconds / lab->cores;

	finding_did(f,
		    "%.0f ms of computing, divided into so many pieces of equal size, each a task, a thread or a "
		    "process, on %u cores.",
		    whole_seconds * 1e3, lab->cores);
	f->plot = (struct svg_plot){ .title = "The same work in more and more pieces",
				     .x_label = "pieces",
				     .y_label = "seconds",
				     .x_log = true };
	for (unsigned w = 0; w < 3; w++) {
		struct svg_series *line = finding_series(f, ways[w].name, false);
		unsigned most = lab->quick ? 1000 : ways[w].most;

		for (unsigned n = lab->cores; n <= most; n = n == lab->cores ? (n < 10 ? 10 : n * 10) : n * 10) {
			struct sample s = { 0 };

			for (unsigned round = 0; round < lab_rounds(lab); round++) {
				double took = ways[w].run(lab->cores, n);

				if (took < 0)
					break;
				sample_add(&s, took);
			}
			if (s.n == 0)
				break;
			finding_point(line, n, &s);
			finding_figure(f, &s, "s", "as %u %s", n, ways[w].name);
			if (n == lab->cores)
				few[w] = sample_median(&s);
			if (n == 1000)
				many[w] = sample_median(&s);
		}
	}
	if (many[0] == 0 || many[1] == 0 || many[2] == 0) {
		finding_skip(f, "this machine allows no thousand threads or processes");
		return 0;
	}
	finding_judge(f, few[0] < 1.3 * best && few[1] < 1.3 * best && few[2] < 1.3 * best && many[0] < 1.1 * many[1],
		      "as many pieces as cores take %.2f, %.2f and %.2f times the best possible as tasks, threads and "
		      "processes; a thousand "
		      "pieces %.2f, %.2f and %.2f times",
		      few[0] / best, few[1] / best, few[2] / best, many[0] / best, many[1] / best, many[2] / best);
	return 0;
}

const struct experiment experiment_makers = { "makers",
					      "For computing, tasks, threads and processes are equal while there is "
					      "one a core; too many threads or processes cost",
					      run };
