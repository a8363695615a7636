/* A soak: runtimes come and go, and in each tasks do a little of everything, for as long as is asked for. After a third
 * of the time, in which caches fill, resident memory, descriptors and threads stay as they are.
 *
 * usage: soak [SECONDS]: 5 where it is not said */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>

#include "process/pools.h"

enum { LEAN = 2 << 20 /* bytes that memory may have grown by */, TURNS = 40 };

/* What is out now. */
struct level {
	long rss; /* bytes */
	int fds, threads;
};

static long number_in(const char *path, const char *before)
{
	FILE *f = fopen(path, "r");
	char line[256];
	long n = -1;

	CHECK(f);
	while (n < 0 && fgets(line, sizeof line, f))
		if (strncmp(line, before, strlen(before)) == 0)
			n = strtol(line + strlen(before), NULL, 10);
	fclose(f);
	CHECK(n >= 0);
	return n;
}

/* A thread that was joined may be counted for a moment more: so until there are no more than `threads`, and if they are
 * too many, until the watchdog. */
static struct level level_now(int threads)
{
	struct level l = { .rss = number_in("/proc/self/status", "VmRSS:") << 10, .fds = fds_open() };

	while ((l.threads = (int)number_in("/proc/self/status", "Threads:")) > threads)
		sched_yield();
	return l;
}

/* The work. -------------------------------------------------------------------------------------------------------- */

static struct hob_chan *numbers;
static struct hob_mutex mutex;
static uint64_t sum;

static int sends(void *arg)
{
	for (uint64_t i = 0; i < 20; i++)
		CHECK_EQ(hob_chan_send(numbers, &i, HOB_NEVER), 0);
	return arg != NULL;
}

static int receives(void *arg)
{
	uint64_t n;

	while (hob_chan_recv(numbers, &n, HOB_NEVER) == 0) {
		CHECK_EQ(hob_mutex_lock(&mutex, HOB_NEVER), 0);
		sum += n;
		hob_mutex_unlock(&mutex);
	}
	return arg != NULL;
}

static void channels(void)
{
	struct hob_scope *s = scope_new(), *r = scope_new();

	sum = 0;
	CHECK_EQ(hob_chan_create(&numbers, sizeof(uint64_t), 2), 0);
	for (int i = 0; i < 4; i++) {
		spawn(s, sends, NULL);
		spawn(r, receives, NULL);
	}
	scope_join(s);
	hob_chan_close(numbers);
	scope_join(r);
	hob_chan_destroy(numbers);
	CHECK_EQ(sum, 4 * 190);
}

static int listener;

static int serves(void *arg)
{
	int fd = hob_accept(listener, NULL, NULL, 0, HOB_NEVER);
	char buf[16];
	ssize_t n;

	CHECK(fd >= 0);
	while ((n = hob_recv(fd, buf, sizeof buf, 0, HOB_NEVER)) > 0)
		CHECK_EQ(hob_send_all(fd, buf, (size_t)n, NULL, HOB_NEVER), 0);
	hob_close(fd);
	return arg != NULL;
}

static void sockets(void)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof addr;
	struct hob_scope *s = scope_new();
	char port[8], buf[16];
	int fd;

	listener = hob_tcp_listen("127.0.0.1", "0", 0, HOB_NEVER);
	CHECK(listener >= 0 && getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	snprintf(port, sizeof port, "%d", ntohs(addr.sin_port));
	for (int i = 0; i < 3; i++)
		spawn(s, serves, NULL);
	for (int i = 0; i < 3; i++) {
		fd = hob_tcp_connect("127.0.0.1", port, HOB_NEVER);
		CHECK(fd >= 0);
		CHECK_EQ(hob_send_all(fd, "hello", 5, NULL, HOB_NEVER), 0);
		CHECK_EQ(hob_read_all(fd, buf, 5, NULL, HOB_NEVER), 0);
		CHECK_EQ(hob_recv(fd, buf, 1, 0, hob_after(HOB_US)), -ETIMEDOUT);
		hob_close(fd);
	}
	scope_join(s);
	hob_close(listener);
}

