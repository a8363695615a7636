#include "sched/trace.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "sched/account.h"

#define STDERR 2
#define JSON ".json"

/* Runtimes of this process that were traced: the second writes to file.2.json, and so on. */
static atomic_of(uint32_t) traced;

/* The name with %p for the process, and the number of the runtime where it is not the first. */
static int file_name(char *to, size_t size, const char *name, uint32_t number)
{
	const char *process = strstr(name, "%p");
	size_t before = process ? (size_t)(process - name) : strlen(name), n;
	char pid[16] = "", count[16] = "";

	if (process)
		snprintf(pid, sizeof pid, "%d", (int)getpid());
	n = (size_t)snprintf(to, size, "%.*s%s%s", (int)before, name, pid, process ? process + 2 : "");
	if (number > 1)
		snprintf(count, sizeof count, ".%u", number);
	if (n + sizeof count >= size)
		return -ENAMETOOLONG;
	if (n > strlen(JSON) && strcmp(to + n - strlen(JSON), JSON) == 0)
		snprintf(to + n - strlen(JSON), sizeof count + strlen(JSON), "%s" JSON, count);
	else
		memcpy(to + n, count, strlen(count) + 1);
	return 0;
}

static void say(const char *text)
{
	char line[PATH_MAX + 200];
	int n = snprintf(line, sizeof line, "hob: HOB_TRACE: %s: %s\n", getenv("HOB_TRACE"), text);

	sys.write(STDERR, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void trace_begin(struct runtime *rt)
{
	const char *name = getenv("HOB_TRACE");
	char path[PATH_MAX];
	int err;

	if (!name || !*name)
		return;
	err = file_name(path, sizeof path, name, at_add(&traced, 1, RELAXED) + 1);
	if (!err)
		err = trace_create(&rt->trace, path, &rt->sites, rt->origin);
	if (err)
		say("a trace cannot be written there, and there is none");
}

void trace_end(struct runtime *rt)
{
	struct trace_count count;
	char text[120];

	if (!rt->trace)
		return;
	if (trace_finish(rt->trace, &count))
		say("the trace is not whole, since a write failed");
	else if (count.dropped) {
		snprintf(text, sizeof text, "%llu of %llu events are missing, which came faster than they were written",
			 (unsigned long long)count.dropped, (unsigned long long)(count.dropped + count.written));
		say(text);
	}
}

int trace_worker(struct runtime *rt, struct worker *w, bool spare)
{
	char name[40];

	if (!rt->trace)
		return 0;
	if (spare)
		snprintf(name, sizeof name, "stand-in %u", w->index - rt->most + 1);
	else
		snprintf(name, sizeof name, "worker %u", w->index + 1);
	w->trace = trace_ring(rt->trace, w->index + 1, name);
	return w->trace ? 0 : -ENOMEM;
}

void trace_born(struct worker *w, struct task *t, struct life *l)
{
	l->number = trace_number(w->rt->trace);
	trace_put(w->trace,
		  &(struct trace_event){
			  .kind = TRACE_BORN, .site = t->site, .task = l->number, .from = l->born, .to = w->stamp });
}

void trace_ready(struct worker *w, struct task *t)
{
	struct life *l = t->life;

	trace_put(w->trace, &(struct trace_event){ .kind = TRACE_READY,
						   .why = t->why,
						   .site = t->site,
						   .task = l->number,
						   .by = l->waker,
						   .from = t->stamp,
						   .to = w->stamp,
						   .more = l->waited });
	l->waker = 0;
}

void trace_compute(struct worker *w, struct task *t, int64_t from, int64_t held)
{
	trace_put(w->trace, &(struct trace_event){ .kind = TRACE_COMPUTE,
						   .site = t->site,
						   .task = t->life->number,
						   .from = from,
						   .to = w->stamp,
						   .more = held });
}

void trace_wake(struct life *l)
{
	struct task *waker = task_self();

	l->waker = waker ? waker->life->number : 0;
}

void trace_steal(struct worker *w, struct worker *from)
{
	trace_put(w->trace,
		  &(struct trace_event){ .kind = TRACE_STEAL, .from = stamp_now(), .by = from->trace->thread });
}

int64_t trace_now(void)
{
	return stamp_now();
}

void trace_stands(struct worker *w, int64_t from)
{
	trace_put(w->trace,
		  &(struct trace_event){
			  .kind = TRACE_STANDS, .from = from, .to = stamp_now(), .by = w->seat->trace->thread });
}
