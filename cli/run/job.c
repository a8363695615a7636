/* One job, from its start to its last byte of output: a task. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "command.h"
#include "run/quote.h"
#include "run/run.h"

struct job *job_take(struct run *r)
{
	struct link *l = list_pop(&r->idle_slots);
	struct job *j = l ? container_of(l, struct job, link) : calloc(1, sizeof *j);
	if (!j)
		return NULL;
	if (!l) {
		list_init(&j->link);
		j->files = FILES_NONE;
		j->run = r;
	}
	r->busy++;
	return j;
}

static void put_back(struct job *j)
{
	struct run *r = j->run;
	list_push(&r->idle_slots, &j->link);
	r->busy--;
	/* The limit has fallen: so many descriptors are not needed any more. */
	if (r->busy > r->limit.jobs)
		files_close(&j->files);
	run_changed(r);
}

void jobs_free(struct run *r)
{
	for (struct link *l; (l = list_pop(&r->idle_slots));) {
		struct job *j = container_of(l, struct job, link);
		arguments_finish(&j->args);
		files_close(&j->files);
		plumbing_finish(&j->plumbing);
		free(j);
	}
}

static void failed(struct job *j, const char *how)
{
	struct run *r = j->run;
	char command[QUOTE_SHOWN];
	r->counts.failed++;
	if (!r->options->quiet)
		output_say(&r->output, "%s: %s", how, quote_shown(command, j->args.argv));
}

/* The whole system is short of something that an ending job gives back. */
static bool passing(int err)
{
	return err == -EAGAIN || err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

/* Lets go of the descriptors that no running job needs. */
static void spare_descriptors(struct job *j)
{
	struct run *r = j->run;
	files_close(&j->files);
	for (struct link *l = r->idle_slots.next; l != &r->idle_slots; l = l->next)
		files_close(&container_of(l, struct job, link)->files);
}

/* 0 once it runs. Where the system lacks something, it waits for another job to end and tries again. */
static int start(struct job *j)
{
	struct run *r = j->run;
	for (;;) {
		int err = files_open(&j->files);
		bool lack = err;
		if (!err)
			err = spawn(&r->spawner, j->args.argv, &j->files, &j->plumbing, &j->pid);
		if (!err)
			return 0;
		if (passing(err) && r->active) {
			spare_descriptors(j);
			if (r->limit.jobs > r->alive && r->alive && !r->limit.fixed)
				r->limit.jobs = r->alive;
			run_wait_change(r);
			if (!r->stopping)
				continue;
			return -ECANCELED;
		}
		char how[160];
		snprintf(how, sizeof how, "%s: %s", lack ? "no file for the output" : "cannot start", strerror(-err));
		failed(j, how);
		if (lack || passing(err))
			run_fail(r);
		return err;
	}
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void account(struct job *j, const struct rusage *used)
{
	struct run *r = j->run;
	hob_time end = hob_now();
	double cpu = seconds(used->ru_utime) + seconds(used->ru_stime);
	uint64_t rss = (uint64_t)used->ru_maxrss * 1024;
	limit_job_ended(&r->limit, j->start, end, (int64_t)(cpu * 1e9));
	r->counts.cpu += cpu;
	r->counts.life += (double)(end - j->start) / 1e9;
	if (rss > r->counts.peak_rss)
		r->counts.peak_rss = rss;
}

static void report(struct job *j, int status)
{
	char how[80];
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (j->run->killing || j->run->pipe_gone) {
		j->run->counts.failed++; /* we did it */
		return;
	}
	const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
	if (WIFEXITED(status))
		snprintf(how, sizeof how, "exit %d", WEXITSTATUS(status));
	else if (name)
		snprintf(how, sizeof how, "killed by SIG%s", name);
	else
		snprintf(how, sizeof how, "killed by signal %d", WTERMSIG(status));
	failed(j, how);
}

static void deliver(struct job *j)
{
	struct run *r = j->run;
	off_t out = files_bytes(&j->files, 0), err = files_bytes(&j->files, 1);
	int error = out || err ? output_job(&r->output, j->files.fd[0], out, j->files.fd[1], err) : 0;
	files_reuse(&j->files);
	if (!error || r->pipe_gone || r->status)
		return;
	if (error == -EPIPE) {
		r->pipe_gone = true;
		run_stop(r);
		run_kill(r);
	} else {
		run_fail(r); /* first, so that it is said once */
		output_say(&r->output, "cannot write to standard output: %s", strerror(-error));
	}
}

/* Waits for the process even where no descriptor is left to wait with. */
static void wait_for(struct job *j, int *status, struct rusage *used)
{
	int err = hob_child_wait(j->pid, status, used, HOB_NEVER);
	while (err && err != -ECHILD) {
		pid_t got = wait4(j->pid, status, WNOHANG, used);
		if (got == j->pid || (got < 0 && errno != EINTR))
			return;
		hob_sleep(hob_after(5 * HOB_MS));
	}
}

int job_task(void *job)
{
	struct job *j = job;
	struct run *r = j->run;
	struct rusage used = { 0 };
	int status = 0;

	j->start = hob_now();
	int err = r->stopping ? -ECANCELED : start(j);
	if (!err) {
		r->active++;
		r->alive++;
		if (r->alive > r->counts.most)
			r->counts.most = r->alive;
		list_push(&r->running, &j->link);
		wait_for(j, &status, &used);
		list_remove(&j->link);
		r->alive--;
		r->admitted--;
		account(j, &used);
		run_changed(r);
		deliver(j);
		report(j, status);
		r->active--;
	} else {
		r->admitted--;
	}
	if (err != -ECANCELED)
		r->counts.done++;
	put_back(j);
	return 0;
}
