#!/bin/bash
# The job log and what goes by it; retries, timeouts, halting; the order of outputs.
. "$(dirname "$0")/lib.sh"

columns() { sed 1d log | cut -f "$1" | sort | tr '\n' ' '; }

# The log ----------------------------------------------------------------------------------------------------------
cat >job <<'X2'
#!/bin/sh
echo "$1" >>ran
echo "out $1"
exit "$(cat "exit-$1" 2>/dev/null || echo 0)"
X2
chmod +x job
ran() { sort -n ran 2>/dev/null | tr '\n' ' '; rm -f ran; }

echo 3 >exit-2
try "$hob" run -j1 --joblog log ./job ::: 1 2 3
is 'GNU parallel'\''s columns and three more' "$(head -n 1 log | tr '\t' ' ')" \
	'Seq Host Starttime JobRuntime Send Receive Exitval Signal Command Key Length Check'
is 'exit status, signal, command, bytes' "$(sed 1d log | cut -f 1,2,5-9 | tr '\t\n' ' |')" \
	'1 : 0 6 0 0 ./job 1|2 : 0 6 3 0 ./job 2|3 : 0 6 0 0 ./job 3|'
ok 'times' grep -Pq '^1\t:\t[0-9]{10,}\.[0-9]{3}\t +[0-9]+\.[0-9]{3}\t' log
is 'all have run' "$(ran)" '1 2 3 '
try "$hob" run -j1 --joblog log --resume ./job ::: 1 2 3 4
is '--resume runs what has not ended, and that alone' "$(ran)-$out-$status" '4 -out 4-0'
try "$hob" run -j1 --joblog log --resume-failed ./job ::: 1 2 3 4
is '--resume-failed runs what failed again' "$(ran)-$status" '2 -1'
rm exit-2
try "$hob" run -j1 --joblog log --resume-failed ./job ::: 0 4 3 2 1
is 'inputs are known in any order, with others between' "$(ran)-$status" '0 2 -0'
try "$hob" run -j1 --joblog log --resume-failed ./job ::: 1 2 3 4 2
is 'equal inputs are jobs of their own' "$(ran)-$status" '2 -0'
try "$hob" run -j1 --joblog log --resume ./job x ::: 1
is 'another command is another job' "$(ran)" 'x '
mkdir elsewhere
(cd elsewhere && "$hob" run -j1 --joblog ../log --resume ../job ::: 1 >/dev/null)
is 'another directory, too' "$(cat elsewhere/ran)" 1
try "$hob" run -j1 --joblog log ./job ::: 1
is 'without --resume it begins afresh' "$(ran)-$(wc -l <log)" '1 -2'
try "$hob" run --joblog log --shell 'kill -9 $$' ::: 1
is 'a signal' "$(columns 7,8)" $'0\t9 '
try "$hob" run -j1 --joblog log echo ::: $'a\tb\nc' $'\e[31m' "it's"
is 'a record is one line, whatever the input; escapes are neutralised' "$(columns 9)" \
	"echo \$'\\e[31m' echo \$'a\\tb\\nc' echo \$'it\\'s' "
try "$hob" run -j1 --joblog log --resume echo ::: $'a\tb\nc' $'\e[31m' "it's" x
is 'and known again' "$out" x
try env SECRET=hunter2 "$hob" run --joblog log --tag true ::: 1
ok 'nothing of the environment is in it' test "$(grep -c hunter2 log)" = 0
if command -v parallel >/dev/null && parallel --version | grep -q '^GNU'; then
	try "$hob" run -j1 --joblog log echo ::: a b
	mkdir -p home && touch home/will-cite
	try env HOME="$work/home" PARALLEL_HOME="$work/home" parallel -j1 --joblog log --resume echo ::: a b c
	is 'GNU parallel can go on with it' "$out" c
	try "$hob" run -j1 --joblog log --resume echo ::: a b d
	is 'and we then, passing over what it wrote' "$out|$err" \
		"d|hob run: the job log log has 1 damaged line; what it does not hold runs again"
else
	skip 'GNU parallel can go on with it' 'no GNU parallel'
fi

# A log that is not whole ------------------------------------------------------------------------------------------
rm -f ran log
"$hob" run -j1 --joblog log ./job ::: 1 2 3 >/dev/null && rm ran
head -c -5 log >cut && cp cut log
try "$hob" run -j1 --joblog log --resume ./job ::: 1 2 3
is 'a torn record is no record' "$(ran)|$err" \
	'3 |hob run: the job log log has 1 damaged line; what it does not hold runs again'
