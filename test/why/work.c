/* What a thread can do with its time. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

extern char **environ;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void path_in(const struct books *b, const char *name, char path[4096])
{
	snprintf(path, 4096, "%s/%s", b->dir, name);
}

/* Computing ------------------------------------------------------------------------------------------------------- */

static void user(struct books *b, double seconds)
{
	volatile unsigned x = 1;
	(void)b;
	for (double end = clock_cpu() + seconds; clock_cpu() < end;)
		for (int i = 0; i < 20000; i++)
			x = x * 1664525 + 1013904223;
}

static void kernel(struct books *b, double seconds)
{
	static char page[1 << 16];
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	(void)b;
	for (double end = clock_cpu() + seconds; clock_cpu() < end;)
		if (read(fd, page, sizeof page) < 0)
			die("/dev/zero");
	close(fd);
}

/* Waiting that another process ends ------------------------------------------------------------------------------- */

struct line {
	int in, out;
};

static void ask(const struct line *l, double seconds)
{
	char byte;
	if (write(l->out, &seconds, sizeof seconds) != sizeof seconds || read(l->in, &byte, 1) != 1)
		die("the server");
}

static __thread struct line line_now;

static void ask_now(struct books *b, double seconds)
{
	(void)b;
	ask(&line_now, seconds);
}

static void network(struct books *b, double seconds)
{
	static __thread struct line l;
	if (!l.in) {
		char path[4096];
		int port = 0, one = 1;
		path_in(b, "port", path);
		FILE *f = fopen(path, "r");
		if (!f || fscanf(f, "%d", &port) != 1)
			die(path);
		fclose(f);
		struct sockaddr_in to = { .sin_family = AF_INET,
					  .sin_port = htons((uint16_t)port),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		l.in = l.out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(l.in, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (connect(l.in, (struct sockaddr *)&to, sizeof to))
			die("connect");
	}
	line_now = l;
	span(b, NETWORK, ask_now, seconds);
}

static void unix_socket(struct books *b, double seconds)
{
	static __thread struct line l;
	if (!l.in) {
		struct sockaddr_un to = { .sun_family = AF_UNIX };
		snprintf(to.sun_path, sizeof to.sun_path, "%s/socket", b->dir);
		l.in = l.out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(l.in, (struct sockaddr *)&to, sizeof to))
			die(to.sun_path);
	}
	line_now = l;
	span(b, SOCKET, ask_now, seconds);
}

static void pipes(struct books *b, double seconds)
{
	static __thread struct line l;
	if (!l.in) {
		char path[4096];
		path_in(b, "to", path);
		l.out = open(path, O_WRONLY | O_CLOEXEC);
		path_in(b, "from", path);
		l.in = open(path, O_RDONLY | O_CLOEXEC);
		if (l.in < 0 || l.out < 0)
			die(path);
	}
	line_now = l;
	span(b, PIPE, ask_now, seconds);
}

static void terminal(struct books *b, double seconds)
{
	static __thread struct line l;
	if (!l.in) {
		char path[4096], name[128] = "";
		path_in(b, "terminal", path);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, name, sizeof name - 1) <= 0)
			die(path);
		close(fd);
		l.in = l.out = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (l.in < 0)
			die(name);
	}
	line_now = l;
	span(b, TERMINAL, ask_now, seconds);
}

/* Waiting that ends by itself ------------------------------------------------------------------------------------- */

static void sleep_now(struct books *b, double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
	(void)b;
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static void timer(struct books *b, double seconds)
{
	span(b, TIMER, sleep_now, seconds);
}

enum { BLOCK = 4096, BLOCKS = 4096 };

static void write_now(struct books *b, double seconds)
{
	static __thread int fd;
	static __thread unsigned at;
	static __thread void *block;
	if (!fd) {
		char path[4096];
		snprintf(path, sizeof path, "%s/disk.%d", b->dir, gettid());
		fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
		if (fd < 0 || posix_memalign(&block, BLOCK, BLOCK))
			die(path);
		memset(block, 1, BLOCK);
	}
	for (double end = clock_wall() + seconds; clock_wall() < end;)
		if (pwrite(fd, block, BLOCK, (off_t)(at++ % BLOCKS) * BLOCK) != BLOCK || fdatasync(fd))
			die("write");
}

static void disk(struct books *b, double seconds)
{
	span(b, DISK, write_now, seconds);
}

struct mapped {
	char *memory;
	int fd;
	unsigned at;
};

static __thread struct mapped mapped;

/* What was never written would not be read from the disk. */
static void map_now(struct books *b, double seconds)
{
	static const char block[BLOCK] = { 1 };
	char path[4096];
	(void)seconds;
	snprintf(path, sizeof path, "%s/fault.%d", b->dir, gettid());
	mapped.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (mapped.fd < 0)
		die(path);
	for (unsigned i = 0; i < BLOCKS; i++)
		if (write(mapped.fd, block, BLOCK) != BLOCK)
			die(path);
	if (fsync(mapped.fd))
		die(path);
	mapped.memory = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ, MAP_SHARED, mapped.fd, 0);
	madvise(mapped.memory, (size_t)BLOCK * BLOCKS, MADV_RANDOM);
}

