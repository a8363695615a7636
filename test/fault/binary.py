#!/usr/bin/env python3
"""Faults under the program as it is built: strace has the Nth call of one kind answer an error, once or from then on,
in whichever thread of `hob run` gets there. Whatever is answered, hob ends by itself with a status of its manual, says
in whole lines what is wrong where that is not 0, leaves no process behind, and lies in no log: what the job log has
was printed and is not run again by --resume, and the others are.

The points are tried in an order that the seed decides, and that one more or one less does not change.

usage: binary.py HOB [--seconds N | --points N | --all] [--seed N]: for 8 seconds"""
import argparse
import concurrent.futures
import ctypes
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

JOBS = ['1', '2', '3']
STATUSES = {0, 1, 2, 3, 126, 127}
MOST = 24  # calls of one kind that fail in turn, each thread's counted by itself
AGAIN = 40  # so often is what may be tried again refused, where it is not once

# What each call may fail with.
ERRORS = {
    'openat': 'EMFILE ENFILE EACCES ENOENT EINTR ENOMEM', 'read': 'EIO EINTR ENOMEM',
    'write': 'EIO ENOSPC EPIPE EINTR EDQUOT', 'pread64': 'EIO EINTR', 'pwrite64': 'EIO ENOSPC EINTR',
    'writev': 'EIO ENOSPC EINTR', 'readv': 'EIO EINTR', 'newfstatat': 'ENOENT EACCES ENOMEM', 'fstatfs': 'EIO ENOSYS',
    'statx': 'ENOENT ENOMEM', 'flock': 'EINTR ENOLCK EWOULDBLOCK', 'ftruncate': 'EIO EINTR EFBIG', 'lseek': 'ESPIPE',
    'fsync': 'EIO ENOSPC', 'fdatasync': 'EIO ENOSPC', 'unlink': 'ENOENT EACCES', 'unlinkat': 'ENOENT EACCES',
    'mkdir': 'EEXIST EACCES ENOSPC', 'rename': 'EACCES ENOSPC', 'getcwd': 'ENOENT ENOMEM', 'getdents64': 'ENOENT EIO',
    'readlink': 'ENOENT EACCES', 'faccessat2': 'EACCES ENOENT EIO', 'access': 'EACCES ENOENT',
    'pipe2': 'EMFILE ENFILE', 'dup2': 'EBUSY EINTR', 'dup3': 'EBUSY EINTR', 'fcntl': 'EMFILE EINVAL',
    'ioctl': 'ENOTTY EIO', 'socket': 'EMFILE ENFILE EACCES', 'bind': 'EADDRINUSE EACCES', 'listen': 'EADDRINUSE',
    'accept4': 'EMFILE EINTR', 'eventfd2': 'EMFILE ENFILE ENOMEM', 'signalfd4': 'EMFILE ENFILE ENOMEM',
    'epoll_create1': 'EMFILE ENFILE ENOMEM', 'epoll_ctl': 'ENOMEM ENOSPC', 'epoll_pwait2': 'EINTR',
    'epoll_wait': 'EINTR', 'poll': 'EINTR ENOMEM', 'ppoll': 'EINTR ENOMEM',
    'pidfd_open': 'EMFILE ENFILE ENOMEM ENOSYS', 'memfd_create': 'EMFILE ENFILE ENOMEM',
    'io_uring_setup': 'ENOSYS EPERM ENOMEM EMFILE', 'io_uring_enter': 'EINTR EAGAIN EBUSY', 'mmap': 'ENOMEM EAGAIN',
    'mprotect': 'ENOMEM', 'madvise': 'EINVAL ENOMEM', 'clone3': 'EAGAIN ENOMEM ENOSYS', 'clone': 'EAGAIN ENOMEM',
    'vfork': 'EAGAIN ENOMEM', 'wait4': 'EINTR', 'waitid': 'EINTR', 'setpgid': 'EPERM EACCES', 'prctl': 'EINVAL',
    'prlimit64': 'EPERM EINVAL', 'sched_getaffinity': 'EINVAL EPERM', 'getrandom': 'ENOSYS EAGAIN',
    'splice': 'EINVAL ENOMEM EINTR', 'sendfile': 'EINVAL EIO', 'copy_file_range': 'EXDEV EIO ENOSPC', 'kill': 'EPERM',
    'setpriority': 'EACCES EPERM',
}
# No kernel refuses the count of an eventfd: a run in which it was counts for nothing.
COUNT = re.compile(r'(read|write)\(\d+, .*, 8\) = ')
ONES_TO_TRY_AGAIN = {'EINTR', 'EAGAIN', 'EBUSY'}

