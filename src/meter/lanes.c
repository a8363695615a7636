#include "meter/lanes.h"

#include <ctype.h>
#include <string.h>

#include "base/lock.h"

static struct {
	struct lock lock;
	struct link live;
	struct lane_sums ended[LANES_MAX];
	unsigned n;
} lanes = { .live = { &lanes.live, &lanes.live } };

static void add(struct lane_sums *all, unsigned *n, struct lane_entry *e)
{
	struct lane_sums s = { 0 };
	unsigned i = 0;

	e->read(e, &s);
	for (char *c = s.name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.$+- ", *c))
			*c = '?';
	while (i < *n && strcmp(all[i].name, s.name) != 0)
		i++;
	if (i == LANES_MAX)
		return;
	if (i == *n)
		all[(*n)++] = (struct lane_sums){ 0 };
	s.held += all[i].held;
	s.waited += all[i].waited;
	all[i] = s;
}

void lanes_add(struct lane_entry *e)
{
	lock(&lanes.lock);
	list_push(&lanes.live, &e->in);
	unlock(&lanes.lock);
}

void lanes_remove(struct lane_entry *e)
{
	lock(&lanes.lock);
	list_remove(&e->in);
	add(lanes.ended, &lanes.n, e);
	unlock(&lanes.lock);
}

unsigned lanes_sum(struct lane_sums *out)
{
	unsigned n;

	lock(&lanes.lock);
	n = lanes.n;
	memcpy(out, lanes.ended, n * sizeof *out);
	for (struct link *l = lanes.live.next; l != &lanes.live; l = l->next)
		add(out, &n, container_of(l, struct lane_entry, in));
	unlock(&lanes.lock);
	return n;
}

unsigned lanes_since(struct lane_sums *out, const struct lane_sums *before, unsigned n)
{
	unsigned all = lanes_sum(out), left = 0;

	for (unsigned i = 0; i < all; i++) {
		for (unsigned k = 0; k < n; k++)
			if (strcmp(out[i].name, before[k].name) == 0) {
				out[i].held -= before[k].held;
				out[i].waited -= before[k].waited;
			}
		if (out[i].held > 0)
			out[left++] = out[i];
	}
	return left;
}
