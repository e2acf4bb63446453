//! A question on the screen: how it is drawn, moved in, answered.
//!
//! Source: natscli reference, "Prompts (survey library)".

use super::screen::{LineKind, Screen};
use crate::commands::{Console, Question};

/// A question that waits for its answer.
#[derive(Clone)]
pub(super) struct Asked {
    pub question: Question,
    pub console: Console,
    /// The line of the screen it begins on.
    pub drawn_at: usize,
    /// Index into the options that are left.
    focus: usize,
    filter: String,
}

const INVALID: &str = "X Sorry, your reply was invalid: ";

impl Asked {
    pub fn new(question: Question, console: Console) -> Asked {
        let focus = if let Question::Select { default, .. } = &question { *default } else { 0 };
        Asked { question, console, drawn_at: 0, focus, filter: String::new() }
    }

    /// Draws it where the cursor is.
    pub fn drawn(mut self, screen: &mut Screen) -> Asked {
        screen.fresh_line();
        let start = self.console.question_mark();
        self.drawn_at = screen.position();
        match &self.question {
            Question::Text { message, default, help, .. } => {
                let hint = if help.is_empty() { "" } else { " [? for help]" };
                let default = if default.is_empty() { String::new() } else { format!(" ({default})") };
                screen.write(LineKind::Question, format!("{start} {message}{hint}{default} ").as_bytes());
            }
            Question::Confirm { message, default } => {
                let choices = if *default { "Y/n" } else { "y/N" };
                screen.write(LineKind::Question, format!("{start} {message} ({choices}) ").as_bytes());
            }
            Question::Edit { file, .. } => {
                screen.line(LineKind::Notice, &format!("an editor is open with {file}: save it, or leave it as it is"));
            }
            Question::Select { message, help, .. } => {
                let help = if help.is_empty() { "" } else { ", ? for more help" };
                let filter = if self.filter.is_empty() { String::new() } else { format!(" {}", self.filter) };
                let title = format!("{start} {message}{filter}  [Use arrows to move, type to filter{help}]\n");
                screen.write(LineKind::Question, title.as_bytes());
                for (index, option) in self.options().iter().enumerate() {
                    let mark = if index == self.focus { ">" } else { " " };
                    screen.write(LineKind::Question, format!("{mark} {option}\n").as_bytes());
                }
            }
        }
        self
    }

    fn options(&self) -> Vec<String> {
        let Question::Select { options, .. } = &self.question else { return Vec::new() };
        let filter = self.filter.to_lowercase();
        options.iter().filter(|option| option.to_lowercase().contains(&filter)).cloned().collect()
    }

    pub fn move_by(&mut self, by: isize) {
        let count = self.options().len() as isize;
        if count > 0 {
            self.focus = (self.focus as isize + by).rem_euclid(count) as usize;
        }
    }

    pub fn filter_by(&mut self, filter: &str) {
        if self.filter != filter {
            self.filter = filter.to_owned();
            self.focus = 0;
        }
    }

    /// The answer as the command gets it, or what to say before asking again.
    pub fn check(&self, answer: &str) -> Result<String, String> {
        match &self.question {
            Question::Text { help, .. } if answer == "?" && !help.is_empty() => Err(format!("ⓘ {help}")),
            Question::Text { required: true, default, .. } if answer.is_empty() && default.is_empty() => {
                Err(format!("{INVALID}Value is required"))
            }
            Question::Text { default, .. } if answer.is_empty() => Ok(default.clone()),
            Question::Text { .. } => Ok(answer.to_owned()),
            Question::Confirm { default, .. } => match answer.trim().to_lowercase().as_str() {
                "" => Ok(if *default { "y" } else { "n" }.to_owned()),
                "y" | "yes" => Ok("y".to_owned()),
                "n" | "no" => Ok("n".to_owned()),
                _ => Err(format!("{INVALID}{answer:?} is not a valid answer, please try again.")),
            },
            Question::Edit { .. } => Ok(answer.to_owned()),
            Question::Select { help, .. } if answer == "?" && !help.is_empty() => Err(format!("ⓘ {help}")),
            Question::Select { options, .. } if options.iter().any(|option| option == answer) => Ok(answer.to_owned()),
            Question::Select { .. } if answer.is_empty() => {
                self.options().get(self.focus).cloned().ok_or_else(|| format!("{INVALID}no such option"))
            }
            Question::Select { .. } => {
                let narrowed = Asked { filter: answer.to_owned(), focus: 0, ..self.clone() };
                narrowed.options().first().cloned().ok_or_else(|| format!("{INVALID}no such option"))
            }
        }
    }

    /// The line that stays. A real editor leaves none; what became of the text is our own remark.
    pub fn answered(&self, answer: &str) -> (LineKind, String) {
        let start = self.console.question_mark();
        match &self.question {
            Question::Text { message, .. } | Question::Select { message, .. } => {
                (LineKind::Question, format!("{start} {message} {answer}"))
            }
            Question::Confirm { message, .. } => {
                (LineKind::Question, format!("{start} {message} {}", if answer == "y" { "Yes" } else { "No" }))
            }
            Question::Edit { file, text } if answer.is_empty() || answer == text => {
                (LineKind::Notice, format!("{file} was left as it is"))
            }
            Question::Edit { file, text } => {
                let changed = changed_lines(text, answer);
                let lines = if changed == 1 { "line" } else { "lines" };
                (LineKind::Notice, format!("{file} was saved, {changed} {lines} changed"))
            }
        }
    }
}

/// Lines between the first and the last one that differ, on the side that has more of them.
fn changed_lines(old: &str, new: &str) -> usize {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same_start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let rest = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
    old.len().max(new.len()) - same_start - same_end
}
