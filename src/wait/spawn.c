/* Starting a process. posix_spawn(3), so there is no fork of a process with threads; on a thread, since its caller
 * sleeps until the child has its program. */
#include <errno.h>
#include <fcntl.h>
#include <hob/process.h>
#include <hob/wait.h>
#include <spawn.h>
#include <unistd.h>

#include "base/sys.h"

struct start {
	const struct hob_child_options *o;
	pid_t pid;
};

static int plumb(posix_spawn_file_actions_t *actions, const struct hob_child_options *o)
{
	int fds[] = { o->input_fd, o->output_fd, o->error_fd }, err = 0;

	for (int i = 0; i < 3 && !err; i++) {
		if (fds[i] == HOB_CHILD_NULL)
			err = posix_spawn_file_actions_addopen(actions, i, "/dev/null", i ? O_WRONLY : O_RDONLY, 0);
		else if (fds[i]) /* the same number too: that clears close on exec */
			err = posix_spawn_file_actions_adddup2(actions, fds[i], i);
	}
	if (!err && o->cwd)
		err = posix_spawn_file_actions_addchdir_np(actions, o->cwd);
	return err;
}

static int manner(posix_spawnattr_t *attr, const struct hob_child_options *o)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, defaults;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &defaults);
	if (o->new_group)
		flags |= POSIX_SPAWN_SETPGROUP; /* group 0, which is its own: what the attributes begin with */
	return posix_spawnattr_setflags(attr, flags);
}

static int start(void *arg)
{
	struct start *s = arg;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int err;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawnattr_init(&attr);
	if (!err) {
		err = plumb(&actions, s->o);
		if (!err)
			err = manner(&attr, s->o);
		err = err ? -err
			  : sys.spawn(&s->pid, s->o->path ? s->o->path : s->o->argv[0], &actions, &attr, s->o->argv,
				      s->o->envp ? s->o->envp : environ);
		posix_spawnattr_destroy(&attr);
	} else {
		err = -err;
	}
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

int hob_child_spawn(const struct hob_child_options *options, pid_t *pid, hob_time deadline)
{
	struct start s = { .o = options };
	int err;

	if (!options->argv || !options->argv[0])
		return -EINVAL;
	if (options->input_fd < -1 || options->output_fd < -1 || options->error_fd < -1)
		return -EBADF;
	err = hob_blocking(start, &s, deadline);
	if (!err)
		*pid = s.pid;
	return err;
}
