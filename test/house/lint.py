#!/usr/bin/env python3
"""The rules that a compiler does not know.

usage: lint.py ROOT          prints what is wrong in the tree, a line each; exit status 1 where there is anything
       lint.py --test ROOT   the same as TAP, after each rule has been shown to find what it forbids
"""
import re
import sys
from pathlib import Path

from tap import Tap, Tree

MAX_COLUMNS = 120
MAX_LINES = 600
LONG_FUNCTION = 100  # reported
MAX_FUNCTION = 120   # refused

SOURCES = ["include", "src", "cli", "test", "bench", "examples"]
TEXTS = {".c", ".h", ".S", ".py", ".sh"}

# An inline function of a public header cannot include base/atomic.h: there the builtins are free.
BUILTIN = re.compile(r"\b__atomic_\w+")
ATOMICS = re.compile(r"\b(__sync_\w+|_Atomic|atomic_\w+_explicit)\b|<stdatomic\.h>|\b(SYS|__NR)_futex\b")

# What src/ calls through the table in src/base/sys.h alone. Pure functions of libc are free, and so are those of
# liburing that only fill or read the rings.
CALLS = """
malloc calloc realloc reallocarray free aligned_alloc posix_memalign memalign strdup strndup asprintf vasprintf
mmap mmap64 munmap mremap madvise mprotect mlock mlock2 msync memfd_create brk sbrk
clock_gettime clock_nanosleep nanosleep usleep sleep gettimeofday time timerfd_create timerfd_settime
getrandom getentropy rand random arc4random
open open64 openat creat close close_range dup dup2 dup3 pipe pipe2 fcntl ioctl lseek
read write pread pwrite pread64 pwrite64 readv writev sendfile splice copy_file_range ftruncate
fopen fdopen fclose fread fwrite fgets getline opendir readdir stat fstat lstat statx readlink unlink
socket socketpair bind listen accept accept4 connect send recv sendto recvfrom sendmsg recvmsg shutdown
poll ppoll select pselect eventfd signalfd inotify_init
epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
io_uring_queue_init io_uring_queue_init_params io_uring_queue_init_mem io_uring_queue_exit
io_uring_submit io_uring_submit_and_wait io_uring_submit_and_wait_timeout io_uring_submit_and_get_events
io_uring_wait_cqe io_uring_wait_cqes io_uring_wait_cqe_nr io_uring_wait_cqe_timeout io_uring_get_events
io_uring_enter io_uring_enter2 io_uring_setup io_uring_register
io_uring_register_buffers io_uring_register_files io_uring_register_ring_fd io_uring_register_eventfd
process_vm_readv process_vm_writev
fork vfork clone clone3 execve execvp posix_spawn posix_spawnp wait wait3 wait4 waitid waitpid kill pidfd_open
pidfd_send_signal
pthread_create pthread_join pthread_detach pthread_mutex_lock pthread_cond_wait pthread_kill
sched_getaffinity sched_setaffinity sched_yield
syscall getrlimit setrlimit prlimit getrusage sigaction signal
""".split()
CALL = re.compile(r"(?<![\w.])(?<!->)(" + "|".join(CALLS) + r")\s*\(")
SLEEP = re.compile(r"(?<![\w.])(?<!->)(sleep|usleep|nanosleep|clock_nanosleep)\s*\(")
ERRNO = re.compile(r"^(?!\s*#\s*include).*\berrno\b")

# A rule of the stripped text: what it matches, where it holds, where it does not, what to say.
RULES = [
    (BUILTIN, ["src", "cli", "test"], ["src/base/"], "use base/atomic.h, not"),
    (ATOMICS, ["src", "cli", "test", "include"], ["src/base/", "src/process/confine.c"], "use base/atomic.h, not"),
    (CALL, ["src"], ["src/base/sys.c", "src/base/sys_process.c"], "call it through sys. (base/sys.h), not"),
    (ERRNO, ["src"], ["src/base/"], "answer a negative errno; errno may be another thread's:"),
    (SLEEP, ["test"], ["test/why/"], "a test waits for a condition, or turns a fake clock; not"),
]


def stripped(text):
    """The C text with comments and the insides of literals blanked, every line still in its place."""
    def blank(match):
        found = match[0]
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[0]
        return re.sub(r"[^\n]", " ", found)

    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    return re.sub(pattern, blank, text, flags=re.DOTALL)


def text_findings(name, lines):
    for n, line in enumerate(lines, 1):
        columns = len(line.expandtabs(8))
        if columns > MAX_COLUMNS:
            yield f"{name}:{n}: {columns} columns, more than {MAX_COLUMNS}"
        if line != line.rstrip():
            yield f"{name}:{n}: spaces at the end of the line"
    if len(lines) > MAX_LINES:
        yield f"{name}: {len(lines)} lines, more than {MAX_LINES}: one idea a file"


