/* Other processes, and what the system tells this one: signals, changes of files. The contract of every call stands in
 * hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_PROCESS_H
#define HOB_PROCESS_H

#include <hob/task.h>
#include <sys/select.h> /* sigset_t, in strict C11 too */
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Children ------------------------------------------------------------------------------------------------------- */

#define HOB_CHILD_NULL (-1) /* /dev/null */

/* All zero but `argv` is the sane default. */
struct hob_child_options {
	const char *path; /* NULL: argv[0]. Without a slash it is searched in PATH */
	char *const *argv;
	char *const *envp; /* NULL: this process's */
	const char *cwd;   /* NULL: this process's */
	/* The child's descriptors 0, 1 and 2, made in this order: one of ours, HOB_CHILD_NULL, or 0 for our own of the
	 * same number. So error_fd = 1 is the shell's 2>&1. */
	int input_fd, output_fd, error_fd;
	int new_group; /* not 0: in a process group of its own, whose id is its pid */
};

/* Starts a process: 0 and its pid, which hob_child_wait (hob/wait.h) reaps; until then the pid is nobody else's, so
 * that kill(2) cannot hit a stranger. It inherits the descriptors that are not close on exec, no blocked signals, and
 * SIGPIPE by default. -ENOENT, -EACCES and the like where the program or directory cannot be had: then there is no
 * child. -ETIMEDOUT and -ECANCELED: nothing was started. Also -EAGAIN, -ENOMEM. [parks] */
HOB_API int hob_child_spawn(const struct hob_child_options *options, pid_t *pid, hob_time deadline);

/* Signals -------------------------------------------------------------------------------------------------------- */

/* Takes the next of the signals in the set that is sent to this process: 0, and what sigwaitinfo(2) tells in *info,
 * which may be NULL. The signals must be blocked in every thread: sigprocmask(2) before hob_run does it. Each is taken
 * by one waiter; one that comes while nobody waits is kept, as the kernel keeps it. -EMFILE, -ENOMEM and the like.
 * [parks] */
struct signalfd_siginfo;
HOB_API int hob_signal_wait(const sigset_t *set, struct signalfd_siginfo *info, hob_time deadline);

/* Changes of files: inotify(7) ------------------------------------------------------------------------------------- */

struct hob_inotify;
struct inotify_event;

HOB_API int hob_inotify_create(struct hob_inotify **out);
HOB_API void hob_inotify_destroy(struct hob_inotify *n); /* while nobody waits */

/* inotify_add_watch(2): the number of the watch. [parks] */
HOB_API int hob_inotify_add(struct hob_inotify *n, const char *path, uint32_t mask, hob_time deadline);
HOB_API int hob_inotify_remove(struct hob_inotify *n, int watch);

/* The next event, valid until the next call; one task at a time. IN_Q_OVERFLOW in its mask: some were lost before it.
 * [parks] */
HOB_API int hob_inotify_next(struct hob_inotify *n, const struct inotify_event **event, hob_time deadline);

#ifdef __cplusplus
}
#endif
#endif
