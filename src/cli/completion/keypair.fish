# Completion for fish: keypair completes the word at the cursor.

function __keypair_complete
    set -l before (commandline --current-process --tokenize --cut-at-cursor)
    set -l word (commandline --current-token --cut-at-cursor)
    # An open quote and escaping backslashes are not part of the word.
    set -l plain (string replace --regex '^["\']' '' -- "$word" | string replace --all --regex '\\\\(.)' '$1')
    set -l lines (command keypair complete fish "=$plain" $before[2..-1] 2>/dev/null)
    set -l front (string match --regex -- '^--[^=]*=' "$word")
    set -l rest (string replace --regex -- '^--[^=]*=' '' "$word")
    switch "$lines[1]"
        case files
            for path in (__fish_complete_path "$rest")
                echo "$front$path"
            end
        case folders
            for path in (__fish_complete_directories "$rest" '')
                echo "$front$path"
            end
        case programs
            __fish_complete_command
        case words
            set -e lines[1]
            # Fish escapes inserted text except a ~ at the start of an unquoted word, which would expand to
            # a home directory.
            if not string match --quiet --regex '^["\'\\\\]' -- "$word"
                set lines (string match --invert --regex '^~' -- $lines)
            end
            string join \n -- $lines
    end
end

complete --command keypair --no-files --arguments '(__keypair_complete)'
