//! What was entered in the terminals, as a shell script for the real command line.
//!
//! Knows when commands began and ended, so what ran on beside later ones is sent to the background. What only a
//! playground can do becomes a comment. The way in is [`as_script`].

use super::lexer::{Operator, TokenKind, lex};
use crate::time::Timestamp;

/// One entered command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    pub actor: String,
    pub text: String,
    pub began: Timestamp,
    /// `None` while it runs.
    pub ended: Option<Timestamp>,
}

/// The commands in the order they began; those that began together as they come.
pub fn as_script(mut commands: Vec<Entered>) -> String {
    crate::sorted::by_key(&mut commands, |command| command.began);
    let mut script = "#!/bin/sh\n# Commands of a JetStream Lab, in the order they were entered.\n".to_owned();
    let beside: Vec<bool> = (0..commands.len())
        .map(|index| commands.get(index + 1).is_some_and(|next| commands[index].ended.is_none_or(|at| at > next.began)))
        .collect();
    if beside.contains(&true) {
        script.push_str(
            "# What runs beside other commands ends with the script.\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n",
        );
    }
    let mut actor = "";
    for (command, beside) in commands.iter().zip(&beside) {
        if command.actor != actor {
            actor = &command.actor;
            script.push_str(&format!("\n# {actor}\n"));
        }
        let is_ours = calls(&command.text, "lab");
        let text = command.text.trim();
        match (is_ours, *beside && !ends_in_background(text)) {
            (true, _) => text.lines().for_each(|line| script.push_str(&format!("# {line}\n"))),
            (false, true) if text.contains('\n') || text.contains(';') => {
                script.push_str(&format!("{{\n{text}\n}} &\nsleep 1\n"));
            }
            (false, true) => script.push_str(&format!("{text} &\nsleep 1\n")),
            (false, false) => script.push_str(&format!("{text}\n")),
        }
    }
    script
}

/// Whether one of the commands in `text` is `name`.
fn calls(text: &str, name: &str) -> bool {
    let mut starts = true;
    for token in lex(text).tokens {
        match token.kind {
            TokenKind::Word(word) => {
                let plain = word.plain().unwrap_or_default();
                if starts && plain == name {
                    return true;
                }
                starts = starts && super::complete::BEFORE_COMMANDS.contains(&plain);
                starts |= matches!(plain, "do" | "then" | "else");
            }
            TokenKind::Operator(operator) if operator.is_redirect() => {}
            TokenKind::Operator(_) | TokenKind::Newline => starts = true,
            TokenKind::Comment => {}
        }
    }
    false
}

fn ends_in_background(text: &str) -> bool {
    lex(text).tokens.last().is_some_and(|token| token.kind == TokenKind::Operator(Operator::Background))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(actor: &str, text: &str, began: i64, ended: Option<i64>) -> Entered {
        Entered { actor: actor.into(), text: text.into(), began: Timestamp(began), ended: ended.map(Timestamp) }
    }

    #[test]
    fn what_runs_on_goes_to_the_background_and_playground_verbs_are_comments() {
        let script = as_script(vec![
            entered("alice", "nats pub orders.new 'a b'", 20, Some(21)),
            entered("bob", "nats sub 'orders.*'", 10, None),
            entered("alice", "lab clock +25h", 30, Some(31)),
            entered("alice", "nats pub a b; lab kill w", 40, Some(41)),
            entered("alice", "nats sub b &", 50, None),
            entered("bob", "echo lab # done", 60, None),
        ]);
        let expected = "#!/bin/sh
# Commands of a JetStream Lab, in the order they were entered.
# What runs beside other commands ends with the script.
trap 'kill $(jobs -p) 2>/dev/null' EXIT

# bob
nats sub 'orders.*' &
sleep 1

# alice
nats pub orders.new 'a b'
# lab clock +25h
# nats pub a b; lab kill w
nats sub b &

# bob
echo lab # done
";
        assert_eq!(script, expected);
    }
}
