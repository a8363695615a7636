#!/bin/bash
# What jobs get and what becomes of their output: {} and inputs, grouping, exit status, odd names.
. "$(dirname "$0")/lib.sh"

sorted() { sort <<<"$out"; }

# Inputs -----------------------------------------------------------------------------------------------------------
try "$hob" run -j1 echo ::: a b c
is 'inputs behind :::' "$out" $'a\nb\nc'
try "$hob" run -j1 echo '<{}>' 'x{}y{}z' ::: a b
is '{} anywhere, and more than once' "$out" $'<a> xayaz\n<b> xbybz'
try "$hob" run -j1 echo < <(printf 'a\n\nb c\nlast')
is 'lines of stdin; an empty one is an empty input; the last may lack its newline' "$out" $'a\n\nb c\nlast'
printf 'one\ntwo\n' >list
try "$hob" run -j1 -a list echo
is '--arg-file' "$out" $'one\ntwo'
try "$hob" run -j1 --arg-file=list --jobs=1 echo '{}.'
is 'long options' "$out" $'one.\ntwo.'
try "$hob" run -j1 -0 printf '[%s]' < <(printf 'a\nb\0 c \0\0d')
is '--null: newlines and blanks are data' "$out" $'[a\nb][ c ][][d]'
try "$hob" run -j1 echo -n {} ::: a
is 'options behind COMMAND are its own' "$out" a
try "$hob" run -j1 -- echo -j ::: a
is '-- ends the options' "$out" '-j a'
try "$hob" run echo :::
is 'no inputs: nothing to do' "$out-$err-$status" "--0"
try "$hob" run echo </dev/null
is 'an empty list: nothing to do' "$out-$err-$status" "--0"
odd=$'-n\n--\n\'\n"\n$(touch bad)\n`touch bad`\n;touch bad\n*\n\\\n~\n \n\e[31m\n\xff\xfe\nä\u202e'
try "$hob" run -j1 printf '%s\n' x{} <<<"$odd"
is 'odd inputs arrive as they are' "$out" "x${odd//$'\n'/$'\n'x}"
ok 'and none of them is obeyed' test ! -e bad
try "$hob" run '{}' hello ::: echo /bin/echo
is 'the command itself may be the input' "$(sorted)" $'hello\nhello'
try "$hob" run -j1 '{}' hello ::: echo ./missing
is 'where it does not exist the job fails' "$out|$err|$status" \
	'hello|hob run: cannot start: No such file or directory: ./missing hello|1'
long=$(head -c 131071 /dev/zero | tr '\0' a)
try "$hob" run printf '%s' <<<"$long"
is 'the longest argument there is' "${#out}-$err-$status" '131071--0'
try "$hob" run -j1 echo 'x{}' <<<"$long"
is 'one byte more is refused by the kernel' "$status-${err:0:49}" '1-hob run: cannot start: Argument list too long: ec'
ok 'and shown cut' test "${#err}" -lt 700
try "$hob" run -j4 --shell 'test "$1" != 5000' <<<"$(seq 10000)"
is '10,000 inputs, of which one fails' "$err-$status" "hob run: exit 1: sh -c 'test \"\$1\" != 5000' sh 5000-1"

# Sources, columns, replacement strings; parallel.sh has more ----------------------------------------------------------
try "$hob" run -j1 -a - echo {1}:{2} ::: 1 2 < <(printf 'a\nb\n')
is 'standard input beside :::' "$out" $'a:1\na:2\nb:1\nb:2'
try "$hob" run -j1 echo {1}:{2} ::: 1 2 :::: - < <(printf 'a\nb\n')
is 'standard input again and again' "$out" $'1:a\n1:b\n2:a\n2:b'
try "$hob" run -j1 --csv --header : printf '<%s>' {name} {no.} < <(printf 'no,name\r\n1.x,"a ""b"", c\nd"\r\n2,e\n')
is '--csv --header: quoted separators, quotes and newlines' "$out" '<a "b", c
d><1><e><2>'
try "$hob" run -j1 --csv -C ';' echo {2} ::: 'a;b,c'
is '--csv --colsep' "$out" b,c
try "$hob" run -j1 -X echo x{} < <(seq 100000)
is '-X: few command lines' "$(wc -l <<<"$out")-$(tr -d ' x\n' <<<"$out" | md5sum)" \
	"5-$(seq 100000 | tr -d '\n' | md5sum)"
