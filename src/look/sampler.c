/* Watches a process and all that descends from it: the rounds. */
#include "look/sampler.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "look/file.h"
#include "look/stat.h"
#include "look/watch.h"

#define SHORT_LIFE 50000000   /* ns: who lives shorter than this is kept as a part of a sum */
#define CHECK_EVERY 100000000 /* ns between looks at a process for a new program, and its memory */

#define FIRST_LOOKS 3000000 /* ns a round, while there are threads that were never looked at */

#define CREDIT_MOST 20000000 /* ns of a core that may be spent ahead: names of places are read in the first rounds */
#define DEBT_MOST 5000000 /* and that may be owed: to look at very many for the first time does not blind us for long */
#define CREDIT_ROUND 1000000 /* of them, in one round */

enum { KEPT_MOST = 16384, PASSED_MOST = 256 };

int look_sampler_start(struct look_sampler *s, pid_t root, const struct look_options *o)
{
	*s = (struct look_sampler){ .options = *o, .root = root, .loadavg = -1, .start = sys.now() };
	if (!(o->hz > 0))
		s->options.hz = 250;
	if (!(o->share > 0))
		s->options.share = 0.02;
	s->seed = sys.random() | 1;
	s->descriptors = (int)sysconf(_SC_OPEN_MAX);
	look_load(&s->load_before);
	s->credit = CREDIT_MOST;
	int err = look_labels_init(&s->labels);
	if (!err)
		err = look_labels_init(&s->frames);
	if (!err) {
		look_find_first(s);
		err = !s->process_count ? (s->out_of_memory ? -ENOMEM : -ESRCH) : 0;
	}
	if (!err && s->options.frames)
		look_start_on_core(s);
	if (err)
		look_sampler_finish(s);
	s->next = s->end = s->start;
	s->paid = sys.cpu_clock(0);
	return err;
}

/* Processes -------------------------------------------------------------------------------------------------------- */

int64_t look_dead_of(const struct look_stat *st)
{
	return (int64_t)((st->dead_user + st->dead_kernel) % (UINT64_C(1) << 32)) * 10000000;
}

/* Another program in the same process: what was known of its inside no longer holds. */
static void check_program(struct look_process *p)
{
	char path[32], text[1024];
	struct look_stat st;
	snprintf(path, sizeof path, "/proc/%d/stat", p->pid);
	ssize_t len = look_file(path, text, sizeof text);
	if (len < 0 || look_stat_parse(text, (size_t)len, &st))
		return;
	if (st.start != p->born) { /* the number was given to another process: it is none of ours */
		p->ended = true;
		return;
	}
	p->dead = look_dead_of(&st);
	uint64_t rss = st.rss_pages * 4096;
	p->rss_bytes = rss > p->rss_bytes ? rss : p->rss_bytes;
	if (!st.code) /* it is in execve, or has ended */
		return;
	if (st.code != p->code || st.stack != p->stack || strcmp(st.name, p->name)) {
		bool program = (st.stack != p->stack || st.code != p->code) && p->code;
		p->programs += program;
		p->code = st.code;
		p->stack = st.stack;
		memcpy(p->name, st.name, sizeof p->name);
		if (program) {
			look_python_close(p->python);
			p->python = NULL;
			p->python_tries = 0;
			p->python_error = 0;
			p->python_next = 0;
			p->native = NULL; /* its places are named in the end */
			p->no_native = false;
		}
	}
}

static void look_at_process(struct look_sampler *s, struct look_process *p, int64_t now)
{
	int64_t cpu = sys.cpu_clock(p->pid);
	if (cpu < 0) {
		p->ended = true;
		p->end = now;
		return;
	}
	p->idle = cpu == p->cpu && s->ticks > 1;
	p->active = p->idle ? p->active : now;
	if (cpu > p->cpu)
		p->cpu = cpu;
	bool checked = p->check - CHECK_EVERY >= p->active; /* since it ran last: it may have become another program */
	if (!p->rss_bytes || (now >= p->check && !checked)) {
		check_program(p);
		p->check = now + CHECK_EVERY;
	}
	if (!p->idle)
		look_at_python(s, p, now);
}

