/* Finding the processes and threads of a tree, cheaply.
 *
 * /proc/loadavg ends in the number that was given to a process or thread last. While that does not change there is
 * nothing new on the whole machine, and one read says so; where it does, the few numbers between are looked at each by
 * itself. Where the file cannot be believed (a container's fake one does not count; we start a thread to see), or too
 * many are new, the whole of /proc is walked, seldom enough to be cheap. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbered.h"
#include "base/sys.h"
#include "look/file.h"
#include "look/stat.h"
#include "look/watch.h"

enum { NEW_MOST = 48, TIMELINES = 1000 };
#define WALK_EVERY 50000000 /* ns, where we cannot know what is new, and at the least */

static int append(void ***list, unsigned *count, unsigned *room, void *item)
{
	if (*count == *room) {
		unsigned more = *room ? 2 * *room : 16;
		void **bigger = sys.alloc(more * sizeof *bigger);
		if (!bigger)
			return -ENOMEM;
		if (*count)
			memcpy(bigger, *list, *count * sizeof *bigger);
		sys.free(*list);
		*list = bigger;
		*room = more;
	}
	(*list)[(*count)++] = item;
	return 0;
}

#define APPEND(s, what, n, item) append((void ***)&(s)->what##s, &(s)->what##_count, &(s)->what##_room, item)

