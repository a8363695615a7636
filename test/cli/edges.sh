#!/bin/bash
# Where hob run meets its surroundings: closed and broken descriptors, signals, few resources, memory.
. "$(dirname "$0")/lib.sh"

# Descriptors ------------------------------------------------------------------------------------------------------
"$hob" run echo ::: a b 2>err >&-
is 'a closed stdout is an error once there is something to say' "$?-$(cat err)" \
	'3-hob run: cannot write to standard output: Bad file descriptor'
"$hob" run true ::: a b 2>err >&-
is 'and none before' "$?-$(cat err)" '0-'
try bash -c '"$0" run --shell "echo x; echo y >&2; exit 1" ::: a 2>&-' "$hob"
is 'a closed stderr swallows' "$out-$status" 'x-1'
try bash -c '"$0" run echo ::: a <&-' "$hob"
is 'a closed stdin does no harm' "$out-$err-$status" 'a--0'
try bash -c '"$0" run ls ::: /proc/self/fd <&- 2>&-' "$hob"
is 'nor does it change the descriptors of jobs' "$(tr '\n' ' ' <<<"$out")" "$(ls /proc/self/fd | tr '\n' ' ')"
if [ -w /dev/full ]; then
	"$hob" run -j1 echo ::: a b c 2>err >/dev/full
	is 'a full disk is reported once' "$?-$(cat err)" \
		'3-hob run: cannot write to standard output: No space left on device'
else
	skip 'a full disk is reported once' 'no /dev/full'
fi
"$hob" run -j1 --shell 'echo "$1"; echo "$1" >>seen' ::: $(seq 2000) 2>err | head -n 1 >first
is 'a reader that leaves: the pile ends as by SIGPIPE' "${PIPESTATUS[0]}-$(cat err)-$(cat first)" '141--1'
ok 'and does not run to its end' test "$(wc -l <seen)" -lt 2000
chmod 700 . && mkdir closed && TMPDIR=$work/closed/missing try "$hob" run echo ::: a
is 'no folder for output files' "$out|$err|$status" \
	'|hob run: no file for the output: No such file or directory: echo a|3'

# Few resources ----------------------------------------------------------------------------------------------------
try bash -c 'ulimit -n 20; seq 200 | "$0" run --shell "echo \$1"' "$hob"
is '20 descriptors are enough' "$(sort -n <<<"$out" | md5sum)-$err-$status" "$(seq 200 | md5sum)--0"
try bash -c 'ulimit -n 20; seq 100 | "$0" run -j50 echo' "$hob"
is 'so they are for more jobs than they allow' "$(sort -n <<<"$out" | md5sum)-$err-$status" "$(seq 100 | md5sum)--0"
for backend in io_uring epoll; do
	if HOB_BACKEND=$backend "$hob" run -q true ::: a 2>/dev/null; then
		try env HOB_BACKEND=$backend "$hob" run -j3 echo <<<"$(seq 300)"
		is "backend $backend" "$(sort -n <<<"$out" | md5sum)-$err-$status" "$(seq 300 | md5sum)--0"
	else
		skip "backend $backend" 'refused here'
	fi
done

# Long command lines keep the runner in system calls, where a spare thread takes over its other tasks.
seq 500000 | "$hob" run -j2 -n 1000 -q true
is 'a runner that is often stuck' "$?" 0

# Memory stays flat however long the list. A job looks at its parent: us.
cat >look <<'X'
#!/bin/sh
case $1 in
1) grep VmHWM /proc/$PPID/status ;;
2000) grep VmHWM /proc/$PPID/status; kill $PPID ;;
esac
X
chmod +x look
try "$hob" run -j1 ./look ::: 1
few=$(tr -dc 0-9 <<<"$out")
try "$hob" run -j2 ./look < <(seq 2 100000)
many=$(tr -dc 0-9 <<<"$out")
echo "# peak RSS: $few KiB after one job, $many KiB after 2,000 of 100,000"
if nm "$hob" 2>/dev/null | grep -q '__[at]san_init'; then
	skip 'memory is flat and small' 'a sanitizer has its own'
else
	ok 'memory is flat and small' test "$many" -le 4096 -a "$((many - few))" -le 512
fi

# Signals ----------------------------------------------------------------------------------------------------------
# A script's background processes start with SIGINT ignored.
background() { env --default-signal=INT "$hob" "$@" <&0 & }

