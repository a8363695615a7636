#!/usr/bin/env python3
"""Runs every command line of hob that the README, the guide and the manual show: what a reader copies must work.

usage: shell.py ROOT HOB PROGRAM

Each runs in a folder of its own that has the files it names; the programs of others are stood in for. A line is right
if it ends with 0, or where hob judges (why --expect) with 1; bad usage, and what cannot be run, is not. PROGRAM is one
that uses libhob and stays, for the lines that look at a process.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tap import Tap

PROGRAMS = {
    "convert": "for last; do :; done; : >\"$last\"\n",
    "curl": "for last; do :; done; : >\"$(basename \"$last\")\"\n",
    "jq": "exec python3 -m json.tool\n",
    "pidof": "echo \"$SERVER\"\n",
}
OWN = {"job": "", "convert": "", "fetch": ": >\"$2\"\n", "program": "sleep 0.05\n",
       "bench": "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done\n"}
FILES = {"a.log": "error\n" * 100, "b.log": "fine\n" * 100, "big.log": "an error\nfine\n" * 20000, "list": "1\n2\n3\n",
         "inputs": "", "urls": "http://localhost/a\nhttp://localhost/b\n", "c.jpg": "",
         "table.csv": "url,name\nhttp://localhost/a,a\nhttp://localhost/b,b\n", "small/d": "",
         "app.py": "import time\ntime.sleep(0.05)\n"}
# What would take long, or needs the number of a process.
INSTEAD = [(r"^\./dev hob ", "hob "), (r"^hob lab$", "hob lab --list"), (r" -d 10$", " -d 0.2"),
           (r"\b1234\b", "$HOB_PROCESS")]


def shown(root):
    """Where, and the line."""
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md")), *sorted((root / "man").glob("*.1"))]:
        text = path.read_text()
        if path.suffix == ".md":
            blocks = "".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
            lines = blocks.splitlines() + re.findall(r"^    (hob .*)$", text, re.MULTILINE)
        else:
            lines = [line.replace("\\e", "\\").replace("\\-", "-")
                     for line in re.findall(r"^\.Dl (hob .*)$", text, re.MULTILINE)]
        for line in lines:
            line = re.sub(r" +#.*$", "", line).strip()
            if re.match(r"(\./dev )?hob ", line):
                yield path.relative_to(root), line


def prepare(where):
    for name, text in FILES.items():
        (where / name).parent.mkdir(exist_ok=True)
        (where / name).write_text(text)
    (where / "bin").mkdir()
    for folder, programs in ((where, OWN), (where / "bin", PROGRAMS)):
        for name, text in programs.items():
            (folder / name).write_text("#!/bin/sh\n" + text)
            (folder / name).chmod(0o755)


def tried(line, hob, env):
    for what, instead in INSTEAD:
        line = re.sub(what, instead, line)
    with tempfile.TemporaryDirectory() as where:
        prepare(Path(where))
        (Path(where) / "bin/hob").symlink_to(hob)
        here = {**env, "PATH": f"{where}/bin:{os.environ['PATH']}", "HOME": where}
        try:
            done = subprocess.run(["bash", "-c", line], cwd=where, env=here, stdin=subprocess.DEVNULL, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        except subprocess.TimeoutExpired:
            return ["it does not end"]
    if done.returncode == 0 or (done.returncode == 1 and "--expect" in line):
        return []
    return done.stdout.decode(errors="replace").splitlines() + [f"status {done.returncode} of: {line}"]


def has_page(pid):
    try:
        return any(os.readlink(fd).startswith("/memfd:hob page") for fd in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return False


def main():
    root, hob = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    tap = Tap()
    env = dict(os.environ)
    tap.case("bad usage is found", [] if tried("hob run --never", hob, env) else ["it is not"])
    tap.case("a missing program is found", [] if tried("hob run ./gone ::: 1", hob, env) else ["it is not"])
    server = subprocess.Popen(["sleep", "600"])
    runs = subprocess.Popen([sys.argv[3]], stderr=subprocess.DEVNULL)
    env.update(SERVER=str(server.pid), HOB_PROCESS=str(runs.pid))
    try:
        while not has_page(runs.pid):
            time.sleep(0.01)
        for where, line in shown(root):
            tap.case(f"{where}: {line}", tried(line, hob, env))
    finally:
        server.kill()
        runs.kill()
        server.wait()
        runs.wait()
    tap.done()


sys.exit(main())
