/* One job of a pile, of the kind that its words say. The last word, the input, is only counted with.
 *   sleep MS | exponential MS | burn MS | mix COMPUTE WAIT TURNS | threads N MS | fsync KIB | memory MIB MS
 *   ask PORT | phases MS LENGTH (inputs in turns of LENGTH burn and sleep) */
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *burn(void *ms)
{
	double end = seconds(CLOCK_THREAD_CPUTIME_ID) + *(double *)ms / 1e3;
	while (seconds(CLOCK_THREAD_CPUTIME_ID) < end)
		for (volatile int i = 0; i < 10000; i++)
			;
	return NULL;
}

static void rest(double ms)
{
	struct timespec t = { (time_t)(ms / 1e3), (long)(fmod(ms, 1e3) * 1e6) };
	nanosleep(&t, NULL);
}

static int sync_file(size_t kib)
{
	static char block[1024];
	char path[] = "job-XXXXXX";
	int fd = mkstemp(path), err = fd < 0;
	for (size_t i = 0; i < kib && !err; i++)
		err = write(fd, block, sizeof block) != sizeof block || (i % 64 == 63 && fsync(fd));
	unlink(path);
	return err || fsync(fd);
}

static int ask(int port)
{
	struct sockaddr_in to = { AF_INET, htons((uint16_t)port), { htonl(INADDR_LOOPBACK) }, { 0 } };
	char answer[3] = "";
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) || write(fd, "get\n", 4) != 4 || read(fd, answer, 3) != 3)
		return 1;
	return memcmp(answer, "ok\n", 3) != 0;
}

int main(int argc, char **argv)
{
	const char *kind = argc > 2 ? argv[1] : "";
	double a = argc > 2 ? atof(argv[2]) : 0, b = argc > 3 ? atof(argv[3]) : 0, c = argc > 4 ? atof(argv[4]) : 0;
	unsigned long input = strtoul(argv[argc - 1], NULL, 10);
	if (!strcmp(kind, "sleep")) {
		rest(a);
	} else if (!strcmp(kind, "exponential")) {
		srand48((long)(input * 2654435761u));
		drand48();
		rest(-a * log(1 - drand48()));
	} else if (!strcmp(kind, "burn")) {
		burn(&a);
	} else if (!strcmp(kind, "mix")) {
		for (int i = 0; i < (int)c; i++) {
			burn(&a);
			rest(b);
		}
	} else if (!strcmp(kind, "threads")) {
		pthread_t threads[64];
		for (int i = 0; i < (int)a; i++)
			pthread_create(&threads[i], NULL, burn, &b);
		for (int i = 0; i < (int)a; i++)
			pthread_join(threads[i], NULL);
	} else if (!strcmp(kind, "fsync")) {
		return sync_file((size_t)a);
	} else if (!strcmp(kind, "memory")) {
		size_t bytes = (size_t)a << 20;
		char *all = malloc(bytes);
		memset(all, 1, bytes);
		rest(b);
		return all[bytes / 2] != 1;
	} else if (!strcmp(kind, "ask")) {
		return ask((int)a);
	} else if (!strcmp(kind, "phases")) {
		input / (unsigned long)b % 2 ? rest(a) : (void)burn(&a);
	} else {
		return 2;
	}
	return 0;
}
