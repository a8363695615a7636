#include "meter/trace_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "meter/symbol.h"

#define BUFFER 65536
#define EVENT_MAX 1024            /* what one event comes to, at most */
#define FILE_MAX ((off_t)2 << 30) /* more than any viewer takes */

enum { WORKERS = 1, TASKS = 2 }; /* the groups */

struct trace_json {
	struct sites *sites;
	int64_t begin;
	double scale; /* 0: not yet known */
	uint32_t flow;
	int fd, error;
	off_t at; /* where the next write goes */
	uint64_t written, dropped;
	bool comma;
	char names[SITES_MAX][64];
	size_t n;
	char buf[BUFFER + EVENT_MAX];
};

static void write_out(struct trace_json *j)
{
	size_t at = 0;

	while (!j->error && at < j->n) {
		ssize_t n = sys.pwrite(j->fd, j->buf + at, j->n - at, j->at);

		if (n < 0)
			j->error = (int)n;
		else
			at += (size_t)n, j->at += n;
	}
	j->n = 0;
}

void trace_json_flush(struct trace_json *j)
{
	static const char end[] = "\n]\n";

	memcpy(j->buf + j->n, end, sizeof end - 1);
	j->n += sizeof end - 1;
	write_out(j);
	if (!j->error)
		j->at -= (off_t)sizeof end - 1;
}

static void put(struct trace_json *j, const char *s)
{
	size_t n = strlen(s);

	memcpy(j->buf + j->n, s, n);
	j->n += n;
}

static void put_number(struct trace_json *j, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	memcpy(j->buf + j->n, digits + at, sizeof digits - at);
	j->n += sizeof digits - at;
}

/* Nanoseconds, as the microseconds that the format has. */
static void put_time(struct trace_json *j, int64_t ns)
{
	uint64_t n = ns < 0 ? 0 : (uint64_t)ns;
	char part[5] = { '.', (char)('0' + n / 100 % 10), (char)('0' + n / 10 % 10), (char)('0' + n % 10) };

	put_number(j, n / 1000);
	put(j, part);
}

static void put_key(struct trace_json *j, const char *key, uint64_t n)
{
	put(j, key);
	put_number(j, n);
}

/* What each event begins with: which kind of event, where, called what. */
static void begin(struct trace_json *j, const char *ph, uint32_t group, uint32_t line, const char *name)
{
	if (j->n >= BUFFER)
		write_out(j);
	put(j, j->comma ? ",\n{\"ph\":\"" : "{\"ph\":\"");
	j->comma = true;
	put(j, ph);
	put_key(j, "\",\"pid\":", group);
	put_key(j, ",\"tid\":", line);
	put(j, ",\"name\":\"");
	put(j, name);
	put(j, "\"");
}

static void name_line(struct trace_json *j, const char *what, uint32_t group, uint32_t line, const char *name)
{
	begin(j, "M", group, line, what);
	put(j, ",\"args\":{\"name\":\"");
	put(j, name);
}

static int64_t ns_of(struct trace_json *j, int64_t stamp)
{
	return (int64_t)((double)(stamp - j->begin) * j->scale);
}

static void when(struct trace_json *j, int64_t stamp)
{
	put(j, ",\"ts\":");
	put_time(j, ns_of(j, stamp));
}

static void slice(struct trace_json *j, uint32_t group, uint32_t line, const char *name, int64_t from, int64_t to)
{
	begin(j, "X", group, line, name);
	when(j, from);
	put(j, ",\"dur\":");
	put_time(j, ns_of(j, to) - ns_of(j, from));
}

static const char *site_name(struct trace_json *j, uint32_t site)
{
	void *fn = (void *)(uintptr_t)at_load(&j->sites->at[site].fn, RELAXED);
	char *name = j->names[site];

	if (*name)
		return name;
	if (site == SITE_OTHERS)
		return "(others)";
	if (!fn) /* it is being noted down */
		return "?";
	symbol_name(fn, name, sizeof j->names[0]);
	return name;
}

