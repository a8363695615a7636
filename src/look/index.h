/* From a number of the kernel's, a process's or a thread's, to what we keep of it. */
#ifndef LOOK_INDEX_H
#define LOOK_INDEX_H

#include <sys/types.h>

/* Zero at first. */
struct look_index {
	struct look_index_place {
		pid_t id; /* 0: empty; -1: was taken out */
		void *item;
	} * at;
	unsigned used, mask; /* places that are not empty */
};

void *look_index_get(const struct look_index *x, pid_t id);     /* NULL: not there */
int look_index_put(struct look_index *x, pid_t id, void *item); /* 0 or -ENOMEM; takes the place of an older one */
void look_index_remove(struct look_index *x, pid_t id);
void look_index_finish(struct look_index *x);

#endif