static void end_process(struct look_sampler *s, struct look_process *p)
{
	look_python_close(p->python);
	p->python = NULL;
	look_index_remove(&s->by_pid, p->pid);
	p->closed = true;
}

/* Threads ---------------------------------------------------------------------------------------------------------- */

static void free_thread(struct look_thread *t)
{
	look_timeline_finish(&t->timeline);
	sys.free(t->slots);
	sys.free(t);
}

/* What lived shortly becomes a part of the sum of such of its process. */
static void sum_up(struct look_process *p, struct look_thread *t)
{
	struct look_thread *sum = p->gone;
	if (!sum) {
		p->gone = t;
		return;
	}
	for (enum look_state i = 0; i < LOOK_STATES; i++)
		sum->books.ns[i] += t->books.ns[i];
	sum->books.unknown += t->books.unknown;
	sum->books.start -= t->books.open - t->books.start; /* so that its length is the sum of lives */
	for (unsigned i = 0; i < t->slot_count; i++) {
		const struct look_slot *from = &t->slots[i];
		const struct look_span span = { from->first, from->last, 0, 0, from->ns };
		look_slot_add(sum, from->label, from->frame, &span, from->ns);
		look_slot_weigh(sum, from->label, from->frame, from->first, from->weight);
	}
	sum->threads += t->threads;
	sum->last.runs += t->last.runs - t->runs_before;
	free_thread(t);
}

static void drop(struct look_sampler *s, unsigned place)
{
	struct look_thread *t = s->live[place];
	s->live[place] = s->live[--s->live_count];
	if (look_index_get(&s->by_tid, t->tid) == t)
		look_index_remove(&s->by_tid, t->tid);
	t->process->alive--;
	bool brief = t->books.open - t->books.start < SHORT_LIFE && t->tid != t->process->pid;
	if (!brief && s->thread_count <= KEPT_MOST)
		return;
	for (unsigned i = s->thread_count; i-- > 0;) { /* young ones stand at the end */
		if (s->threads[i] != t)
			continue;
		bool first = !t->process->gone;
		if (!first)
			s->threads[i] = s->threads[--s->thread_count];
		sum_up(t->process, t);
		return;
	}
}

/* Threads from where the last round ended; as many as the share of a core and the credit allow, of which the rest of
 * the round, since `now`, has had its part; but no less than that. `idle`: no process has run since the last round;
 * where every thread was found asleep then, all still are. */
static void look_at_threads(struct look_sampler *s, int64_t now, bool idle)
{
	int64_t begin = sys.now(), until = now + (int64_t)(s->options.share * 1e9 / s->options.hz);
	if (s->credit > 0)
		until += s->credit < CREDIT_ROUND ? s->credit : CREDIT_ROUND;
	if (s->unopened)
		until = begin + FIRST_LOOKS;
	else if (until < begin + (begin - now))
		until = begin + (begin - now);
	unsigned left = s->live_count, passed = 0;
	if (idle && s->asleep && !s->unopened) {
		s->quiet = now;
		s->asleep++;
		return;
	}
	s->asleep = 0;
	while (left--) {
		if (s->cursor >= s->live_count)
			s->cursor = 0;
		struct look_thread *t = s->live[s->cursor];
		/* Nobody in there has run since it was found blocked; a round cut short may not have come to it. */
		bool sleeps = t->process->idle && t->blocked && t->looked >= t->process->active;
		bool late = look_is_late(t, now);
		bool look = t->process->ended || late || (t->due <= now && !sleeps);
		if (look)
			look_at_thread(s, t);
		else if (sleeps)
			t->last_at = now;
		idle = idle && sleeps && !late && !look_may_be_late(t);
		if (t->ended)
			drop(s, s->cursor);
		else
			s->cursor++;
		if ((look || ++passed % PASSED_MOST == 0) && sys.now() > until) {
			s->cut_short += left > 0;
			return;
		}
	}
	s->asleep = idle;
}

/* Between 3/4 and 5/4 of the period, so that no rhythm of the target falls in with ours. Where all has slept for long
 * the period is longer; and where rounds take more than our share, since the clock of a process is the sum of all its
 * threads', they are rarer. A single long one is paid from the credit, else we would be blind for long after it. */
