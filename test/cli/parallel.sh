#!/bin/bash
# The same command lines through GNU parallel and through hob run: the same output.
. "$(dirname "$0")/lib.sh"

if ! parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
	skip 'like GNU parallel' 'no GNU parallel'
	finish
	exit
fi
mkdir home && export HOME=$work/home PARALLEL_HOME=$work/home
touch home/will-cite
printf '1\n2\n3\n' >f
printf 'a\nb\n' >g
printf 'p,q,r' >h
printf 'p\0q\0' >z
seq 200 >n

while IFS= read -r line <&3; do
	eval "parallel -j1 $line" </dev/null 3<&- >wanted 2>/dev/null
	eval "'$hob' run -j1 $line" </dev/null 3<&- >got 2>/dev/null
	is "$line" "$(tr '\0' '@' <got)" "$(tr '\0' '@' <wanted)"
done 3<<'E'
echo ::: a b ::: c d
echo ::: a b c :::+ 1 2
echo ::: a b c :::+ 1 2 ::: x y
echo {#} ::: a b
echo {2} {1} ::: a ::: b
-n2 echo x{}y ::: 1 2 3
-N2 echo {1}-{2}. ::: 1 2 3
-X echo x{}y ::: 1 2 3
-m echo x{}y ::: 1 2 3
-n0 echo hi ::: 1 2
-n3 echo ::: 1 2 3 4 5 6 7
--colsep , echo {2}-{1}. ::: 'a, b' 'c'
--colsep '\s+' echo {3}-{1}. ::: 'a  b c' 'd e f'
--colsep '\t' echo {2}-{1}. ::: $'a\tb' $'c\td'
--colsep , -a h echo {2}
--header : echo {x} {y} ::: x 1 2 ::: y 3
--header : --colsep , echo {y}:{x} ::: x,y 1,2 3,4
echo {-1} {1.} {1/} {1//} {1/.} {.} ::: /a/b.c.d ::: e.f/
echo '[{//}]' ::: a /a a/b/ a// '' a//b / //
echo '[{.}]' ::: a.b/c .x a/.x a. '' a.tar.gz
echo '[{/}]' ::: a/b a/ / ''
echo '[{/.}]' ::: a/b.c a.d/ /.x ''
echo {2.} ::: a.b ::: c.d
-I ,, echo [,,] {} ::: a b
echo {%} ::: a b
-a f echo
-a f -a g echo
echo :::: f g
echo :::: f ::::+ g
echo :::: f ::: x y
echo ::: x y :::: f
-a f echo ::: x y
-d , -a h echo [{}]
-d '\n' -a f echo [{}]
-0 -a z echo [{}]
--tag echo ::: a b
--tag echo ::: a b ::: c
--tagstring T{} echo ::: a b
--tagstring {#}: echo ::: a b
-k --tag echo ::: a b
--halt soon,fail=1 {} ::: echo false echo
--halt now,success=2 echo ::: 1 2 3
--timeout 10 echo ::: a
--pipe --block 10 -k cat -n <n
--pipe -N 7 -k md5sum <n
--pipe --block 100 --recstart 5 -k md5sum <n
--pipe --block 50 --recend 9 -k md5sum <n
E
finish
