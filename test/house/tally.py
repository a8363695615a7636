#!/usr/bin/env python3
"""Counts the TAP cases in a testlog.json of Meson's: the last line of a test run.

usage: tally.py TESTLOG
"""
import json
import re
import sys

CASE = re.compile(r"^(not )?ok\b[^#\n]*(#\s*(skip|todo)\b)?", re.IGNORECASE | re.MULTILINE)


def count(result, stdout):
    """(passed, failed, skipped) of one test program."""
    passed = failed = skipped = 0
    for case in CASE.finditer(stdout):
        if case[3]:
            skipped += 1
        elif case[1]:
            failed += 1
        else:
            passed += 1
    # A program that crashed, hung or broke off its plan failed, whatever cases it had passed before.
    if result not in ("OK", "SKIP") and not failed:
        failed = 1
    return passed, failed, skipped


def main():
    total = [0, 0, 0]
    try:
        with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
            for line in log:
                test = json.loads(line)
                total = [a + b for a, b in zip(total, count(test["result"], test.get("stdout", "")))]
    except (OSError, ValueError) as why:
        print(f"tally: {why}", file=sys.stderr)
        total[1] += 1
    passed, failed, skipped = total
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


sys.exit(main())
