//! The Tab key: which word the cursor is in, what could stand there, and how it is quoted.
//!
//! The way in is [`complete`]. What `nats` understands is `commands::complete`; here are the shell's own words, files,
//! and the rule for commands the owner brings along.

use super::builtins;
use super::lexer::{Operator, Part, PartKind, Quote, Token, TokenKind, Word, lex};
use crate::commands;
use crate::commands::complete::{Candidate, Known, candidates};
use crate::commands::explain::Explanation;

/// What may replace the text from `start` to the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Byte offset in the text.
    pub start: usize,
    pub candidates: Vec<Candidate>,
    /// It is a part of a word: no blank follows.
    pub in_word: bool,
}

/// What a shell knows of itself, with what it is: names of variables, jobs.
#[derive(Clone, Debug, Default)]
pub struct Own {
    pub variables: Vec<Candidate>,
    pub jobs: Vec<Candidate>,
}

/// Candidates after the words of a command that is neither `nats` nor the shell's. No words: its name.
pub type Outside<'a> = &'a dyn Fn(&[String]) -> Vec<Candidate>;

impl Completion {
    /// What all candidates begin with; a blank follows when there is only one.
    pub fn common(&self) -> String {
        let mut rest = self.candidates.iter();
        let Some(first) = rest.next() else { return String::new() };
        if self.candidates.len() == 1 {
            return self.entered(first);
        }
        let mut common = first.text.as_str();
        for other in rest {
            let same = common.chars().zip(other.text.chars()).take_while(|(left, right)| left == right);
            common = &common[..same.map(|(c, _)| c.len_utf8()).sum()];
        }
        common.to_owned()
    }

    /// One of the candidates as it is put in.
    pub fn entered(&self, candidate: &Candidate) -> String {
        format!("{}{}", candidate.text, if self.in_word { "" } else { " " })
    }
}

/// Words after which a command begins.
pub(super) const BEFORE_COMMANDS: &[&str] = &["do", "then", "else", "elif", "if", "while", "until", "!", "{", "time"];

/// What could stand at `cursor`, a byte offset.
pub fn complete(text: &str, cursor: usize, known: &Known, own: &Own, outside: Outside<'_>) -> Completion {
    let Some(before) = text.get(..cursor) else { return Completion::default() };
    let lexed = lex(before);
    if has_comment(&lexed.tokens) {
        return Completion::default();
    }
    let mut tokens = lexed.tokens;
    let mut start = cursor;
    let mut partial = String::new();
    if let Some(token) = tokens.pop_if(|token| token.span.end == cursor && matches!(token.kind, TokenKind::Word(_))) {
        start = token.span.start;
        let TokenKind::Word(word) = token.kind else { return Completion::default() };
        if let Some(begins) = open_command(&word, before) {
            let inner = complete(&before[begins..], cursor - begins, known, own, outside);
            return Completion { start: begins + inner.start, ..inner };
        }
        if let Some(name) = open_variable(&word, before) {
            return variables(own, before, name);
        }
        // Nobody knows yet what a variable will be.
        if word.parts.iter().any(|part| !matches!(part.kind, PartKind::Text(_))) {
            return Completion::default();
        }
        partial = spelled(&word, before);
    }
    let (words, redirected) = words_before(&tokens, before);
    let words = behind_prefixes(&words);
    let mut found =
        if redirected { files(known, &partial) } else { candidates_after(words, &partial, known, own, outside) };
    // `nats` has chosen already, and may mean an alias.
    if redirected || words.first().is_none_or(|word| word != "nats") {
        found.retain(|candidate| candidate.text.starts_with(&partial));
    }
    // Nobody quotes a flag.
    if before[start..].starts_with(['\'', '"']) && !partial.starts_with('-') {
        found.retain(|candidate| !candidate.text.starts_with('-'));
    }
    found.iter_mut().for_each(|candidate| candidate.text = quoted(&candidate.text));
    Completion { start, candidates: found, in_word: false }
}

