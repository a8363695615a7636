#!/bin/bash
# `hob why` and what is not its own: another user's process, a number given to another process, a program that becomes
# another one, names that are no names.
. "$(dirname "$0")/lib.sh"

# said FILE PYTHON: of the report r
said() {
	python3 -c "
import json
r = json.load(open('$1'))
assert $2, r"
}

# Yama's scope 1, seen from a process that is no descendant, and another user's process look the same: system calls and
# memory are not to be read, the counters are.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	mkdir -m 777 theirs
	cp "$hob" theirs/hob
	sleep 30 &
	target=$!
	try setpriv --reuid=65534 --clear-groups theirs/hob why --json -o theirs/r.json -d 0.3 -p $target
	is "another user's process may be watched" "$status" 0
	ok 'what it waits for is said not to be known' said theirs/r.json \
		"any('not ours to read' in line for line in r['source']['unseen']) and r['shares']['compute'] < 0.5"
	kill $target
	try setpriv --reuid=65534 --clear-groups theirs/hob why --json -o theirs/r.json sleep 0.3
	is 'a descendant needs no rights' "$status" 0
	ok 'and is seen in full' said theirs/r.json "r['verdict']['state'] == 'timer' and not r['source']['unseen']"
else
	skip "another user's process" 'needs root and setpriv'
fi

# A number that is given away again, below a process that lives on. In a namespace of our own numbers come as we say.
cat >reuse <<'EOF'
hob=$1
bash -c 'read -rt 0.4 <> <(:); sleep 0.6; :' 3>&- &
parent=$!
"$hob" why --json -o reuse.json -d 2 -p $parent &
watcher=$!
until child=$(cat /proc/$parent/task/$parent/children) && [ "$(cat "/proc/${child% }/comm")" = sleep ]; do :; done
child=${child% }
while [ -e /proc/$child ]; do :; done
echo $((child - 1)) >/proc/sys/kernel/ns_last_pid || exit 77
(while :; do :; done) &
[ $! = $child ] || exit 77
wait $watcher
kill $!
echo $child
EOF
if child=$(unshare --pid --fork --mount-proc bash reuse "$hob" 2>/dev/null) && [ -n "$child" ]; then
	ok 'a number given away again is another process' said reuse.json \
		"sum(p['cpu_seconds'] for p in r['processes'] if p['pid'] == $child) < 0.3"
else
	skip 'a number given away again' 'no namespace of process numbers, or the number was taken'
fi

try "$hob" why --json -o exec.json sh -c 'sleep 0.3; exec sleep 0.4'
ok 'a program that becomes another one is noticed' said exec.json "r['processes'][0]['programs'] == 2"

name=$'a\n\e[31m) R 1 (\xff;"<b'
cp "$(command -v sleep)" "$name"
try "$hob" why -- "./$name" 0.2
is 'a hostile name is run' "$status" 0
ok 'and is shown without what a terminal obeys' bash -c '! grep -q "[[:cntrl:]]" <<<"$1"' _ "${err//$'\n'/}"
try "$hob" why --json -o name.json --html name.html --flame name.folded -- "./$name" 0.2
ok 'JSON has it quoted' said name.json "r['verdict']['state'] == 'timer'"
ok 'folded stacks have a line each' bash -c '! grep -vqE " [0-9]+$" name.folded'
finish
