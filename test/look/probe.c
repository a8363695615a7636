/* Says what the CPython reader sees of a process, a line each:
 *     kind MINOR free|gil
 *     gil on|off held|free HOLDER SWITCHES
 *     thread TID waits|- LINE FUNCTION FILE      for each thread that is in a function; blanks in names are '_'
 *     module NAME                                that wants the GIL
 * or `error ERRNO`. For python_live.py. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "look/python.h"

/* "NUMBER ARGUMENT..." while it is blocked */
static uint64_t futex_of(int pid, int tid)
{
	char path[64];
	long number;
	unsigned long address = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
	FILE *f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%ld %lx", &number, &address) != 2)
		address = 0;
	fclose(f);
	return address;
}

static const char *no_blanks(char *text)
{
	for (char *c = text; *c; c++)
		if (isspace((unsigned char)*c))
			*c = '_';
	return *text ? text : "-";
}

static void show_threads(struct look_python *p, int pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));) {
		int tid = atoi(e->d_name);
		struct look_frame f;
		if (!tid || look_python_frame(p, tid, &f))
			continue;
		bool waits = look_python_waits(p, futex_of(pid, tid));
		printf("thread %d %s %u %s %s\n", tid, waits ? "waits" : "-", f.line, no_blanks(f.function),
		       no_blanks(f.file));
	}
	if (d)
		closedir(d);
}

static void show_module(void *arg, const char *name)
{
	(void)arg;
	printf("module %s\n", name);
}

int main(int argc, char **argv)
{
	int pid = argc > 1 ? atoi(argv[1]) : 0;
	struct look_python *p;
	int err = look_python_open(pid, &p);
	if (err) {
		printf("error %d\n", err);
		return 0;
	}
	struct look_python_kind kind = look_python_kind(p);
	struct look_python_gil gil;
	printf("kind %u %s\n", kind.minor, kind.free_threaded ? "free" : "gil");
	if (!look_python_gil(p, &gil))
		printf("gil %s %s %d %llu\n", gil.enabled ? "on" : "off", gil.held ? "held" : "free", gil.holder,
		       (unsigned long long)gil.switches);
	show_threads(p, pid);
	err = look_python_gil_modules(p, show_module, NULL);
	if (err)
		printf("modules %d\n", err);
	look_python_close(p);
	return 0;
}
