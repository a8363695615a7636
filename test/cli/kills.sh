#!/bin/bash
# SIGKILL at any moment: no finished job is lost, and none that the log has is repeated. KILLS=500 TEST_SEED=...
# test/cli/kills.sh build/release/cli/hob is the long form.
. "$(dirname "$0")/lib.sh"

kills=${KILLS:-40}
seed=${TEST_SEED:-$((SRANDOM % 100000))}
RANDOM=$seed
echo "# TEST_SEED=$seed"
seq $((kills * 80)) >list
cat >job <<'X2'
#!/bin/sh
echo "$1" >>ran
echo "$1"
X2
chmod +x job
: >ran >out >known

logged() { sed 1d log 2>/dev/null | awk -F '\t' 'NF == 12 { print $1 }' | sort; }

repeated=0 killed=0 runs=0
while :; do
	before=$(wc -l <ran)
	how=(--joblog log --resume --joblog-sync "$( ((RANDOM % 4)) && echo never || echo always)")
	((RANDOM % 3)) || how+=(-k)
	{
		timeout -s KILL "0.$(printf %03d $((RANDOM % 60 + 2)))" "$hob" run "${how[@]}" -j3 -a list ./job \
			>>out 2>err
		status=$?
	} 2>/dev/null # bash would tell of each kill
	runs=$((runs + 1))
	# What this run has started may only be what no earlier record names.
	repeated=$((repeated + $(tail -n +$((before + 1)) ran | sort | comm -12 - known | wc -l)))
	[ $status = 137 ] && killed=$((killed + 1))
	[ $status = 137 ] || break
	[ $killed -ge "$kills" ] && break
	logged >known
done
echo "# $runs runs, $killed killed"
"$hob" run --joblog log --resume -a list ./job >>out 2>err
is "the last run ends well (TEST_SEED=$seed)" "$?-$(cat err)" '0-'
is 'every job has run' "$(sort -nu ran | md5sum)" "$(md5sum <list | cat)"
is 'and its output was printed' "$(sort -nu out | md5sum)" "$(md5sum <list | cat)"
is 'the log has each of them, once' "$(logged | sort -n | md5sum)" "$(md5sum <list | cat)"
is 'none that the log had was repeated' "$repeated" 0
rm -f ran
"$hob" run --joblog log --resume -a list ./job >again 2>err
is 'nothing is left to do' "$?-$(cat again err)-$(ls ran 2>/dev/null)" '0--'
finish
