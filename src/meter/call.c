#include "meter/call.h"

#include <stddef.h>
#include <sys/syscall.h>

#include "base/atomic.h"

static const struct {
	long number;
	const char *name, *instead;
} calls[] = {
	{ SYS_read, "read(2)", "hob_read" },
	{ SYS_readv, "readv(2)", "hob_readv" },
	{ SYS_pread64, "pread(2)", "hob_pread" },
	{ SYS_write, "write(2)", "hob_write" },
	{ SYS_writev, "writev(2)", "hob_writev" },
	{ SYS_pwrite64, "pwrite(2)", "hob_pwrite" },
	{ SYS_recvfrom, "recv(2)", "hob_recv" },
	{ SYS_recvmsg, "recvmsg(2)", "hob_recvmsg" },
	{ SYS_sendto, "send(2)", "hob_send" },
	{ SYS_sendmsg, "sendmsg(2)", "hob_sendmsg" },
	{ SYS_sendfile, "sendfile(2)", "hob_sendfile" },
	{ SYS_accept, "accept(2)", "hob_accept" },
	{ SYS_accept4, "accept(2)", "hob_accept" },
	{ SYS_connect, "connect(2)", "hob_connect" },
	{ SYS_ppoll, "poll(2)", "hob_poll_many" },
	{ SYS_pselect6, "select(2)", "hob_poll_many" },
	{ SYS_epoll_pwait, "epoll_wait(2)", "hob_poll" },
#ifdef __x86_64__
	{ SYS_poll, "poll(2)", "hob_poll_many" },
	{ SYS_select, "select(2)", "hob_poll_many" },
	{ SYS_epoll_wait, "epoll_wait(2)", "hob_poll" },
	{ SYS_open, "open(2)", "hob_open" },
#endif
	{ SYS_nanosleep, "nanosleep(2)", "hob_sleep" },
	{ SYS_clock_nanosleep, "nanosleep(2)", "hob_sleep" },
	{ FUTEX_NUMBER, "a lock's futex(2)", "hob_mutex_lock or its like" },
	{ SYS_wait4, "wait(2)", "hob_child_wait" },
	{ SYS_waitid, "wait(2)", "hob_child_wait" },
	{ SYS_openat, "open(2)", "hob_open" },
	{ SYS_fsync, "fsync(2)", "hob_fsync" },
	{ SYS_fdatasync, "fdatasync(2)", "hob_fdatasync" },
	{ SYS_flock, "flock(2)", NULL },
	{ SYS_ioctl, "ioctl(2)", NULL },
	{ CALL_FAULT - 1, "a page fault", NULL },
};

static int find(unsigned call)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (call && calls[i].number == (long)call - 1)
			return (int)i;
	return -1;
}

const char *call_name(unsigned call)
{
	int i = find(call);

	return i < 0 ? NULL : calls[i].name;
}

const char *call_instead(unsigned call)
{
	int i = find(call);

	return i < 0 ? NULL : calls[i].instead;
}
