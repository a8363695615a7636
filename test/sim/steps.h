/* The steps that tasks make with what they share. */
#ifndef SIM_STEPS_H
#define SIM_STEPS_H

#include <hob.h>
#include <hob/lane.h>
#include <hob/pool.h>

#include "program.h"

enum { ITEMS = 512, UNTOUCHED = 0x3c };

/* Of one task, on its stack. */
struct frame {
	unsigned number;
	struct hob_scope *scope, *mine; /* it lives in, and is the owner of */
	unsigned char buf[16];
};

struct things {
	const struct program *program;
	struct hob_chan *chans[CHANNELS];
	struct hob_mutex mutex;
	struct hob_sem sem;
	struct hob_lane *lane;
	struct hob_event *event;
	struct hob_pool *pool;
	int pipes[PIPES][2];
	unsigned in_mutex, in_sem, in_lane;
	unsigned nitems;
	uint8_t sent[ITEMS], received[ITEMS];
};

extern struct things things;

typedef void step_fn(struct frame *f, const struct step *s);
extern step_fn *const steps[STEP_KINDS];

void things_create(void);  /* those that cannot be had are NULL or -1, and left alone */
void things_destroy(void); /* and what must hold of them at the end */

hob_time deadline_of(const struct step *s);
void check_error(int err, const char *what);

#endif
