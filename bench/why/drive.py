#!/usr/bin/env python3
"""why: puts the predictions of `hob why` to the test. drive.py ROUNDS -- hob WORKERS

`hob why` sees the sequential program only; each other model is foretold by it and then run. All are fresh processes, in
turn, and a speed-up is the ratio of medians of wall time. Each comparison is a line on standard error.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("HOB_BUILDDIR", HERE.parent.parent / "build/release")).resolve()
HOB, TRUTH = BUILD / "cli/hob", BUILD / "test/why/truth"
WORK = str(HERE / "work.py")

# name, items, wait in ms, steps of computing: about two seconds one after the other
KINDS = [("waits", 100, 20, 0), ("computes", 40, 0, 400_000), ("half and half", 60, 15, 130_000),
         ("mostly waits", 80, 20, 25_000)]


def cache():
    return Path(os.environ.get("HOB_CPYTHON") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache",
                                                       "hob/cpython"))


def interpreters():
    """(name, with a GIL, without one or None)"""
    yield "Python", sys.executable, None
    gil, free = cache() / "gil/bin/python3", cache() / "free/bin/python3"
    if gil.exists() and free.exists():
        yield "Python 3.13", str(gil), str(free)


def models(kind, free):
    """(the word of hob why, the model of work.py, workers, with which interpreter)"""
    name, _, wait, steps = kind
    cores = len(os.sched_getaffinity(0))
    for workers in (10, 4) if wait else (cores,):
        yield "threads", "threads", workers, False
        if wait:
            yield "concurrency", "asyncio", workers, False
        yield "processes", "processes", workers, False
        if free and steps:
            yield "free-threaded", "threads", workers, True


def timed(argv):
    began = time.monotonic()
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return time.monotonic() - began


def foretell(argv, folder):
    report = Path(folder, "report.json")
    subprocess.run([HOB, "why", "--json", "-o", report, "--", *argv], check=True, stdin=subprocess.DEVNULL)
    return json.loads(report.read_text())["models"]


def speedup(report, model, workers):
    return next(at["speedup"] for at in report[model]["at"] if at["workers"] == workers)


def compare(kind, python, free, port, rounds, folder):
    """Yields (model, workers, foretold, measured)."""
    argv = [port, *map(str, kind[1:])]
    wanted = list(models(kind, free))
    alone, took, told = [], {m: [] for m in wanted}, {m: [] for m in wanted}
    for _ in range(rounds):
        alone.append(timed([python, WORK, "sequential", "1", *argv]))
        report = foretell([python, WORK, "sequential", "1", *argv], folder)
        for m in wanted:
            word, model, workers, is_free = m
            told[m].append(speedup(report, word, workers))
            took[m].append(timed([free if is_free else python, WORK, model, str(workers), *argv]))
    for m in wanted:
        yield m[0], m[2], statistics.median(told[m]), statistics.median(alone) / statistics.median(took[m])


def main():
    rounds = int(sys.argv[1])
    for needed in (HOB, TRUTH):
        if not needed.exists():
            print("unbuilt")
            return 77
    if subprocess.run([HOB, "why", "--help"], capture_output=True).returncode:
        print("unwritten")
        return 77
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([TRUTH, "serve", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            server.stdout.readline()
            port = Path(folder, "port").read_text().strip()
            for name, python, free in interpreters():
                for kind in KINDS:
                    for model, workers, told, reached in compare(kind, python, free, port, rounds, folder):
                        ratios.append(told / reached)
                        print(f"{name}, {kind[0]:14} {model:13} {workers:3}: foretold {told:6.2f}x, "
                              f"reached {reached:6.2f}x, {told / reached:5.2f}", file=sys.stderr, flush=True)
        finally:
            server.stdin.close()
            server.wait()
    print(f"why_within {100 * sum(abs(r - 1) <= 0.2 for r in ratios) / len(ratios):.1f} %")
    print(f"why_promise {max(ratios):.3f} x")
    print(f"why_off {100 * statistics.median(abs(r - 1) for r in ratios):.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
