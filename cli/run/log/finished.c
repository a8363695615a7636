/* The jobs that a log says have ended: a hash table, open addressing. */
#include "run/log/finished.h"

#include <stdlib.h>
#include <string.h>

static struct finished_entry *place_of(struct finished_entry *entries, size_t size, const struct key *key)
{
	size_t at;
	memcpy(&at, key->bytes, sizeof at); /* a digest: as good as any hash */
	for (;; at++) {
		struct finished_entry *e = &entries[at & (size - 1)];
		if ((!e->succeeded && !e->failed && !memcmp(&e->key, &(struct key){ 0 }, sizeof e->key)) ||
		    !memcmp(&e->key, key, sizeof e->key))
			return e;
	}
}

static bool grow(struct finished *f)
{
	size_t size = f->size ? 2 * f->size : 1024;
	struct finished_entry *entries = calloc(size, sizeof *entries);
	if (!entries)
		return false;
	for (size_t i = 0; i < f->size; i++)
		if (f->entries[i].succeeded || f->entries[i].failed)
			*place_of(entries, size, &f->entries[i].key) = f->entries[i];
	free(f->entries);
	f->entries = entries;
	f->size = size;
	return true;
}

void finished_add(struct finished *f, const struct record *r)
{
	if (f->used >= f->size / 4 * 3 && !grow(f)) {
		f->lacks_memory = true;
		return;
	}
	struct finished_entry *e = place_of(f->entries, f->size, &r->key);
	if (!e->succeeded && !e->failed) {
		f->used++;
		e->key = r->key;
	} else if (r->again && e->failed) {
		e->failed--;
	}
	if (r->exit || r->signal)
		e->failed++;
	else
		e->succeeded++;
}

enum finished_as finished_take(struct finished *f, const struct key *key)
{
	struct finished_entry *e = f->size ? place_of(f->entries, f->size, key) : NULL;
	if (!e || (!e->succeeded && !e->failed))
		return NOT_FINISHED;
	if (e->succeeded) {
		e->succeeded--;
		return SUCCEEDED;
	}
	e->failed--;
	return FAILED;
}

void finished_free(struct finished *f)
{
	free(f->entries);
	*f = (struct finished){ 0 };
}