SCENARIOS = {
    'plain': [],
    'kept': ['-k', '--tag'],
    'lines': ['--line-buffer', '-j1'],
    'results': ['--results', 'results', '--json=events', '--timeline=picture.svg'],
    'always': ['--joblog-sync', 'always', '--retries', '2', '--summary'],
    'epoll': [],
}


def adopt_orphans():
    """What hob leaves behind becomes a child of this process."""
    assert ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0) == 0


class Place:
    """A folder with a job of its own."""

    def __init__(self, hob, scenario):
        self.hob, self.scenario = hob, scenario
        self.dir = tempfile.mkdtemp(prefix='hob-inject-')
        with open(f'{self.dir}/job', 'w', encoding='utf-8') as f:
            f.write('#!/bin/sh\necho "out $1"\necho "$1" >>ran\n')
        os.chmod(f'{self.dir}/job', 0o755)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(('HOB_', 'XDG_'))}
        self.env |= {'HOME': self.dir, 'TMPDIR': self.dir, 'LC_ALL': 'C'}
        if scenario == 'epoll':
            self.env['HOB_BACKEND'] = 'epoll'

    def run(self, *how, around=()):
        command = [*around, self.hob, 'run', '--joblog', 'log', '-j2', *SCENARIOS[self.scenario], *how, './job', ':::',
                   *JOBS]
        p = subprocess.Popen(command, cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            out, err = p.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate()
            return None, '', ''
        return p.returncode, out, err

    def lines(self, name):
        try:
            with open(f'{self.dir}/{name}', encoding='utf-8', errors='replace') as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def logged(self):
        """The inputs whose jobs the log has as done."""
        rows = [line.split('\t') for line in self.lines('log')]
        return {r[8].split()[-1] for r in rows if len(r) == 12 and r[6] == '0' and r[7] == '0'}

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def left_behind():
    """Is there a process that does not end, ten seconds after hob has? Those that have ended are reaped."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            time.sleep(0.005)
    return True


def printed(place, out):
    if place.scenario == 'results':
        return set(JOBS)  # into files, which a repetition begins anew
    return set(re.findall(r'out (\d)', out))


def judge(place, status, out, err, failed):
    """What is wrong with one run, or None."""
    if status is None:
        return 'it hangs'
    if status == -signal.SIGPIPE and any('EPIPE' in line for line in failed):
        status = 0 if not place.logged() - printed(place, out) else status  # it ends as what writes to a closed pipe
        return None if status == 0 and not left_behind() else f'status {status}'
    if status not in STATUSES:
        return f'status {status}'
    ran, done = place.lines('ran'), place.logged()
    said = err.splitlines()
    if any(not line.startswith(('hob run: ', 'hob: ')) or not line.isprintable() for line in said):
        return f'it says {err!r}'
    unheard = any(re.search(r'writev?\(2,|poll\(\[\{fd=2,', line) for line in failed)
    if status and not said and not unheard:
        return f'status {status}, and not a word'
    if len(said) > 8:
        return f'{len(said)} lines are said'
    if status == 0 and (sorted(ran) != JOBS or printed(place, out) != set(JOBS) or done != set(JOBS)):
        return f'status 0, but it ran {ran}, printed {out!r} and logged {sorted(done)}'
    if not done <= set(ran) or not done <= printed(place, out):
        return f'it logged {sorted(done)}, but ran {ran} and printed {out!r}'
    if left_behind():
        return 'it leaves a process behind'
    return None


def judge_again(place):
    before, done = place.lines('ran'), place.logged()
    status, _, err = place.run('--resume-failed')
    ran = place.lines('ran')[len(before):]
    if status != 0 or set(ran) & done or set(ran) | done != set(JOBS):
        return f'resumed: status {status}, {err!r}, logged before {sorted(done)}, ran now {ran}'
    return None


def point(hob, scenario, call, error, nth, for_good):
    """Whether it came to pass, and what is wrong."""
    place = Place(hob, scenario)
    when = f'{nth}..{nth + AGAIN}' if for_good and error in ONES_TO_TRY_AGAIN else f'{nth}+' if for_good else f'{nth}'
    around = ['strace', '-f', '-qq', '-b', 'execve', '-o', f'{place.dir}/trace', '-e',
              f'trace={call},execve', '-e', f'inject={call}:error={error}:when={when}']
    status, out, err = place.run(around=around)
    failed = [line for line in place.lines('trace') if '(INJECTED)' in line]
    passed = bool(failed) and not any(COUNT.search(line) for line in failed)
    wrong = passed and (judge(place, status, out, err, failed) or judge_again(place)) or None
    left_behind()
    place.remove()
    if wrong:
        print(f'# {scenario}: {call} no. {when} fails with {error}: {wrong}', *failed[:3], sep='\n#   ', flush=True)
    return passed, wrong


def record(hob, scenario):
    """The calls of a run, each with how many the loader makes, and the most that one thread makes."""
    place = Place(hob, scenario)
    status, _, err = place.run(around=['strace', '-f', '-b', 'execve', '-o', f'{place.dir}/trace'])
    counts, loader, main, cache = {}, {}, None, None
    for line in place.lines('trace'):
        m = re.match(r'(\d+) +(\w+)\((.*)', line)
        if not m:
            continue
        thread, call, rest = m.groups()
        main = main or thread
        counts.setdefault(call, {}).setdefault(thread, 0)
        counts[call][thread] += 1
        if call == 'munmap' and cache is None and 'openat' in counts:  # of ld.so.cache: the last of the loader's
            cache = rest
            loader = {c: n.get(main, 0) for c, n in counts.items()}
    place.remove()
    return status, err, {c: (loader.get(c, 0), max(n.values())) for c, n in counts.items()}


def all_points(hob):
    points = []
    for scenario in SCENARIOS:
        status, err, calls = record(hob, scenario)
        if status != 0:
            return err, []
        for call, (first, most) in sorted(calls.items()):
            for error in ERRORS.get(call, '').split():
                for nth in range(first + 1, min(most, first + MOST) + 1):
                    points += [(scenario, call, error, nth, good) for good in (False, True)]
    return '', points


def shuffled(points, seed):
    return sorted(points, key=lambda p: hashlib.sha256(repr((seed, p)).encode()).digest())


def try_points(hob, points, enough):
    """How many runs, in how many of them a call failed, and how many were wrong."""
    passed = wrong = tried = 0
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), initializer=adopt_orphans) as pool:
        while tried < len(points) and not enough(passed):
            some = points[tried:tried + 16]
            tried += len(some)
            for came, bad in pool.map(point, *zip(*[(hob, *p) for p in some])):
                passed += came
                wrong += bad is not None
    return tried, passed, wrong


def options_given():
    parser = argparse.ArgumentParser()
    parser.add_argument('hob')
    parser.add_argument('--seconds', type=int, default=8)
    parser.add_argument('--points', type=int)
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--seed', type=int, default=int(os.environ.get('TEST_SEED', 1)))
    return parser.parse_args()


def main():
    options = options_given()
    hob = os.path.realpath(options.hob)
    if not shutil.which('strace'):
        print('1..0 # SKIP no strace')
        return 0
    if subprocess.run(['strace', '-f', '-o', '/dev/null', 'true'], capture_output=True, check=False).returncode:
        print('1..0 # SKIP nothing may be traced here')
        return 0
    why, points = all_points(hob)
    if not points:
        print(f'# {why}\nnot ok 1 - a run that is traced\n1..1')
        return 1
    until = time.monotonic() + options.seconds
    tried, passed, wrong = try_points(hob, shuffled(points, options.seed), lambda passed: not options.all and (
        passed >= options.points if options.points else time.monotonic() > until))
    print(f'# of {len(points)} points (--seed {options.seed}) {tried} were tried; in {passed} of them a call failed')
    print(f'{"not ok" if wrong else "ok"} 1 - faults under the program: {wrong} answered wrongly')
    print(f'{"ok" if passed >= 8 else "not ok"} 2 - there were some')
    print('1..2')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
