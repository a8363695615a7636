#!/bin/bash
# --pipe: standard input in blocks.
. "$(dirname "$0")/lib.sh"

seq 100000 >list
try "$hob" run -j1 --pipe --block 10k wc -c <list
is 'blocks of whole records, as many as fit' \
	"$(awk '$1 > 10000 { n++ } { all += $1 } END { print n + 0, all, NR }' .out)" \
	"0 $(wc -c <list) 59"
try "$hob" run -k --pipe --block 1k cat <list
is 'all of it, once and in order' "$(md5sum <.out)" "$(md5sum <list)"
try "$hob" run -k --pipe --block 100 --tagstring '{#}' cat < <(seq 100)
is 'no block ends within a record' "$(cut -f2 <<<"$out" | md5sum)" "$(seq 100 | md5sum)"
try "$hob" run -k --pipe -N 300 wc -l < <(seq 1000)
is '-N: so many records' "$(tr '\n' ' ' <<<"$out")" '300 300 300 100 '
try "$hob" run -k --pipe --block 3 cat < <(printf 'aaaaaaaaaaaaaaaa\nb\nc')
is 'a record longer than a block is whole' "$out" $'aaaaaaaaaaaaaaaa\nb\nc'
try "$hob" run -k --pipe -N1 --recstart '>' --tagstring '{#}' cat < <(printf '>a\nx\n>b\n>c\ny')
is '--recstart' "$(tr '\t\n' ' |' <<<"$out")" '1 >a|1 x|2 >b|3 >c|3 y|'
try "$hob" run -k --pipe -N1 --recend '\n' --recstart '>' --tagstring '{#}' cat < <(printf '>a>\n>b>\nc\n>d')
is 'both' "$(tr '\t\n' ' |' <<<"$out")" '1 >a>|2 >b>|2 c|3 >d|'
try "$hob" run -k --pipe -N1 --recend '--' --tagstring '{#}' cat < <(printf 'a-b--c---d')
is '--recend of several bytes' "$(tr '\t\n' ' |' <<<"$out")" '1 a-b--2 c--3 -d|'
try "$hob" run --pipe cat </dev/null
is 'nothing to read: nothing to run' "$out-$status" -0
try "$hob" run -k --pipe -N1 --retries 3 --shell 'read -r x; echo x >>tries-$x; echo $x; [ $(wc -l <tries-$x) = 3 ]' \
	< <(seq 2)
is 'each try reads it from its start' "$status-$(tr '\n' ' ' <<<"$out")" '0-1 2 '
try "$hob" run -k --pipe -N1 true < <(seq 500)
is 'a job need not read' "$status-$err" '0-'
try "$hob" run -k --pipe -N1 --joblog log cat < <(seq 5)
try "$hob" run -k --pipe -N1 --joblog log --resume cat < <(seq 3 7)
is 'a block is known by what is in it' "$(tr '\n' ' ' <<<"$out")" '6 7 '
try "$hob" run -k --pipe -N2 -a list --halt soon,done=2 --line-buffer cat
is '--arg-file' "$(head -n 2 <<<"$out" | tr '\n' ' ')" '1 2 '
try bash -c 'ulimit -n 22; "$0" run -k -j9 --pipe -N1 cat < <(seq 200)' "$hob"
is 'few descriptors' "$(md5sum <<<"$out")-$err" "$(seq 200 | md5sum)-"
try "$hob" run -k --pipe --block 1M --line-buffer md5sum < <(head -c 3000000 /dev/zero | tr '\0' '\n')
is 'with --line-buffer' "$(wc -l <<<"$out")-$status" 3-0
help="; try 'hob run --help'"
try "$hob" run --pipe cat ::: a
is 'not with :::' "$status-$err" \
	"2-hob run: --pipe cuts standard input or one --arg-file; no other inputs go with it$help"
try "$hob" run --pipe --csv cat
is 'nor with columns' "$status-$err" "2-hob run: --pipe does not go with columns, --header, -m or -X$help"
try "$hob" run --pipe --recend '' cat
is 'nor without records' "$status-$err" "2-hob run: --pipe: records need a --recstart or a --recend$help"
for size in 0 x 1X 2G 5kk; do
	try "$hob" run --pipe --block $size cat
	is "--block $size" "$status-$err" \
		"2-hob run: --block takes a number of bytes up to 1G, as 500k or 10M, not $size$help"
done
finish
