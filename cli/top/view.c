#include "top/view.h"

#include <errno.h>
#include <hob/task.h>
#include <stdlib.h>
#include <string.h>

#include "show/quote.h"
#include "show/json.h"

static int count_task(void *arg, const struct look_task *t)
{
	struct view *v = arg;
	struct view_site *s = &v->sites[t->site];

	s->now[t->state]++;
	v->now[t->state]++;
	if (t->state == LOOK_TASK_COMPUTE)
		s->compute += (double)t->for_ns;
	if (t->state == LOOK_TASK_WAIT) {
		s->why[t->why]++;
		v->why[t->why]++;
	}
	return 0;
}

static void count_workers(struct view *v, const struct look_hob *h)
{
	for (unsigned i = 0; i < h->nworkers; i++) {
		const struct look_worker *w = &h->workers[i];

		if (w->spare) {
			v->spares++;
			v->spares_running += w->current != 0;
		} else {
			v->relieved += w->deposed;
			v->held += w->held;
			v->running += w->current && !w->held;
			v->asleep += !w->current;
		}
	}
}

static void sum_up(struct view *v, const struct look_page *p, const struct look_hob *h, struct look_native *n,
		   const struct view *before)
{
	double ns = before && v->at > before->at ? (double)(v->at - before->at) : 0;

	v->cores = ns > 0 ? 0 : -1;
	for (unsigned i = 0; i < v->nsites; i++) {
		struct view_site *s = &v->sites[i];

		s->ended = h->sites[i].ended;
		s->compute += (double)h->sites[i].compute;
		s->cores = ns > 0 ? (s->compute - before->sites[i].compute) / ns : -1;
		if (ns > 0 && s->cores < 0)
			s->cores = 0;
		if (!s->ended && !s->now[0] && !s->now[1] && !s->now[2] && !s->now[3])
			continue;
		v->ended += (double)s->ended;
		v->cores += ns > 0 ? s->cores : 0;
		v->order[v->nused++] = i;
		if (h->sites[i].fn)
			top_name(n, h->sites[i].fn, s->task, sizeof s->task);
		else
			snprintf(s->task, sizeof s->task, "(others)");
		top_caller(n, h->sites[i].caller, s->caller, sizeof s->caller);
	}
	for (unsigned i = 0; i < v->nwhys; i++)
		memcpy(v->whys[i], p->head.why[i], sizeof v->whys[i]);
}

static const struct view *sorted; /* by qsort, which takes no argument more */

static int by_weight(const void *a, const void *b)
{
	const struct view_site *x = &sorted->sites[*(const unsigned *)a], *y = &sorted->sites[*(const unsigned *)b];
	double d = y->cores - x->cores;

	if (d > -0.005 && d < 0.005)
		d = (double)(y->now[0] + y->now[1] + y->now[2] + y->now[3]) -
		    (double)(x->now[0] + x->now[1] + x->now[2] + x->now[3]);
	if (d == 0)
		d = y->compute - x->compute;
	return d < 0 ? -1 : d > 0;
}

int view_take(struct view *v, const struct look_page *p, struct look_native *n, const struct view *before)
{
	struct look_hob h;
	int err;

	*v = (struct view){ .at = hob_now(), .address = p->head.address, .nwhys = p->head.whys };
	err = look_hob_read(p, &h);
	if (err)
		return err;
	v->allowed = h.allowed;
	v->nsites = h.nsites;
	v->sites = calloc(h.nsites, sizeof *v->sites);
	v->order = calloc(h.nsites, sizeof *v->order);
	err = v->sites && v->order ? look_tasks(p, &h, count_task, v) : -ENOMEM;
	v->partly = err == -EPERM;
	if (!err || v->partly) {
		err = 0;
		count_workers(v, &h);
		sum_up(v, p, &h, n,
		       before && before->nsites == v->nsites && before->address == v->address ? before : NULL);
		sorted = v;
		qsort(v->order, v->nused, sizeof *v->order, by_weight);
	}
	look_hob_free(&h);
	if (err)
		view_free(v);
	return err;
}

void view_free(struct view *v)
{
	free(v->sites);
	free(v->order);
	*v = (struct view){ 0 };
}

unsigned view_workers(const struct view *v)
{
	return v->running + v->held + v->asleep;
}

const char *view_main_why(const struct view *v, const unsigned why[PAGE_WHYS])
{
	unsigned most = 0;

	for (unsigned i = 1; i < v->nwhys; i++)
		if (why[i] > why[most])
			most = i;
	return why[most] ? v->whys[most] : "-";
}

/* Text ------------------------------------------------------------------------------------------------------------- */

