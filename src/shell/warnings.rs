//! What is probably not meant: subjects with a `$` that the shell will eat.

use super::lexer::{PartKind, Quote, TokenKind, lex};
use std::ops::Range;

/// A hint about a piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub span: Range<usize>,
    pub sentence: String,
}

/// First tokens of subjects that begin with a dollar sign.
const SYSTEM_TOKENS: &[&str] = &["JS", "SYS", "KV", "O", "SRV", "G", "NRG", "MQTT", "JSC"];

/// Looks for variables that look like the subjects of the server.
pub fn warnings(line: &str) -> Vec<Warning> {
    let mut found = Vec::new();
    for token in lex(line).tokens {
        let TokenKind::Word(word) = token.kind else { continue };
        for part in word.parts {
            let PartKind::Variable { name, .. } = &part.kind else { continue };
            if SYSTEM_TOKENS.contains(&name.as_str()) && line[part.span.end..].starts_with('.') {
                let why = if part.quote == Quote::Double { "inside double quotes" } else { "outside quotes" };
                let sentence =
                    format!("hint: {why} the shell replaces ${name} by a variable; use single quotes: '${name}…'");
                found.push(Warning { span: part.span, sentence });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_shell_would_eat() {
        assert_eq!(warnings("nats sub '$JS.EVENT.>' \"\\$SYS.>\" $HOME").len(), 0);
        assert_eq!(warnings("nats sub \"$JS.EVENT.>\"").len(), 1);
        assert_eq!(warnings("nats sub $SYS.>")[0].span, 9..13);
    }
}
