#!/bin/bash
# Ways to print, keep and tell what jobs do: lines, raw, --results, --json, --timeline.
. "$(dirname "$0")/lib.sh"

# Lines and raw ------------------------------------------------------------------------------------------------------
mkfifo a-goes b-goes
exec 8<>a-goes 9<>b-goes
cat >turns <<'X2'
#!/bin/bash
# Two jobs write parts of lines in turns.
mine=$1-goes; [ "$1" = a ] && theirs=b-goes || theirs=a-goes
[ "$1" = a ] && echo >a-goes
for i in 1 2 3; do
	read -r _ <"$mine"; printf '%s%s-' "$1" "$i"; echo >"$theirs"
	read -r _ <"$mine"; printf 'end\n'; echo >"$theirs"
done
printf last
X2
chmod +x turns
try "$hob" run -j2 --line-buffer --tag ./turns ::: a b
is '--line-buffer: lines are whole' "$(sort <<<"$out" | tr '\t\n' ' |')" \
	'a a1-end|a a2-end|a a3-end|a last|b b1-end|b b2-end|b b3-end|b last|'
ok 'and come as they are written' test "$(cut -c1 <<<"$out" | uniq | wc -l)" -gt 2
exec 8>&- 9>&-
long='head -c 3000000 /dev/zero | tr "\0" "$1"; echo; head -c 100000 /dev/zero | tr "\0" "$1" >&2; echo >&2'
"$hob" run -j3 --line-buffer --shell "$long" ::: a b c d >out 2>err
is '--line-buffer: however long they are' \
	"$(wc -lc <out | tr -s ' ')$(cut -c1,1500000,3000000 out | sort | tr '\n' ' ')" \
	' 4 12000004aaa bbb ccc ddd '
is 'on standard error too' "$(wc -lc <err | tr -s ' ')$(cut -c1,100000 err | sort | tr '\n' ' ')" \
	' 4 400004aa bb cc dd '
try "$hob" run -j1 --line-buffer --shell 'yes & echo $1' ::: 1
ok '--line-buffer: what a descendant writes does not hold the job up' grep -qx 1 .out
pkill -P 1 -x yes 2>/dev/null || :
try "$hob" run -j2 --line-buffer --joblog log --shell 'seq 100; exit $1' ::: 0 3
is '--line-buffer: exit status and bytes' "$(sed 1d log | sort -n | cut -f 6,7 | tr '\t\n' ' |')-$(wc -l <<<"$out")" \
	'292 0|292 3|-200'
try "$hob" run -j1 --ungroup --shell 'echo $1; readlink /proc/self/fd/1' ::: 1 2
is '--ungroup: they have our output itself' "$(tr '\n' ' ' <<<"$out")" "1 $work/.out 2 $work/.out "
try "$hob" run -j1 -u --group echo ::: 1
is '--group undoes it' "$out" 1

# Results ------------------------------------------------------------------------------------------------------------
try "$hob" run -j1 --results res --shell 'echo out $1; echo err $1 >&2; exit $1' ::: 0 3 ::: x
is '--results: a folder for each' "$(find res -type f | sort | tr '\n' ' ')" \
	'res/1/0/2/x/seq res/1/0/2/x/stderr res/1/0/2/x/stdout res/1/3/2/x/seq res/1/3/2/x/stderr res/1/3/2/x/stdout '
is 'with what it wrote' "$(cat res/1/3/2/x/{stdout,stderr,seq})" $'out 3\nerr 3\n2'
is 'which is printed, too' "$out|${err%%hob*}" $'out 0\nout 3|err 0\nerr 3\n'
try "$hob" run -j1 --results res2 --header : echo ::: name ../../x . .. '' a\\b \
	"$(head -c 1000 /dev/zero | tr '\0' n)1" \
	"$(head -c 1000 /dev/zero | tr '\0' n)2"
is 'names with slashes, dots and of any length stay inside' \
	"$(find res2 -name stdout | sed "s/nnn*~/N~/;s/~[0-9a-f]*/~D/" | LC_ALL=C sort | tr '\n' ' ')" \
	'res2/name/..\_..\_x/stdout res2/name/N~D/stdout res2/name/N~D/stdout res2/name/\../stdout '"\
res2/name/\\./stdout res2/name/\\/stdout res2/name/a\\\\b/stdout "
: >file
try "$hob" run --results file/x echo ::: 1
is 'where no folder can be made' "$status-$err" '3-hob run: no file for the output: Not a directory: echo 1'
if unshare -rm true 2>/dev/null; then
	mkdir small
	try unshare -rm bash -c 'mount -t tmpfs -o size=256k small small && cd small &&
		"$0" run -j1 --results r --joblog ../full --shell "head -c 100000 /dev/zero; true" \
			< <(seq 20) >/dev/null
		' "$hob"
	is 'a disk that fills: a stop' "$status-$(grep -o 'hob run: no space.*started' <<<"$err")" \
		'3-hob run: no space left for the output of jobs in r; no more are started'
	is 'whose job is not in the log' "$(sed 1d full | wc -l)" 2
	try unshare -rm bash -c 'mount -t tmpfs -o size=64k small small && cd small && TMPDIR=$PWD &&
		{ head -c 100000 /dev/zero >ballast
		"$0" run --joblog ../full2 --shell "echo refused; true" ::: 1; }' "$hob"
	is 'nor one that could not write its first byte' \
		"$status-$(grep -o 'hob run: no space.*started' <<<"$err")-$(sed 1d full2)" \
		'3-hob run: no space left for the output of jobs; no more are started-'
