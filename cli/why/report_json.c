/* The report for programs. */
#include <string.h>
#include <sys/wait.h>

#include "show/json.h"
#include "why/why.h"

static const double ns = 1e-9;

static void shares_of(struct json *j, const int64_t *parts, double life)
{
	json_object(j, "shares");
	for (enum look_state s = 0; s < LOOK_STATES; s++)
		json_double(j, look_state_name(s), life > 0 ? (double)parts[s] * ns / life : 0);
	json_end(j);
}

static void totals(struct json *j, const struct look_facts *f)
{
	double life = f->life + f->unseen;
	json_object(j, "shares");
	for (enum look_state s = 0; s < LOOK_STATES; s++) {
		double seconds = s == LOOK_COMPUTE ? f->compute : s == LOOK_READY ? f->ready : f->waits[s];
		json_double(j, look_state_name(s), life > 0 ? seconds / life : 0);
	}
	json_end(j);
	json_double(j, "thread_seconds", life);
	json_double(j, "cpu_seconds", f->compute);
	json_double(j, "user_seconds", f->user);
	json_double(j, "kernel_seconds", f->kernel);
}

static void causes(struct json *j, const struct look_facts *f)
{
	static const char *const sorts[] = { "outside", "own", "callers" };
	json_array(j, "causes");
	for (unsigned i = 0; i < f->cause_count; i++) {
		const struct look_cause *c = &f->causes[i];
		json_object(j, NULL);
		json_string(j, "state", look_state_name(c->state));
		json_string(j, "what", *c->text ? c->text : NULL);
		json_string(j, "where", *c->where ? c->where : NULL);
		json_string(j, "sort", sorts[c->sort]);
		json_double(j, "seconds", c->seconds);
		json_end(j);
	}
	json_end(j);
}

static void estimate(struct json *j, const struct look_estimate *e)
{
	json_object(j, NULL);
	json_int(j, "workers", e->workers);
	json_double(j, "seconds", e->seconds);
	json_double(j, "speedup", e->speedup);
	json_string(j, "bound", look_bound_words(e->bound));
	json_end(j);
}

