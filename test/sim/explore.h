/* What base/atomic.h puts in the place of atomics for the simulation: all threads are fibers of one, so a plain access
 * does, and each is a place where another may go on. Memory is sequentially consistent here; stale reads are the
 * explorer's part (test/model). */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

#define EXPLORE_ACCOUNTS /* what tasks do with their lives is accounted, and checked */

extern uint32_t sim_left; /* accesses until another thread has its turn */
void sim_turn(void);
void sim_pause(void);

static inline void sim_point(void)
{
	if (__builtin_expect(--sim_left == 0, 0))
		sim_turn();
}

#define sim_cell(p) (*(volatile __typeof__(*(p)) *)(p))
#define sim_type(p) __typeof__(((void)0, *(p)))

/* What is written is computed first: others may go on between the two. */
#define at_load(p, order) (sim_point(), (sim_type(p))sim_cell(p))
#define at_store(p, v, order)                                                                                          \
	__extension__({                                                                                                \
		sim_type(p) sim_stored = (v);                                                                          \
		sim_point();                                                                                           \
		sim_cell(p) = sim_stored;                                                                              \
		(void)0;                                                                                               \
	})
#define sim_change(p, v, make)                                                                                         \
	__extension__({                                                                                                \
		sim_type(p) sim_new = (v), sim_old;                                                                    \
		sim_point();                                                                                           \
		sim_old = sim_cell(p);                                                                                 \
		sim_cell(p) = (make);                                                                                  \
		sim_old;                                                                                               \
	})
#define at_swap(p, v, order) sim_change(p, v, sim_new)
#define at_add(p, v, order) sim_change(p, v, sim_old + sim_new)
#define at_sub(p, v, order) sim_change(p, v, sim_old - sim_new)
#define at_or(p, v, order) sim_change(p, v, sim_old | sim_new)
#define at_and(p, v, order) sim_change(p, v, sim_old &sim_new)
#define at_cas(p, expected, v, order)                                                                                  \
	__extension__({                                                                                                \
		sim_point();                                                                                           \
		bool sim_done = sim_cell(p) == *(expected);                                                            \
		if (sim_done)                                                                                          \
			sim_cell(p) = (v);                                                                             \
		else                                                                                                   \
			*(expected) = sim_cell(p);                                                                     \
		sim_done;                                                                                              \
	})
#define at_fence(order) sim_point()
#define at_pause() sim_pause()

/* The same for the inline part of hob/compute.h. */
#define HOB_LOAD(p, order) at_load(p, order)
#define HOB_STORE(p, v, order) at_store(p, v, order)

#endif
