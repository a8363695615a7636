/* --results: where the output of a job stays. */
#include "run/results.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/log/sha256.h"

enum { PART_MAX = 240, KEPT = 200, DIGEST = 8, PART_ROOM = PART_MAX + 2 };

/* A value as a part of a path: no slash, none of the names that mean something else, and never too long. */
static char *put_part(char *to, const char *value)
{
	char *from = to;
	if (!*value || !strcmp(value, ".") || !strcmp(value, ".."))
		*to++ = '\\';
	for (const char *p = value; *p && to - from < PART_MAX - 1; p++) {
		if (*p == '/' || *p == '\\')
			*to++ = '\\';
		*to++ = *p == '/' ? '_' : *p;
	}
	if (to - from >= PART_MAX - 1) { /* told apart by a digest */
		struct sha256 s;
		uint8_t digest[32];
		sha256_init(&s);
		sha256_add(&s, value, strlen(value));
		sha256_end(&s, digest);
		to = from + KEPT;
		*to++ = '~';
		for (int i = 0; i < DIGEST; i++)
			to += sprintf(to, "%02x", digest[i]);
	}
	*to = '\0';
	return to;
}

char *results_folder(const char *dir, const struct inputs *inputs, const struct row *row)
{
	char *path = malloc(strlen(dir) + row->count * 2 * (PART_ROOM + 1) + 24), *to = path;
	if (!path)
		return NULL;
	to = stpcpy(to, dir);
	if (!row->count)
		to += sprintf(to, "/%zu", row->number);
	for (size_t i = 0; i < row->count; i++) {
		*to++ = '/';
		if (i < inputs->name_count)
			to = put_part(to, inputs->names[i]);
		else
			to += sprintf(to, "%zu", i + 1);
		*to++ = '/';
		to = put_part(to, row->columns[i]);
	}
	return path;
}

/* mkdir -p */
static int make_folders(char *path)
{
	if (!mkdir(path, 0777) || errno == EEXIST)
		return 0;
	char *slash = errno == ENOENT ? strrchr(path, '/') : NULL;
	if (!slash || slash == path)
		return -errno;
	*slash = '\0';
	int err = make_folders(path);
	*slash = '/';
	return err ? err : mkdir(path, 0777) && errno != EEXIST ? -errno : 0;
}

static int open_in(const char *folder, const char *name)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return -ENAMETOOLONG;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	return fd < 0 ? -errno : fd;
}

int results_open(const char *folder, size_t number, struct files *f)
{
	static const char *const names[] = { "stdout", "stderr" };
	char *path = strdup(folder), digits[24];
	int err = path ? make_folders(path) : -ENOMEM, len = snprintf(digits, sizeof digits, "%zu", number);
	free(path);
	for (int i = 0; i < 2 && !err; i++) {
		f->fd[i] = open_in(folder, names[i]);
		err = f->fd[i] < 0 ? f->fd[i] : 0;
	}
	int seq = err ? -1 : open_in(folder, "seq");
	if (!err && seq < 0)
		err = seq;
	if (!err && write(seq, digits, (size_t)len) != len)
		err = -ENOSPC;
	if (seq >= 0)
		close(seq);
	if (err)
		files_close_outputs(f);
	return err;
}