static int64_t jittered(struct look_sampler *s)
{
	double period = (s->asleep > 64 ? 4 : s->asleep > 16 ? 2 : 1) * 1e9 / s->options.hz;
	double rare = -(double)s->credit / s->options.share;
	if (rare > period && !s->unopened)
		period = rare;
	s->seed ^= s->seed << 13; /* xorshift64 (Marsaglia 2003) */
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return (int64_t)(period * (0.75 + 0.5 * (double)(s->seed >> 11) / 9007199254740992.0));
}

/* A share of the time since the last round came in, and all that we have computed since was paid: to wake up and to
 * fall asleep costs as much as a few looks. */
static void pay(struct look_sampler *s, int64_t now)
{
	int64_t clock = sys.cpu_clock(0), round = clock - s->paid;
	s->paid = clock;
	s->credit += (int64_t)((double)(now - s->end) * s->options.share);
	if (s->credit > CREDIT_MOST)
		s->credit = CREDIT_MOST;
	s->credit -= round;
	if (s->credit < -DEBT_MOST)
		s->credit = -DEBT_MOST;
	s->cost += round;
	s->end = now;
}

int look_sampler_tick(struct look_sampler *s)
{
	int64_t now = sys.now();
	bool idle = true;
	s->ticks++;
	bool news = look_find_news(s);
	for (unsigned i = 0; i < s->process_count; i++)
		if (!s->processes[i]->ended) {
			look_at_process(s, s->processes[i], now);
			idle = idle && s->processes[i]->idle;
		}
	if (news)
		look_find(s, now, idle);
	s->pipes.processes = s->processes; /* as they are from here to the end of the round */
	s->pipes.count = s->process_count;
	look_take_on_core(s);
	look_at_threads(s, now, idle);
	for (unsigned i = 0; i < s->process_count; i++)
		if (s->processes[i]->ended && !s->processes[i]->closed && !s->processes[i]->alive)
			end_process(s, s->processes[i]);
	pay(s, now);
	int64_t after = sys.now();
	s->next += jittered(s);
	if (s->next < after)
		s->next = after + jittered(s) / 4;
	return s->processes[0]->ended ? -ESRCH : 0;
}

/* The end ---------------------------------------------------------------------------------------------------------- */

void look_sampler_stop(struct look_sampler *s)
{
	int64_t now = sys.now();
	if (s->load_before.all)
		look_load(&s->load);
	for (unsigned i = 0; i < s->process_count; i++) {
		struct look_process *p = s->processes[i];
		int64_t cpu = p->ended ? -1 : sys.cpu_clock(p->pid);
		if (cpu > p->cpu)
			p->cpu = cpu;
		if (!p->ended) {
			check_program(p);
			p->end = now;
		}
	}
	for (unsigned i = 0; i < s->live_count; i++)
		look_end_thread(s, s->live[i], now);
	s->live_count = 0;
	for (unsigned i = 0; i < s->thread_count; i++)
		look_slots_divide(s, s->threads[i]);
	look_name_places(s);
	s->end = now;
}

void look_sampler_finish(struct look_sampler *s)
{
	for (unsigned i = 0; i < s->live_count; i++)
		look_end_thread(s, s->live[i], s->end);
	for (unsigned i = 0; i < s->thread_count; i++)
		free_thread(s->threads[i]);
	for (unsigned i = 0; i < s->process_count; i++) {
		look_python_close(s->processes[i]->python);
		sys.free(s->processes[i]);
	}
	look_on_core_close(s->on_core);
	for (unsigned i = 0; i < s->native_count; i++)
		look_native_close(s->natives[i]);
	if (s->loadavg >= 0)
		sys.close(s->loadavg);
	sys.free(s->threads);
	sys.free(s->live);
	sys.free(s->processes);
	look_index_finish(&s->by_tid);
	look_index_finish(&s->by_pid);
	look_labels_finish(&s->labels);
	look_labels_finish(&s->frames);
	look_peers_finish(&s->peers);
	*s = (struct look_sampler){ .loadavg = -1 };
}
