/* Random programs over libhob, and what must hold of each. */
#ifndef SIM_PROGRAM_H
#define SIM_PROGRAM_H

#include <stdio.h>

#include "world.h"

enum { TASKS = 24, TASK_STEPS = 8, CHANNELS = 2, PIPES = 2 };

enum kind_of_step {
	STEP_NONE,
	STEP_SPAWN,
	STEP_WAIT,
	STEP_CANCEL,
	STEP_YIELD,
	STEP_SLEEP,
	STEP_SEND,
	STEP_RECV,
	STEP_SELECT,
	STEP_CLOSE,
	STEP_LOOP,
	STEP_FORK,
	STEP_LANE,
	STEP_MUTEX,
	STEP_SEM,
	STEP_READ,
	STEP_WRITE,
	STEP_POLL,
	STEP_EVENT,
	STEP_BLOCKING,
	STEP_HOLD,
	STEP_COMPUTE,
	STEP_SHIELD,
	STEP_POOL,
	STEP_KINDS
};

struct step {
	uint8_t kind;
	uint8_t which; /* of what there are several of; of a spawn: the task */
	uint16_t much; /* time, or number */
	bool for_ever; /* waits without a deadline */
};

struct program {
	unsigned ntasks, nworkers, workers_max, blocking_max;
	bool ring, pools;
	unsigned capacity[CHANNELS];
	struct {
		unsigned nsteps;
		struct step steps[TASK_STEPS];
	} tasks[TASKS];
	unsigned life_us; /* then what is left of it is cancelled */
};

/* Seeds of one batch may run one after the other in one process: what the runtime asks its kernel once is the same. */
enum { BATCH = 256 };

/* The program and the world of a seed. */
void program_make(struct program *p, struct world *w, uint64_t seed);
void program_show(const struct program *p, const struct world *w, FILE *to);

/* Runs it in its world, and ends the process where something does not hold. */
void program_run(const struct program *p, const struct world *w);

#endif
