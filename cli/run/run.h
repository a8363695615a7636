/* The state of one `hob run`, which its tasks share.
 *
 * The runtime has one worker, so tasks take turns: what is read and written between two calls that park cannot change
 * meanwhile, and needs no lock. The mutex here only serves the condition. */
#ifndef CLI_RUN_RUN_H
#define CLI_RUN_RUN_H

#include <hob.h>
#include <stdbool.h>

#include "base/list.h"
#include "limit/limit.h"
#include "run/files.h"
#include "run/input/inputs.h"
#include "run/options.h"
#include "run/output.h"
#include "run/signals.h"
#include "run/spawn.h"
#include "run/template/template.h"

struct job {
	struct link link; /* in running, or in idle_slots */
	struct run *run;
	struct arguments args;
	struct files files;
	struct plumbing plumbing;
	pid_t pid; /* of the job and of its process group */
	hob_time start;
};

struct counts {
	size_t done, failed;
	unsigned most;      /* at once */
	double cpu, life;   /* seconds, of all ended jobs */
	uint64_t peak_rss;  /* bytes, of the largest job so far */
	unsigned computing; /* of the running ones, when last looked at */
	bool looked;
};

struct run {
	const struct options *options;
	struct template template;
	struct spawner spawner;
	struct signals signals;
	struct inputs inputs;
	struct output output;
	struct limit limit;
	struct counts counts;
	hob_time start;

	struct link running; /* jobs whose process lives */
	struct link idle_slots;
	unsigned alive;    /* how many of the first */
	unsigned admitted; /* those, and the jobs about to start: what the limit counts */
	unsigned active;   /* those, and ended ones whose output is being copied */
	unsigned busy;     /* slots in use: active ones, and those about to start */
	bool held_back;    /* since the last sample, a job could have started but for the limit */

	struct hob_mutex mutex;
	struct hob_cond changed; /* a job has ended, or the limit has grown */
	struct hob_scope *jobs, *admission, *helpers;

	bool stopping; /* start nothing more */
	bool killing;
	int interrupted; /* the signal that did it */
	int status;      /* what to exit with, where that is not about jobs that failed */
	bool pipe_gone;  /* nobody reads our output any more */
};

/* Waits until a job ends or the limit grows. [parks] */
int run_wait_change(struct run *r);
void run_changed(struct run *r);

/* No more starts; jobs that run go on. */
void run_stop(struct run *r);

/* hob itself has failed: no more starts, and the exit status says so. */
void run_fail(struct run *r);

/* Opens the sources of the inputs and reads their header. 0, or the exit status once it has said why not. */
int run_open_inputs(struct run *r);

/* Says that the inputs cannot be read, and why. */
void run_input_failed(struct run *r, int err);

/* Ends all running jobs: SIGTERM now, SIGKILL a second later. */
void run_kill(struct run *r);
void run_signal_jobs(struct run *r, int sig);

/* A slot for one more job; NULL where memory is lacking. */
struct job *job_take(struct run *r);
int job_task(void *job);
void jobs_free(struct run *r);

/* The tasks beside the jobs. */
int admission_task(void *run);
int sampler_task(void *run);
int signals_task(void *run);
int progress_task(void *run);

/* --dry-run; answers what to exit with. */
int run_dry(struct run *r);

/* The closing line. */
void summary_say(struct run *r);

#endif
