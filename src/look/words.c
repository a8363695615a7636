/* The verdict in plain words. */
#include "look/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends. */
static void say(char *to, size_t size, const char *format, ...)
{
	size_t at = strlen(to);
	va_list args;
	va_start(args, format);
	vsnprintf(to + at, size - at, format, args);
	va_end(args);
}

#define SAY(to, ...) say(to, sizeof(to), __VA_ARGS__)

static unsigned percent(double share)
{
	return share <= 0 ? 0 : share >= 1 ? 100 : (unsigned)(share * 100 + 0.5);
}

void look_cause_words(char *to, size_t size, enum look_state state, const char *text)
{
	static const char *const with[LOOK_STATES] = {
		[LOOK_NET] = "the network: ",       [LOOK_SOCKET] = "a local socket: ", [LOOK_PIPE] = "a pipe: ",
		[LOOK_DISK] = "the disk: ",         [LOOK_TIMER] = "a timer: ",         [LOOK_CHILD] = "a child: ",
		[LOOK_TERMINAL] = "the terminal: ", [LOOK_FAULT] = "pages of memory: ",
	};
	static const char *const without[LOOK_STATES] = {
		[LOOK_NET] = "the network",
		[LOOK_SOCKET] = "a local socket",
		[LOOK_PIPE] = "a pipe",
		[LOOK_DISK] = "the disk",
		[LOOK_TIMER] = "timers",
		[LOOK_CHILD] = "child processes",
		[LOOK_LOCK] = "locks",
		[LOOK_GIL] = "Python's GIL",
		[LOOK_TERMINAL] = "the terminal",
		[LOOK_FAULT] = "pages of memory",
		[LOOK_OTHER] = "what cannot be told",
	};
	if (!*text)
		snprintf(to, size, "%s", without[state] ? without[state] : look_state_name(state));
	else if (state == LOOK_NET && !strncmp(text, "clients", 7))
		snprintf(to, size, "%s", text);
	else
		snprintf(to, size, "%s%s", with[state] ? with[state] : "", text);
}

const char *look_bound_words(enum look_bound b)
{
	static const char *const words[] = {
		[BOUND_NONE] = "",
		[BOUND_CPU] = "one core does all the computing",
		[BOUND_CORES] = "the cores are then busy",
		[BOUND_GIL] = "the GIL lets one thread compute at a time",
		[BOUND_WORKERS] = "so many wait at once",
		[BOUND_PIECES] = "no wait gets shorter",
		[BOUND_SERIAL] = "its start and end stay",
		[BOUND_START] = "starting the workers takes longer",
		[BOUND_DEMAND] = "no more threads want a core",
	};
	return words[b];
}

/* The share is of what they do but wait for each other, unless that is all they do. */
static bool leaves_out(const struct look_facts *f, const struct look_verdict *v)
{
	double active = f->compute + f->ready + f->real + f->gil;
	return f->own > 0.1 * f->life && (v->idle || v->kind != LOOK_KIND_WAIT || active >= 0.05 * f->wall);
}

static void whose(char *to, size_t size, const struct look_facts *f)
{
	if (f->threads == 1)
		snprintf(to, size, "its one thread's time");
	else if (f->workers == 1)
		snprintf(to, size, "its one working thread's time");
	else if (f->processes > 1)
		snprintf(to, size, "the time of its %u threads in %u processes", f->threads, f->processes);
	else
		snprintf(to, size, "the time of its %u threads", f->threads);
}

