/* The system calls of a pure computation: memory that is not made executable, clocks, waiting for itself, what is open
 * already, and the end. Everything else, in any other machine's numbering too, ends the process.
 *
 * No file can be opened or even looked at, no process made, signalled or looked into, no socket made. (tgkill would let
 * it signal its parent; without it abort(3) ends by SIGSYS rather than SIGABRT.)
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/sys.h"
#include "process/worker.h"

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif

static const unsigned short allowed[] = {
	SYS_futex,           SYS_sendto,       SYS_recvmsg,
	SYS_clock_gettime,   SYS_munmap,       SYS_mremap,
	SYS_madvise,         SYS_brk,          SYS_read,
	SYS_write,           SYS_readv,        SYS_writev,
	SYS_lseek,           SYS_close,        SYS_fstat,
	SYS_clock_nanosleep, SYS_getrandom,    SYS_rt_sigprocmask,
	SYS_nanosleep,       SYS_sched_yield,  SYS_restart_syscall,
	SYS_rt_sigreturn,    SYS_exit,         SYS_exit_group,
	SYS_getpid,          SYS_gettid,       SYS_getrusage,
	SYS_gettimeofday,    SYS_clock_getres, SYS_sigaltstack,
};

enum { NALLOWED = sizeof allowed / sizeof *allowed };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(how, value, yes, no) BPF_JUMP(BPF_JMP | (how) | BPF_K, (value), (yes), (no))

static int strict(void)
{
	/* machine, number, the two that may make memory executable, the list, and the two ends */
	struct sock_filter code[7 + NALLOWED + 2];
	struct sock_fprog program = { 0, code };
	unsigned n = 0;

	code[n++] = (struct sock_filter)LOAD(arch);
	code[n++] = (struct sock_filter)JUMP(BPF_JEQ, MACHINE, 0, NALLOWED + 5);
	code[n++] = (struct sock_filter)LOAD(nr);
	code[n++] = (struct sock_filter)JUMP(BPF_JEQ, SYS_mmap, 1, 0);
	code[n++] = (struct sock_filter)JUMP(BPF_JEQ, SYS_mprotect, 0, 2);
	code[n++] = (struct sock_filter)LOAD(args[2]); /* the low half: prot */
	code[n++] = (struct sock_filter)JUMP(BPF_JSET, PROT_EXEC, NALLOWED, NALLOWED + 1);
	for (unsigned i = 0; i < NALLOWED; i++)
		code[n++] = (struct sock_filter)JUMP(BPF_JEQ, allowed[i], NALLOWED - i, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)n;
	return sys.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (unsigned long)(uintptr_t)&program);
}

int confine(enum hob_confine how)
{
	int err = how == HOB_CONFINE_NOT ? 0 : sys.prctl(PR_SET_NO_NEW_PRIVS, 1, 0);

	return err || how != HOB_CONFINE_STRICT ? err : strict();
}
