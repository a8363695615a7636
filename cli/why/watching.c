/* What hob changes of itself to watch. */
#include "why/watching.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

static struct rlimit files; /* as they were */
static sigset_t mask;
static struct sigaction interrupt, quit;

int watching_begin(int launches)
{
	sigset_t told;
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	getrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ files.rlim_max, files.rlim_max }); /* two a thread */
	prctl(PR_SET_TIMERSLACK, 1000);
	sigaction(SIGINT, NULL, &interrupt);
	sigaction(SIGQUIT, NULL, &quit);
	sigemptyset(&told);
	sigaddset(&told, SIGTERM);
	sigaddset(&told, SIGHUP);
	if (launches) {
		sigaction(SIGINT, &ignore, NULL);
		sigaction(SIGQUIT, &ignore, NULL);
	} else {
		sigaddset(&told, SIGINT);
	}
	sigprocmask(SIG_BLOCK, &told, &mask);
	int fd = signalfd(-1, &told, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

void watching_undo(void)
{
	setrlimit(RLIMIT_NOFILE, &files);
	prctl(PR_SET_TIMERSLACK, 0); /* back to the default */
	sigaction(SIGINT, &interrupt, 0);
	sigaction(SIGQUIT, &quit, 0);
	sigprocmask(SIG_SETMASK, &mask, 0);
}