static void say_verdict(struct look_words *w, const struct look_facts *f, const struct look_verdict *v)
{
	char time[96], cause[256];
	double used = f->wall > 0 ? f->compute / f->wall : 0;
	const char *but = leaves_out(f, v) ? " (waits for each other left out)" : "";
	whose(time, sizeof time, f);
	switch (v->kind) {
	case LOOK_KIND_GIL:
		SAY(w->verdict,
		    "fights for the GIL: %u%% of %s is spent waiting for it, while %.2g of %g cores compute",
		    percent(v->share), time, used, f->cores);
		break;
	case LOOK_KIND_COMPUTE:
		SAY(w->verdict, "computes: %u%% of %s%s", percent(v->share), time, but);
		if (f->workers != 1 && f->ready > 0.1 * (f->compute + f->ready))
			SAY(w->verdict, ", %u%% of that queueing for a core",
			    percent(f->ready / (f->compute + f->ready)));
		SAY(w->verdict, "; it keeps %.2g of %g core%s busy", used, f->cores, f->cores == 1 ? "" : "s");
		if (f->processes > 1 && f->busiest_seconds > 0.5 * f->compute)
			SAY(w->verdict, ", mostly by %s", f->busiest);
		break;
	case LOOK_KIND_WAIT:
		if (v->main)
			look_cause_words(cause, sizeof cause, v->main->state, v->main->text);
		else
			snprintf(cause, sizeof cause, "nothing that can be told");
		SAY(w->verdict, "waits: %u%% of %s%s is spent waiting", percent(v->share), time, but);
		if (v->main) {
			double all = v->idle ? f->callers : f->real > 0 ? f->real : f->own;
			double part = all > 0 ? v->main->seconds / all : 0;
			SAY(w->verdict, part > 0.9 ? " for %s" : ", mostly for %s", cause);
		}
		SAY(w->verdict, "; the CPU is idle %u%% of the time", percent(1 - (used < 1 ? used : 1)));
		break;
	}
	if (f->workers == 1 && f->ready > 0.1 * f->wall)
		SAY(w->verdict, "; other programs kept it from a core for %u%%", percent(f->ready / f->wall));
}

static const char *const advice[LOOK_MODELS] = {
	[LOOK_AS_IS] = "leave it as it is",
	[LOOK_CONCURRENCY] = "concurrency (tasks, asyncio)",
	[LOOK_THREADS] = "threads",
	[LOOK_PROCESSES] = "processes",
	[LOOK_FREE_THREADED] = "threads on a Python without the GIL",
	[LOOK_MORE_CORES] = "more cores",
};

static void say_as_is(struct look_words *w, const struct look_facts *f, const struct look_verdict *v)
{
	SAY(w->model, "leave it as it is");
	if (v->idle)
		SAY(w->model, ": it waits for whoever calls, and has nothing to do until then");
	else if (v->main && v->main->state == LOOK_LOCK)
		SAY(w->model, ": more threads would only queue for the same lock; do less while it is held");
	else if (v->kind == LOOK_KIND_COMPUTE && f->compute > 0.85 * f->cores * f->wall)
		SAY(w->model, ": it uses the core%s it has", f->cores == 1 ? "" : "s");
	else if (v->kind == LOOK_KIND_WAIT)
		SAY(w->model, ": it waits too seldom for waits to be overlapped");
	else
		SAY(w->model, ": no other model would gain enough");
}

static void say_others(struct look_words *w, const struct look_facts *f, const struct look_verdict *v)
{
	const char *nothing = "";
	for (enum look_model m = LOOK_CONCURRENCY; m < LOOK_MODELS; m++) {
		const struct look_estimate *e = &v->models[m];
		bool applies = m != LOOK_FREE_THREADED || (f->python && f->gil_enabled);
		if (m == v->best.model || !applies || (m == LOOK_MORE_CORES && f->ready < 0.05 * f->compute))
			continue;
		if (e->speedup < 1.1) {
			SAY(w->model, "%s %s", *nothing ? ", or by" : "; nothing is gained by", advice[m]);
			nothing = "x";
		}
	}
}

static void say_model(struct look_words *w, const struct look_facts *f, const struct look_verdict *v)
{
	const struct look_estimate *b = &v->best;
	if (b->model == LOOK_AS_IS) {
		say_as_is(w, f, v);
		return;
	}
	SAY(w->model, "%s: up to %.2gx", advice[b->model], b->speedup);
	if (b->model == LOOK_MORE_CORES)
		SAY(w->model, " on %u cores", b->workers);
	else
		SAY(w->model, " with %u at once", b->workers);
	SAY(w->model, ", since %s", look_bound_words(b->bound));
	if (f->others > 0.1 * f->machine && (b->bound == BOUND_CORES || b->bound == BOUND_DEMAND))
		SAY(w->model, ", %.2g of %g by other programs", f->others, f->machine);
	say_others(w, f, v);
}

void look_words(struct look_words *w, const struct look_facts *f, const struct look_verdict *v)
{
	*w = (struct look_words){ 0 };
	say_verdict(w, f, v);
	say_model(w, f, v);
	if (v->best.model == LOOK_AS_IS)
		SAY(w->unknown, "whether there is less to do");
	else if (v->kind == LOOK_KIND_WAIT)
		SAY(w->unknown,
		    "whether its waits are independent of each other, and whether the other side can serve so many "
		    "at once");
	else
		SAY(w->unknown, "whether its work can be divided into parts that do not need each other");
}