else
	skip 'a disk that fills: a stop' 'no mount namespaces'
fi

# Events -------------------------------------------------------------------------------------------------------------
events() { python3 -c '
import json, sys
for line in open(sys.argv[1]):
    e = json.loads(line)
    print(*[e.get(k) for k in sys.argv[2:]])' "$@"; }
try "$hob" run -j1 --halt soon,fail=9 --json --shell 'printf "\n\"ä\xff"; echo e >&2; exit $1' ::: 0 3
is '--json: what happens' \
	"$(events .out event job ok exit stream data | grep -v '^[a-z]* 1' | sed 's/ $//')" \
	'begin None None None None None
"ä\xff

start 2 None None None None
output 2 None None stdout
"ä\xff
output 2 None None stderr e

end 2 False 3 None None
done None None None None None'
try "$hob" run -j1 --json=events --retries 2 --shell 'echo $1; exit $1' ::: 1
is '--json=FILE: output stays what it is' "$out" 1
is 'tries' "$(events events event try ok command input | tail -n +2 | tr '\n' '|')" \
	"start 1 None ['sh', '-c', 'echo \$1; exit \$1', 'sh', '1'] ['1']|retry 1 False None None|start 2 None ['sh', \
'-c', 'echo \$1; exit \$1', 'sh', '1'] ['1']|end 2 False None None|done None None None None|"
try "$hob" run -j3 --json --shell 'yes "äöü $1" | head -n 20000' ::: 1 2 3
is '--json: large outputs in pieces of whole characters' \
	"$(events .out event data | grep -c '�')-$(grep -c '"output"' .out)" "0-$(grep -c '"output"' .out)"
is 'all of them' "$(python3 -c '
import json
d = {}
for line in open(".out"):
    e = json.loads(line)
    if e["event"] == "output":
        d[e["job"]] = d.get(e["job"], "") + e["data"]
print(sorted(v == f"äöü {k}\n" * 20000 for k, v in d.items()))')" '[True, True, True]'
try "$hob" run --json=missing/x true ::: 1
is 'a file that cannot be made' "$status-$err" '2-hob run: cannot write missing/x: No such file or directory'
if [ -w /dev/full ]; then
	try "$hob" run --json=/dev/full true ::: 1
	is 'a full disk' "$status-$err" '3-hob run: cannot write to /dev/full: No space left on device'
fi
"$hob" run -j2 --json true < <(seq 3000) 2>err | head -n 3 >/dev/null
is 'a reader that leaves' "${PIPESTATUS[0]}-$(cat err)" 141-

# The timeline -------------------------------------------------------------------------------------------------------
try "$hob" run -q -j2 --timeline t.svg --shell 'sleep 0.05; exit $1' ::: 0 3 '<&">'
is '--timeline: a well-formed picture of every job' "$(python3 -c '
import xml.etree.ElementTree as e
t = e.parse("t.svg").getroot()
s = "{http://www.w3.org/2000/svg}"
print(t.tag == s + "svg", len([x for x in t.iter(s + "title") if x.text.startswith("job ")]),
      len([x for x in t.iter(s + "rect") if x.get("class") == "f" and len(x)]))')" 'True 3 2'
ok 'that needs nothing else' test "$(grep -cE 'href|url\(|<script|@import' t.svg)" = 0
"$hob" run -q --timeline many.svg true < <(seq 5000)
ok 'of many jobs, joined' test "$(wc -c <many.svg)" -lt 1500000
try "$hob" run -q --timeline missing/t.svg true ::: 1
is 'a picture that cannot be drawn' "$status-$err" '3-hob run: cannot draw missing/t.svg: No such file or directory'

# Secrets of the environment are nowhere -------------------------------------------------------------------------------
try env SECRET=hunter2 "$hob" run -j2 --json=e --timeline t.svg --joblog l --results r --tag --summary \
	--shell 'exit 3' ::: 1
ok 'no secret of the environment is told' test "$(cat e t.svg l .out .err $(find r -type f) | grep -c hunter2)" = 0
finish
