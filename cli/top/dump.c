/* `hob dump`: every task, with its stack. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "look/call.h"
#include "look/file.h"
#include "show/quote.h"
#include "show/json.h"
#include "top/top.h"

enum { FRAMES = 64, TASKS_NAMED = 8 };

struct dump {
	struct top_options options;
	struct look_native *names;
	const struct look_page *page;
	struct look_hob hob;
	struct look_task *tasks;
	size_t n, room;
	bool waits_within; /* so far every task waits for something that only another task, or thread, can give */
	struct json json;
};

static const char *why_of(const struct dump *d, const struct look_task *t)
{
	return d->page->head.why[t->why];
}

/* Something of this process's own, which no kernel will ever wake it for. */
static bool is_within(const char *why)
{
	static const char *const whys[] = { "scope", "join",  "mutex", "cond",   "send", "recv",
					    "sem",   "group", "once",  "rwlock", "lane" };

	for (size_t i = 0; i < sizeof whys / sizeof *whys; i++)
		if (!strcmp(why, whys[i]))
			return true;
	return false;
}

static int keep(void *arg, const struct look_task *t)
{
	struct dump *d = arg;

	if (d->n == d->room) {
		size_t room = d->room ? 2 * d->room : 256;
		struct look_task *more = realloc(d->tasks, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		d->tasks = more;
		d->room = room;
	}
	d->waits_within &= t->state == LOOK_TASK_WAIT && is_within(why_of(d, t));
	d->tasks[d->n++] = *t;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct look_task *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* Who waits for whom ----------------------------------------------------------------------------------------------- */

/* The task that has the mutex which `t` waits for; NULL: none, or it is not known. */
static const struct look_task *owner_of(const struct dump *d, const struct look_task *t)
{
	uint32_t mark = look_task_owner(d->page, t);

	for (size_t i = 0; mark && i < d->n; i++)
		if (page_mark(d->tasks[i].address) == mark)
			return &d->tasks[i];
	return NULL;
}

/* The tasks of the scope whose end `t` waits for, as far as there is room; answers how many there are. */
static size_t members(const struct dump *d, const struct look_task *t, uint32_t *numbers)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n && !strcmp(why_of(d, t), "scope") && t->object; i++) {
		if (d->tasks[i].scope != t->object)
			continue;
		if (n < TASKS_NAMED)
			numbers[n] = d->tasks[i].number;
		n++;
	}
	return n;
}

/* Follows owners from `t`: does it come back to it? */
static bool in_circle(const struct dump *d, const struct look_task *t)
{
	const struct look_task *at = owner_of(d, t);

	for (size_t steps = 0; at && steps < d->n; steps++, at = owner_of(d, at))
		if (at == t)
			return true;
	return false;
}

/* Stacks ----------------------------------------------------------------------------------------------------------- */

/* Where a worker's thread is blocked. Of one that computes nothing is known without stopping it. */
static bool blocked_at(const struct dump *d, const struct look_worker *w, struct look_cursor *at)
{
	char path[64], text[256];
	struct look_call call;

	snprintf(path, sizeof path, "/proc/%d/task/%u/syscall", (int)d->options.pid, w->tid);
	if (look_file(path, text, sizeof text) <= 0 || look_call_parse(text, &call) || call.kind == CALL_RUNNING)
		return false;
	*at = (struct look_cursor){ .ip = call.ip, .sp = call.sp };
	return true;
}

static unsigned stack_of(struct dump *d, const struct look_task *t, struct look_frame *frames)
{
	struct look_cursor at;
	unsigned n;

	if (d->options.no_stacks || !d->names || t->state == LOOK_TASK_COMPUTE)
		return 0;
	if (t->worker >= 0 ? !blocked_at(d, &d->hob.workers[t->worker], &at)
			   : !t->sp || look_native_parked(d->options.pid, t->sp, &at))
		return 0;
	n = look_native_stack(d->names, &at, frames, FRAMES);
	return look_task_stays(d->page, t) ? n : 0; /* or it may have been another's */
}

/* Text ------------------------------------------------------------------------------------------------------------- */

static void put_seconds(const char *before, int64_t ns)
{
	if (ns >= 0)
		printf("%s%.3f s", before, (double)ns / 1e9);
}

static void put_object(const struct dump *d, const struct look_task *t)
{
	const struct look_task *owner = owner_of(d, t);
	uint32_t numbers[TASKS_NAMED];
	size_t n = members(d, t, numbers);

	if (is_within(why_of(d, t)) && t->object && !n)
		printf(" 0x%llx", (unsigned long long)t->object);
	if (owner)
		printf(", which task %u has", owner->number);
	for (size_t i = 0; i < n && i < TASKS_NAMED; i++)
		printf("%s%u", i ? ", " : n == 1 ? " of task " : " of tasks ", numbers[i]);
	if (n > TASKS_NAMED)
		printf(" and %zu more", n - TASKS_NAMED);
}

static void put_state(const struct dump *d, const struct look_task *t)
{
	printf(": ");
	if (t->state == LOOK_TASK_WAIT) {
		printf("waits for %s", why_of(d, t));
		put_object(d, t);
	} else if (t->worker >= 0) {
		const struct look_worker *w = &d->hob.workers[t->worker];

		printf("%s on %s %u", t->state == LOOK_TASK_HELD ? "held" : "computes",
		       w->spare ? "the stand-in of worker" : "worker", w->index);
	} else {
		printf("%s", t->sp ? "ready" : "ready, has not begun");
	}
	put_seconds(" for ", t->for_ns);
	put_seconds("; age ", look_task_age(d->page, t));
	putchar('\n');
}

