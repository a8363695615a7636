/* What a sampler has seen, summed up. */
#include "look/facts.h"

#include <math.h>
#include <string.h>

#define SECONDS(ns) ((double)(ns) / 1e9)

enum { FEW_LOOKS = 20 }; /* too few to tell shares from */

/* Causes ----------------------------------------------------------------------------------------------------------- */

/* Times by label, and by label and frame, in one pass over all slots: few enough to be searched. */
struct sums {
	struct look_facts *f;
	const struct look_sampler *s;
	double by_label[LOOK_LABELS_MAX];
	double best_frame[LOOK_LABELS_MAX]; /* of one thread: where most of it was */
	uint32_t frame[LOOK_LABELS_MAX];
};

static void add_slots(struct sums *sums, const struct look_thread *t)
{
	for (unsigned i = 0; i < t->slot_count; i++) {
		const struct look_slot *slot = &t->slots[i];
		double seconds = SECONDS(slot->ns);
		sums->by_label[slot->label] += seconds;
		if (slot->frame && seconds > sums->best_frame[slot->label]) {
			sums->best_frame[slot->label] = seconds;
			sums->frame[slot->label] = slot->frame;
		}
	}
}

static bool before(const struct look_cause *a, const struct look_cause *b)
{
	bool own_a = a->sort == LOOK_OWN, own_b = b->sort == LOOK_OWN;
	return own_a != own_b ? own_b : a->seconds > b->seconds;
}

static void insert(struct look_facts *f, const struct look_cause *c)
{
	unsigned at = f->cause_count;
	while (at > 0 && before(c, &f->causes[at - 1]))
		at--;
	if (at == LOOK_CAUSES)
		return;
	unsigned kept = f->cause_count < LOOK_CAUSES ? f->cause_count : LOOK_CAUSES - 1;
	memmove(&f->causes[at + 1], &f->causes[at], (kept - at) * sizeof *c);
	f->causes[at] = *c;
	f->cause_count = kept + 1;
}

static void find_causes(struct sums *sums)
{
	const struct look_labels *labels = &sums->s->labels, *frames = &sums->s->frames;
	for (unsigned i = 0; i < labels->count; i++) {
		const struct look_label *label = &labels->at[i];
		const char *where = sums->frame[i] ? frames->at[sums->frame[i]].text : "";
		double seconds = sums->by_label[i];
		if (label->state == LOOK_COMPUTE)
			strcpy(sums->f->computes_in, where);
		if (label->state < LOOK_WAITS || label->state == LOOK_GIL || seconds <= 0)
			continue;
		struct look_cause c = { .state = label->state, .sort = label->sort, .seconds = seconds };
		strcpy(c.text, label->text);
		strcpy(c.where, where);
		insert(sums->f, &c);
	}
}

/* Threads ---------------------------------------------------------------------------------------------------------- */

/* One that hardly ever did anything but wait on a condition waits for the others of its program; one that comes and
 * goes fights for a lock. */
static bool fights(const struct look_thread *t, const double sorts[3], double life)
{
	double active = SECONDS(t->books.ns[LOOK_COMPUTE] + t->books.ns[LOOK_READY]) + sorts[LOOK_REAL];
	return active > 0.05 * life;
}

static void add_thread(struct sums *sums, const struct look_thread *t)
{
	struct look_facts *f = sums->f;
	const struct look_books *b = &t->books;
	double sorts[3] = { 0 }, waits = 0, life = SECONDS(b->open - b->start);
	for (enum look_state i = LOOK_WAITS; i < LOOK_STATES; i++) {
		waits += SECONDS(b->ns[i]);
		f->waits[i] += SECONDS(b->ns[i]);
	}
	double labelled = 0, condition = 0;
	for (unsigned i = 0; i < t->slot_count; i++) {
		const struct look_label *label = &sums->s->labels.at[t->slots[i].label];
		if (label->state < LOOK_WAITS || label->state == LOOK_GIL)
			continue;
		sorts[label->sort] += SECONDS(t->slots[i].ns);
		labelled += SECONDS(t->slots[i].ns);
		if (label->sort == LOOK_REAL && SECONDS(t->slots[i].longest) > f->longest)
			f->longest = SECONDS(t->slots[i].longest);
		condition += label->state == LOOK_LOCK && label->sort == LOOK_OWN ? SECONDS(t->slots[i].ns) : 0;
	}
	double gil = SECONDS(b->ns[LOOK_GIL]), unlabelled = waits - gil - labelled;
	sorts[LOOK_REAL] += unlabelled > 0 ? unlabelled : 0;
	if (condition > 0.02 * life && fights(t, sorts, life)) {
		sorts[LOOK_OWN] -= condition;
		sorts[LOOK_REAL] += condition;
	}
	f->life += life;
	f->compute += SECONDS(b->ns[LOOK_COMPUTE]);
	f->ready += SECONDS(b->ns[LOOK_READY]);
	f->gil += gil;
	f->real += sorts[LOOK_REAL];
	f->own += sorts[LOOK_OWN];
	f->callers += sorts[LOOK_CALLERS];
	f->user += SECONDS(t->user - t->user_before);
	f->kernel += SECONDS(t->kernel - t->kernel_before);
	f->spells += (double)(t->last.runs - t->runs_before);
	f->threads += t->threads;
	f->brief += t->threads > 1 ? t->threads : 0;
	f->workers += life - sorts[LOOK_OWN] - sorts[LOOK_CALLERS] > 0.05 * f->wall;
}