/// Where the command begins that is being typed at the end of `word`: behind a `$(` or a backtick that is still open.
fn open_command(word: &Word, before: &str) -> Option<usize> {
    let part = word.parts.last()?;
    let (inside, begins) = command_in(part, before)?;
    (begins + inside.len() == part.span.end).then_some(begins)
}

/// Where the name of the variable begins that is being typed at the end of `word`.
fn open_variable(word: &Word, before: &str) -> Option<usize> {
    let part = word.parts.last()?;
    match &part.kind {
        PartKind::Variable { name, change: None } => {
            let begins = before.len() - name.len();
            before.ends_with(name.as_str()).then_some(begins)
        }
        PartKind::Variable { name, .. } if name.is_empty() && before.ends_with("${") => Some(before.len()),
        PartKind::Text(text) if part.quote != Quote::Single && text.ends_with('$') => Some(before.len()),
        _ => None,
    }
}

fn variables(own: &Own, before: &str, begins: usize) -> Completion {
    let name = &before[begins..];
    let close = if before[..begins].ends_with('{') { "}" } else { "" };
    let fits = own.variables.iter().filter(|variable| variable.text.starts_with(name));
    let candidate =
        |variable: &Candidate| Candidate::new(format!("{}{close}", variable.text), variable.summary.clone());
    Completion { start: begins, candidates: fits.map(candidate).collect(), in_word: true }
}

/// Commands that run the command behind them, and which of their flags take a value.
const PREFIXES: &[(&str, &[&str])] =
    &[("xargs", &["-n", "-I", "-L"]), ("timeout", &[]), ("env", &[]), ("command", &[])];

/// The words of the command that another one is to run.
fn behind_prefixes(words: &[String]) -> &[String] {
    let Some((first, rest)) = words.split_first() else { return words };
    let Some((name, with_value)) = PREFIXES.iter().find(|(name, _)| name == first) else { return words };
    let mut at = 0;
    while let Some(flag) = rest.get(at).filter(|word| word.starts_with('-')) {
        at += 1 + usize::from(with_value.contains(&flag.as_str()));
    }
    match *name {
        "timeout" => at += 1,
        "env" => at += rest.iter().skip(at).take_while(|word| is_assignment(word)).count(),
        _ => {}
    }
    match rest.get(at..) {
        Some(command) => behind_prefixes(command),
        None => words,
    }
}

/// What the word around `cursor`, a byte offset, means.
pub fn explain(text: &str, cursor: usize, outside: Outside<'_>) -> Option<Explanation> {
    let lexed = lex(text);
    let at = lexed.tokens.iter().position(|token| token.span.end >= cursor).unwrap_or(lexed.tokens.len());
    let (before, rest) = lexed.tokens.split_at(at);
    if has_comment(before) {
        return None;
    }
    if let Some((inside, begins)) = rest.first().and_then(|token| command_around(token, text, cursor)) {
        return explain(inside, cursor - begins, outside);
    }
    let word = match rest.first() {
        Some(Token { kind: TokenKind::Word(word), span }) if span.start <= cursor => spelled(word, text),
        _ => String::new(),
    };
    let (words, redirected) = words_before(before, text);
    let words = behind_prefixes(&words);
    match words.first().map(String::as_str) {
        Some("nats") if !redirected => commands::explain::explain(words, &word),
        None if word == "nats" => commands::explain::explain(&[word], ""),
        None => {
            let (name, summary) = builtins::names().find(|(name, _)| *name == word)?;
            Some(Explanation { form: name.to_owned(), summary: summary.to_owned() })
        }
        Some(name) if builtins::find(name).is_none() => {
            let found = outside(words).into_iter().find(|candidate| candidate.text == word)?;
            Some(Explanation { form: format!("{} {word}", words.join(" ")), summary: found.summary.into_owned() })
        }
        Some(_) => None,
    }
}