def long_functions(lines):
    """(line, length) of each function longer than LONG_FUNCTION: its braces stand alone in the first column."""
    start = None
    for n, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = n
        elif line.startswith("}") and start:
            if n - start + 1 > LONG_FUNCTION:
                yield start, n - start + 1
            start = None


def code_findings(name, lines, notes):
    for pattern, tops, exempt, advice in RULES:
        if name.split("/")[0] not in tops or any(name.startswith(e) for e in exempt):
            continue
        for n, line in enumerate(lines, 1):
            match = pattern.search(line)
            if match:
                yield f"{name}:{n}: {advice} {match[0].strip()}"
    for n, length in long_functions(lines):
        if length > MAX_FUNCTION:
            yield f"{name}:{n}: a function of {length} lines, more than {MAX_FUNCTION}"
        else:
            notes.append(f"note: {name}:{n}: a function of {length} lines")


def files_of(root):
    for top in SOURCES:
        yield from sorted(p for p in (root / top).rglob("*") if p.suffix in TEXTS or p.name == "meson.build")
    yield from (p for p in (root / "dev", root / ".ci/run", root / "meson.build") if p.exists())


def check(root):
    """What is wrong in the tree, and what is near to it: two lists of lines."""
    findings, notes = [], []
    for path in files_of(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        findings += text_findings(name, text.splitlines())
        if path.suffix in (".c", ".h"):
            findings += code_findings(name, stripped(text).splitlines(), notes)
    return findings, notes


BAD = {
    "a raw atomic": ("src/sched/a.c", "x = __atomic_load_n(p, 0);\n", "base/atomic.h"),
    "an old atomic": ("cli/a.c", "__sync_fetch_and_add(p, 1);\n", "base/atomic.h"),
    "_Atomic": ("test/sched/a_test.c", "static _Atomic int x;\n", "base/atomic.h"),
    "stdatomic.h": ("include/hob/a.h", "#include <stdatomic.h>\n", "base/atomic.h"),
    "a raw futex": ("cli/run/a.c", "syscall(SYS_futex, p);\n", "base/atomic.h"),
    "malloc": ("src/look/a.c", "p = malloc (3);\n", "not malloc"),
    "read after a comparison": ("src/wait/a.c", "if (x > read(0, p, 1))\n", "not read"),
    "a wait of liburing": ("src/wait/a.c", "io_uring_wait_cqe(r, &c);\n", "not io_uring_wait_cqe"),
    "a call in base": ("src/base/cpus.c", "fd = open(path, 0);\n", "not open"),
    "a call at the root of src": ("src/runtime.c", "free(p);\n", "not free"),
    "a call behind a comment": ("src/sync/a.c", "/* \" */ free(p); /* \" */\n", "not free"),
    "errno": ("src/wait/a.c", "#include <errno.h>\nreturn -errno;\n", "negative errno"),
    "a sleep in a test": ("test/sched/a_test.c", "usleep(10);\n", "waits for a condition"),
    "a long line": ("src/base/sys.c", "\t" * 14 + "x" * 9 + "\n", "121 columns"),
    "a long file": ("src/base/sys.c", "\n" * 601, "601 lines"),
    "trailing space": ("dev", "x \n", "spaces at the end"),
    "a trailing tab": ("test/house/x.py", "x\t\n", "spaces at the end"),
    "a long function": ("cli/a.c", "int f(void)\n{\n" + "\tx();\n" * 119 + "}\n", "a function of 121 lines"),
}

GOOD = {
    "src/base/sys.c": "fd = open(path, 0);\nreturn -errno;\n",
    "include/hob/compute.h": "__atomic_store_n(p, v, __ATOMIC_RELAXED);\n",
    "src/base/atomic.h": "#define at_load(p, o) __atomic_load_n(p, o)\n",
    "src/wait/a.c": "#include <errno.h>\nsys.read(fd); p->read(fd); sys->poll(1); hob_read(fd); /* free(p) */\n"
                    "io_uring_prep_read(s, 1); io_uring_peek_cqe(r, &c); t = \"malloc(3) errno\"; // errno\n"
                    "int (*read)(int fd); char q = '\"'; memcpy(a, b, c); task_free(t);\n",
    "cli/a.c": "fd = open(path, 0);\nint f(void)\n{\n" + "\tx();\n" * 118 + "}\n",
    "src/base/a.c": "\t" * 14 + "x" * 8 + "\n" + "\n" * 599,
}


def self_test(tap):
    for what, (name, text, needle) in BAD.items():
        with Tree({name: text}) as root:
            tap.refused(what, check(root)[0], needle)
    with Tree(GOOD) as root:
        findings, notes = check(root)
        tap.case("finds nothing in what is allowed", findings)
        tap.refused("a function that is nearly too long", notes, "a function of 120 lines")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--test":
        tap = Tap()
        self_test(tap)
        tap.case("the tree keeps the rules", check(Path(sys.argv[2]))[0])
        tap.done()
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    findings, notes = check(Path(sys.argv[1]))
    for line in notes + findings:
        print(line)
    sys.exit(1 if findings else 0)


main()
