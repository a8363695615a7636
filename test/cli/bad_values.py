#!/usr/bin/env python3
"""Bad values of options, and options that are none: each gets one exact line, status 2, and nothing is run. Whole
families of them, where usage.sh has one of a kind."""
import os
import subprocess
import sys
import tempfile

hob = os.path.realpath(sys.argv[1])
HELP = "; try 'hob run --help'"

# option: from, to
NUMBERS = {'--jobs': (1, 1000000), '--min': (1, 1000000), '--max': (1, 1000000), '--max-args': (0, 1000000),
           '--retries': (1, 1000), '--nice': (0, 19)}


def quoted(text):
    """As cli/show/quote.c shows a word in a message."""
    if text and all(c.isalnum() or c in '+-./:=@_,%^' for c in text):
        return text
    if any(ord(c) < 32 or ord(c) == 127 or c == "'" for c in text):
        names = {"'": "\\'", '\n': '\\n', '\t': '\\t', '\r': '\\r', '\x1b': '\\e', '\x07': '\\a'}
        return "$'" + ''.join(names.get(c, c) for c in text) + "'"
    return "'" + text + "'"


def bad_numbers(low, high):
    """None of them is a number from low to high."""
    for n in (high + 1, high + 2, high * 10, high * 1000, 2**31, 2**32, 2**32 + 1, 2**63, 2**64, 2**64 + 1, 10**30):
        if n > high:
            yield str(n)
    for n in (low - 1, -1, -2, -high, -2**31, -2**63, -2**64):
        if n < low:
            yield str(n)
    yield from ('', ' ', 'x', '1x', 'x1', '1 x', '1 2', '1.5', '1,5', '1e3', '0x10', '0b1', '1_000', "1'", '+-1',
                '--1', '-', '+', '.', '1k', '1M', '1%', 'one', 'nan', 'inf', '\t', '\n', '1\n',
                '\x1b[31m', '1;2', '1/2',
                '(1)', '$1', '`1`', '*', '?', '~', '!', '#', '1#2', '10:16', 'true', 'null', '1=1',
                'auto', 'all', 'max')


TIME = 'a time, as 90, 2.5m or 1h30m'
BAD_TIMES = ['', ' ', '-1', '-0.5', 'x', '5x', '5mm', 'm', 'h', '1h2x', '1..5', '1.2.3', '.', '1,5', '1 m', '1m ',
             '1:30', 'never', 'nan', 'inf', '-inf', '1m-', '--', '\t', '\n', '1\n', '\x1b[2J', '$1', "5'", '5"',
             '1w', '1y', '5ss', '1e3', '1e3s', '0x10', '0x1p3', '1_000', '0' * 40]
BAD_HALTS = ['', 'x', 'now', 'soon', 'now,', 'now,fail', 'now,fail=', 'now,fail=0', 'now,fail=-1', 'now,fail=x',
             'now,fail=1x', 'now,fail=101%', 'now,fail=%', 'soon,fail=1x', 'soon,done', 'soon,done=0',
             'later,fail=1', 'fail=1', 'never,fail=1', 'NOW,fail=1', 'now;fail=1', 'now fail=1', 'now,,fail=1',
             'now,win=1', 'now,success', '\x1b[2J', 'now,fail=1,', 'now,fail=1.5', 'now,fail==1']
UNKNOWN = ['jump', 'job', 'jobss', 'paralel', 'Jobs', 'JOBS', 'jobs-', 'no-jobs', 'dryrun', 'dry_run', 'verbos',
           'quite', 'halts', 'nice2', 'retry', 'tim', 'timeouts', 'help-me', 'versions', '\x1b[2J', 'a b']
HALT = 'never, or now or soon and a condition, as now,fail=1 or soon,success=50%'


def refused(args, said):
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run([hob, 'run', *args, 'touch', ':::', 'ran'], cwd=work, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        ran = os.listdir(work)
    wanted = f'hob run: {said}{HELP}\n'
    if (done.returncode, done.stdout, done.stderr, ran) == (2, '', wanted, []):
        return True
    print(f'# got:    {done.returncode} {done.stdout!r} {done.stderr!r} {ran}\n# wanted: 2 {wanted!r}')
    return False


def cases():
    for option, (low, high) in NUMBERS.items():
        for value in bad_numbers(low, high):
            yield [f'{option}={value}'], f'{option} takes a number from {low} to {high}, not {quoted(value)}'
    for value in BAD_TIMES:
        yield [f'--delay={value}'], f'--delay takes {TIME}, not {quoted(value)}'
        takes = f'{TIME}, or more than 100% of the median, as 300%'
        yield [f'--timeout={value}'], f'--timeout takes {takes}, not {quoted(value)}'
    for value in BAD_HALTS:
        yield [f'--halt={value}'], f'--halt takes {HALT}, not {quoted(value)}'
    for name in UNKNOWN:
        yield [f'--{name}'], f'unknown option {quoted("--" + name)}'


def main():
    count = 0
    for args, said in cases():
        count += 1
        print(f'{"ok" if refused(args, said) else "not ok"} {count} - {args[0]!r}')
    print(f'1..{count}')


main()
