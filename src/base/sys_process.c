/* The real calls that make processes, share memory with them, confine and watch them. As thin as those of sys.c. */
#include "base/sys_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static long answer(long r)
{
	return r < 0 ? -errno : r;
}

pid_t real_fork(void)
{
	return (pid_t)answer(fork());
}

void real_exit_now(int status)
{
	_exit(status);
}

int real_kill(pid_t pid, int signal)
{
	return (int)answer(kill(pid, signal));
}

int real_wait_peek(pid_t *out)
{
	siginfo_t info = { 0 };
	int r = (int)answer(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT));

	*out = info.si_pid;
	return r;
}

int real_setsid(void)
{
	pid_t r = setsid();

	return r < 0 ? -errno : 0;
}

int real_setpgid(pid_t pid, pid_t group)
{
	return (int)answer(setpgid(pid, group));
}

int real_prctl(int option, unsigned long a, unsigned long b)
{
	return (int)answer(prctl(option, a, b, 0UL, 0UL));
}

int real_setrlimit(int resource, const struct rlimit *limit)
{
	return (int)answer(syscall(SYS_prlimit64, 0, resource, limit, NULL));
}

int real_block_signals(const sigset_t *set, sigset_t *old)
{
	return -pthread_sigmask(SIG_SETMASK, set, old);
}

/* Those that have no action answer EINVAL. */
int real_sigdefault(void)
{
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	return 0;
}

int real_memfd(const char *name)
{
	return (int)answer(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

int real_seal(int fd, int seals)
{
	return (int)answer(fcntl(fd, F_ADD_SEALS, seals));
}

int real_map_shared(int fd, size_t bytes, int prot, void **out)
{
	void *mem = mmap(NULL, bytes, prot, MAP_SHARED, fd, 0);

	if (mem == MAP_FAILED)
		return -errno;
	*out = mem;
	return 0;
}

int real_move(void *mem, size_t bytes, void *to)
{
	return mremap(mem, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED ? -errno : 0;
}

int real_futex_wait_shared(uint32_t *word, uint32_t expected)
{
	return (int)answer(syscall(SYS_futex, word, FUTEX_WAIT, expected, NULL, NULL, 0));
}

int real_futex_wake_shared(uint32_t *word, int n)
{
	return (int)answer(syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0));
}

int real_dup_from(int fd, int least)
{
	return (int)answer(fcntl(fd, F_DUPFD_CLOEXEC, least));
}

int real_dup_to(int fd, int to, int flags)
{
	if (fd == to)
		return to;
	return (int)answer(dup3(fd, to, flags));
}

int real_close_from(int first)
{
	long r = answer(syscall(SYS_close_range, (unsigned)first, ~0U, 0));
	long max;

	if (r != -ENOSYS && r != -EPERM)
		return (int)r;
	max = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd < max; fd++)
		close(fd);
	return 0;
}

int real_perf_open(const struct perf_event_attr *attr, pid_t tid, int cpu)
{
	return (int)answer(syscall(SYS_perf_event_open, attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

int real_perf_join(int fd, int to)
{
	return (int)answer(ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, to));
}
