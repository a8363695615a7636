/* The other end: answers each request, a double of seconds, with a byte after that time. It is no child of the program
 * that is looked at, so its own time is in nobody's books. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

struct line {
	int in, out;
};

static void *answer(void *arg)
{
	struct line l = *(struct line *)arg;
	double seconds;
	free(arg);
	prctl(PR_SET_TIMERSLACK, 1000);
	while (read(l.in, &seconds, sizeof seconds) == sizeof seconds) {
		struct timespec t = { .tv_sec = (time_t)seconds,
				      .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
		nanosleep(&t, NULL);
		if (write(l.out, "", 1) != 1)
			break;
	}
	close(l.in);
	if (l.out != l.in)
		close(l.out);
	return NULL;
}

static void start(int in, int out)
{
	struct line *l = malloc(sizeof *l);
	pthread_t t;
	*l = (struct line){ .in = in, .out = out };
	if (!pthread_create(&t, NULL, answer, l))
		pthread_detach(t);
}

static void *accept_all(void *arg)
{
	int fd, listener = (int)(intptr_t)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		start(fd, fd);
	return NULL;
}

static void listen_at(const struct sockaddr *at, socklen_t len)
{
	pthread_t t;
	int fd = socket(at->sa_family, SOCK_STREAM, 0);
	if (bind(fd, at, len) || listen(fd, 128)) {
		perror("listen");
		exit(2);
	}
	if (at->sa_family == AF_INET) {
		struct sockaddr_in is;
		socklen_t is_len = sizeof is;
		getsockname(fd, (struct sockaddr *)&is, &is_len);
		FILE *f = fopen("port.new", "w");
		fprintf(f, "%d\n", ntohs(is.sin_port));
		fclose(f);
		rename("port.new", "port");
	}
	pthread_create(&t, NULL, accept_all, (void *)(intptr_t)fd);
}

static void *serve_pipes(void *arg)
{
	(void)arg;
	for (;;) { /* a client after the other */
		struct line *l = malloc(sizeof *l);
		l->in = open("to", O_RDONLY);
		l->out = open("from", O_WRONLY);
		answer(l);
	}
	return NULL;
}

static void serve_terminal(void)
{
	struct termios raw;
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	grantpt(fd);
	unlockpt(fd);
	const char *name = ptsname(fd);
	int other = open(name, O_RDWR | O_NOCTTY); /* kept open: no hang-up between clients */
	tcgetattr(other, &raw);
	cfmakeraw(&raw);
	tcsetattr(other, TCSANOW, &raw);
	FILE *f = fopen("terminal", "w");
	fprintf(f, "%s", name);
	fclose(f);
	start(fd, fd);
}

int serve(const char *dir)
{
	pthread_t t;
	if (chdir(dir)) {
		perror(dir);
		return 2;
	}
	mkfifo("to", 0600);
	mkfifo("from", 0600);
	struct sockaddr_un local = { .sun_family = AF_UNIX, .sun_path = "socket" };
	struct sockaddr_in loopback = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	serve_terminal();
	pthread_create(&t, NULL, serve_pipes, NULL);
	listen_at((struct sockaddr *)&local, sizeof local);
	listen_at((struct sockaddr *)&loopback, sizeof loopback);
	printf("ready\n");
	fflush(stdout);
	char byte;
	while (read(0, &byte, 1) > 0) /* until who started us is gone */
		;
	return 0;
}
