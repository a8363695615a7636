/* The verdict in plain words. Names from the target stand in them as they are: neutralise before showing. */
#ifndef LOOK_WORDS_H
#define LOOK_WORDS_H

#include "look/model.h"

struct look_words {
	char verdict[512]; /* "waits: 93% of its one thread's time is spent on ..." */
	char model[512];   /* "concurrency (tasks, asyncio): ..." */
	char unknown[256]; /* what cannot be known from outside */
};

void look_words(struct look_words *w, const struct look_facts *f, const struct look_verdict *v);

/* "reads from 10.0.0.5:5432" or "a lock": a cause as a person would name it. */
void look_cause_words(char *to, size_t size, enum look_state state, const char *text);

/* What bounds an estimate: "one core does all the computing", ... */
const char *look_bound_words(enum look_bound b);

#endif
