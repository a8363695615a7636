/* From a number of the kernel's to what we keep of it: open addressing, rebuilt when half full. */
#include "look/index.h"

#include <errno.h>
#include <stdint.h>

#include "base/sys.h"

static struct look_index_place *place(const struct look_index *x, pid_t id)
{
	uint32_t i = (uint32_t)id * 2654435761u;
	while (x->at[i & x->mask].id && x->at[i & x->mask].id != id)
		i++;
	return &x->at[i & x->mask];
}

void *look_index_get(const struct look_index *x, pid_t id)
{
	return x->at ? place(x, id)->item : NULL;
}

static int rebuild(struct look_index *x)
{
	struct look_index old = *x;
	unsigned alive = 0;
	for (unsigned i = 0; old.at && i <= old.mask; i++)
		alive += old.at[i].item != NULL;
	unsigned room = 64;
	while (room < 4 * alive)
		room *= 2;
	x->at = sys.alloc(room * sizeof *x->at);
	if (!x->at) {
		*x = old;
		return -ENOMEM;
	}
	x->mask = room - 1;
	x->used = alive;
	for (unsigned i = 0; old.at && i <= old.mask; i++)
		if (old.at[i].item)
			*place(x, old.at[i].id) = old.at[i];
	sys.free(old.at);
	return 0;
}

int look_index_put(struct look_index *x, pid_t id, void *item)
{
	if (!x->at || 2 * x->used > x->mask) {
		int err = rebuild(x);
		if (err)
			return err;
	}
	struct look_index_place *to = place(x, id);
	x->used += !to->id;
	*to = (struct look_index_place){ id, item };
	return 0;
}

void look_index_remove(struct look_index *x, pid_t id)
{
	struct look_index_place *at = x->at ? place(x, id) : NULL;
	if (at && at->id)
		*at = (struct look_index_place){ .id = -1 };
}

void look_index_finish(struct look_index *x)
{
	sys.free(x->at);
	*x = (struct look_index){ 0 };
}
