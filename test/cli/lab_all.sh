#!/bin/bash
# Every experiment of hob lab is made, and told of in each form. Whether claims hold is the machine's affair.
. "$(dirname "$0")/lib.sh"

for name in $("$hob" lab --list | cut -d' ' -f1); do
	try "$hob" lab --quick --only="$name" --json --html="$name.html"
	ok "$name is made" test "$status" = 0 -o "$status" = 1
	is "$name: nothing on standard error" "$err" ''
	ok "$name: its figures are in order" python3 -c '
import json, sys
f = json.loads(sys.argv[1])
assert f["experiment"] == sys.argv[2] and f["verdict"] in ("holds", "fails", "unseen", "none"), f
assert all(g["low"] <= g["median"] <= g["high"] for g in f["figures"] if "low" in g), f
' "$out" "$name"
	ok "$name: a whole page" grep -q '</html>' "$name.html"
done
finish
