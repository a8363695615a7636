#!/usr/bin/env python3
"""Compiles and runs every program that the manual and the documents show: what a reader copies must work.

usage: blocks.py ROOT --cc CC... --include DIR... --libs FLAG...

A block counts where it has a main function; it must compile without a warning and end with status 0.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tap import Tap

WARNINGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"]


def of_manual(text):
    """The literal displays of an mdoc page, as the reader sees them."""
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text, re.MULTILINE | re.DOTALL):
        yield block.replace("\\e", "\\").replace("\\&", "").replace("\\-", "-")


def of_markdown(text):
    yield from re.findall(r"^```c\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def programs(root):
    """Name and text of each program, in the order of the files."""
    for path in [*sorted((root / "man").glob("*.3")), root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        blocks = of_markdown(path.read_text()) if path.suffix == ".md" else of_manual(path.read_text())
        whole = [b for b in blocks if re.search(r"^int main\(", b, re.MULTILINE)]
        for i, block in enumerate(whole, 1):
            yield f"{path.relative_to(root)}, program {i}", block


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **more)
    said = done.stdout.decode(errors="replace").splitlines()
    return said + [f"status {done.returncode} of {command[0]}"] if done.returncode else []


def tried(text, args, where):
    source, program = where / "program.c", where / "program"
    source.write_text(text)
    includes = [flag for d in args.include for flag in ("-I", d)]
    wrong = run([*args.cc, *WARNINGS, *includes, "-o", str(program), str(source), *args.libs])
    try:
        return wrong or run([str(program)], cwd=where, timeout=60)
    except subprocess.TimeoutExpired:
        return ["it does not end"]


def main():
    args = argparse.ArgumentParser(usage=__doc__)
    args.add_argument("root", type=Path)
    args.add_argument("--cc", nargs="+", required=True)
    args.add_argument("--include", nargs="+", required=True)
    args.add_argument("--libs", nargs=argparse.REMAINDER, required=True)
    args = args.parse_args()

    tap = Tap()
    with tempfile.TemporaryDirectory() as where:
        where = Path(where)
        for name, body in (("fails", "return 1;"), ("has a warning", "int a;")):
            found = tried(f"int main(void)\n{{\n\t{body}\n}}\n", args, where)
            tap.case(f"a program that {name} is found", [] if found else ["it is not"])
        for name, text in programs(args.root):
            tap.case(name, tried(text, args, where))
    tap.done()


sys.exit(main())
