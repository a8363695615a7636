#!/usr/bin/env python3
"""Holds every #include, and every symbol that is linked, against src/LAYERS.

usage: layers.py ROOT             prints each include that goes another way; exit status 1 where there is one
       layers.py --test ROOT [--nm NM --cli DIRECTORY ROOM=LIBRARY...]
                                  the same as TAP, after the checks have been shown to find what they forbid; with
                                  the rooms' libraries and the directory of the command line's objects the symbols too
"""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from tap import Tap, Tree

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"]", re.MULTILINE)
API = "include"  # the public headers, as if they were a room: every room may include them


class Refused(Exception):
    """src/LAYERS makes no sense."""


def read_layers(root):
    """{room: the rooms it may use}. A room may use only rooms above it, so there can be no cycle."""
    rooms = {}
    text = (root / "src/LAYERS").read_text()
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    names = [line.split(":")[0].strip() for _, line in lines]
    for n, line in lines:
        where = f"src/LAYERS:{n}"
        if not re.fullmatch(r"\w+:[\w ]*", line):
            raise Refused(f"{where}: not 'room: rooms it may use'")
        room, uses = line.split(":")
        if room in rooms:
            raise Refused(f"{where}: the room {room} is named twice")
        for used in uses.split():
            if used not in names:
                raise Refused(f"{where}: {room} uses {used}, an unknown room")
            if used not in rooms:
                raise Refused(f"{where}: {room} uses {used}, which is not above it: a cycle, or out of order")
        rooms[room] = set(uses.split())
    folders = {p.name for p in (root / "src").iterdir() if p.is_dir()}
    for room in sorted(folders - set(rooms)):
        raise Refused(f"src/{room}: a room that src/LAYERS does not name")
    for room in sorted(set(rooms) - folders - {"root", "cli"}):
        raise Refused(f"src/LAYERS: the room {room} has no folder")
    return rooms


def room_of(path):
    """The room of a file below the root of the tree; None where it is no room's."""
    if path.parts[0] == "src":
        return path.parts[1] if len(path.parts) > 2 else "root"
    return path.parts[0] if path.parts[0] in ("cli", API) else None


def included(root, path, name):
    """The file of the tree that an include names, as the compiler looks for it; None where it is the system's."""
    for folder in (path.parent, root / "src", root / "include", root / "cli"):
        found = Path(os.path.normpath(folder / name))
        if found.is_file() and root in found.parents:
            return found.relative_to(root)
    return None


def include_findings(root, rooms):
    root = root.resolve()
    findings = []
    for top in ("src", "cli", API):
        for path in sorted((root / top).rglob("*.[chS]")):
            room = room_of(path.relative_to(root))
            text = path.read_text(encoding="utf-8", errors="replace")
            for match in INCLUDE.finditer(text):
                target = included(root, path, match[1])
                if target is None:
                    continue
                other = room_of(target)
                if other in (room, API) or other in rooms.get(room, ()):
                    continue
                line = text.count("\n", 0, match.start()) + 1
                findings.append(f"{path.relative_to(root)}:{line}: {room} may not include {target}")
    return findings


def symbols(nm, files):
    """The global symbols defined and undefined in object files or static libraries."""
    text = subprocess.run([nm, "-g", "-P", *map(str, files)], check=True, stdout=subprocess.PIPE).stdout.decode()
    defined, undefined = set(), set()
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 2 and len(fields[1]) == 1:
            (undefined if fields[1] in "Uvw" else defined).add(fields[0])
    return defined, undefined - defined


def link_findings(rooms, objects, nm, public=frozenset()):
    """Each symbol that a room takes from one it may not use. `public`: what the command line and the
    companion library may take as well."""
    table = {room: symbols(nm, files) for room, files in objects.items()}
    findings = []
    for room, (_, undefined) in table.items():
        for other, (defined, _) in table.items():
            if other == room or other in rooms[room]:
                continue
            for symbol in sorted(undefined & defined):
                if room not in ("cli", "tls") or symbol not in public:
                    findings.append(f"{room} takes {symbol} from {other}, which it may not use")
    return findings


def check_includes(root):
    try:
        return include_findings(root, read_layers(root))
    except Refused as why:
        return [str(why)]


HOUSE = {
    "src/LAYERS": "# the house\nbase:\nsched: base\nroot: base sched\ncli: base\n",
    "src/base/a.h": "", "src/sched/s.h": "", "src/runtime.h": "", "include/hob/t.h": "", "cli/run/r.h": "",
    "src/sched/s.c": '#include "base/a.h"\n#include "s.h"\n#include <hob/t.h>\n#include <stdio.h>\n',
    "src/runtime.c": '#include "runtime.h"\n#include "sched/s.h"\n',
    "cli/run/r.c": '#include "r.h"\n#include "run/r.h"\n#include "base/a.h"\n#include <hob/t.h>\n',
}

