/* Processes: forks, their ends, memory they share. All run in one address space, so what is a process's own is its
 * descriptors, its children and the stack it was forked with; that is all that src/process makes use of. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "explore.h"
#include "kernel.h"

enum { MAPPINGS = 64, FIRST_PID = 100 };

struct mapping {
	struct process *process;
	struct file *file;
};

struct process processes[PROCESSES];
static struct mapping mappings[MAPPINGS];
static pid_t next_pid;

pid_t sim_getpid(void);
pid_t sim_getppid(void);

pid_t sim_getpid(void)
{
	return kernel_process()->pid;
}

pid_t sim_getppid(void)
{
	struct process *p = kernel_process()->parent;

	return p ? p->pid : 1;
}

/* Memory ----------------------------------------------------------------------------------------------------------- */

#define FILE_MOST (4 << 20)

static int sys_memfd(const char *name)
{
	(void)name;
	sim_point();
	return kernel_install(file_new(MEMORY));
}

static int sys_ftruncate(int fd, off_t length)
{
	struct file *f = kernel_file(fd);

	sim_point();
	if (sim_fault(FAULT_MEMORY))
		return -ENOMEM;
	if (length > FILE_MOST) /* a runtime's page, which it can do without */
		return -EFBIG;
	f->memory = aligned_alloc(64, (size_t)length);
	memset(f->memory, 0, (size_t)length);
	f->size = (size_t)length;
	return 0;
}

static int sys_seal(int fd, int seals)
{
	(void)fd, (void)seals;
	return 0;
}

static int sys_map_shared(int fd, size_t bytes, int prot, void **out)
{
	struct file *f = kernel_file(fd);
	unsigned i = 0;

	(void)prot;
	sim_point();
	if (sim_fault(FAULT_MAP))
		return -ENOMEM;
	SIM_CHECK(f && f->kind == MEMORY && bytes <= f->size);
	while (i < MAPPINGS && mappings[i].file)
		i++;
	SIM_CHECK(i < MAPPINGS);
	mappings[i] = (struct mapping){ kernel_process(), f };
	f->refs++;
	*out = f->memory;
	return 0;
}

bool kernel_unmap(void *mem)
{
	for (unsigned i = 0; i < MAPPINGS; i++) {
		struct file *f = mappings[i].file;

		if (!f || f->memory != mem || mappings[i].process != kernel_process())
			continue;
		mappings[i].file = NULL;
		file_release(f);
		return true;
	}
	return false;
}

static void unmap_all(struct process *p)
{
	for (unsigned i = 0; i < MAPPINGS; i++)
		if (mappings[i].file && mappings[i].process == p) {
			file_release(mappings[i].file);
			mappings[i].file = NULL;
		}
}

/* Lives ------------------------------------------------------------------------------------------------------------ */

static void inherit(struct process *child)
{
	struct process *p = kernel_process();

	for (int fd = 0; fd < FDS; fd++) {
		child->fds[fd] = p->fds[fd];
		if (p->fds[fd])
			p->fds[fd]->refs++;
	}
}

static pid_t sys_fork(void)
{
	struct process *p = processes;
	pid_t pid;

	sim_point();
	while (p < processes + PROCESSES && p->there)
		p++;
	if (p == processes + PROCESSES || sim_fault(FAULT_PROCESS))
		return -EAGAIN;
	*p = (struct process){ .pid = next_pid++, .parent = kernel_process(), .there = true };
	p->group = kernel_process()->group;
	pid = p->pid;
	return sim_fork(p, inherit) ? pid : 0;
}

/* Children of the helper that it outlives are adopted by nobody: it is their end, too. */
static void end_process(struct process *p, int status)
{
	if (p->ended)
		return;
	p->ended = true;
	p->status = status;
	for (int fd = 0; fd < FDS; fd++)
		if (p->fds[fd]) {
			struct file *f = p->fds[fd];

			p->fds[fd] = NULL;
			file_release(f);
		}
	unmap_all(p);
	memory_forget(p);
	for (struct process *child = processes; child < processes + PROCESSES; child++)
		if (child->there && child->parent == p) {
			end_process(child, SIGKILL);
			child->there = false;
		}
	p->parent->signalled = true;
	kernel_changed();
	sim_end_threads(p);
}

static __attribute__((noreturn)) void sys_exit_now(int status)
{
	struct process *p = kernel_process();

	end_process(p, status << 8);
	abort();
}

static int sys_kill(pid_t pid, int signal)
{
	bool any = false;

	sim_point();
	for (struct process *p = processes + 1; p < processes + PROCESSES; p++) {
		if (!p->there || p->ended || !(pid < 0 ? p->group == -pid : p->pid == pid))
			continue;
		any = true;
		end_process(p, signal);
	}
	return any ? 0 : -ESRCH;
}

