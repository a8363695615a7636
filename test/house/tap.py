"""TAP out, for the scripts that look at the tree."""
import sys
import tempfile
from pathlib import Path


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def case(self, name, findings):
        """One case: it failed where there are findings (lines of text)."""
        self.count += 1
        for line in findings:
            print(f"# {line}", file=sys.stderr)
        print(f"{'not ' if findings else ''}ok {self.count} - {name}")
        self.failed += bool(findings)

    def refused(self, name, findings, needle):
        """One case of a self-test: the check must have found what `needle` says, and that alone."""
        wrong = [f"should have found '{needle}'"] if not findings else [f for f in findings if needle not in f]
        self.case(f"finds {name}", wrong)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}")

    def done(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


class Tree:
    """A tree of files to feed to a check, gone when the `with` ends: Tree({"src/LAYERS": "base:\\n"})."""

    def __init__(self, files):
        self.files = files

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory()
        root = Path(self.dir.name)
        for name, text in self.files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    def __exit__(self, *exc):
        self.dir.cleanup()
