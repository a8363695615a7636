# bash completion for hob

_hob_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_hob_run() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i word
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-a | -j | --arg-file | --jobs | --min | --max | --set | -d | --delimiter | -C | --colsep | \
			--header | -n | --max-args | -N | --max-replace-args | -s | --max-chars | -I | \
			--replace | --tagstring | --joblog | --joblog-sync | --retries | --timeout | --halt | \
				--delay | --nice | --results | --timeline | --block | --recend | --recstart) ((i++)) ;;
		-*) ;;
		*) # options end at the command
			_hob_files "$cur"
			return
			;;
		esac
	done
	case $prev in
	-a | --arg-file | --joblog | --timeline) _hob_files "$cur" ;;
	-j | --jobs | --min | --max | --set | -d | --delimiter | -C | --colsep | --header | -n | \
		--max-args | -N | --max-replace-args | -s | --max-chars | -I | --replace | --tagstring | \
			--joblog-sync | --retries | --timeout | --halt | --delay | --nice | --results | --block | \
				--recend | --recstart) ;;
	*)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '-a -0 -j -q -h -d -C -n -N -m -X -s -I -k -u --arg-file --null --jobs --min --max
				--explain --set --forget --shell --dry-run --quiet --summary --progress --no-progress
				--delimiter --colsep --csv --header --max-args --max-replace-args --xargs
				--context-replace --max-chars --replace --keep-order --tag --tagstring --joblog
				--joblog-sync --resume --resume-failed --retries --timeout --halt --delay --nice
				--group --line-buffer --ungroup --results --json --timeline --pipe --block
				--recend --recstart --help' -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		fi
		;;
	esac
}

_hob_lab() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--html) _hob_files "$cur" ;;
	--only) mapfile -t COMPREPLY < <(compgen -W 'cook compute mixed waiters makers lane python wrong prices' -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -W '--only --list --quick --html --json --help -h' -- "$cur") ;;
	esac
}

_hob_pids() {
	mapfile -t COMPREPLY < <(compgen -W "$(printf '%s\n' /proc/[0-9]* | sed 's,/proc/,,')" -- "$1")
}

_hob_top() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-d | --delay) ;;
	*)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '-d -h --delay --once --json --help' -- "$cur")
		else
			_hob_pids "$cur"
		fi
		;;
	esac
}

_hob_dump() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '-h --no-stacks --json --help' -- "$cur")
	else
		_hob_pids "$cur"
	fi
}

_hob_why() {
	local cur=${COMP_WORDS[COMP_CWORD]} i
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-p | -d | -o | -w | --pid | --duration | --output | --workers | --hz | --html | --flame | --expect) ((i++)) ;;
		-*) ;;
		*) # options end at the command
			_hob_files "$cur"
			return
			;;
		esac
	done
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-o | --output | --html | --flame) _hob_files "$cur" ;;
	--expect) mapfile -t COMPREPLY < <(compgen -W 'compute wait gil' -- "$cur") ;;
	-p | --pid | -d | --duration | -w | --workers | --hz) ;;
	*)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '-p -d -o -w -h --pid --duration --output --workers --hz --json --html
				--flame --compare --expect --free-threading --help' -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		fi
		;;
	esac
}

_hob() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'run why top dump lab help version' -- "$cur")
	elif declare -F "_hob_${COMP_WORDS[1]}" >/dev/null; then
		"_hob_${COMP_WORDS[1]}"
	elif [[ ${COMP_WORDS[1]} == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'run why top dump lab' -- "$cur")
	fi
}

complete -F _hob hob
