#!/bin/bash
# hob run where something is scarce: space, descriptors, processes, memory. It ends by itself, says in whole lines what
# is lacking where it could not do all, and lies in no log: what the log has was printed, and --resume runs the others.
#
# usage: scarce.sh HOB [--long]: more jobs, and more shades of scarcity
. "$(dirname "$0")/../cli/lib.sh"

# of NUMBERS...: all of them in the long form, else every third, from the second on.
if [ "${2:-}" = --long ]; then
	jobs=60
	of() { echo "$@"; }
else
	jobs=40
	of() { echo "$@" | awk '{ for (i = 2; i <= NF; i += 3) printf "%s ", $i }'; }
fi
seq $jobs >list
cat >job <<'X'
#!/bin/sh
printf '%s %01000d\n' "$1" 0
echo "$1" >>"$RAN"
X
chmod +x job
chmod 777 .
export RAN=$work/ran

logged() { sed 1d log 2>/dev/null | awk -F '\t' 'NF == 12 && $7 == 0 && $8 == 0 { print $9 }' | sed 's/.* //' | sort; }

# scarce NAME COMMAND...: the command runs hob by `"$@"`, which it is given. The jobs' output is in `out`.
scarce() {
	local name=$1
	shift
	rm -f log ran out err whole
	: >ran
	chmod 666 ran
	timeout -s KILL 60 "$@" "$hob" run --joblog log -a list ./job >out 2>err </dev/null
	status=$?
	echo "# $name: status $status, $(sort -u ran | wc -l) ran, $(head -n 1 err)"
	ok "$name: it ends by itself" test $status -le 127
	is "$name: what it says are lines of its own" "$(grep -v '^hob run: ' err)" ''
	ok "$name: and it says something, or has done all" test -s err -o "$status-$(sort -u ran | wc -l)" = "0-$jobs"
	logged >known
	is "$name: what is logged was printed" "$(cut -d' ' -f1 out | sort | comm -13 - known)" ''
	before=$(wc -l <ran)
	"$hob" run --joblog log --resume-failed -a list ./job >>out 2>err
	is "$name: resumed" "$?-$(cat err)" '0-'
	is "$name: all have run" "$(sort -nu ran | md5sum)" "$(md5sum <list)"
	is "$name: none that was logged is repeated" "$(tail -n +$((before + 1)) ran | sort | comm -12 - known)" ''
}

if unshare -rm true 2>/dev/null; then
	mkdir -p small
	# shellcheck disable=SC2016 # expanded within
	for kib in $(of 8 4 12 16); do
		scarce "$kib KiB for output" unshare -rm bash -c \
			'mount -t tmpfs -o size="$0"k small small && export TMPDIR=$PWD/small && exec "$@"' "$kib"
		# the log alone, and carried out of there at the end
		scarce "$kib KiB for the log" unshare -rm bash -c \
			'mount -t tmpfs -o size="$0"k small small && ln -s small/log log &&
			{ "$@"; status=$?; cp small/log whole; rm log; mv whole log; exit $status; }' "$kib"
	done
else
	skip 'little space' 'no user namespaces'
fi

# shellcheck disable=SC2016
for n in $(of 5 7 8 9 10 11 12 14); do
	scarce "$n descriptors" bash -c 'ulimit -n "$0" && exec "$@"' "$n"
done
# shellcheck disable=SC2016
for mib in $(of 6 8 10 12 16 24); do
	scarce "$mib MiB of addresses" bash -c 'ulimit -v $(("$0" * 1024)) && exec "$@"' "$mib"
done

# Root may have as many processes as it likes.
other=()
[ "$(id -u)" != 0 ] || other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if "${other[@]}" test -x "$hob" -a -w "$work"; then
	who=$("${other[@]}" id -u)
	own=$(ps -u "$who" -L --no-headers 2>/dev/null | wc -l)
	# shellcheck disable=SC2016
	for n in $(of 0 1 2 3 4); do
		scarce "$n more processes" "${other[@]}" bash -c 'ulimit -u "$0" && exec "$@"' $((own + n))
	done
else
	skip 'few processes' 'nobody else may run it'
fi
group=/sys/fs/cgroup/pids/hob-test-$$
[ -d /sys/fs/cgroup/pids ] || group=/sys/fs/cgroup/hob-test-$$
if mkdir "$group" 2>/dev/null && [ -w "$group/pids.max" ]; then
	# shellcheck disable=SC2016
	for n in $(of 2 3 4 6); do
		echo "$n" >"$group/pids.max"
		scarce "pids.max $n" bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group"
	done
	until_true rmdir "$group" 2>/dev/null
else
	rmdir "$group" 2>/dev/null
	skip 'pids.max' 'no control group can be made here'
fi
finish
