#!/bin/sh
# Installs the build into a temporary root and uses it as a stranger would: by pkg-config, shared and static.
#
# usage: install_test.sh BUILD_DIRECTORY CC...
set -u

build=$1
shift
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
count=0
failed=0

# check NAME COMMAND...
check()
{
	name=$1
	shift
	count=$((count + 1))
	if "$@" >"$root/log" 2>&1; then
		echo "ok $count - $name"
	else
		sed 's/^/# /' "$root/log" >&2
		echo "not ok $count - $name"
		failed=1
	fi
}

cat >"$root/stranger.c" <<'EOF'
#include <hob.h>

static int seven(void *arg)
{
	return hob_sleep(hob_after(*(int64_t *)arg)) ? 1 : 7;
}

int main(void)
{
	int64_t ns = HOB_MS;
	return hob_run(NULL, seven, &ns);
}
EOF

# What pkg-config says of hob, with the prefix where it lies for now.
hob_flags()
{
	pkg-config --define-variable=prefix="$prefix" "$@" hob
}

# link_stranger NAME PKG_CONFIG_OPTION CC...
link_stranger()
{
	out=$root/$1
	option=$2
	shift 2
	# shellcheck disable=SC2046,SC2086 # lists of words
	"$@" -Wall -Wextra -Werror -o "$out" "$root/stranger.c" $(hob_flags $option --cflags --libs)
}

dynamic_has()
{
	readelf -d "$1" | grep "$2"
}

dynamic_lacks()
{
	! dynamic_has "$@"
}

answers_seven()
{
	"$@"
	[ $? = 7 ]
}

check "installs" env DESTDIR="$root" meson install -C "$build" --no-rebuild
pc=$(find "$root" -name hob.pc)
lib=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="$lib/pkgconfig"
prefix=$root$(pkg-config --variable=prefix hob)

check "the library's name is libhob.so.0" dynamic_has "$lib/libhob.so" 'SONAME.*\[libhob\.so\.0\]'
check "a program links the shared library" link_stranger shared "" "$@"
check "and asks for it by that name" dynamic_has "$root/shared" 'NEEDED.*\[libhob\.so\.0\]'
check "and runs" answers_seven env LD_LIBRARY_PATH="$lib" "$root/shared"
check "a program links the static library" link_stranger static --static "$@" -static
check "and needs nothing else" dynamic_lacks "$root/static" NEEDED
check "and runs" answers_seven "$root/static"
check "the installed program runs" "$prefix/bin/hob" version
echo "1..$count"
exit "$failed"
