/* The calls of hob/file.h, by the ring and by threads: answers, errors, deadlines, cancellation, short moves. */
#include <sys/socket.h>
#include <sys/stat.h>

#include "wait/each.h"

enum { PIECE = 300000 };

static char dir[64];

struct path {
	char text[128];
};

static struct path path_of(const char *name)
{
	struct path p;

	snprintf(p.text, sizeof p.text, "%s/%s", dir, name);
	return p;
}

/* Lives until the end of the statement: while a task is parked others name their files. */
#define at(name) (path_of(name).text)

static int opened(const char *name, int flags)
{
	int fd = hob_open(at(name), flags, 0640, HOB_NEVER);

	CHECK(fd >= 0);
	return fd;
}

static off_t size_of(const char *name)
{
	struct statx stat;

	CHECK_EQ(hob_statx(AT_FDCWD, at(name), 0, STATX_SIZE, &stat, HOB_NEVER), 0);
	return (off_t)stat.stx_size;
}

static int life_of_a_file(void *arg)
{
	struct statx stat;
	int fd;

	(void)arg;
	CHECK_EQ(hob_mkdir(at("d"), 0750, HOB_NEVER), 0);
	CHECK_EQ(hob_mkdir(at("d"), 0750, HOB_NEVER), -EEXIST);
	fd = opened("d/a", O_CREAT | O_EXCL | O_RDWR);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(hob_open(at("d/a"), O_CREAT | O_EXCL | O_RDWR, 0600, HOB_NEVER), -EEXIST);
	CHECK_EQ(hob_write(fd, "twelve bytes", 12, HOB_NEVER), 12);
	CHECK_EQ(hob_fsync(fd, HOB_NEVER), 0);
	CHECK_EQ(hob_fdatasync(fd, HOB_NEVER), 0);
	CHECK_EQ(size_of("d/a"), 12);
	CHECK_EQ(hob_ftruncate(fd, 5, HOB_NEVER), 0);
	CHECK_EQ(hob_statx(fd, "", AT_EMPTY_PATH, STATX_SIZE | STATX_MODE, &stat, HOB_NEVER), 0);
	CHECK_EQ(stat.stx_size, 5);
	CHECK_EQ(stat.stx_mode & 0777, 0640);
	CHECK_EQ(hob_rmdir(at("d"), HOB_NEVER), -ENOTEMPTY);
	CHECK_EQ(hob_rename(at("d/a"), at("d/b"), HOB_NEVER), 0);
	CHECK_EQ(hob_rename(at("d/a"), at("d/b"), HOB_NEVER), -ENOENT);
	CHECK_EQ(hob_rename(at("d"), at("d/e"), HOB_NEVER), -EINVAL); /* the call's own fault, not a missing opcode */
	CHECK_EQ(hob_unlink(at("d/a"), HOB_NEVER), -ENOENT);
	CHECK_EQ(hob_unlink(at("d/b"), HOB_NEVER), 0);
	CHECK_EQ(hob_close(fd), 0);
	CHECK_EQ(hob_close(fd), -EBADF);
	CHECK_EQ(hob_rmdir(at("d"), HOB_NEVER), 0);
	CHECK_EQ(hob_statx(AT_FDCWD, at("d"), 0, 0, &stat, HOB_NEVER), -ENOENT);
	CHECK_EQ(hob_open(at("d"), O_RDONLY, 0, HOB_NEVER), -ENOENT);
	CHECK_EQ(hob_fsync(fd, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_fdatasync(-1, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_ftruncate(-1, 0, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_close(-1), -EBADF);
	return 0;
}

struct
try {
	const char *name;
	int flags, result;
	hob_time deadline;
};

static int try_open(void *arg)
{
	struct try *t = arg;

	t->result = hob_open(t->name, t->flags, 0600, t->deadline);
	return 0;
}

/* An open that has to wait: by the ring it can be given up, and no descriptor is lost either way. */
static int fifo(void *arg)
{
	struct try t = { .flags = O_RDONLY };
	char name[128];
	int fd;

	(void)arg;
	snprintf(name, sizeof name, "%s", at("fifo"));
	t.name = name;
	CHECK_EQ(mkfifo(name, 0600), 0);
	for (int i = 0; i < 20 && each_backend == HOB_BACKEND_IO_URING; i++) {
		struct hob_scope *s = scope_new();

		t.deadline = i % 2 ? HOB_NEVER : hob_after(100 * HOB_US);
		spawn(s, try_open, &t);
		if (i % 2) {
			for (int n = 0; n < i; n++)
				hob_yield();
			hob_scope_cancel(s);
		}
		scope_join(s);
		CHECK_EQ(t.result, i % 2 ? -ECANCELED : -ETIMEDOUT);
	}
	t.deadline = HOB_NEVER;
	struct hob_scope *s = scope_new();
	spawn(s, try_open, &t);
	fd = hob_open(name, O_WRONLY, 0, HOB_NEVER);
	scope_join(s);
	CHECK(fd >= 0 && t.result >= 0);
	CHECK_EQ(hob_close(fd), 0);
	CHECK_EQ(hob_close(t.result), 0);
	CHECK_EQ(hob_unlink(name, HOB_NEVER), 0);
	return 0;
}

/* In a cancelled task nothing is done, but a descriptor is closed. */
static int all_cancelled(void *arg)
{
	int *fds = arg;
	struct statx stat;

	while (hob_sleep(HOB_NEVER) != -ECANCELED)
		;
	CHECK_EQ(hob_open(at("c"), O_RDONLY, 0, HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_unlink(at("c"), HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_rename(at("c"), at("cc"), HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_fsync(fds[0], HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_ftruncate(fds[0], 0, HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_statx(fds[0], "", AT_EMPTY_PATH, 0, &stat, HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_copy_file_range(fds[0], NULL, fds[0], NULL, 1, HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_splice(fds[1], NULL, fds[2], NULL, 1, HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_sendfile(fds[2], fds[0], NULL, 1, HOB_NEVER), -ECANCELED);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(hob_close(fds[i]), 0);
	return 0;
}

static int cancelled(void *arg)
{
	struct hob_scope *s = scope_new();
	int fds[3];

	(void)arg;
	fds[0] = opened("c", O_CREAT | O_RDWR);
	CHECK_EQ(hob_write(fds[0], "c", 1, HOB_NEVER), 1);
	pipe_new(fds + 1, 0);
	CHECK_EQ(write(fds[2], "c", 1), 1); /* both ends are ready */
	spawn(s, all_cancelled, fds);
	hob_yield();
	hob_scope_cancel(s);
	scope_join(s);
	CHECK_EQ(size_of("c"), 1);
	CHECK_EQ(hob_unlink(at("c"), HOB_NEVER), 0);
	return 0;
}

/* A deadline past answers at once, and what it answers is so: done or not. */
static int deadlines(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++) {
		hob_time deadline = i % 2 ? 0 : hob_after(i * HOB_US);
		int fd = hob_open(at("t"), O_CREAT | O_RDWR, 0600, deadline), r;

		CHECK(fd >= 0 || fd == -ETIMEDOUT);
		if (fd >= 0)
			CHECK_EQ(hob_close(fd), 0);
		r = hob_unlink(at("t"), deadline);
		CHECK(r == 0 || r == -ETIMEDOUT || (r == -ENOENT && fd < 0));
		if (r == 0)
			CHECK_EQ(hob_unlink(at("t"), HOB_NEVER), -ENOENT);
	}
	hob_unlink(at("t"), HOB_NEVER);
	return 0;
}

static char byte_at(size_t i)
{
	return (char)(i * 31 >> 3);
}

static void fill(const char *name)
{
	static char bytes[PIECE];
	int fd = opened(name, O_CREAT | O_TRUNC | O_RDWR);

	for (size_t i = 0; i < PIECE; i++)
		bytes[i] = byte_at(i);
	CHECK_EQ(write(fd, bytes, PIECE), PIECE);
	CHECK_EQ(hob_close(fd), 0);
}

static int copy(void *arg)
{
	int from, to;
	off_t at_from = 1000, at_to = 10;
	ssize_t n;
	char c;

	(void)arg;
	fill("from");
	from = opened("from", O_RDONLY);
	to = opened("to", O_CREAT | O_TRUNC | O_RDWR);
	while ((n = hob_copy_file_range(from, &at_from, to, &at_to, PIECE, HOB_NEVER)) > 0)
		;
	CHECK_EQ(n, 0);
	CHECK_EQ(at_from, PIECE);
	CHECK_EQ(size_of("to"), PIECE - 1000 + 10);
	CHECK_EQ(pread(to, &c, 1, 5000), 1);
	CHECK_EQ(c, byte_at(5990));
	CHECK_EQ(hob_copy_file_range(to, NULL, -1, NULL, 1, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_close(from), 0);
	CHECK_EQ(hob_close(to), 0);
	CHECK_EQ(hob_unlink(at("to"), HOB_NEVER), 0);
	CHECK_EQ(hob_unlink(at("from"), HOB_NEVER), 0);
	return 0;
}

struct drain {
	int fd;
	size_t got;
};

/* Reads all there is, a little at a time. */
static int drain(void *arg)
{
	struct drain *d = arg;
	char bytes[5000];
	ssize_t n;

	while ((n = hob_read(d->fd, bytes, sizeof bytes, HOB_NEVER)) > 0)
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(bytes[i], byte_at(d->got++));
	CHECK_EQ(n, 0);
	return 0;
}

static int send_a_file(void *arg)
{
	struct hob_scope *s = scope_new();
	struct drain d = { 0 };
	int fds[2], from;
	off_t sent = 0;
	ssize_t n;

	(void)arg;
	fill("send");
	from = opened("send", O_RDONLY);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	while ((n = hob_sendfile(fds[0], from, &sent, PIECE, hob_after(5 * HOB_MS))) > 0)
		; /* nobody reads: it is full some time */
	CHECK_EQ(n, sent == PIECE ? 0 : -ETIMEDOUT);
	d.fd = fds[1];
	spawn(s, drain, &d);
	while ((n = hob_sendfile(fds[0], from, &sent, PIECE, HOB_NEVER)) > 0)
		;
	CHECK_EQ(n, 0);
	CHECK_EQ(close(fds[0]), 0);
	scope_join(s);
	CHECK_EQ(d.got, PIECE);
	CHECK_EQ(close(fds[1]), 0);
	CHECK_EQ(hob_sendfile(-1, from, NULL, 1, HOB_NEVER), -EBADF);
	CHECK_EQ(hob_close(from), 0);
	CHECK_EQ(hob_unlink(at("send"), HOB_NEVER), 0);
	return 0;
}

struct pump {
	int from, to;
};

static int pump(void *arg)
{
	struct pump *p = arg;
	ssize_t n;

	while ((n = hob_splice(p->from, NULL, p->to, NULL, 70000, HOB_NEVER)) > 0)
		;
	CHECK_EQ(n, 0);
	CHECK_EQ(close(p->to), 0);
	return 0;
}

/* file -> pipe -> socket -> pipe -> reader */
static int splices(void *arg)
{
	struct hob_scope *s = scope_new();
	int first[2], pair[2], last[2], from;
	struct pump pumps[3];
	struct drain d = { 0 };

	(void)arg;
	fill("splice");
	from = opened("splice", O_RDONLY);
	pipe_new(first, 0);
	pipe_new(last, 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	CHECK_EQ(hob_splice(first[0], NULL, last[1], NULL, 10, 0), -ETIMEDOUT);
	CHECK_EQ(hob_splice(pair[0], NULL, last[1], NULL, 10, hob_after(50 * HOB_US)), -ETIMEDOUT);
	CHECK_EQ(hob_splice(-1, NULL, last[1], NULL, 10, HOB_NEVER), -EBADF);
	pumps[0] = (struct pump){ from, first[1] };
	pumps[1] = (struct pump){ first[0], pair[0] };
	pumps[2] = (struct pump){ pair[1], last[1] };
	d.fd = last[0];
	for (int i = 0; i < 3; i++)
		spawn(s, pump, &pumps[i]);
	spawn(s, drain, &d);
	scope_join(s);
	CHECK_EQ(d.got, PIECE);
	CHECK_EQ(close(first[0]), 0);
	CHECK_EQ(close(pair[1]), 0);
	CHECK_EQ(close(last[0]), 0);
	CHECK_EQ(hob_close(from), 0);
	CHECK_EQ(hob_unlink(at("splice"), HOB_NEVER), 0);
	return 0;
}

static int one_of_many(void *arg)
{
	char name[32];

	for (int i = 0; i < 20; i++) {
		int fd;

		snprintf(name, sizeof name, "m%d", (int)(uintptr_t)arg);
		fd = opened(name, O_CREAT | O_RDWR);
		CHECK_EQ(hob_write(fd, name, 2, HOB_NEVER), 2);
		CHECK_EQ(size_of(name), 2);
		CHECK_EQ(hob_close(fd), 0);
		CHECK_EQ(hob_unlink(at(name), HOB_NEVER), 0);
	}
	return 0;
}

static int many(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	for (uintptr_t i = 0; i < 100; i++)
		spawn(s, one_of_many, (void *)i);
	scope_join(s);
	return 0;
}

/* What the system may answer, by threads: the first time interrupted, the second with an error. */

static atomic_of(uint32_t) asked;

static int moody_open(const char *path, int flags, mode_t mode)
{
	uint32_t n = at_add(&asked, 1, RELAXED) % 3;

	return n == 0 ? -EINTR : n == 1 ? -EMFILE : sys_real.open_mode(path, flags, mode);
}

static int moody_close(int fd)
{
	int r = sys_real.close(fd);

	return r ? r : -EIO; /* what was written could not be: but it is closed */
}

static int no_thread(pthread_t *out, size_t stack_bytes, void *(*fn)(void *), void *arg)
{
	(void)out, (void)stack_bytes, (void)fn, (void)arg;
	return -EAGAIN;
}

static int moody(void *arg)
{
	struct stat was;
	int fd;

	(void)arg;
	CHECK_EQ(hob_open(at("x"), O_CREAT | O_RDWR, 0600, HOB_NEVER), -EMFILE);
	fd = opened("x", O_CREAT | O_RDWR);
	CHECK_EQ(fstat(fd, &was), 0);
	CHECK_EQ(hob_close(fd), -EIO);
	CHECK(!fd_is_still(fd, &was));
	CHECK_EQ(hob_unlink(at("x"), HOB_NEVER), 0);
	return 0;
}

static int threadless(void *arg)
{
	int fd = open(at("y"), O_CREAT | O_RDWR, 0600);

	(void)arg;
	CHECK_EQ(hob_unlink(at("y"), HOB_NEVER), -EAGAIN);
	CHECK_EQ(hob_ftruncate(fd, 0, HOB_NEVER), -EAGAIN);
	CHECK_EQ(hob_close(fd), 0);
	CHECK_EQ(unlink(at("y")), 0);
	return 0;
}

static void moods(void)
{
	struct hob_options o = { .workers = 2, .backend = HOB_BACKEND_EPOLL };
	int before = fds_open();

	sys.open_mode = moody_open;
	sys.close = moody_close;
	CHECK_EQ(hob_run(&o, moody, NULL), 0);
	sys.open_mode = sys_real.open_mode;
	sys.close = sys_real.close;
	sys.thread_create_sized = no_thread;
	CHECK_EQ(hob_run(&o, threadless, NULL), 0);
	sys.thread_create_sized = sys_real.thread_create_sized;
	CHECK_EQ(fds_open(), before);
}

static void outside(void)
{
	int p[2];

	CHECK_EQ(hob_open(dir, O_RDONLY, 0, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_unlink("nothing", HOB_NEVER), -EPERM);
	CHECK_EQ(hob_splice(0, NULL, 1, NULL, 1, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_sendfile(0, 1, NULL, 1, HOB_NEVER), -EPERM);
	pipe_new(p, 0);
	CHECK_EQ(hob_close(p[0]), 0);
	CHECK_EQ(hob_close(p[1]), 0);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	test_start();
	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof dir, "%.40s/hob-file-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(dir));
	TEST(outside);
	EACH(life_of_a_file);
	EACH(fifo);
	EACH(cancelled);
	EACH(deadlines);
	EACH(copy);
	EACH(send_a_file);
	EACH(splices);
	EACH(many);
	TEST(moods);
	CHECK_EQ(rmdir(dir), 0);
	return test_done();
}