static void put_task(struct dump *d, const struct look_task *t)
{
	const struct look_site *s = &d->hob.sites[t->site];
	char name[PAGE_NAME_BYTES + 1], text[TOP_NAME];
	struct look_frame frames[FRAMES];
	unsigned n = stack_of(d, t, frames);

	printf("task %u ", t->number);
	look_task_name(d->page, t, name, sizeof name);
	if (*name) {
		putchar('"');
		quote_put(stdout, name);
		printf("\" ");
	}
	top_name(d->names, s->fn, text, sizeof text);
	quote_put(stdout, s->fn ? text : "(unknown)");
	top_caller(d->names, s->caller, text, sizeof text);
	printf(", spawned by ");
	quote_put(stdout, text);
	put_state(d, t);
	for (unsigned i = 0; i < n; i++) {
		printf("    ");
		quote_put(stdout, *frames[i].function ? frames[i].function : "?");
		printf("  ");
		quote_put(stdout, frames[i].file);
		if (frames[i].line)
			printf(":%u", frames[i].line);
		putchar('\n');
	}
}

static void put_all(struct dump *d)
{
	printf("%zu task%s, %u workers and stand-ins\n", d->n, d->n == 1 ? "" : "s", d->hob.nworkers);
	for (size_t i = 0; i < d->n; i++)
		put_task(d, &d->tasks[i]);
	for (size_t i = 0; i < d->n; i++)
		if (in_circle(d, &d->tasks[i]))
			printf("task %u waits for task %u, and so on round to itself: it can never go on\n",
			       d->tasks[i].number, owner_of(d, &d->tasks[i])->number);
	if (d->n && d->waits_within)
		printf("every task waits for another: none goes on unless a thread that is no worker wakes it\n");
}

/* JSON ------------------------------------------------------------------------------------------------------------- */

static void json_frames(struct json *j, const struct look_frame *frames, unsigned n)
{
	json_array(j, "stack");
	for (unsigned i = 0; i < n; i++) {
		json_object(j, NULL);
		json_string(j, "function", *frames[i].function ? frames[i].function : NULL);
		json_string(j, "file", frames[i].file);
		json_int(j, "line", frames[i].line);
		json_end(j);
	}
	json_end(j);
}

static void json_wait(struct dump *d, const struct look_task *t)
{
	struct json *j = &d->json;
	const struct look_task *owner = owner_of(d, t);
	uint32_t numbers[TASKS_NAMED];
	size_t n = members(d, t, numbers);

	json_string(j, "reason", why_of(d, t));
	if (owner)
		json_int(j, "owner", owner->number);
	if (!n)
		return;
	json_array(j, "tasks");
	for (size_t i = 0; i < n && i < TASKS_NAMED; i++)
		json_int(j, NULL, numbers[i]);
	json_end(j);
}

static void json_task(struct dump *d, const struct look_task *t)
{
	const struct look_site *s = &d->hob.sites[t->site];
	char name[PAGE_NAME_BYTES + 1], text[TOP_NAME];
	struct look_frame frames[FRAMES];
	struct json *j = &d->json;
	int64_t age = look_task_age(d->page, t);

	json_object(j, NULL);
	json_int(j, "task", t->number);
	look_task_name(d->page, t, name, sizeof name);
	json_string(j, "name", name);
	top_name(d->names, s->fn, text, sizeof text);
	json_string(j, "function", text);
	top_caller(d->names, s->caller, text, sizeof text);
	json_string(j, "spawned_by", text);
	json_string(j, "state", look_task_state_name(t->state));
	if (t->state == LOOK_TASK_WAIT)
		json_wait(d, t);
	json_double(j, "for_s", (double)t->for_ns / 1e9);
	if (age >= 0)
		json_double(j, "age_s", (double)age / 1e9);
	json_frames(j, frames, stack_of(d, t, frames));
	json_end(j);
}

static void json_all(struct dump *d)
{
	json_init(&d->json, stdout);
	json_object(&d->json, NULL);
	json_int(&d->json, "workers", d->hob.nworkers);
	json_bool(&d->json, "stuck", d->n && d->waits_within);
	json_array(&d->json, "tasks");
	for (size_t i = 0; i < d->n; i++)
		json_task(d, &d->tasks[i]);
	json_end(&d->json);
	json_end(&d->json);
}

static int dump(void *arg, struct look_page *p)
{
	struct dump *d = arg;
	int err = look_hob_read(p, &d->hob);

	d->page = p;
	d->n = 0;
	d->waits_within = true;
	if (!err)
		err = look_tasks(p, &d->hob, keep, d);
	if (err == -EPERM) {
		fprintf(stderr, "hob dump: not all tasks are shown: some lie where only who may trace it can look\n");
		err = 0;
	}
	if (!err) {
		qsort(d->tasks, d->n, sizeof *d->tasks, by_number);
		if (d->options.json)
			json_all(d);
		else
			put_all(d);
	}
	look_hob_free(&d->hob);
	return err;
}

int dump_main(int argc, char **argv)
{
	static struct dump d;
	bool newer;
	int status, err;

	if (!top_options_parse(&d.options, TOP_DUMP, argc, argv, &status))
		return status;
	if (look_native_open(d.options.pid, &d.names))
		d.names = NULL;
	err = look_pages(d.options.pid, dump, &d, &newer);
	look_native_close(d.names);
	free(d.tasks);
	if (err)
		return top_refused("dump", d.options.pid, err, newer);
	return fflush(stdout) ? EXIT_BROKEN : 0;
}