/// The text of the `$(…)` that the cursor is in, and where it begins.
fn command_around<'a>(token: &'a Token, text: &str, cursor: usize) -> Option<(&'a str, usize)> {
    let TokenKind::Word(word) = &token.kind else { return None };
    word.parts.iter().find_map(|part| {
        let (inside, begins) = command_in(part, text)?;
        (begins..=begins + inside.len()).contains(&cursor).then_some((inside, begins))
    })
}

/// The command that is put in, and where it begins.
fn command_in<'a>(part: &'a Part, text: &str) -> Option<(&'a str, usize)> {
    let PartKind::Command(inside) = &part.kind else { return None };
    let sign = if text.get(part.span.clone())?.starts_with('`') { "`" } else { "$(" };
    Some((inside, part.span.start + sign.len()))
}

fn has_comment(tokens: &[Token]) -> bool {
    tokens.last().is_some_and(|token| token.kind == TokenKind::Comment)
}

/// The words of the command that is being typed, and whether a file is to be named.
fn words_before(tokens: &[Token], text: &str) -> (Vec<String>, bool) {
    let mut words: Vec<String> = Vec::new();
    let mut redirected = false;
    for token in tokens {
        match &token.kind {
            TokenKind::Word(_) if redirected => redirected = false,
            TokenKind::Word(word) => {
                let starts = words.is_empty();
                let plain = word.plain().unwrap_or_default();
                if !(starts && (BEFORE_COMMANDS.contains(&plain) || is_assignment(plain))) {
                    words.push(spelled(word, text));
                }
            }
            TokenKind::Operator(Operator::Duplicate { .. }) => {}
            TokenKind::Operator(operator) if operator.is_redirect() => redirected = true,
            TokenKind::Operator(_) | TokenKind::Newline | TokenKind::Comment => {
                words.clear();
                redirected = false;
            }
        }
    }
    (words, redirected)
}

fn is_assignment(word: &str) -> bool {
    let name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word.split_once('=').is_some_and(|(left, _)| name(left))
}

/// The word without its quotes; what needs expanding as it stands.
fn spelled(word: &Word, text: &str) -> String {
    let part = |part: &super::lexer::Part| match &part.kind {
        PartKind::Text(text) => text.clone(),
        _ => text.get(part.span.clone()).unwrap_or_default().to_owned(),
    };
    word.parts.iter().map(part).collect()
}

fn candidates_after(words: &[String], partial: &str, known: &Known, own: &Own, outside: Outside<'_>) -> Vec<Candidate> {
    match words.first().map(String::as_str) {
        None => {
            let nats = Candidate::new("nats", "the command line of NATS");
            let others = builtins::names().map(|(name, summary)| Candidate::new(name, summary));
            [nats].into_iter().chain(outside(words)).chain(others).collect()
        }
        Some("nats") => candidates(words, partial, known),
        Some("which" | "type") => candidates_after(&[], partial, known, own, outside),
        Some("export" | "unset" | "read" | "printenv") => own.variables.clone(),
        Some("kill" | "fg" | "wait") => own.jobs.clone(),
        Some(name) if builtins::find(name).is_some() => files(known, partial),
        Some(_) => outside(words),
    }
}

fn files(known: &Known, partial: &str) -> Vec<Candidate> {
    known.files_for(partial).map(|file| Candidate::new(file.as_str(), "file")).collect()
}

