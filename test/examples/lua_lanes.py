#!/usr/bin/env python3
"""lua_lanes: waits overlap, computing takes turns, states are apart. usage: lua_lanes.py PROGRAM"""
import re
import tempfile

from example import *

SCRIPTS = {
    "wait": "hob.sleep(0.2)",
    # each counts what it gets done while all four are at it
    "compute": """
        there = (there or 0) + 1
        while there < 4 do hob.sleep(0.001) end
        finish = finish or hob.now() + 0.8
        local n = 0
        while hob.now() < finish do for i = 1, 100 do n = n + 1 end end
        io.write(n .. "\\n")
    """,
    # what all add to is added to by one call, since a checkpoint may come between any two instructions
    "count": """
        for i = 1, 50 do
            for k = 1, 3000 do end -- longer than an instruction count: a checkpoint, and others may come in between
            table.insert(_G, true)
            if i % 10 == 0 then hob.sleep(0) end
        end
        io.write(hob.state .. " " .. #_G .. "\\n") -- in one piece, where two lanes write at once
    """,
    "fail": "hob.sleep(0.001) error('on purpose')",
    "wrong": "this is not Lua",
    "deep": "local function f(n) return n == 0 and 0 or 1 + f(n - 1) end print(f(10000))",
    "garbage": "for i = 1, 30 do local t = {} for k = 1, 1000 do t[k] = {k} end hob.sleep(0) end",
}


def run(states, *names):
    start = time.monotonic()
    child = subprocess.run([programs["lua_lanes"], str(states), *names], capture_output=True, timeout=LIMIT, text=True)
    return child.returncode, child.stdout.splitlines(), child.stderr, time.monotonic() - start


def main():
    with tempfile.TemporaryDirectory() as folder:
        programs.update((name, os.path.abspath(path)) for name, path in programs.items())
        os.chdir(folder)
        for name, text in SCRIPTS.items():
            Path(name).write_text(text)
        status, _, said, took = run(1, *["wait"] * 40)
        equal("forty wait", status, 0)
        is_true("as long as one", took < 40 * 0.2 / 4, took)
        is_true("and the lane says so", re.match(r"lane lua 0: computed 0\.", said), said)

        status, counts, said, _ = run(1, *["compute"] * 4)
        shares = [int(n) / sum(map(int, counts)) for n in counts]
        is_true("four compute in one lane, each a quarter", status == 0 and len(shares) == 4 and
                all(0.2 < s < 0.3 for s in shares), status, shares, said)

        status, out, said, _ = run(2, *["count"] * 20)
        ends = [tuple(map(int, line.split())) for line in out] # what each script saw as it ended: the last, all
        most = {state: max(n for at, n in ends if at == state) for state, _ in ends}
        equal("two states, each with its own globals", (status, len(ends), most), (0, 20, {0: 500, 1: 500}))

        status, out, said, _ = run(2, "fail", "wrong", "deep")
        equal("a script that fails leaves the others alone", (status, out), (1, ["10000"]))
        is_true("and is told of", "on purpose" in said and "wrong:1:" in said, said)
        status, _, said, _ = run(2, *["garbage"] * 20)
        equal("garbage is collected meanwhile", status, 0)
        equal("no script", run(1)[0], 2)
    done()


main()
