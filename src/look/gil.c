/* Python in the processes that are watched: found once, its GIL then sampled at every look. */
#include <errno.h>

#include "base/sys.h"
#include "look/watch.h"

enum { TRIES = 6 };
#define FIRST_WAIT 10000000 /* ns: how long a program is given to load its interpreter; then three times as long */

static void find(struct look_process *p, int64_t now)
{
	if (p->python_tries >= TRIES || now < p->python_next)
		return;
	int64_t wait = FIRST_WAIT;
	for (unsigned i = 0; i < p->python_tries; i++)
		wait *= 3;
	p->python_tries++;
	p->python_next = now + wait;
	p->python_error = look_python_open(p->pid, &p->python);
	if (p->python_error != -ENOENT)
		p->python_tries = TRIES;
	if (p->python_error) {
		p->python = NULL;
		return;
	}
	struct look_python_gil gil;
	p->kind = look_python_kind(p->python);
	p->gil_enabled = !p->kind.free_threaded;
	if (!look_python_gil(p->python, &gil))
		p->switches_before = p->switches = gil.switches;
}

static bool computes(const struct look_sampler *s, pid_t tid)
{
	const struct look_thread *t = look_index_get(&s->by_tid, tid);
	return !t || !t->blocked;
}

void look_at_python(struct look_sampler *s, struct look_process *p, int64_t now)
{
	struct look_python_gil gil;
	if (!p->python)
		find(p, now);
	if (!p->python || look_python_gil(p->python, &gil))
		return;
	p->gil_enabled = gil.enabled;
	p->switches = gil.switches;
	p->gil_holder = gil.held ? (gil.holder ? gil.holder : -1) : 0;
	p->gil_looks++;
	p->gil_held += gil.enabled && gil.held;
	p->gil_blocked += gil.enabled && gil.held && gil.holder && !computes(s, gil.holder);
}
