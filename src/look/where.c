/* Where in its program a thread is: a Python function, or a native one.
 *
 * A native place is an address at first. What its function is called, and its line, takes as long to find out as a
 * file's symbols and debug information take to read: that is done in the end, and then once for each place. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "look/watch.h"

enum { ON_CORE_MOST = 128 }; /* threads that are there before us */
#define GROWN_UP 50000000    /* ns of life, until a program is worth opening its files */

static const enum look_state place = LOOK_COMPUTE, name = LOOK_OTHER; /* the two sorts of frames */

static struct look_native *native_of(struct look_sampler *s, struct look_process *p)
{
	if (p->native || p->no_native || (!p->programs && sys.now() - p->start < GROWN_UP))
		return p->native;
	p->no_native = s->native_count == LOOK_NATIVES || p->unreadable || look_native_open(p->pid, &p->native);
	if (!p->no_native)
		s->natives[s->native_count++] = p->native;
	return p->native;
}

static unsigned place_label(struct look_sampler *s, const struct look_native *n, uint64_t address)
{
	char text[48];
	unsigned number = 0;
	while (s->natives[number] != n)
		number++;
	snprintf(text, sizeof text, "%u %" PRIx64, number, address);
	return look_label(&s->frames, place, LOOK_REAL, text);
}

static unsigned native_place(struct look_sampler *s, struct look_thread *t, const struct look_call *call)
{
	uint64_t address;
	struct look_native *n = call->ip ? native_of(s, t->process) : NULL;
	return n && !look_native_place(n, call->sp, call->ip, &address) ? place_label(s, n, address) : 0;
}

static unsigned named(struct look_sampler *s, const struct look_frame *f)
{
	char text[200];
	const char *file = strrchr(f->file, '/');
	if (!*f->function)
		snprintf(text, sizeof text, "%.120s", file ? file + 1 : f->file);
	else if (f->line)
		snprintf(text, sizeof text, "%.40s (%.120s:%u)", f->function, f->file, f->line);
	else
		snprintf(text, sizeof text, "%.60s (%.120s)", f->function, file ? file + 1 : f->file);
	return *text ? look_label(&s->frames, name, LOOK_REAL, text) : 0;
}

unsigned look_where(struct look_sampler *s, struct look_thread *t, const struct look_call *call, unsigned otherwise)
{
	struct look_frame f;
	if (!s->options.frames)
		return otherwise;
	if (t->process->python && !look_python_frame(t->process->python, t->tid, &f))
		return named(s, &f);
	if (!call)
		return otherwise;
	if (call->sp != t->sp || call->ip != t->ip || !t->waits_in) {
		t->waits_in = native_place(s, t, call);
		t->sp = call->sp;
		t->ip = call->ip;
	}
	return t->waits_in ? t->waits_in : otherwise;
}

/* On a core ------------------------------------------------------------------------------------------------------ */

void look_start_on_core(struct look_sampler *s)
{
	pid_t tids[ON_CORE_MOST];
	unsigned n = 0;
	for (; n < s->live_count && n < ON_CORE_MOST; n++)
		tids[n] = s->live[n]->tid;
	s->on_core_error = look_on_core_open(tids, n, &s->on_core);
	if (s->on_core_error)
		s->on_core = NULL;
}

/* Of Python its own frames say more. */
static void take_note(void *arg, pid_t tid, uint64_t ip)
{
	struct look_sampler *s = arg;
	struct look_thread *t = look_index_get(&s->by_tid, tid);
	if (!t || t->process->python)
		return;
	struct look_native *n = native_of(s, t->process);
	if (n && look_native_knows(n, ip))
		t->computes_in = place_label(s, n, ip);
}

void look_take_on_core(struct look_sampler *s)
{
	if (s->on_core)
		look_on_core_read(s->on_core, take_note, s);
}

/* The names ------------------------------------------------------------------------------------------------------- */

/* Slots whose places have the same name become one. */
static void rename_slots(struct look_thread *t, const uint32_t *names)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < t->slot_count; i++) {
		struct look_slot *from = &t->slots[i], *to = t->slots;
		from->frame = names[from->frame];
		while (to < t->slots + kept && (to->label != from->label || to->frame != from->frame))
			to++;
		if (to == t->slots + kept) {
			kept++;
			*to = *from;
			continue;
		}
		to->ns += from->ns;
		to->weight += from->weight;
		to->seen += from->seen;
		to->first = from->first < to->first ? from->first : to->first;
		to->last = from->last > to->last ? from->last : to->last;
		to->longest = from->longest > to->longest ? from->longest : to->longest;
	}
	t->slot_count = kept;
}

void look_name_places(struct look_sampler *s)
{
	static uint32_t names[LOOK_LABELS_MAX]; /* too large for a stack */
	unsigned places = s->frames.count;
	for (unsigned i = 0; i < places; i++) {
		struct look_frame f;
		unsigned number;
		uint64_t address;
		names[i] = i;
		if (s->frames.at[i].state != place || !s->frames.at[i].text[0])
			continue;
		names[i] = 0;
		if (sscanf(s->frames.at[i].text, "%u %" SCNx64, &number, &address) == 2 &&
		    !look_native_name(s->natives[number], address, &f))
			names[i] = named(s, &f);
	}
	for (unsigned i = 0; i < s->thread_count; i++)
		rename_slots(s->threads[i], names);
}