try "$hob" run -j1 --joblog log --resume ./job ::: 1 2 3
is 'and does no harm to those behind it' "$(ran)$out" ''
head -c -1 log >cut && cp cut log
try "$hob" run -j1 --joblog log --resume ./job ::: 1 2 3 4
is 'a newline alone is not missed' "$(ran)" '4 '
head -c 20 log >cut && cp cut log
try "$hob" run -j1 --joblog log --resume ./job ::: 1
is 'a torn first line' "$(ran)-$status" '1 -0'
: >log
try "$hob" run -j1 --joblog log --resume ./job ::: 1
is 'an empty file' "$(ran)-$(wc -l <log)" '1 -2'
rm log
try "$hob" run -j1 --joblog log --resume ./job ::: 1
is 'no file yet' "$(ran)-$(wc -l <log)" '1 -2'
echo precious >file
for resume in --resume --quiet; do
	try "$hob" run --joblog file $resume ./job ::: 1
	is "what is no job log is left alone: $resume" "$status-$err-$(cat file)-$(ran)" \
		'2-hob run: cannot use the job log file: it is no job log, and is left alone-precious-'
done
try "$hob" run --joblog missing/log ./job ::: 1
is 'a log that cannot be made' "$status-$err-$(ran)" \
	'2-hob run: cannot use the job log missing/log: No such file or directory-'
if [ -w /dev/full ]; then
	try "$hob" run --joblog /dev/full ./job ::: 1
	is 'a full disk' "$status-$err-$(ran)" \
		'2-hob run: cannot use the job log /dev/full: No space left on device-'
fi
rm -f log
try bash -c 'ulimit -f 1; "$0" run -j1 -q --joblog log --shell "echo \$1 >>/dev/stderr" < <(seq 100)' "$hob"
is 'a disk that fills: a stop' "$status" 3
before=$(wc -l <<<"$err")
is 'no piece of a record stays' "$(tail -c 1 log | od -An -c | tr -d ' ')" '\n'
logged=$(($(wc -l <log) - 1))
lacks=$((before - logged))
ok 'what ended before is in the log' test "$logged" -ge 1 -a $lacks -ge 2 -a $lacks -le 3
is 'said once' "$(grep 'cannot write' <<<"$err")" "hob run: cannot write the job log log: File too large; no more \
jobs are started, and those it lacks will run again with --resume"
try "$hob" run -j1 --joblog log --resume --shell 'echo $1 >>/dev/stderr' < <(seq 100)
is 'and once there is room again nothing is lost' "$(wc -l <<<"$err")-$(columns 1 | wc -w)" \
	"$((100 - logged))-100"

mkfifo go
exec 7<>go
"$hob" run -j1 --joblog log --shell 'echo >started; read -r _ <go' ::: 1 &
until_true test -e started
try "$hob" run --joblog log --resume ./job ::: 1
is 'two runners on one log are refused' "$status-$err-$(ran)" \
	'2-hob run: cannot use the job log log: another hob run is using it-'
echo >&7
wait
exec 7>&-
for sync in always batch never; do
	rm -f log
	seq 200 | "$hob" run --joblog log --joblog-sync $sync true
	is "--joblog-sync $sync" "$?-$(wc -l <log)" 0-201
done

# Interrupted: what we have killed has not ended.
rm -f log go && mkfifo go
exec 7<>go
env --default-signal=INT "$hob" run -j2 --joblog log --shell 'echo >started-$1; [ $1 = 1 ] || read -r _ <go' ::: 1 2 3 \
	2>err <&0 &
pid=$!
until_true test -e started-2 -a -e started-3
kill -INT $pid
until_true grep -q waiting err
kill -INT $pid
wait $pid
is 'jobs that we end are not in the log' "$?-$(columns 1)" '130-1 '
exec 7>&-

# Retries, timeouts ------------------------------------------------------------------------------------------------
cat >third <<'X2'
#!/bin/sh
echo x >>tries-$1
echo "try $(wc -l <tries-$1)"
test "$(wc -l <tries-$1)" -ge 3
X2
chmod +x third
try "$hob" run -j2 --retries 3 --joblog log ./third ::: a b
is '--retries: up to so many tries; the output is that of the last' \
	"$status-$err-$(tr '\n' ' ' <<<"$out")-$(columns 7)" '0--try 3 try 3 -0 0 '
