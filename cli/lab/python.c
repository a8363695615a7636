/* The GIL as Python has it: each CPython found on this machine, one after the other. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/lab.h"

/* Prints a line "NAME KIND SECONDS" for each way, and one "build VERSION GIL". Work of a known length: by CPU time. */
static const char script[] =
	"import sys, time, asyncio, sysconfig\n"
	"from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor\n"
	"import multiprocessing, os\n"
	"N = 4\n"
	"def turn(n):\n"
	"    x = 0\n"
	"    for i in range(n): x = (x * 31 + i) & 0xffff\n"
	"    return x\n"
	"def io(i): time.sleep(0.05)\n"
	"def main():\n"
	"    gil = getattr(sys, '_is_gil_enabled', lambda: True)()\n"
	"    print('build', '.'.join(map(str, sys.version_info[:3])), 'on' if gil else 'off', flush=True)\n"
	"    n = 20000\n"
	"    while True:\n"
	"        t = time.perf_counter(); turn(n); t = time.perf_counter() - t\n"
	"        if t > 0.02: break\n"
	"        n *= 2\n"
	"    n = int(n * 0.05 / t)\n"
	"    def timed(kind, name, f):\n"
	"        best = 1e9\n"
	"        for _ in range(3):\n"
	"            t = time.perf_counter(); f(); best = min(best, time.perf_counter() - t)\n"
	"        print(kind, name, best, flush=True)\n"
	"    for kind, fn, arg in (('wait', io, 0), ('compute', turn, n)):\n"
	"        timed(kind, 'sequential', lambda: [fn(arg) for _ in range(N)])\n"
	"        with ThreadPoolExecutor(N) as e:\n"
	"            list(e.map(str, range(N)))\n"
	"            timed(kind, 'threads', lambda: list(e.map(fn, [arg] * N)))\n"
	"        async def aio(_):\n"
	"            if kind == 'wait': await asyncio.sleep(0.05)\n"
	"            else: turn(n)\n"
	"        async def gather(): await asyncio.gather(*[aio(i) for i in range(N)])\n"
	"        timed(kind, 'asyncio', lambda: asyncio.run(gather()))\n"
	"        with ProcessPoolExecutor(N, mp_context=multiprocessing.get_context('fork')) as e:\n"
	"            list(e.map(str, range(N)))\n"
	"            timed(kind, 'processes', lambda: list(e.map(fn, [arg] * N)))\n"
	"        try:\n"
	"            from concurrent.futures import InterpreterPoolExecutor\n"
	"        except ImportError: continue\n"
	"        try:\n"
	"            with InterpreterPoolExecutor(N) as e:\n"
	"                list(e.map(str, range(N)))\n"
	"                timed(kind, 'subinterpreters', lambda: list(e.map(fn, [arg] * N)))\n"
	"        except Exception: pass\n"
	"if __name__ == '__main__': main()\n";

static const char *const names[] = { "python3",    "python3.8",  "python3.9",   "python3.10", "python3.11",
				     "python3.12", "python3.13", "python3.13t", "python3.14", "python3.14t" };

enum { PYTHONS = sizeof names / sizeof *names };

struct build {
	char identity[128], version[32];
	bool gil;
	double wait_alone, wait_threads, compute_alone, compute_threads, compute_processes;
};

