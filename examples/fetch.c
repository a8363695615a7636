/* fetch: gets many pages at once, but only so many from one host.
 * SPDX-License-Identifier: MIT
 *
 * It shows a task for each page, which waits its turn at two semaphores; the code of one page reads as if there
 * were no others. URLs come from stdin, a line each; http only. For each, stdout gets a line: the status or what went
 * wrong, the bytes of the page, the seconds since it had its turn, the URL.
 *
 *     fetch [-h CONNECTIONS-A-HOST] [-t CONNECTIONS] [-d SECONDS] <urls
 */
#include <errno.h>
#include <hob.h>
#include <pthread.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REDIRECTS = 10, BACKLOG = 10000 };

static uint32_t per_host = 4, total = 256;
static hob_time patience = 30 * HOB_SECOND;
static struct hob_sem backlog, connections;
static struct hob_scope *pages;

struct url {
	char host[256], port[8], path[4096];
};

struct page {
	int status; /* or a negative errno */
	long long bytes;
	char location[4096]; /* where it has gone, or "" */
};

/* Hosts: never forgotten, for the limit is theirs and not the page's. */

struct host {
	char name[256];
	struct hob_sem turns;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the tree; held for a moment, no task parks in it */
static void *hosts;

static int compare(const void *a, const void *b)
{
	return strcasecmp(((const struct host *)a)->name, ((const struct host *)b)->name);
}

static struct host *host_of(const char *name)
{
	struct host *h = calloc(1, sizeof *h), **found = NULL;

