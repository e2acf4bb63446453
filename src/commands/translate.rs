//! `--translate`: each body goes through a program before it is shown.
//!
//! Knows how the words are taken apart and what is said when it fails; which programs there are, the shell knows (see
//! [`super::console::Programs`]). Source: natscli `filterDataThroughCmd`; google/shlex for the words.

use super::console::Program;
use super::{Context, Matches};
use crate::json::write as quoted;

/// A body as it is shown.
pub struct Body {
    pub bytes: Vec<u8>,
    /// Why it could not be translated; `bytes` is what the program wrote until then.
    pub problem: Option<String>,
    /// A program wrote it: nothing is said of its being empty.
    pub is_translated: bool,
}

impl Body {
    /// What is shown instead of a body that could not be translated.
    pub fn refusal(&self) -> Option<String> {
        let problem = self.problem.as_ref()?;
        Some(format!(
            "{}\nError while translating msg body: {problem}\n\n",
            quoted(&*String::from_utf8_lossy(&self.bytes))
        ))
    }
}

/// The body as `--translate` wants it; as it is without that flag. `{{Subject}}` and `{{Stream}}` in the flag are filled in.
pub async fn translated(context: &Context, matches: &Matches, body: &[u8], (subject, stream): (&str, &str)) -> Body {
    let command = matches.optional_text("translate").unwrap_or_default();
    let shown = |bytes: Vec<u8>, problem| Body { bytes, problem, is_translated: true };
    if command.is_empty() {
        return Body { bytes: body.to_vec(), problem: None, is_translated: false };
    }
    let unread = |problem| format!("the filter command line could not be parsed: EOF found {problem}");
    let words = filled_in(&command, subject, stream).and_then(|command| split(&command).map_err(unread));
    let words = match words {
        Ok(words) => words,
        Err(problem) => return shown(Vec::new(), Some(problem)),
    };
    let Some(program) = words.first().cloned() else {
        return shown(Vec::new(), Some("exec: no command".to_owned()));
    };
    if let Some(refusal) = context.console.refused_program(&program) {
        return shown(Vec::new(), Some(refusal));
    }
    match context.console.run_program(Program { words, input: body.to_vec(), variables: Vec::new() }).await {
        None => {
            shown(Vec::new(), Some(format!("exec: {} executable file not found in $PATH", quoted(&*program) + ":")))
        }
        Some((bytes, 0)) => shown(bytes, None),
        Some((bytes, status)) => shown(bytes, Some(format!("exit status {status}"))),
    }
}

fn filled_in(command: &str, subject: &str, stream: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = command;
    while let Some((before, action)) = rest.split_once("{{") {
        let Some((name, after)) = action.split_once("}}") else {
            return Err("template: translate:1: unclosed action".to_owned());
        };
        out.push_str(before);
        out.push_str(match name.trim() {
            "Subject" => subject,
            "Stream" => stream,
            name => return Err(format!("template: translate:1: function {} not defined", quoted(name))),
        });
        rest = after;
    }
    Ok(out + rest)
}

/// Words as a shell splits them, without anything else a shell does.
pub fn split(command: &str) -> Result<Vec<String>, &'static str> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '#' if word.is_none() => break,
            '\'' => loop {
                match chars.next() {
                    Some('\'') => break,
                    Some(c) => word.get_or_insert_default().push(c),
                    None => return Err("when expecting closing quote"),
                }
            },
            '"' => loop {
                match chars.next() {
                    Some('"') => break,
                    Some('\\') => word.get_or_insert_default().extend(chars.next()),
                    Some(c) => word.get_or_insert_default().push(c),
                    None => return Err("when expecting closing quote"),
                }
            },
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("after escape character"),
            },
            c => word.get_or_insert_default().push(c),
        }
        if matches!(c, '\'' | '"') {
            word.get_or_insert_default();
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_templates() {
        for (command, expected) in [
            ("jq .", Ok(vec!["jq", "."])),
            ("tr 'a b' \"c \\\" d\" '' # no", Ok(vec!["tr", "a b", "c \" d", ""])),
            ("grep a\\ b|c", Ok(vec!["grep", "a b|c"])),
            ("", Ok(vec![])),
            ("cat 'a", Err("when expecting closing quote")),
            ("cat \\", Err("after escape character")),
        ] {
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(split(command), expected, "{command}");
        }
        assert_eq!(filled_in("echo {{Subject}} {{ Stream }}", "a.b", "S").as_deref(), Ok("echo a.b S"));
        assert!(filled_in("echo {{Count}}", "", "").is_err());
        assert!(filled_in("echo {{", "", "").is_err());
    }
}
