#include "sched/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "meter/report.h"
#include "sched/account.h"

#define STDERR 2

static int report(struct runtime *rt, int fd, enum hob_report_form form)
{
	struct report *r = sys.alloc(sizeof *r);
	int err;

	if (!r)
		return -ENOMEM;
	r->ns = sys.now() - rt->origin.ns;
	r->scale = stamp_scale(rt->origin);
	r->cores = at_load(&rt->allowed, RELAXED);
	r->sites = &rt->sites;
	r->nlanes = lanes_since(r->lanes, rt->lanes, rt->nlanes);
	account_sum(rt, r->rows);
	err = report_write(r, fd, form);
	sys.free(r);
	return err;
}

int hob_task_times(struct hob_task_times *out)
{
	struct account a;
	int64_t life;

	if (!task_self())
		return -EPERM;
	a = account_self(&life);
	*out = (struct hob_task_times){ a.compute, a.wait, a.ready, a.held };
	return 0;
}

int hob_report(int fd, enum hob_report_form form)
{
	struct worker *w = worker_self();

	if (!w || !w->current)
		return -EPERM;
	if (form != HOB_REPORT_TEXT && form != HOB_REPORT_JSON)
		return -EINVAL;
	account_flush(w);
	return report(w->rt, fd, form);
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static void say(const char *what, const char *name)
{
	const char *parts[] = { "hob: HOB_REPORT: ", name, what };

	for (int i = 0; i < 3; i++)
		sys.write(STDERR, parts[i], strlen(parts[i]));
}

static void report_to_file(struct runtime *rt, const char *name)
{
	int fd = sys.open_mode(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	int err = fd;

	if (fd >= 0) {
		err = report(rt, fd, ends_in(name, ".json") ? HOB_REPORT_JSON : HOB_REPORT_TEXT);
		sys.close(fd);
	}
	if (err < 0)
		say(": the report cannot be written there\n", name);
}

void report_at_end(struct runtime *rt)
{
	const char *where = getenv("HOB_REPORT");

	if (!where || !*where || strcmp(where, "0") == 0)
		return;
	if (strcmp(where, "1") == 0)
		report(rt, STDERR, HOB_REPORT_TEXT);
	else if (strcmp(where, "json") == 0)
		report(rt, STDERR, HOB_REPORT_JSON);
	else
		report_to_file(rt, where);
}
