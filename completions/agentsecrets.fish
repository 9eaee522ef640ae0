# Completion of agentsecrets(1) for fish. What may be typed is known by the
# program: `agentsecrets __complete WORD...` prints the candidates for the
# last word, one a line, ":files" where the name of a file may stand, and
# ":command N" where word N, counted from 0, begins a command of its own.

function __agentsecrets_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l line

    # A value that stands in the line is nobody's business.
    for each in $words[2..] $word
        if not string match -q -- '-*' $each; and not string match -q -- --map $line[-1]
            set each (string replace -r -- '=(@?).*' '=$1' $each)
        end
        set -a line $each
    end

    set -l answers ($words[1] __complete $line 2>/dev/null)
    switch "$answers[1]"
        case ':command *'
            set -l first (string replace -- ':command ' '' $answers[1])
            set -l rest (string escape -- $words[(math $first + 2)..])
            complete -C (string join -- ' ' $rest $word)
        case ':files'
            set -l before (string match -r -- '^--[^=]*=|^[^-][^=]*=@' $word)
            for file in (__fish_complete_path (string sub -s (math (string length -- "$before") + 1) -- $word))
                echo -- "$before"$file
            end
        case '*'
            string join -- \n $answers
    end
end

complete -c agentsecrets -f -a '(__agentsecrets_complete)'