BAD = {
    "a room below": ({"src/base/b.c": '\n#include "sched/s.h"\n'}, "src/base/b.c:2: base may not include"),
    "a way around": ({"src/base/b.c": ' # include "../sched/s.h"\n'}, "base may not include src/sched/s.h"),
    "angle brackets": ({"src/base/b.h": "#include <sched/s.h>\n"}, "base may not include src/sched/s.h"),
    "assembly": ({"src/base/b.S": '#include "sched/s.h"\n'}, "base may not include src/sched/s.h"),
    "the root from a room": ({"src/sched/b.c": '#include "runtime.h"\n'}, "sched may not include src/runtime.h"),
    "the command line from a room": ({"src/sched/b.c": '#include "run/r.h"\n'}, "sched may not include cli/run/r.h"),
    "the command line reaching in": ({"cli/b.c": '#include "sched/s.h"\n'}, "cli may not include src/sched/s.h"),
    "a room in a public header": ({"include/hob/b.h": '#include "base/a.h"\n'}, "may not include src/base/a.h"),
    "a cycle": ({"src/LAYERS": "base: sched\nsched: base\n"}, "a cycle"),
    "a room of itself": ({"src/LAYERS": "base: base\nsched:\n"}, "a cycle"),
    "an unknown room": ({"src/LAYERS": "base: attic\nsched: base\n"}, "an unknown room"),
    "a room named twice": ({"src/LAYERS": "base:\nsched: base\nbase:\n"}, "named twice"),
    "a line that is none": ({"src/LAYERS": "base:\nsched base\n"}, "not 'room: rooms it may use'"),
    "a folder without a line": ({"src/attic/a.c": ""}, "does not name"),
    "a line without a folder": ({"src/LAYERS": "base:\nattic:\nsched: base\n"}, "has no folder"),
}


def self_test(tap):
    with Tree(HOUSE) as root:
        tap.case("finds nothing in a good house", check_includes(root))
    for what, (files, needle) in BAD.items():
        with Tree({**HOUSE, **files}) as root:
            tap.refused(what, check_includes(root), needle)


def self_test_link(tap, nm):
    """With the compiler of the machine this runs on: any will do."""
    rooms = {"base": set(), "sched": {"base"}, "cli": set()}
    files = {"base.c": "int s(void); int b(void); int b(void) { return s(); }\n",
             "sched.c": "int b(void); int s(void); int s(void) { return b(); }\n",
             "cli.c": "int s(void); int main(void) { return s(); }\n"}
    with Tree(files) as root:
        objects = {room: [root / f"{room}.o"] for room in rooms}
        for room in rooms:
            subprocess.run(["cc", "-c", f"{room}.c"], check=True, cwd=root)
        found = link_findings(rooms, objects, nm)
        wanted = ["base takes s from sched, which it may not use", "cli takes s from sched, which it may not use"]
        tap.case("finds symbols of rooms that may not be used", [] if found == wanted else [f"found {found}"])
        found = link_findings(rooms, objects, nm, {"s"})
        tap.case("lets the command line take what is public", [] if found == wanted[:1] else [f"found {found}"])


def exported(root):
    return set(re.findall(r"^\t(hob_\w+);", (root / "src/libhob.map").read_text(), re.MULTILINE))


def main():
    args = argparse.ArgumentParser(usage=__doc__)
    args.add_argument("--test", action="store_true")
    args.add_argument("--nm", default="nm")
    args.add_argument("--cli", type=Path)
    args.add_argument("root", type=Path)
    args.add_argument("libraries", nargs="*")
    args = args.parse_args()

    if not args.test:
        findings = check_includes(args.root)
        for line in findings:
            print(line)
        sys.exit(1 if findings else 0)

    tap = Tap()
    self_test(tap)
    self_test_link(tap, "nm")
    tap.case("includes follow src/LAYERS", check_includes(args.root))
    if args.libraries:
        objects = {room: [library] for room, library in (pair.split("=", 1) for pair in args.libraries)}
        objects["cli"] = sorted(args.cli.rglob("*.o"))
        if not objects["cli"]:
            sys.exit(f"no objects in {args.cli}")
        try:
            findings = link_findings(read_layers(args.root), objects, args.nm, exported(args.root))
        except Refused as why:
            findings = [str(why)]
        tap.case("links follow src/LAYERS", findings)
    tap.done()


main()
