/* What this process and its helper say to each other. An order goes over the helper's socket with three descriptors:
 * the worker's end of its socket, the helper's end of the life line, the memory of the mailbox. The life line is how
 * one worker's end is told and asked for: the helper sends a note over it; this process sends a byte, or closes it, to
 * have the worker killed. Both sockets keep messages apart. */
#ifndef PROCESS_ORDER_H
#define PROCESS_ORDER_H

#include <stdint.h>

struct order {
	uint64_t in_bytes, out_bytes;
	uint64_t memory_bytes;
	uint32_t cpu_seconds, open_files, confine;
};

enum { ORDER_SOCKET, ORDER_LIFE, ORDER_MEMORY, ORDER_FDS };

enum { NOTE_FAILED, NOTE_ENDED };

struct note {
	int32_t kind;
	int32_t value; /* a negative errno; a wait status */
};

#endif