# interrupted SIGNAL STATUS WORD
interrupted() {
	local sig=$1 wanted=$2
	rm -f go started-* ended-*
	mkfifo go
	exec 7<>go
	background run -j2 --shell 'echo >started-$1; read -r _ <go; echo >ended-$1; echo "$1"' ::: 1 2 3 4 >out 2>err
	local pid=$!
	until_true test -e started-1 -a -e started-2
	kill -"$sig" $pid
	until_true grep -q 'waiting for 2 running jobs' err
	printf '\n\n' >&7
	wait $pid
	is "$sig: status" $? "$wanted"
	is "$sig: running jobs end, no other starts" "$(sort out | tr '\n' ' ')$(echo started-*)" \
		'1 2 started-1 started-2'
	is "$sig: said in one line" "$(cat err)" "hob run: $3: waiting for 2 running jobs; once more ends them"
	exec 7>&-
	rm go
}
interrupted INT 130 interrupted
interrupted TERM 143 'told to stop'
interrupted HUP 129 'told to stop'

mkfifo never
exec 7<>never
rm -f started-*
background run -j2 bash -c '(echo $BASHPID >>pids; read -r _ <never) &
	echo $$ >>pids; echo >started-$1; read -r _ <never' \
	bash ::: 1 2 3 >out 2>err
pid=$!
until_true test -e started-1 -a -e started-2
kill -INT $pid
until_true grep -q waiting err
kill -INT $pid
wait $pid
is 'SIGINT twice: status' $? 130
is 'SIGINT twice: said' "$(tail -n 1 err)" 'hob run: ending 2 running jobs'
gone() {
	local p
	while read -r p; do
		kill -0 "$p" 2>/dev/null && ! grep -q 'State:.Z' "/proc/$p/status" 2>/dev/null && return 1
	done <pids
	return 0
}
until_true gone
ok 'SIGINT twice: the jobs and their children are gone' gone
exec 7>&-

# What left its job's group and session, and what lost its parents, is of the job all the same.
cat >runaway <<'X2'
#!/bin/bash
trap "" TERM
echo $BASHPID >>pids
setsid bash -c 'trap "" TERM
	(setsid bash -c "trap \"\" TERM; echo \$\$ >>pids; echo >started-\$1; read -r _ <never" bash "$1" &)
	echo $$ >>pids; read -r _ <never' bash "$1" &
until [ -e "started-$1" ]; do read -rt 0.01 <> <(:); done
[ "$2" = ends ] || read -r _ <never
X2
chmod +x runaway
rm -f started-* pids
exec 7<>never
background run -j2 ./runaway ::: 1 2 3 >out 2>err
pid=$!
until_true test -e started-1 -a -e started-2
for word in waiting ending; do
	kill -INT $pid
	until_true grep -q $word err
done
wait $pid
is 'SIGINT twice: status, where jobs have run away' $? 130
ok 'SIGINT twice: descendants with sessions of their own are gone' gone
is 'all of them were there' "$(wc -l <pids)" 6
rm -f started-* pids
"$hob" run -j2 -q --timeout 0.3 ./runaway ::: 1 >out 2>err
is '--timeout: descendants with sessions of their own are gone' "$?-$(wc -l <pids)-$(gone && echo gone)" 1-3-gone
rm -f started-* pids
"$hob" run -j2 -q --halt now,fail=1 --shell 'if [ "$1" = 1 ]; then exec ./runaway 1; fi
	until [ -e started-1 ]; do sleep 0.01; done; false' ::: 1 2 >out 2>err
is '--halt now: descendants with sessions of their own are gone' "$?-$(wc -l <pids)-$(gone && echo gone)" 1-3-gone
exec 7>&-

rm -f started-* pids
exec 7<>never
background run -j1 --shell 'trap "" TERM INT; echo $$ >pids; echo >started-$1
	while :; do read -r _ <never; done' ::: 1 \
	>out 2>err
pid=$!
until_true test -e started-1
for word in waiting ending; do
	kill -TERM $pid
	until_true grep -q $word err
done
kill -TERM $pid
wait $pid
is 'a third signal: status' $? 143
until_true gone
ok 'a third signal: SIGKILL for jobs that ignore SIGTERM' gone
exec 7>&-

