"""What is to be measured: the bench.toml files, read into benchmarks and their contestants."""
import re
import tomllib
from dataclasses import dataclass, field


class Unknown(Exception):
    pass


@dataclass
class Contestant:
    """`TOOL [wN] [ARG...]`: the program TOOL of the benchmark's folder, with N workers."""
    name: str
    tool: str
    workers: int
    extra: list
    limit: bool                # the bare mechanism by hand: what can be reached, not a peer
    program: list = None       # how to run it; None: skipped or failed
    driver: list = None        # the program that runs it, where the benchmark has one
    skipped: str = None        # one word why
    failed: str = None         # what went wrong with a contestant that should have run
    samples: dict = field(default_factory=dict)    # work -> values
    others: list = field(default_factory=list)     # for each run, the cores that others kept busy meanwhile

    def command(self, arguments):
        workers = str(self.workers)
        if self.driver:
            return [*self.driver, *arguments, "--", *self.program, workers, *self.extra]
        return [*self.program, workers, *arguments, *self.extra]

    def skip(self, word):
        self.program, self.skipped = None, word

    def fail(self, why):
        self.program, self.failed = None, why


@dataclass
class Benchmark:
    name: str
    folder: object
    group: str
    title: str
    contestants: list
    works: dict
    driver: str
    rounds: int
    quick_bars: bool
    table: dict

    def arguments(self, contestant, quick):
        for prefix in ("quick_", "") if quick else ("",):
            own = self.table.get(prefix + "args_for", {}).get(contestant.tool)
            if own or prefix + "args" in self.table:
                return own or self.table[prefix + "args"]
        return []


def contestant(name, limits):
    tool, *words = name.split()
    workers = 1
    if words and re.fullmatch(r"w[0-9]+", words[0]):
        workers = int(words.pop(0)[1:])
    return Contestant(name, tool, workers, words, tool in limits)


def read(path):
    with open(path, "rb") as f:
        table = tomllib.load(f)
    limits = table.get("limit", [])
    return Benchmark(path.parent.name, path.parent, table["group"], table["title"],
                     [contestant(name, limits) for name in table["contestants"]], table["works"], table.get("driver"),
                     table.get("rounds", 5), table.get("quick_bars", True), table)


def load(here, names, only):
    benchmarks = [read(path) for path in sorted(here.glob("*/bench.toml"))]
    known = {b.name for b in benchmarks} | {b.group for b in benchmarks}
    for name in names:
        if name not in known:
            raise Unknown(f"no benchmark or group is called {name}; there are: {' '.join(sorted(known))}")
    chosen = [b for b in benchmarks if not names or b.name in names or b.group in names]
    if only:
        tools = set(only.split(","))
        missing = tools - {c.tool for b in chosen for c in b.contestants}
        if missing:
            raise Unknown(f"no contestant here is called {' or '.join(sorted(missing))}")
        for b in chosen:
            b.contestants = [c for c in b.contestants if c.tool in tools]
    return chosen
