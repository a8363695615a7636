/* usage: truth serve DIR
 *        truth run DIR SECONDS THREADS...
 *
 * THREADS is [COUNTx]WORK:MS[,WORK:MS...][@CPU]: so many threads (one), each of which does its works in turn, again and
 * again until the time is over; with @CPU on that core alone. WORK is user, kernel, network, socket, pipe, disk, timer,
 * child, lock, terminal, fault, threads or processes. The main thread does the first itself.
 *
 * In the end DIR/truth.json has the seconds of all threads by cause. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "truth.h"

enum { MAX_WORKS = 16, MAX_THREADS = 20000 };

struct plan {
	unsigned count, works;
	work_fn *fn[MAX_WORKS];
	double seconds[MAX_WORKS];
	int cpu; /* -1: any */
};

static struct books total;
static double end;
static const char *dir;

static void usage(const char *what)
{
	fprintf(stderr, "truth: %s\n", what);
	exit(2);
}

static struct plan parse(char *text)
{
	struct plan p = { .count = 1, .cpu = -1 };
	char *at = strchr(text, '@'), *times = text + strspn(text, "0123456789");
	if (at) {
		*at = '\0';
		p.cpu = atoi(at + 1);
	}
	if (*times == 'x') {
		p.count = (unsigned)atoi(text);
		text = times + 1;
	}
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		char *ms = strchr(word, ':');
		if (!ms || p.works == MAX_WORKS)
			usage("a work is WORK:MS");
		*ms = '\0';
		p.fn[p.works] = work_named(word);
		p.seconds[p.works] = atof(ms + 1) * 1e-3;
		if (!p.fn[p.works++])
			usage("no such work");
	}
	if (!p.works)
		usage("a thread without work");
	return p;
}

static void *live(void *arg)
{
	const struct plan *p = arg;
	struct books b;
	if (p->cpu >= 0) {
		cpu_set_t set;
		CPU_ZERO(&set);
		CPU_SET(p->cpu, &set);
		sched_setaffinity(0, sizeof set, &set);
	}
	prctl(PR_SET_TIMERSLACK, 1000);
	books_open(&b, dir);
	while (clock_wall() < end)
		for (unsigned i = 0; i < p->works && clock_wall() < end; i++)
			p->fn[i](&b, p->seconds[i]);
	books_close(&b);
	books_add(&total, &b);
	work_end(&total);
	return NULL;
}

static double cpu_of(int who)
{
	struct rusage u;
	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

static void write_truth(double wall)
{
	static const char *const names[CAUSES] = { "compute", "ready", "network", "socket",   "pipe", "disk",
						   "timer",   "child", "lock",    "terminal", "fault" };
	char path[4096];
	snprintf(path, sizeof path, "%s/truth.json", dir);
	FILE *f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(2);
	}
	fprintf(f, "{\"wall\": %.6f, \"life\": %.6f, \"cpu\": %.6f, \"seconds\": {", wall, total.life,
		cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN));
	for (int i = 0; i < CAUSES; i++)
		fprintf(f, "%s\"%s\": %.6f", i ? ", " : "", names[i], total.spent[i]);
	fprintf(f, "}}\n");
	fclose(f);
}

/* The main thread waits for the others, which would be in no books: so it works as long as they do. */
static int run(double seconds, char **specs)
{
	static pthread_t threads[MAX_THREADS];
	static struct plan plans[64];
	unsigned started = 0, n = 0;
	pthread_attr_t attr;
	double began = clock_wall();
	end = began + seconds;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (; specs[n] && n < 64; n++)
		plans[n] = parse(specs[n]);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = i == 0; k < plans[i].count && started < MAX_THREADS; k++)
			if (!pthread_create(&threads[started], &attr, live, &plans[i]))
				started++;
	live(&plans[0]);
	while (started)
		pthread_join(threads[--started], NULL);
	write_truth(clock_wall() - began);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	if (argc < 5 || strcmp(argv[1], "run"))
		usage("usage: truth serve DIR | truth run DIR SECONDS THREADS...");
	dir = argv[2];
	return run(atof(argv[3]), argv + 4);
}
