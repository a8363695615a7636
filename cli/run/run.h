/* The state of one `hob run`, which its tasks share.
 *
 * All of them run on one thread, in turns: what is read and written between two calls that park cannot change
 * meanwhile, and needs no lock. No other thread stands in for it while it starts a process, which takes some tenths of
 * a millisecond each time. The mutex here only serves the condition. */
#ifndef CLI_RUN_RUN_H
#define CLI_RUN_RUN_H

#include <hob.h>
#include <stdbool.h>

#include "base/list.h"
#include "limit/limit.h"
#include "look/waiting.h"
#include "run/at_once.h"
#include "run/files.h"
#include "run/input/inputs.h"
#include "run/lines.h"
#include "run/log/joblog.h"
#include "run/median.h"
#include "run/options.h"
#include "run/order.h"
#include "run/output.h"
#include "run/results.h"
#include "run/show/events.h"
#include "run/show/timeline.h"
#include "run/signals.h"
#include "run/slots.h"
#include "run/spawn.h"
#include "run/template/template.h"
#include "run/tree.h"

/* What has become of a try. */
struct outcome {
	int status; /* of wait(2) */
	hob_time end;
	double cpu;        /* seconds */
	uint64_t peak_rss; /* bytes */
	off_t written[2];  /* bytes of output */
	bool timed_out;
	bool cut;  /* its output, for want of space */
	int lost;  /* why some of its output cannot be had, or 0 */
	int error; /* it could not be started: a negative errno */
	bool lacks_file;
};

/* What a job is made for: a row of inputs, and with --pipe a block to read. */
struct work {
	const struct row *row;
	const char *block;
	size_t len;
};

/* What the job log knows a job by. */
struct identity {
	struct key key;
	bool again; /* it has failed in an earlier run */
};

struct job {
	struct link link; /* in running, in idle_slots or in held */
	struct run *run;
	size_t number; /* {#} */
	size_t order;  /* among those that were admitted */
	unsigned slot; /* {%} */
	unsigned tries;
	struct identity who;
	struct arguments args, tag, columns;
	char *results; /* --results: the folder */
	struct files files;
	struct lines lines;
	bool reads_lines;
	struct doing doing;
	pid_t pid; /* of the job and of its process group */
	int pidfd; /* while it runs; -1: there is none */
	hob_time start;
	struct outcome outcome;
	struct pieces output;
	struct limit_job limit;
};

struct counts {
	size_t done, failed;
	size_t killed;      /* by us, so neither */
	size_t skipped;     /* the log says that they have ended */
	unsigned most;      /* at once */
	double cpu, life;   /* seconds, of all ended jobs */
	uint64_t peak_rss;  /* bytes, of the largest job so far */
	unsigned computing; /* of the running ones, when last looked at */
	bool looked;
};

/* What waiting jobs were seen to wait for, how often. */
struct waits {
	unsigned seen[LOOK_WAITS];
};

/* What at least half of the looks saw; NULL: nothing. */
const char *waits_most(const struct waits *w);

struct run {
	const struct options *options;
	struct template template;
	struct spawner spawner;
	struct signals signals;
	struct inputs inputs;
	struct blocks blocks; /* --pipe: instead of those */
	struct output output;
	struct limit limit;
	struct decisions decisions;
	struct counts counts;
	struct waits waits;
	struct joblog log;
	struct sha256 key; /* begun */
	struct median median;
	struct slots slots;
	struct order order;
	struct template tag, columns;
	struct timeline timeline;
	int events; /* --json: the descriptor */
	hob_time start, started_last;
	double wall; /* the time since 1970 when hob_now() was 0, seconds */

	struct link running; /* jobs whose process lives */
	struct link idle_slots;
	unsigned alive;    /* how many of the first */
	unsigned admitted; /* those, and the jobs about to start: what the limit counts */
	unsigned active;   /* those, and ended ones whose output is being copied */
	unsigned busy;     /* slots in use: active ones, and those about to start */
	unsigned retrying; /* of those, jobs that wait to be tried again: they go first */
	bool held_back;    /* since the last sample, a job could have started but for the limit */
	bool held_now;     /* and it still could, when last asked */

