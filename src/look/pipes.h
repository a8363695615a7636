/* Who is at the other end of a pipe, where that is one of the processes watched. */
#ifndef LOOK_PIPES_H
#define LOOK_PIPES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct look_process;

struct look_pipe {
	pid_t pid;
	uint64_t inode;
	int64_t seen;
	bool reads;       /* the process holds the end that is read from */
	bool self;        /* and the other one, too: so do event loops, to wake themselves */
	char partner[32]; /* the name of another process that holds the other end; "": none of ours */
};

/* Zero at first. */
struct look_pipes {
	struct look_process *const *processes; /* those watched */
	unsigned count;
	struct look_pipe kept[64];
};

/* Looked up anew where the answer is older than a moment. Borrowed until the next call. */
const struct look_pipe *look_pipe(struct look_pipes *p, pid_t pid, uint64_t inode);

#endif