	if (!h)
		return NULL;
	strcpy(h->name, name);
	pthread_mutex_lock(&lock);
	found = tsearch(h, &hosts, compare);
	if (found && *found == h)
		hob_sem_post(&h->turns, per_host);
	pthread_mutex_unlock(&lock);
	if (!found || *found != h)
		free(h);
	return found ? *found : NULL;
}

/* URLs ---------------------------------------------------------------------------------------------------------- */

/* Moves a URL to where a reference leads; an empty one to an absolute URL. False for what we cannot get. */
static bool follow(struct url *u, const char *ref)
{
	size_t len = strcspn(ref, "#"), skip, base = 0;

	for (size_t i = 0; i < len; i++)
		if (ref[i] <= ' ' || ref[i] == 0x7f)
			return false; /* or a line of our request could be somebody else's */
	skip = !strncasecmp(ref, "http://", 7) ? 7 : !strncmp(ref, "//", 2) ? 2 : 0;
	if (skip) {
		int n = 0;

		ref += skip;
		len -= skip;
		strcpy(u->port, "80");
		strcpy(u->path, "/");
		if (sscanf(ref, "[%255[0-9a-fA-F:.]]%n", u->host, &n) != 1 || !n) {
			n = 0;
			if (sscanf(ref, "%255[^][:/?#@]%n", u->host, &n) != 1)
				return false;
		}
		if (ref[n] == ':') {
			int digits = 0;

			if (sscanf(ref + n + 1, "%5[0-9]%n", u->port, &digits) != 1)
				return false;
			n += 1 + digits;
		}
		if (!strchr("/?#", ref[n]))
			return false;
		ref += n;
		len -= (size_t)n;
	} else if (!*u->host || ref[strcspn(ref, ":/?#")] == ':') {
		return false; /* relative to nothing, or another scheme */
	}
	if (!len)
		return true;
	if (*ref != '/') { /* beside the page, or only another query of it */
		base = strcspn(u->path, "?");
		while (*ref != '?' && u->path[base - 1] != '/')
			base--;
	}
	if (base + len >= sizeof u->path)
		return false;
	memcpy(u->path + base, ref, len);
	u->path[base + len] = '\0';
	return true;
}

/* Pages --------------------------------------------------------------------------------------------------------- */

/* Reads the answer. In HTTP/1.0, which we ask in, a page is what comes until the end, and never in chunks. */
static int read_page(int fd, struct page *p, hob_time deadline)
{
	char buf[16384], body[16384], *line, end;
	long long wanted = -1;
	struct hob_reader r;
	ssize_t n;

	hob_reader_init(&r, fd, buf, sizeof buf - 1);
	n = hob_read_line(&r, &line, deadline);
	if (n < 0)
		return (int)n;
	if (n < 13 || sscanf(line, "HTTP/1.%*1[01] %3d%c", &p->status, &end) != 2 || p->status < 100)
		return -EPROTO;
	while ((n = hob_read_line(&r, &line, deadline)) > 2) {
		char after = line[n];

		line[n] = '\0'; /* there is room for one more */
		if (!strncasecmp(line, "Location:", 9) && p->status / 100 == 3)
			sscanf(line + 9, " %4095s", p->location);
		else if (!strncasecmp(line, "Content-Length:", 15))
			sscanf(line + 15, " %lld", &wanted);
		line[n] = after;
	}
	if (n <= 0)
		return n ? (int)n : -ENODATA;
	while ((n = hob_reader_read(&r, body, sizeof body, deadline)) > 0)
		p->bytes += n;
	return n < 0 ? (int)n : wanted >= 0 && p->bytes != wanted ? -ENODATA : 0;
}

static int get(const struct url *u, struct page *p, hob_time deadline)
{
	char request[sizeof *u + 128];
	const char *port = strcmp(u->port, "80") ? u->port : "";
	bool six = strchr(u->host, ':');
	int fd = hob_tcp_connect(u->host, u->port, deadline), err, n;

	if (fd < 0)
		return fd;
	n = sprintf(
		request, "GET %s%s HTTP/1.0\r\nHost: %s%s%s%s%s\r\nUser-Agent: hob-fetch\r\nConnection: close\r\n\r\n",
		*u->path == '/' ? "" : "/", u->path, six ? "[" : "", u->host, six ? "]" : "", *port ? ":" : "", port);
	err = hob_send_all(fd, request, (size_t)n, NULL, deadline);
	if (!err)
		err = read_page(fd, p, deadline);
	close(fd);
	return err;
}

/* Waits for its turn, then gets the page: the host's turn first, so that who waits for one host holds up no other. */
static int get_in_turn(const struct url *u, struct page *p, hob_time *since)
{
	struct host *h = host_of(u->host);
	int err = h ? hob_sem_wait(&h->turns, HOB_NEVER) : -ENOMEM;

	if (err)
		return err;
	err = hob_sem_wait(&connections, HOB_NEVER);
	if (!err) {
		*since = *since ? *since : hob_now();
		err = get(u, p, hob_after(patience));
		hob_sem_post(&connections, 1);
	}
	hob_sem_post(&h->turns, 1);
	return err;
}

static int page(void *arg)
{
	char *text = arg, ref[4096], status[16];
	struct url u = { .host = "" };
	struct page p;
	hob_time since = 0;
	int err = -ELOOP;

	*ref = '\0'; /* which is no URL */
	if (strlen(text) < sizeof ref)
		strcpy(ref, text);
	for (int i = 0; i <= REDIRECTS; i++) {
		p = (struct page){ 0 };
		err = follow(&u, ref) ? get_in_turn(&u, &p, &since) : -EINVAL;
		if (err || !*p.location)
			break;
		strcpy(ref, p.location);
		err = -ELOOP;
	}
	snprintf(status, sizeof status, "%d", p.status);
	printf("%s\t%lld\t%.3f\t%s\n", err ? strerrorname_np(-err) : status, p.bytes,
	       since ? (double)(hob_now() - since) / HOB_SECOND : 0.0, text);
	free(text);
	hob_sem_post(&backlog, 1);
	return 0;
}

static int read_urls(void *arg)
{
	char buf[8192], *line;
	struct hob_reader r;
	ssize_t n;
	int err;

	(void)arg;
	hob_sem_post(&connections, total);
	hob_sem_post(&backlog, BACKLOG);
	err = hob_scope_create(&pages);
	if (err)
		return err;
	hob_reader_init(&r, STDIN_FILENO, buf, sizeof buf);
	while (!err && (n = hob_read_line(&r, &line, HOB_NEVER)) != 0) {
		char *text = n > 0 ? strndup(line, (size_t)n) : NULL;

		err = n < 0 ? (int)n : text ? hob_sem_wait(&backlog, HOB_NEVER) : -ENOMEM;
		if (text)
			text[strcspn(text, "\r\n")] = '\0';
		if (!err)
			err = hob_spawn(pages, page, text);
		if (err)
			free(text);
	}
	hob_scope_wait(pages, HOB_NEVER); /* also what was read before an error */
	hob_scope_destroy(pages);
	return err;
}

int main(int argc, char **argv)
{
	int c, err;

	while ((c = getopt(argc, argv, "h:t:d:")) == 'h' || c == 't' || c == 'd')
		if (c == 'd')
			patience = (hob_time)(strtod(optarg, NULL) * HOB_SECOND);
		else
			*(c == 'h' ? &per_host : &total) = (uint32_t)strtoul(optarg, NULL, 10);
	if (c != -1 || optind != argc || !per_host || !total) {
		fprintf(stderr, "usage: fetch [-h CONNECTIONS-A-HOST] [-t CONNECTIONS] [-d SECONDS] <urls\n");
		return 2;
	}
	err = hob_run(NULL, read_urls, NULL);
	tdestroy(hosts, free);
	if (err)
		fprintf(stderr, "fetch: %s\n", strerror(-err));
	return err ? 1 : 0;
}
