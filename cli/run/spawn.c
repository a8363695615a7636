/* Where a command is, and what its jobs are told by their environment. */
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
#include "run/launch.h"

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
	s->pid = getpid();
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
	const size_t values[TOLD] = { job->number, job->slot, (size_t)s->pid };
	for (int i = 0; i < TOLD; i++)
		snprintf(s->told[i], sizeof s->told[i], "%s=%zu", names[i], values[i]);
}

int spawner_init(struct spawner *s, const char *found, const sigset_t *mask, const sigset_t *defaults)
{
	s->found = found ? strcpy(s->path, found) : NULL;
	s->mask = *mask;
	s->defaults = *defaults;
	if (environment_init(s))
		return -ENOMEM;
	s->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return s->null < 0 ? -errno : 0;
}

void spawner_finish(struct spawner *s)
{
	close(s->null);
	free(s->env);
}

/* A script that does not say whose it is: a shell's, as execvp has it. */
static int spawn_script(struct launch *l, pid_t *pid, int *pidfd)
{
	char **argv = l->argv;
	size_t words = 0;
	while (argv[words])
		words++;
	char sh[] = "sh", **with = calloc(words + 2, sizeof *with);
	if (!with)
		return -ENOMEM;
	with[0] = sh;
	with[1] = (char *)(uintptr_t)l->path;
	memcpy(with + 2, argv + 1, words * sizeof *with); /* with the NULL at the end */
	l->path = "/bin/sh";
	l->argv = with;
	int err = launch(l, pid, pidfd);
	free(with);
	return err;
}

int spawn(struct spawner *s, const struct spawn_job *job, const struct files *f, pid_t *pid, int *pidfd)
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
	int appends = f->by_path ? O_WRONLY | O_APPEND : -1;
	struct launch l = {
		.path = path,
		.argv = job->argv,
		.env = s->env,
		.fd = { f->in >= 0 ? f->in : s->null, f->fd[0], f->fd[1] },
		.afresh = { f->in >= 0 ? O_RDONLY : -1, appends, appends }, /* so its input is read from the start */
		.mask = s->mask,
		.resets = s->defaults,
	};
	int err = launch(&l, pid, pidfd);
	return err == -ENOEXEC ? spawn_script(&l, pid, pidfd) : err;
}
