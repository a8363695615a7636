/* The trace: it is JSON, what it says of tasks, wakes and workers holds together, and what is lost is counted. */
#include "meter/trace.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <hob.h>
#include <poll.h>
#include <sys/wait.h>

#include "base/sys.h"
#include "sched/rig.h"

/* Reading it back: the file as JSON, and an event a line ---------------------------------------------------------- */

static const char *json_value(const char *s);

static const char *json_string(const char *s)
{
	CHECK(*s == '"');
	for (s++; *s != '"'; s++)
		CHECK((unsigned char)*s >= ' ' && *s != '\\'); /* names have no escapes in them */
	return s + 1;
}

static const char *space(const char *s)
{
	return s + strspn(s, " \n");
}

/* An array or an object, up to its end. */
static const char *json_list(const char *s, char end)
{
	s = space(s + 1);
	if (*s == end)
		return s + 1;
	for (;; s = space(s + 1)) {
		if (end == '}') {
			s = space(json_string(s));
			CHECK(*s == ':');
			s = space(s + 1);
		}
		s = space(json_value(s));
		if (*s == end)
			return s + 1;
		CHECK(*s == ',');
	}
}

static const char *json_value(const char *s)
{
	char *end;

	if (*s == '{' || *s == '[')
		return json_list(s, *s == '{' ? '}' : ']');
	if (*s == '"')
		return json_string(s);
	CHECK(isdigit((unsigned char)*s));
	strtod(s, &end);
	return end;
}

enum { EVENTS_MAX = 200000 };

struct event {
	char ph, name[64];
	long pid, tid, id, by, ns, end; /* ns: `ts` */
};

static struct event events[EVENTS_MAX];
static unsigned nevents;
static long dropped, written;

/* The number after the key; `none` where the line has no such key. */
static long field(const char *line, const char *key, long none)
{
	const char *at = strstr(line, key);

	return at ? strtol(at + strlen(key), NULL, 10) : none;
}

/* Microseconds with three decimals, as ns. */
static long time_field(const char *line, const char *key)
{
	const char *at = strstr(line, key), *dot;

	if (!at)
		return 0;
	dot = strchr(at, '.');
	CHECK(dot && strspn(dot + 1, "0123456789") == 3);
	return strtol(at + strlen(key), NULL, 10) * 1000 + strtol(dot + 1, NULL, 10);
}

static void read_event(const char *line)
{
	struct event *e = &events[nevents++];

	CHECK(nevents < EVENTS_MAX);
	CHECK(sscanf(line, "{\"ph\":\"%c\",\"pid\":%ld,\"tid\":%ld,\"name\":\"%63[^\"]\"", &e->ph, &e->pid, &e->tid,
		     e->name) == 4);
	e->id = field(line, "\"id\":", 0);
	e->by = field(line, "\"woken_by\":", 0);
	e->ns = time_field(line, "\"ts\":");
	e->end = e->ns + time_field(line, "\"dur\":");
	if (!strcmp(e->name, "trace_events")) {
		written = field(line, "\"written\":", -1);
		dropped = field(line, "\"dropped\":", -1);
	}
}

static void read_trace(const char *file)
{
	FILE *f = fopen(file, "r");
	char *text, *line, *rest;
	long n;

	CHECK(f && !fseek(f, 0, SEEK_END));
	n = ftell(f);
	rewind(f);
	text = malloc((size_t)n + 1);
	CHECK(n > 0 && text && fread(text, 1, (size_t)n, f) == (size_t)n);
	text[n] = '\0';
	fclose(f);
	CHECK(*text == '[' && !*space(json_value(text)));
	nevents = 0;
	written = dropped = -1;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (*line == '{')
			read_event(line);
	free(text);
	CHECK_EQ(unlink(file), 0);
}

/* What must hold of any trace ------------------------------------------------------------------------------------- */

enum { WORKERS = 1, TASKS = 2 };

static bool is_slice_of(const struct event *e, long pid, long tid)
{
	return e->ph == 'X' && e->pid == pid && e->tid == tid;
}

