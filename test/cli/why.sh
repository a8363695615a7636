#!/bin/bash
# `hob why` as a user meets it: statuses, files, and the output of the command left alone.
. "$(dirname "$0")/lib.sh"

help="; try 'hob why --help'"
answers 2 "hob why: no command and no --pid given$help" "$hob" why
answers 2 "hob why: --pid takes the number of a process, not 0$help" "$hob" why -p 0
answers 2 "hob why: both --pid and a command: true$help" "$hob" why -p 1 true
answers 2 "hob why: --hz takes a number from 1 to 10000, not 1e9$help" "$hob" why --hz 1e9 true
answers 2 "hob why: --expect takes compute, wait or gil, not ?[31m$help" "$hob" why --expect $'\e[31m' true
answers 2 "hob why: there is no process 4194303" "$hob" why -p 4194303
answers 127 "hob why: jump: command not found" "$hob" why jump
answers 126 "hob why: ./: Permission denied" "$hob" why ./

try "$hob" why -o report sh -c 'echo out; echo err >&2; exit 7'
is 'the status is passed on' "$status" 7
is 'output is left alone' "$out" out
is 'and so are errors' "$err" err
ok 'the report is in the file' grep -q 'exit status 7' report
try "$hob" why -o report sh -c 'kill -9 $$'
is 'a signal is passed on' "$status" 137
try "$hob" why --json -o a.json --html a.html --flame a.folded -- python3 -c 'import time; time.sleep(0.2)'
is 'it succeeds' "$status" 0
ok 'the JSON is JSON' python3 -m json.tool a.json /dev/null
ok 'shares add up to the life' python3 -c '
import json
for t in json.load(open("a.json"))["threads"]:
    assert not t["seconds"] or abs(sum(t["shares"].values()) - 1) < 0.001, t'
ok 'the page has figures' grep -q '"lanes":' a.html
ok 'stacks are folded' grep -qE '^[a-z]+;.* [0-9]+$' a.folded
try "$hob" why --json -o b.json -- sleep 0.3
ok 'a wait has a place in the program' python3 -c '
import json
assert [c["where"] for c in json.load(open("b.json"))["causes"] if c["state"] == "timer"] == ["sleep"]'
try "$hob" why --json -o b.json -- sh -c 'sleep 0.3 | wc -c'
ok 'a pipe of its own is no wait for others' python3 -c '
import json
waits = [c for c in json.load(open("b.json"))["causes"] if c["state"] == "pipe"]
assert waits and all(c["sort"] == "own" and c["what"].startswith("from s") for c in waits), waits'
try "$hob" why --json -o b.json -- sh -c 'i=0; while [ $i -lt 500000 ]; do i=$((i+1)); done'
if grep -q '"name":"proc, perf"' b.json; then
	ok 'computing has a place in the program' python3 -c '
import json
waits = [w for t in json.load(open("b.json"))["threads"] for w in t["waits"] if w["state"] == "compute"]
assert any(w["where"] for w in waits), waits'
else
	skip 'computing has a place in the program' 'perf_event_open(2) is refused here'
fi
try "$hob" why -o report --expect compute sleep 0.2
is 'what was not expected' "$status" 1
try "$hob" why -o report --expect wait sleep 0.2
is 'what was expected' "$status" 0
finish