static void files(void)
{
	int fd = hob_open("/tmp", O_TMPFILE | O_RDWR, 0600, HOB_NEVER);
	char buf[8];

	if (fd < 0) /* a file system without such files */
		return;
	CHECK_EQ(hob_pwrite(fd, "hello", 5, 0, HOB_NEVER), 5);
	CHECK_EQ(hob_pread(fd, buf, 5, 0, HOB_NEVER), 5);
	CHECK_EQ(hob_close(fd), 0);
}

static int sleeps(void *arg)
{
	int r = hob_sleep(arg ? HOB_NEVER : hob_after(50 * HOB_US));

	CHECK(r == -ECANCELED || (!arg && r == 0));
	return 0;
}

static void cancels(void)
{
	struct hob_scope *s = scope_new();

	for (int i = 0; i < 100; i++)
		spawn(s, sleeps, i % 2 ? s : NULL);
	hob_sleep(hob_after(100 * HOB_US));
	hob_scope_cancel(s);
	scope_join(s);
}

static int adds(size_t begin, size_t end, void *arg)
{
	at_add((uint64_t *)arg, end - begin, RELAXED);
	return 0;
}

static int nothing(void *arg)
{
	return arg != NULL;
}

static void computes(void)
{
	uint64_t n = 0;

	CHECK_EQ(hob_parallel_for(10000, 64, adds, &n), 0);
	CHECK_EQ(n, 10000);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(hob_blocking(nothing, NULL, HOB_NEVER), 0);
}

static void children(struct hob_pool *p)
{
	struct hob_child_options o = { .argv = (char *[]){ "true", NULL } };
	struct hob_call c;
	int status;
	pid_t pid;

	CHECK_EQ(hob_child_spawn(&o, &pid, HOB_NEVER), 0);
	CHECK_EQ(hob_child_wait(pid, &status, NULL, HOB_NEVER), 0);
	CHECK_EQ(status, 0);
	for (uint64_t i = 0; i < 20; i++)
		CHECK_EQ(ask_more(p, i, &c, HOB_NEVER), 0);
	c = (struct hob_call){ 0 };
	if (test_random() % 8 == 0)
		CHECK_EQ(hob_pool_call(p, hang, &c, hob_after(HOB_MS)), -ETIMEDOUT);
}

static int everything(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 2, .deaths_max = 1000 });

	for (int i = 0; i < TURNS; i++) {
		channels();
		sockets();
		files();
		cancels();
		computes();
		if (i % 8 == 0)
			children(p);
	}
	hob_pool_destroy(p);
	return arg != NULL;
}

static uint64_t one_runtime(uint64_t n)
{
	struct hob_options o = { .workers = (unsigned)(n % 2 + 1), .pools = 1 };

	o.backend = n / 2 % 2 && each_has_ring() ? HOB_BACKEND_IO_URING : HOB_BACKEND_EPOLL;
	watchdog(120);
	CHECK_EQ(hob_run(&o, everything, NULL), 0);
	return n + 1;
}

int main(int argc, char **argv)
{
	hob_time begin = hob_now(), seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 5;
	struct level warm = { 0 }, now;
	uint64_t runtimes = 0;

	test_start();
	while (hob_now() - begin < seconds * HOB_SECOND / 3 || runtimes < 8)
		runtimes = one_runtime(runtimes);
	warm = level_now(INT_MAX);
	do {
		for (int i = 0; i < 4; i++)
			runtimes = one_runtime(runtimes);
		now = level_now(warm.threads);
		CHECK_EQ(now.fds, warm.fds);
		if (now.rss > warm.rss + LEAN)
			printf("# resident: %ld KiB, and %ld before\n", now.rss >> 10, warm.rss >> 10);
		CHECK(SLOW_BUILD || now.rss <= warm.rss + LEAN); /* a sanitizer keeps what was freed */
	} while (hob_now() - begin < seconds * HOB_SECOND);
	printf("ok 1 - %" PRIu64 " runtimes in %d s: %ld KiB resident, %ld before; %d descriptors, %d threads\n1..1\n",
	       runtimes, (int)((hob_now() - begin) / HOB_SECOND), now.rss >> 10, warm.rss >> 10, now.fds, now.threads);
	return 0;
}
