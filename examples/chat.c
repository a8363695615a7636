/* chat: one room over TCP, a line a message. Try it with `nc`.
 * SPDX-License-Identifier: MIT
 *
 * It shows tasks that talk: each guest has a bounded channel, a task that writes what comes out of it to the guest, and
 * one that reads the guest's lines and puts them into the channels of all others. A guest that reads too slowly fills
 * its own channel and is shown out; nobody ever waits for it.
 *
 *     chat ADDRESS PORT
 *
 * Port 0 lets the kernel choose; the first line on stdout says which. The first line that a guest sends is its name.
 */
#include <ctype.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "serve.h"

enum { LINE_SIZE = 1024, NAME_SIZE = 32, BEHIND_MAX = 256 };
#define PATIENCE (5 * HOB_SECOND)

/* A line, shared by the channels it stands in. */
struct message {
	int holders;
	size_t len;
	char text[NAME_SIZE + LINE_SIZE + 16];
};

struct guest {
	LIST_ENTRY(guest) link;
	int fd;
	bool slow; /* shown out: its channel was full */
	struct hob_chan *mail;
	char name[NAME_SIZE];
};

/* Guards the list, the names in it and the counts of holders. An ordinary mutex, held for moments in which no task
 * parks: a hob_mutex would refuse a cancelled task, which has to leave the room like any other. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, guest) room = LIST_HEAD_INITIALIZER(room);

static void let_go(struct message *m)
{
	bool last;

	pthread_mutex_lock(&lock);
	last = --m->holders == 0;
	pthread_mutex_unlock(&lock);
	if (last)
		free(m);
}

/* To everybody but `from`. Who has no room left for it is shown out: these sends do not wait. */
static void tell(const struct guest *from, const char *between, const char *line)
{
	struct message *m = malloc(sizeof *m);
	struct guest *g;

	if (!m)
		return;
	m->len = (size_t)snprintf(m->text, sizeof m->text, "%s%s%s\n", from->name, between, line);
	m->holders = 1;
	pthread_mutex_lock(&lock);
	LIST_FOREACH(g, &room, link)
	{
		int err = g == from || g->slow ? -EALREADY : hob_chan_send(g->mail, &m, 0);

		if (!err)
			m->holders++;
		if (err != -ETIMEDOUT)
			continue;
		g->slow = true;
		shutdown(g->fd, SHUT_RD); /* its reader sees an end */
	}
	pthread_mutex_unlock(&lock);
	let_go(m);
}

/* Writes the guest's mail, until its channel is closed and empty. */
static int writer(void *arg)
{
	struct guest *g = arg;
	struct message *m;
	int err = 0;

	while (!err && !hob_chan_recv(g->mail, &m, HOB_NEVER)) {
		err = hob_send_all(g->fd, m->text, m->len, NULL, HOB_NEVER);
		let_go(m);
	}
	return 0; /* one that went away is the reader's to notice */
}

/* The next line without its end; terminals are not to be steered by others. */
static bool next_line(struct hob_reader *r, char *out, size_t size, hob_time deadline)
{
	char *line;
	ssize_t n = hob_read_line(r, &line, deadline);
	size_t len;

	if (n <= 0)
		return false;
	len = (size_t)n < size ? (size_t)n : size - 1;
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	for (size_t i = 0; i < len; i++)
		out[i] = iscntrl((unsigned char)line[i]) ? '?' : line[i];
	out[len] = '\0';
	return true;
}

/* From the first word to the last, of a guest whose name, channel and writer are there. */
static void stay(struct guest *g, struct hob_reader *r)
{
	static const char welcome[] = "* welcome\n";
	char line[LINE_SIZE];

	pthread_mutex_lock(&lock);
	LIST_INSERT_HEAD(&room, g, link);
	pthread_mutex_unlock(&lock);
	tell(g, " ", "has come");
	hob_send_all(g->fd, welcome, sizeof welcome - 1, NULL, hob_after(PATIENCE));
	while (next_line(r, line, sizeof line, HOB_NEVER))
		tell(g, ": ", line);
	hob_shield_begin(); /* those who stay are told, also where this task is cancelled */
	pthread_mutex_lock(&lock);
	LIST_REMOVE(g, link);
	pthread_mutex_unlock(&lock);
	tell(g, " ", "has left");
	hob_shield_end();
}

static int connection(void *arg)
{
	static const char hello[] = "* your name?\n", bye[] = "\n* you read too slowly\n";
	struct guest g = { .fd = (int)(intptr_t)arg };
	struct hob_scope *s = NULL;
	struct hob_reader r;
	struct message *m;
	char buf[LINE_SIZE];

	hob_reader_init(&r, g.fd, buf, sizeof buf);
	if (hob_send_all(g.fd, hello, sizeof hello - 1, NULL, hob_after(PATIENCE)) ||
	    !next_line(&r, g.name, sizeof g.name, hob_after(60 * HOB_SECOND)))
		goto out;
	if (hob_chan_create(&g.mail, sizeof m, BEHIND_MAX) || hob_scope_create(&s) || hob_spawn(s, writer, &g))
		goto out;
	stay(&g, &r);
	hob_chan_close(g.mail);
	if (!g.slow)
		hob_scope_wait(s, hob_after(PATIENCE)); /* the rest of its mail */
out:
	hob_scope_destroy(s);
	if (g.slow)
		hob_send(g.fd, bye, sizeof bye - 1, 0, hob_after(PATIENCE));
	hob_shield_begin(); /* or a cancelled task would receive nothing, and leave the rest to nobody */
	while (g.mail && !hob_chan_recv(g.mail, &m, 0))
		let_go(m);
	hob_shield_end();
	hob_chan_destroy(g.mail);
	close(g.fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct server s = { .connection = connection };

	if (argc != 3) {
		fprintf(stderr, "usage: chat ADDRESS PORT\n");
		return 2;
	}
	s.address = argv[1];
	s.port = argv[2];
	return serve(&s);
}
