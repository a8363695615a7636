#!/usr/bin/env python3
"""words, held against a count of our own. usage: words.py PROGRAM"""
import collections
import random
import re
import tempfile

from example import *


def run(backend, *files):
    child = subprocess.run([programs["words"], *files], capture_output=True, timeout=LIMIT, text=True,
                           env={**os.environ, "HOB_BACKEND": backend})
    return child.returncode, child.stdout, child.stderr


def main():
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        programs.update((name, os.path.abspath(path)) for name, path in programs.items())
        os.chdir(folder)
        count = collections.Counter()
        for i in range(60):
            text = " ".join(f"w{min(dice.randrange(1, 2000), dice.randrange(1, 2000))}" + dice.choice(["", ",\n", "!"])
                            for _ in range(dice.randrange(8000)))
            Path(str(i)).write_text(text)
            count.update(re.findall(r"[a-z0-9]+", text))
        (word, n), = count.most_common(1)
        for backend in BACKENDS:
            status, out, said = run(backend, *map(str, range(60)))
            equal(f"each word is counted, over {backend}", (status, out, said),
                  (0, f'{sum(count.values())} words, {len(count)} different, the most frequent "{word}" ({n})\n', ""))
        status, out, said = run("epoll", "none", "0")
        equal("a file that is not there is told of", (status, said), (1, "words: none: No such file or directory\n"))
    done()


main()
