/* Faults under files and pipes: what a call has said to be done is done, what it has not said is not lost. */
#include <fcntl.h>
#include <sys/stat.h>

#include "fault/inject.h"

static char folder[] = "/tmp/hob-fault-XXXXXX";
static char file[64], moved[64], below[64];

/* What stands in the file, asked of the kernel itself. */
static void holds(int fd, const char *text)
{
	char buf[16] = "";

	if (pread(fd, buf, strlen(text), 0) != (ssize_t)strlen(text) || strcmp(buf, text) != 0)
		CHECK(!"what was written is there");
}

static void close_file(int fd)
{
	struct stat was;

	CHECK_EQ(fstat(fd, &was), 0);
	done(hob_close(fd));
	CHECK(!fd_is_still(fd, &was)); /* closed in any case */
}

static int a_file(void *arg)
{
	char buf[16];
	struct iovec parts[2] = { { buf, 2 }, { buf + 2, 3 } };
	struct statx st = { 0 };
	int fd;

	(void)arg;
	unlink(file);
	fd = hob_open(file, O_RDWR | O_CREAT, 0600, HOB_NEVER);
	if (!done(fd))
		return 0;
	if (done(hob_pwrite(fd, "hello", 5, 0, HOB_NEVER))) {
		holds(fd, "hello");
		if (hob_pread(fd, buf, 5, 0, HOB_NEVER) == 5)
			CHECK(memcmp(buf, "hello", 5) == 0);
	}
	memcpy(buf, "world", 5);
	if (done(hob_writev(fd, parts, 2, HOB_NEVER)))
		holds(fd, "world");
	lseek(fd, 0, SEEK_SET);
	done(hob_readv(fd, parts, 2, HOB_NEVER));
	done(hob_fsync(fd, HOB_NEVER));
	done(hob_fdatasync(fd, HOB_NEVER));
	if (done(hob_ftruncate(fd, 3, HOB_NEVER)) && done(hob_statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &st, HOB_NEVER)))
		CHECK_EQ(st.stx_size, 3);
	close_file(fd);
	return 0;
}

static int names(void *arg)
{
	struct stat st;

	(void)arg;
	unlink(moved);
	rmdir(below);
	close(open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	CHECK_EQ(done(hob_rename(file, moved, HOB_NEVER)), stat(moved, &st) == 0);
	close(open(moved, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	CHECK_EQ(done(hob_unlink(moved, HOB_NEVER)), stat(moved, &st) != 0);
	CHECK_EQ(done(hob_mkdir(below, 0700, HOB_NEVER)), stat(below, &st) == 0);
	mkdir(below, 0700);
	CHECK_EQ(done(hob_rmdir(below, HOB_NEVER)), stat(below, &st) != 0);
	return 0;
}

static int moves(void *arg)
{
	int from = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), p[2], q[2];
	int to = open(moved, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t at = 0;
	char buf[8];
	ssize_t n;

	(void)arg;
	pipe_new(p, O_NONBLOCK);
	pipe_new(q, O_NONBLOCK);
	CHECK_EQ(write(from, "hello", 5), 5);
	n = hob_copy_file_range(from, &at, to, NULL, 5, HOB_NEVER);
	CHECK(done(n) ? at == n : at == 0);
	at = 0;
	n = hob_sendfile(p[1], from, &at, 5, HOB_NEVER);
	CHECK(done(n) ? at == n : at == 0);
	if (n == 5) {
		n = hob_splice(p[0], NULL, q[1], NULL, 5, HOB_NEVER);
		done(n);
		faults_off();
		CHECK_EQ(read(n == 5 ? q[0] : p[0], buf, 8), 5); /* where it is, it is whole */
	}
	pipe_close(p);
	pipe_close(q);
	close(from);
	close(to);
	return 0;
}

static int pipe_out;

static int writes(void *arg)
{
	size_t sent = 0;

	(void)arg;
	done(hob_write_all(pipe_out, "one\ntwo\nthree", 13, &sent, HOB_NEVER));
	if (sent < 13) /* a transfer given up can be gone on with */
		CHECK_EQ(sys_real.write(pipe_out, &"one\ntwo\nthree"[sent], 13 - sent), (ssize_t)(13 - sent));
	close(pipe_out);
	return 0;
}

static int lines(void *arg)
{
	struct hob_reader r;
	char buf[16], *line, all[16] = "";
	struct hob_scope *s;
	size_t len = 0;
	ssize_t n;
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	pipe_out = p[1];
	if (!done(hob_scope_create(&s))) {
		pipe_close(p);
		return 0;
	}
	if (!done(hob_spawn(s, writes, NULL)))
		close(pipe_out);
	else
		for (hob_reader_init(&r, p[0], buf, sizeof buf);;) {
			n = hob_read_line(&r, &line, HOB_NEVER);
			if (n == 0)
				break;
			if (!done(n)) {
				faults_off();
				continue;
			}
			memcpy(all + len, line, (size_t)n);
			len += (size_t)n;
		}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK(len == 0 || strcmp(all, "one\ntwo\nthree") == 0);
	hob_scope_destroy(s);
	close(p[0]);
	return 0;
}

/* A pipe that nobody writes to, a time that comes, a cancellation. */
static int waits_in_vain(void *arg)
{
	ssize_t n;
	char byte;

	n = hob_read(*(int *)arg, &byte, 1, hob_after(20 * HOB_US));
	CHECK(n == -ETIMEDOUT || n == -ECANCELED || !done(n));
	n = hob_poll(*(int *)arg, POLLIN, hob_after(20 * HOB_US));
	CHECK(n == -ETIMEDOUT || n == -ECANCELED || !done(n));
	n = hob_read(*(int *)arg, &byte, 1, HOB_NEVER);
	CHECK(n == -ECANCELED || !done(n)); /* there is nothing to read */
	return 0;
}

static int in_vain(void *arg)
{
	struct hob_scope *s;
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	if (done(hob_scope_create(&s))) {
		for (int i = 0; i < 3; i++)
			done(hob_spawn(s, waits_in_vain, &p[0]));
		CHECK_EQ(hob_sleep(hob_after(60 * HOB_US)), 0);
		hob_scope_cancel(s);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		hob_scope_destroy(s);
	}
	pipe_close(p);
	return 0;
}

int main(void)
{
	struct hob_options plain = { 0 };

	faults_start();
	CHECK(mkdtemp(folder));
	snprintf(file, sizeof file, "%s/file", folder);
	snprintf(moved, sizeof moved, "%s/moved", folder);
	snprintf(below, sizeof below, "%s/below", folder);
	fault_tasks("a file", a_file, plain, 5, 150);
	fault_tasks("names of files", names, plain, 5, 100);
	fault_tasks("bytes moved in the kernel", moves, plain, 5, 100);
	fault_tasks("lines", lines, plain, 5, 100);
	fault_tasks("waits in vain", in_vain, plain, 5, 100);
	unlink(file);
	unlink(moved);
	rmdir(below);
	rmdir(folder);
	return faults_done();
}
