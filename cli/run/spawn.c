/* Starting a process. */
#include "run/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

extern char **environ;

/* 0, or why this file cannot be run. */
static int runnable(const char *path)
{
	struct stat s;
	if (stat(path, &s))
		return -errno;
	if (!S_ISREG(s.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? -errno : 0;
}

int spawn_find(const char *command, char path[PATH_MAX])
{
	if (!*command || strlen(command) >= PATH_MAX)
		return EXIT_NOT_FOUND;
	if (strchr(command, '/')) {
		int err = runnable(strcpy(path, command));
		return !err ? 0 : err == -ENOENT || err == -ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT;
	}
	const char *dirs = getenv("PATH");
	int status = EXIT_NOT_FOUND;
	if (!dirs)
		dirs = "/bin:/usr/bin"; /* what execvp takes */
	for (const char *dir = dirs, *end; dir; dir = *end ? end + 1 : NULL) {
		end = strchrnul(dir, ':');
		int len = (int)(end - dir);
		if (snprintf(path, PATH_MAX, "%.*s/%s", len ? len : 1, len ? dir : ".", command) >= PATH_MAX)
			continue;
		int err = runnable(path);
		if (!err)
			return 0;
		if (err == -EACCES)
			status = EXIT_CANNOT;
	}
	return status;
}

/* GNU parallel's names; the first is how orphans of a job are known, too. */
static const char *const names[] = { "PARALLEL_SEQ", "PARALLEL_JOBSLOT", "PARALLEL_PID" };

enum { TOLD = sizeof names / sizeof *names };

/* Is it a variable that we set? */
static bool is_told(const char *variable)
{
	for (int i = 0; i < TOLD; i++) {
		size_t len = strlen(names[i]);
		if (!strncmp(variable, names[i], len) && variable[len] == '=')
			return true;
	}
	return false;
}

static int environment_init(struct spawner *s)
{
	size_t count = 0;
	while (environ && environ[count])
		count++;
	s->env = calloc(count + TOLD + 1, sizeof *s->env);
	if (!s->env)
		return -ENOMEM;
	char **to = s->env;
	for (int i = 0; i < TOLD; i++)
		*to++ = s->told[i];
	for (size_t i = 0; i < count; i++)
		if (!is_told(environ[i]))
			*to++ = environ[i];
	return 0;
}

static void tell(struct spawner *s, const struct spawn_job *job)
{
	const size_t values[TOLD] = { job->number, job->slot, (size_t)getpid() };
	for (int i = 0; i < TOLD; i++)
		snprintf(s->told[i], sizeof s->told[i], "%s=%zu", names[i], values[i]);
}

int spawner_init(struct spawner *s, const char *found, const sigset_t *mask, const sigset_t *defaults)
{
	s->found = found ? strcpy(s->path, found) : NULL;
	if (environment_init(s))
		return -ENOMEM;
	s->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (s->null < 0)
		return -errno;
	int err = posix_spawnattr_init(&s->attr);
	if (err) {
		close(s->null);
		return -err;
	}
	posix_spawnattr_setpgroup(&s->attr, 0);
	posix_spawnattr_setsigmask(&s->attr, mask);
	posix_spawnattr_setsigdefault(&s->attr, defaults);
	posix_spawnattr_setflags(&s->attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return 0;
}

void spawner_finish(struct spawner *s)
{
	posix_spawnattr_destroy(&s->attr);
	close(s->null);
	free(s->env);
}

void plumbing_finish(struct plumbing *p)
{
	if (p->made)
		posix_spawn_file_actions_destroy(&p->actions);
	p->made = false;
}

static int plumb(struct plumbing *p, const struct spawner *s, const struct files *f)
{
	posix_spawn_file_actions_t *a = &p->actions;
	if (p->made && f->fd[0] == p->files.fd[0] && f->fd[1] == p->files.fd[1] && f->in == p->files.in)
		return 0;
	plumbing_finish(p);
	int err = posix_spawn_file_actions_init(a);
	if (err)
		return err;
	p->made = true;
	p->files = *f;
	char input[40]; /* opened afresh, it is read from its start */
	snprintf(input, sizeof input, "/proc/self/fd/%d", f->in);
	err = f->in >= 0 ? posix_spawn_file_actions_addopen(a, STDIN_FILENO, input, O_RDONLY, 0)
			 : posix_spawn_file_actions_adddup2(a, s->null, STDIN_FILENO);
	for (int i = 0; i < 2 && !err; i++) {
		char path[40];
		snprintf(path, sizeof path, "/proc/self/fd/%d", f->fd[i]);
		err = f->by_path ? posix_spawn_file_actions_addopen(a, STDOUT_FILENO + i, path, O_WRONLY | O_APPEND, 0)
				 : posix_spawn_file_actions_adddup2(a, f->fd[i], STDOUT_FILENO + i);
	}
	if (err)
		plumbing_finish(p);
	return err;
}

/* A script that does not say whose it is: a shell's, as execvp has it. */
static int spawn_script(const struct spawner *s, const char *path, char **argv, posix_spawn_file_actions_t *a,
			pid_t *pid)
{
	size_t words = 0;
	while (argv[words])
		words++;
	char sh[] = "sh", **with = calloc(words + 2, sizeof *with);
	if (!with)
		return ENOMEM;
	with[0] = sh;
	with[1] = (char *)(uintptr_t)path;
	memcpy(with + 2, argv + 1, words * sizeof *with); /* with the NULL at the end */
	int err = posix_spawn(pid, "/bin/sh", a, &s->attr, with, s->env);
	free(with);
	return err;
}

int spawn(struct spawner *s, const struct spawn_job *job, const struct files *f, struct plumbing *p, pid_t *pid)
{
	char own[PATH_MAX];
	const char *path = s->found;
	if (!path) {
		int status = spawn_find(job->argv[0], own);
		if (status)
			return status == EXIT_NOT_FOUND ? -ENOENT : -EACCES;
		path = own;
	}
	tell(s, job);
	int err = plumb(p, s, f);
	if (!err)
		err = posix_spawn(pid, path, &p->actions, &s->attr, job->argv, s->env);
	if (err == ENOEXEC)
		err = spawn_script(s, path, job->argv, &p->actions, pid);
	return -err;
}