static int by_line_and_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	long d = x->pid != y->pid ? x->pid - y->pid : x->tid != y->tid ? x->tid - y->tid : x->ns - y->ns;

	if (!d)
		d = x->end - y->end;
	return d < 0 ? -1 : d > 0;
}

static bool is_wait(const struct event *e)
{
	return strncmp(e->name, "wait: ", 6) == 0;
}

static bool is_on_core(const struct event *e)
{
	return !strcmp(e->name, "compute") || !strcmp(e->name, "held");
}

/* A task's slices are in order: ready, on a core, then perhaps a wait, ready again. Each begins where the one before
 * ended, so none overlap and they add up to its life. */
static void check_task(const struct event *e, const struct event *before)
{
	bool ready = !strcmp(e->name, "ready");

	CHECK(ready || is_on_core(e) || is_wait(e));
	if (!before) {
		CHECK(ready);
		return;
	}
	CHECK_EQ(e->ns, before->end);
	CHECK(!is_wait(e) || is_on_core(before));
	CHECK(!ready || is_on_core(before) || is_wait(before));
	CHECK(!is_on_core(e) || !strcmp(before->name, "ready") || !strcmp(before->name, "compute"));
}

/* A worker runs one task at a time. */
static void check_worker(const struct event *e, const struct event *before)
{
	if (before)
		CHECK(e->ns >= before->end);
}

static const struct event *slice_at(long tid, long ns, bool ends)
{
	for (unsigned i = 0; i < nevents; i++) {
		const struct event *e = &events[i];

		if (!is_slice_of(e, TASKS, tid))
			continue;
		if (ends ? is_wait(e) && e->end == ns : is_on_core(e) && e->ns <= ns && ns <= e->end)
			return e;
	}
	return NULL;
}

/* Every wake comes from a task that was on a core then, and ends a wait. */
static unsigned check_wakes(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nevents; i++) {
		const struct event *s = &events[i], *f = NULL;

		if (s->ph != 's')
			continue;
		n++;
		for (unsigned k = 0; k < nevents; k++)
			if (events[k].ph == 'f' && events[k].id == s->id) {
				CHECK(!f);
				f = &events[k];
			}
		CHECK(f && f->ns == s->ns && f->tid != s->tid);
		CHECK(slice_at(s->tid, s->ns, false));
		CHECK(slice_at(f->tid, f->ns, true));
	}
	return n;
}

/* Answers how many wakes there are. */
static unsigned check_trace(const char *file)
{
	const struct event *before = NULL;
	long on_core = 0, run = 0;

	read_trace(file);
	CHECK_EQ(dropped, 0);
	CHECK(written > 0);
	qsort(events, nevents, sizeof *events, by_line_and_time);
	for (unsigned i = 0; i < nevents; i++) {
		struct event *e = &events[i];

		if (e->ph != 'X' || !strcmp(e->name, "stands in"))
			continue;
		if (before && !is_slice_of(before, e->pid, e->tid))
			before = NULL;
		(e->pid == TASKS ? check_task : check_worker)(e, before);
		if (e->pid == WORKERS)
			run += e->end - e->ns;
		else if (is_on_core(e))
			on_core += e->end - e->ns;
		before = e;
	}
	CHECK_EQ(run, on_core);
	return check_wakes();
}

static unsigned count(const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nevents; i++)
		n += events[i].ph == 'X' && !strcmp(events[i].name, name);
	return n;
}

/* Programs -------------------------------------------------------------------------------------------------------- */

static char file[64], second[64];

static void name_files(void)
{
	snprintf(file, sizeof file, "/tmp/hob-trace-%d.json", (int)getpid());
	snprintf(second, sizeof second, "/tmp/hob-trace-%d.2.json", (int)getpid());
}

enum { PAIRS = 8, TURNS = 20 };

static int ping(void *arg)
{
	struct hob_chan **c = arg;
	int n = 0;

	for (int i = 0; i < TURNS; i++) {
		CHECK_EQ(hob_chan_send(c[0], &n, HOB_NEVER), 0);
		CHECK_EQ(hob_chan_recv(c[1], &n, HOB_NEVER), 0);
	}
	return 0;
}

