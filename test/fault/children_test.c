/* Faults under children, signals and watches: no child is lost, none is waited for twice, no signal is taken twice. */
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

#include "fault/inject.h"

static int a_child(void *arg)
{
	struct hob_child_options o = { .argv = (char *[]){ "true", NULL }, .output_fd = HOB_CHILD_NULL };
	int status = -1;
	pid_t pid;

	(void)arg;
	if (!done(hob_child_spawn(&o, &pid, HOB_NEVER)))
		return 0;
	if (!done(hob_child_wait(pid, &status, NULL, HOB_NEVER))) { /* it is there still, and may be waited for again */
		faults_off();
		CHECK_EQ(hob_child_wait(pid, &status, NULL, HOB_NEVER), 0);
	}
	CHECK_EQ(status, 0);
	return 0;
}

static int a_signal(void *arg)
{
	struct signalfd_siginfo info = { 0 };
	struct hob_scope *s;
	sigset_t set;
	int r;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (!done(hob_scope_create(&s)))
		return 0;
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	if (!done(hob_signal_wait(&set, &info, HOB_NEVER))) {
		faults_off();
		CHECK_EQ(hob_signal_wait(&set, &info, HOB_NEVER), 0); /* it was kept */
	}
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	r = hob_signal_wait(&set, NULL, hob_after(20 * HOB_US));
	CHECK(r == -ETIMEDOUT || !done(r));
	hob_scope_destroy(s);
	return 0;
}

static char folder[] = "/tmp/hob-fault-XXXXXX";

static int a_watch(void *arg)
{
	const struct inotify_event *e;
	struct hob_inotify *n;
	char file[64];
	int watch, r;

	(void)arg;
	snprintf(file, sizeof file, "%s/file", folder);
	if (!done(hob_inotify_create(&n)))
		return 0;
	watch = hob_inotify_add(n, folder, IN_CREATE, HOB_NEVER);
	if (done(watch)) {
		close(open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
		r = hob_inotify_next(n, &e, HOB_NEVER);
		if (!done(r)) {
			faults_off();
			CHECK_EQ(hob_inotify_next(n, &e, HOB_NEVER), 0); /* the event was kept */
		}
		CHECK(e->mask == IN_CREATE && strcmp(e->name, "file") == 0);
		unlink(file);
		done(hob_inotify_remove(n, watch));
	}
	hob_inotify_destroy(n);
	return 0;
}

int main(void)
{
	struct hob_options plain = { 0 };
	sigset_t set;

	faults_start();
	CHECK(mkdtemp(folder));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	fault_tasks("a child", a_child, plain, 3, 50);
	fault_tasks("a signal", a_signal, plain, 3, 100);
	fault_tasks("a watch", a_watch, plain, 3, 100);
	rmdir(folder);
	return faults_done();
}