rm tries-*
try "$hob" run -j2 --retries 2 ./third ::: a
is 'and then it has failed' "$status-$err-$out" '1-hob run: exit 1: ./third a-try 2'
try "$hob" run -j3 --timeout 0.2 --joblog log sleep ::: 100 0
is '--timeout' "$status-${err/0.?/T}-$(columns 1,7)" $'1-hob run: timed out after T s: sleep 100-1\t-1 2\t0 '
try "$hob" run -j1 --timeout 0.1 --shell 'trap "" TERM; while :; do sleep 0.05; done' ::: 1
is 'a job that ignores SIGTERM' "$status-${err%% after*}" '1-hob run: timed out'
try "$hob" run -j1 --timeout 3000% sleep ::: 0.02 0.02 0.02 100
is '--timeout of the median' "$status-${err%% after*}" '1-hob run: timed out'

# Halting ----------------------------------------------------------------------------------------------------------
try "$hob" run -j1 --halt soon,fail=2 --shell 'echo $1; exit $((1 - $1 % 2))' ::: 1 2 3 4 5 6
is '--halt soon,fail=2' "$status-$(tr '\n' ' ' <<<"$out")" '1-1 2 3 4 '
try "$hob" run -j2 --halt now,fail=1 --shell 'if [ $1 = 1 ]; then exec sleep 100; fi; exit 3' ::: 1 2 3
is '--halt now,fail=1' "$status-$(sed '/sh 3$/d' <<<"$err")" \
	"1-hob run: exit 3: sh -c 'if [ \$1 = 1 ]; then exec sleep 100; fi; exit 3' sh 2
hob run: --halt: 1 job failed; ending 1 running job"
try "$hob" run -j1 --halt now,success=1 --shell 'exit $((1 - $1 % 2))' ::: 2 1 2
is '--halt now,success=1: what was wanted is a success' "$status-$(grep -c 'exit 1' <<<"$err")" '0-1'
try "$hob" run -j1 -q --halt soon,fail=50% --shell 'echo $1; false' ::: 1 2 3 4 5 6 7 8
is '--halt soon,fail=50%' "$status-$(tr '\n' ' ' <<<"$out")" '1-1 2 3 4 '
try "$hob" run -j1 --halt soon,done=3 echo ::: 1 2 3 4 5 6
is '--halt soon,done=3' "$status-$(tr '\n' ' ' <<<"$out")" '0-1 2 3 '

# Order, tags, niceness ----------------------------------------------------------------------------------------------
try "$hob" run -j3 -k --shell 'if [ $1 = 1 ]; then until [ -e go-on ]; do sleep 0.01; done; fi; echo $1; echo e$1 >&2
	if [ $1 = 200 ]; then echo >go-on; fi' ::: $(seq 200)
is '--keep-order, the first one last of all' "$(md5sum <<<"$out")$(grep -c e <<<"$err")" "$(seq 200 | md5sum)200"
try "$hob" run -j4 -k --shell 'head -c $((RANDOM * 20)) /dev/zero | tr "\0" $1; echo' ::: a b c d e f
is '--keep-order of large outputs' "$(cut -c1 <<<"$out" | tr -d '\n')" "$(cut -c1 <<<"$out" | sort | tr -d '\n')"
try "$hob" run -j1 --tag --shell 'echo x; echo y; printf z >&2' ::: 'a b' ::: c
is '--tag' "$out|$err" $'a b c\tx\na b c\ty|a b c\tz'
try "$hob" run -j1 --tag echo ::: $'\e[31m\n'
is '--tag: nothing that a terminal obeys' "$(head -n 1 <<<"$out")" $'?[31m?\t\e[31m'
try "$hob" run -j1 --tagstring '{#}:{/}' echo ::: a/b
is '--tagstring' "$out" $'1:b\ta/b'
try "$hob" run -j1 --tag --shell 'yes $(head -c 3000 /dev/zero | tr "\0" y) | head -n 50; printf end' ::: 1
is '--tag on long lines' "$(cut -f1 <<<"$out" | sort -u)-$(cut -f2 <<<"$out" | md5sum)" \
	"1-$({ yes "$(head -c 3000 /dev/zero | tr '\0' y)" | head -n 50; echo end; } | md5sum)"
is '--nice' "$("$hob" run -n0 --nice 7 nice ::: 1)" $(($(nice) + 7 > 19 ? 19 : $(nice) + 7))
start=$(date +%s%N)
"$hob" run -j3 --delay 0.1 true ::: 1 2 3
ok '--delay' test $((($(date +%s%N) - start) / 1000000)) -ge 200
finish