static struct process *ended_child(pid_t pid)
{
	for (struct process *p = processes; p < processes + PROCESSES; p++)
		if (p->there && p->ended && p->parent == kernel_process() && (pid < 0 || p->pid == pid))
			return p;
	return NULL;
}

static int sys_wait_peek(pid_t *out)
{
	struct process *p = ended_child(-1);
	bool any = false;

	sim_point();
	for (struct process *c = processes; c < processes + PROCESSES; c++)
		any |= c->there && c->parent == kernel_process();
	*out = p ? p->pid : 0;
	return any ? 0 : -ECHILD;
}

static int sys_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	struct process *p;

	(void)options, (void)usage;
	sim_point();
	if (sim_fault(FAULT_SIGNAL))
		return -EINTR;
	while (!(p = ended_child(pid)))
		kernel_wait(INT64_MAX);
	*status = p->status;
	p->there = false;
	return p->pid;
}

static int sys_pidfd_open(pid_t pid)
{
	for (struct process *p = processes; p < processes + PROCESSES; p++)
		if (p->there && p->pid == pid) {
			struct file *f = file_new(PIDFD);

			f->process = p;
			return kernel_install(f);
		}
	return -ESRCH;
}

static int sys_signalfd(const sigset_t *set)
{
	struct file *f = file_new(SIGNALS);

	(void)set;
	f->nonblock = true;
	f->process = kernel_process();
	return kernel_install(f);
}

static int sys_setpgid(pid_t pid, pid_t group)
{
	for (struct process *p = processes; p < processes + PROCESSES; p++)
		if (p->there && p->pid == (pid ? pid : kernel_process()->pid))
			p->group = group ? group : p->pid;
	return 0;
}

static int sys_setsid(void)
{
	kernel_process()->group = kernel_process()->pid;
	return 0;
}

static int sys_prctl(int option, unsigned long a, unsigned long b)
{
	(void)option, (void)a, (void)b;
	return 0;
}

static int sys_block_signals(const sigset_t *set, sigset_t *old)
{
	(void)set, (void)old;
	return 0;
}

static int sys_sigdefault(void)
{
	return 0;
}

static int64_t sys_cpu_clock(pid_t pid)
{
	(void)pid;
	return sim_clock;
}

/* Descriptors ------------------------------------------------------------------------------------------------------ */

static int put_at(struct file *f, int fd)
{
	struct process *p = kernel_process();
	struct file *old = p->fds[fd];

	f->refs++;
	p->fds[fd] = f;
	if (old)
		file_release(old);
	return fd;
}

static int sys_dup_from(int fd, int least)
{
	struct file *f = kernel_file(fd);

	if (!f)
		return -EBADF;
	while (kernel_process()->fds[least])
		least++;
	return put_at(f, least);
}

static int sys_dup_to(int fd, int to, int flags)
{
	struct file *f = kernel_file(fd);

	(void)flags;
	return !f ? -EBADF : put_at(f, to);
}

static int sys_close_from(int first)
{
	for (int fd = first; fd < FDS; fd++)
		if (kernel_file(fd))
			sys.close(fd);
	return 0;
}

/* Worlds ----------------------------------------------------------------------------------------------------------- */

void process_begin(void)
{
	memset(processes, 0, sizeof processes);
	next_pid = FIRST_PID;
	processes[0] = (struct process){ .pid = next_pid++, .group = FIRST_PID, .there = true };
}

void process_end(void)
{
	for (unsigned i = 0; i < MAPPINGS; i++)
		if (mappings[i].file)
			sim_fail("shared memory was not unmapped");
	for (struct process *p = processes + 1; p < processes + PROCESSES; p++)
		if (p->there)
			sim_fail("process %d was not reaped", (int)p->pid);
}

void process_table(struct sys *s)
{
	s->fork = sys_fork;
	s->exit_now = sys_exit_now;
	s->kill = sys_kill;
	s->wait_peek = sys_wait_peek;
	s->wait4 = sys_wait4;
	s->pidfd_open = sys_pidfd_open;
	s->signalfd = sys_signalfd;
	s->setpgid = sys_setpgid;
	s->setsid = sys_setsid;
	s->prctl = sys_prctl;
	s->block_signals = sys_block_signals;
	s->sigdefault = sys_sigdefault;
	s->cpu_clock = sys_cpu_clock;
	s->memfd = sys_memfd;
	s->ftruncate = sys_ftruncate;
	s->seal = sys_seal;
	s->map_shared = sys_map_shared;
	s->dup_from = sys_dup_from;
	s->dup_to = sys_dup_to;
	s->close_from = sys_close_from;
}
