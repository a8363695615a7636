#!/usr/bin/env python3
"""Piles of every kind through `hob run`, beside xargs with every -P worth trying.

usage: piles.py [--rounds N] [--json FILE] [--list] [NAME...]

The bar: hob's time is at most 1.2 times that of the best xargs -P and three mean job times; no job fails in the end;
after the first second no more ask a server at once than it takes; computing jobs are never more than the cores + 2.
Times are medians of the rounds, in turn. Widths of xargs that fail a job do not count. HOB names the program.
"""
import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
hob = os.environ.get("HOB", os.path.join(root, "build/release/cli/hob"))
cores = len(os.sched_getaffinity(0))

# name: (jobs, widths, words of the job)
PILES = {
    "compute": (60, [1, 2, 3, 4, 8], ["burn", "60"]),
    "compute-short": (300, [1, 2, 4, 8], ["burn", "10"]),
    "sleep": (300, [2, 32, 128, 300], ["sleep", "200"]),
    "sleep-short": (600, [8, 32, 64, 128], ["sleep", "30"]),
    "sleep-long": (150, [16, 64, 150], ["sleep", "1000"]),
    "exponential": (400, [16, 64, 128, 400], ["exponential", "150"]),
    "mix-half": (60, [2, 4, 6, 8, 16], ["mix", "40", "40", "1"]),
    "mix-fifth": (150, [2, 8, 16, 32], ["mix", "20", "80", "1"]),
    "mix-turns": (60, [2, 4, 8, 16, 32], ["mix", "5", "20", "5"]),
    "threads": (30, [1, 2, 4], ["threads", "4", "30"]),
    "fsync": (200, [1, 2, 4, 8, 16], ["fsync", "256"]),
    "memory": (24, [2, 4, 8, 16], ["memory", "500", "200"]),
    "bursts": (120, [4, 16, 64], ["sleep", "100"]),
    "phases": (200, [2, 4, 8, 16, 50], ["phases", "20", "50"]),
}
# name: (jobs, widths, knee, power, ms, dynamic)
SERVERS = {
    "knee-4": (150, [1, 2, 4, 8], 4, 1, 50, False),
    "knee-16": (400, [4, 8, 16, 32], 16, 1, 60, False),
    "knee-64": (800, [16, 32, 64, 128], 64, 1, 150, False),
    "knee-4-shared": (150, [1, 2, 4, 8], 4, 1, 50, True),
    "knee-16-shared": (400, [4, 8, 16, 32], 16, 1, 60, True),
    "knee-64-shared": (800, [16, 32, 64, 128], 64, 1, 150, True),
    "collapse-4": (150, [1, 2, 4, 8], 4, 2, 50, False),
    "collapse-16": (400, [4, 8, 16, 32], 16, 2, 60, False),
    "collapse-64": (800, [16, 32, 64, 128], 64, 2, 150, False),
}


def stats(port):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"stats\n")
        return [int(n) for n in s.makefile().readline().split()]


def inputs(name, jobs, to):
    """Writes the inputs; in bursts, where the pile is called so."""
    for first in range(0, jobs, 30 if name == "bursts" else jobs):
        if first:
            time.sleep(0.4)
        to.write("".join(f"{i}\n" for i in range(first, min(jobs, first + 30) if name == "bursts" else jobs)).encode())
        to.flush()
    to.close()


def run(name, jobs, argv, folder):
    start = time.monotonic()
    p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder)
    inputs(name, jobs, p.stdin)
    said = p.stderr.read().decode()
    p.wait()
    return time.monotonic() - start, p.returncode, said


def measure(name, rounds, job, folder):
    server = port = None
    if name in SERVERS:
        jobs, widths, knee, power, ms, dynamic = SERVERS[name]
        words = [str(knee), str(power), str(4 * knee), str(ms)] + (["dynamic"] if dynamic else [])
        server = subprocess.Popen([sys.executable, os.path.join(here, "server.py"), *words], stdout=subprocess.PIPE)
        port = int(server.stdout.readline())
        command = [job, "ask", str(port)]
    else:
        jobs, widths, words = PILES[name]
        command = [job, *words]
    times, failed, most, late, says = {"hob": []}, 0, 0, 0, ""
    for _ in range(rounds):
        for who in ["hob", *widths]:
            if who == "hob":
                argv = [hob, "run", "--forget", "--retries", "4", "--summary", "--no-progress", *command]
                took, status, said = run(name, jobs, argv, folder)
                failed += status != 0
                says = said.strip().splitlines()[-1] if said.strip() else ""
                most = max(most, int((re.findall(r"up to (\d+) at once", says) or [0])[0]))
            else:
                took, status, said = run(name, jobs, ["xargs", "-n1", f"-P{who}", *command], folder)
            if port:
                seen = stats(port)
                late = max(late, seen[1]) if who == "hob" else late
            if who == "hob" or not status:
                times.setdefault(who, []).append(took)
    if server:
        server.kill()
        server.wait()
    middle = {who: statistics.median(t) for who, t in times.items() if len(t) == rounds}
    best = min((w for w in middle if w != "hob"), key=lambda w: middle[w])
    mean_job = middle[best] * min(best, jobs) / jobs
    bar = 1.2 * middle[best] + 3 * mean_job
    misses = []
    if middle["hob"] > bar:
        misses.append("slow")
    if failed:
        misses.append("failed")
    if port and late > 4 * SERVERS[name][2]:
        misses.append("too many")
    if name.startswith("compute") and most > cores + 2:
        misses.append("too many computing")
    return {"name": name, "jobs": jobs, "hob": middle["hob"], "best": best, "best_time": middle[best],
            "ratio": middle["hob"] / middle[best], "of_bar": middle["hob"] / bar, "most": most, "late_most": late,
            "misses": misses, "times": {str(k): v for k, v in times.items()}, "summary": says}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    names = [*PILES, *SERVERS]
    if options.list:
        print("\n".join(names))
        return
    results = []
    with tempfile.TemporaryDirectory() as folder:
        job = os.path.join(folder, "job")
        subprocess.run(["cc", "-O2", "-o", job, os.path.join(here, "job.c"), "-lm", "-pthread"], check=True)
        for name in options.names or names:
            r = measure(name, options.rounds, job, folder)
            results.append(r)
            print(f"{name:16} hob {r['hob']:6.2f} s  best -P{r['best']:<4} {r['best_time']:6.2f} s"
                  f"  {r['ratio']:5.2f}x  {r['of_bar']:4.2f} of the bar  most {r['most']:4}  late {r['late_most']:4}  "
                  f"{' '.join(r['misses']) or 'ok'}", flush=True)
            print(f"{'':16} {r['summary']}", flush=True)
    if options.json:
        with open(options.json, "w") as f:
            json.dump(results, f, indent=1)
    sys.exit(any(r["misses"] for r in results))


main()
