/* httpd: the files of a folder over HTTP/1.1 or HTTPS, a task a connection.
 * SPDX-License-Identifier: MIT
 *
 * It shows a server written as if every call blocked: the state of a connection is where its task stands. Every wait
 * has a deadline, so a slow client costs some memory for some seconds. At the end the tasks
 * that wait for a request are cancelled; those that answer one are shielded.
 *
 *     httpd [-i IDLE] [-s SLOW] ADDRESS PORT FOLDER [CERTIFICATE KEY]
 *
 * Port 0 lets the kernel choose; the first line on stdout says which. A connection may idle for IDLE seconds (60), a
 * request may take SLOW seconds (10) to arrive. GET and HEAD, keep-alive, pipelining; no bodies, no ranges.
 */
#include <ctype.h>
#include <fcntl.h>
#include <hob/tls.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "serve.h"

enum { HEAD_MAX = 8192, CHUNK = 32768 };

static hob_time idle = 60 * HOB_SECOND, slow = 10 * HOB_SECOND;
static int root;
static struct hob_tls *tls; /* NULL: in the clear */

struct connection {
	int fd;
	struct hob_tls_conn *tls;
	size_t have; /* bytes of `in`: a request, and of the next what the client has sent ahead */
	char in[HEAD_MAX];
};

struct request {
	bool head, keep; /* HEAD and not GET; the connection goes on */
	char *path;      /* decoded, without its first slash */
};

/* Waits for the whole head of the next request: NULL and its length, or the status to refuse it with, "" for none. */
static const char *receive(struct connection *c, size_t *len)
{
	hob_time deadline = hob_after(c->have ? slow : idle);
	char *end;

	while (!(end = memmem(c->in, c->have, "\r\n\r\n", 4))) {
		size_t room = sizeof c->in - c->have;
		ssize_t n;

		if (!room)
			return "431 Request Header Fields Too Large";
		n = c->tls ? hob_tls_read(c->tls, c->in + c->have, room, deadline)
			   : hob_recv(c->fd, c->in + c->have, room, 0, deadline);
		if (n <= 0)
			return n == -ETIMEDOUT && c->have ? "408 Request Timeout" : "";
		if (!c->have)
			deadline = hob_after(slow); /* which more bytes do not move */
		c->have += (size_t)n;
	}
	*len = (size_t)(end - c->in) + 4;
	return NULL;
}

static int send_all(struct connection *c, const char *buf, size_t len)
{
	hob_time deadline = hob_after(idle);

	if (!c->tls)
		return hob_send_all(c->fd, buf, len, NULL, deadline);
	while (len) {
		ssize_t n = hob_tls_write(c->tls, buf, len, deadline);

		if (n < 0)
			return (int)n;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* %41 to A, in place; the query is dropped. False for what is no path. */
static bool decode(char *path)
{
	char *to = path;

	path[strcspn(path, "?#")] = '\0';
	for (char *from = path; *from; from++, to++) {
		*to = *from;
		if (*from != '%')
			continue;
		if (!isxdigit((unsigned char)from[1]) || !isxdigit((unsigned char)from[2]))
			return false;
		*to = (char)strtol((char[]){ from[1], from[2], '\0' }, NULL, 16);
		from += 2;
		if (!*to)
			return false;
	}
	*to = '\0';
	return true;
}

/* The next line of a head, ended by a NUL instead of its CRLF. */
static char *next_line(char **text)
{
	char *line = *text, *end = strstr(line, "\r\n");

	*end = '\0';
	*text = end + 2;
	return line;
}

/* Takes the head apart, in place. NULL, or the status to refuse it with. */
static const char *parse(char *text, struct request *rq)
{
	char *line = next_line(&text), *method = strsep(&line, " "), *target = strsep(&line, " "), *version = line;
	int hosts = 0;

	if (!target || !version || strncmp(version, "HTTP/", 5))
		return "400 Bad Request";
	if (strcmp(version, "HTTP/1.1") && strcmp(version, "HTTP/1.0"))
		return "505 HTTP Version Not Supported";
	rq->keep = version[7] == '1';
	while (*(line = next_line(&text))) {
		char *name = strsep(&line, ":"), *value = line;

		if (!value || !*name || strpbrk(name, " \t"))
			return "400 Bad Request"; /* a folded line too */
		value += strspn(value, " \t");
		if (!strcasecmp(name, "Host"))
			hosts++;
		else if (!strcasecmp(name, "Connection"))
			rq->keep = !strcasestr(value, "close") && (rq->keep || strcasestr(value, "keep-alive"));
		else if (!strcasecmp(name, "Transfer-Encoding") ||
			 (!strcasecmp(name, "Content-Length") && strcmp(value, "0")))
			return "413 Content Too Large";
	}
	if (hosts > 1 || (hosts == 0 && version[7] == '1'))
		return "400 Bad Request";
	rq->head = !strcmp(method, "HEAD");
	if (!rq->head && strcmp(method, "GET"))
		return "405 Method Not Allowed";
	rq->path = target + 1;
	return *target == '/' && decode(target) ? NULL : "400 Bad Request";
}

static int write_head(char *out, const char *status, const struct request *rq, const char *type, off_t size)
{
	char date[64];
	time_t now = time(NULL);
	struct tm tm;

	strftime(date, sizeof date, "%a, %d %b %Y %T GMT", gmtime_r(&now, &tm));
	return sprintf(out,
		       "HTTP/1.1 %s\r\nDate: %s\r\nConnection: %s\r\n%sContent-Type: %s\r\nContent-Length: %jd\r\n\r\n",
		       status, date, rq->keep ? "keep-alive" : "close", *status == '2' ? "" : "Allow: GET, HEAD\r\n",
		       type, (intmax_t)size);
}

static int refuse(struct connection *c, const char *status, const struct request *rq)
{
	char out[512];
	int n = write_head(out, status, rq, "text/plain", (off_t)strlen(status) + 1);

	n += rq->head ? 0 : sprintf(out + n, "%s\n", status);
	return send_all(c, out, (size_t)n);
}

static const char *type_of(const char *path)
{
	static const char *const types[] = { ".html", "text/html",       ".txt", "text/plain", ".css", "text/css",
					     ".js",   "text/javascript", ".png", "image/png",  ".jpg", "image/jpeg" };
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof types / sizeof *types; i += 2)
		if (!strcasecmp(dot, types[i]))
			return types[i + 1];
	return "application/octet-stream";
}

/* Opens what lies below the folder, however the path tries to leave it: the kernel sees to that. Alone and not inlined,
 * for errno belongs to a thread: no function that parks may look at it. */
static __attribute__((noinline)) int open_below(const char *path, struct stat *st, const char **status)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH };
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);

	if (fd >= 0)
		fstat(fd, st);
	else if (errno == EMFILE || errno == ENFILE || errno == EAGAIN)
		*status = "503 Service Unavailable";
	else
		*status = errno == EACCES ? "403 Forbidden" : "404 Not Found";
	return fd;
}

