/* `hob top`: what the tasks of a program do, look after look. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"
#include "look/file.h"
#include "show/quote.h"
#include "show/term.h"
#include "top/view.h"

enum { RUNTIMES = 8 }; /* of one process; more are not shown */

struct top {
	struct top_options options;
	struct look_native *names;
	struct view before[RUNTIMES];
	unsigned n, columns, lines;
	bool paused;
	FILE *out;
};

static int look_at(void *arg, struct look_page *p)
{
	struct top *t = arg;
	struct view v, *before = t->n < RUNTIMES ? &t->before[t->n] : NULL;
	int err = view_take(&v, p, t->names, before);

	if (err)
		return err;
	if (!before) {
		view_free(&v);
		return 0;
	}
	if (t->options.json)
		view_json(&v, t->out);
	else
		view_text(&v, t->out, t->columns, t->lines);
	view_free(before);
	*before = v;
	t->n++;
	return 0;
}

/* 0, or what look_pages() answers. */
static int look(struct top *t, bool *newer)
{
	t->n = 0;
	return look_pages(t->options.pid, look_at, t, newer);
}

static int once(struct top *t)
{
	bool newer;
	int err;

	t->out = stdout;
	t->columns = 200;
	t->lines = 1000;
	err = look(t, &newer);
	if (err)
		return top_refused("top", t->options.pid, err, newer);
	return fflush(stdout) ? EXIT_BROKEN : 0;
}

/* A terminal ------------------------------------------------------------------------------------------------------- */

static struct termios as_it_was;
static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = sig;
}

static void enter_screen(void)
{
	struct sigaction act = { .sa_handler = stop };
	struct termios raw;

	tcgetattr(STDIN_FILENO, &as_it_was);
	raw = as_it_was;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	fputs("\033[?1049h\033[?25l", stdout);
}

static void leave_screen(void)
{
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &as_it_was);
}

static void measure(struct top *t)
{
	struct winsize w;

	t->columns = term_width(stdout);
	t->lines = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || w.ws_row < 12 ? 12 : w.ws_row - 3u;
}

static void put_title(const struct top *t, FILE *out)
{
	char path[32], name[64];
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%d/comm", (int)t->options.pid);
	len = look_file(path, name, sizeof name);
	name[len > 0 ? len - 1 : 0] = '\0';
	fprintf(out, "hob top: process %d, ", (int)t->options.pid);
	quote_put(out, name);
	fprintf(out, "%s. q quits, p %s\n", t->paused ? ", paused" : "", t->paused ? "goes on" : "pauses");
}

/* A frame is made whole and then put over the one before, so that nothing flickers. */
static int draw(struct top *t, bool *newer)
{
	char *text = NULL;
	size_t size;
	int err;

	t->out = open_memstream(&text, &size);
	if (!t->out)
		return -ENOMEM;
	measure(t);
	put_title(t, t->out);
	err = look(t, newer);
	if (fclose(t->out) || err) {
		free(text);
		return err ? err : -ENOMEM;
	}
	fputs("\033[H", stdout);
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n'); /* every line has one */
		printf("%.*s\033[K\r\n", (int)(end - line), line);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
	free(text);
	return 0;
}

/* False: to quit. */
static bool heed_keys(struct top *t)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	if (poll(&in, 1, t->paused ? -1 : (int)(t->options.delay * 1000)) <= 0)
		return !stopped;
	if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
		return false;
	if (key == 'p' || key == 'P' || key == ' ')
		t->paused = !t->paused;
	return !stopped;
}

static int live(struct top *t)
{
	bool newer;
	int err;

	enter_screen();
	do
		err = draw(t, &newer);
	while (!err && heed_keys(t));
	leave_screen();
	if (err)
		return top_refused("top", t->options.pid, err, newer);
	return stopped ? EXIT_SIGNAL + stopped : 0;
}

int top_main(int argc, char **argv)
{
	static struct top t;
	int status;

	if (!top_options_parse(&t.options, TOP_TOP, argc, argv, &status))
		return status;
	if (look_native_open(t.options.pid, &t.names))
		t.names = NULL;
	if (t.options.once || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		status = once(&t);
	else
		status = live(&t);
	for (unsigned i = 0; i < RUNTIMES; i++)
		view_free(&t.before[i]);
	look_native_close(t.names);
	return status;
}
