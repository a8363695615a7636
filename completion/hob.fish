# fish completion for hob

complete -c hob -n __fish_use_subcommand -f -a run -d 'run a pile of commands'
complete -c hob -n __fish_use_subcommand -f -a help -d 'the commands, or the options of one'
complete -c hob -n __fish_use_subcommand -f -a version -d 'the version of hob'
complete -c hob -n '__fish_seen_subcommand_from help' -f -a run

set -l run '__fish_seen_subcommand_from run'
complete -c hob -n $run -s a -l arg-file -r -d 'read the inputs from a file'
complete -c hob -n $run -s 0 -l null -d 'inputs end in a NUL byte'
complete -c hob -n $run -s j -l jobs -x -d 'so many jobs at once'
complete -c hob -n $run -l min -x -d 'never fewer at once'
complete -c hob -n $run -l max -x -d 'never more at once'
complete -c hob -n $run -l explain -d 'say how many at once, and why'
complete -c hob -n $run -l forget -d 'neither use nor keep what was settled at'
complete -c hob -n $run -l shell -d 'the command is a script for sh'
complete -c hob -n $run -l dry-run -d 'print the commands, run nothing'
complete -c hob -n $run -s q -l quiet -d 'do not name failing jobs'
complete -c hob -n $run -l summary -d 'close with a line about the pile'
complete -c hob -n $run -l progress -d 'show progress'
complete -c hob -n $run -l no-progress -d 'show no progress'
complete -c hob -n $run -s h -l help -d 'short help'
