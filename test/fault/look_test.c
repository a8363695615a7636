/* Faults under what looks at other processes: it answers less, or an error, and keeps nothing. */
#include <fcntl.h>

#include "base/cpus.h"
#include "fault/inject.h"
#include "look/facts.h"
#include "look/machine.h"
#include "look/maps.h"
#include "look/mock_python.h"
#include "look/native.h"
#include "look/python.h"
#include "look/tree.h"

/* Sleeps until it is killed: something to look at. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	while (pid == 0)
		pause();
	return pid;
}

static void end_sleeper(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

static int samples(void)
{
	struct look_options o = { .hz = 1000, .frames = true, .launched = true };
	pid_t pid = sleeper();
	struct look_sampler *s = calloc(1, sizeof *s);
	struct look_facts *f = calloc(1, sizeof *f);
	int err = look_sampler_start(s, pid, &o);

	if (done(err)) {
		for (int i = 0; i < 3; i++)
			done(look_sampler_tick(s));
		look_sampler_stop(s);
		look_facts(f, s, 2, &(struct look_usage){ -1, -1, -1 }, true);
		CHECK(f->wall >= 0 && f->compute >= 0 && f->life >= 0);
		look_sampler_finish(s);
	}
	end_sleeper(pid);
	free(f);
	free(s);
	return 0;
}

static int keep_no_map(void *arg, const struct look_map *m)
{
	int fd;

	if (m->inode && m->execute && !*(int *)arg) {
		fd = look_map_open(getpid(), m);
		if (done(fd))
			sys.close(fd);
		*(int *)arg = 1;
	}
	return 0;
}

static int looks(void)
{
	struct look_native *n;
	struct look_tree tree;
	struct look_frame frame;
	int seen = 0, r;

	r = look_tree(getpid(), &tree);
	CHECK(!done(r) || tree.processes >= 1 || has_failed());
	done(look_maps(getpid(), keep_no_map, &seen));
	r = look_native_open(getpid(), &n);
	if (done(r)) {
		r = look_native_frame(n, (uint64_t)(uintptr_t)&n, (uint64_t)(uintptr_t)looks, &frame);
		CHECK(r == 0 || r == -ENOENT || !done(r));
		look_native_close(n);
	}
	look_memory();
	done(look_idle());
	look_memory_stall();
	CHECK(cpus_count() >= 1 && cpus_most() >= 1);
	return 0;
}

static void add_length(void *arg, const char *text)
{
	*(size_t *)arg += strlen(text);
}

/* Not every interpreter has all that is asked for. */
static bool told(int r)
{
	return r == -ENOENT || r == -EAGAIN || r == -ENOTSUP ? false : done(r);
}

static unsigned version;
static bool free_threaded;

static int reads_python(void)
{
	struct look_python_gil gil;
	struct look_python *p;
	struct look_frame f;
	size_t bytes = 0;
	int r;

	mock_start(version, free_threaded, false);
	faults_install();
	r = look_python_open(MOCK_PID, &p);
	if (done(r)) {
		for (pid_t tid = MOCK_PID; tid <= MOCK_OTHER; tid++)
			told(look_python_frame(p, tid, &f));
		told(look_python_gil(p, &gil));
		look_python_waits(p, mock_address(MOCK_GIL) + 40);
		told(look_python_gil_modules(p, add_length, &bytes));
		look_python_close(p);
	}
	faults_off();
	fake_end();
	faults_install();
	return 0;
}

static void fault_plain(const char *name, int (*run)(void), unsigned most, unsigned storms)
{
	struct fault_program p = { .name = name, .run = run };
	uint64_t before = points, places = place_count;

	fault_each(&p, most);
	fault_storm(&p, storms);
	printf("ok %d - %s: %" PRIu64 " points at %" PRIu64 " places\n", ++test_count, name, points - before,
	       place_count - places);
	fflush(stdout);
}

int main(void)
{
	static const struct {
		const char *name;
		unsigned minor;
		bool free_threaded;
	} pythons[] = { { "CPython 3.8", 8, false },   { "CPython 3.9", 9, false },   { "CPython 3.10", 10, false },
			{ "CPython 3.11", 11, false }, { "CPython 3.12", 12, false }, { "CPython 3.13", 13, false },
			{ "CPython 3.14", 14, false }, { "CPython 3.13t", 13, true }, { "CPython 3.14t", 14, true } };

	faults_start();
	CHECK(getpgrp() == getpid() ||
	      setpgid(0, 0) == 0); /* where no children can be listed, the group stands for the tree */
	fault_plain("the sampler", samples, 4, 300);
	fault_plain("trees, maps, code, the machine", looks, 4, 300);
	for (size_t i = 0; i < sizeof pythons / sizeof *pythons; i++) {
		version = pythons[i].minor;
		free_threaded = pythons[i].free_threaded;
		fault_plain(pythons[i].name, reads_python, 20, 200);
	}
	return faults_done();
}
