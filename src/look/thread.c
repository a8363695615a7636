/* The look at one thread: did it run since, and what does it wait for? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "look/call.h"
#include "look/file.h"
#include "look/stat.h"
#include "look/wait.h"
#include "look/watch.h"

enum { TRIES = 25, LIVE_FEW = 16, FREE_DESCRIPTORS = 64 };
#define SLEEP_MOST 500000000 /* ns between looks at a thread that sleeps */
#define OPEN_MOST 20000000   /* ns that the books of one that runs stay open */
#define GAP_MOST 100000000   /* ns between looks, for what came last to be taken as going on */
#define LATE_FRAME 60000000  /* ns asleep, until a second look where in the program */
#define SPLIT_EVERY 50000000 /* ns of computing until user and kernel are told apart anew */

/* A file of the thread, kept open where descriptors allow: what is open stays that of this thread, whatever its number
 * is given to later. The last few are left for what is open for a moment only. */
static ssize_t read_kept(const struct look_sampler *s, int *fd, const char *name, const struct look_thread *t,
			 char *text, size_t size)
{
	char path[64];
	if (*fd < 0) {
		snprintf(path, sizeof path, "/proc/%d/task/%d/%s", t->process->pid, t->tid, name);
		if (*fd == -EMFILE || *fd == -ENFILE)
			return look_file(path, text, size);
		*fd = sys.open(path, O_RDONLY);
		if (*fd >= s->descriptors - FREE_DESCRIPTORS) {
			sys.close(*fd);
			*fd = -EMFILE;
		}
		if (*fd == -EMFILE || *fd == -ENFILE)
			return look_file(path, text, size);
		if (*fd < 0)
			return *fd;
	}
	ssize_t got = sys.pread(*fd, text, size - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	return got ? got : -ESRCH;
}

static int64_t of_ticks(uint64_t ticks)
{
	return (int64_t)(ticks % (UINT64_C(1) << 32)) * 10000000; /* USER_HZ is 100 wherever hob runs */
}

static int read_stat(const struct look_thread *t, struct look_stat *out)
{
	char path[64], text[1024];
	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", t->process->pid, t->tid);
	ssize_t len = look_file(path, text, sizeof text);
	return len < 0 ? (int)len : look_stat_parse(text, (size_t)len, out);
}

static int read_counters(struct look_sampler *s, struct look_thread *t, struct look_counters *c)
{
	char text[128];
	const char *at = text;
	if (!s->no_schedstat) {
		ssize_t got = read_kept(s, &t->schedstat, "schedstat", t, text, sizeof text);
		if (got >= 0)
			return look_number(&at, &c->ran) && look_number(&at, &c->queued) && look_number(&at, &c->runs)
				       ? 0
				       : -EPROTO;
		struct look_stat alive;
		if (got != -ENOENT || read_stat(t, &alive))
			return (int)got;
		s->no_schedstat = true; /* a kernel without CONFIG_SCHED_INFO: ticks must do */
	}
	struct look_stat st;
	int err = read_stat(t, &st);
	*c = (struct look_counters){ .ran = (uint64_t)(of_ticks(st.user) + of_ticks(st.kernel)) };
	return err;
}

/* Labels ----------------------------------------------------------------------------------------------------------- */

static enum look_state state_of(const struct look_sampler *s, unsigned label)
{
	return s->labels.at[label].state;
}

static bool stopped(const struct look_thread *t)
{
	struct look_stat st;
	return !read_stat(t, &st) && (st.state == 'T' || st.state == 't');
}

/* Where the system call may not be read, the kernel's function may. */
static unsigned label_by_channel(struct look_sampler *s, const struct look_thread *t)
{
	char path[64], text[80];
	snprintf(path, sizeof path, "/proc/%d/task/%d/wchan", t->process->pid, t->tid);
	if (look_file(path, text, sizeof text) < 0)
		*text = '\0';
	return look_wait_channel(&s->labels, text);
}

/* 1: it runs. 0: it is blocked, and *label says on what. -EAGAIN: not to be had now. Another errno: it is gone. */
static int find_label(struct look_sampler *s, struct look_thread *t, struct look_call *call, unsigned *label)
{
	char text[256];
	const struct look_wait_view view = { t->process->pid, &s->pipes, &s->peers, &s->labels };
	ssize_t got = t->process->unreadable ? -EPERM : read_kept(s, &t->syscall, "syscall", t, text, sizeof text);
	if (got == -ESRCH)
		return -ESRCH;
	if (got < 0 || look_call_parse(text, call)) {
		struct look_stat st;
		int err = read_stat(t, &st);
		*call = (struct look_call){ .kind = CALL_OTHER };
		s->no_syscall = true;
		t->process->unreadable |= got == -EPERM || got == -EACCES;
		if (err || st.state == 'R')
			return err ? -ESRCH : 1;
		*label = label_by_channel(s, t);
		return 0;
	}
	if (call->kind == CALL_RUNNING)
		return 1;
	int err = look_wait(&view, call, label);
	if (err == -EAGAIN && ++t->tries < TRIES)
		return err;
	if (err)
		*label = call->kind == CALL_NET ? LOOK_NET : LOOK_OTHER;
	t->tries = 0;
	if (call->kind == CALL_FUTEX && t->process->python && look_python_waits(t->process->python, call->args[0]))
		*label = LOOK_GIL;
	if (call->kind == CALL_NONE && stopped(t))
		*label = look_label(&s->labels, LOOK_OTHER, LOOK_REAL, "stopped by a signal");
	return 0;
}

/* The look --------------------------------------------------------------------------------------------------------- */

static void split(struct look_thread *t)
{
	struct look_stat st;
	if (read_stat(t, &st))
		return;
	t->user = of_ticks(st.user);
	t->kernel = of_ticks(st.kernel);
	memcpy(t->name, st.name, sizeof t->name);
	t->ran_at_split = t->last.ran;
}

/* Enters a span of the books in the timeline. Its wait is painted with the label, which may be a guess. */
static void paint(struct look_sampler *s, struct look_thread *t, const struct look_span *span, unsigned label)
{
	look_timeline_paint(&t->timeline, span, state_of(s, label));
	if (span->compute)
		look_slot_add(t, LOOK_COMPUTE, t->computes_in, span, span->compute);
}

/* The same of a span whose wait was nothing else. */
static void note(struct look_sampler *s, struct look_thread *t, const struct look_span *span, unsigned label)
{
	paint(s, t, span, label);
	if (span->wait && label >= LOOK_WAITS)
		look_slot_add(t, label, t->waits_in, span, span->wait);
}

/* How long one wait has lasted, as far as it was seen. */
static void note_length(struct look_thread *t)
{
	look_slot_length(t, t->label, t->waits_in, t->last_at - t->asleep);
}

/* When nobody ran this one did not, whether it was looked at or not. */
static void note_quiet(const struct look_sampler *s, struct look_thread *t)
{
	if (t->blocked && s->quiet > t->last_at)
		t->last_at = s->quiet;
}

/* A wait that has ended lasted until we last saw it, at least, unless it was queueing for a core by then, which the
 * counters say only now. What came after that is not known to be one thing: slots.c. */
static void close_wait(struct look_sampler *s, struct look_thread *t, int64_t now, const struct look_counters *c)
{
	int64_t most = look_books_wait_end(&t->books, now, c), end = t->last_at < most ? t->last_at : most;
	struct look_span span = look_books_blocked(&t->books, end, &t->last, state_of(s, t->label));
	note(s, t, &span, t->label);
	note_length(t);
	look_slot_weigh(t, t->label, t->waits_in, end, now - t->last_at);
	t->blocked = false;
}

/* Does it need the GIL for what it computes? Not while another has it, or nobody. */
static void note_gil(const struct look_thread *t)
{
	struct look_process *p = t->process;
	if (!p->python || !p->gil_enabled || p->gil_holder < 0)
		return;
	p->computed++;
	p->computed_without += p->gil_holder != t->tid;
}

static void found_running(struct look_sampler *s, struct look_thread *t, int64_t now, const struct look_counters *c)
{
	if (c->ran != t->last.ran) /* else it may be queueing */
		note_gil(t);
	if (t->last.runs != c->runs || s->ticks % 8 == 0)
		t->computes_in = look_where(s, t, NULL, t->computes_in);
	t->last = *c;
	t->last_at = now;
	if (now - t->books.open < OPEN_MOST)
		return;
	struct look_span span = look_books_running(&t->books, now, c);
	paint(s, t, &span, LOOK_COMPUTE);
}

static void found_blocked(struct look_sampler *s, struct look_thread *t, const struct look_call *call, unsigned label)
{
	struct look_counters c;
	if (read_counters(s, t, &c)) /* those of the moment it went to sleep on this */
		return;
	int64_t now = sys.now();
	t->label = label;
	t->waits_in = look_where(s, t, call, 0);
	struct look_span span = look_books_between(&t->books, now, &c);
	paint(s, t, &span, label);
	look_slot_weigh(t, label, t->waits_in, now - span.wait, now - t->last_at);
	t->blocked = true;
	t->looked_late = false;
	t->asleep = t->last_at = now;
	t->last = c;
}

bool look_is_late(const struct look_thread *t, int64_t now)
{
	return look_may_be_late(t) && now - t->asleep > LATE_FRAME;
}

bool look_may_be_late(const struct look_thread *t)
{
	return t->blocked && !t->waits_in && !t->looked_late;
}

/* A program that has just started is not worth reading its files for; by now it may be. */
static void look_late(struct look_sampler *s, struct look_thread *t)
{
	unsigned label;
	struct look_call call;
	t->looked_late = true;
	if (!find_label(s, t, &call, &label) && label == t->label)
		t->waits_in = look_where(s, t, &call, 0);
}

/* The life of a thread that is older than our watch starts now; that of a new one when it was found, or as long before
 * as it has computed and queued. */
static void open_books(struct look_sampler *s, struct look_thread *t, int64_t now, const struct look_counters *c)
{
	static const struct look_counters none;
	int64_t start = now - (int64_t)(c->ran + c->queued);
	t->opened = true;
	s->unopened--;
	if (t->old) {
		look_books_open(&t->books, now, c, false);
		t->runs_before = c->runs;
		t->ran_at_split = c->ran;
		split(t);
		t->user_before = t->user;
		t->kernel_before = t->kernel;
	} else {
		start = start < t->last_at ? start : t->last_at;
		look_books_open(&t->books, start > s->start ? start : s->start, &none, true);
	}
	t->last = *c;
	t->last_at = now;
}

void look_at_thread(struct look_sampler *s, struct look_thread *t)
{
	struct look_counters c;
	int64_t now = sys.now();
	s->looks++;
	t->looked = now;
	note_quiet(s, t);
	int err = read_counters(s, t, &c);
	if (err) {
		look_end_thread(s, t, now);
		return;
	}
	if (!t->opened)
		open_books(s, t, now, &c);
	if (t->blocked && c.ran == t->last.ran && c.runs == t->last.runs) {
		int64_t asleep = now - t->asleep;
		t->last_at = now;
		if (look_is_late(t, now))
			look_late(s, t);
		t->due = s->live_count > LIVE_FEW ? now + (asleep / 16 < SLEEP_MOST ? asleep / 16 : SLEEP_MOST) : now;
		return;
	}
	if (t->blocked)
		close_wait(s, t, now, &c);
	t->due = now;
	unsigned label;
	struct look_call call;
	err = find_label(s, t, &call, &label);
	if (err == 1)
		found_running(s, t, now, &c);
	else if (!err)
		found_blocked(s, t, &call, label);
	else if (err != -EAGAIN)
		look_end_thread(s, t, now);
	if ((int64_t)(t->last.ran - t->ran_at_split) > SPLIT_EVERY && !t->ended)
		split(t);
}

static void close_fds(struct look_thread *t)
{
	if (t->schedstat >= 0)
		sys.close(t->schedstat);
	if (t->syscall >= 0)
		sys.close(t->syscall);
	t->schedstat = t->syscall = -EBADF;
}

void look_end_thread(struct look_sampler *s, struct look_thread *t, int64_t now)
{
	struct look_counters c;
	struct look_span span;
	note_quiet(s, t);
	bool known = !read_counters(s, t, &c); /* we stop to look, or it is a zombie */
	if (!t->opened && known)
		open_books(s, t, now, &c);
	unsigned label = t->blocked ? t->label : LOOK_COMPUTE;
	if (t->blocked && known && c.ran == t->last.ran && c.runs == t->last.runs) {
		span = look_books_blocked(&t->books, now, &c, state_of(s, label));
		note(s, t, &span, label);
		t->last_at = now;
		note_length(t);
	} else if (t->opened) {
		if (t->blocked)
			close_wait(s, t, now, known ? &c : &t->last);
		if (!known && now - t->last_at > GAP_MOST && label == LOOK_COMPUTE)
			label = LOOK_OTHER; /* nobody can say what it did so long */
		span = look_books_running(&t->books, known ? now : t->last_at, known ? &c : &t->last);
		paint(s, t, &span, LOOK_COMPUTE);
		/* It went somewhere between the looks; what is still open it did as before. */
		span = look_books_close(&t->books, known ? now : t->last_at + (now - t->last_at) / 2,
					state_of(s, label));
		note(s, t, &span, label);
	}
	if (known)
		t->last = c;
	s->unopened -= !t->opened; /* it came and went between the looks: its life is not in the books */
	close_fds(t);
	t->ended = true;
}