static int pong(void *arg)
{
	struct hob_chan **c = arg;
	int n = 0;

	for (int i = 0; i < TURNS; i++) {
		CHECK_EQ(hob_chan_recv(c[0], &n, HOB_NEVER), 0);
		CHECK_EQ(hob_chan_send(c[1], &n, HOB_NEVER), 0);
		if (i % 5 == 0)
			hob_yield();
	}
	return 0;
}

static int doze(void *arg)
{
	(void)arg;
	return hob_sleep(hob_after(HOB_MS));
}

static int converse(void *arg)
{
	struct hob_chan *c[PAIRS][2];
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (int i = 0; i < PAIRS; i++) {
		CHECK_EQ(hob_chan_create(&c[i][0], sizeof(int), 0), 0);
		CHECK_EQ(hob_chan_create(&c[i][1], sizeof(int), 0), 0);
		CHECK_EQ(hob_spawn(s, ping, c[i]), 0);
		CHECK_EQ(hob_spawn(s, pong, c[i]), 0);
		CHECK_EQ(hob_spawn(s, doze, NULL), 0);
	}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	for (int i = 0; i < PAIRS; i++) {
		hob_chan_destroy(c[i][0]);
		hob_chan_destroy(c[i][1]);
	}
	return 0;
}

static void traced(unsigned workers, hob_task_fn *fn)
{
	CHECK_EQ(setenv("HOB_TRACE", file, 1), 0);
	CHECK_EQ(hob_run(&(struct hob_options){ .workers = workers }, fn, NULL), 0);
	CHECK_EQ(unsetenv("HOB_TRACE"), 0);
}

static void what_it_says_holds_together(void)
{
	traced(1, converse);
	CHECK(check_trace(file) > 0);
	CHECK_EQ(count("wait: sleep"), PAIRS);
	CHECK(count("ping") >= PAIRS && count("pong") >= PAIRS && count("doze") >= PAIRS && count("converse") > 0);
}

static void a_second_runtime_has_a_file_of_its_own(void)
{
	traced(3, converse);
	CHECK(access(file, F_OK) != 0);
	CHECK(check_trace(second) > 0);
	CHECK_EQ(count("wait: sleep"), PAIRS);
}

/* Blocks its worker until another task has run. */
static int fds[2];

static int unblock(void *arg)
{
	(void)arg;
	/* Where stand-ins come at once, as to what computes, it is to be seen held as well. */
	CHECK_EQ(hob_sleep(hob_after(20 * HOB_MS)), 0);
	CHECK_EQ(write(fds[1], "", 1), 1);
	return 0;
}

static int block(void *arg)
{
	struct hob_scope *s;
	char byte;

	(void)arg;
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, unblock, NULL), 0);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static void stand_ins_are_seen(void)
{
	char third[64];

	snprintf(third, sizeof third, "/tmp/hob-trace-%d.3.json", (int)getpid());
	traced(1, block);
	check_trace(third);
	CHECK(count("held") > 0 && count("stands in") > 0);
	for (unsigned i = 0; i < nevents; i++) {
		const struct event *e = &events[i], *in = NULL;

		if (e->pid != WORKERS || e->tid == 1 || e->ph != 'X' || !strcmp(e->name, "stands in"))
			continue;
		for (unsigned k = 0; k < nevents; k++)
			if (is_slice_of(&events[k], WORKERS, e->tid) && !strcmp(events[k].name, "stands in") &&
			    events[k].ns <= e->ns && e->end <= events[k].end)
				in = &events[k];
		CHECK(in);
	}
}

/* A leak checker does not see what is on the stacks of a runtime that is left. */
static bool leaves;
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return leaves;
}

static int leave_by_exit(void *arg)
{
	hob_sleep(hob_after(HOB_MS));
	converse(arg);
	exit(7);
}

/* In a process of its own, whose trace is named by its number. It is the fourth, since a child goes on counting: so it
 * cannot overwrite what its parent wrote. */
