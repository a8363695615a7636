#!/bin/bash
# How many at once: what is remembered, what it is told while it runs, what it says of its decisions.
. "$(dirname "$0")/lib.sh"
export XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work/rt
mkdir rt
limits=$work/state/hob/limits

# Remembering ------------------------------------------------------------------------------------------------------
try "$hob" run --shell 'sleep 0.01' ::: 1 2 3
ok 'a few jobs teach nothing' test ! -e "$limits"
try "$hob" run --forget --shell 'sleep 0.05' ::: $(seq 20)
ok '--forget keeps nothing' test ! -e "$limits"
try "$hob" run --shell 'sleep 0.05' ::: $(seq 20)
is 'what a pile settled at is kept' "$(wc -l <"$limits")-$err-$status" '1--0'
is 'for its user alone' "$(stat -c %a "$work/state/hob")" 700
try "$hob" run --explain --shell 'sleep 0.05' ::: $(seq 20)
ok 'and used' grep -q 'an earlier run settled at [0-9]' <<<"$err"
is 'one line for each command' "$(wc -l <"$limits")" 1
try "$hob" run --explain --forget --shell 'sleep 0.05' ::: $(seq 20)
ok 'but not with --forget' test -z "$(grep 'earlier run' <<<"$err")"
good=$(cat "$limits")
printf '%s\n' "${good%?}x" 'garbage' $'\e[31m' "${good:0:20}" "$good" >"$limits"
head -c 5000 /dev/urandom >>"$limits"
try "$hob" run --explain --shell 'sleep 0.05' ::: $(seq 20)
ok 'a damaged file: what is whole is used' grep -q 'an earlier run' <<<"$err"
ok 'and the rest is dropped' test "$(wc -l <"$limits")" = 1
printf '%s\n' "${good%?}x" >"$limits"
try "$hob" run --explain --shell 'sleep 0.05' ::: $(seq 20)
is 'a line that was changed is not believed' "$(grep -c 'earlier run' <<<"$err")-$status" '0-0'
for i in 1 2 3 4 5 6; do
	"$hob" run --shell "sleep 0.01; : $i" ::: $(seq 10) &
done
wait
is 'runs at the same time keep theirs, all of them' "$(grep -c . "$limits")" 7
XDG_STATE_HOME=/dev/null try "$hob" run --shell 'sleep 0.01' ::: $(seq 10)
is 'where nothing can be kept it runs all the same' "$err-$status" '-0'

# While it runs ----------------------------------------------------------------------------------------------------
refused() { is "$1" "$err-$status" "$2"; }
try "$hob" run --set 4
refused 'nobody to tell' 'hob run: --set: no hob run of yours is running-2'
try "$hob" run --set 4 0x
refused 'no process id' 'hob run: --set: 0x is no process id-2'
try "$hob" run --set 4 1
refused 'not a hob' 'hob run: --set: no hob run of yours is process 1-2'
try "$hob" run --set no
refused 'a bad word' "hob run: --set takes a number, auto, min=N or max=N, not no; try 'hob run --help'-2"
mkfifo go
exec 3<>go
"$hob" run --forget --explain -j1 --shell 'read -r _ <go' ::: $(seq 40) 2>said &
pid=$!
until_true test -S "rt/hob/$pid"
is 'its socket is private' "$(stat -c %a rt/hob)" 700
try "$hob" run --set 7
is '--set N' "$out-$err-$status" '7 at once--0'
running() { test "$(pgrep -P "$pid" | wc -l)" = "$1"; }
until_true running 7
ok 'and so many run' running 7
try "$hob" run --set 9 $pid
is 'by its process id' "$out-$status" '9 at once-0'
kill -USR1 $pid
until_true grep -q -- '-> 10 at once: as told' said
kill -USR2 $pid
until_true grep -q '10 -> 9 at once: as told' said
ok 'SIGUSR1 and SIGUSR2: one more, one fewer' grep -q '10 -> 9' said
try "$hob" run --set max=3
is '--set max=N' "$out" '3 at once'
try "$hob" run --set auto
ok '--set auto' test "$status" = 0
yes | head -40 >go
wait $pid
is 'it ends well' $? 0
ok 'and leaves no socket' test -z "$(ls rt/hob)"
chmod 755 rt/hob
"$hob" run --forget -j1 --shell 'read -r _ <go' ::: 1 &
pid=$!
try "$hob" run --set 4 $pid
is 'a folder that others can reach is not used' "$status" 2
echo >go
wait $pid

# The closing line ---------------------------------------------------------------------------------------------------
try "$hob" run --forget --summary --shell 'sleep 0.05' ::: $(seq 12)
ok 'says what they waited for, and what fixed numbers would have cost' \
	grep -Eq '12 jobs in .* they waited .*computing.*estimated: -j1 [0-9.]+ s' <<<"$err"
finish
