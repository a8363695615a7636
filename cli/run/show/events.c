/* --json: what happens, as JSON lines. */
#include "run/show/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/run.h"
#include "show/json.h"

enum { CHUNK = 32 * 1024 };

struct event {
	struct json json;
	FILE *out;
	char *text;
	size_t len;
};

static bool asked(const struct run *r)
{
	return r->options->json;
}

static int64_t wall_us(const struct run *r, hob_time t)
{
	return (int64_t)(r->wall * 1e6) + t / 1000;
}

static bool begin(const struct run *r, struct event *e, const char *name, hob_time at)
{
	e->out = asked(r) ? open_memstream(&e->text, &e->len) : NULL;
	if (!e->out)
		return false;
	json_init(&e->json, e->out);
	json_object(&e->json, NULL);
	json_string(&e->json, "event", name);
	json_int(&e->json, "time_us", wall_us(r, at));
	return true;
}

static void tell(struct run *r, struct event *e)
{
	json_end(&e->json);
	int err = fclose(e->out) ? -ENOMEM : output_event(&r->output, r->events, e->text, e->len);
	free(e->text);
	if (err)
		run_output_failed(r, err, r->events == STDOUT_FILENO ? NULL : r->options->json);
}

static void words(struct json *j, const char *key, char *const *list)
{
	json_array(j, key);
	for (; *list; list++)
		json_string(j, NULL, *list);
	json_end(j);
}

void event_begin(struct run *r)
{
	struct event e;
	if (!begin(r, &e, "begin", r->start))
		return;
	char *here = getcwd(NULL, 0);
	json_int(&e.json, "version", 1);
	json_string(&e.json, "directory", here);
	free(here);
	json_array(&e.json, "command");
	for (int i = 0; i < r->options->words; i++)
		json_string(&e.json, NULL, r->options->command[i]);
	json_end(&e.json);
	json_int(&e.json, "cores", hob_cores());
	if (inputs_total(&r->inputs))
		json_int(&e.json, "jobs", (int64_t)inputs_total(&r->inputs));
	tell(r, &e);
}

static void name(struct json *json, const struct job *j)
{
	json_int(json, "job", (int64_t)j->number);
	json_int(json, "slot", j->slot);
	json_int(json, "try", j->tries);
}

void event_start(const struct job *j)
{
	struct event e;
	if (!begin(j->run, &e, "start", j->start))
		return;
	name(&e.json, j);
	json_int(&e.json, "pid", j->pid);
	words(&e.json, "command", j->args.argv);
	words(&e.json, "input", j->columns.argv);
	tell(j->run, &e);
}

void event_end(const struct job *j, enum event_end how)
{
	static const char *const names[] = { "end", "retry", "killed" };
	const struct outcome *o = &j->outcome;
	struct event e;
	if (!begin(j->run, &e, names[how], o->end))
		return;
	name(&e.json, j);
	json_bool(&e.json, "ok", !o->error && !o->timed_out && !o->status);
	json_int(&e.json, "exit", o->error ? 127 : WIFEXITED(o->status) ? WEXITSTATUS(o->status) : 0);
	json_int(&e.json, "signal", !o->error && WIFSIGNALED(o->status) ? WTERMSIG(o->status) : 0);
	json_bool(&e.json, "timed_out", o->timed_out);
	json_string(&e.json, "error", o->error ? strerror(-o->error) : NULL);
	json_double(&e.json, "runtime", (double)(o->end - j->start) / 1e9);
	json_double(&e.json, "cpu", o->cpu);
	json_int(&e.json, "max_rss_bytes", (int64_t)o->peak_rss);
	json_int(&e.json, "stdout_bytes", j->output.bytes[0]);
	json_int(&e.json, "stderr_bytes", j->output.bytes[1]);
	tell(j->run, &e);
}

void event_done(struct run *r, int status)
{
	const struct counts *c = &r->counts;
	struct event e;
	hob_time now = hob_now();
	if (!begin(r, &e, "done", now))
		return;
	json_int(&e.json, "jobs", (int64_t)c->done);
	json_int(&e.json, "failed", (int64_t)c->failed);
	json_int(&e.json, "killed", (int64_t)c->killed);
	json_int(&e.json, "skipped", (int64_t)c->skipped);
	json_int(&e.json, "most_at_once", c->most);
	json_double(&e.json, "runtime", (double)(now - r->start) / 1e9);
	json_double(&e.json, "cpu", c->cpu);
	json_double(&e.json, "job_time", c->life);
	json_int(&e.json, "status", status);
	tell(r, &e);
}

/* As much of a text as ends with a whole character. */
static size_t whole(const char *text, size_t len)
{
	for (size_t back = 1; back <= 3 && back < len; back++) {
		unsigned char c = (unsigned char)text[len - back];
		if (c < 0x80)
			return len;
		if (c >= 0xc0)
			return (c >= 0xf0 ? 4u : c >= 0xe0 ? 3u : 2u) > back ? len - back : len;
	}
	return len;
}

void event_output(const struct job *j)
{
	static const char *const streams[] = { "stdout", "stderr" };
	struct run *r = j->run;
	const struct pieces *p = &j->output;
	char *text = malloc(CHUNK);
	for (int i = 0; i < 2 && text; i++) {
		off_t at = p->from[i], end = at + p->bytes[i];
		while (at < end) {
			struct event e;
			off_t left = end - at;
			ssize_t got = pread(p->fd[i], text, left < CHUNK ? (size_t)left : CHUNK, at);
			if (got <= 0 || !begin(r, &e, "output", j->outcome.end))
				break;
			size_t len = got < left ? whole(text, (size_t)got) : (size_t)got;
			json_int(&e.json, "job", (int64_t)j->number);
			json_string(&e.json, "stream", streams[i]);
			json_bytes(&e.json, "data", text, len);
			tell(r, &e);
			at += (off_t)len;
		}
	}
	free(text);
}
