/* `hob run --set`: a running hob is told how many at once, through a socket that only its user can reach.
 *
 * The sockets are in a folder of mode 0700 that must be ours: $XDG_RUNTIME_DIR/hob, or hob-UID in /tmp, where another
 * might have made it first. One is named after its process, and removed at the end; one that is left behind refuses to
 * connect and is removed by who finds that. */
#include "run/steer.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "show/quote.h"
#include "run/run.h"
#include "run/values.h"

enum { MOST = 1000000, WORD = 32 };

static bool folder(char path[64], bool make)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	int len = runtime && *runtime == '/' ? snprintf(path, 64, "%s/hob", runtime)
					     : snprintf(path, 64, "/tmp/hob-%u", (unsigned)geteuid());
	if (len >= 64)
		snprintf(path, 64, "/tmp/hob-%u", (unsigned)geteuid());
	if (make)
		mkdir(path, 0700);
	return !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077);
}

static bool address(struct sockaddr_un *to, const char *pid, bool make)
{
	char path[64];
	if (!folder(path, make))
		return false;
	to->sun_family = AF_UNIX;
	return snprintf(to->sun_path, sizeof to->sun_path, "%s/%s", path, pid) < (int)sizeof to->sun_path;
}

static bool parse(const char *word, unsigned *fixed, unsigned *min, unsigned *max)
{
	if (!strcmp(word, "auto")) {
		*fixed = *min = *max = 0;
		return true;
	}
	if (!strncmp(word, "min=", 4) || !strncmp(word, "max=", 4)) {
		*fixed = 0;
		return value_number(word + 4, 1, MOST, word[1] == 'i' ? min : max);
	}
	return value_number(word, 1, MOST, fixed);
}

bool steer_is_word(const char *word)
{
	unsigned fixed = 0, min = 0, max = 0;
	return strlen(word) < WORD && parse(word, &fixed, &min, &max);
}

static void set(struct run *r, unsigned fixed, unsigned min, unsigned max)
{
	unsigned most = at_once_most(r);
	limit_set(&r->limit, fixed, min, max && max < most ? max : most, hob_now());
	run_changed(r);
	at_once_explain(r);
}

void steer_by(struct run *r, int by)
{
	unsigned jobs = r->limit.jobs;
	set(r, by > 0 ? jobs + 1 : jobs > 1 ? jobs - 1 : 1, 0, 0);
}

static void obey(struct run *r, int fd)
{
	char word[WORD] = "", answer[64];
	ssize_t got = hob_recv(fd, word, sizeof word - 1, 0, hob_after(HOB_SECOND));
	unsigned fixed = r->limit.fixed ? r->limit.jobs : 0, min = r->limit.min, max = r->limit.max;
	bool good = got > 0 && parse(word, &fixed, &min, &max);
	if (good)
		set(r, fixed, fixed ? 0 : min, fixed ? 0 : max);
	int len = snprintf(answer, sizeof answer, good ? "ok %u\n" : "bad\n", r->limit.jobs);
	hob_send(fd, answer, (size_t)len, MSG_NOSIGNAL, hob_after(HOB_SECOND));
}

int steer_task(void *run)
{
	struct run *r = run;
	struct sockaddr_un at = { 0 };
	char pid[16];
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	int fd = address(&at, pid, true) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	if (fd < 0)
		return 0;
	unlink(at.sun_path); /* of a process long gone that had our number */
	if (!bind(fd, (struct sockaddr *)&at, sizeof at)) {
		int client = listen(fd, 4) ? -1 : 0;
		while (client >= 0 && (client = hob_accept(fd, NULL, NULL, SOCK_CLOEXEC, HOB_NEVER)) >= 0) {
			struct ucred who;
			socklen_t len = sizeof who;
			if (!getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &len) && who.uid == geteuid())
				obey(r, client);
			close(client);
		}
		unlink(at.sun_path);
	}
	close(fd);
	return 0;
}

/* The other side --------------------------------------------------------------------------------------------------- */

static int reach(const char *pid)
{
	struct sockaddr_un to = { 0 };
	int fd = address(&to, pid, false) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	if (fd < 0)
		return -1;
	if (!connect(fd, (struct sockaddr *)&to, sizeof to))
		return fd;
	if (errno == ECONNREFUSED)
		unlink(to.sun_path);
	close(fd);
	return -1;
}

/* The only one that answers, or -1 once it has said why not. */
static int reach_any(void)
{
	char path[64], ids[200] = "";
	DIR *d = folder(path, false) ? opendir(path) : NULL;
	int found = -1, count = 0;
	for (struct dirent *e; d && (e = readdir(d));) {
		int fd = *e->d_name == '.' || strlen(e->d_name) > 10 ? -1 : reach(e->d_name);
		if (fd < 0)
			continue;
		size_t at = strlen(ids);
		snprintf(ids + at, sizeof ids - at, "%s%.10s", at ? ", " : "", e->d_name);
		if (count++)
			close(fd);
		else
			found = fd;
	}
	if (d)
		closedir(d);
	if (count == 1)
		return found;
	if (!count)
		fprintf(stderr, "hob run: --set: no hob run of yours is running\n");
	else
		fprintf(stderr, "hob run: --set: several are running; name one of %s\n", ids), close(found);
	return -1;
}

int steer_tell(const char *word, const char *pid)
{
	char answer[64] = "", shown[QUOTE_SHOWN];
	unsigned number, jobs;
	if (pid && !value_number(pid, 1, INT32_MAX, &number)) {
		quote_shown(shown, (char *[]){ (char *)(uintptr_t)pid, NULL });
		fprintf(stderr, "hob run: --set: %s is no process id\n", shown);
		return EXIT_USAGE;
	}
	int fd = pid ? reach(pid) : reach_any();
	if (fd < 0 && pid)
		fprintf(stderr, "hob run: --set: no hob run of yours is process %s\n", pid);
	if (fd < 0)
		return EXIT_USAGE;
	bool told = send(fd, word, strlen(word), MSG_NOSIGNAL) == (ssize_t)strlen(word) &&
		    recv(fd, answer, sizeof answer - 1, 0) > 0 && sscanf(answer, "ok %u", &jobs) == 1;
	close(fd);
	if (!told) {
		fprintf(stderr, "hob run: --set: it did not answer\n");
		return EXIT_BROKEN;
	}
	printf("%u at once\n", jobs);
	return fflush(stdout) ? EXIT_BROKEN : 0;
}
