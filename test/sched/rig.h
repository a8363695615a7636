/* What the tests of the runtime share: dice of one's own (test_random is one thread's), a watchdog, a count of the
 * open descriptors. */
#ifndef TEST_RIG_H
#define TEST_RIG_H

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/check.h"
#include "test.h"

#if defined(__SANITIZE_ADDRESS__) || defined(BASE_TSAN)
#define SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW_BUILD 1
#endif
#endif
#ifndef SLOW_BUILD
#define SLOW_BUILD 0
#endif

struct dice {
	uint64_t state;
};

/* splitmix64, as in test.h: any state is a good one. */
static inline uint64_t roll(struct dice *d, uint64_t below)
{
	uint64_t z = (d->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

static inline struct dice dice_of(uint64_t n)
{
	return (struct dice){ .state = test_seed ^ n * 0xd1342543de82ef95u };
}

static inline void watchdog_bark(int sig)
{
	char line[200];
	int n = snprintf(line, sizeof line, "not ok %d - %s # hangs (TEST_SEED=%" PRIu64 ")\n", test_count + 1,
			 test_name, test_seed);

	(void)sig;
	(void)!write(STDOUT_FILENO, line, (size_t)n);
	abort();
}

/* Ends the program, with the seed, unless it is called again within so many seconds. */
static inline void watchdog(unsigned seconds)
{
	signal(SIGALRM, watchdog_bark);
	alarm(seconds);
}

/* Does QEMU run this program? */
static inline bool emulated(void)
{
	FILE *f = fopen("/proc/self/comm", "r");
	char name[16] = "";

	CHECK(f && fgets(name, sizeof name, f));
	fclose(f);
	return strncmp(name, "qemu-", 5) == 0;
}

/* Is the descriptor still that of the file it was? Once it is closed the monitor may open something else by its number,
 * for a moment. */
static inline bool fd_is_still(int fd, const struct stat *was)
{
	struct stat is;

	return fstat(fd, &is) == 0 && is.st_dev == was->st_dev && is.st_ino == was->st_ino;
}

/* The least of some counts: the monitor has a file open for a moment now and then. What leaks is in each of them. */
static inline int fds_open(void)
{
	int least = 0;

	for (int i = 0; i < 5; i++) {
		DIR *dir = opendir("/proc/self/fd");
		int n = 0;

		CHECK(dir);
		while (readdir(dir))
			n++;
		closedir(dir);
		least = i == 0 || n < least ? n : least;
	}
	return least;
}

#endif
