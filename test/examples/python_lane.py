#!/usr/bin/env python3
"""python_lane: waits overlap, computing takes turns. usage: python_lane.py PROGRAM"""
import re
import tempfile

from example import *

SCRIPTS = {
    "wait": "import hob\nhob.sleep(0.2)",
    # each counts what it gets done while all four are at it
    "compute": """
import hob, sys
sys.there = getattr(sys, "there", 0) + 1
while sys.there < 4: hob.sleep(0.001)
if not hasattr(sys, "finish"): sys.finish = hob.now() + 0.8
n = 0
while hob.now() < sys.finish:
    n += sum(1 for _ in range(20))
print(n, flush=True)
""",
    # exceptions, generators and contexts belong to a task, not to its thread
    "own": """
import hob, contextvars, threading
mine, var, local = object(), contextvars.ContextVar("var"), threading.local()
var.set(mine)
local.value = mine
def deep(n):
    hob.sleep(0)
    return 0 if n == 0 else 1 + deep(n - 1)
def numbers():
    for i in range(20):
        hob.sleep(0)
        yield i
try:
    raise ValueError(id(mine))
except ValueError as error:
    assert deep(30) == 30 and list(numbers()) == list(range(20))
    import sys
    assert sys.exc_info()[1] is error
assert var.get() is mine and local.value is mine
print("right", flush=True)
""",
    "fail": "import hob\nhob.sleep(0.001)\nraise RuntimeError('on purpose')",
}


def run(*names):
    start = time.monotonic()
    child = subprocess.run([programs["python_lane"], *names], capture_output=True, timeout=LIMIT, text=True,
                           env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})  # CPython's own, at its end
    return child.returncode, child.stdout.splitlines(), child.stderr, time.monotonic() - start


def main():
    with tempfile.TemporaryDirectory() as folder:
        programs.update((name, os.path.abspath(path)) for name, path in programs.items())
        os.chdir(folder)
        for name, text in SCRIPTS.items():
            Path(name).write_text(text)
        status, _, said, took = run(*["wait"] * 40)
        equal("forty wait", (status, said[:5]), (0, "lane "))
        is_true("as long as one", took < 40 * 0.2 / 4, took)

        status, counts, said, _ = run(*["compute"] * 4)
        shares = [int(n) / sum(map(int, counts)) for n in counts]
        is_true("four compute, each a quarter", status == 0 and len(shares) == 4 and
                all(0.2 < s < 0.3 for s in shares), status, shares, said)
        is_true("one at a time", re.search(r"tasks waited [12]\.", said), said)

        status, out, said, _ = run(*["own"] * 30)
        equal("each has a state of its own", (status, out), (0, ["right"] * 30))
        status, out, said, _ = run("fail", "own")
        is_true("a script that fails leaves the others alone", status == 1 and out == ["right"], status, out)
        is_true("and is told of", "on purpose" in said, said)
        equal("no script", run()[0], 2)
    done()


main()
