"""Runs a contestant once and takes down what it reports."""
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT = 600  # seconds; the longest contestant needs about two minutes
GRAIN = 0.02   # seconds; how coarsely the kernel counts for /proc/stat
DISTURBED = 0.1  # cores kept busy by others, from which on a run counts as disturbed


def machine_seconds():
    with open("/proc/stat") as f:
        user, nice, system, _idle, _iowait, irq, softirq, steal = (int(n) for n in f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(benchmark, contestant, args):
    """Once; again while other processes disturb it and there is patience left. Of disturbed runs the calmest counts."""
    calmest = None
    for _ in range(1 + args.patience):
        status, out, err, others = attempt(benchmark, contestant, args)
        if status or calmest is None or others < calmest[1]:
            calmest = out, others
        if status or others <= DISTURBED:
            break
    out, others = calmest
    if status == 77 and not contestant.samples:
        contestant.skip((out.split() or ["unsupported"])[-1])
    elif status:
        complain(contestant, f"{describe(status)}: {' '.join(err.split())[-300:]}", benchmark)
    else:
        contestant.others.append(others)
        take(benchmark, contestant, out)


def attempt(benchmark, contestant, args):
    """Status, output, errors, and how many cores other processes kept busy meanwhile (another machine's share of ours,
    which the kernel calls steal, is one of them)."""
    command = contestant.command(benchmark.arguments(contestant, args.quick))
    machine, children, start = machine_seconds(), children_seconds(), time.monotonic()
    status, out, err = call(command, dict(os.environ, HOB_BUILDDIR=str(args.builddir)))
    others = machine_seconds() - machine - (children_seconds() - children)
    return status, out, err, max(0.0, others - GRAIN) / (time.monotonic() - start)


def call(command, env):
    """Its status and what it wrote, into files: a pipe would stay open as long as a child that outlives it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   start_new_session=True)
        try:
            status = process.wait(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            status = f"no end after {TIMEOUT} s"
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # a server, or a job, that outlived it
            except ProcessLookupError:
                pass
            process.wait()
        out.seek(0)
        err.seek(0)
        return status, out.read().decode(errors="replace"), err.read().decode(errors="replace")


def describe(status):
    if isinstance(status, str):
        return status
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def take(benchmark, contestant, out):
    """One line of `work value unit` for each work; anything else is the contestant's fault."""
    for line in out.splitlines():
        try:
            work, value, unit = line.split()
            value = float(value)
        except ValueError:
            return complain(contestant, f"not a line of `work value unit`: {line}", benchmark)
        known = benchmark.works.get(work)
        if known is None or unit != known["unit"]:
            return complain(contestant, f"bench.toml knows no such work or unit: {line}", benchmark)
        if not value >= 0:
            return complain(contestant, f"below nothing: {line}", benchmark)
        contestant.samples.setdefault(work, []).append(value)
    if not out.strip():
        complain(contestant, "it reported nothing", benchmark)


def complain(contestant, why, benchmark):
    print(f"bench/run: {benchmark.name}: {contestant.name}: {why}", file=sys.stderr, flush=True)
    contestant.fail(why)
