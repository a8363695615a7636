/* hob_read and hob_write over every backend: blocking and non-blocking descriptors, ends and errors, deadlines, and
 * that a wait given up leaves the buffer and the data alone. */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "wait/each.h"

enum { BULK = SLOW_BUILD ? 1 << 20 : 4 << 20 };

static int modes[] = { 0, O_NONBLOCK };

static int small(void *arg)
{
	char buf[16];
	int p[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		pipe_new(p, modes[i]);
		CHECK_EQ(hob_write(p[1], "hello", 5, HOB_NEVER), 5);
		CHECK_EQ(hob_read(p[0], buf, 2, HOB_NEVER), 2);
		CHECK_EQ(hob_read(p[0], buf + 2, sizeof buf - 2, 0), 3);
		CHECK_EQ(memcmp(buf, "hello", 5), 0);
		CHECK_EQ(hob_read(p[0], buf, 0, HOB_NEVER), 0); /* nothing asked, nothing to wait for */
		CHECK_EQ(hob_write(p[1], buf, 0, HOB_NEVER), 0);
		CHECK_EQ(hob_read(p[0], buf, 1, 0), -ETIMEDOUT);
		CHECK_EQ(hob_write(p[1], "x", 1, 0), 1);
		close(p[1]);
		CHECK_EQ(hob_read(p[0], buf, sizeof buf, HOB_NEVER), 1);
		CHECK_EQ(hob_read(p[0], buf, sizeof buf, HOB_NEVER), 0);
		CHECK_EQ(hob_read(p[0], buf, sizeof buf, 0), 0);
		close(p[0]);
	}
	return 0;
}

