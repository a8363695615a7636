/* A process and all that descends from it, at one instant. */
#ifndef LOOK_TREE_H
#define LOOK_TREE_H

#include <stdint.h>
#include <sys/types.h>

struct look_tree {
	unsigned processes; /* alive, zombies left out */
	unsigned threads;
	unsigned runnable;  /* threads that compute, or would if they had a core: state R */
	uint64_t rss_bytes; /* memory they hold; pages that several share count for each */
};

/* Counts the tree of `root`, which leads its own process group (so that, where the kernel cannot list children, its
 * group stands for its tree). 0, -ESRCH where nothing of it is left, or the errno of a procfs that cannot be read.
 * Trees of more than LOOK_TREE_MAX processes are counted in part. */
int look_tree(pid_t root, struct look_tree *out);

enum { LOOK_TREE_MAX = 512 };

#endif
