# Sourced by the scripts of this folder: TAP, and a folder of its own for each script.
# shellcheck shell=bash
hob=$(realpath "$1") || exit 99 # meson names it from the build folder
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
export TMPDIR=$work LC_ALL=C
unset HOB_BACKEND XDG_STATE_HOME XDG_RUNTIME_DIR
export HOME=$work # where what is learnt is kept
count=0

# ok NAME COMMAND...: the command succeeds.
ok() {
	local name=$1
	shift
	count=$((count + 1))
	if "$@"; then echo "ok $count - $name"; else echo "not ok $count - $name"; fi
}

# is NAME GOT WANTED
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf 'got:    %s\nwanted: %s\n' "${2:0:2000}" "${3:0:2000}" | sed 's/^/# /'
	fi
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# try COMMAND...: leaves $out, $err and $status.
try() {
	"$@" >"$work/.out" 2>"$work/.err"
	status=$?
	out=$(tr '\0' '@' <"$work/.out")
	err=$(cat "$work/.err")
}

# answers STATUS LINE COMMAND...: it exits so, and that is all it says on standard error.
answers() {
	local wanted=$1 line=$2
	shift 2
	try "$@"
	is "status of: ${*:2}" "$status" "$wanted"
	is "line of: ${*:2}" "$err" "$line"
}

# Waits for a condition; the test's own time limit ends it where it never comes.
until_true() {
	until "$@"; do
		read -rt 0.01 <> <(:) || :
	done
}

finish() {
	echo "1..$count"
}
