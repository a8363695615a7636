/* A process and all that descends from it, at one instant.
 *
 * An instant answers what sums over time cannot: it counts threads of any age, also those that end before a second
 * look, and a thread that queues for a core counts at once, whatever the machine does meanwhile. Averaged over many
 * looks the count is the demand for cores. */
#include "look/tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/numbered.h"
#include "base/sys.h"
#include "look/file.h"

/* What we take from /proc/PID/stat. */
struct stat_line {
	char state;
	uint64_t group, threads, rss_pages;
};

static int read_stat(const char *path, struct stat_line *out)
{
	char text[1024];
	ssize_t len = look_file(path, text, sizeof text);
	if (len < 0)
		return (int)len;
	/* Field 2 is the program's own name in parentheses, with any byte inside: parse behind the last one. */
	const char *at = memrchr(text, ')', (size_t)len);
	if (!at || at[1] != ' ' || !at[2])
		return -EPROTO;
	at += 2;
	*out = (struct stat_line){ .state = *at++ };
	for (int field = 4; field <= 24; field++) {
		uint64_t value;
		bool negative = at[0] == ' ' && at[1] == '-';
		at += negative ? 2 : 0;
		if (!look_number(&at, &value))
			return -EPROTO;
		if (negative)
			value = 0;
		if (field == 5)
			out->group = value;
		else if (field == 20)
			out->threads = value;
		else if (field == 24)
			out->rss_pages = value;
	}
	return 0;
}

static void count_process(struct look_tree *t, const struct stat_line *s)
{
	if (s->state == 'Z' || s->state == 'X')
		return;
	t->processes++;
	t->rss_bytes += s->rss_pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void count_thread(struct look_tree *t, char state)
{
	if (state == 'Z' || state == 'X')
		return;
	t->threads++;
	t->runnable += state == 'R';
}

/* The walk -------------------------------------------------------------------------------------------------------- */

struct walk {
	struct look_tree *tree;
	pid_t pids[LOOK_TREE_MAX]; /* found so far; those before `next` are counted */
	unsigned found, next;
};

static void find(struct walk *w, uint64_t pid)
{
	if (w->found < LOOK_TREE_MAX && pid > 0 && pid <= INT32_MAX)
		w->pids[w->found++] = (pid_t)pid;
}

/* The children that one thread has started. -ENOENT where the kernel lacks CONFIG_PROC_CHILDREN, or the thread is
 * gone. */
static int find_children(struct walk *w, pid_t pid, pid_t tid)
{
	char path[64], text[4096];
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
	ssize_t len = look_file(path, text, sizeof text);
	if (len < 0)
		return (int)len;
	uint64_t child;
	for (const char *at = text; look_number(&at, &child);)
		if (*at == ' ' || (size_t)len < sizeof text - 1) /* else the number may be cut */
			find(w, child);
	return 0;
}

struct threads {
	struct walk *walk;
	pid_t pid;
};

static int count_one_thread(void *arg, pid_t tid)
{
	struct threads *t = arg;
	struct stat_line s;
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", t->pid, tid);
	if (!read_stat(path, &s))
		count_thread(t->walk->tree, s.state);
	find_children(t->walk, t->pid, tid);
	return 0;
}

/* -ENOTSUP where the process lives but its children cannot be listed. */
static int count_one_process(struct walk *w, pid_t pid)
{
	struct stat_line s;
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	int err = read_stat(path, &s);
	if (err)
		return err;
	count_process(w->tree, &s);
	if (s.threads > 1) {
		struct threads t = { .walk = w, .pid = pid };
		snprintf(path, sizeof path, "/proc/%d/task", pid);
		return each_numbered(path, count_one_thread, &t);
	}
	count_thread(w->tree, s.state);
	err = find_children(w, pid, pid);
	return err == -ENOENT && s.state != 'Z' && s.state != 'X' && !read_stat(path, &s) ? -ENOTSUP : 0;
}

/* Without lists of children: everything in the group -------------------------------------------------------------- */

struct group {
	struct look_tree *tree;
	pid_t id;
};

static int count_if_member(void *arg, pid_t pid)
{
	struct group *g = arg;
	struct stat_line s;
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if (read_stat(path, &s) || s.group != (uint64_t)g->id)
		return 0;
	count_process(g->tree, &s);
	if (s.threads > 1 && s.state == 'R')
		for (uint64_t i = 1; i < s.threads && i < 1024; i++)
			count_thread(g->tree, 'R'); /* not worth a look at each */
	count_thread(g->tree, s.state);
	return 0;
}

int look_tree(pid_t root, struct look_tree *out)
{
	*out = (struct look_tree){ 0 };
	struct walk *w = sys.alloc(sizeof *w);
	if (!w)
		return -ENOMEM;
	w->tree = out;
	find(w, (uint64_t)root);
	int first = 0;
	while (w->next < w->found) {
		int err = count_one_process(w, w->pids[w->next]);
		if (w->next++ == 0)
			first = err;
		if (err == -ENOTSUP) {
			struct group g = { .tree = out, .id = root };
			*out = (struct look_tree){ 0 };
			first = each_numbered("/proc", count_if_member, &g);
			break;
		}
	}
	sys.free(w);
	return first < 0 ? (first == -ENOENT ? -ESRCH : first) : 0;
}
