/* Names for what threads wait for, each kept once. */
#include "look/label.h"

#include <errno.h>
#include <string.h>

#include "base/sys.h"

enum { FIRST_ROOM = 64 };

static uint32_t hash_of(enum look_state state, const char *text) /* FNV-1a */
{
	uint32_t h = 2166136261u ^ (uint32_t)state;
	for (const char *p = text; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	return h;
}

static void enter(struct look_labels *l, unsigned index)
{
	uint32_t i = l->at[index].hash & l->mask;
	while (l->slots[i])
		i = (i + 1) & l->mask;
	l->slots[i] = index + 1;
}

static int grow(struct look_labels *l)
{
	unsigned room = l->room ? 2 * l->room : FIRST_ROOM;
	if (room > LOOK_LABELS_MAX)
		return -ENOSPC;
	struct look_label *at = sys.alloc(room * sizeof *at);
	uint32_t *slots = sys.alloc(2 * room * sizeof *slots);
	if (!at || !slots) {
		sys.free(at);
		sys.free(slots);
		return -ENOMEM;
	}
	if (l->count)
		memcpy(at, l->at, l->count * sizeof *at);
	sys.free(l->at);
	sys.free(l->slots);
	l->at = at;
	l->slots = slots;
	l->room = room;
	l->mask = 2 * room - 1;
	for (unsigned i = 0; i < l->count; i++)
		enter(l, i);
	return 0;
}

int look_labels_init(struct look_labels *l)
{
	*l = (struct look_labels){ 0 };
	int err = grow(l);
	for (enum look_state s = 0; s < LOOK_STATES && !err; s++)
		look_label(l, s, s == LOOK_CHILD ? LOOK_OWN : s == LOOK_TERMINAL ? LOOK_CALLERS : LOOK_REAL, "");
	return err;
}

void look_labels_finish(struct look_labels *l)
{
	sys.free(l->at);
	sys.free(l->slots);
	*l = (struct look_labels){ 0 };
}

unsigned look_label(struct look_labels *l, enum look_state state, enum look_sort sort, const char *text)
{
	struct look_label key = { .state = state, .sort = sort };
	memccpy(key.text, text, '\0', sizeof key.text - 1);
	key.hash = hash_of(state, key.text);
	for (uint32_t i = key.hash & l->mask; l->slots[i]; i = (i + 1) & l->mask) {
		const struct look_label *found = &l->at[l->slots[i] - 1];
		if (found->hash == key.hash && found->state == state && found->sort == sort &&
		    !strcmp(found->text, key.text))
			return l->slots[i] - 1;
	}
	if (l->count == l->room && grow(l))
		return state;
	l->at[l->count] = key;
	enter(l, l->count);
	return l->count++;
}
