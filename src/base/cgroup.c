/* The CPU quota of this process's control group.
 *
 * /proc/self/cgroup names the group, /proc/self/mountinfo says which part of which hierarchy is mounted where. Both
 * speak in the coordinates of our own cgroup namespace, so a mount is of use exactly where its root is the group
 * itself or an ancestor: then every directory from the group up to the mount point may hold a limit on us. Any other
 * mount (say a sibling's, bound somewhere) says nothing about us and is left out.
 *
 * All of it is best effort: what is missing, unreadable, too long or nonsense counts as no limit. */
#include "base/cgroup.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum version { V1, V2 };

/* Too much for the stack of a task. */
struct search {
	char own[2][PATH_MAX]; /* our group in the hierarchy of the cpu controller; "" where there is none */
	char line[16384];
	char path[PATH_MAX];
	unsigned cores; /* the least so far */
};

/* A file, line by line, without allocation ------------------------------------------------------------------------ */

struct lines {
	int fd;
	char *buf; /* of `size` bytes; [start, end) is read and not yet handed out */
	size_t size, start, end;
	size_t budget; /* bytes we are still willing to read: /proc never is that long */
};

static int lines_open(struct lines *l, const char *path, char *buf, size_t size)
{
	*l = (struct lines){ .buf = buf, .size = size, .budget = (size_t)64 << 20 };
	l->fd = sys.open(path, O_RDONLY);
	return l->fd < 0 ? l->fd : 0;
}

static bool lines_fill(struct lines *l)
{
	memmove(l->buf, l->buf + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	size_t room = l->size - 1 - l->end;
	ssize_t got;
	do
		got = room && l->budget ? sys.read(l->fd, l->buf + l->end, room) : 0;
	while (got == -EINTR);
	if (got <= 0)
		return false;
	l->end += (size_t)got;
	l->budget -= (size_t)got < l->budget ? (size_t)got : l->budget;
	return true;
}

/* The next line without its newline, NULL at the end. A line longer than the buffer is skipped: it is none of those
 * that we look for. */
static char *lines_next(struct lines *l)
{
	bool skipping = false;
	for (;;) {
		char *from = l->buf + l->start, *newline = memchr(from, '\n', l->end - l->start);
		if (newline) {
			l->start = (size_t)(newline + 1 - l->buf);
			if (skipping) {
				skipping = false;
				continue;
			}
			*newline = '\0';
			return from;
		}
		if (l->end - l->start == l->size - 1) {
			skipping = true;
			l->start = l->end;
		}
		if (lines_fill(l))
			continue;
		if (skipping || l->start == l->end)
			return NULL;
		from = l->buf + l->start; /* the last line of a file may lack its newline */
		l->buf[l->end] = '\0';
		l->start = l->end;
		return from;
	}
}

/* Which group, mounted where -------------------------------------------------------------------------------------- */

/* Is `word` one of the comma-separated words of `list`? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = list; p; p = strchr(p, ','), p = p ? p + 1 : NULL)
		if (!strncmp(p, word, len) && (p[len] == ',' || p[len] == '\0'))
			return true;
	return false;
}

/* Lines are "id:controllers:path"; version 2 is "0::path". */
static void find_own(struct search *s)
{
	struct lines l;
	if (lines_open(&l, "/proc/self/cgroup", s->line, sizeof s->line) < 0)
		return;
	for (char *line; (line = lines_next(&l));) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path || path[1] != '/' || strlen(path + 1) >= PATH_MAX)
			continue;
		*controllers++ = '\0';
		*path++ = '\0';
		if (!strcmp(line, "0") && *controllers == '\0')
			strcpy(s->own[V2], path);
		else if (has_word(controllers, "cpu"))
			strcpy(s->own[V1], path);
	}
	sys.close(l.fd);
}

/* mountinfo writes space, tab, newline and backslash as three octal digits. In place. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *p = text; *p; to++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
		    p[3] <= '7') {
			*to = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
}

/* How many "/.." a path begins with: so many levels above the root of our namespace. What follows is set in *rest. */
static int levels_above(const char *path, const char **rest)
{
	int n = 0;
	while (!strncmp(path, "/..", 3) && (path[3] == '/' || path[3] == '\0')) {
		path += 3;
		n++;
	}
	*rest = path;
	return n;
}

/* Where below a mount with this root the group lies ("" or "/a/b"), NULL where the root is not known to be an
 * ancestor of the group. */
