#!/usr/bin/env python3
"""Holds the public headers against the compilers, and what they declare against what the library exports.

usage: headers.py ROOT --cc CC... --nm NM --library LIBRARY [--tls-library LIBRARY]
"""
import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tap import Tap

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Werror", "-fsyntax-only"]


# A sort for each kind of type: what hob/sort.h makes is the user's to compile.
SORTS = "".join(f"""
#define HOB_SORT_NAME sort{n}
#define HOB_SORT_TYPE {kind}
#define HOB_SORT_LESS(a, b, arg) ({less})
#include <hob/sort.h>
int call{n}({kind} *v, size_t n);
int call{n}({kind} *v, size_t n) {{ return sort{n}(NULL, v, n, NULL); }}
""" for n, (kind, less) in enumerate([("int", "*(a) < *(b)"), ("char *", "strcmp(*(a), *(b)) < 0"),
                                      ("struct hob_shared", "(a)->bytes < (b)->bytes")]))


def compile_alone(command, root, header, more=""):
    """What the compiler says of a file that includes this header and nothing else."""
    run = subprocess.run([*command, "-I", str(root / "include"), "-"], input=f"#include <{header}>\n{more}".encode(),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = run.stdout.decode(errors="replace").splitlines()
    return said or ([f"exit status {run.returncode}"] if run.returncode else [])


# What the inline functions of the headers need: exported, or at least seen, but nobody's to use and on no man page.
INSIDE = {"hob_forks_self", "hob_forks_here", "hob_fork_slow", "hob_join_slow", "hob_sort_run", "hob_sort_ended",
          "hob_sort_both"}


def header_text(root):
    text = "".join(p.read_text() for p in sorted((root / "include").rglob("*.h")))
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def declared(text, macro="HOB_API"):
    """The functions and variables that are HOB_API, or the companion's."""
    names = set()
    for statement in re.findall(rf"^(?:extern )?{macro}\b([^;]*);", text, re.MULTILINE):
        statement = re.sub(r"__attribute__\s*\(\(.*\)\)", "", statement, flags=re.DOTALL)
        names.add(re.findall(r"\w+", statement.split("(")[0])[-1])
    return names


def inlined(text):
    return set(re.findall(r"^static inline [^;{(]*\b(hob_\w+)\s*\(", text, re.MULTILINE))


def mapped(root, name):
    text = re.sub(r"#.*", "", (root / "src" / name).read_text())
    return {name for part in re.findall(r"global:([^}]*?)(?:local:|\})", text) for name in re.findall(r"[^\s;]+", part)}


def exported(nm, library):
    text = subprocess.run([nm, "-D", "-P", "--defined-only", library], check=True, stdout=subprocess.PIPE).stdout
    fields = (line.split() for line in text.decode().splitlines())
    return {f[0].split("@")[0] for f in fields if f[1] != "A"} # A: the name of a version


def documented(pages):
    """The functions that the synopses of the man pages name."""
    names = set()
    for page in pages:
        for part in re.findall(r"^\.S[hH] \"?SYNOPSIS\"?$(.*?)^\.S[hH]", page.read_text(), re.MULTILINE | re.DOTALL):
            names |= set(re.findall(r"^\.F[no] \"?(hob_\w+)|\b(hob_\w+)\s*\(", part, re.MULTILINE))
    return {a or b for a, b in names}


def prototype(kind, name, args):
    """One spelling of each declaration, whatever its line breaks."""
    joined = re.sub(r"\s+", " ", ", ".join(a.strip() for a in args)).strip()
    return re.sub(r"\s+", " ", f"{kind.strip()} {name}({joined})").replace("* hob_", "*hob_")


def prototypes_declared(text):
    found = re.findall(r"^(?:HOB_API|HOB_TLS_API|static inline) ([^;{=]*?)\b(hob_\w+)\(([^;{]*?)\)\s*[;{]", text,
                       re.MULTILINE)
    return {prototype(kind, name, args.split(",")) for kind, name, args in found if name not in INSIDE}


def prototypes_documented(pages):
    names = set()
    for page in pages:
        for part in re.findall(r"^\.Sh SYNOPSIS$(.*?)^\.Sh", page.read_text(), re.MULTILINE | re.DOTALL):
            part = re.sub(r"^\.Fo (\w+)\n(.*?)^\.Fc$", lambda m: f".Fn {m[1]} " + " ".join(
                line[4:] for line in m[2].splitlines()), part, flags=re.MULTILINE | re.DOTALL)
            for kind, name, args in re.findall(r"^\.Ft (.*)\n\.Fn (\w+) (.*)$", part, re.MULTILINE):
                names.add(prototype(kind.strip('"'), name, re.findall(r'"([^"]*)"', args)))
    return names


def differences(what, names, api):
    return [f"{n}: declared, but not in {what}" for n in sorted(api - names)] + \
           [f"{n}: in {what}, but not declared" for n in sorted(names - api)]


def main():
    args = argparse.ArgumentParser(usage=__doc__)
    args.add_argument("root", type=Path)
    args.add_argument("--cc", nargs="+", required=True)
    args.add_argument("--nm", required=True)
    args.add_argument("--library", required=True)
    args.add_argument("--tls-library")
    args = args.parse_args()

    tap = Tap()
    tap.case("a declaration that nothing exports is found", [] if differences("x", {"a"}, {"a", "b"}) else ["no"])
    tap.case("an export that nothing declares is found", [] if differences("x", {"a", "b"}, {"a"}) else ["no"])
    bad = compile_alone([*args.cc, "-std=c11", *WARNINGS, "-xc"], args.root, "hob/no_such_header.h")
    tap.case("a header that does not compile is found", [] if bad else ["no"])

    cxx = shutil.which("g++")
    for path in sorted((args.root / "include").rglob("*.h")):
        header = path.relative_to(args.root / "include").as_posix()
        tap.case(f"{header} alone as C11", compile_alone([*args.cc, "-std=c11", *WARNINGS, "-xc"], args.root, header))
        name = f"{header} alone as C++17"
        if cxx:
            warnings = [w for w in WARNINGS if w != "-Wstrict-prototypes"]
            tap.case(name, compile_alone([cxx, "-std=c++17", *warnings, "-xc++"], args.root, header))
        else:
            tap.skip(name, "no g++")

    tap.case("sorts made by hob/sort.h, as C11",
             compile_alone([*args.cc, "-std=c11", *WARNINGS, "-xc"], args.root, "hob.h", SORTS))
    if cxx:
        tap.case("sorts made by hob/sort.h, as C++17",
                 compile_alone([cxx, "-std=c++17", *warnings, "-xc++"], args.root, "hob.h", SORTS))
    else:
        tap.skip("sorts made by hob/sort.h, as C++17", "no g++")

    text = header_text(args.root)
    api = declared(text)
    tap.case("the headers declare something", [] if api else ["nothing is HOB_API"])
    tap.case("src/libhob.map lists what is declared",
             differences("src/libhob.map", mapped(args.root, "libhob.map"), api))
    tap.case("the library exports what is declared", differences("the library", exported(args.nm, args.library), api))
    tls = declared(text, "HOB_TLS_API")
    tap.case("src/libhob-tls.map lists what is declared",
             differences("src/libhob-tls.map", mapped(args.root, "libhob-tls.map"), tls))
    if args.tls_library:
        tap.case("libhob-tls exports what is declared",
                 differences("libhob-tls", exported(args.nm, args.tls_library), tls))
    else:
        tap.skip("libhob-tls exports what is declared", "it is not built")
    pages = sorted((args.root / "man").glob("*.3"))
    if pages:
        public = (api | tls | inlined(text)) - INSIDE
        tap.case("the man pages name what is declared", differences("man/*.3", documented(pages), public))
        tap.case("and declare it as the headers do",
                 differences("man/*.3", prototypes_documented(pages), prototypes_declared(text)))
    else:
        tap.skip("the man pages name what is declared", "no man/*.3 yet")
    tap.done()


sys.exit(main())