static const char *path_of(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH");

	for (size_t n; dirs && *dirs; dirs += n + (dirs[n] == ':')) {
		n = strcspn(dirs, ":");
		snprintf(path, size, "%.*s/%s", (int)n, dirs, name);
		if (n && access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static void take(struct finding *f, struct build *b, const char *line)
{
	char kind[16], way[24];
	double took;
	struct sample s = { 0 };

	if (sscanf(line, "build %31s %15s", b->version, kind) == 2) {
		b->gil = !strcmp(kind, "on");
		return;
	}
	if (sscanf(line, "%15s %23s %lf", kind, way, &took) != 3)
		return;
	sample_add(&s, took);
	finding_figure(f, &s, "s", "%s%s: 4 x 50 ms of %s, %s", b->version, b->gil ? "" : " without the GIL",
		       !strcmp(kind, "wait") ? "waiting" : "computing", way);
	if (!strcmp(kind, "wait") && !strcmp(way, "sequential"))
		b->wait_alone = took;
	else if (!strcmp(kind, "wait") && !strcmp(way, "threads"))
		b->wait_threads = took;
	else if (!strcmp(way, "sequential"))
		b->compute_alone = took;
	else if (!strcmp(way, "threads"))
		b->compute_threads = took;
	else if (!strcmp(kind, "compute") && !strcmp(way, "processes"))
		b->compute_processes = took;
	if (strcmp(kind, "compute") == 0)
		finding_bar(f, &s, "%s%s, %s", b->version, b->gil ? "" : "t", way);
}

/* Runs the script by one Python. Processes that it starts find it in a file, so it is one. */
static bool ask(struct finding *f, const char *python, const char *file, struct build *b)
{
	char command[512], line[128];
	FILE *out;

	snprintf(command, sizeof command, "'%s' -W ignore '%s' 2>/dev/null", python, file);
	out = popen(command, "re");
	if (!out)
		return false;
	while (fgets(line, sizeof line, out))
		take(f, b, line);
	return pclose(out) == 0 && b->compute_processes > 0;
}

/* What a Python is: two names may be one. False where it does not run. */
static bool identify(const char *python, struct build *b)
{
	char command[512];
	FILE *out;
	bool said;

	snprintf(command, sizeof command,
		 "'%s' -c 'import sys; print(sys.version, getattr(sys, \"_is_gil_enabled\", lambda: True)())' "
		 "2>/dev/null",
		 python);
	out = popen(command, "re");
	said = out && fgets(b->identity, sizeof b->identity, out);
	if (out)
		pclose(out);
	return said;
}

static bool known(const struct build *builds, unsigned n, const struct build *b)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(builds[i].identity, b->identity))
			return true;
	return false;
}

static void judge(const struct lab *lab, struct finding *f, const struct build *builds, unsigned n)
{
	bool holds = true;
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct build *b = &builds[i];
		double wait = b->wait_alone / b->wait_threads, threads = b->compute_alone / b->compute_threads;
		double processes = b->compute_alone / b->compute_processes;
		double should = lab->cores < 4 ? lab->cores : 4;
		int len;

		holds = holds && wait > 2.5 && (b->gil ? threads < 1.3 : threads > 0.6 * should) &&
			processes > 0.6 * should;
		len = snprintf(f->why + at, sizeof f->why - at,
			       "%s%s %s: threads made waiting %.1f and computing %.2f times faster, "
			       "processes computing %.2f times",
			       i ? "; " : "", b->version, b->gil ? "with its GIL" : "without a GIL", wait, threads,
			       processes);
		at += len > 0 && (size_t)len < sizeof f->why - at ? (size_t)len : 0;
	}
	f->verdict = holds ? VERDICT_HOLDS : VERDICT_FAILS;
}

static int run(const struct lab *lab, struct finding *f)
{
	char file[] = "/tmp/hob-lab-XXXXXX", path[300];
	struct build builds[PYTHONS] = { 0 };
	int fd = mkstemp(file);
	unsigned n = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, script, sizeof script - 1) != (ssize_t)sizeof script - 1) {
		close(fd);
		unlink(file);
		return -EIO;
	}
	close(fd);
	finding_did(f, "Four calls that wait 50 ms each, and four that compute as long, by every CPython found here: "
		       "one after the other, "
		       "and at once by threads, asyncio, processes and, where there are any, subinterpreters.");
	f->bars = (struct svg_bars){ .title = "Computing in Python: four times 50 ms", .unit = "s" };
	for (unsigned i = 0; i < PYTHONS && n < (lab->quick ? 2 : PYTHONS); i++) {
		if (!path_of(names[i], path, sizeof path) || !identify(path, &builds[n]) ||
		    known(builds, n, &builds[n]))
			continue;
		lab->note(names[i]);
		if (ask(f, path, file, &builds[n]))
			n++;
	}
	unlink(file);
	if (n == 0)
		finding_skip(f, "no CPython was found, or none ran the experiment");
	else
		judge(lab, f, builds, n);
	return 0;
}

const struct experiment experiment_python = { "python",
					      "Python's threads help waiting and not computing while it has its GIL; "
					      "processes do, and threads without the GIL",
					      run };
