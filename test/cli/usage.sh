#!/bin/bash
# Bad usage and bad input: one clear line, the documented status, and nothing run.
. "$(dirname "$0")/lib.sh"

mkdir bin
printf '#!/bin/sh\ntouch "%s/ran"\n' "$work" >bin/job
chmod +x bin/job
PATH=$work/bin:$PATH

# refused STATUS LINE COMMAND...
refused() {
	rm -f ran
	answers "$@"
	shift 2
	is "output of: ${*:2}" "$out" ""
	ok "nothing is run by: ${*:2}" test ! -e ran
}

help="; try 'hob run --help'"
refused 2 "hob: no command given; try 'hob help'" "$hob"
refused 2 "hob: unknown command 'jump'; the commands are run, why, top, dump, lab, help, version" "$hob" jump
refused 2 "hob: unknown command '?[31m'; the commands are run, why, top, dump, lab, help, version" "$hob" $'\e[31m'
refused 2 "hob: unknown command 'jump'; the commands are run, why, top, dump, lab, help, version" "$hob" help jump
refused 2 "hob version: unexpected argument 'x'" "$hob" version x
refused 2 "hob lab: unknown or incomplete option; try 'hob lab --help'" "$hob" lab --jump
refused 2 "hob lab: it takes options alone; try 'hob lab --help'" "$hob" lab cook
refused 2 "hob lab: --only: there is no experiment of that name; 'hob lab --list' names them" \
	"$hob" lab --only=cook,jump
refused 2 "hob lab: cannot write ./: Is a directory" "$hob" lab --html=./ --only=cook
refused 2 "hob run: no command given$help" "$hob" run
refused 2 "hob run: no command given$help" "$hob" run ::: a b
refused 2 "hob run: no command given$help" "$hob" run -j 3 --
refused 2 "hob run: unknown option --jump$help" "$hob" run --jump job ::: a
refused 2 "hob run: unknown option -J$help" "$hob" run -J 3 job ::: a
refused 2 "hob run: missing value of option --jobs$help" "$hob" run -j
refused 2 "hob run: missing value of option --jobs$help" "$hob" run --jobs
refused 2 "hob run: no value is taken by option --quiet$help" "$hob" run --quiet=1 job ::: a
refused 2 "hob run: unknown option -Z$help" "$hob" run --quiet -qZ job ::: a
refused 2 "hob run: unknown option --s$help" "$hob" run --s job ::: a
refused 2 "hob run: --jobs takes a number from 1 to 1000000, not 0$help" "$hob" run -j 0 job ::: a
refused 2 "hob run: --jobs takes a number from 1 to 1000000, not -1$help" "$hob" run -j -1 job ::: a
refused 2 "hob run: --jobs takes a number from 1 to 1000000, not 3x$help" "$hob" run -j3x job ::: a
refused 2 "hob run: --jobs takes a number from 1 to 1000000, not ''$help" "$hob" run --jobs= job ::: a
refused 2 "hob run: --jobs takes a number from 1 to 1000000, not 99999999999999999999$help" \
	"$hob" run -j 99999999999999999999 job ::: a