static int errors(void *arg)
{
	char *const nowhere = (char *)8;
	uint64_t n = 5;
	char byte = 0;
	int p[2], fd;

	(void)arg;
	pipe_new(p, 0);
	CHECK_EQ(hob_read(p[1], &byte, 1, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_write(p[0], &byte, 1, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_read(-1, &byte, 1, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_write(1000000, &byte, 1, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_write(p[1], &byte, 1, HOB_NEVER), 1);
	CHECK_EQ(hob_read(p[0], nowhere, 1, HOB_NEVER), -EFAULT);
	CHECK_EQ(hob_write(p[1], nowhere, 1, HOB_NEVER), -EFAULT);
	close(p[0]);
	CHECK_EQ(hob_write(p[1], &byte, 1, HOB_NEVER), -EPIPE);
	CHECK_EQ(hob_write(p[1], &byte, 1, 0), -EPIPE);
	close(p[1]);
	CHECK_EQ(hob_read(p[0], &byte, 1, HOB_NEVER), -EBADF);
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_EQ(hob_read(fd, &byte, 1, HOB_NEVER), -EISDIR);
	close(fd);
	fd = eventfd(0, EFD_CLOEXEC);
	CHECK_EQ(hob_read(fd, &n, 8, hob_after(50 * HOB_US)), -ETIMEDOUT);
	CHECK_EQ(hob_write(fd, &n, 8, HOB_NEVER), 8);
	n = 0;
	CHECK_EQ(hob_read(fd, &n, 8, HOB_NEVER), 8);
	CHECK_EQ(n, 5);
	close(fd);
	return 0;
}

static int files(void *arg)
{
	FILE *f = tmpfile();
	char buf[8] = { 0 };
	int fd = fileno(f);

	(void)arg;
	CHECK_EQ(hob_write(fd, "abc", 3, HOB_NEVER), 3);
	CHECK_EQ(hob_write(fd, "def", 3, HOB_NEVER), 3);
	CHECK_EQ(lseek(fd, 1, SEEK_SET), 1);
	CHECK_EQ(hob_read(fd, buf, 2, HOB_NEVER), 2);
	CHECK_EQ(hob_read(fd, buf + 2, 6, HOB_NEVER), 3);
	CHECK_EQ(strcmp(buf, "bcdef"), 0);
	CHECK_EQ(hob_read(fd, buf, 8, HOB_NEVER), 0);
	fclose(f);
	return 0;
}

/* A writer of much, a slow reader of odd sizes. */

struct flow {
	int from, to;
	struct dice dice;
};

static unsigned char byte_at(size_t at)
{
	return (unsigned char)((at * 2654435761u) >> 13);
}

static int pour(void *arg)
{
	unsigned char *all = sys_real.alloc(BULK);
	struct flow *f = arg;

	CHECK(all);
	for (size_t i = 0; i < BULK; i++)
		all[i] = byte_at(i);
	for (size_t at = 0; at < BULK;) {
		ssize_t n = hob_write(f->to, all + at, BULK - at, HOB_NEVER);

		CHECK(n > 0 && (size_t)n <= BULK - at);
		at += (size_t)n;
	}
	close(f->to);
	sys_real.free(all);
	return 0;
}

static int sip(void *arg)
{
	unsigned char buf[20000];
	struct flow *f = arg;
	size_t at = 0;
	ssize_t n;

	while ((n = hob_read(f->from, buf, roll(&f->dice, sizeof buf) + 1, HOB_NEVER))) {
		CHECK(n > 0);
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != byte_at(at + (size_t)i))
				CHECK_EQ(buf[i], byte_at(at + (size_t)i));
		at += (size_t)n;
		if (roll(&f->dice, 4) == 0)
			hob_yield();
		if (roll(&f->dice, 64) == 0)
			CHECK_EQ(hob_sleep(hob_after(10 * HOB_US)), 0);
	}
	CHECK_EQ(at, BULK);
	close(f->from);
	return 0;
}

static int bulk(void *arg)
{
	(void)arg;
	for (int i = 0; i < 4; i++) {
		struct hob_scope *s = scope_new();
		struct flow f = { .dice = dice_of((uint64_t)i) };
		int fds[2];

		if (i < 2)
			pipe_new(fds, modes[i]);
		else
			CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (i == 3 ? SOCK_NONBLOCK : 0), 0, fds),
				 0);
		f.from = fds[0];
		f.to = fds[1];
		spawn(s, pour, &f);
		spawn(s, sip, &f);
		scope_join(s);
	}
	return 0;
}

/* Deadlines and cancellation */

static int deadlines(void *arg)
{
	static char full[65536];
	char byte = 'y';
	hob_time soon;
	int p[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		pipe_new(p, modes[i]);
		CHECK_EQ(hob_read(p[0], &byte, 1, hob_now() - 1), -ETIMEDOUT);
		soon = hob_after(500 * HOB_US);
		CHECK_EQ(hob_read(p[0], &byte, 1, soon), -ETIMEDOUT);
		CHECK(hob_now() >= soon);
		CHECK_EQ(byte, 'y');
		CHECK_EQ(write(p[1], full, sizeof full), sizeof full);
		CHECK_EQ(hob_write(p[1], "x", 1, 0), -ETIMEDOUT);
		CHECK_EQ(hob_write(p[1], "x", 1, hob_now() - 1), -ETIMEDOUT);
		soon = hob_after(500 * HOB_US);
		CHECK_EQ(hob_write(p[1], "x", 1, soon), -ETIMEDOUT);
		CHECK(hob_now() >= soon);
		CHECK_EQ(hob_read(p[0], full, sizeof full, hob_now() - 1), sizeof full);
		CHECK(!readable(p[0])); /* what timed out was not written */
		pipe_close(p);
	}
	return 0;
}

struct attempt {
	int fd;
	bool writes;
	unsigned char buf[64];
	ssize_t answer;
};

static int attempt(void *arg)
{
	struct attempt *a = arg;

	a->answer = a->writes ? hob_write(a->fd, a->buf, sizeof a->buf, HOB_NEVER)
			      : hob_read(a->fd, a->buf, sizeof a->buf, HOB_NEVER);
	memset(a->buf, 0x5a, sizeof a->buf); /* ours again */
	return 0;
}

/* After the answer -ECANCELED no byte comes or goes. */
static int cancelled(void *arg)
{
	static char full[65536];
	int p[2];

	(void)arg;
	for (int i = 0; i < 80; i++) {
		struct attempt a = { .writes = i % 2 };
		struct hob_scope *s = scope_new();

		pipe_new(p, modes[i / 2 % 2]);
		if (a.writes)
			CHECK_EQ(write(p[1], full, sizeof full), sizeof full);
		a.fd = p[a.writes];
		spawn(s, attempt, &a);
		for (int n = 0; n < i / 4; n++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		CHECK_EQ(a.answer, -ECANCELED);
		if (a.writes) {
			CHECK_EQ(read(p[0], full, sizeof full), sizeof full);
			hob_yield();
			CHECK(!readable(p[0]));
		} else {
			CHECK_EQ(write(p[1], full, 8), 8);
			hob_yield();
			CHECK_EQ(read(p[0], full, sizeof full), 8);
			for (size_t n = 0; n < sizeof a.buf; n++)
				CHECK_EQ(a.buf[n], 0x5a);
		}
		pipe_close(p);
	}
	return 0;
}

/* Data and cancellation race: either the answer has the data, or the pipe has. */
static int cancelled_at_the_last_moment(void *arg)
{
	char rest[8];
	int p[2];

	(void)arg;
	for (int i = 0; i < 200; i++) {
		struct attempt a = { .writes = false };
		struct hob_scope *s = scope_new();

		pipe_new(p, O_NONBLOCK);
		a.fd = p[0];
		spawn(s, attempt, &a);
		for (int n = 0; n < i % 5; n++)
			hob_yield();
		CHECK_EQ(write(p[1], "1234", 4), 4);
		for (int n = 0; n < i % 3; n++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		CHECK(a.answer == 4 || a.answer == -ECANCELED);
		CHECK_EQ(read(p[0], rest, sizeof rest), a.answer == 4 ? -1 : 4);
		pipe_close(p);
	}
	return 0;
}

/* Several tasks on one descriptor */

enum { MESSAGES = SLOW_BUILD ? 500 : 3000 };

static int echo(void *arg)
{
	int fd = *(int *)arg;
	uint32_t n;

	for (;;) {
		ssize_t got = hob_read(fd, &n, sizeof n, HOB_NEVER);

		if (got == 0)
			return 0;
		CHECK_EQ(got, sizeof n);
		CHECK_EQ(hob_write(fd, &n, sizeof n, HOB_NEVER), sizeof n);
	}
}

static int ask(void *arg)
{
	for (uint32_t i = 0; i < MESSAGES; i++)
		CHECK_EQ(hob_write(*(int *)arg, &i, sizeof i, HOB_NEVER), sizeof i);
	return 0;
}

static int hear(void *arg)
{
	int fd = *(int *)arg;
	uint32_t n;

	for (uint32_t i = 0; i < MESSAGES; i++) {
		CHECK_EQ(hob_read(fd, &n, sizeof n, HOB_NEVER), sizeof n);
		CHECK_EQ(n, i);
	}
	CHECK_EQ(shutdown(fd, SHUT_WR), 0);
	return 0;
}

static int reader_and_writer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2; i++) {
		struct hob_scope *s = scope_new();
		int fds[2];

		CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (i ? SOCK_NONBLOCK : 0), 0, fds), 0);
		spawn(s, echo, &fds[1]);
		spawn(s, ask, &fds[0]);
		spawn(s, hear, &fds[0]);
		scope_join(s);
		pipe_close(fds);
	}
	return 0;
}

