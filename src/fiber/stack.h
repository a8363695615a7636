/* Guarded stacks from pools: type-stable slots, so that memory of a stack once handed out stays readable and writable
 * until its pool is destroyed (a late waker may still touch the task that lived at its top). */
#ifndef FIBER_STACK_H
#define FIBER_STACK_H

#include <stddef.h>

struct stack_pool;

/* `slot_bytes`: a whole slot, guard page and all; rounded up to a power of two of at least 16 KiB, and a page more:
 * stacks a power of two apart would all meet in a few places of the core's table of translations. -ENOMEM, -EINVAL. */
int stack_pool_create(struct stack_pool **out, size_t slot_bytes);

/* Every slot must have been put back. Accepts NULL. */
void stack_pool_destroy(struct stack_pool *p);

/* Takes up to n slots, answers how many it got (0: no memory). A slot is [low, low + stack_pool_slot_bytes), its
 * lowest page a guard that faults. Any thread. The content is whatever the last user left, or zero. */
int stack_pool_get(struct stack_pool *p, void **low, int n);

/* Puts slots back. Beyond a bound, the pages of free slots are handed back to the system (and read as zero). */
void stack_pool_put(struct stack_pool *p, void **low, int n);

size_t stack_pool_slot_bytes(const struct stack_pool *p);

/* How many slots are out. */
size_t stack_pool_used(struct stack_pool *p);

#endif