ended() { ! kill -0 "$1" 2>/dev/null; } # and reaped

rm -f started-* pids
mkfifo inputs
exec 7<>inputs
echo >&7
background run --shell 'echo $$ >pids; echo >started-1' <inputs >out 2>err
pid=$!
until_true test -e started-1
until_true ended "$(cat pids)"
kill -INT $pid
wait $pid
is 'interrupted while it waits for input' "$?-$(cat err)" '130-'
exec 7>&-

rm -f started-*
mkfifo end
exec 7<>end
background run -j1 --shell 'echo >started-$1; read -r _ <end; echo >ended-$1' ::: 1 2 >out 2>err
pid=$!
until_true test -e started-1
kill -KILL $pid
wait $pid 2>/dev/null
is 'SIGKILL: nothing is left in the folder of temporary files' "$(find "$work" -name 'hob-*' | wc -l)" 0
echo >&7
until_true test -e ended-1
ok 'SIGKILL: the running job ends by itself, the next one is not started' test ! -e started-2
exec 7>&-

# A stop from the terminal reaches the jobs, and so does its end.
rm -f started-* end
mkfifo end
exec 7<>end
background run -j1 --shell 'echo $$ >pids; echo >started-$1; read -r _ <end' ::: 1 >out 2>err
pid=$!
until_true test -e started-1
state() { grep -q "State:.$1" "/proc/$2/status"; }
kill -TSTP $pid
until_true state T $pid
until_true state T "$(cat pids)"
ok 'SIGTSTP stops hob and the job' state T "$(cat pids)"
kill -CONT $pid
until_true state S "$(cat pids)"
echo >&7
wait $pid
is 'SIGCONT goes on' $? 0
exec 7>&-

# On a terminal ----------------------------------------------------------------------------------------------------
if command -v script >/dev/null; then
	script -qec "stty cols 40; '$hob' run -j2 --shell 'echo out; sleep 0.3' ::: 1 2 3 4" /dev/null >tty </dev/null
	ok 'progress on a terminal' grep -q '4 .*running' tty
	longest=$(tr '\r' '\n' <tty | sed 's/\x1b\[K//g' | grep running | awk '{ print length }' | sort -n | tail -n 1)
	ok 'never wider than the terminal' test "$longest" -lt 40
	is 'it gives way to output' "$(tr -d '\r' <tty | sed 's/.*\x1b\[K//' | grep -c '^out$')" 4
	ok 'a summary closes it' grep -q '^hob run: 4 jobs in ' tty
	script -qec "TERM=dumb '$hob' run -j2 sleep ::: 0.2 0.2" /dev/null >tty </dev/null
	ok 'no progress on a dumb terminal' test "$(grep -c running tty)" = 0
	script -qec "'$hob' run -q -j2 sleep ::: 0.2 0.2" /dev/null >tty </dev/null
	is '--quiet is quiet' "$(cat tty)" ''
else
	skip 'progress on a terminal' 'no script(1)'
fi
mkfifo told
exec 7<>told
"$hob" run --progress -j2 --shell '[ $1 = 1 ] || read -r _ <told' ::: 1 2 3 2>log &
until_true grep -q running log
printf '\n\n' >&7
wait $!
ok '--progress for a log: plain lines' grep -Eqx \
	'hob run: 1/3 33%, 2 running \([012] compute, [012] wait\), [0-9.]+/s, [0-9]+ s to go' log
is 'with nothing that a terminal obeys' "$(grep -c '[^[:print:]]' log)" 0
exec 7>&-
seq 2000 >list
"$hob" run --progress -j1 --shell 'if [ $1 = 400 ]; then read -r _ <told; fi' <list 2>log &
exec 7<>told
until_true grep -q '399 done' log
echo >&7
wait $!
ok 'and of a list whose length is not known, by bytes' grep -Eq '^hob run: 399 done, (1[5-9]|2[0-5])%, 1 running' log
exec 7>&-
try "$hob" run --summary -j3 true ::: 1 2 3
ok '--summary' grep -Eqx \
	'hob run: 3 jobs in [0-9.]+ s; they .* \([0-9]+% computing(, mostly on [a-z ]+)?\); up to [123] at once, as'\
' told by --jobs(; estimated: -j1 [0-9.]+ s(, -j[0-9]+ [0-9.]+ s)?)?' .err
finish