static void put_compute(struct trace_json *j, uint32_t thread, const struct trace_event *e)
{
	const char *name = site_name(j, e->site);
	int64_t held = e->to - e->more;

	slice(j, WORKERS, thread, name, e->from, e->to);
	put_key(j, ",\"args\":{\"task\":", e->task);
	put(j, "}}");
	if (held > e->from || !e->more) {
		slice(j, TASKS, e->task, "compute", e->from, held);
		put_key(j, ",\"args\":{\"worker\":", thread);
		put(j, "}}");
	}
	if (e->more) {
		slice(j, TASKS, e->task, "held", held, e->to);
		put_key(j, ",\"args\":{\"worker\":", thread);
		put(j, "}}");
	}
}

/* An arrow from who wakes to who is woken, where both are tasks. */
static void put_flow(struct trace_json *j, uint32_t from, uint32_t to, int64_t at)
{
	j->flow++;
	begin(j, "s", TASKS, from, "wake");
	when(j, at);
	put_key(j, ",\"cat\":\"wake\",\"id\":", j->flow);
	put(j, "}");
	begin(j, "f", TASKS, to, "wake");
	when(j, at);
	put_key(j, ",\"cat\":\"wake\",\"bp\":\"e\",\"id\":", j->flow);
	put(j, "}");
}

/* The first of a task has no wait before, and names it. Where the counter is coarse a wait may have taken no tick: it
 * has no slice, and nothing that an arrow could point to. */
static void put_ready(struct trace_json *j, const struct trace_event *e, bool first)
{
	if (first) {
		name_line(j, "thread_name", TASKS, e->task, site_name(j, e->site));
		put_key(j, " ", e->task);
		put(j, "\"}}");
	}
	if (e->more) {
		char name[32];

		snprintf(name, sizeof name, "wait: %s", why_name((enum why)e->why));
		slice(j, TASKS, e->task, name, e->from - e->more, e->from);
		put(j, "}");
	}
	slice(j, TASKS, e->task, "ready", e->from, e->to);
	put_key(j, ",\"args\":{\"woken_by\":", e->by);
	put(j, "}}");
	if (e->by && e->more)
		put_flow(j, e->by, e->task, e->from);
}

void trace_json_put(struct trace_json *j, uint32_t thread, const struct trace_event *e)
{
	if (j->at >= FILE_MAX || j->error) {
		j->dropped++;
		return;
	}
	j->written++;
	switch ((enum trace_kind)e->kind) {
	case TRACE_COMPUTE:
		put_compute(j, thread, e);
		break;
	case TRACE_BORN:
	case TRACE_READY:
		put_ready(j, e, e->kind == TRACE_BORN);
		break;
	case TRACE_STEAL:
		begin(j, "i", WORKERS, thread, "steal");
		when(j, e->from);
		put_key(j, ",\"s\":\"t\",\"args\":{\"from\":", e->by);
		put(j, "}}");
		break;
	case TRACE_STANDS:
		slice(j, WORKERS, thread, "stands in", e->from, e->to);
		put_key(j, ",\"args\":{\"for\":", e->by);
		put(j, "}}");
		break;
	}
}

void trace_json_thread(struct trace_json *j, uint32_t thread, const char *name)
{
	name_line(j, "thread_name", WORKERS, thread, name);
	put(j, "\"}}");
}

void trace_json_scale(struct trace_json *j, double scale)
{
	if (j->scale == 0)
		j->scale = scale;
}

int trace_json_create(struct trace_json **out, const char *file, struct sites *sites, int64_t first)
{
	struct trace_json *j = sys.alloc(sizeof *j);

	if (!j)
		return -ENOMEM;
	j->fd = sys.open_mode(file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (j->fd < 0) {
		int err = j->fd;

		sys.free(j);
		return err;
	}
	j->sites = sites;
	j->begin = first;
	put(j, "[\n");
	name_line(j, "process_name", WORKERS, 0, "workers");
	put(j, "\"}}");
	name_line(j, "process_name", TASKS, 0, "tasks");
	put(j, "\"}}");
	*out = j;
	return 0;
}

int trace_json_finish(struct trace_json *j, struct trace_count *out)
{
	int err;

	out->written = j->written;
	out->dropped += j->dropped;
	begin(j, "M", WORKERS, 0, "trace_events");
	put_key(j, ",\"args\":{\"written\":", out->written);
	put_key(j, ",\"dropped\":", out->dropped);
	put(j, "}}");
	trace_json_flush(j);
	err = j->error;
	sys.close(j->fd);
	sys.free(j);
	return err;
}
