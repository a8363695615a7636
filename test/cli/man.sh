#!/bin/bash
# Help, man page and completions name the same options.
. "$(dirname "$0")/lib.sh"

options() { grep -oE -- '--[a-z][a-z-]+' | sort -u; }
all=
for command in $("$hob" help | sed -nE 's/^  ([a-z]+) .*/\1/p' | grep -vxE 'help|version'); do
	from_help=$("$hob" "$command" --help | grep -E '^  ' | options)
	page=$root/man/hob-$command.1
	from_page=$(sed -nE 's/^\.It (Fl .*)$/\1/p' "$page" | grep -oE 'Fl -[a-z-]+' | sed 's/^Fl -/--/' | sort -u)
	is "hob $command --help and hob-$command(1)" "$from_page" "$from_help"
	letters=$("$hob" "$command" --help | sed -nE 's/^  -(.), --.*/\1/p' | sort)
	is "the letters of $command" "$(sed -nE 's/^\.It Fl (.) .*/\1/p' "$page" | sort)" "$letters"
	ok "hob(1) names $command" grep -q "^\.It Cm $command" "$root/man/hob.1"
	all+=$from_help$'\n'
done
all=$(grep . <<<"$all" | sort -u)
page=$root/man/hob-run.1
for file in hob.bash _hob hob.fish; do
	is "completion/$file" "$(sed -E "s/ -l ([a-z-]+)/ --\1/g; s/ -s ([a-z0-9])//g" "$root/completion/$file" |
		grep -v '^#\|^set ' | options | grep -vx -- --version)" "$all"
done
ok 'the bash completion is valid' bash -n "$root/completion/hob.bash"
complete_bash() {
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hob; echo "${COMPREPLY[*]}"' \
		"$root/completion/hob.bash" "$@"
}
is 'bash completes subcommands' "$(complete_bash hob r)" run
is 'bash completes options' "$(complete_bash hob run --su)" --summary
if command -v mandoc >/dev/null; then
	is 'mandoc has nothing to say' "$(mandoc -Tlint -W warning "$root"/man/*.1 2>&1)" ''
else
	skip 'mandoc has nothing to say' 'no mandoc'
fi
for status in 0 1 2 3 126 127 129 130 143; do
	ok "exit status $status is documented" grep -q "^\.It $status\$" "$page"
done
version=$("$hob" version)
is 'version' "$("$hob" --version)" "$version"
is 'help' "$("$hob" help)" "$("$hob" --help)"
is 'help run' "$("$hob" help run)" "$("$hob" run -h)"
ok 'help names every command' grep -q '^  run ' <<<"$("$hob" help)"
finish