static atomic_of(uint32_t) seen[MESSAGES];

static int share(void *arg)
{
	uint32_t n;
	ssize_t got;

	while ((got = hob_read(*(int *)arg, &n, sizeof n, HOB_NEVER))) {
		CHECK_EQ(got, sizeof n);
		CHECK_EQ(at_add(&seen[n], 1, RELAXED), 0);
	}
	return 0;
}

static int several_readers(void *arg)
{
	struct hob_scope *s = scope_new();
	int p[2];

	(void)arg;
	memset(seen, 0, sizeof seen);
	pipe_new(p, O_NONBLOCK);
	for (int i = 0; i < 4; i++)
		spawn(s, share, &p[0]);
	for (uint32_t i = 0; i < MESSAGES; i++)
		CHECK_EQ(hob_write(p[1], &i, sizeof i, HOB_NEVER), sizeof i);
	close(p[1]);
	scope_join(s);
	close(p[0]);
	for (int i = 0; i < MESSAGES; i++)
		CHECK_EQ(seen[i], 1);
	return 0;
}

int main(void)
{
	test_start();
	signal(SIGPIPE, SIG_IGN);
	EACH(small);
	EACH(errors);
	EACH(files);
	EACH(bulk);
	EACH(deadlines);
	EACH(cancelled);
	EACH(cancelled_at_the_last_moment);
	EACH(reader_and_writer);
	EACH(several_readers);
	return test_done();
}