static void models(struct json *j, const struct why *w)
{
	static const unsigned tries[] = { 2, 4, 8, 10, 16, 20, 32, 40, 64, 100, 200, 500, 1000 };
	json_object(j, "models");
	for (enum look_model m = LOOK_CONCURRENCY; m < LOOK_MODELS; m++) {
		const struct look_estimate *best = &w->verdict.models[m];
		json_object(j, look_model_name(m));
		json_double(j, "at_most", best->at_most);
		json_int(j, "workers", best->workers);
		json_double(j, "seconds", best->seconds);
		json_double(j, "speedup", best->speedup);
		json_string(j, "bound", look_bound_words(best->bound));
		json_double(j, "bytes_a_worker", look_worker_bytes(&w->facts, m));
		json_array(j, "at");
		for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++) {
			struct look_estimate e = look_predict(&w->facts, m, tries[i]);
			estimate(j, &e);
		}
		if (w->options->workers) {
			struct look_estimate e = look_predict(&w->facts, m, w->options->workers);
			estimate(j, &e);
		}
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void thread(struct json *j, const struct why *w, const struct look_thread *t)
{
	const struct look_books *b = &t->books;
	double life = (double)(b->open - b->start) * ns, ran = (double)b->ns[LOOK_COMPUTE] * ns;
	double split = (double)(t->user - t->user_before + t->kernel - t->kernel_before) * ns;
	json_object(j, NULL);
	json_int(j, "pid", t->process->pid);
	json_int(j, "tid", t->tid);
	json_string(j, "name", t->name);
	json_int(j, "threads", t->threads);
	json_double(j, "start", (double)(b->start - w->sampler.start) * ns);
	json_double(j, "seconds", life);
	json_double(j, "kernel_share", split > 0 && ran > 0 ? (double)(t->kernel - t->kernel_before) * ns / split : 0);
	shares_of(j, b->ns, life);
	json_array(j, "waits");
	for (unsigned i = 0; i < t->slot_count; i++) {
		const struct look_label *label = &w->sampler.labels.at[t->slots[i].label];
		json_object(j, NULL);
		json_string(j, "state", look_state_name(label->state));
		json_string(j, "what", *label->text ? label->text : NULL);
		json_string(j, "where", t->slots[i].frame ? w->sampler.frames.at[t->slots[i].frame].text : NULL);
		json_double(j, "seconds", (double)t->slots[i].ns * ns);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void processes(struct json *j, const struct look_sampler *s)
{
	json_array(j, "processes");
	for (unsigned i = 0; i < s->process_count; i++) {
		const struct look_process *p = s->processes[i];
		json_object(j, NULL);
		json_int(j, "pid", p->pid);
		json_int(j, "parent", p->parent);
		json_string(j, "name", p->name);
		json_double(j, "start", (double)(p->start - s->start) * ns);
		json_double(j, "seconds", (double)(p->end - p->start) * ns);
		json_double(j, "cpu_seconds", (double)(p->cpu - p->cpu_before) * ns);
		json_int(j, "rss_bytes", (int64_t)p->rss_bytes);
		json_int(j, "threads_at_once", p->most);
		json_int(j, "programs", 1 + (int64_t)p->programs);
		json_end(j);
	}
	json_end(j);
}

static void python(struct json *j, const struct why *w)
{
	const struct look_facts *f = &w->facts;
	char version[24];
	if (!f->python) {
		json_null(j, "python");
		return;
	}
	snprintf(version, sizeof version, "%u.%u", f->python_major, f->python_minor);
	json_object(j, "python");
	json_string(j, "version", version);
	json_bool(j, "free_threaded", f->free_threaded);
	json_bool(j, "gil_enabled", f->gil_enabled);
	json_double(j, "gil_held", f->gil_held);
	json_double(j, "gil_held_blocked", f->gil_blocked);
	json_double(j, "gil_switches_a_second", f->gil_switches);
	json_double(j, "gil_wait_seconds", f->gil);
	json_double(j, "computing_without_gil", f->gil_free);
	if (w->modules_asked) {
		json_array(j, "gil_modules");
		for (unsigned i = 0; i < w->module_count; i++)
			json_string(j, NULL, w->modules[i]);
		json_end(j);
	}
	json_end(j);
}

static void source(struct json *j, const struct why *w)
{
	char clauses[WHY_UNSEEN][200];
	unsigned n = why_unseen(w, clauses);
	json_object(j, "source");
	json_string(j, "name", w->sampler.on_core ? "proc, perf" : "proc");
	json_int(j, "rounds", (int64_t)w->sampler.ticks);
	json_int(j, "looks", (int64_t)w->sampler.looks);
	json_double(j, "own_cpu_seconds", w->own_cpu);
	json_double(j, "attach_seconds", w->attach);
	json_double(j, "coverage", why_coverage(w));
	json_double(j, "unseen_cpu_seconds", w->facts.unseen);
	json_array(j, "unseen");
	for (unsigned i = 0; i < n; i++)
		json_string(j, NULL, clauses[i]);
	json_end(j);
	json_end(j);
}

void why_json_at(const struct why *w, struct json *j, const char *key)
{
	const struct look_facts *f = &w->facts;
	const struct look_verdict *v = &w->verdict;
	json_object(j, key);
	json_int(j, "version", 1);
	json_string(j, "command", w->command);
	json_int(j, "pid", w->pid);
	json_double(j, "seconds", f->wall);
	json_bool(j, "ended", w->ended);
	if (w->reaped)
		json_int(j, "exit_status",
			 WIFSIGNALED(w->wait_status) ? 128 + WTERMSIG(w->wait_status) : WEXITSTATUS(w->wait_status));
	json_double(j, "cores", f->cores);
	if (f->machine > 0)
		json_double(j, "cores_used_by_others", f->others);
	json_object(j, "verdict");
	json_string(j, "kind", look_kind_name(v->kind));
	json_string(j, "state",
		    v->kind == LOOK_KIND_COMPUTE ? "compute"
		    : v->kind == LOOK_KIND_GIL   ? "gil"
		    : v->main                    ? look_state_name(v->main->state)
						 : NULL);
	json_string(j, "what", v->main && *v->main->text ? v->main->text : NULL);
	json_string(j, "where", v->main && *v->main->where ? v->main->where : NULL);
	json_double(j, "share", v->share);
	json_bool(j, "for_callers", v->idle);
	json_string(j, "sentence", w->words.verdict);
	json_end(j);
	json_object(j, "model");
	json_string(j, "name", look_model_name(v->best.model));
	json_int(j, "workers", v->best.workers);
	json_double(j, "speedup", v->best.speedup);
	json_double(j, "at_most", v->best.at_most);
	json_string(j, "sentence", w->words.model);
	json_string(j, "not_known", w->words.unknown);
	json_end(j);
	totals(j, f);
	json_double(j, "serial_seconds", f->serial);
	json_double(j, "sleeps", f->spells);
	causes(j, f);
	models(j, w);
	python(j, w);
	processes(j, &w->sampler);
	json_array(j, "threads");
	for (unsigned i = 0; i < w->sampler.thread_count; i++)
		thread(j, w, w->sampler.threads[i]);
	json_end(j);
	source(j, w);
	json_end(j);
}

void why_json(const struct why *w, FILE *out)
{
	struct json j;
	json_init(&j, out);
	why_json_at(w, &j, NULL);
}
