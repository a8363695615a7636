/* A fake procfs behind sys.open, read, getdents and close: a list of files with their content. */
#ifndef TEST_LOOK_FAKE_H
#define TEST_LOOK_FAKE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "base/sys.h"
#include "test.h"

struct fake_file {
	const char *path, *text; /* a directory: its entries, one a blank, and `directory` set */
	size_t len;              /* 0: strlen(text) */
	bool directory;
	int read_error;
};

static const struct fake_file *fake_files;
static size_t fake_at[64];
static const struct fake_file *fake_open_file[64];
static int fake_is_open;
static size_t fake_piece; /* a read gives at most so much; 0: all */
static unsigned fake_opens;

static int fake_open(const char *path, int flags)
{
	fake_opens++;
	for (const struct fake_file *f = fake_files; f->path; f++) {
		if (strcmp(f->path, path))
			continue;
		if ((flags & O_DIRECTORY) && !f->directory)
			return -ENOTDIR;
		for (int fd = 0; fd < 64; fd++) {
			if (fake_open_file[fd])
				continue;
			fake_open_file[fd] = f;
			fake_at[fd] = 0;
			fake_is_open++;
			return fd + 100;
		}
		return -EMFILE;
	}
	return -ENOENT;
}

static int fake_close(int fd)
{
	CHECK(fake_open_file[fd - 100]);
	fake_open_file[fd - 100] = NULL;
	fake_is_open--;
	return 0;
}

static ssize_t fake_read(int fd, void *buf, size_t len)
{
	const struct fake_file *f = fake_open_file[fd - 100];
	CHECK(f);
	if (f->directory)
		return -EISDIR;
	if (f->read_error)
		return f->read_error;
	size_t total = f->len ? f->len : strlen(f->text), left = total - fake_at[fd - 100];
	len = len < left ? len : left;
	if (fake_piece && len > fake_piece)
		len = fake_piece;
	memcpy(buf, f->text + fake_at[fd - 100], len);
	fake_at[fd - 100] += len;
	return (ssize_t)len;
}

/* One entry a call: the caller has to come again. */
static ssize_t fake_getdents(int fd, void *buf, size_t len)
{
	const struct fake_file *f = fake_open_file[fd - 100];
	const char *name = f->text + fake_at[fd - 100];
	name += strspn(name, " ");
	size_t name_len = strcspn(name, " ");
	fake_at[fd - 100] = (size_t)(name + name_len - f->text);
	if (!name_len)
		return 0;
	unsigned short bytes = (unsigned short)((19 + name_len + 1 + 7) / 8 * 8);
	CHECK(bytes <= len);
	memset(buf, 0, bytes);
	memcpy((char *)buf + 16, &bytes, sizeof bytes);
	memcpy((char *)buf + 19, name, name_len);
	return bytes;
}

static void fake_start(const struct fake_file *files)
{
	sys = sys_real;
	sys.open = fake_open;
	sys.read = fake_read;
	sys.getdents = fake_getdents;
	sys.close = fake_close;
	fake_files = files;
	fake_piece = 0;
	fake_opens = 0;
}

/* Nothing may be left open, whatever was read. */
static void fake_end(void)
{
	CHECK_EQ(fake_is_open, 0);
	sys = sys_real;
}

#endif