static int stat_of(pid_t pid, struct look_stat *out)
{
	char path[32], text[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	ssize_t len = look_file(path, text, sizeof text);
	return len < 0 ? (int)len : look_stat_parse(text, (size_t)len, out);
}

/* Threads ---------------------------------------------------------------------------------------------------------- */

int look_add_thread(struct look_sampler *s, struct look_process *p, pid_t tid)
{
	if (look_index_get(&s->by_tid, tid))
		return 0;
	struct look_thread *t = sys.alloc(sizeof *t);
	int err = t ? append((void ***)&s->live, &s->live_count, &s->live_room, t) : -ENOMEM;
	if (!err) {
		err = append((void ***)&s->threads, &s->thread_count, &s->thread_room, t);
		s->live_count -= err != 0;
	}
	if (!err && (err = look_index_put(&s->by_tid, tid, t))) {
		s->live_count--;
		s->thread_count--;
	}
	if (err) {
		s->out_of_memory = true;
		sys.free(t);
		return err;
	}
	int64_t now = sys.now();
	t->process = p;
	t->tid = tid;
	t->threads = 1;
	t->schedstat = t->syscall = -EBADF;
	t->last_at = now;
	memcpy(t->name, p->name, sizeof t->name);
	if (s->thread_count <= TIMELINES)
		look_timeline_init(&t->timeline, s->start);
	t->old = s->walking_first;
	look_books_open(&t->books, now, &(struct look_counters){ 0 }, true);
	s->born++;
	s->unopened++;
	p->alive++;
	p->most = p->alive > p->most ? p->alive : p->most;
	return 0;
}

struct of_process {
	struct look_sampler *s;
	struct look_process *p;
};

static int add_one(void *arg, pid_t tid)
{
	struct of_process *o = arg;
	look_add_thread(o->s, o->p, tid);
	return 0;
}

static void add_all_threads(struct look_sampler *s, struct look_process *p)
{
	char path[40];
	struct of_process o = { s, p };
	snprintf(path, sizeof path, "/proc/%d/task", p->pid);
	each_numbered(path, add_one, &o);
}

/* Processes -------------------------------------------------------------------------------------------------------- */

int look_add_process(struct look_sampler *s, pid_t pid)
{
	struct look_process *old = look_index_get(&s->by_pid, pid);
	struct look_stat st;
	if (old && !old->ended)
		return 0;
	int err = stat_of(pid, &st);
	if (err || st.state == 'X')
		return err ? err : -ESRCH;
	struct look_process *p = sys.alloc(sizeof *p);
	err = p ? append((void ***)&s->processes, &s->process_count, &s->process_room, p) : -ENOMEM;
	if (!err && (err = look_index_put(&s->by_pid, pid, p)))
		s->process_count--;
	if (err) {
		s->out_of_memory = true;
		sys.free(p);
		return err;
	}
	p->pid = pid;
	p->parent = (pid_t)st.parent;
	p->born = st.start;
	p->code = st.code;
	p->stack = st.stack;
	p->start = sys.now();
	memcpy(p->name, st.name, sizeof p->name);
	int64_t cpu = sys.cpu_clock(pid);
	p->cpu = cpu > 0 ? cpu : 0;
	p->dead = look_dead_of(&st);
	p->old = s->walking_first;
	p->cpu_before = p->old ? p->cpu : 0;
	p->dead_before = p->old ? p->dead : 0;
	add_all_threads(s, p);
	return 0;
}

/* Is this number a thread or a process of ours? Its status says whose it is: "Tgid:" and "PPid:". */
static void consider(struct look_sampler *s, pid_t id)
{
	char path[32], text[512];
	uint64_t group, parent;
	snprintf(path, sizeof path, "/proc/%d/status", id);
	if (look_file(path, text, sizeof text) <= 0)
		return;
	const char *at = strstr(text, "\nTgid:"), *up = strstr(text, "\nPPid:");
	if (!at || !up)
		return;
	at += 6;
	up += 6;
	if (!look_number(&at, &group) || !look_number(&up, &parent))
		return;
	struct look_process *p = look_index_get(&s->by_pid, (pid_t)group);
	if (p && !p->ended)
		look_add_thread(s, p, id);
	else if (group == (uint64_t)id && (p = look_index_get(&s->by_pid, (pid_t)parent)) && !p->ended)
		look_add_process(s, id);
}

/* The walk --------------------------------------------------------------------------------------------------------- */

static int walk_one(void *arg, pid_t pid)
{
	struct look_sampler *s = arg;
	struct look_stat st;
	struct look_process *p = look_index_get(&s->by_pid, pid);
	if (p && !p->ended)
		return 0;
	if (!stat_of(pid, &st) && (p = look_index_get(&s->by_pid, (pid_t)st.parent)) && !p->ended &&
	    !look_add_process(s, pid))
		s->behind = true; /* its own children may have come earlier in the list */
	return 0;
}

static void walk(struct look_sampler *s)
{
	for (unsigned i = 0; i < s->process_count; i++) {
		struct look_process *p = s->processes[i];
		if (p->ended || p->active < p->listed) /* it has not run since */
			continue;
		p->listed = sys.now();
		add_all_threads(s, p);
	}
	for (int deep = 0; deep < 8; deep++) {
		s->behind = false;
		each_numbered("/proc", walk_one, s);
		if (!s->behind)
			break;
	}
}

static int read_last_id(const struct look_sampler *s, uint64_t *id)
{
	char text[128];
	ssize_t got = s->loadavg < 0 ? s->loadavg : sys.pread(s->loadavg, text, sizeof text - 1, 0);
	if (got <= 0)
		return got ? (int)got : -EPROTO;
	text[got] = '\0';
	const char *at = strrchr(text, ' ');
	return at && look_number(&at, id) ? 0 : -EPROTO;
}

static void *nothing(void *arg)
{
	return arg;
}

/* Does the number move when a thread is started? */
static bool ids_are_true(struct look_sampler *s)
{
	uint64_t before, after;
	pthread_t thread;
	if (read_last_id(s, &before) || sys.thread_create(&thread, nothing, NULL))
		return false;
	sys.thread_join(thread);
	return !read_last_id(s, &after) && after != before;
}

void look_find_first(struct look_sampler *s)
{
	s->loadavg = sys.open("/proc/loadavg", O_RDONLY);
	s->ids_known = ids_are_true(s);
	if (s->ids_known)
		read_last_id(s, &s->last_id);
	s->walking_first = !s->options.launched;
	look_add_process(s, s->root);
	if (!s->options.launched)
		walk(s);
	else
		s->last_id = (uint64_t)s->root; /* what it has started meanwhile is looked at one by one */
	s->walking_first = false;
}

bool look_find_news(struct look_sampler *s)
{
	s->newest = s->last_id;
	if (!s->ids_known || read_last_id(s, &s->newest))
		s->ids_known = false;
	return !s->ids_known || s->behind || s->newest != s->last_id;
}

/* A thread that forks has its clock wound up before its child gets a number, and we read the number before the clock: a
 * clock that stands still has no new child. */
void look_find(struct look_sampler *s, int64_t now, bool idle)
{
	uint64_t from = s->last_id;
	s->last_id = s->newest;
	if (idle && !s->behind)
		return;
	if (s->ids_known && !s->behind && s->newest > from && s->newest - from <= NEW_MOST) {
		for (uint64_t i = from + 1; i <= s->newest; i++)
			consider(s, (pid_t)i);
		return;
	}
	s->behind = true;
	if (now < s->next_walk)
		return;
	int64_t cost =
		sys.cpu_clock(0); /* ours: on a busy machine a walk takes long, and that is no reason to be blind */
	walk(s);
	cost = sys.cpu_clock(0) - cost;
	s->next_walk = now + (50 * cost > WALK_EVERY ? 50 * cost : WALK_EVERY);
	s->behind = false;
}
