#!/bin/bash
# hob why in all its forms: bad words one by one, reports held side by side, a process looked at by its number, causes
# of many kinds, and reports that cannot be written.
. "$(dirname "$0")/lib.sh"
help="; try 'hob why --help'"

refused() {
	local line=$1
	shift
	try "$hob" why "$@"
	is "line of: why $*" "$err" "hob why: $line"
	is "status of: why $*" "$status" 2
}

for value in 0 -1 x 1x '' 1e7 4194305 nan; do
	refused "--pid takes the number of a process, not $value$help" --pid="$value"
done
for value in 0 -1 x 1x '' 1e10 inf; do
	refused "--duration takes seconds, not $value$help" --duration="$value" true
	refused "--hz takes a number from 1 to 10000, not $value$help" --hz="$value" true
	refused "--workers takes a number from 1 to 100000, not $value$help" --workers="$value" true
done
refused "--workers takes a number from 1 to 100000, not 1.5$help" --workers=1.5 true
for value in '' cpu Wait 'wait '; do
	refused "--expect takes compute, wait or gil, not $value$help" --expect="$value" true
done
refused "unknown option --jump$help" --jump true
refused "unknown option -J$help" -J true
refused "missing value of option --hz$help" --hz
refused "missing value of option --pid$help" -p
refused "no value is taken by option --json$help" --json=1 true
refused "--compare takes two reports, written with --json$help" --compare one
refused "--compare takes two reports, written with --json$help" --compare one two three
try "$hob" why --help
is '--help' "$status-$err" '0-'
ok '--help names every option' grep -q -- '--free-threading' .out

# Side by side ------------------------------------------------------------------------------------------------------
"$hob" why --json -o waits.json sleep 0.3
"$hob" why --json -o computes.json sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done'
try "$hob" why --compare waits.json computes.json
if [[ $err = *'without'* ]]; then
	skip 'two reports side by side' 'no cJSON'
else
	is 'two reports side by side' "$status-$err" '0-'
	ok 'both are named' grep -q '^  A  sleep' .out
	ok 'with the time' grep -qE '^  time +[0-9.]+ s +[0-9.]+ s   B takes [0-9.]+ times as long$' .out
	ok 'and what they did with it' grep -qE '^  compute +[0-9.]+% +[0-9.]+% +[+-][0-9.]+ points$' .out
	try bash -c '"$0" why --compare <(cat waits.json) waits.json' "$hob"
	is 'one of them from a pipe' "$status" 0
	refused 'jump: No such file or directory' --compare jump waits.json
	refused 'jump: No such file or directory' --compare waits.json jump
	refused '.: Is a directory' --compare . waits.json
	echo '{"seconds": 1}' >other.json
	refused 'other.json: not a report of hob why --json' --compare waits.json other.json
	: >empty.json
	refused 'empty.json: not a report of hob why --json' --compare empty.json waits.json
	head -c 200 waits.json >cut.json
	refused 'cut.json: not a report of hob why --json' --compare cut.json waits.json
	"$hob" why --compare waits.json computes.json >/dev/full 2>err
	is 'a full disk' $? 3
fi

# A process that runs already ----------------------------------------------------------------------------------------
mkfifo never
exec 7<>never
bash -c 'read -r _ <never' &
pid=$!
try "$hob" why --pid $pid --duration 0.2 --hz 500 -o report
is 'a process by its number' "$status-$err" '0-'
ok 'it waits' grep -q '^  waits: ' report
ok 'and is not touched' kill -0 $pid
try "$hob" why --pid $pid --duration 0.2 --json -o report
ok 'the same as JSON' python3 -m json.tool report /dev/null
try "$hob" why --pid $pid --duration 0.1 --expect compute
is 'what was not expected' "$status" 1
"$hob" why --pid $pid -o report 2>err &
why=$!
until_true sh -c "ls -l /proc/$why/fd | grep -q /proc/$pid/" # it has found it: it may sleep before, too
kill $pid
wait $why
is 'it ends with the process' "$?-$(cat err)" '0-'
wait $pid 2>/dev/null
exec 7>&-

# Causes -------------------------------------------------------------------------------------------------------------
cat >causes.py <<'X'
import os, select, socket, subprocess, threading, time

def server(s):
    c, _ = s.accept()
    time.sleep(0.15)
    c.sendall(b'x')

s = socket.create_server(('127.0.0.1', 0))
threading.Thread(target=server, args=(s,)).start()
c = socket.create_connection(s.getsockname())
c.recv(1)                                   # a peer
lock = threading.Lock()
lock.acquire()
threading.Timer(0.15, lock.release).start()
lock.acquire()                              # a lock
a, b = socket.socketpair()
threading.Timer(0.15, b.sendall, (b'x',)).start()
a.recv(1)                                   # a Unix socket
r, w = os.pipe()
threading.Timer(0.15, os.write, (w, b'x')).start()
os.read(r, 1)                               # a pipe
subprocess.run(['sleep', '0.15'])           # a child
select.select([], [], [], 0.15)             # nothing
p = select.epoll()
p.register(r)
p.poll(0.15)
end = time.perf_counter() + 0.15
while time.perf_counter() < end:            # computing
    sum(range(1000))
X
try "$hob" why -o report --json --html page.html --flame folded python3 causes.py
is 'many causes' "$status-$err" '0-'
for what in timer lock pipe child; do
	ok "one of them: $what" grep -q "\"$what\"" report
done
ok 'and computing' grep -q '"compute"' report
try "$hob" why --free-threading -o report python3 causes.py
ok 'in words' grep -qE '^  [a-z ]+: [0-9]+%' report
try "$hob" why --workers 8 -o report -- sh -c 'sleep 0.2 & sleep 0.2 & wait'
is 'several processes' "$status-$err" '0-'

# Reports that cannot be written -------------------------------------------------------------------------------------
mkdir folder
for option in -o --html --flame; do
	try "$hob" why $option folder true
	ok "$option a folder: a status" test "$status" = 2 -o "$status" = 3
	ok "$option a folder: a line" grep -qx 'hob why: .*folder.*: Is a directory.*' .err
done
"$hob" why -o /dev/full sleep 0.1 2>err
ok 'a full disk: a line' grep -q '^hob why: ' err
finish
