#include "sched/extra.h"

#include <errno.h>
#include <string.h>

#include "base/atomic.h"
#include "base/check.h"
#include "base/sys.h"
#include "meter/page.h"
#include "sched/account.h"

#define ROUNDS 4

struct task_extra {
	char name[PAGE_NAME_BYTES]; /* first: readers from outside want no more */
	void *values[HOB_LOCALS_MAX];
};

static struct {
	atomic_of(uint32_t) n; /* keys given out: first the number is taken, then the destructor set */
	atomic_of(hob_local_fn *) destroy[HOB_LOCALS_MAX];
} keys;

int hob_local_create(hob_local *out, hob_local_fn *destroy)
{
	uint32_t n = at_load(&keys.n, RELAXED);

	do
		if (n == HOB_LOCALS_MAX)
			return -EAGAIN;
	while (!at_cas(&keys.n, &n, n + 1, RELAXED));
	at_store(&keys.destroy[n], destroy, RELEASE);
	*out = n;
	return 0;
}

static struct task_extra *extra_of(struct task *t)
{
	if (!t->life->extra)
		t->life->extra = sys.alloc(sizeof *t->life->extra);
	return t->life->extra;
}

void *hob_local_get(hob_local key)
{
	struct task *t = task_self();

	return t && t->life->extra && key < HOB_LOCALS_MAX ? t->life->extra->values[key] : NULL;
}

int hob_local_set(hob_local key, void *value)
{
	struct task *t = task_self();
	struct task_extra *e;

	if (!t)
		return -EPERM;
	if (key >= at_load(&keys.n, RELAXED))
		return -EINVAL;
	if (!value && !t->life->extra)
		return 0;
	e = extra_of(t);
	if (!e)
		return -ENOMEM;
	e->values[key] = value;
	return 0;
}

int hob_name_set(const char *name)
{
	struct task *t = task_self();
	struct task_extra *e;

	if (!t)
		return -EPERM;
	e = extra_of(t);
	if (!e)
		return -ENOMEM;
	memset(e->name, 0, sizeof e->name);
	memcpy(e->name, name, strnlen(name, sizeof e->name - 1));
	return 0;
}

const char *hob_name(void)
{
	struct task *t = task_self();

	return t && t->life->extra ? t->life->extra->name : "";
}

static bool destroy_values(struct task_extra *e)
{
	bool any = false;

	for (unsigned key = 0; key < HOB_LOCALS_MAX; key++) {
		void *value = e->values[key];
		hob_local_fn *destroy = value ? at_load(&keys.destroy[key], ACQUIRE) : NULL;

		e->values[key] = NULL;
		if (destroy)
			destroy(value);
		any |= destroy != NULL;
	}
	return any;
}

void extra_finish(struct task *t)
{
	for (int i = 0; i < ROUNDS && destroy_values(t->life->extra); i++)
		;
	sys.free(t->life->extra);
	t->life->extra = NULL;
}
