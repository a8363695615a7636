#!/usr/bin/env python3
"""What being watched costs a program: the same works alone and under `hob why` and its peers, in turn.

usage: peers.py [ROUNDS]     (python3 -m pip install py-spy austin-dist; apt-get install strace linux-perf)

A work times itself, so that a tool's own start and end are not in it; shown is the median of time watched over time
alone, of the same round. What is not installed is left out.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(os.environ.get("HOB_BUILDDIR", Path(__file__).resolve().parent.parent.parent / "build/release")).resolve()

GIL = """
import threading, time
def compute():
    x = 1
    for _ in range(900000):
        x = (x * 1664525 + 1013904223) & 0xffffffff
threads = [threading.Thread(target=compute) for _ in range(4)]
began = time.monotonic()
for t in threads: t.start()
for t in threads: t.join()
print(time.monotonic() - began, flush=True)
"""

PIPES = """
import os, time
(a, b), (c, d) = os.pipe(), os.pipe()
if not os.fork():
    os.close(b)
    while os.read(a, 1): os.write(d, b"x")
    os._exit(0)
began = time.monotonic()
for _ in range(20000):
    os.write(b, b"x"); os.read(c, 1)
print(time.monotonic() - began, flush=True)
"""

WAKES = """
import resource, threading, time
def wake():
    for _ in range(100): time.sleep(0.01)
threads = [threading.Thread(target=wake) for _ in range(100)]
for t in threads: t.start()
for t in threads: t.join()
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, flush=True)
"""

WORKS = {"four threads at the GIL, time": GIL, "20,000 round trips over pipes, time": PIPES,
         "100 threads that wake every 10 ms, CPU": WAKES}


def tools(folder):
    """(name, what to put before the command)"""
    yield "hob why", [str(BUILD / "cli/hob"), "why", "-o", f"{folder}/hob", "--"]
    yield "py-spy at 250 Hz", ["py-spy", "record", "-r", "250", "-f", "raw", "-o", f"{folder}/spy", "--"]
    yield "austin at 250 Hz", ["austin", "-i", "4ms", "-o", f"{folder}/austin"]
    yield "strace -c -w", ["strace", "-f", "-c", "-w", "-o", f"{folder}/strace"]
    yield "perf sched record", ["perf", "sched", "record", "-q", "-o", f"{folder}/sched"]
    yield "perf trace -s", ["perf", "trace", "-s", "-o", f"{folder}/trace"]


def run(before, code):
    done = subprocess.run([*before, sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, timeout=120)
    numbers = [line for line in done.stdout.splitlines() if line.replace(".", "", 1).isdigit()]
    return float(numbers[0]) if numbers else None


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        present = [(name, before) for name, before in tools(folder) if shutil.which(before[0])]
        for work, code in WORKS.items():
            ratios = {name: [] for name, _ in present}
            for _ in range(rounds):
                alone = run([], code)
                for name, before in present:
                    watched = run(before, code)
                    if watched is not None:
                        ratios[name].append(watched / alone)
            for name, found in ratios.items():
                if found:
                    print(f"{work}: {name}: {100 * (statistics.median(found) - 1):+.0f}%  "
                          f"({100 * (min(found) - 1):+.0f} to {100 * (max(found) - 1):+.0f})", flush=True)
                else:
                    print(f"{work}: {name}: did not run", flush=True)


if __name__ == "__main__":
    main()
