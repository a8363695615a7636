/* From a seed to a program and its world. */
#include "program.h"

static struct dice dice;

static unsigned roll(unsigned below)
{
	return dice_roll(&dice, below);
}

static const char *const names[STEP_KINDS] = { "-",     "spawn",    "wait",   "cancel",  "yield",  "sleep",
					       "send",  "recv",     "select", "close",   "loop",   "fork",
					       "lane",  "mutex",    "sem",    "read",    "write",  "poll",
					       "event", "blocking", "hold",   "compute", "shield", "pool" };

static struct step make_step(struct program *p)
{
	struct step s = { .which = (uint8_t)roll(4), .for_ever = roll(3) == 0 };

	do
		s.kind = (uint8_t)(1 + roll(STEP_KINDS - 1));
	while (s.kind == STEP_SPAWN || (s.kind == STEP_POOL && !p->pools) || (s.kind == STEP_CLOSE && roll(3)) ||
	       (s.kind == STEP_CANCEL && roll(2)));
	s.much = (uint16_t)(roll(4) ? roll(50) : roll(2000));
	return s;
}

/* A tree: each task is spawned by one before it. */
static void make_tasks(struct program *p)
{
	p->ntasks = 1 + roll(roll(2) ? TASKS : 6);
	for (unsigned i = 0; i < p->ntasks; i++) {
		p->tasks[i].nsteps = 1 + roll(TASK_STEPS);
		for (unsigned k = 0; k < p->tasks[i].nsteps; k++)
			p->tasks[i].steps[k] = make_step(p);
	}
	for (unsigned i = 1; i < p->ntasks; i++) {
		unsigned by = roll(i), k = roll(p->tasks[by].nsteps);

		p->tasks[by].steps[k] = (struct step){ .kind = STEP_SPAWN, .which = (uint8_t)i };
	}
}

/* A spawn may have been put in the place of another: that task is no part of the program. */
void program_make(struct program *p, struct world *w, uint64_t seed)
{
	static const unsigned turns[] = { 2, 7, 20, 61, 300, 1000 };

	dice = (struct dice){ seed };
	*p = (struct program){ .ring = roll(2), .pools = roll(4) == 0, .life_us = 100 + roll(5000) };
	*w = (struct world){ .schedule = dice_next(&dice), .one_in = 10 + roll(300), .turn = turns[roll(6)] };
	w->cores = 1 + roll(4);
	w->has_membarrier = seed / BATCH % 4;
	if (roll(2))
		w->faults = (uint32_t)dice_next(&dice) & (uint32_t)dice_next(&dice) & ((1u << FAULTS) - 1);
	p->nworkers = roll(4) ? 1 + roll(3) : 0;
	p->blocking_max = 1 + roll(3);
	for (unsigned i = 0; i < CHANNELS; i++)
		p->capacity[i] = roll(3);
	make_tasks(p);
}

void program_show(const struct program *p, const struct world *w, FILE *to)
{
	fprintf(to, "# %u workers, %u cores, %s%s; turns of %u accesses, faults %x one in %u; cancelled after %u us\n",
		p->nworkers, w->cores, p->ring ? "io_uring" : "epoll", p->pools ? ", pools" : "", w->turn, w->faults,
		w->one_in, p->life_us);
	for (unsigned i = 0; i < p->ntasks; i++) {
		fprintf(to, "# task %u:", i);
		for (unsigned k = 0; k < p->tasks[i].nsteps; k++) {
			const struct step *s = &p->tasks[i].steps[k];

			if (s->kind)
				fprintf(to, " %s(%u,%u%s)", names[s->kind], s->which, s->much,
					s->for_ever ? ",ever" : "");
		}
		fputc('\n', to);
	}
}