static void put_reasons(const struct view *v, FILE *out)
{
	bool done[PAGE_WHYS] = { false };

	fprintf(out, "wait for ");
	for (int rank = 0; rank < 6; rank++) {
		unsigned most = PAGE_WHYS;

		for (unsigned i = 0; i < v->nwhys; i++)
			if (!done[i] && v->why[i] && (most == PAGE_WHYS || v->why[i] > v->why[most]))
				most = i;
		if (most == PAGE_WHYS) {
			fprintf(out, "%s", rank ? "" : "nothing");
			break;
		}
		done[most] = true;
		fprintf(out, "%s%s (%u)", rank ? ", " : "", v->whys[most], v->why[most]);
	}
	fputc('\n', out);
}

/* For what stands right of the numbers. */
static unsigned room_of(unsigned columns)
{
	return columns > 70 ? columns - 60 : 10;
}

static void put_site(const struct view *v, const struct view_site *s, FILE *out, unsigned columns)
{
	char cores[16] = "-", line[2 * TOP_NAME + 4];
	unsigned room = room_of(columns);

	if (s->cores >= 0)
		snprintf(cores, sizeof cores, "%.2f", s->cores);
	snprintf(line, sizeof line, "%s, %s", s->task, s->caller);
	fprintf(out, "%7u %6u %6u %7u %6s %10lld  %-9s ", s->now[LOOK_TASK_COMPUTE], s->now[LOOK_TASK_HELD],
		s->now[LOOK_TASK_READY], s->now[LOOK_TASK_WAIT], cores, (long long)s->ended, view_main_why(v, s->why));
	if (strlen(line) > room)
		line[room] = '\0';
	quote_put(out, line);
	fputc('\n', out);
}

void view_text(const struct view *v, FILE *out, unsigned columns, unsigned lines)
{
	unsigned above = v->spares ? 8 : 7, shown = lines > above ? lines - above : 1;

	fprintf(out, "tasks    %u: %u compute, %u wait, %u ready, %u held; %.0f have ended\n",
		v->now[0] + v->now[1] + v->now[2] + v->now[3], v->now[LOOK_TASK_COMPUTE], v->now[LOOK_TASK_WAIT],
		v->now[LOOK_TASK_READY], v->now[LOOK_TASK_HELD], v->ended);
	if (v->cores >= 0)
		fprintf(out, "cores    %.2f of %u\n", v->cores, v->allowed);
	fprintf(out, "workers  %u: %u run a task, %u held, %u sleep; %u have a stand-in\n", view_workers(v), v->running,
		v->held, v->asleep, v->relieved);
	if (v->spares)
		fprintf(out, "stand-ins %u: %u run a task\n", v->spares, v->spares_running);
	put_reasons(v, out);
	if (v->partly)
		fprintf(out, "not all tasks are shown: some lie where only who may trace it can look\n");
	fprintf(out, "\n%7s %6s %6s %7s %6s %10s  %-9s %.*s\n", "compute", "held", "ready", "wait", "cores", "ended",
		"waits for", (int)room_of(columns), "task, spawned by");
	for (unsigned i = 0; i < v->nused && i < shown; i++)
		put_site(v, &v->sites[v->order[i]], out, columns);
	if (v->nused > shown)
		fprintf(out, "and %u more\n", v->nused - shown);
}

/* JSON ------------------------------------------------------------------------------------------------------------- */

static void json_states(struct json *j, const struct view *v, const unsigned now[LOOK_TASK_STATES],
			const unsigned why[PAGE_WHYS])
{
	for (int s = 0; s < LOOK_TASK_STATES; s++)
		json_int(j, look_task_state_name((enum look_task_state)s), now[s]);
	json_object(j, "waits");
	for (unsigned i = 0; i < v->nwhys; i++)
		if (why[i])
			json_int(j, v->whys[i], why[i]);
	json_end(j);
}

void view_json(const struct view *v, FILE *out)
{
	struct json j;

	json_init(&j, out);
	json_object(&j, NULL);
	json_int(&j, "workers", view_workers(v));
	json_int(&j, "workers_running", v->running);
	json_int(&j, "workers_asleep", v->asleep);
	json_int(&j, "workers_held", v->held);
	json_int(&j, "workers_relieved", v->relieved);
	json_int(&j, "stand_ins", v->spares);
	json_int(&j, "stand_ins_running", v->spares_running);
	json_int(&j, "cores", v->allowed);
	json_bool(&j, "partly", v->partly);
	json_double(&j, "ended", v->ended);
	json_states(&j, v, v->now, v->why);
	json_array(&j, "sites");
	for (unsigned i = 0; i < v->nused; i++) {
		const struct view_site *s = &v->sites[v->order[i]];

		json_object(&j, NULL);
		json_string(&j, "task", s->task);
		json_string(&j, "spawned_by", s->caller);
		json_int(&j, "ended", s->ended);
		json_double(&j, "compute_s", s->compute / 1e9);
		json_states(&j, v, s->now, s->why);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
}
