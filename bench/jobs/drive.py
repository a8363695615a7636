#!/usr/bin/env python3
"""jobs: runs a pile of commands through one command runner. drive.py JOBS QUEUED -- RUNNER WORKERS [ARG...]

Reports jobs a second over JOBS inputs of /bin/true, and the runner's peak memory while QUEUED inputs wait behind jobs
that do not end. Ends with status 77 and a word where the runner is not to be had.
"""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CORES = str(len(os.sched_getaffinity(0)))


def need(*names):
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    print("absent")
    sys.exit(77)


def is_gnu(path):
    return "GNU parallel" in subprocess.run([path, "--version"], capture_output=True, text=True).stdout


def gnu_parallel():
    path = need("parallel")
    if is_gnu(path):
        return path
    print("absent")
    sys.exit(77)


def moreutils():
    path = need("parallel.moreutils", "parallel")
    if not is_gnu(path):
        return path
    print("absent")
    sys.exit(77)


def hob():
    path = os.path.join(os.environ.get("HOB_BUILDDIR", "build/release"), "cli", "hob")
    if os.access(path, os.X_OK):
        return path
    print("unbuilt")
    sys.exit(77)


def write(path, lines):
    with open(path, "w") as f:
        f.writelines(lines)
    return path


def makefile(path, job, names):
    rules = [f"{n}:\n\t@{' '.join(job)} {n}\n" for n in names]
    return write(path, [f".PHONY: all {' '.join(names)}\nall: {' '.join(names)}\n", *rules])


def ninjafile(path, job, names):
    rules = [f"build {n}: job\n" for n in names]
    return write(path, [f"rule job\n  command = {' '.join(job)} $out\n", *rules])


def directory(path, names):
    os.mkdir(path)
    for n in names:
        write(os.path.join(path, n), [])
    return path


def command(runner, extra, job, names, folder):
    """The runner's command line; inputs come on its standard input where that is how it takes them."""
    tool = os.path.basename(runner)
    at = lambda name: os.path.join(folder, name)
    if tool == "spawn":
        return [runner, CORES, *job, *extra]
    if tool == "hob":
        return [hob(), "run", *job]
    if tool == "xargs":
        return [need("xargs"), "-n1", "-P" + CORES, *job]
    if tool == "parallel":
        return [gnu_parallel(), "--will-cite", "-j" + CORES, *job]
    if tool == "moreutils":
        return [moreutils(), "-j", CORES, *job, "--", *names]
    if tool == "make":
        return [need("make"), "-s", "-j" + CORES, "-f", makefile(at("Makefile"), job, names), "all"]
    if tool == "ninja":
        return [need("ninja"), "--quiet", "-j" + CORES, "-C", folder, "-f", ninjafile(at("build.ninja"), job, names)]
    if tool == "fd":
        return [need("fdfind", "fd"), "-j" + CORES, "--type", "f", ".", directory(at("files"), names), "-x", *job]
    if tool == "rush":
        return [need("rush"), "-j", CORES, " ".join(job) + " {}"]
    sys.exit(f"drive.py: unknown runner {runner}")


def prepare(runner, extra, job, count, folder):
    names = [str(i) for i in range(1, count + 1)]
    argv = command(runner, extra, job, names, folder)
    return argv, write(os.path.join(folder, "inputs"), [n + "\n" for n in names])


def measure_speed(runner, extra, count):
    with tempfile.TemporaryDirectory() as folder:
        argv, inputs = prepare(runner, extra, ["/bin/true"], count, folder)
        with open(inputs) as stdin:
            start = time.monotonic()
            done = subprocess.run(argv, stdin=stdin, stdout=subprocess.DEVNULL)
            took = time.monotonic() - start
        if done.returncode:
            sys.exit(f"drive.py: {argv[0]} ended with status {done.returncode}")
    print(f"jobs {count / took:.6g} jobs/s", flush=True)


def peak_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))


def end_all(process):
    """Kills the runner, then its jobs, which have become our children by then."""
    process.kill()
    process.wait()
    while True:
        with open(f"/proc/self/task/{os.getpid()}/children") as f:
            children = [int(pid) for pid in f.read().split()]
        if not children:
            return
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        for pid in children:
            os.waitpid(pid, 0)


def measure_memory(runner, extra, count):
    with tempfile.TemporaryDirectory() as folder:
        argv, inputs = prepare(runner, extra, write_sleeper(folder), count, folder)
        with open(inputs) as stdin:
            process = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            peak, since = 0, time.monotonic()
            while time.monotonic() - since < 2: # until it has grown no more for two seconds
                time.sleep(0.05)
                if process.poll() is not None:
                    sys.exit(f"drive.py: {argv[0]} ended with status {process.returncode}, its jobs running")
                if peak_kib(process.pid) > peak:
                    peak, since = peak_kib(process.pid), time.monotonic()
        finally:
            end_all(process)
    print(f"jobs_memory {peak / 1024:.6g} MiB", flush=True)


def write_sleeper(folder):
    path = write(os.path.join(folder, "sleeper"), ["#!/bin/sh\nexec sleep 1000\n"])
    os.chmod(path, 0o700)
    return [path]


def main():
    dashes = sys.argv.index("--")
    jobs, queued = (int(n) for n in sys.argv[1:dashes])
    runner, _workers, *extra = sys.argv[dashes + 1:]  # as many at once as there are cores, whatever WORKERS says
    subreaper = 36 # PR_SET_CHILD_SUBREAPER: what a killed runner leaves behind comes to us
    if ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0):
        sys.exit("drive.py: prctl failed")
    measure_speed(runner, extra, jobs)
    if os.path.basename(runner) not in ("spawn", "fd"): # fd takes files, not a list
        measure_memory(runner, extra, queued)


main()
