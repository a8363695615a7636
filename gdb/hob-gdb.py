# The tasks of a program that uses hob, in gdb: of a live process, or of a core file.
# SPDX-License-Identifier: MIT
#
#   (gdb) source /usr/share/hob/hob-gdb.py
#   (gdb) hob-tasks          every task: its state, what it waits for and who has that
#   (gdb) hob-bt 17          the stack of task 17
#
# All is read from the page (src/meter/page.h), whose fields are named here in the same order; test/cli/top.sh holds the
# two against each other. A core file has the page where the kernel wrote it with the usual filter.
import re
import struct

import gdb
import gdb.unwinder

MAGIC = 0x31656761702D626F
VERSION = 1
FIELDS = """QUEUES NQUEUES WORKERS MOST ALLOWED SPARES_BUSY CHUNKS SITES RUNTIME_SIZE
    CURRENT RUNS MARKED SINCE AWAKE DEPOSED INDEX TID ROWS WORKER_SIZE
    NEXT FIRST TASKS CHUNK_SIZE
    IN_SCOPE SP STAMP PERMIT WHY SITE FOR SCOPE LIFE TASK_SIZE
    BORN EXTRA LIFE_SIZE
    FN CALLER SITE_SIZE
    ENDED COMPUTE READY HELD WAIT ROW_SIZE""".split()
PARKED = 1
MUTEX_OWNER = 4
WHYS, WHY_BYTES, NAME_BYTES = 32, 12, 32
HEAD = f"<QIIQQQqqIIII{WHYS * WHY_BYTES}s{len(FIELDS)}I"
WITH_OBJECT = ("scope", "join", "mutex", "cond", "send", "recv", "sem", "group", "once", "rwlock", "lane")