static const char *below(const char *root, const char *group)
{
	const char *root_rest, *group_rest;
	int root_up = levels_above(root, &root_rest), group_up = levels_above(group, &group_rest);

	if (!strcmp(root_rest, "/"))
		root_rest = "";
	if (!strcmp(group_rest, "/"))
		group_rest = "";
	if (root_up > group_up) /* the names between are not told; the mount point itself is an ancestor if it */
		return *root_rest ? NULL : ""; /* lies straight above us */
	size_t len = strlen(root_rest);
	if (root_up < group_up || strncmp(group_rest, root_rest, len))
		return NULL;
	return group_rest[len] == '/' || group_rest[len] == '\0' ? group_rest + len : NULL;
}

/* The limits ------------------------------------------------------------------------------------------------------ */

/* A plain decimal number. ULLONG_MAX, where it is larger, is as good as no limit. */
static bool number(const char *text, unsigned long long *out, const char **end)
{
	char *after;
	if (!isdigit((unsigned char)*text))
		return false;
	*out = strtoull(text, &after, 10);
	*end = after;
	return *after == '\0' || *after == ' ';
}

/* The first line of a file of the group in s->path, whose length is `len`. */
static bool group_line(struct search *s, size_t len, const char *name, char *text, size_t size)
{
	struct lines l;
	size_t room = sizeof s->path - len;
	if (snprintf(s->path + len, room, "/%s", name) >= (int)room)
		return false;
	int err = lines_open(&l, s->path, text, size);
	s->path[len] = '\0';
	if (err < 0)
		return false;
	char *line = lines_next(&l);
	sys.close(l.fd);
	if (line)
		memmove(text, line, strlen(line) + 1);
	return line != NULL;
}

static void note_limit(struct search *s, enum version version, size_t len)
{
	char text[80]; /* two numbers of 20 digits, and then some */
	const char *end;
	unsigned long long quota, period;

	if (version == V2) {
		if (!group_line(s, len, "cpu.max", text, sizeof text) || !number(text, &quota, &end) || *end != ' ')
			return; /* "max" among others */
		if (!number(end + 1, &period, &end))
			return;
	} else {
		if (!group_line(s, len, "cpu.cfs_quota_us", text, sizeof text) || !number(text, &quota, &end))
			return; /* "-1" among others */
		if (!group_line(s, len, "cpu.cfs_period_us", text, sizeof text) || !number(text, &period, &end))
			return;
	}
	if (!quota || !period)
		return;
	unsigned long long cores = quota / period + (quota % period != 0);
	if (cores < s->cores)
		s->cores = (unsigned)cores;
}

/* From the group up to the mount point, which is never left. */
static void climb(struct search *s, enum version version, const char *mount, const char *group)
{
	if (!strcmp(mount, "/"))
		mount = "";
	size_t mount_len = strlen(mount);
	if (mount_len + strlen(group) >= sizeof s->path)
		return;
	strcpy(s->path, mount);
	strcpy(s->path + mount_len, group);
	for (size_t len = strlen(s->path);;) {
		note_limit(s, version, len);
		if (len <= mount_len)
			return;
		do
			len--;
		while (len > mount_len && s->path[len] != '/');
		s->path[len] = '\0';
	}
}

/* The fields of mountinfo: id parent device root mount-point options [optional...] - type source super-options */
static void look_at_mount(struct search *s, char *line)
{
	char *field[6], *save = NULL, *word = strtok_r(line, " ", &save);
	for (int i = 0; i < 6; i++, word = strtok_r(NULL, " ", &save)) {
		if (!word)
			return;
		field[i] = word;
	}
	while (word && strcmp(word, "-"))
		word = strtok_r(NULL, " ", &save);
	const char *type = word ? strtok_r(NULL, " ", &save) : NULL;
	const char *source = type ? strtok_r(NULL, " ", &save) : NULL;
	const char *super = source ? strtok_r(NULL, " ", &save) : NULL;
	if (!super)
		return;

	enum version version;
	if (!strcmp(type, "cgroup2"))
		version = V2;
	else if (!strcmp(type, "cgroup") && has_word(super, "cpu"))
		version = V1;
	else
		return;
	unescape(field[3]);
	unescape(field[4]);
	const char *group = *s->own[version] ? below(field[3], s->own[version]) : NULL;
	if (group)
		climb(s, version, field[4], group);
}

unsigned cgroup_cores(void)
{
	struct lines l;
	struct search *s = sys.alloc(sizeof *s);
	if (!s)
		return UINT_MAX;
	s->cores = UINT_MAX;
	find_own(s);
	if ((*s->own[V1] || *s->own[V2]) && !lines_open(&l, "/proc/self/mountinfo", s->line, sizeof s->line)) {
		for (char *line; (line = lines_next(&l));)
			look_at_mount(s, line);
		sys.close(l.fd);
	}
	unsigned cores = s->cores;
	sys.free(s);
	return cores;
}
