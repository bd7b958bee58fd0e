internal import ArgumentParser

/// The scripts that teach shells to complete a command line.
enum CompletionScript {
    /// The option that asks for one.
    private static let option = "--generate-completion-script"

    /// The script that a command line asks for; nil if it asks for none, or for that of no shell.
    static func text(_ arguments: [String], _ tool: (some ParsableCommand).Type) -> String? {
        guard arguments.first == option, arguments.count == 2, let shell = CompletionShell(rawValue: arguments[1]) else { return nil }
        let script = tool.completionScript(for: shell)
        return shell == .bash ? script + "\n" + wholeWords(tool._commandName) : script
    }

    /// Values as the shell takes them that asks at this moment.
    static func values(_ texts: [String]) -> [String] {
        // There what follows a colon is a description.
        CompletionShell.requesting == .zsh ? texts.map { $0.replacing(":", with: "\\:") } : texts
    }

    /// What makes bash see `builtin:hello` as one word: for readline a colon begins another.
    private static func wholeWords(_ command: String) -> String {
        // What the script calls its own function.
        let function = "_\(command)"
        return """
            _\(function)_whole_words() {
                if [[ ":" != "${COMP_WORDS[COMP_CWORD]}" && ":" != "${COMP_WORDS[COMP_CWORD-1]}" ]]; then
                    \(function) "${@}"
                    # What is no file's name needs no backslash before its colon.
                    [[ "${COMPREPLY[0]}" = *:* && ! -e "${COMPREPLY[0]}" ]] && compopt +o filenames
                    return
                fi
                local -a COMP_WORDS
                read -ra COMP_WORDS <<< "${COMP_LINE:0:COMP_POINT}"
                local COMP_CWORD="$((${#COMP_WORDS[@]} - 1))"
                local word="${COMP_WORDS[COMP_CWORD]}"
                \(function) "${1}" "${word}" "${COMP_WORDS[COMP_CWORD-1]}"
                COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
            }
            complete -o filenames -F _\(function)_whole_words \(command)

            """
    }
}
