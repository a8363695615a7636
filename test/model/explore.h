/* The schedule explorer: what base/atomic.h puts in the place of atomics and futexes when a source of the runtime is
 * built with HOB_EXPLORE. Threads are fibers on one thread; each access is a place where another may go on, and a load
 * may answer any value that the memory model still allows: see explore.c.
 */
#ifndef MODEL_EXPLORE_H
#define MODEL_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

enum explore_rmw { EXPLORE_SWAP, EXPLORE_ADD, EXPLORE_OR, EXPLORE_AND };

uint64_t explore_load(const volatile void *p, unsigned size, int order);
void explore_store(volatile void *p, unsigned size, uint64_t v, int order);
uint64_t explore_rmw(volatile void *p, unsigned size, enum explore_rmw op, uint64_t v, int order);
bool explore_cas(volatile void *p, unsigned size, uint64_t *expected, uint64_t v, int order);
void explore_fence(int order);
void explore_pause(void);

/* The type of *p as a value: without const, and of pointers to anything. */
#define explore_type(p) __typeof__(((void)0, *(p)))

#define at_load(p, order) ((explore_type(p))explore_load((p), sizeof *(p), (order)))
#define at_store(p, v, order) explore_store((p), sizeof *(p), (uint64_t)(explore_type(p))(v), (order))
#define explore_at(op, p, v, order)                                                                                    \
	__extension__(                                                                                                 \
		{ (explore_type(p)) explore_rmw((p), sizeof *(p), (op), (uint64_t)(explore_type(p))(v), (order)); })
#define at_swap(p, v, order) explore_at(EXPLORE_SWAP, p, v, order)
#define at_add(p, v, order) explore_at(EXPLORE_ADD, p, v, order)
#define at_sub(p, v, order) explore_at(EXPLORE_ADD, p, -(v), order)
#define at_or(p, v, order) explore_at(EXPLORE_OR, p, v, order)
#define at_and(p, v, order) explore_at(EXPLORE_AND, p, v, order)
#define at_cas(p, expected, v, order)                                                                                  \
	__extension__({                                                                                                \
		uint64_t explore_old = (uint64_t) * (expected);                                                        \
		bool explore_done = explore_cas((p), sizeof *(p), &explore_old, (uint64_t)(explore_type(p))(v),        \
						(order));                                                              \
		*(expected) = (explore_type(p))explore_old;                                                            \
		explore_done;                                                                                          \
	})
#define at_fence(order) explore_fence(order)
#define at_pause() explore_pause()

/* The same for the inline part of hob/compute.h. */
#define HOB_LOAD(p, order) at_load(p, order)
#define HOB_STORE(p, v, order) at_store(p, v, order)

#endif
