/* The extension modules that want the GIL: those that do not say otherwise in a slot Py_mod_gil (since 3.13). What was
 * built for an earlier CPython cannot say so, and cannot be loaded into a free-threaded one either. */
#include <errno.h>
#include <string.h>

#include "base/sys.h"
#include "look/maps.h"
#include "look/python.h"
#include "look/python_inner.h"
#include "look/remote.h"

enum {
	MAX_MODULES = 1 << 16, /* entries of sys.modules */
	MAX_SLOTS = 32,
	MAX_WANTING = 512,
	SLOT_GIL = 4, /* Py_mod_gil */
	GIL_NOT_USED = 1,
};

/* dk_indices follows a head of 32 bytes: dk_log2_index_bytes, dk_kind and dk_nentries are in it. */
enum { KEYS_INDEX_BYTES = 9, KEYS_KIND = 10, KEYS_ENTRIES = 24, KEYS_BYTES = 32, KIND_GENERAL = 0 };

struct wanting {
	char name[128];
	uint64_t definition; /* its PyModuleDef: static data of the file that the module is in */
	bool own;            /* of the file that CPython itself is in: those are known to be safe */
};

struct modules {
	struct look_python *p;
	struct wanting *list;
	unsigned count;
	char runtime_path[256]; /* of the file that _PyRuntime is in */
};

/* Does the module's definition have the slot that says the GIL is not used? */
static bool says_not_used(const struct look_python *p, uint64_t slots)
{
	for (unsigned i = 0; slots && i < MAX_SLOTS; i++) {
		struct {
			int32_t id, padding;
			uint64_t value;
		} slot;
		if (look_peek(p->pid, slots + i * sizeof slot, &slot, sizeof slot) || !slot.id)
			break;
		if (slot.id == SLOT_GIL)
			return slot.value == GIL_NOT_USED;
	}
	return false;
}

/* One entry of sys.modules: a module of C whose definition does not say that it does without the GIL. */
static void judge(struct modules *m, uint64_t key, uint64_t module)
{
	struct look_python *p = m->p;
	enum { DICT, DEFINITION, STATE, WEAKLIST, NAME, GIL, FIELDS };
	uint64_t fields[FIELDS], type = 0, slots;
	unsigned known = p->at.free_threaded ? FIELDS : GIL;
	if (m->count == MAX_WANTING || look_peek(p->pid, module + p->at.object_bytes, fields, known * sizeof fields[0]))
		return;
	uint64_t definition = fields[DEFINITION];
	if (!definition || look_peek_pointer(p->pid, definition + p->at.object_type, &type) ||
	    (p->def_type && type != p->def_type))
		return;
	/* PyModuleDef_Base is the object and three words; then come name, doc, size, methods, slots. */
	if (look_peek_pointer(p->pid, definition + p->at.object_bytes + (3 + 4) * sizeof slots, &slots))
		return;
	if (p->at.free_threaded ? fields[GIL] == GIL_NOT_USED : says_not_used(p, slots))
		return;
	struct wanting *w = &m->list[m->count];
	*w = (struct wanting){ .definition = definition };
	if (!look_python_text(p, key, false, w->name, sizeof w->name))
		m->count++;
}

static int read_modules(struct modules *m)
{
	struct look_python *p = m->p;
	uint64_t dict, keys, entries;
	unsigned char head[KEYS_BYTES];
	int err = look_peek_pointer(p->pid, p->main + p->at.modules, &dict);
	if (!err)
		err = look_peek_pointer(p->pid, dict + p->at.dict_keys, &keys);
	if (!err)
		err = look_peek(p->pid, keys, head, sizeof head);
	if (err)
		return err == -EFAULT ? -EAGAIN : err;
	memcpy(&entries, head + KEYS_ENTRIES, sizeof entries);
	if (entries > MAX_MODULES || head[KEYS_INDEX_BYTES] > 24)
		return -EAGAIN;
	bool general = head[KEYS_KIND] == KIND_GENERAL; /* hash, key, value; else key, value */
	uint64_t at = keys + sizeof head + (1ull << head[KEYS_INDEX_BYTES]) + (general ? 8 : 0);
	for (uint64_t i = 0; i < entries; i++, at += general ? 24 : 16) {
		uint64_t entry[2];
		if (look_peek(p->pid, at, entry, sizeof entry))
			return -EAGAIN;
		if (entry[0] && entry[1])
			judge(m, entry[0], entry[1]);
	}
	return 0;
}

static bool holds(const struct look_map *map, uint64_t address)
{
	return map->start <= address && address < map->end;
}

static int find_runtime(void *arg, const struct look_map *map)
{
	struct modules *m = arg;
	if (!holds(map, m->p->runtime))
		return 0;
	strncpy(m->runtime_path, map->path, sizeof m->runtime_path - 1);
	return 1;
}

static int find_own(void *arg, const struct look_map *map)
{
	struct modules *m = arg;
	bool is_own = map->path[0] && !strncmp(map->path, m->runtime_path, sizeof m->runtime_path - 1);
	for (unsigned i = 0; i < m->count; i++)
		m->list[i].own |= is_own && holds(map, m->list[i].definition);
	return 0;
}

int look_python_gil_modules(struct look_python *p, look_python_module_fn *fn, void *arg)
{
	struct modules m = { .p = p };
	if (p->minor < 13)
		return -ENOTSUP;
	m.list = sys.alloc(MAX_WANTING * sizeof *m.list);
	if (!m.list)
		return -ENOMEM;
	int err = read_modules(&m);
	if (!err) {
		look_maps(p->pid, find_runtime, &m);
		look_maps(p->pid, find_own, &m);
		for (unsigned i = 0; i < m.count; i++)
			if (!m.list[i].own)
				fn(arg, m.list[i].name);
	}
	sys.free(m.list);
	return err;
}
