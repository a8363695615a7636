/* A CPython inside of another process: finding it, its threads and its GIL. */
#include "look/python.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "look/elf.h"
#include "look/image.h"
#include "look/maps.h"
#include "look/python_inner.h"
#include "look/remote.h"

/* Threads that are none of Python's must not make us list the others all the time, and many not for long. */
#define REFRESH_NS 10000000
#define REFRESH_SHARE 50
#define HIGHEST_TID (1 << 22)

/* Finding it ------------------------------------------------------------------------------------------------------ */

struct search {
	struct look_python *p;
	bool is_first;       /* the program itself */
	uint64_t version_at; /* of Py_Version; 0: it has none */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* "/usr/bin/python3.11" and "libpython3.9.so.1.0": 11 and 9. 0 where the name does not say. */
static unsigned minor_by_name(const char *path)
{
	const char *version = strstr(base_name(path), "python3.");
	long minor = version ? strtol(version + 8, NULL, 10) : 0;
	return minor > 0 && minor < 100 ? (unsigned)minor : 0;
}

/* 3.11 and later say their version; those before are known by the name of their file. */
static unsigned minor_of(struct look_python *p, uint64_t version_at, const char *path)
{
	uint64_t version;
	if (version_at && !look_peek_pointer(p->pid, version_at, &version) && version >> 24 == 3)
		return version >> 16 & 0xff;
	return minor_by_name(path);
}

static int learn_layout(struct look_python *p, uint64_t version_at, const char *path)
{
	uint64_t words[LOOK_DEBUG_WORDS];
	uint32_t version;
	int err = look_peek(p->pid, p->runtime, words, sizeof words);
	if (err)
		return err;
	if (look_layout_read(words, &version, &p->at)) {
		p->minor = version >> 16 & 0xff;
		return 0;
	}
	p->minor = minor_of(p, version_at, path);
	return look_layout_of(p->minor, &p->at) ? 0 : -ENOTSUP;
}

/* Where a file defines what we ask for: by the dynamic symbols that are mapped anyway, or by the file's own tables. */
typedef int symbol_fn(const void *in, const char *name, uint64_t *address);

static int symbol_of_image(const void *in, const char *name, uint64_t *address)
{
	return look_image_symbol(in, name, address);
}

static int symbol_of_file(const void *in, const char *name, uint64_t *address)
{
	return look_elf_symbol(in, name, address);
}

/* The names that may be missing are those that make what we read more certain. */
static void find_others(struct search *s, symbol_fn *symbol, const void *in)
{
	if (symbol(in, "Py_Version", &s->version_at))
		s->version_at = 0;
	if (symbol(in, "PyCode_Type", &s->p->code_type))
		s->p->code_type = 0;
	if (symbol(in, "PyModuleDef_Type", &s->p->def_type))
		s->p->def_type = 0;
}

static int find_in_image(struct search *s, const struct look_map *m)
{
	struct look_image image;
	int err = look_image(s->p->pid, m->start, &image);
	if (!err)
		err = look_image_symbol(&image, "_PyRuntime", &s->p->runtime);
	if (!err)
		find_others(s, symbol_of_image, &image);
	return err;
}

/* A program that CPython is linked into need not export it. Tried only where one may expect it: this is slow. */
static int find_in_file(struct search *s, const struct look_map *m)
{
	struct look_elf *elf;
	if (!s->is_first && !strstr(base_name(m->path), "python"))
		return -ENOENT;
	int err = look_elf_open(s->p->pid, m, &elf);
	if (err)
		return err;
	err = look_elf_symbol(elf, "_PyRuntime", &s->p->runtime);
	if (err)
		err = look_elf_section(elf, ".PyRuntime", &s->p->runtime);
	if (!err)
		find_others(s, symbol_of_file, elf);
	look_elf_close(elf);
	return err;
}

/* Ends the walk with 1 where it has been found, with an errno where it has and cannot be read. */
static int search_map(void *arg, const struct look_map *m)
{
	struct search *s = arg;
	if (m->offset || !m->inode || !m->read)
		return 0;
	int err = find_in_image(s, m);
	if (err == -EPERM || err == -ENOSYS)
		return err;
	if (err)
		err = find_in_file(s, m);
	s->is_first = false;
	if (err)
		return 0;
	err = learn_layout(s->p, s->version_at, m->path);
	return err ? err : 1;
}

static int find(struct look_python *p)
{
	struct search s = { .p = p, .is_first = true };
	int found = look_maps(p->pid, search_map, &s);
	if (found == -EACCES || found == -ENOSYS)
		return -EPERM;
	if (found <= 0)
		return found ? found : -ENOENT;
	return 0;
}

int look_python_open(pid_t pid, struct look_python **out)
{
	struct look_python *p = sys.alloc(sizeof *p);
	if (!p)
		return -ENOMEM;
	p->pid = pid;
	p->refresh_after = INT64_MIN;
	int err = find(p);
	if (!err)
		err = look_python_refresh(p);
	if (!err && !p->gil_count)
		err = -ENOENT; /* it only starts */
	if (err) {
		look_python_close(p);
		return err == -EFAULT ? -ENOENT : err;
	}
	*out = p;
	return 0;
}

void look_python_close(struct look_python *p)
{
	if (!p)
		return;
	look_python_forget_codes(p);
	sys.free(p->threads);
	sys.free(p);
}

struct look_python_kind look_python_kind(const struct look_python *p)
{
	return (struct look_python_kind){ .major = 3, .minor = p->minor, .free_threaded = p->at.free_threaded };
}

/* Its threads ----------------------------------------------------------------------------------------------------- */

/* To 3.10 a thread is known by its pthread_self(), which points to libc's structure with the tid inside. Where in it is
 * found once, by the main thread: its tid is the pid. */
static void find_tid_offset(struct look_python *p, uint64_t id)
{
	uint32_t words[512];
	if (look_peek(p->pid, id, words, sizeof words))
		return;
	for (unsigned i = 1; i < sizeof words / sizeof words[0]; i++)
		if (words[i] == (uint32_t)p->pid) {
			p->tid_offset = i * (unsigned)sizeof words[0];
			return;
		}
}

static void find_tids(struct look_python *p)
{
	size_t kept = 0;
	/* The lists begin with the newest: the main thread is the last of its interpreter's. */
	for (size_t i = p->thread_count; i-- > 0 && !p->tid_offset;)
		find_tid_offset(p, p->threads[i].id);
	for (size_t i = 0; i < p->thread_count; i++) {
		uint32_t tid;
		if (!p->tid_offset || look_peek(p->pid, p->threads[i].id + p->tid_offset, &tid, sizeof tid) || !tid ||
		    tid > HIGHEST_TID)
			continue;
		p->threads[kept] = p->threads[i];
		p->threads[kept++].tid = (pid_t)tid;
	}
	p->thread_count = kept;
}

static int add_thread(struct look_python *p, uint64_t state, uint64_t id, pid_t tid)
{
	if (p->thread_count == p->thread_room) {
		size_t room = p->thread_room ? p->thread_room * 2 : 16;
		struct look_pythread *more = sys.alloc(room * sizeof *more);
		if (!more)
			return -ENOMEM;
		if (p->thread_count)
			memcpy(more, p->threads, p->thread_count * sizeof *more);
		sys.free(p->threads);
		p->threads = more;
		p->thread_room = room;
	}
	p->threads[p->thread_count++] = (struct look_pythread){ .state = state, .id = id, .tid = tid };
	return 0;
}

static int list_threads(struct look_python *p, uint64_t interpreter)
{
	uint64_t state;
	int err = look_peek_pointer(p->pid, interpreter + p->at.threads, &state);
	while (!err && state && p->thread_count < LOOK_PYTHON_THREADS) {
		unsigned char head[LOOK_THREAD_BYTES];
		uint64_t id, tid = 0;
		err = look_peek(p->pid, state, head, sizeof head);
		if (err)
			break;
		memcpy(&id, head + p->at.thread_id, sizeof id);
		if (p->at.thread_tid)
			memcpy(&tid, head + p->at.thread_tid, sizeof tid);
		if (tid <= HIGHEST_TID)
			err = add_thread(p, state, id, (pid_t)tid);
		memcpy(&state, head + p->at.thread_next, sizeof state);
	}
	return err;
}

static void add_gil(struct look_python *p, uint64_t gil)
{
	for (unsigned i = 0; i < p->gil_count; i++)
		if (p->gils[i] == gil)
			return;
	if (gil && p->gil_count < LOOK_PYTHON_GILS)
		p->gils[p->gil_count++] = gil;
}

static int by_tid(const void *a, const void *b)
{
	pid_t x = ((const struct look_pythread *)a)->tid, y = ((const struct look_pythread *)b)->tid;
	return (x > y) - (x < y);
}

/* The main interpreter is the oldest and so the last in the list; its GIL comes first in ours. */
static int list_interpreters(struct look_python *p)
{
	uint64_t interpreters[LOOK_PYTHON_GILS], at, gil;
	unsigned n = 0;
	int err = look_peek_pointer(p->pid, p->runtime + p->at.interpreters, &at);
	while (!err && at) {
		if (n == LOOK_PYTHON_GILS) /* the newest ones are forgotten */
			memmove(interpreters, interpreters + 1, --n * sizeof interpreters[0]);
		interpreters[n++] = at;
		err = look_peek_pointer(p->pid, at + p->at.interpreter_next, &at);
		if (!err && at == interpreters[n - 1])
			break;
	}
	if (!n)
		return err;
	p->main = interpreters[n - 1];
	p->gil_count = 0;
	p->thread_count = 0;
	if (!p->at.gil_by_interpreter)
		add_gil(p, p->runtime + p->at.gil);
	while (n-- > 0) {
		if (p->at.gil_by_interpreter && !look_peek_pointer(p->pid, interpreters[n] + p->at.gil, &gil))
			add_gil(p, gil);
		int failed = list_threads(p, interpreters[n]);
		err = failed ? failed : err;
	}
	return err;
}

int look_python_refresh(struct look_python *p)
{
	int64_t began = sys.now();
	if (began < p->refresh_after)
		return -EAGAIN;
	int err = list_interpreters(p);
	if (!p->at.thread_tid)
		find_tids(p);
	if (p->thread_count)
		qsort(p->threads, p->thread_count, sizeof p->threads[0], by_tid);
	int64_t now = sys.now(), rest = (now - began) * REFRESH_SHARE;
	p->refresh_after = now + (rest > REFRESH_NS ? rest : REFRESH_NS);
	return err == -EFAULT ? 0 : err; /* the lists changed under us: what was found is good */
}

const struct look_pythread *look_python_thread(const struct look_python *p, pid_t tid)
{
	struct look_pythread key = { .tid = tid };
	return p->thread_count ? bsearch(&key, p->threads, p->thread_count, sizeof key, by_tid) : NULL;
}

/* Its GIL --------------------------------------------------------------------------------------------------------- */

static pid_t tid_of_state(struct look_python *p, uint64_t state)
{
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < p->thread_count; i++)
			if (p->threads[i].state == state)
				return p->threads[i].tid;
		if (look_python_refresh(p))
			break;
	}
	return 0;
}

int look_python_gil(struct look_python *p, struct look_python_gil *out)
{
	unsigned char gil[256];
	uint32_t locked, enabled = 1;
	uint64_t holder;
	*out = (struct look_python_gil){ .enabled = true };
	if (!p->gil_count)
		return -ENOENT;
	int err = look_peek(p->pid, p->gils[0], gil, p->at.gil_switches + 8);
	if (err)
		return err;
	if (p->at.free_threaded)
		memcpy(&enabled, gil + p->at.gil_enabled, sizeof enabled);
	memcpy(&locked, gil + p->at.gil_locked, sizeof locked);
	memcpy(&holder, gil + p->at.gil_holder, sizeof holder);
	memcpy(&out->switches, gil + p->at.gil_switches, sizeof out->switches);
	out->enabled = enabled != 0;
	out->held = out->enabled && locked == 1;
	out->holder = out->held && holder ? tid_of_state(p, holder) : 0;
	return 0;
}

bool look_python_waits(const struct look_python *p, uint64_t futex)
{
	for (unsigned i = 0; i < p->gil_count; i++)
		if (futex >= p->gils[i] && futex - p->gils[i] < p->at.gil_bytes)
			return true;
	return false;
}