/// As it must be typed to mean itself.
pub(super) fn quoted(text: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "-_./:=,+@%[".contains(c);
    if text.chars().all(safe) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known() -> Known {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Known {
            streams: [
                ("EVENTS".to_owned(), names(&["audit"])),
                ("ORDERS".to_owned(), names(&["billing", "bookkeeping", "shipping"])),
            ]
            .into(),
            buckets: [("config".to_owned(), names(&["color", "size"]))].into(),
            object_stores: [("pictures".to_owned(), names(&["cat.png"]))].into(),
            subjects: names(&["events.login", "orders.*.new", "orders.eu.new"]).into_iter().collect(),
            subjects_of: [
                ("EVENTS".to_owned(), names(&["events.login"]).into_iter().collect()),
                ("KV_config".to_owned(), names(&["$KV.config.color"]).into_iter().collect()),
                ("ORDERS".to_owned(), names(&["orders.*.new", "orders.eu.new"]).into_iter().collect()),
            ]
            .into(),
            files: names(&["notes.txt", "two words", ".config/nats/context/prod.json", "saved/backup.json", "saved/x"]),
            contexts: names(&["prod"]),
            workers: Vec::new(),
        }
    }

    fn own() -> Own {
        let variables = ["HOME", "REGION"].map(|name| Candidate::new(name, "")).to_vec();
        Own { variables, jobs: vec![Candidate::new("%1", "nats sub a")] }
    }

    fn outside(words: &[String]) -> Vec<Candidate> {
        let names: &[&str] = if words.is_empty() { &["lab"] } else { &["clock", "kill"] };
        names.iter().map(|name| Candidate::new(*name, "")).collect()
    }

    /// The line with what all candidates share, and the candidates; `|` is the cursor.
    #[track_caller]
    fn check(line: &str, expected: &str, candidates: &[&str]) {
        let cursor = line.find('|').expect("a cursor");
        let text = line.replace('|', "");
        let completion = complete(&text, cursor, &known(), &own(), &outside);
        let found: Vec<&str> = completion.candidates.iter().map(|candidate| candidate.text.as_str()).collect();
        assert_eq!(found, candidates, "{line}");
        let completed = format!("{}{}", &text[..completion.start], completion.common());
        assert_eq!(completed, expected, "{line}");
    }

    #[test]
    fn words_of_commands() {
        check("na|", "nats ", &["nats"]);
        check("la|", "lab ", &["lab"]);
        check("un|", "un", &["uniq", "unset"]);
        check("nats strea|", "nats stream ", &["stream"]);
        check("nats stre| info", "nats stream ", &["stream"]);
        check("nats con|", "nats con", &["consumer", "context"]);
        check("nats stream de|", "nats stream rm ", &["rm"]);
        check("nats nothing |", "nats nothing ", &[]);
        check("nats help obj|", "nats help object ", &["object"]);
        check("nats help stream inf|", "nats help stream info ", &["info"]);
        check("nats help nothing |", "nats help nothing ", &[]);
        check("echo a; nats pub a b && nats kv pu|", "echo a; nats pub a b && nats kv pu", &["put", "purge"]);
        check("for i in 1 2; do nats strea|", "for i in 1 2; do nats stream ", &["stream"]);
        check("NATS_URL=a nats strea|", "NATS_URL=a nats stream ", &["stream"]);
        check("lab c|", "lab clock ", &["clock"]);
    }

    #[test]
    fn flags_and_their_values() {
        check("nats stream add X --rete|", "nats stream add X --retention ", &["--retention"]);
        check("nats stream add X --retention w|", "nats stream add X --retention work", &["workq", "work"]);
        check("nats stream add X --storage=f|", "nats stream add X --storage=file ", &["--storage=file"]);
        check("nats pub a b --cou|", "nats pub a b --count ", &["--count"]);
        check("nats --server x stream inf|", "nats --server x stream info ", &["info"]);
        check("nats pub -- --cou|", "nats pub -- ", &[]);
        check("nats sub --stream O|", "nats sub --stream ORDERS ", &["ORDERS"]);
    }

    #[test]
    fn live_names() {
        check("nats stream info |", "nats stream info ", &["EVENTS", "ORDERS"]);
        check("nats s info O|", "nats s info ORDERS ", &["ORDERS"]);
        check("nats consumer info ORDERS b|", "nats consumer info ORDERS b", &["billing", "bookkeeping"]);
        check("nats consumer next EVENTS |", "nats consumer next EVENTS audit ", &["audit"]);
        check("nats kv get con|", "nats kv get config ", &["config"]);
        check("nats kv get config |", "nats kv get config ", &["color", "size"]);
        check("nats object ls |", "nats object ls pictures ", &["pictures"]);
        check("nats object get pictures |", "nats object get pictures cat.png ", &["cat.png"]);
        check("nats obj rm pictures c|", "nats obj rm pictures cat.png ", &["cat.png"]);
        check("nats sub orders|", "nats sub ", &["'orders.*.new'", "orders.eu.new"]);
        check("nats pub orders|", "nats pub orders.eu.new ", &["orders.eu.new"]);
        check("nats pub 'orders.e|", "nats pub orders.eu.new ", &["orders.eu.new"]);
        check("cat n|", "cat notes.txt ", &["notes.txt"]);
        check("nats pub x < t|", "nats pub x < 'two words' ", &["'two words'"]);
    }

    #[test]
    fn files_and_folders() {
        let shown = ["notes.txt", "'two words'", "saved/backup.json", "saved/x"];
        check("nats object put pictures |", "nats object put pictures ", &shown);
        check("nats stream add X --config |", "nats stream add X --config ", &shown);
        let hidden = ".config/nats/context/prod.json";
        check(
            "nats stream add X --config=.|",
            &format!("nats stream add X --config={hidden} "),
            &[&format!("--config={hidden}")],
        );
        check("nats account restore s|", "nats account restore saved ", &["saved"]);
        check("nats kv add copy --mirror |", "nats kv add copy --mirror config ", &["config"]);
    }

    #[test]
    fn an_open_quote_is_no_flag() {
        check("nats pub orders.new '|", "nats pub orders.new ", &[]);
        check("nats pub orders.new \"|", "nats pub orders.new ", &[]);
        check("nats pub orders.new '--cou|", "nats pub orders.new --count ", &["--count"]);
    }

    #[test]
    fn subjects_of_the_stream_that_is_named() {
        for line in [
            "nats stream subjects EVENTS",
            "nats stream get EVENTS -S",
            "nats stream purge EVENTS --subject",
            "nats stream view EVENTS --subject",
            "nats consumer add EVENTS audit --ack none --filter",
            "nats sub --stream EVENTS",
            "nats sub --stream=EVENTS --ignore-subject",
        ] {
            check(&format!("{line} |"), &format!("{line} events.login "), &["events.login"]);
        }
        check(
            "nats stream get EVENTS --last-for=e|",
            "nats stream get EVENTS --last-for=events.login ",
            &["--last-for=events.login"],
        );
        let line = "nats stream get KV_config -S";
        check(&format!("{line} |"), &format!("{line} '$KV.config.color' "), &["'$KV.config.color'"]);
        let all = ["events.login", "'orders.*.new'", "orders.eu.new"];
        check("nats stream add EVENTS --subjects |", "nats stream add EVENTS --subjects ", &all);
        check("nats stream purge OTHER --subject |", "nats stream purge OTHER --subject ", &all);
        check("nats sub |", "nats sub ", &all);
    }

    #[test]
    fn commands_in_commands() {
        check("echo $(nats strea|", "echo $(nats stream ", &["stream"]);
        check("echo \"now: $(nats stream info O|", "echo \"now: $(nats stream info ORDERS ", &["ORDERS"]);
        check("echo `nats kv get config c|", "echo `nats kv get config color ", &["color"]);
        check("x=$(echo $(cat n|", "x=$(echo $(cat notes.txt ", &["notes.txt"]);
        check("echo $(date) n|", "echo $(date) notes.txt ", &["notes.txt"]);
        check("xargs -n 1 nats kv pu|", "xargs -n 1 nats kv pu", &["put", "purge"]);
        check("timeout 2s nats stream inf|", "timeout 2s nats stream info ", &["info"]);
        check("env A=1 nats stream inf|", "env A=1 nats stream info ", &["info"]);
        check("command -v na|", "command -v nats ", &["nats"]);
        check("which na|", "which nats ", &["nats"]);
        check("time nats stream inf|", "time nats stream info ", &["info"]);
    }

    #[test]
    fn what_a_shell_knows_of_itself() {
        check("echo $RE|", "echo $REGION", &["REGION"]);
        check("echo \"orders.${RE|", "echo \"orders.${REGION}", &["REGION}"]);
        check("echo $|", "echo $", &["HOME", "REGION"]);
        check("echo '$RE|", "echo ", &[]);
        check("export RE|", "export REGION ", &["REGION"]);
        check("kill |", "kill %1 ", &["%1"]);
        check("fg %|", "fg %1 ", &["%1"]);
        check("nats --context p|", "nats --context prod ", &["prod"]);
        check("nats context select |", "nats context select prod ", &["prod"]);
        check("cat .|", "cat .config/nats/context/prod.json ", &[".config/nats/context/prod.json"]);
    }

    #[test]
    fn words_of_flags_say_what_they_mean() {
        let completion = complete("nats stream add X --retention w", 31, &known(), &own(), &outside);
        assert_eq!(completion.candidates[0].summary, "until its consumer acknowledged");
        check("nats consumer add ORDERS c --deliver n|", "nats consumer add ORDERS c --deliver new ", &["new"]);
    }

    #[test]
    fn the_word_under_the_cursor_is_explained() {
        let form = |line: &str| {
            let cursor = line.find('|').expect("a cursor");
            explain(&line.replace('|', ""), cursor, &outside).map(|found| found.form)
        };
        assert_eq!(form("nats pub --cou|nt 3 a b").as_deref(), Some("--count=1"));
        assert_eq!(form("echo a; nats pub a b --count |3").as_deref(), Some("--count=1"));
        assert_eq!(form("nats pub |").as_deref(), Some("<subject>"));
        assert_eq!(form("nats pub 'orders.|new' x").as_deref(), Some("<subject>"));
        assert_eq!(form("echo \"$(nats pub --cou|nt 3 a b)\" c").as_deref(), Some("--count=1"));
        assert_eq!(form("xargs -n1 nats pub --cou|nt 3").as_deref(), Some("--count=1"));
        assert_eq!(form("lab clo|ck").as_deref(), Some("lab clock"));
        assert_eq!(form("nats|").as_deref(), Some("nats [<flags>] <command> [<args> ...]"));
        assert_eq!(form("echo|").as_deref(), Some("echo"));
        for nothing in ["|", "echo a|", "# nats pub |", "nats pub a > |", "lab |"] {
            assert_eq!(form(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn nothing_where_nothing_can_be_known() {
        for line in ["nats pub $AB|", "# na|", "nats pub \"a $x b|", "nats pub x y z |q"] {
            let completion = complete(&line.replace('|', ""), line.find('|').unwrap_or(0), &known(), &own(), &outside);
            assert!(completion.candidates.iter().all(|candidate| candidate.text.starts_with("--")), "{line}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(words in prop::collection::vec(
            prop::sample::select(vec![
                "nats", "stream", "info", "kv", "-", "--", "--ser", "-s", "=", "|", ";", "'", "\"", "$x", "$(", "é",
                "-é", "--server=", ">", "<", "#", "\\", "help", "lab", " ", "\n", "ORDERS", "consumer", "&&", "do",
            ]), 0..10), glue in prop::sample::select(vec!["", " "]), cut in 0usize..40)
        {
            let text = words.join(glue);
            let cursor = cut.min(text.len());
            let completion = complete(&text, cursor, &known(), &own(), &outside);
            prop_assert!(completion.start <= cursor.max(completion.start));
            prop_assert!(text.is_char_boundary(completion.start));
            let _ = completion.common();
        }

        #[test]
        fn never_panics_on_noise(text in ".{0,40}", cursor in 0usize..60) {
            let completion = complete(&text, cursor, &known(), &own(), &outside);
            prop_assert!(text.is_char_boundary(completion.start));
            let _ = explain(&text, cursor, &outside);
        }
    }
}
