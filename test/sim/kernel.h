/* What the parts of the simulated kernel know of each other. */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include <poll.h>

#include "world.h"

enum { FDS = 64, PIPE = 48, MESSAGES = 8, MESSAGE = 64, PASSED = 8, PROCESSES = 12, TEXT_MAX = 128 };

enum kind { NOTHING, EVENT, STREAM, PACKET, EPOLL, RING, TEXT, MEMORY, SIGNALS, PIDFD };

struct message {
	size_t n;
	char bytes[MESSAGE];
	unsigned nfiles;
	struct file *files[PASSED];
};

/* An epoll's registration. */
struct watched {
	struct watched *next;
	struct file *file;
	int fd;
	uint32_t events;
	bool off; /* one-shot, and it has had it */
	epoll_data_t data;
};

struct file {
	struct file *next; /* of all there are */
	enum kind kind;
	unsigned refs;
	bool nonblock, reset;
	uint64_t count;           /* EVENT */
	struct file *peer;        /* STREAM, PACKET; NULL: closed */
	size_t n, at;             /* bytes */
	char bytes[TEXT_MAX];     /* STREAM: to be read here; TEXT */
	struct message *messages; /* PACKET: likewise */
	struct watched *watched;  /* EPOLL */
	struct ring *ring;        /* RING */
	char *memory;             /* MEMORY */
	size_t size;
	struct process *process; /* SIGNALS, PIDFD */
};

struct process {
	pid_t pid, group;
	struct process *parent;
	struct file *fds[FDS];
	bool there, ended, signalled; /* signalled: a child has ended */
	int status, life_signal;
};

/* kernel.c */
struct process *kernel_process(void); /* the running one */
struct file *kernel_file(int fd);     /* NULL: there is none */
struct file *file_new(enum kind kind);
void file_release(struct file *f);
int kernel_install(struct file *f);                       /* the lowest number; takes f, also where it fails */
short file_ready(struct file *f);                         /* POLLIN and the like */
void kernel_changed(void);                                /* whoever waits for a descriptor looks again */
bool kernel_wait(int64_t until);                          /* until then, or a change */
ssize_t file_read(struct file *f, void *buf, size_t len); /* without waiting: -EAGAIN */
ssize_t file_write(struct file *f, const void *buf, size_t len);

/* sockets.c */
ssize_t message_send(struct process *p, struct file *f, const struct msghdr *msg);
ssize_t message_receive(struct process *p, struct file *f, struct msghdr *msg);
void socket_closed(struct file *f);

/* ring.c */
bool ring_backlog(void); /* has it refused entries, which are offered again within a millisecond? */
bool ring_readable(struct ring *r);
void ring_closed(struct ring *r);
void ring_thread_ended(pid_t tid);

/* memory.c */
void memory_forget(struct process *p);

/* process.c */
extern struct process processes[PROCESSES];
void process_begin(void);
void process_end(void);
bool kernel_unmap(void *mem); /* shared memory; false: it is none */

#endif