try "$hob" run -j1 --shell 'echo {.} {#} "{/.}" "$1"' ::: "a 'b/c d.e"
is '--shell: other replacement strings are data too' "$out" "a 'b/c d 1 c d a 'b/c d.e"
try "$hob" run -j1 --shell 'printf "[%s]" {} "{}"' ::: 'a  b' ::: '$(touch bad)'
is '--shell: several inputs' "$out" '[a  b][$(touch bad)][a  b $(touch bad)]'
ok 'and they stay data' test ! -e bad
try "$hob" run echo {1} < <(seq 3; echo; yes '' | head -c 200000 | tr '\n' x)
is 'bad input after some jobs' "$status-$err" \
	'3-hob run: standard input: input 5 is longer than 131071 bytes, the most an argument can hold'

# --shell ----------------------------------------------------------------------------------------------------------
try "$hob" run -j1 --shell 'printf "%s|" "$1" {} "a{}b" x{}y; echo' ::: 'a  b' '$(touch bad)' '"; touch bad; "'
is '--shell: the input is data' "$out" 'a  b|a  b|aa  bb|xa  by|
$(touch bad)|$(touch bad)|a$(touch bad)b|x$(touch bad)y|
"; touch bad; "|"; touch bad; "|a"; touch bad; "b|x"; touch bad; "y|'
ok 'and never a part of the script' test ! -e bad
try "$hob" run --shell 'echo \"{}\" \'\''{}' ::: 'a b'
is '--shell: an escaped quote is none' "$out" "\"a b\" 'a b"
try "$hob" run -j1 --shell 'echo x' ::: 1 2
is '--shell: a script may do without its input' "$out" $'x\nx'

# --dry-run --------------------------------------------------------------------------------------------------------
try "$hob" run --dry-run touch bad '{}' ::: 'a b' "it's" $'\e[31mred\n' '' $'\xff' 'ä' plain
is '--dry-run prints what could be run' "$out" "touch bad 'a b'
touch bad \$'it\\'s'
touch bad \$'\\e[31mred\\n'
touch bad ''
touch bad \$'\\377'
touch bad 'ä'
touch bad plain"
ok '--dry-run runs nothing' test ! -e bad
inputs=('a b' "it's" $'x\ny\t\e\a\x7f' '' $'\xff\xc2\x80' '$HOME' '!' '\')
try "$hob" run --dry-run printf '<%s>' '{}' ::: "${inputs[@]}"
is 'and bash understands it' "$(bash -c "$out" | od -c)" "$(printf '<%s>' "${inputs[@]}" | od -c)"
try "$hob" run --dry-run --shell 'echo "$1"' ::: "a'b"
is '--dry-run shows the shell' "$out" "sh -c 'echo \"\$1\"' sh \$'a\\'b'"
try "$hob" run --dry-run echo < <(printf 'a\0\n')
is '--dry-run finds bad input too' "$status" 2

# Output -----------------------------------------------------------------------------------------------------------
# Two jobs write in turns, each letting the other go on: what either says must stay in one piece.
mkfifo ping pong
cat >taker <<'X'
#!/bin/bash
[ "$1" = a ] && { mine=ping theirs=pong; } || { mine=pong theirs=ping; }
exec 3<>ping 4<>pong
[ "$1" = a ] && echo >ping
for i in 1 2 3 4 5; do
	read -r _ <"$mine"
	printf '%s%s' "$1" "$i"; printf '%s%s\n' "$1" "$i" >&2
	echo >"$theirs"
done
echo
X
chmod +x taker
exec 8<>ping 9<>pong
try "$hob" run -j2 ./taker ::: a b
exec 8>&- 9>&-
is 'output of jobs that take turns is not mixed' "$(sorted)" $'a1a2a3a4a5\nb1b2b3b4b5'
is 'nor their stderr' "$(sort <<<"$err" | tr '\n' ' ')" 'a1 a2 a3 a4 a5 b1 b2 b3 b4 b5 '
ok 'each in one piece' test "$(cut -c1 <<<"$err" | uniq | wc -l)" = 2
try "$hob" run -j2 --shell 'if [ "$1" = first ]; then until grep -q second .out; do sleep 0.01; done; fi; echo "$1"' \
	::: first second
is 'printed in the order of ending' "$out" $'second\nfirst'
try "$hob" run -j1 printf '%s' ::: a b
is 'a missing newline is not added' "$out" ab
try "$hob" run -j1 --shell 'printf half >&2; exit 3' ::: a
is 'but our own lines start on a line' "$err" $'half\nhob run: exit 3: sh -c \'printf half >&2; exit 3\' sh a'
"$hob" run -j4 --shell 'head -c 3000000 /dev/zero | tr "\0" "$1"' ::: a b c d e f >big
is 'large outputs: all of it' "$(wc -c <big)" 18000000
is 'large outputs: in one piece each' "$(fold -w 3000000 big | cut -c1,1500000,3000000 | sort | tr '\n' ' ')" \
	'aaa bbb ccc ddd eee fff '
"$hob" run -j4 --shell 'head -c 3000000 /dev/zero | tr "\0" "$1"' ::: a b c d e f | cat >big2
is 'the same through a pipe' "$(fold -w 3000000 big2 | sort | md5sum)" "$(fold -w 3000000 big | sort | md5sum)"
: >appended
"$hob" run -j4 --shell 'head -c 300000 /dev/zero | tr "\0" "$1"' ::: a b >>appended
is 'the same to a file open for appending' "$(wc -c <appended)" 600000
head -c 100000 /dev/urandom >random
"$hob" run -j1 cat ::: random random >twice
is 'bytes are bytes' "$(md5sum <twice)" "$(cat random random | md5sum)"
try "$hob" run -j2 --shell 'echo "$1"' <<<"$(seq 3000)"
is '3,000 outputs' "$(sort -n <<<"$out" | md5sum)" "$(seq 3000 | md5sum)"

# A descendant that outlives its job writes late: not into the output of a later job.
mkfifo late said
cat >leaves <<'X'
#!/bin/bash
if [ "$1" = 1 ]; then
	(setsid bash -c 'read -r _ <late; echo LATE; echo LATE >&2; exec >&- 2>&-; echo x >said' &)
elif [ "$1" = 2 ]; then
	echo x >late
	read -r _ <said
fi
echo "job $1"
X
chmod +x leaves
try "$hob" run -j1 ./leaves ::: 1 2 3
is 'what a descendant says after its job ended reaches no other job' "$out$err" $'job 1\njob 2\njob 3'

# Exit status ------------------------------------------------------------------------------------------------------
try "$hob" run -j1 --shell 'exit "$1"' ::: 0 0
is 'all succeeded' "$err-$status" '-0'
try "$hob" run -j1 --shell 'exit "$1"' ::: 0 3 0 255
is 'failing jobs are named' "$err-$status" "hob run: exit 3: sh -c 'exit \"\$1\"' sh 3
hob run: exit 255: sh -c 'exit \"\$1\"' sh 255-1"
try "$hob" run --shell 'kill -SEGV $$' ::: a
is 'a signal is named' "$err-$status" "hob run: killed by SIGSEGV: sh -c 'kill -SEGV \$\$' sh a-1"
try "$hob" run -q --shell 'exit 3' ::: a
is '--quiet names none' "$err-$status" '-1'
try "$hob" run false ::: $'\e]0;x\a' $'a\nb' $'\xe2\x80\xaeabc' $'\xc2\x9b31m'
is 'names with escapes are made harmless' "$(sort <<<"$err")" 'hob run: exit 1: false $'\''\302\23331m'\''
hob run: exit 1: false $'\''\342\200\256abc'\''
hob run: exit 1: false $'\''\e]0;x\a'\''
hob run: exit 1: false $'\''a\nb'\'
printf 'echo "$1-$2"\n' >bare
chmod +x bare
try "$hob" run ./bare x ::: a
is 'a script without #! is run by sh, as execvp does' "$out-$status" 'x-a-0'