static void a_program_that_exits_in_a_task_is_traced(void)
{
	pid_t pid = fork();
	char name[64];
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		leaves = true;
		setenv("HOB_TRACE", "/tmp/hob-trace-%p.json", 1);
		hob_run(&(struct hob_options){ .workers = 2 }, leave_by_exit, NULL);
		_exit(1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	snprintf(name, sizeof name, "/tmp/hob-trace-%d.4.json", (int)pid);
	read_trace(name);
	CHECK_EQ(count("doze"), 2 * PAIRS); /* before its sleep, and after */
}

static void a_file_that_cannot_be_made_is_no_reason_not_to_run(void)
{
	int err = dup(STDERR_FILENO), out[2];
	char said[300] = "";

	CHECK_EQ(pipe(out), 0);
	CHECK_EQ(setenv("HOB_TRACE", "/nonexistent/trace", 1), 0);
	CHECK(dup2(out[1], STDERR_FILENO) >= 0);
	CHECK_EQ(hob_run(&(struct hob_options){ .workers = 1 }, doze, NULL), 0);
	CHECK(dup2(err, STDERR_FILENO) >= 0);
	CHECK(read(out[0], said, sizeof said - 1) > 0);
	CHECK(strstr(said, "hob: HOB_TRACE: /nonexistent/trace: ") && strchr(said, '\n'));
	CHECK_EQ(unsetenv("HOB_TRACE"), 0);
	close(err);
	close(out[0]);
	close(out[1]);
}

/* The ring alone: its reader comes when it is joined, and no earlier ---------------------------------------------- */

static void *(*reader)(void *);
static void *reader_arg;

static int keep(pthread_t *out, void *(*fn)(void *), void *arg)
{
	*out = pthread_self();
	reader = fn;
	reader_arg = arg;
	return 0;
}

static int read_now(pthread_t t)
{
	(void)t;
	reader(reader_arg);
	return 0;
}

static ssize_t no_space(int fd, const void *buf, size_t len, off_t at)
{
	(void)fd, (void)buf, (void)len, (void)at;
	return -ENOSPC;
}

static int fill(unsigned n, struct trace_count *out)
{
	static struct sites sites;
	struct trace_ring *r;
	struct trace *t;

	sys.thread_create = keep;
	sys.thread_join = read_now;
	CHECK_EQ(trace_create(&t, file, &sites, stamp_begin()), 0);
	r = trace_ring(t, 1, "worker 1");
	CHECK(r);
	for (unsigned i = 0; i < n; i++)
		trace_put(r, &(struct trace_event){ .kind = TRACE_STEAL, .from = stamp_now(), .by = 2 });
	return trace_finish(t, out);
}

static void what_has_no_room_is_counted(void)
{
	struct trace_count c;

	CHECK_EQ(fill(TRACE_RING + 5, &c), 0);
	CHECK_EQ(c.written, TRACE_RING);
	CHECK_EQ(c.dropped, 5);
	sys = sys_real;
	read_trace(file);
	CHECK_EQ(written, TRACE_RING);
	CHECK_EQ(dropped, 5);
}

static int no_thread(pthread_t *out, void *(*fn)(void *), void *arg)
{
	(void)out, (void)fn, (void)arg;
	return -EAGAIN;
}

static void failures_are_told(void)
{
	int before = fds_open();
	struct trace_count c;
	struct trace *t;

	sys.pwrite = no_space;
	CHECK_EQ(fill(10, &c), -ENOSPC);
	sys = sys_real;
	sys.thread_create = no_thread;
	CHECK_EQ(trace_create(&t, file, NULL, stamp_begin()), -EAGAIN);
	sys = sys_real;
	CHECK_EQ(unlink(file), 0);
	CHECK_EQ(trace_create(&t, "/nonexistent/trace", NULL, stamp_begin()), -ENOENT);
	CHECK_EQ(fds_open(), before);
}

int main(void)
{
	test_start();
	watchdog(50);
	name_files();
	TEST(what_it_says_holds_together);
	TEST(a_second_runtime_has_a_file_of_its_own);
	TEST(stand_ins_are_seen);
	TEST(a_program_that_exits_in_a_task_is_traced);
	TEST(a_file_that_cannot_be_made_is_no_reason_not_to_run);
	TEST(what_has_no_room_is_counted);
	TEST(failures_are_told);
	return test_done();
}
