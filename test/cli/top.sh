#!/bin/bash
# `hob top`, `hob dump` and the commands of gdb, on a program that stands still.
. "$(dirname "$0")/lib.sh"
still=$(dirname "$hob")/../test/cli/standstill
unset HOB_DEADLOCK

for command in top dump; do
	help="; try 'hob $command --help'"
	answers 2 "hob $command: no process given$help" "$hob" $command
	answers 2 "hob $command: the number of a process is wanted, not 0$help" "$hob" $command 0
	answers 2 "hob $command: the number of a process is wanted, not 1x$help" "$hob" $command 1x
	answers 2 "hob $command: one process at a time, not also 2$help" "$hob" $command 1 2
	answers 2 "hob $command: unknown option --never$help" "$hob" $command --never 1
	answers 3 "hob $command: process 4194303: there is no such process" "$hob" $command 4194303
	answers 3 "hob $command: process $$: no hob runs in it now, or it had no descriptor left for its page" \
		"$hob" $command $$
done
answers 2 "hob top: --delay takes seconds, 0.05 to 3600, not 0; try 'hob top --help'" "$hob" top -d 0 1

"$still" 2>said &
pid=$!
trap 'kill -9 $pid 2>/dev/null; rm -rf "$work"' EXIT
all_wait() {
	"$hob" top --json $pid 2>/dev/null | grep -q '"wait":4'
}
until_true all_wait
if grep -q __tsan_init "$still"; then
	skip 'a deadlock is told of' 'ThreadSanitizer has a thread of its own'
else
	until_true grep -q 'hob dump' said
	ok 'a deadlock is told of' grep -q '^hob: deadlock: every task waits for another' said
	ok 'and who has what' grep -qE 'task [0-9]+, rice, .*: waits for mutex 0x[0-9a-f]+, which task [0-9]+ has' said
	is 'once, a line a task' "$(wc -l <said)" 6
fi

try "$hob" dump $pid
is 'dump succeeds' "$status" 0
rice='^task [0-9]+ "rice" rice, spawned by kitchen: waits for mutex 0x[0-9a-f]+, which task [0-9]+ has for'
ok 'the name and the owner' grep -qE "$rice [0-9.]+ s; age [0-9.]+ s\$" <<<"$out"
file='standstill\.c:15'
grep -q debug_aranges "$still" || file=standstill # clang leaves out what a line is found by
ok 'the stack' grep -qE "^    take_two  .*$file\$" <<<"$out"
ok 'the circle' grep -qE '^task [0-9]+ waits for task [0-9]+, and so on round to itself' <<<"$out"
ok 'the receiver' grep -qE '^task [0-9]+ guest, .* waits for recv 0x' <<<"$out"
kitchen='^task [0-9]+ kitchen, spawned by hob: waits for scope of tasks [0-9]+, [0-9]+, [0-9]+ for'
ok 'the scope' grep -qE "$kitchen" <<<"$out"
ok 'none goes on' grep -q '^every task waits for another' <<<"$out"
try "$hob" dump --json $pid
ok 'the same as JSON' python3 -c '
import json, sys
d = json.loads(sys.argv[1])
assert d["stuck"] and len(d["tasks"]) == 4, d
by = {t["function"]: t for t in d["tasks"]}
assert by["rice"]["owner"] == by["soup"]["task"] and by["soup"]["owner"] == by["rice"]["task"]
assert by["rice"]["name"] == "rice" and by["rice"]["state"] == "wait" and by["rice"]["age_s"] >= by["rice"]["for_s"]
assert sorted(by["kitchen"]["tasks"]) == sorted(by[f]["task"] for f in ("rice", "soup", "guest"))
assert any(f["function"] == "take_two" for f in by["soup"]["stack"])' "$out"

try "$hob" top --json $pid
ok 'top counts' python3 -c '
import json, sys
d = json.loads(sys.argv[1])
assert (d["compute"], d["wait"], d["ready"], d["held"]) == (0, 4, 0, 0), d
assert d["waits"] == {"scope": 1, "mutex": 2, "recv": 1}, d
assert d["workers"] == 2 and d["workers_asleep"] == 2 and len(d["sites"]) == 4' "$out"
try "$hob" top --once $pid
ok 'and as text' grep -q '^tasks    4: 0 compute, 4 wait, 0 ready, 0 held' <<<"$out"

page=$(for fd in /proc/$pid/fd/*; do [[ $(readlink "$fd") == "/memfd:hob page"* ]] && echo "$fd"; done)
ok 'the page takes no writer' bash -c '! (: >"$0") 2>/dev/null && ! (printf x 1<>"$0") 2>/dev/null' "$page"

from_header=$(sed -nE '/^enum page_field/,/^};/s/^\tPAGE_([A-Z_]+),.*/\1/p' "$root/src/meter/page.h" |
	grep -vx FIELDS | xargs)
is 'gdb knows the fields' "$(sed -nE '/^FIELDS = """/,/"""\.split/p' "$root/gdb/hob-gdb.py" |
	sed 's/FIELDS = //; s/"""//g; s/\.split()//' | xargs)" "$from_header"
kill -9 $pid
wait $pid 2>/dev/null

# The kernel's own core file: that of gdb's gcore ends where a stack has its guard.
if grep -q __tsan_init "$still"; then
	skip 'it may abort' 'ThreadSanitizer has a thread of its own'
else
	(ulimit -c unlimited; HOB_DEADLOCK=abort exec "$still" 2>said) 2>/dev/null
	is 'it may abort' $? 134
fi
if [ -s core ] && command -v gdb >/dev/null; then
	gdb=(gdb -q -batch -iex 'set debuginfod enabled off' -x "$root/gdb/hob-gdb.py")
	try "${gdb[@]}" -ex hob-tasks "$still" core
	ok 'a core file has the tasks' grep -qE "$rice" <<<"${out// has/ has for}"
	number=$(sed -nE 's/^task ([0-9]+) soup,.*/\1/p' <<<"$out")
	try "${gdb[@]}" -ex "hob-bt $number" "$still" core
	ok 'and their stacks' grep -qE '^#[0-9]+ .*take_two .*standstill\.c:15' <<<"$out"
	ok 'as they were called' grep -qE '^#[0-9]+ .* in soup ' <<<"$out"
else
	skip 'core files' 'no gdb, or the kernel writes none here'
fi
finish
