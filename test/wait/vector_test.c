/* hob_readv, hob_writev, hob_pread, hob_pwrite and the transfers of all, over every backend. */
#include <limits.h>
#include <sys/socket.h>

#include "wait/each.h"

static int modes[] = { 0, O_NONBLOCK };

static int vectors(void *arg)
{
	char a[4] = { 0 }, b[8] = { 0 };
	struct iovec out[] = { { "he", 2 }, { NULL, 0 }, { "llo", 3 } }, in[] = { { a, 2 }, { b, sizeof b } };
	int p[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		pipe_new(p, modes[i]);
		CHECK_EQ(hob_readv(p[0], in, 2, 0), -ETIMEDOUT);
		CHECK_EQ(hob_readv(p[0], in, 2, hob_after(100 * HOB_US)), -ETIMEDOUT);
		CHECK_EQ(hob_writev(p[1], out, 3, HOB_NEVER), 5);
		CHECK_EQ(hob_readv(p[0], in, 2, HOB_NEVER), 5);
		CHECK_EQ(strcmp(a, "he"), 0);
		CHECK_EQ(strcmp(b, "llo"), 0);
		CHECK_EQ(hob_readv(p[0], in, 0, HOB_NEVER), 0);
		CHECK_EQ(hob_writev(p[1], out, 0, HOB_NEVER), 0);
		CHECK_EQ(hob_readv(p[0], in, -1, HOB_NEVER), -EINVAL);
		CHECK_EQ(hob_writev(p[1], out, IOV_MAX + 1, HOB_NEVER), -EINVAL);
		CHECK_EQ(hob_readv(p[1], in, 2, HOB_NEVER), -EBADF);
		CHECK_EQ(hob_writev(p[0], out, 3, HOB_NEVER), -EBADF);
		close(p[1]);
		CHECK_EQ(hob_readv(p[0], in, 2, HOB_NEVER), 0);
		close(p[0]);
	}
	return 0;
}

/* More than a pipe holds, by a writer that may not block its worker. */

enum { PART = 30000 };

static int pour(void *arg)
{
	static char part[2][PART];
	struct iovec all[] = { { NULL, 0 }, { part[0], PART }, { part[1], PART } };
	size_t left = 2 * PART;

	memset(part[0], 'a', PART);
	memset(part[1], 'b', PART);
	while (left) {
		ssize_t n = hob_writev(*(int *)arg, all, 3, HOB_NEVER);

		CHECK(n > 0 && (size_t)n <= left);
		left -= (size_t)n;
		for (int i = 0; i < 3; i++) {
			size_t took = (size_t)n < all[i].iov_len ? (size_t)n : all[i].iov_len;

			all[i].iov_base = (char *)all[i].iov_base + took;
			all[i].iov_len -= took;
			n -= (ssize_t)took;
		}
	}
	return 0;
}

static int more_than_fits(void *arg)
{
	static char got[2 * PART];
	size_t done;
	int p[2];

	(void)arg;
	for (int i = 0; i < 4; i++) {
		struct hob_scope *s = scope_new();

		if (i < 2)
			pipe_new(p, modes[i]);
		else
			CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (i == 3 ? SOCK_NONBLOCK : 0), 0, p),
				 0);
		if (i < 2)
			CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 4096), 4096);
		spawn(s, pour, &p[1]);
		CHECK_EQ(hob_read_all(p[0], got, sizeof got, &done, HOB_NEVER), 0);
		CHECK_EQ(done, sizeof got);
		for (size_t n = 0; n < sizeof got; n++)
			if (got[n] != (n < PART ? 'a' : 'b'))
				CHECK_EQ(got[n], n < PART ? 'a' : 'b');
		scope_join(s);
		pipe_close(p);
	}
	return 0;
}

static int positions(void *arg)
{
	FILE *f = tmpfile();
	int fd = fileno(f), p[2];
	char buf[8] = { 0 };

	(void)arg;
	CHECK_EQ(hob_pwrite(fd, "abcdef", 6, 2, HOB_NEVER), 6);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(hob_pread(fd, buf, 3, 3, HOB_NEVER), 3);
	CHECK_EQ(strcmp(buf, "bcd"), 0);
	CHECK_EQ(hob_pread(fd, buf, 8, 6, 0), 2);
	CHECK_EQ(hob_pread(fd, buf, 8, 100, HOB_NEVER), 0);
	CHECK_EQ(hob_pread(fd, buf, 8, -1, HOB_NEVER), -EINVAL);
	CHECK_EQ(hob_pwrite(fd, buf, 8, -1, HOB_NEVER), -EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	fclose(f);
	pipe_new(p, 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(hob_pread(p[0], buf, 1, 0, HOB_NEVER), -ESPIPE);
	CHECK_EQ(hob_pwrite(p[1], buf, 1, 0, HOB_NEVER), -ESPIPE);
	CHECK(readable(p[0]));
	pipe_close(p);
	CHECK_EQ(hob_pread(p[0], buf, 1, 0, HOB_NEVER), -EBADF);
	return 0;
}

/* A transfer of all that is given up says how far it came, and can be gone on with. */
static int all_or_how_much(void *arg)
{
	static char big[200000];
	char buf[8] = { 0 };
	size_t done;
	int p[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		pipe_new(p, modes[i]);
		CHECK_EQ(hob_read_all(p[0], buf, 0, NULL, 0), 0);
		CHECK_EQ(write(p[1], "abc", 3), 3);
		CHECK_EQ(hob_read_all(p[0], buf, 8, &done, hob_after(100 * HOB_US)), -ETIMEDOUT);
		CHECK_EQ(done, 3);
		CHECK_EQ(hob_write_all(p[1], "defgh", 5, NULL, 0), 0);
		CHECK_EQ(hob_read_all(p[0], buf + done, 5, &done, 0), 0);
		CHECK_EQ(done, 5);
		CHECK_EQ(memcmp(buf, "abcdefgh", 8), 0);
		CHECK_EQ(hob_write_all(p[1], big, sizeof big, &done, hob_after(100 * HOB_US)), -ETIMEDOUT);
		CHECK(done > 0 && done < sizeof big);
		CHECK_EQ(hob_read_all(p[0], big, done, NULL, 0), 0);
		CHECK(!readable(p[0]));
		CHECK_EQ(write(p[1], "abc", 3), 3);
		close(p[1]);
		CHECK_EQ(hob_read_all(p[0], buf, 8, &done, HOB_NEVER), -ENODATA);
		CHECK_EQ(done, 3);
		close(p[0]);
		CHECK_EQ(hob_read_all(p[0], buf, 8, &done, HOB_NEVER), -EBADF);
		CHECK_EQ(done, 0);
	}
	return 0;
}

int main(void)
{
	test_start();
	EACH(vectors);
	EACH(more_than_fits);
	EACH(positions);
	EACH(all_or_how_much);
	return test_done();
}
