"""An example that runs, its clients, and TAP. Nothing here sleeps: it waits for conditions, with a limit of time."""
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 60  # seconds that a condition may take: a machine that is busy is no failure
BACKENDS = ["io_uring", "epoll"]
programs = {Path(path).name: path for path in sys.argv[1:]}
count = 0
failed = False


def is_true(name, holds, *notes):
    global count, failed
    count += 1
    failed = failed or not holds
    print(f"{'ok' if holds else 'not ok'} {count} - {name}")
    for note in () if holds else notes:
        print(f"# {note!r}"[:500])
    sys.stdout.flush()


def equal(name, got, wanted):
    is_true(name, got == wanted, got, wanted)


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}")


def until(condition):
    """Asks until it is so; False where that takes too long."""
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            return False
        os.sched_yield()
    return True


def done():
    print(f"1..{count}")
    sys.exit(failed)


def connect(port, host="127.0.0.1", source=None):
    s = socket.create_connection((host, port), LIMIT, source)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def read_all(s):
    """What comes until the end; None where that is a reset."""
    parts = []
    try:
        while part := s.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        return None
    finally:
        s.close()
    return b"".join(parts)


def listener():
    s = socket.create_server(("127.0.0.1", 0), backlog=1024)
    s.settimeout(LIMIT)
    return s


class Example:
    """A server that runs. At the end of the block it must hold what it held at the beginning, end on SIGTERM, and exit
    with 0, which a sanitizer that found something would not let it."""

    def __init__(self, backend, name, *args):
        self.name = f"{name} over {backend}"
        self.child = subprocess.Popen([programs[name], *map(str, args)], stdout=subprocess.PIPE,
                                      env={**os.environ, "HOB_BACKEND": backend})
        self.proc = Path(f"/proc/{self.child.pid}")

    def __enter__(self):
        self.port = int(self.child.stdout.readline())
        self.before, self.count = self.held(), self.descriptors()
        return self

    def shadowed(self):
        return b"__tsan_init" in (self.proc / "exe").read_bytes()

    def descriptors(self):
        return len(os.listdir(self.proc / "fd"))

    def held(self):
        """Its sockets and files. What the library has for itself, anon_inodes and at times the limits of the cores
        in /proc and /sys, comes and goes."""
        found = []
        for fd in os.listdir(self.proc / "fd"):
            try:
                name = os.readlink(self.proc / "fd" / fd)
            except FileNotFoundError:
                continue
            if not name.startswith(("anon_inode:", "/proc/", "/sys/")):
                found.append(name)
        return sorted(found)

    def resident(self):
        return int((self.proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    def nothing_left(self):
        until(lambda: self.held() == self.before)
        equal(f"{self.name}: no descriptor is left", self.held(), self.before)
        is_true(f"{self.name}: nor one of the library", self.descriptors() < self.count + 10, self.descriptors())

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            equal(f"{self.name}: ends on SIGTERM", self.child.wait(LIMIT), 0)
        except subprocess.TimeoutExpired:
            is_true(f"{self.name}: ends on SIGTERM", False)
            self.child.kill()

    def __exit__(self, kind, *_):
        if kind:
            self.child.kill()
        elif self.child.returncode is None:
            self.nothing_left()
            self.end()
        self.child.wait()
        self.child.stdout.close()


def crowd(server, size, each=lambda s: None):
    """So many connections at once, from several addresses since the ports of one are few. Each is shown to `each`; then
    half of them close and half are reset. Twice: were stacks or descriptors lost, the second time would take more."""
    until(lambda: server.held() == server.before)  # who was here before has left
    start, after = server.resident(), []
    for _ in range(2):
        before = server.descriptors()
        guests = [connect(server.port, source=(f"127.0.0.{2 + i % 4}", 0)) for i in range(size)]
        is_true(f"{server.name}: {size} at once", until(lambda b=before: server.descriptors() >= b + size))
        peak = server.resident()
        for guest in guests:
            each(guest)
        for i, guest in enumerate(guests):
            reset(guest) if i % 2 else guest.close()
        until(lambda: server.held() == server.before)
        after.append(server.resident())
    grown = after[1] - after[0]
    if server.shadowed():
        skip(f"{server.name}: no stack is left", "ThreadSanitizer keeps memory of its own")
    else:
        is_true(f"{server.name}: no stack is left", grown < max((peak - start) / 4, 4 << 20), start, peak, after)


def crowd_size(wanted=10000):
    """What the limit of descriptors, here and in the child that inherits it, leaves of it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < wanted + 200:
        wanted = hard - 200
        print(f"# ulimit -Hn {hard}: only {wanted} connections at once")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, wanted + 200) if hard > 0 else wanted + 200, hard))
    return wanted
