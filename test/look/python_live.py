#!/usr/bin/env python3
"""Every CPython of this machine, seen from outside, against what it knows of itself.

usage: python_live.py PROBE ROOT     ROOT: of the source tree
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

TARGET = '''\
import json, os, sys, threading, time
sys.path.insert(0, sys.argv[1])
class Work:
    def wait(self):
        time.sleep(1000)
def spin():
    x = 0
    while True:
        x += 1
        x ^= 3
def lock():
    threading.Event().wait()
def gen():
    for _ in (time.sleep(1000) for _ in range(3)):
        pass
def größe_日本():



    time.sleep(1000)
truth = {}
def run(f, lines, *names):
    truth[threading.get_native_id()] = [list(names), lines]
    f()
deep = "Work.wait" if sys.version_info >= (3, 11) else "wait"
expr = "gen.<locals>.<genexpr>" if sys.version_info >= (3, 11) else "<genexpr>"
for args in ((spin, [8, 9, 10], "spin"), (spin, [8, 9, 10], "spin"), (lock, [12], "lock"), (Work().wait, [5], deep),
             (gen, [14], expr), (größe_日本, [20], "größe_日本")):
    threading.Thread(target=run, args=args, daemon=True).start()
while len(truth) < 6:
    time.sleep(0.001)
if len(sys.argv) > 2:
    import wants_gil
truth[threading.get_native_id()] = [["<module>"], [LAST]]
print(json.dumps(truth), flush=True)
sys.stdin.read()
'''
TARGET = TARGET.replace("LAST", str(TARGET.count("\n")))

cases = 0


def case(name, problem="", skip=""):
    global cases
    cases += 1
    print(f"{'not ok' if problem else 'ok'} {cases} - {name}" + (f" # SKIP {skip}" if skip else ""), flush=True)
    for line in str(problem).splitlines():
        print(f"# {line}", flush=True)


def interpreters():
    """Each CPython once, by the file that it is."""
    cache = os.environ.get("HOB_CPYTHON") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "hob/cpython")
    names = [f"/usr/bin/python3.{minor}" for minor in range(8, 15)]
    names += [shutil.which(f"python3.{minor}") or "" for minor in range(8, 15)]
    names += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3")))
    names += sorted(glob.glob(os.path.join(cache, "*/bin/python3")))
    found = {}
    for name in names:
        try:
            say = subprocess.run([name, "-c", "import sys, sysconfig as s; print(sys.version_info[1], "
                                  "s.get_config_var('Py_GIL_DISABLED') or 0, s.get_path('include'), sys.executable)"],
                                 capture_output=True, text=True, timeout=20, check=True).stdout.split()
        except (OSError, ValueError, subprocess.SubprocessError):
            continue
        if 8 <= int(say[0]) <= 14:
            found.setdefault(os.path.realpath(say[3]), (int(say[0]), say[1] == "1", say[2]))
    return found


def probe(program, pid):
    out = subprocess.run([program, str(pid)], capture_output=True, text=True, encoding="utf-8")
    seen = {"threads": {}, "modules": []}
    if out.returncode or out.stderr:
        raise RuntimeError(f"the probe failed: {out.returncode} {out.stderr}")
    for line in out.stdout.splitlines():
        word, *rest = line.split(" ")
        if word == "thread":
            seen["threads"][rest[0]] = rest[1:]
        elif word == "module":
            seen["modules"].append(rest[0])
        else:
            seen[word] = rest
    return seen


def differences(seen, truth, path):
    for tid, (names, lines) in truth.items():
        waits, line, function, file = seen["threads"].get(tid, ("", "0", "", ""))
        if function not in names or int(line) not in lines or file != path[-159:]:
            yield f"thread {tid} is in {names} at {lines}, seen: {function} {file} line {line}"


def until(look, wanted, tries=400):
    """Looks again until it sees what must come; then that, else the last."""
    for _ in range(tries):
        seen = look()
        if wanted(seen):
            break
        time.sleep(0.005)
    return seen


def check(program, python, minor, free, extension, folder):
    path = os.path.join(folder, "zwölf_日本.py")
    with open(path, "w", encoding="utf-8") as f:
        f.write(TARGET)
    args = [python, path, folder] + (["with"] if extension else [])
    name = f"3.{minor}{' without a GIL' if free else ''}{', one module wants it' if extension else ''} ({python})"
    target = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONUTF8": "1"})
    try:
        truth = json.loads(target.stdout.readline() or "{}")
        look = lambda: probe(program, target.pid)  # noqa: E731
        seen = look()
        if seen.get("error") == ["-1"]:
            case(name, skip="the memory of others is not ours to read here")
            return
        if "kind" not in seen:
            case(name, f"not found: {seen}")
            return
        case(f"{name}: version and build",
             "" if seen["kind"] == [str(minor), "free" if free else "gil"] else f"{seen['kind']}")
        seen = until(look, lambda s: not list(differences(s, truth, path)))
        case(f"{name}: functions, files and lines", "\n".join(differences(seen, truth, path)))
        check_gil(name, look, free and not extension, truth)
        if minor >= 13:
            wanted = ["wants_gil"] if extension else []
            case(f"{name}: modules that want the GIL", "" if seen["modules"] == wanted else f"{seen['modules']}")
        else:
            case(f"{name}: modules cannot tell", "" if seen["modules"] == ["-95"] else f"{seen['modules']}")
    finally:
        target.kill()
        target.wait()


def check_gil(name, look, without, truth):
    spinners = [tid for tid, (names, _) in truth.items() if names == ["spin"]]

    def waiting(seen):
        return [tid for tid in spinners if seen["threads"].get(tid, [""])[0] == "waits"]

    if without:
        seen = look()
        problem = "" if seen["gil"][:2] == ["off", "free"] and not waiting(seen) else f"{seen['gil']}"
        case(f"{name}: the GIL is off", problem)
        return
    first = look()
    seen = until(look, lambda s: waiting(s) and s["gil"][2] in spinners and s["gil"] != first["gil"])
    held = seen["gil"][:2] == ["on", "held"] and seen["gil"][2] in spinners
    case(f"{name}: who holds the GIL", "" if held else f"{seen['gil']}, the spinning are {spinners}")
    case(f"{name}: who waits for it", "" if waiting(seen) else f"nobody: {seen['threads']}")
    more = int(seen["gil"][3]) > int(first["gil"][3])
    case(f"{name}: it is passed on", "" if more else f"{first['gil']}, then {seen['gil']}")


def build_extension(source, include, folder):
    """False where there is no compiler, or the CPython came without its headers."""
    if not os.path.exists(os.path.join(include, "Python.h")) or not shutil.which("cc"):
        return False
    subprocess.run(["cc", "-shared", "-fPIC", f"-I{include}", source, "-o", os.path.join(folder, "wants_gil.so")],
                   check=True)
    return True


def check_offsets(python, minor, include, root, folder):
    """The table for the versions that carry none of their own, against the headers."""
    name = f"3.{minor} ({python}): offsets as its headers have them"
    if not os.path.isdir(os.path.join(include, "internal")) or not shutil.which("cc"):
        case(name, skip="no internal headers, or no compiler")
        return
    program = os.path.join(folder, "offsets")
    sources = [os.path.join(root, "test/look/python_offsets.c"), os.path.join(root, "src/look/python_layout.c")]
    subprocess.run(["cc", "-w", f"-I{root}/src", f"-I{include}", *sources, "-o", program], check=True)
    run = subprocess.run([program], capture_output=True, text=True)
    case(name, run.stdout or ("" if run.returncode == 0 else f"exit status {run.returncode}"))


def main():
    program, root = sys.argv[1:]
    source = os.path.join(root, "test/look/wants_gil.c")
    found = interpreters()
    for python, (minor, free, include) in sorted(found.items(), key=lambda item: item[1]):
        with tempfile.TemporaryDirectory() as folder:
            check(program, python, minor, free, False, folder)
            if minor <= 12:
                check_offsets(python, minor, include, root, folder)
            if minor >= 13:
                if build_extension(source, include, folder):
                    check(program, python, minor, free, True, folder)
                else:
                    case(f"an extension for {python}", skip="no headers, or no compiler")
    versions = {(minor, free) for minor, free, _ in found.values()}
    for minor in range(8, 15):
        for free in (False, True)[:1 + (minor >= 13)]:
            if (minor, free) not in versions:
                case(f"3.{minor}{' without a GIL' if free else ''}", skip="no such CPython here")
    print(f"1..{cases}")


main()
