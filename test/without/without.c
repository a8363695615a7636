/* Runs a program on a kernel that lacks something: a seccomp filter refuses the calls that are named, as an older
 * kernel or a container would.
 *
 * usage: without NAME[=ERRNO],... COMMAND [ARGS...]; 77: nothing can be filtered here */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_ARGUMENT -1

/* What may be lacking; where an argument is given (its number and value), the call with that alone. */
static const struct feature {
	const char *name;
	int call, at;
	unsigned value;
	int error;
} features[] = {
	{ "io_uring", SYS_io_uring_setup, NO_ARGUMENT, 0, ENOSYS },
	{ "guard", SYS_madvise, 2, 102, EINVAL }, /* MADV_GUARD_INSTALL */
	{ "pidfd", SYS_pidfd_open, NO_ARGUMENT, 0, ENOSYS },
	{ "clone3", SYS_clone3, NO_ARGUMENT, 0, ENOSYS },
	{ "membarrier", SYS_membarrier, NO_ARGUMENT, 0, ENOSYS },
	{ "epoll_pwait2", SYS_epoll_pwait2, NO_ARGUMENT, 0, ENOSYS },
	{ "close_range", SYS_close_range, NO_ARGUMENT, 0, ENOSYS },
	{ "getrandom", SYS_getrandom, NO_ARGUMENT, 0, ENOSYS },
	{ "vm_read", SYS_process_vm_readv, NO_ARGUMENT, 0, EPERM },
};

enum { FEATURES = sizeof features / sizeof *features, CODE = 8 * FEATURES + 8 };

static struct sock_filter code[CODE];
static unsigned short ncode;

static void add(unsigned short op, unsigned k, unsigned char yes, unsigned char no)
{
	code[ncode++] = (struct sock_filter){ op, yes, no, k };
}

static void refuse(const struct feature *f, int error)
{
	add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)f->call, 0, f->at == NO_ARGUMENT ? 1 : 3);
	if (f->at != NO_ARGUMENT) {
		add(BPF_LD | BPF_W | BPF_ABS,
		    (unsigned)(offsetof(struct seccomp_data, args) + sizeof(__u64) * (unsigned)f->at), 0, 0);
		add(BPF_JMP | BPF_JEQ | BPF_K, f->value, 0, 1);
	}
	add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error, 0, 0);
}

static void refuse_named(char *name)
{
	char *error = strchr(name, '=');

	if (error)
		*error++ = '\0';
	for (unsigned i = 0; i < FEATURES; i++)
		if (strcmp(features[i].name, name) == 0) {
			refuse(&features[i], error ? atoi(error) : features[i].error);
			return;
		}
	fprintf(stderr, "without: nothing is called %s\n", name);
	exit(99);
}

int main(int argc, char **argv)
{
	struct sock_fprog program = { .filter = code };

	if (argc < 3)
		return 99;
	for (char *name = strtok(argv[1], ","); name && ncode < CODE - 8; name = strtok(NULL, ","))
		refuse_named(name);
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	program.len = ncode;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		printf("1..0 # SKIP no calls can be refused here: %s\n", strerror(errno));
		return 77;
	}
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 99;
}
