//! What a real machine has and a page has not: told by name, with what to do instead.

/// Names, and what is here instead.
const ABSENT: &[(&[&str], &str)] = &[
    (&["gawk", "mawk", "nawk"], "awk is"),
    (&["perl"], "awk, cut, tr, grep, sed and jq are"),
    (&["shopt", "ulimit", "getopts", "enable", "bind", "umask"], "options of a shell are left out"),
    (&["trap"], "Ctrl-C and kill %1 end what runs"),
    (&["exec"], "the command alone does, and > file behind it"),
    (&["readonly"], "name=value is"),
    (&["mapfile", "readarray"], "while read -r line; do …; done is"),
    (&["alias", "unalias"], "ll() { ls \"$@\"; } is"),
    (&["cd", "pushd", "popd"], "all files are in one place: write their path"),
    (
        &["curl", "wget", "nc", "ncat", "telnet", "ssh", "ping", "openssl"],
        "nothing here speaks to the network; nats does, to the server in this page",
    ),
    (&["nats-server", "nats-streaming-server"], "a server runs already: nats account info"),
    (&["nsc", "nk", "nats-top", "nats-box", "mkcert"], "nats alone is"),
    (&["docker", "docker-compose", "podman", "kubectl", "helm"], "a server runs already, without a container"),
    (
        &["brew", "apt", "apt-get", "yum", "dnf", "apk", "choco", "scoop", "winget", "snap", "sudo"],
        "nothing need be installed: nats is there",
    ),
    (
        &[
            "go", "cargo", "npm", "npx", "node", "deno", "pip", "pip3", "python", "python3", "java", "mvn", "dotnet",
            "ruby", "git", "make",
        ],
        "programs run elsewhere; lab worker is a worker in this page",
    ),
    (&["vi", "vim", "nano", "emacs", "code"], "write files with cat > name, and Ctrl-D at the end"),
    (&["less", "more", "man"], "scroll up, or --help"),
    (&["ps", "top", "pgrep", "pkill", "killall"], "jobs and kill %1 are"),
    (&["bg", "disown", "suspend"], "commands run in the background from the start: & behind them"),
    (&["chmod", "chown"], "sh file runs a file as it is"),
    (&["dd", "mktemp", "ln"], "printf, head -c and > make files"),
    (&["fc"], "the arrow up and Ctrl-R bring lines back"),
    (&["watch"], "while true; do …; sleep 2; done is"),
    (&["uuidgen"], "{{ID}} in a body is a name of its own"),
    (&["md5sum", "sha256sum", "od", "xxd", "hexdump"], "cat -v is"),
    (
        &[
            "column", "diff", "comm", "join", "split", "expr", "bc", "find", "stat", "tree", "nohup", "screen", "tmux",
            "uname", "hostname", "id", "nproc", "uptime", "free", "df", "du", "who", "w",
        ],
        "",
    ),
];

/// What is said of a command that is not there.
pub fn sentence(words: &[String]) -> String {
    let name = words.first().map_or("", String::as_str);
    if name.len() > 1 && name.starts_with('!') {
        return format!("{name}: not in the playground; the arrow up and Ctrl-R bring lines back");
    }
    if let Some(file) = name.strip_prefix("./") {
        return format!("{name}: not in the playground; sh {file} runs a file");
    }
    if let Some((before, rest)) = name.split_once('[')
        && super::syntax::is_name(before)
        && rest.contains("]=")
    {
        return format!("{name}: arrays are not in the playground");
    }
    refusal(name).unwrap_or_else(|| format!("{name}: command not found"))
}

/// What is said of a program that a real machine has.
pub fn refusal(name: &str) -> Option<String> {
    let (_, instead) = ABSENT.iter().find(|(names, _)| names.contains(&name))?;
    Some(match *instead {
        "" => format!("{name}: not in the playground"),
        instead => format!("{name}: not in the playground; {instead}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::builtins;

    #[test]
    fn nothing_that_is_here_is_said_to_be_absent() {
        let say = |word: &str| sentence(&[word.to_owned()]);
        for name in ABSENT.iter().flat_map(|(names, _)| *names) {
            assert!(builtins::find(name).is_none(), "{name}");
            assert!(say(name).starts_with(&format!("{name}: not in the playground")), "{name}");
        }
        assert_eq!(say("frobnicate"), "frobnicate: command not found");
        assert!(say("!!").contains("Ctrl-R"));
    }
}
