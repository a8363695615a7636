/* Scopes in tests: what is expected to work, does. */
#ifndef TEST_SCOPES_H
#define TEST_SCOPES_H

#include <hob.h>

#include "test.h"

static inline struct hob_scope *scope_new(void)
{
	struct hob_scope *s;

	CHECK_EQ(hob_scope_create(&s), 0);
	return s;
}

static inline void scope_join(struct hob_scope *s)
{
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
}

static inline void spawn(struct hob_scope *s, hob_task_fn *fn, void *arg)
{
	CHECK_EQ(hob_spawn(s, fn, arg), 0);
}

#endif
