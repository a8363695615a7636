#!/bin/bash
# hob lab: what is told of an experiment, in each form. Whether claims hold is the machine's affair.
. "$(dirname "$0")/lib.sh"

names=$("$hob" lab --list | cut -d' ' -f1)
ok 'there are experiments' test "$(wc -l <<<"$names")" -ge 9
for name in $names; do
	ok "hob-lab(1) knows $name" grep -qx "\.It $name" "$root/man/hob-lab.1"
done

try "$hob" lab --quick --only=cook --json --html=page.html
ok 'the verdict is the status' test "$status" = 0 -o "$status" = 1
is 'nothing on standard error' "$err" ''
ok 'JSON, with what was found' python3 -c '
import json, sys
f = json.loads(sys.argv[1])
assert f["experiment"] == "cook" and f["verdict"] == ("fails" if sys.argv[2] == "1" else "holds"), f
assert len(f["figures"]) >= 4 and all(g["low"] <= g["median"] <= g["high"] for g in f["figures"]), f
' "$out" "$status"
ok 'a page, with pictures' grep -q '<svg class="hob"' page.html
ok 'which needs nothing from elsewhere' bash -c '! grep -oE "(src|href)=" page.html'
ok 'and is whole' grep -q '</html>' page.html

try "$hob" lab --quick --only=cook
ok 'the claim' grep -q 'concurrency without parallelism' <<<"$(tr '\n' ' ' <<<"$out" | tr -s ' ')"
ok 'a timeline' grep -q '^  rice  *#.*\.' <<<"$out"
ok 'no colour where it is no terminal' bash -c '! grep -q "\033" <<<"$1"' - "$out"

try "$hob" lab --quick --only=cook --html=/dev/full
is 'a page that cannot be written' "$status" 3
is 'is told of' "$err" 'hob lab: /dev/full was not written whole'
finish
