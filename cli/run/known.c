/* What runs of a command have learnt about how many at once: a line for each, "KEY JOBS KNEE CEILING TIME CHECK".
 *
 * A line whose check is wrong is left out, so a file that was cut or damaged loses no more than what was damaged. A new
 * file takes the place of the old one whole. */
#include "run/known.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE = 128,
	LINES_MAX = 500,  /* the oldest are forgotten */
	CEILING_DAYS = 1, /* a server's limits change */
	LOCK_TRIES = 50,
	LOCK_MS = 2,
};

/* FNV-1a (Fowler, Noll, Vo) */
static uint64_t hash(uint64_t h, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
	return h;
}

uint64_t known_key(char *const *words, size_t count, bool shell)
{
	uint64_t h = hash(0xcbf29ce484222325u, shell ? "1" : "0", 1);
	for (size_t i = 0; i < count; i++)
		h = hash(h, words[i], strlen(words[i]) + 1);
	return h;
}

struct entry {
	uint64_t key;
	struct limit_known known;
	int64_t time;
};

static int format(char text[LINE], const struct entry *e)
{
	int len = snprintf(text, LINE, "%016" PRIx64 " %u %d %u %" PRId64, e->key, e->known.jobs, e->known.by_knee,
			   e->known.ceiling, e->time);
	return len + snprintf(text + len, LINE - (size_t)len, " %08x\n",
			      (unsigned)hash(0xcbf29ce484222325u, text, (size_t)len));
}

/* True where a line is whole. */
static bool parse(const char *line, struct entry *e)
{
	char again[LINE];
	unsigned knee;
	if (sscanf(line, "%16" SCNx64 " %u %u %u %" SCNd64, &e->key, &e->known.jobs, &knee, &e->known.ceiling,
		   &e->time) != 5 ||
	    knee > 1)
		return false;
	e->known.by_knee = knee;
	return format(again, e) > 0 && !strcmp(again, line) && e->known.jobs > 0 && e->known.jobs <= 1000000;
}

static bool file_path(char path[PATH_MAX], const char *name, bool make)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char folder[PATH_MAX - 32];
	int len;
	if (state && *state == '/')
		len = snprintf(folder, sizeof folder, "%s/hob", state);
	else if (home && *home == '/')
		len = snprintf(folder, sizeof folder, "%s/.local/state/hob", home);
	else
		return false;
	if (len >= (int)sizeof folder)
		return false;
	for (char *slash = folder; make && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(folder, 0700);
		*slash = '/';
	}
	if (make && mkdir(folder, 0700) && errno != EEXIST)
		return false;
	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return true;
}

/* The whole lines of the file, the latest LINES_MAX of them; NULL where there are none. */
static struct entry *read_all(size_t *count)
{
	char path[PATH_MAX], line[LINE];
	FILE *f = file_path(path, "limits", false) ? fopen(path, "re") : NULL;
	struct entry *all = f ? calloc(LINES_MAX, sizeof *all) : NULL;
	*count = 0;
	while (all && fgets(line, sizeof line, f)) {
		struct entry e;
		if (parse(line, &e))
			all[(*count)++ % LINES_MAX] = e;
	}
	*count = *count < LINES_MAX ? *count : LINES_MAX;
	if (f)
		fclose(f);
	return all;
}

bool known_read(uint64_t key, struct limit_known *known)
{
	size_t count;
	struct entry *all = read_all(&count), found = { 0 };
	for (size_t i = 0; i < count; i++)
		if (all[i].key == key && all[i].time >= found.time)
			found = all[i];
	free(all);
	*known = found.known;
	if (found.time + CEILING_DAYS * 86400 < time(NULL))
		known->ceiling = 0;
	return found.known.jobs > 0;
}

/* One at a time; -1 where another takes too long. */
static int lock(void)
{
	char path[PATH_MAX];
	int fd = file_path(path, "limits.lock", true) ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
						      : -1;
	for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (i == LOCK_TRIES) {
			close(fd);
			return -1;
		}
		nanosleep(&(struct timespec){ 0, LOCK_MS * 1000000 }, NULL);
	}
	return fd;
}

void known_write(uint64_t key, const struct limit_known *known)
{
	char path[PATH_MAX], fresh[PATH_MAX], text[LINE];
	int held = lock();
	if (held < 0)
		return;
	size_t count;
	struct entry *all = read_all(&count), mine = { key, *known, time(NULL) };
	if (file_path(path, "limits", true) && file_path(fresh, "limits.new", true)) {
		FILE *f = fopen(fresh, "we");
		for (size_t i = 0; f && i < count; i++)
			if (all[i].key != key && format(text, &all[i]) > 0)
				fputs(text, f);
		if (f && format(text, &mine) > 0)
			fputs(text, f);
		bool good = f && !ferror(f);
		if (f && (fclose(f) || !good || rename(fresh, path)))
			unlink(fresh);
	}
	free(all);
	close(held);
}
