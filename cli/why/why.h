/* One `hob why`: what it watches, and what it has found. */
#ifndef CLI_WHY_WHY_H
#define CLI_WHY_WHY_H

#include <stdio.h>

#include "look/facts.h"
#include "look/model.h"
#include "look/sampler.h"
#include "look/words.h"
#include "why/options.h"

struct json;

enum { WHY_MODULES = 64 };

struct why {
	const struct why_options *options;
	struct look_sampler sampler;
	struct look_facts facts;
	struct look_verdict verdict;
	struct look_words words;

	pid_t pid;
	bool ended;  /* the root has */
	bool reaped; /* and its status is known */
	bool told;   /* by a signal, to stop watching */
	int wait_status;
	struct look_usage usage;
	double own_cpu;     /* s, of hob itself while it watched */
	double attach;      /* s, until the first look was done */
	char command[4096]; /* as a person would type it */

	char modules[WHY_MODULES][128]; /* that turn the GIL on */
	unsigned module_count;
	int module_error; /* why they cannot be known */
	bool modules_asked;
};

/* Starts the command: 0 and w->pid, or an exit status, the reason printed. */
int why_launch(struct why *w);

/* Watches until the end, the time, or a signal; then sums up. 0 or an exit status. */
int why_watch(struct why *w);

/* The share of the target's CPU time that the samples saw. */
double why_coverage(const struct why *w);

/* What could not be seen, a clause each; answers how many. */
enum { WHY_UNSEEN = 8 };
unsigned why_unseen(const struct why *w, char clauses[WHY_UNSEEN][200]);

/* The reports. */
void why_text(const struct why *w, FILE *out);
void why_json(const struct why *w, FILE *out);
void why_json_at(const struct why *w, struct json *j, const char *key); /* as a member of something larger */
void why_html(const struct why *w, FILE *out);
void why_flame(const struct why *w, FILE *out);

/* `hob why --compare`: an exit status. */
int why_compare(const struct why_options *o, FILE *out);

/* The timeline of one thread, `width` characters wide. */
void why_strip(const struct why *w, const struct look_thread *t, FILE *out, unsigned width, bool colour);
void why_strip_legend(const struct why *w, FILE *out, bool colour);

#endif