static int send_file(struct connection *c, int fd, off_t size, const struct request *rq)
{
	char out[CHUNK];
	size_t used = (size_t)write_head(out, "200 OK", rq, type_of(rq->path), size);
	off_t at = 0, end = rq->head ? 0 : size;
	int err;

	do { /* a small file goes out with its head */
		size_t room = sizeof out - used, left = (size_t)(end - at);
		ssize_t n = left ? hob_pread(fd, out + used, room < left ? room : left, at, HOB_NEVER) : 0;

		if (n < 0 || (n == 0 && left))
			return -EIO; /* the file shrank: too late for another status */
		at += n;
		err = send_all(c, out, used + (size_t)n);
		used = 0;
	} while (!err && at < end);
	return err;
}

static int answer(struct connection *c, struct request *rq)
{
	const char *status = "403 Forbidden";
	char index[HEAD_MAX + 16];
	struct stat st;
	int fd = open_below(*rq->path ? rq->path : ".", &st, &status), err;

	if (fd >= 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		sprintf(index, "%s/index.html", *rq->path ? rq->path : ".");
		rq->path = index;
		fd = open_below(index, &st, &status);
	}
	err = fd >= 0 && S_ISREG(st.st_mode) ? send_file(c, fd, st.st_size, rq) : refuse(c, status, rq);
	if (fd >= 0)
		close(fd);
	return err;
}

/* One request and its answer; false once the connection is to end. */
static bool exchange(struct connection *c)
{
	struct request rq = { .keep = false };
	size_t len = 0;
	const char *status = receive(c, &len);

	if ((status && !*status) || hob_shield_begin())
		return false;
	if (!status)
		status = memchr(c->in, '\0', len) ? "400 Bad Request" : parse(c->in, &rq);
	if (status)
		rq.keep = false; /* where the next request begins is anyone's guess */
	if (status ? refuse(c, status, &rq) : answer(c, &rq))
		rq.keep = false;
	hob_shield_end();
	memmove(c->in, c->in + len, c->have - len);
	c->have -= len;
	return rq.keep;
}

static int connection(void *arg)
{
	struct connection c; /* on the stack, of which only what is touched takes memory */
	hob_time deadline;

	c.fd = (int)(intptr_t)arg;
	c.tls = NULL;
	c.have = 0;
	if (!tls || !hob_tls_accept(tls, c.fd, &c.tls, hob_after(slow)))
		while (exchange(&c))
			;
	deadline = hob_after(HOB_SECOND);
	hob_tls_close(c.tls, deadline);
	shutdown(c.fd, SHUT_WR);
	/* closing with something unread would be a reset, which takes our last answer from a client that is behind */
	while (hob_recv(c.fd, c.in, sizeof c.in, 0, deadline) > 0)
		;
	close(c.fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct server s = { .connection = connection };
	int c, n, status;

	while ((c = getopt(argc, argv, "i:s:")) == 'i' || c == 's')
		*(c == 'i' ? &idle : &slow) = (hob_time)(strtod(optarg, NULL) * HOB_SECOND);
	n = argc - optind;
	argv += optind;
	if (c != -1 || (n != 3 && n != 5) || (root = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    (n == 5 && hob_tls_server_create(&tls, argv[3], argv[4]))) {
		fprintf(stderr, "usage: httpd [-i IDLE] [-s SLOW] ADDRESS PORT FOLDER [CERTIFICATE KEY]\n");
		return 2;
	}
	s.address = argv[0];
	s.port = argv[1];
	status = serve(&s);
	hob_tls_destroy(tls);
	return status;
}
