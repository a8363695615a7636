/* Watching: a look, then sleep until the next, the end or a signal. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cpus.h"
#include "command.h"
#include "why/watching.h"
#include "why/why.h"

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double own_cpu(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return seconds_of(r.ru_utime) + seconds_of(r.ru_stime);
}

/* Has our child ended? It stays a zombie, whose last counters can still be read. */
static bool child_ended(const struct why *w)
{
	siginfo_t info = { 0 };
	return w->options->command && !waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOWAIT | WNOHANG) &&
	       info.si_pid == w->pid;
}

static void reap(struct why *w)
{
	struct rusage r;
	while (wait4(w->pid, &w->wait_status, 0, &r) < 0)
		if (errno != EINTR)
			return;
	w->reaped = true;
	w->usage = (struct look_usage){ seconds_of(r.ru_utime), seconds_of(r.ru_stime), (double)r.ru_nvcsw };
}

static void take_signal(struct why *w, int fd)
{
	struct signalfd_siginfo info;
	if (read(fd, &info, sizeof info) != sizeof info)
		return;
	if (w->options->command)
		kill(w->pid, (int)info.ssi_signo); /* we end when it does */
	else
		w->told = true;
}

/* Sleeps until the next look. */
static void sleep_on(struct why *w, int signals, int pidfd)
{
	struct pollfd fds[2] = { { .fd = signals, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	int64_t left = w->sampler.next - now_ns();
	left = left < 0 ? 0 : left;
	struct timespec t = { left / 1000000000, left % 1000000000 };
	if (ppoll(fds, pidfd < 0 ? 1 : 2, &t, NULL) <= 0)
		return;
	if (fds[0].revents)
		take_signal(w, signals);
	w->ended |= fds[1].revents != 0;
}

/* Before the interpreter's memory is gone. */
static void ask_modules(struct why *w);

static void look_on(struct why *w, int signals, int pidfd)
{
	int64_t until = w->options->duration > 0 ? w->sampler.start + (int64_t)(w->options->duration * 1e9) : INT64_MAX;
	int64_t modules_next = w->sampler.start + 50000000;
	while (!w->ended && !w->told && now_ns() < until) {
		w->ended |= look_sampler_tick(&w->sampler) < 0 || child_ended(w);
		if (w->sampler.ticks == 1)
			w->attach = (double)(now_ns() - w->sampler.start) / 1e9;
		if (w->options->free_threading && now_ns() >= modules_next) {
			ask_modules(w);
			modules_next = now_ns() + 500000000;
		}
		if (!w->ended)
			sleep_on(w, signals, pidfd);
	}
}

static void add_module(void *arg, const char *name)
{
	struct why *w = arg;
	for (unsigned i = 0; i < w->module_count; i++)
		if (!strcmp(w->modules[i], name))
			return;
	if (w->module_count < WHY_MODULES)
		snprintf(w->modules[w->module_count++], sizeof w->modules[0], "%s", name);
}

static void ask_modules(struct why *w)
{
	for (unsigned i = 0; i < w->sampler.process_count; i++) {
		struct look_process *p = w->sampler.processes[i];
		if (!p->python || p->ended)
			continue;
		w->modules_asked = true;
		int err = look_python_gil_modules(p->python, add_module, w);
		w->module_error = err ? err : w->module_error;
	}
}

static int broken(const struct why *w, int err)
{
	if (err == -ESRCH)
		fprintf(stderr, "hob why: there is no process %d\n", w->pid);
	else
		fprintf(stderr, "hob why: cannot watch process %d: %s\n", w->pid, strerror(-err));
	return err == -ESRCH ? EXIT_USAGE : EXIT_BROKEN;
}

int why_watch(struct why *w)
{
	const struct look_options options = { .hz = w->options->hz, .frames = true, .launched = w->options->command };
	int signals = watching_begin(w->options->command != NULL), status = 0;
	if (signals < 0)
		return broken(w, signals);
	w->pid = w->options->pid;
	if (w->options->command)
		status = why_launch(w);
	if (status)
		return status;
	w->usage = (struct look_usage){ -1, -1, -1 };
	int pidfd = (int)syscall(SYS_pidfd_open, w->pid, 0); /* without it the looks notice the end */
	double before = own_cpu();
	int err = look_sampler_start(&w->sampler, w->pid, &options);
	if (err && !w->options->command)
		return broken(w, err);
	if (!err) {
		look_on(w, signals, pidfd);
		look_sampler_stop(&w->sampler);
	}
	w->own_cpu = own_cpu() - before;
	if (w->ended && w->options->command)
		reap(w);
	look_facts(&w->facts, &w->sampler, cpus_count(), &w->usage, w->ended);
	look_judge(&w->facts, &w->verdict);
	look_words(&w->words, &w->facts, &w->verdict);
	return err ? broken(w, err) : 0;
}

/* The books ------------------------------------------------------------------------------------------------------- */

double why_coverage(const struct why *w)
{
	const struct look_facts *f = &w->facts;
	return f->compute > 0 ? 1 - f->unseen / f->compute : 1;
}

unsigned why_unseen(const struct why *w, char clauses[WHY_UNSEEN][200])
{
	const struct look_sampler *s = &w->sampler;
	const struct look_facts *f = &w->facts;
	unsigned n = 0;
	if (f->unseen > 0.02 * f->compute && f->unseen > 0.02)
		snprintf(clauses[n++], 200,
			 "%.2f s of CPU time belong to threads and processes too short to be looked at", f->unseen);
	if (s->no_syscall)
		snprintf(clauses[n++], 200,
			 "what it waits for is not ours to read in full (another user's, or ptrace is restricted)");
	if (s->no_schedstat)
		snprintf(clauses[n++], 200, "this kernel counts no run queue, and CPU time in ticks alone");
	if (s->cut_short > s->ticks / 4 && s->thread_count)
		snprintf(clauses[n++], 200, "with so many threads each was looked at %.3g times a second",
			 (double)s->looks / (f->life > 0 ? f->life : 1));
	for (unsigned i = 0; i < s->process_count && n < WHY_UNSEEN - 2; i++) {
		const struct look_process *p = s->processes[i];
		if (p->python_error && p->python_error != -ENOENT && p->python_error != -ESRCH) {
			snprintf(clauses[n++], 200, "its Python cannot be read: %s",
				 p->python_error == -ENOTSUP ? "a version or build that is not known"
							     : strerror(-p->python_error));
			break;
		}
	}
	if (s->on_core_error && s->on_core_error != -ESRCH && !f->python && f->compute > 0.1 * f->life &&
	    n < WHY_UNSEEN)
		snprintf(clauses[n++], 200, "where in the program it computes: perf_event_open(2) says: %s",
			 strerror(-s->on_core_error));
	if (s->out_of_memory && n < WHY_UNSEEN)
		snprintf(clauses[n++], 200, "memory was short, and some threads were left out");
	return n;
}
