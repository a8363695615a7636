/* One job, from its start to its end: a task. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/run.h"

/* A job that fails is tried again after a pause, which doubles each time up to the longest. */
enum { RETRY_MS = 100, RETRY_LONGEST_MS = 1000 };

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
	j->tries = 0;
	free(j->results);
	j->results = NULL;
	r->busy++;
	return j;
}

void job_recycle(struct job *j)
{
	list_push(&j->run->idle_slots, &j->link);
}

void job_release(struct job *j)
{
	struct run *r = j->run;
	r->busy--;
	files_reuse(&j->files);
	files_reuse_input(&j->files);
	/* The limit has fallen: so many descriptors are not needed any more. */
	if (r->busy > r->limit.jobs || r->options->keep_order)
		files_close(&j->files);
	run_changed(r);
}

void jobs_free(struct run *r)
{
	for (struct link *l; (l = list_pop(&r->idle_slots));) {
		struct job *j = container_of(l, struct job, link);
		arguments_finish(&j->args);
		arguments_finish(&j->tag);
		arguments_finish(&j->columns);
		free(j->results);
		files_close(&j->files);
		free(j);
	}
}

bool run_lacks(int err)
{
	return err == -EAGAIN || err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

void run_spare_descriptors(struct run *r)
{
	for (struct link *l = r->idle_slots.next; l != &r->idle_slots; l = l->next)
		files_close(&container_of(l, struct job, link)->files);
}

/* Opens what its output goes to, and starts it. */
static int start_once(struct job *j)
{
	struct run *r = j->run;
	const struct options *o = r->options;
	const struct spawn_job what = { j->args.argv, j->number, j->slot };
	struct files ends = { .fd = { STDOUT_FILENO, STDERR_FILENO } };
	bool lines = o->grouping == LINES && !j->results && !o->keep_order, raw = o->grouping == RAW && !j->results;
	int err = raw ? 0 : j->results ? results_open(j->results, j->number, &j->files) : files_open(&j->files);
	if (!err && lines)
		err = lines_open(&j->lines, j, &ends);
	j->outcome.lacks_file = err;
	if (err)
		return err;
	ends.in = j->files.in;
	j->reads_lines = lines;
	err = spawn(&r->spawner, &what, lines || raw ? &ends : &j->files, &j->pid, &j->pidfd);
	int lines_err = lines ? lines_start(&j->lines, &ends, !err) : 0;
	j->outcome.lost = lines_err;
	return err;
}

/* 0 once it runs. Where the system lacks something, it waits for another job to end and tries again, ahead of new ones:
 * each would take a descriptor for what it is to read, until none is left for those that wait. */
static int start(struct job *j)
{
	struct run *r = j->run;
	for (;;) {
		int err = start_once(j);
		if (!err)
			return 0;
		if (!run_lacks(err) || !r->active) {
			if (j->outcome.lacks_file || run_lacks(err))
				run_fail(r);
			return err;
		}
		files_close_outputs(&j->files);
		run_spare_descriptors(r);
		if (r->alive)
			limit_lower(&r->limit, r->alive);
		r->retrying++;
		run_wait_change(r);
		r->retrying--;
		if (r->stopping)
			return -ECANCELED;
	}
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void account(struct job *j, const struct rusage *used)
{
	struct run *r = j->run;
	struct outcome *o = &j->outcome;
	o->end = hob_now();
	o->cpu = seconds(used->ru_utime) + seconds(used->ru_stime);
	o->peak_rss = (uint64_t)used->ru_maxrss * 1024;
	double life = (double)(o->end - j->start) / 1e9;
	limit_job_ended(&r->limit, &j->limit, o->end, (int64_t)(o->cpu * 1e9),
			(o->status || o->timed_out) && !r->killing);
	r->counts.cpu += o->cpu;
	r->counts.life += life;
	if (o->peak_rss > r->counts.peak_rss)
		r->counts.peak_rss = o->peak_rss;
	if (r->options->timeout_percent && !o->timed_out)
		median_add(&r->median, life);
}

static int wait_by_pidfd(struct job *j, struct rusage *used, hob_time deadline)
{
	int err = hob_poll(j->pidfd, POLLIN, deadline);
	if (err < 0)
		return err;
	return wait4(j->pid, &j->outcome.status, WNOHANG, used) == j->pid ? 0 : -EAGAIN;
}

/* Waits for the process even where no descriptor is left to wait with. 0, or -ETIMEDOUT. */
static int wait_until(struct job *j, struct rusage *used, hob_time deadline)
{
	int err = j->pidfd >= 0 ? wait_by_pidfd(j, used, deadline)
				: hob_child_wait(j->pid, &j->outcome.status, used, deadline);
	while (err && err != -ECHILD && err != -ETIMEDOUT) {
		pid_t got = wait4(j->pid, &j->outcome.status, WNOHANG, used);
		if (got == j->pid || (got < 0 && errno != EINTR))
			return 0;
		if (hob_now() >= deadline)
			return -ETIMEDOUT;
		hob_sleep(hob_after(5 * HOB_MS));
	}
	return err == -ETIMEDOUT ? err : 0;
}

/* Ends a job and all that descends from it: SIGTERM, and a second later SIGKILL. */
static void end_tree(struct job *j, struct rusage *used)
{
	const struct tree_of whose = { j->pid, j->number };
	hob_time until = hob_after(HOB_SECOND);
	tree_signal(&whose, SIGTERM);
	tree_signal(&whose, SIGCONT);
	bool ended = !wait_until(j, used, until);
	while (ended && hob_now() < until && tree_signal(&whose, 0))
		hob_sleep(hob_after(5 * HOB_MS));
	tree_kill(&whose);
	if (!ended)
		wait_until(j, used, HOB_NEVER);
}

static void wait_for(struct job *j, struct rusage *used)
{
	while (wait_until(j, used, timeout_look(j))) {
		if (hob_now() < timeout_of(j))
			continue;
		j->outcome.timed_out = true;
		end_tree(j, used);
		break;
	}
	if (j->pidfd >= 0)
		close(j->pidfd);
}

static void take_output(struct job *j)
{
	struct outcome *o = &j->outcome;
	if (j->reads_lines) {
		int err = lines_end(&j->lines);
		o->lost = o->lost ? o->lost : err;
	}
	for (int i = 0; i < 2; i++) {
		o->written[i] = j->reads_lines ? j->lines.streams[i].taken : 0;
		if (j->reads_lines || j->files.fd[i] < 0)
			continue;
		j->output.fd[i] = j->files.fd[i];
		off_t bytes = files_bytes(&j->files, i);
		if (bytes < 0)
			o->lost = (int)bytes;
		else
			o->written[i] = j->output.bytes[i] = bytes;
	}
	if (!j->run->cut && files_full(&j->files))
		run_cut(j->run);
	o->cut = j->run->cut && j->files.fd[0] >= 0;
}

/* One try, of one that was admitted. */
static void try(struct job *j)
{
	struct run *r = j->run;
	struct rusage used = { 0 };
	j->outcome = (struct outcome){ 0 };
	j->output = (struct pieces){ 0 };
	j->start = hob_now();
	j->outcome.end = j->start;
	j->tries++;
	j->outcome.error = r->stopping ? -ECANCELED : start(j);
	if (!j->outcome.error) {
		r->active++;
		r->alive++;
		if (r->alive > r->counts.most)
			r->counts.most = r->alive;
		list_push(&r->running, &j->link);
		limit_job_started(&r->limit, &j->limit, hob_now());
		j->doing = (struct doing){ .since = j->start };
		event_start(j);
		wait_for(j, &used);
		list_remove(&j->link);
		r->alive--;
		account(j, &used);
		take_output(j);
	}
}

/* Another one may start in its place. */
static void leave(struct job *j)
{
	j->run->admitted--;
	run_changed(j->run);
}

/* Whether it has failed and is to be tried again; then it is admitted again. */
static bool once_more(struct job *j)
{
	struct run *r = j->run;
	const struct outcome *o = &j->outcome;
	bool failed = o->error || o->timed_out || o->status;
	if (!failed || j->tries >= r->options->tries || r->stopping || o->error == -ECANCELED)
		return false;
	if (!o->error) {
		event_end(j, EVENT_RETRY);
		timeline_end(j, true, false);
		files_reuse(&j->files); /* only the output of the last try counts */
		r->active--;
	}
	leave(j);
	int64_t pause = RETRY_MS << (j->tries < 5 ? j->tries - 1 : 4);
	hob_sleep(hob_after((pause < RETRY_LONGEST_MS ? pause : RETRY_LONGEST_MS) * HOB_MS));
	r->retrying++;
	while (!run_may_start(r) && !r->stopping)
		run_wait_change(r);
	r->retrying--;
	r->admitted++;
	return true;
}

int job_task(void *job)
{
	struct job *j = job;
	struct run *r = j->run;
	do
		try(j);
	while (once_more(j));
	bool ran = !j->outcome.error, may_halt = r->options->halt.when != HALT_NEVER;
	if (ran)
		timeline_end(j, j->outcome.timed_out || j->outcome.status, r->killing && j->outcome.status);
	slots_give(&r->slots, j->slot);
	if (!may_halt)
		leave(j);
	job_conclude(j);
	if (ran)
		r->active--;
	if (may_halt) /* only now is it known whether another one may start */
		r->admitted--;
	run_changed(r);
	return 0;
}