# What jobs inherit --------------------------------------------------------------------------------------------------
try "$hob" run -j1 ls ::: /proc/self/fd
is 'jobs have the descriptors that we were given, none of ours' \
	"$(tr '\n' ' ' <<<"$out")" "$(ls /proc/self/fd | tr '\n' ' ')"
try "$hob" run -j1 --shell 'readlink /proc/self/fd/0' ::: a
is 'their stdin is /dev/null' "$out" /dev/null
signals='/SigBlk/ { print $2 } /SigIgn/ { print substr($2, 10) }' # glibc ignores its own 32 and 33 in children
try "$hob" run awk "$signals" ::: /proc/self/status
is 'their signals are as ours were' "$out" "$(awk "$signals" /proc/self/status)"
try bash -c 'trap "" HUP CHLD; exec "$0" run sh -c "grep SigIgn /proc/self/status" ::: a' "$hob"
is 'what was ignored stays ignored' "$(( 0x${out##*[[:space:]]} & 1 ))" 1
try "$hob" run -j2 --shell 'ps -o pgid= -p $$ | tr -d " "; echo $$' ::: a
is 'each in a process group of its own' "$(uniq <<<"$out" | wc -l)" 1
try env -i PATH="$PATH" X=1 "$hob" run env ::: Y=2
is 'the environment is handed on, and GNU parallel'\''s variables' \
	"$(grep -v '^_=' <<<"$out" | grep -v ^PATH= | sed 's/PID=[0-9]*$/PID=N/' | sort | tr '\n' ' ')" \
	'PARALLEL_JOBSLOT=1 PARALLEL_PID=N PARALLEL_SEQ=1 X=1 Y=2 '
ok 'no file is left behind' test -z "$(find "$work" -name 'hob-*')"
finish