/* Of one thread, for one cause, wherever it was in the program. */
static int64_t waited_for(const struct look_thread *t, uint32_t label)
{
	int64_t ns = 0;
	for (unsigned i = 0; i < t->slot_count; i++)
		ns += t->slots[i].label == label ? t->slots[i].ns : 0;
	return ns;
}

/* What came before the first and after the last wait that counts is taken for the program's start and end. */
static double serial_of(const struct look_sampler *s, const struct look_facts *f)
{
	int64_t first = INT64_MAX, last = 0;
	if (f->real < 0.1 * f->wall) /* it hardly waits: one file that it read would cut its life in two */
		return 0;
	for (unsigned k = 0; k < s->thread_count; k++)
		for (unsigned i = 0; i < s->threads[k]->slot_count; i++) {
			const struct look_slot *slot = &s->threads[k]->slots[i];
			const struct look_label *label = &s->labels.at[slot->label];
			if (label->state < LOOK_WAITS || label->sort != LOOK_REAL ||
			    SECONDS(waited_for(s->threads[k], slot->label)) < 0.1 * f->real)
				continue;
			first = slot->first < first ? slot->first : first;
			last = slot->last > last ? slot->last : last;
		}
	if (first > last)
		return 0;
	double serial = SECONDS(first - s->start) + SECONDS(s->end - last);
	return serial < 0 ? 0 : serial > f->wall ? f->wall : serial;
}

static void add_python(struct look_facts *f, const struct look_process *p)
{
	double looks = (double)p->gil_looks, length = SECONDS(p->end - p->start);
	f->python = true;
	f->free_threaded = p->kind.free_threaded;
	f->gil_enabled = p->gil_enabled;
	f->python_major = p->kind.major;
	f->python_minor = p->kind.minor;
	if (p->computed >= FEW_LOOKS)
		f->gil_free = (double)p->computed_without / (double)p->computed;
	if (!p->gil_looks)
		return;
	f->gil_held = (double)p->gil_held / looks;
	f->gil_blocked = (double)p->gil_blocked / looks;
	f->gil_switches = length > 0 ? (double)(p->switches - p->switches_before) / length : 0;
}

/* CPU time by the books of those that live: what their children had used is in there, once they were waited for, also
 * of such as were too short to be seen; what they had used before we came is none of ours. */
static double by_parents(const struct look_sampler *s)
{
	int64_t ns = 0;
	for (unsigned i = 0; i < s->process_count; i++) {
		const struct look_process *p = s->processes[i];
		int64_t before = p->cpu_before + p->dead_before;
		ns += p->ended ? -before : p->cpu + p->dead - before;
	}
	return SECONDS(ns);
}

static void add_processes(struct look_facts *f, const struct look_sampler *s)
{
	const struct look_process *python = NULL; /* the busiest that is one */
	int64_t most = 0;
	for (unsigned i = 0; i < s->process_count; i++) {
		const struct look_process *p = s->processes[i];
		f->cpu += SECONDS(p->cpu - p->cpu_before);
		f->rss_bytes += p->rss_bytes;
		if (p->cpu - p->cpu_before > most) {
			most = p->cpu - p->cpu_before;
			memcpy(f->busiest, p->name, sizeof f->busiest);
			f->busiest_seconds = SECONDS(most);
		}
		if (p->kind.major && (!python || p->cpu - p->cpu_before > python->cpu - python->cpu_before))
			python = p;
	}
	double other = by_parents(s);
	f->cpu = other > f->cpu ? other : f->cpu;
	f->processes = s->process_count;
	if (python)
		add_python(f, python);
}

static void add_machine(struct look_facts *f, const struct look_sampler *s)
{
	double all = SECONDS(s->load.all - s->load_before.all),
	       unused = SECONDS(s->load.unused - s->load_before.unused);
	if (!s->load.all || !(all > 0) || !(f->wall > 0))
		return;
	double others = (all - unused - f->compute - SECONDS(s->cost)) / f->wall;
	f->machine = floor(all / f->wall + 0.5);
	f->others = others > 0.01 * f->machine ? others : 0; /* what is less is the error of the kernel's ticks */
}

void look_facts(struct look_facts *f, const struct look_sampler *s, double cores, const struct look_usage *usage,
		bool ended)
{
	static struct sums sums; /* too large for a stack; zero */
	*f = (struct look_facts){ .wall = SECONDS(s->end - s->start), .cores = cores, .ended = ended };
	sums = (struct sums){ .f = f, .s = s };
	for (unsigned i = 0; i < s->thread_count; i++) {
		add_thread(&sums, s->threads[i]);
		add_slots(&sums, s->threads[i]);
	}
	add_processes(f, s);
	double known = usage->user >= 0 ? usage->user + usage->kernel : 0;
	f->cpu = known > f->cpu ? known : f->cpu;
	if (f->cpu > f->compute + 0.005) {
		f->unseen = f->cpu - f->compute;
		f->compute = f->cpu;
	}
	if (f->cpu > 0 && f->compute > f->cpu + 0.02) { /* guesses about threads that were seldom looked at */
		f->waits[LOOK_OTHER] += f->compute - f->cpu;
		f->compute = f->cpu;
	}
	if (usage->user >= 0) {
		f->user = usage->user;
		f->kernel = usage->kernel;
	}
	double split = f->user + f->kernel; /* the kernel's ticks are coarse: what they say is the proportion */
	f->user = split > 0 ? f->compute * f->user / split : f->compute;
	f->kernel = f->compute - f->user;
	if (usage->sleeps > 0)
		f->spells = usage->sleeps;
	add_machine(f, s);
	find_causes(&sums);
	f->serial = serial_of(s, f);
}