def memory(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def word(address, form="<Q"):
    return struct.unpack(form, memory(address, struct.calcsize(form)))[0]


def symbol(address):
    if not address:
        return "hob"
    text = gdb.execute(f"info symbol {address:#x}", to_string=True)
    return text.split(" ")[0] if not text.startswith("No symbol") else f"{address:#x}"


class Page:
    def __init__(self, address):
        raw = struct.unpack(HEAD, memory(address, struct.calcsize(HEAD)))
        (magic, version, _, self.address, _, self.runtime, self.stamp, self.ns, _, self.chunk_tasks, _,
         self.nwhys) = raw[:12]
        if magic != MAGIC or version != VERSION:
            raise ValueError
        names = raw[12]
        self.whys = [names[i * WHY_BYTES:(i + 1) * WHY_BYTES].split(b"\0")[0].decode() for i in range(self.nwhys)]
        self.at = dict(zip(FIELDS, raw[13:]))

    def get(self, base, field, form="<Q"):
        return word(base + self.at[field], form)

    def workers(self):
        queues = self.get(self.runtime, "QUEUES")
        for i in range(self.get(self.runtime, "NQUEUES", "<I")):
            yield word(queues + 8 * i)

    def tasks(self):
        """The live ones, by their numbers."""
        current = {self.get(w, "CURRENT"): w for w in self.workers()}
        found = []
        chunk = self.get(self.runtime, "CHUNKS")
        while chunk:
            first = self.get(chunk, "FIRST", "<I")
            for i in range(self.chunk_tasks):
                task = chunk + self.at["TASKS"] + i * self.at["TASK_SIZE"]
                link = self.get(task, "IN_SCOPE")
                if link not in (0, task + self.at["IN_SCOPE"]):
                    found.append(Task(self, task, first + i, current.get(task)))
            chunk = self.get(chunk, "NEXT")
        return sorted(found, key=lambda t: t.number)


class Task:
    def __init__(self, page, address, number, worker):
        self.page, self.address, self.number, self.worker = page, address, number, worker
        self.sp = page.get(address, "SP")
        self.parked = page.get(address, "PERMIT", "<I") == PARKED
        self.why = page.whys[page.get(address, "WHY", "<B") % page.nwhys]
        self.object = page.get(address, "FOR")
        self.scope = page.get(address, "SCOPE")
        site = page.runtime + page.at["SITES"] + page.get(address, "SITE", "<B") * page.at["SITE_SIZE"]
        self.fn, self.caller = page.get(site, "FN"), page.get(site, "CALLER")

    def mark(self):
        return (self.address >> 6 & 0xFFFFFFFF) | 1

    def name(self):
        try:
            extra = self.page.get(self.page.get(self.address, "LIFE"), "EXTRA") if self.sp else 0
            text = memory(extra, NAME_BYTES).split(b"\0")[0] if extra else b""
        except gdb.MemoryError:
            return ""
        return '"' + text.decode(errors="replace") + '" ' if text else ""

    def waits_for(self, tasks):
        if self.why not in WITH_OBJECT or not self.object:
            return self.why
        if self.why == "mutex":
            owner = word(self.object + MUTEX_OWNER, "<I")
            for t in tasks:
                if t.mark() == owner:
                    return f"mutex {self.object:#x}, which task {t.number} has"
        if self.why == "scope":
            within = [str(t.number) for t in tasks if t.scope == self.object]
            return f"scope of task{'s' * (len(within) != 1)} {', '.join(within)}"
        return f"{self.why} {self.object:#x}"

    def state(self, tasks):
        if self.parked:
            return "waits for " + self.waits_for(tasks)
        if self.worker:
            return f"on worker {self.page.get(self.worker, 'INDEX', '<I')}, LWP {self.page.get(self.worker, 'TID', '<I')}"
        return "ready" if self.sp else "ready, has not begun"

    def line(self, tasks):
        spawned = symbol(self.caller - 1) if self.caller else "hob"
        return f"task {self.number} {self.name()}{symbol(self.fn)}, spawned by {spawned}: {self.state(tasks)}"


def pages():
    found = []
    for line in gdb.execute("info proc mappings", to_string=True).splitlines():
        where = re.match(r"\s*(0x[0-9a-f]+)\s.*/memfd:hob page", line)
        try:
            if where:
                found.append(Page(int(where[1], 16)))
        except (ValueError, gdb.MemoryError):
            pass
    if not found:
        raise gdb.GdbError("no hob runs here, or the core file lacks its page")
    return found


def all_tasks():
    return [t for p in pages() for t in p.tasks()]


class Where:
    """What gdb knows a frame by."""

    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Unwinder(gdb.unwinder.Unwinder):
    """While it has a task, the innermost frame of the thread at hand was called by what that task waits in."""

    def __init__(self):
        super().__init__("hob-bt")
        self.registers = None

    def __call__(self, frame):
        if not self.registers or frame.level() != 0:
            return None
        long = gdb.lookup_type("unsigned long")
        sp, pc = ("rsp", "rip") if "rip" in self.registers else ("sp", "pc")
        values = {name: gdb.Value(value).cast(long) for name, value in self.registers.items()}
        info = frame.create_unwind_info(Where(values[sp], values[pc]))
        for name, value in values.items():
            info.add_saved_register(name, value)
        return info


def parked_registers(sp):
    """What fiber_swap left: src/fiber/switch_*.S."""
    if "aarch64" in gdb.selected_frame().architecture().name():
        words = struct.unpack("<12Q", memory(sp, 96))
        found = {"x29": words[0], "x30": words[1], "pc": words[1], "sp": sp + 160}
        found.update({f"x{19 + i}": words[2 + i] for i in range(10)})
        return found
    words = struct.unpack("<7Q", memory(sp, 56))
    return dict(zip(("r15", "r14", "r13", "r12", "rbx", "rbp", "rip"), words), rsp=sp + 56)


class HobTasks(gdb.Command):
    """Every task of hob: where it was spawned, its state, what it waits for."""

    def __init__(self):
        super().__init__("hob-tasks", gdb.COMMAND_STACK)

    def invoke(self, _arg, _tty):
        tasks = all_tasks()
        for t in tasks:
            print(t.line(tasks))


class HobBt(gdb.Command):
    """The stack of a task of hob, by its number: hob-bt 17."""

    def __init__(self):
        super().__init__("hob-bt", gdb.COMMAND_STACK)
        self.unwinder = Unwinder()
        gdb.unwinder.register_unwinder(None, self.unwinder, replace=True)

    def invoke(self, arg, _tty):
        tasks = all_tasks()
        found = [t for t in tasks if str(t.number) == arg.strip()]
        if not found:
            raise gdb.GdbError("hob-bt takes the number of a task, as hob-tasks shows it")
        for t in found:
            print(t.line(tasks))
            self.show(t)

    def show(self, task):
        if task.worker:
            tid = task.page.get(task.worker, "TID", "<I")
            for thread in gdb.selected_inferior().threads():
                if thread.ptid[1] == tid:
                    was = gdb.selected_thread()
                    thread.switch()
                    gdb.execute("backtrace")
                    was.switch()
        elif task.sp:
            gdb.newest_frame().select()
            self.unwinder.registers = parked_registers(task.sp)
            gdb.invalidate_cached_frames()
            try:
                text = gdb.execute("backtrace", to_string=True)
            finally:
                self.unwinder.registers = None
                gdb.invalidate_cached_frames()
            for line in text.splitlines():  # the innermost is the thread's own
                number = re.match(r"#(\d+) ", line)
                if number and number[1] != "0":
                    print(f"#{int(number[1]) - 1}".ljust(3) + line[3:])


HobTasks()
HobBt()
