/* The processes that descend from jobs, wherever they have gone.
 *
 * One look through /proc knows each process's parent and group. What is to be signalled is found from there: children
 * of what was found already are found too, until there are no more. It is done only where something is to be ended, so
 * that it may be slow, some microseconds a process. */
#include "run/tree.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 100, ENVIRONMENT_MAX = 256 * 1024 };

struct process {
	pid_t pid, parent, group;
	bool alive, ours;
};

struct snapshot {
	struct process *list;
	size_t count, room;
};

void tree_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* The whole of a file of /proc, ended by a NUL; -1 where the process is gone or not to be read. */
static ssize_t read_proc(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	size_t len = 0;
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (ssize_t got; len < size - 1 && (got = read(fd, buf + len, size - 1 - len)) > 0;)
		len += (size_t)got;
	close(fd);
	buf[len] = '\0';
	return (ssize_t)len;
}

static bool look(pid_t pid, struct process *p)
{
	char stat[512], state;
	int parent, group;
	if (read_proc(pid, "stat", stat, sizeof stat) <= 0)
		return false;
	const char *name_end = strrchr(stat, ')'); /* the name may hold anything */
	if (!name_end || sscanf(name_end + 1, " %c %d %d", &state, &parent, &group) != 3)
		return false;
	*p = (struct process){ pid, parent, group, state != 'Z' && state != 'X', false };
	return true;
}

static void look_at_all(struct snapshot *s)
{
	DIR *proc = opendir("/proc");
	s->count = 0;
	for (struct dirent *e; proc && (e = readdir(proc));) {
		if (!isdigit((unsigned char)*e->d_name))
			continue;
		if (s->count == s->room) {
			size_t room = s->room ? 2 * s->room : 256;
			struct process *list = realloc(s->list, room * sizeof *list);
			if (!list)
				break;
			s->list = list;
			s->room = room;
		}
		s->count += look((pid_t)atoi(e->d_name), &s->list[s->count]);
	}
	if (proc)
		closedir(proc);
}

/* Does the environment that a process was started with say that it is of this job? */
static bool says_so(pid_t pid, size_t number)
{
	char ours[40], job[40];
	char *environment = malloc(ENVIRONMENT_MAX);
	ssize_t len = environment ? read_proc(pid, "environ", environment, ENVIRONMENT_MAX) : -1;
	bool is_ours = false, is_job = false;
	snprintf(ours, sizeof ours, "PARALLEL_PID=%d", (int)getpid());
	snprintf(job, sizeof job, "PARALLEL_SEQ=%zu", number);
	for (char *v = environment; len > 0 && v < environment + len; v += strlen(v) + 1) {
		is_ours |= !strcmp(v, ours);
		is_job |= !strcmp(v, job);
	}
	free(environment);
	return is_ours && is_job;
}

/* Of that which needs no look at others. */
static bool begins(const struct process *p, const struct tree_of *whose)
{
	if (!whose->pid)
		return p->parent == getpid();
	return p->pid == whose->pid || p->group == whose->pid ||
	       (p->parent == getpid() && says_so(p->pid, whose->number));
}

static bool parent_is_ours(const struct snapshot *s, pid_t parent)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].pid == parent)
			return s->list[i].ours;
	return false;
}

static void find(struct snapshot *s, const struct tree_of *whose)
{
	look_at_all(s);
	for (size_t i = 0; i < s->count; i++)
		s->list[i].ours = begins(&s->list[i], whose);
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < s->count; i++) {
			struct process *p = &s->list[i];
			if (p->ours || !parent_is_ours(s, p->parent))
				continue;
			p->ours = more = true;
		}
	}
}

size_t tree_signal(const struct tree_of *whose, int sig)
{
	struct snapshot s = { 0 };
	size_t n = 0;
	find(&s, whose);
	for (size_t i = 0; i < s.count; i++) {
		if (!s.list[i].ours || !s.list[i].alive)
			continue;
		n++;
		if (sig)
			kill(s.list[i].pid, sig);
	}
	free(s.list);
	return n;
}

void tree_kill(const struct tree_of *whose)
{
	for (int round = 0; round < ROUNDS && tree_signal(whose, SIGKILL); round++)
		nanosleep(&(struct timespec){ .tv_nsec = round < 10 ? 200000 : 5000000 }, NULL);
}

void tree_reap(bool (*is_job)(void *arg, pid_t pid), void *arg)
{
	for (siginfo_t info = { 0 }; !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
	     info.si_pid = 0)
		if (is_job(arg, info.si_pid) || waitpid(info.si_pid, NULL, WNOHANG) <= 0)
			return; /* that one is waited for elsewhere, and hides the others until then */
}
