#!/bin/sh
# Installs the build into a temporary root and uses it as a stranger would: by pkg-config, shared and static.
#
# usage: install_test.sh TREE BUILD_DIRECTORY CC...
set -u

tree=$1
build=$2
shift 2
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

# The same program by the build systems that people use.
by_make()
{
	mkdir "$root/make" && cp "$root/stranger.c" "$root/make" || return
	cat >"$root/make/Makefile" <<'EOF'
CFLAGS += $(shell pkg-config --define-variable=prefix=$(PREFIX) --cflags hob)
LDLIBS += $(shell pkg-config --define-variable=prefix=$(PREFIX) --libs hob)
stranger: stranger.c
EOF
	make -C "$root/make" PREFIX="$prefix" CC="$*"
}

by_cmake()
{
	mkdir "$root/cmake" "$root/cmake/pc" && cp "$root/stranger.c" "$root/cmake" || return
	cat >"$root/cmake/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.18)
project(stranger C)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HOB REQUIRED IMPORTED_TARGET hob)
add_executable(stranger stranger.c)
target_link_libraries(stranger PkgConfig::HOB)
EOF
	# pkg_check_modules has no way to move the prefix, so the file says where it lies for now.
	sed "s|^prefix=.*|prefix=$prefix|" "$pc" >"$root/cmake/pc/hob.pc"
	export CC="$*"
	PKG_CONFIG_PATH=$root/cmake/pc cmake -S "$root/cmake" -B "$root/cmake/build" &&
		cmake --build "$root/cmake/build"
}

by_meson()
{
	mkdir -p "$root/meson/subprojects" && cp "$root/stranger.c" "$root/meson" || return
	ln -s "$tree" "$root/meson/subprojects/hob"
	cat >"$root/meson/meson.build" <<'EOF'
project('stranger', 'c')
hob = dependency('hob', fallback: 'hob', default_options: ['tests=false', 'examples=false', 'tls=disabled'])
executable('stranger', 'stranger.c', dependencies: hob)
EOF
	CC="$*" meson setup --wrap-mode=forcefallback "$root/meson" "$root/meson/build" &&
		ninja -C "$root/meson/build" stranger
}

# Whatever stood there after the installation is gone but for directories.
uninstalls()
{
	ninja -C "$build" uninstall && ! find "$prefix" -type f -o -type l | grep .
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
check "a Makefile builds a program" by_make "$@"
check "which runs" answers_seven env LD_LIBRARY_PATH="$lib" "$root/make/stranger"
if command -v cmake >/dev/null; then
	check "CMake builds a program" by_cmake "$@"
	check "which runs" answers_seven env LD_LIBRARY_PATH="$lib" "$root/cmake/build/stranger"
else
	count=$((count + 1))
	echo "ok $count - CMake builds a program # SKIP no cmake"
fi
check "a Meson project takes hob in" by_meson "$@"
check "and its program runs" answers_seven "$root/meson/build/stranger"
check "uninstalls" uninstalls
echo "1..$count"
exit "$failed"