	struct hob_mutex mutex;
	struct hob_cond changed; /* a job has ended, or the limit has grown */
	struct hob_scope *jobs, *admission, *helpers;

	bool stopping; /* start nothing more */
	bool killing;
	hob_time kill_at; /* by then it is SIGKILL */
	int interrupted;  /* the signal that did it */
	int status;       /* what to exit with, where that is not about jobs that failed */
	bool cut;         /* outputs may have been cut, for want of space */
	bool pipe_gone;   /* nobody reads our output any more */
	bool halted, halted_well;
};

/* The disk of the outputs is full: says so, and starts no more. Of the jobs that run, any may have been refused what it
 * wrote, the first byte already, and have made nothing of it; what others give back then hides that. */
void run_cut(struct run *r);

/* Waits until a job ends or the limit grows. [parks] */
int run_wait_change(struct run *r);
void run_changed(struct run *r);

/* A job may start: the limit says so. */
bool run_may_start(struct run *r);

/* No more starts; jobs that run go on. */
void run_stop(struct run *r);

/* hob itself has failed: no more starts, and the exit status says so. */
void run_fail(struct run *r);

/* Output that cannot be written: to `file`, or NULL for standard output. Where nobody reads it any more the pile ends
 * as by SIGPIPE, otherwise it is said, once, and no more is started. [parks] */
void run_output_failed(struct run *r, int err, const char *file);

/* Opens the sources of the inputs and reads their header. 0, or the exit status once it has said why not. */
int run_open_inputs(struct run *r);

/* Says that the inputs cannot be read, and why. */
void run_input_failed(struct run *r, int err);

/* Ends the program's use of a job that has ended: its output, its record, its announcement, in the order asked for.
 * Takes the job. [parks] */
void job_conclude(struct job *j);

/* A job has been announced: is it time to end early? [parks] */
void halt_consider(struct run *r);

/* --timeout: when a job's time is up, as far as is known; HOB_NEVER: there is no limit. */
hob_time timeout_of(const struct job *j);
hob_time timeout_look(const struct job *j); /* when to look at that again */

/* Opens what we write ourselves. 0 or the exit status once it has said why not. */
int run_open_outputs(struct run *r);

/* --timeline, at the end. [parks] */
void run_draw_timeline(struct run *r);

/* Opens the job log. 0 or the exit status once it has said why not. */
int run_open_log(struct run *r);
int log_sync_task(void *run);

/* Whether the log says that the job for some work need not run; otherwise names the job. */
bool run_is_finished(struct run *r, const struct work *w, struct identity *who);

/* Ends all running jobs and all that descends from any: SIGTERM now, SIGKILL a second later. */
void run_kill(struct run *r);

/* To the process groups of the running jobs. */
void run_signal_jobs(struct run *r, int sig);

/* A slot for one more job; NULL where memory is lacking. */
struct job *job_take(struct run *r);
int job_task(void *job);

/* The whole system is short of something that an ending job gives back. */
bool run_lacks(int err);

/* Lets go of the descriptors that no running job needs. */
void run_spare_descriptors(struct run *r);

/* What a job used is given back; a job that is held for its turn still has its words and its outcome. */
void job_release(struct job *j);
void job_recycle(struct job *j);
void jobs_free(struct run *r);

/* The tasks beside the jobs. */
int admission_task(void *run);
int sampler_task(void *run);
int signals_task(void *run);
int progress_task(void *run);

/* The next work: 1, 0 at the end, or an error, as of inputs_next and blocks_next. [parks] */
int run_next_work(struct run *r, struct work *w);

/* --dry-run; answers what to exit with. */
int run_dry(struct run *r);

/* The closing line. */
void summary_say(struct run *r);

#endif