refused 2 "hob run: --jobs takes a number from 1 to 1000000, not \$'\\e[2J'$help" "$hob" run -j $'\e[2J' job ::: a
refused 2 "hob run: --min takes a number from 1 to 1000000, not x$help" "$hob" run --min x job ::: a
refused 2 "hob run: --max takes a number from 1 to 1000000, not 0$help" "$hob" run --max=0 job ::: a
refused 2 "hob run: --min is above --max$help" "$hob" run --max=3 --min 4 job ::: a
refused 2 "hob run: --jobs leaves nothing to choose; not with --min or --max$help" "$hob" run -j4 --min 4 job ::: a
refused 2 "hob run: nothing to link to before :::+$help" "$hob" run job :::+ a
refused 2 "hob run: no file given behind ::::$help" "$hob" run job :::: ::: a
refused 2 "hob run: cannot read missing: No such file or directory" "$hob" run job ::: a :::: missing
refused 2 "hob run: --colsep takes a regular expression, not 'a('$help" "$hob" run -C 'a(' job ::: a
refused 2 "hob run: --csv takes one character as its --colsep, not ab$help" "$hob" run --csv -C ab job ::: a
refused 2 "hob run: --delimiter takes one to 15 characters, not ''$help" "$hob" run -d '' job ::: a
refused 2 "hob run: --delimiter takes one to 15 characters, not '\\q'$help" "$hob" run -d '\q' job ::: a
refused 2 "hob run: --header takes ':', not x$help" "$hob" run --header x job ::: a
refused 2 "hob run: --max-args takes a number from 0 to 1000000, not x$help" "$hob" run -n x job ::: a
refused 2 "hob run: --max-chars takes a number from 1 to 131071, not 0$help" "$hob" run -X -s 0 job ::: a
refused 2 "hob run: --replace takes a text, not ''$help" "$hob" run -I '' job ::: a
time='a time, as 90, 2.5m or 1h30m'
for option in "--timeout 0" "--timeout x" "--timeout 100%" "--timeout 5x"; do
	refused 2 "hob run: --timeout takes $time, or more than 100% of the median, as 300%, not ${option#* }$help" \
		"$hob" run $option job ::: a
done
for value in -1 "" 5mm x; do
	case $value in '') shown="''" ;; *) shown=$value ;; esac
	refused 2 "hob run: --delay takes $time, not $shown$help" "$hob" run --delay "$value" job ::: a
done
for value in maybe now now,fail now,fail=0 now,fail=101% soon,fail=1x later,fail=1 3; do
	refused 2 "hob run: --halt takes never, or now or soon and a condition, as now,fail=1 or soon,success=50%, not \
$value$help" "$hob" run --halt "$value" job ::: a
done
refused 2 "hob run: --retries takes a number from 1 to 1000, not 0$help" "$hob" run --retries 0 job ::: a
refused 2 "hob run: --nice takes a number from 0 to 19, not 20$help" "$hob" run --nice 20 job ::: a
refused 2 "hob run: --joblog-sync takes batch, always or never, not often$help" \
	"$hob" run --joblog-sync often job ::: a
refused 2 "hob run: --resume goes by a --joblog, and none is given$help" "$hob" run --resume job ::: a
refused 127 "hob run: jump: command not found" "$hob" run --header : jump ::: a
refused 2 "hob run: --shell takes the script as one word; not expected: 'a  b'$help" \
	"$hob" run --shell job 'a  b' ::: a
refused 2 "hob run: --shell: a {} in single quotes stays as it is; write \"\$1\" outside of them" \
	"$hob" run --shell "job '{}'" ::: a
refused 127 "hob run: jump: command not found" "$hob" run jump ::: a
refused 127 "hob run: ./jump: command not found" "$hob" run ./jump ::: a
refused 127 "hob run: '': command not found" "$hob" run '' ::: a
refused 127 "hob run: 'job a | b': command not found; for a script, use --shell" "$hob" run 'job a | b' ::: a
refused 127 "hob run: jump: command not found" "$hob" run --dry-run jump ::: a
refused 126 "hob run: ./: not executable" "$hob" run ./ ::: a
echo text >text
refused 126 "hob run: ./text: not executable" "$hob" run ./text ::: a
cp text bin/plain
refused 126 "hob run: plain: not executable" "$hob" run plain ::: a
refused 2 "hob run: cannot read missing: No such file or directory" "$hob" run -a missing job
refused 2 "hob run: cannot read .: Is a directory" "$hob" run -a . job
refused 2 "hob run: cannot read standard input: Is a directory" "$hob" run job <.
refused 2 "hob run: cannot read standard input: Bad file descriptor" "$hob" run job <&-
refused 2 "hob run: standard input: input 1 has a NUL byte, which no argument can hold; did you mean --null?" \
	"$hob" run job < <(printf 'a\0b\n')
refused 2 "hob run: standard input: input 1 is longer than 131071 bytes, the most an argument can hold" \
	"$hob" run job < <(head -c 131072 /dev/zero | tr '\0' a)
finish
