/* Signals are read by a task, as everything else is.
 *
 * The first of SIGINT, SIGTERM and SIGHUP lets the running jobs end, the second ends them, the third leaves at once.
 * SIGUSR1 and SIGUSR2 ask for one more at once and for one fewer, as with GNU xargs.
 * SIGTSTP stops the jobs too: they are in process groups of their own, so the terminal does not do it. */
#include "run/signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "command.h"
#include "run/run.h"
#include "run/steer.h"

static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGUSR1, SIGUSR2 };

/* A write answers EPIPE or EFBIG instead. */
static const int answered[] = { SIGPIPE, SIGXFSZ };

int signals_init(struct signals *s)
{
	sigset_t set;
	struct sigaction now;
	sigemptyset(&set);
	for (unsigned i = 0; i < sizeof watched / sizeof *watched; i++)
		if (!sigaction(watched[i], NULL, &now) && now.sa_handler != SIG_IGN) /* nohup, and & of a script */
			sigaddset(&set, watched[i]);
	sigprocmask(SIG_BLOCK, &set, &s->mask);

	sigemptyset(&s->defaults);
	for (unsigned i = 0; i < sizeof answered / sizeof *answered; i++) {
		if (!sigaction(answered[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(&s->defaults, answered[i]);
		signal(answered[i], SIG_IGN);
	}
	signal(SIGCHLD, SIG_DFL); /* ignored, it would reap our jobs unseen */

	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->fd < 0 ? -errno : 0;
}

static void stop_and_continue(struct run *r)
{
	output_progress(&r->output, NULL);
	run_signal_jobs(r, SIGTSTP);
	kill(getpid(), SIGSTOP);
	run_signal_jobs(r, SIGCONT);
}

static void interrupt(struct run *r, int sig)
{
	bool first = !r->interrupted;
	r->interrupted = sig;
	if (r->killing) {
		tree_kill(&(struct tree_of){ 0 });
		_exit(EXIT_SIGNAL + sig);
	}
	if (!first) {
		output_say(&r->output, "ending %u running job%s", r->alive, r->alive == 1 ? "" : "s");
		run_kill(r);
		return;
	}
	run_stop(r);
	if (r->alive)
		output_say(&r->output, "%s: waiting for %u running job%s; once more ends %s",
			   sig == SIGINT ? "interrupted" : "told to stop", r->alive, r->alive == 1 ? "" : "s",
			   r->alive == 1 ? "it" : "them");
}

int signals_task(void *run)
{
	struct run *r = run;
	for (;;) {
		struct signalfd_siginfo info;
		ssize_t got = hob_read(r->signals.fd, &info, sizeof info, HOB_NEVER);
		if (got != sizeof info)
			return 0; /* the pile has ended */
		if (info.ssi_signo == SIGTSTP)
			stop_and_continue(r);
		else if (info.ssi_signo == SIGUSR1 || info.ssi_signo == SIGUSR2)
			steer_by(r, info.ssi_signo == SIGUSR1 ? 1 : -1);
		else
			interrupt(r, (int)info.ssi_signo);
	}
}