static void fault_now(struct books *b, double seconds)
{
	volatile char sum = 0;
	(void)b;
	for (double end = clock_wall() + seconds; clock_wall() < end; mapped.at = (mapped.at + 97) % BLOCKS) {
		if (mapped.at < 97) { /* once through: the pages are given back */
			madvise(mapped.memory, (size_t)BLOCK * BLOCKS, MADV_DONTNEED);
			posix_fadvise(mapped.fd, 0, 0, POSIX_FADV_DONTNEED);
		}
		sum = (char)(sum + mapped.memory[(size_t)mapped.at * BLOCK]);
	}
}

static void fault(struct books *b, double seconds)
{
	if (!mapped.memory)
		span(b, DISK, map_now, 0);
	span(b, FAULT, fault_now, seconds);
}

/* A child that sleeps: its own life is in the books, too. */
static pid_t child_now_pid;

static void wait_now(struct books *b, double seconds)
{
	struct rusage usage;
	(void)seconds;
	double began = clock_wall();
	if (wait4(child_now_pid, NULL, 0, &usage) < 0)
		die("wait4");
	double life = clock_wall() - began;
	double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
	b->life += life;
	b->spent[COMPUTE] += cpu;
	b->spent[TIMER] += life > cpu ? life - cpu : 0;
}

static void child(struct books *b, double seconds)
{
	char text[32], *argv[] = { "sleep", text, NULL };
	snprintf(text, sizeof text, "%.6f", seconds);
	if (posix_spawnp(&child_now_pid, "sleep", NULL, NULL, argv, environ))
		die("sleep");
	span(b, CHILD, wait_now, seconds);
}

/* Waiting for another thread ------------------------------------------------------------------------------------- */

struct companion {
	sem_t go, done;
	double seconds; /* < 0: ends it */
	struct books books;
	pthread_t thread;
	const char *dir;
};

static __thread struct companion *companion;

static void wait_for_go(struct books *b, double seconds)
{
	(void)b, (void)seconds;
	while (sem_wait(&companion->go))
		;
}

static void wait_for_done(struct books *b, double seconds)
{
	(void)b, (void)seconds;
	while (sem_wait(&companion->done))
		;
}

static void *accompany(void *arg)
{
	companion = arg;
	struct books b;
	books_open(&b, companion->dir);
	for (;;) {
		span(&b, LOCK, wait_for_go, 0);
		if (companion->seconds < 0)
			break;
		timer(&b, companion->seconds);
		sem_post(&companion->done);
	}
	books_close(&b);
	companion->books = b;
	return NULL;
}

static void lock(struct books *b, double seconds)
{
	if (!companion) {
		companion = calloc(1, sizeof *companion);
		sem_init(&companion->go, 0, 0);
		sem_init(&companion->done, 0, 0);
		companion->dir = b->dir;
		if (pthread_create(&companion->thread, NULL, accompany, companion))
			die("pthread_create");
	}
	companion->seconds = seconds;
	sem_post(&companion->go);
	span(b, LOCK, wait_for_done, 0);
}

/* Ends what has been started for this thread, and adds its books. */
void work_end(struct books *total)
{
	if (!companion)
		return;
	companion->seconds = -1;
	sem_post(&companion->go);
	pthread_join(companion->thread, NULL);
	books_add(total, &companion->books);
	free(companion);
	companion = NULL;
}

/* Many, and short ------------------------------------------------------------------------------------------------ */

static struct books short_lived; /* the sum of those that have ended */

static void *live_shortly(void *arg)
{
	struct books *parent = arg, b;
	books_open(&b, parent->dir);
	user(&b, 0.0005);
	timer(&b, 0.0005);
	books_close(&b);
	books_add(&short_lived, &b);
	return NULL;
}

static pthread_t short_thread;

static void join_now(struct books *b, double seconds)
{
	(void)b, (void)seconds;
	pthread_join(short_thread, NULL);
}

static void threads(struct books *b, double seconds)
{
	for (double end = clock_wall() + seconds; clock_wall() < end;) {
		if (pthread_create(&short_thread, NULL, live_shortly, b))
			die("pthread_create");
		span(b, LOCK, join_now, 0);
	}
	for (int i = 0; i < CAUSES; i++)
		b->spent[i] += short_lived.spent[i];
	b->life += short_lived.life;
	short_lived = (struct books){ 0 };
}

static void processes(struct books *b, double seconds)
{
	char *argv[] = { "true", NULL };
	for (double end = clock_wall() + seconds; clock_wall() < end;) {
		if (posix_spawnp(&child_now_pid, "true", NULL, NULL, argv, environ))
			die("true");
		span(b, CHILD, wait_now, 0);
	}
}

work_fn *work_named(const char *name)
{
	static const struct {
		const char *name;
		work_fn *fn;
	} all[] = {
		{ "user", user },           { "kernel", kernel },     { "network", network }, { "socket", unix_socket },
		{ "pipe", pipes },          { "disk", disk },         { "timer", timer },     { "child", child },
		{ "lock", lock },           { "terminal", terminal }, { "fault", fault },     { "threads", threads },
		{ "processes", processes },
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (!strcmp(name, all[i].name))
			return all[i].fn;
	return NULL;
}
