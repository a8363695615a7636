"""Python threads that compute and sleep in turn, and know what became of their time.

usage: mix.py TRUTH.JSON SECONDS THREADS COMPUTE_MS SLEEP_MS

What passes outside of a core, not for want of one and not asleep, is the GIL's: a thread that computes waits for
nothing else. A sleep takes the time that was asked for; what comes on top is the GIL's, too.
"""
import json
import sys
import threading
import time

path, seconds, count, compute, sleep = sys.argv[1], *map(float, sys.argv[2:])
books = {"compute": 0.0, "ready": 0.0, "timer": 0.0, "gil": 0.0}
life = 0.0
lock = threading.Lock()
end = time.monotonic() + seconds


def ready():
    with open(f"/proc/self/task/{threading.get_native_id()}/schedstat") as f:
        return int(f.read().split()[1]) * 1e-9


def compute_for(cpu):
    x = 1
    until = time.thread_time() + cpu
    while time.thread_time() < until:
        for _ in range(200):
            x = (x * 1664525 + 1013904223) & 0xffffffff


def live(mine=None):
    global life
    began, asleep = time.monotonic(), 0.0
    cpu, queued = time.thread_time(), ready()
    while time.monotonic() < end:
        if compute:
            compute_for(compute * 1e-3)
        if sleep:
            time.sleep(sleep * 1e-3)
            asleep += sleep * 1e-3
    wall = time.monotonic() - began
    cpu, queued = time.thread_time() - cpu, ready() - queued
    with lock:
        life += wall
        books["compute"] += cpu
        books["ready"] += queued
        books["timer"] += asleep
        books["gil"] += max(0, wall - cpu - queued - asleep)


start = time.process_time()
threads = [threading.Thread(target=live) for _ in range(int(count) - 1)]
for t in threads:
    t.start()
live()
for t in threads:
    t.join()
books["compute"] += start  # of the interpreter, before its first line
with open(path, "w") as f:
    json.dump({"wall": seconds, "life": life + start, "seconds": books}, f)
