/* The system call that a thread is in. */
#include "look/call.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/atomic.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static const struct {
	long number;
	enum look_call_kind kind;
} calls[] = {
	{ SYS_read, CALL_FD },
	{ SYS_write, CALL_FD },
	{ SYS_pread64, CALL_FD },
	{ SYS_pwrite64, CALL_FD },
	{ SYS_readv, CALL_FD },
	{ SYS_writev, CALL_FD },
	{ SYS_preadv, CALL_FD },
	{ SYS_pwritev, CALL_FD },
	{ SYS_preadv2, CALL_FD },
	{ SYS_pwritev2, CALL_FD },
	{ SYS_splice, CALL_FD },
	{ SYS_tee, CALL_FD },
	{ SYS_vmsplice, CALL_FD },
	{ SYS_copy_file_range, CALL_FD },
	{ SYS_fsync, CALL_FD },
	{ SYS_fdatasync, CALL_FD },
	{ SYS_ftruncate, CALL_FD },
	{ SYS_fallocate, CALL_FD },
	{ SYS_getdents64, CALL_FD },
	{ SYS_flock, CALL_FD },
	{ SYS_fstat, CALL_FD },
	{ SYS_ioctl, CALL_FD },
	{ SYS_close, CALL_FD },
	{ SYS_sendfile, CALL_FD },
	{ SYS_readahead, CALL_FD },
	{ SYS_sync_file_range, CALL_FD },
	{ SYS_syncfs, CALL_FD },
	{ SYS_accept, CALL_NET },
	{ SYS_accept4, CALL_NET },
	{ SYS_connect, CALL_NET },
	{ SYS_sendto, CALL_NET },
	{ SYS_recvfrom, CALL_NET },
	{ SYS_sendmsg, CALL_NET },
	{ SYS_recvmsg, CALL_NET },
	{ SYS_sendmmsg, CALL_NET },
	{ SYS_recvmmsg, CALL_NET },
	{ SYS_shutdown, CALL_NET },
	{ SYS_openat, CALL_FILES },
	{ SYS_newfstatat, CALL_FILES },
	{ SYS_statx, CALL_FILES },
	{ SYS_unlinkat, CALL_FILES },
	{ SYS_mkdirat, CALL_FILES },
	{ SYS_renameat2, CALL_FILES },
	{ SYS_linkat, CALL_FILES },
	{ SYS_readlinkat, CALL_FILES },
	{ SYS_truncate, CALL_FILES },
	{ SYS_execve, CALL_FILES },
	{ SYS_sync, CALL_FILES },
	{ SYS_msync, CALL_FILES },
	{ SYS_ppoll, CALL_POLL },
	{ SYS_pselect6, CALL_SELECT },
	{ SYS_epoll_pwait, CALL_EPOLL },
	{ SYS_epoll_pwait2, CALL_EPOLL },
	{ SYS_io_uring_enter, CALL_RING },
	{ SYS_nanosleep, CALL_SLEEP },
	{ SYS_clock_nanosleep, CALL_SLEEP },
	{ SYS_wait4, CALL_CHILD },
	{ SYS_waitid, CALL_CHILD },
	{ SYS_clone, CALL_CHILD }, /* vfork: the child has not yet started its program */
	{ SYS_clone3, CALL_CHILD },
	{ FUTEX_NUMBER, CALL_FUTEX },
	{ SYS_futex_waitv, CALL_FUTEX },
	{ SYS_rt_sigsuspend, CALL_SIGNAL },
	{ SYS_rt_sigtimedwait, CALL_SIGNAL },
#ifdef __x86_64__ /* the calls that later machines did without */
	{ SYS_poll, CALL_POLL },
	{ SYS_select, CALL_SELECT },
	{ SYS_epoll_wait, CALL_EPOLL },
	{ SYS_vfork, CALL_CHILD },
	{ SYS_pause, CALL_SIGNAL },
	{ SYS_open, CALL_FILES },
	{ SYS_creat, CALL_FILES },
	{ SYS_stat, CALL_FILES },
	{ SYS_lstat, CALL_FILES },
	{ SYS_rename, CALL_FILES },
	{ SYS_renameat, CALL_FILES },
	{ SYS_mkdir, CALL_FILES },
	{ SYS_rmdir, CALL_FILES },
	{ SYS_unlink, CALL_FILES },
	{ SYS_readlink, CALL_FILES },
	{ SYS_getdents, CALL_FD },
#endif
};

static enum look_call_kind kind_of(long number)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i].number == number)
			return calls[i].kind;
	return CALL_OTHER;
}

int look_call_parse(const char *line, struct look_call *out)
{
	uint64_t numbers[8];
	unsigned n = 0;
	char *end;
	*out = (struct look_call){ .kind = CALL_RUNNING };
	if (!strncmp(line, "running", 7))
		return 0;
	if (*line != '-' && (*line < '0' || *line > '9'))
		return -EPROTO;
	out->number = strtol(line, &end, 10);
	while (n < 8 && !strncmp(end, " 0x", 3))
		numbers[n++] = strtoull(end + 1, &end, 16);
	if (*end && *end != '\n')
		return -EPROTO;
	if (out->number < 0) { /* "-1 sp pc" */
		if (n != 2)
			return -EPROTO;
		out->kind = CALL_NONE;
		out->sp = numbers[0];
		out->ip = numbers[1];
		return 0;
	}
	if (n != 8)
		return -EPROTO;
	memcpy(out->args, numbers, sizeof out->args);
	out->sp = numbers[6];
	out->ip = numbers[7];
	out->kind = kind_of(out->number);
	return 0;
}

bool look_call_timed(const struct look_call *c)
{
	switch (c->number) {
	case SYS_ppoll:
		return c->args[2];
	case SYS_pselect6:
		return c->args[4];
	case SYS_epoll_pwait:
		return (int)c->args[3] >= 0;
	case SYS_epoll_pwait2:
		return c->args[3];
#ifdef __x86_64__
	case SYS_poll:
		return (int)c->args[2] >= 0;
	case SYS_select:
		return c->args[4];
	case SYS_epoll_wait:
		return (int)c->args[3] >= 0;
#endif
	default:
		return false;
	}
}
