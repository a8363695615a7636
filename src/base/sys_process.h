/* The part of the table of base/sys.h that makes processes, confines them and watches them: see sys_process.c. */
#ifndef BASE_SYS_PROCESS_H
#define BASE_SYS_PROCESS_H

#include "base/sys.h"

pid_t real_fork(void);
void real_exit_now(int status) __attribute__((noreturn)); /* not _Noreturn: clang keeps that out of the type */
int real_kill(pid_t pid, int signal);
int real_wait_peek(pid_t *out);
int real_setsid(void);
int real_setpgid(pid_t pid, pid_t group);
int real_prctl(int option, unsigned long a, unsigned long b);
int real_setrlimit(int resource, const struct rlimit *limit);
int real_block_signals(const sigset_t *set, sigset_t *old);
int real_sigdefault(void);
int real_memfd(const char *name);
int real_seal(int fd, int seals);
int real_map_shared(int fd, size_t bytes, int prot, void **out);
int real_move(void *mem, size_t bytes, void *to);
int real_futex_wait_shared(uint32_t *word, uint32_t expected);
int real_futex_wake_shared(uint32_t *word, int n);
int real_dup_from(int fd, int least);
int real_dup_to(int fd, int to, int flags);
int real_close_from(int first);
int real_perf_open(const struct perf_event_attr *attr, pid_t tid, int cpu);
int real_perf_join(int fd, int to);

/* clang-format off */
#define REAL_PROCESS_TABLE \
	.fork = real_fork, \
	.exit_now = real_exit_now, \
	.kill = real_kill, \
	.wait_peek = real_wait_peek, \
	.setsid = real_setsid, \
	.setpgid = real_setpgid, \
	.prctl = real_prctl, \
	.setrlimit = real_setrlimit, \
	.block_signals = real_block_signals, \
	.sigdefault = real_sigdefault, \
	.memfd = real_memfd, \
	.seal = real_seal, \
	.map_shared = real_map_shared, \
	.move = real_move, \
	.futex_wait_shared = real_futex_wait_shared, \
	.futex_wake_shared = real_futex_wake_shared, \
	.dup_from = real_dup_from, \
	.dup_to = real_dup_to, \
	.close_from = real_close_from, \
	.perf_open = real_perf_open, \
	.perf_join = real_perf_join
/* clang-format on */

#endif
