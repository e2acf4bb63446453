//! Tokens to a tree: lists, pipelines, loops.
//!
//! The way in is [`parse`]. Errors are bash's sentences; [`SyntaxError::Unfinished`] asks for another line.
//! Source: POSIX shell grammar, the part people type.

use super::condition::Condition;
use super::lexer::{Lexed, Operator, Part, PartKind, Quote, Token, TokenKind, Word, lex};
use std::rc::Rc;

/// Commands one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub first: Pipeline,
    pub rest: Vec<(Link, Pipeline)>,
    pub background: bool,
    /// As typed, for `jobs`.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// `time` stands before it.
    pub timed: bool,
    pub negated: bool,
    pub commands: Vec<Command>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub kind: CommandKind,
    pub redirects: Vec<Redirect>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandKind {
    Simple {
        assignments: Vec<(String, Word)>,
        words: Vec<Word>,
    },
    For {
        variable: String,
        words: Vec<Word>,
        body: List,
    },
    /// `while`, or `until` when `wanted` is false.
    While {
        condition: List,
        body: List,
        wanted: bool,
    },
    If {
        branches: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    Case {
        word: Word,
        arms: Vec<(Vec<Word>, List)>,
    },
    /// `for ((first; condition; step))`.
    Count {
        parts: [String; 3],
        body: List,
    },
    /// `((…))`: the text inside.
    Arithmetic(String),
    /// `[[ … ]]`.
    Test(Condition),
    /// `name() { …; }`.
    Function {
        name: String,
        body: Rc<Command>,
    },
    /// `{ …; }`.
    Group(List),
    /// `( … )`.
    Subshell(List),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirect {
    Input(Word),
    /// `<<` and `<<<`: what is read.
    Text(Word),
    Output {
        descriptor: u8,
        append: bool,
        file: Word,
    },
    Duplicate {
        from: u8,
        to: u8,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// More text could make it right.
    Unfinished,
    /// A sentence.
    Wrong(String),
}

/// Nesting deeper than this is refused, so that no text can exhaust the stack.
pub(super) const MAX_DEPTH: usize = 64;

/// Reads a whole text.
pub fn parse(text: &str) -> Result<List, SyntaxError> {
    let Lexed { tokens, documents, unfinished } = lex(text);
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| token.kind != TokenKind::Comment).collect();
    let mut parser = Parser { text, tokens: &tokens, documents: documents.into_iter(), at: 0, depth: 0 };
    let list = parser.list(&[])?;
    if unfinished.is_some() {
        return Err(SyntaxError::Unfinished);
    }
    if parser.at < tokens.len() {
        return Err(parser.unexpected());
    }
    Ok(list)
}

pub(super) struct Parser<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
    documents: std::vec::IntoIter<Word>,
    pub at: usize,
    pub depth: usize,
}

pub(super) type Parse<T> = Result<T, SyntaxError>;

impl Parser<'_> {
    pub fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    pub fn eat(&mut self, operator: Operator) -> bool {
        let found = self.peek() == Some(&TokenKind::Operator(operator));
        self.at += usize::from(found);
        found
    }

    pub fn skip_newlines(&mut self) {
        while self.peek() == Some(&TokenKind::Newline) {
            self.at += 1;
        }
    }

    /// The word if it stands unquoted at a place where keywords are.
    fn keyword(&self) -> Option<&str> {
        match self.peek()? {
            TokenKind::Word(word) => word.plain(),
            _ => None,
        }
    }

    pub fn eat_keyword(&mut self, wanted: &str) -> bool {
        let found = self.keyword() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub fn expect_keyword(&mut self, wanted: &str) -> Parse<()> {
        self.skip_newlines();
        if self.eat_keyword(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub fn unexpected(&self) -> SyntaxError {
        let Some(token) = self.tokens.get(self.at) else { return SyntaxError::Unfinished };
        if let Some(refused) = self.refused() {
            return SyntaxError::Wrong(refused);
        }
        let shown = if token.kind == TokenKind::Newline { "newline" } else { &self.text[token.span.clone()] };
        SyntaxError::Wrong(format!("syntax error near unexpected token `{shown}'"))
    }

    /// What a real shell would understand and this one does not: `<(…)`, `name=(…)`, `>&-`.
    fn refused(&self) -> Option<String> {
        use Operator::{Background, EndOfCase, Input, Open, Output, Semicolon};
        let (before, here) = (self.tokens.get(self.at.checked_sub(1)?)?, self.tokens.get(self.at)?);
        let word = self.text.get(before.span.clone())?;
        let is_joined = before.span.end == here.span.start;
        let TokenKind::Operator(sign) = here.kind else { return None };
        match (&before.kind, sign) {
            (TokenKind::Operator(Input | Output { .. }), Open) => {
                Some(format!("{word}(…): not in the playground; write to a file first, or pipe"))
            }
            (TokenKind::Operator(Input | Output { .. }), Background) if is_joined => {
                Some(format!("{word}&: not in the playground; 2>&1, >&2 and &> file are"))
            }
            (TokenKind::Operator(Input), Output { .. }) if is_joined => {
                Some("<>: not in the playground; < file and > file are".to_owned())
            }
            (TokenKind::Operator(EndOfCase | Semicolon), Background) if is_joined => {
                Some(format!("{word}&: not in the playground; ;; is"))
            }
            (TokenKind::Word(_), Open) if word.ends_with('=') && is_joined => {
                Some(format!("{word}(…): arrays are not in the playground; for x in a b c is"))
            }
            _ => None,
        }
    }

    /// Items until the end, a `)`, or one of `ends`.
    fn list(&mut self, ends: &[&str]) -> Parse<List> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::Wrong("nested too deeply".to_owned()));
        }
        let mut list = List::default();
        loop {
            self.skip_newlines();
            let ended = match self.peek() {
                None | Some(TokenKind::Operator(Operator::Close | Operator::EndOfCase)) => true,
                _ => self.keyword().is_some_and(|word| ends.contains(&word)),
            };
            if ended {
                self.depth -= 1;
                return Ok(list);
            }
            list.items.push(self.item()?);
        }
    }

    fn item(&mut self) -> Parse<Item> {
        let start = self.tokens[self.at].span.start;
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            let link = if self.eat(Operator::And) {
                Link::And
            } else if self.eat(Operator::Or) {
                Link::Or
            } else {
                break;
            };
            self.skip_newlines();
            rest.push((link, self.pipeline()?));
        }
        let end = self.tokens[self.at.saturating_sub(1)].span.end.max(start);
        let text = self.text[start..end].to_owned();
        let background = self.eat(Operator::Background);
        let ended = background || self.eat(Operator::Semicolon);
        match self.peek() {
            None | Some(TokenKind::Newline | TokenKind::Operator(Operator::Close | Operator::EndOfCase)) => {}
            _ if ended => {}
            _ => return Err(self.unexpected()),
        }
        Ok(Item { first, rest, background, text })
    }

    fn pipeline(&mut self) -> Parse<Pipeline> {
        let timed = self.eat_keyword("time");
        let negated = self.eat_keyword("!");
        let mut commands = vec![self.command()?];
        loop {
            if self.eat(Operator::PipeBoth)
                && let Some(command) = commands.last_mut()
            {
                command.redirects.push(Redirect::Duplicate { from: 2, to: 1 });
            } else if !self.eat(Operator::Pipe) {
                break;
            }
            self.skip_newlines();
            commands.push(self.command()?);
        }
        Ok(Pipeline { timed, negated, commands })
    }

    fn command(&mut self) -> Parse<Command> {
        let keyword = self.keyword().map(str::to_owned);
        let kind = match keyword.as_deref() {
            Some("for") => self.for_loop()?,
            Some(word @ ("while" | "until")) => {
                let wanted = word == "while";
                self.at += 1;
                let condition = self.filled_list(&["do"])?;
                CommandKind::While { condition, body: self.body()?, wanted }
            }
            Some("if") => self.condition()?,
            Some("case") => self.case()?,
            Some("{") => {
                self.at += 1;
                let list = self.filled_list(&["}"])?;
                self.expect_keyword("}")?;
                CommandKind::Group(list)
            }
            Some("[[") => {
                self.at += 1;
                CommandKind::Test(self.test()?)
            }
            Some("function") => {
                self.at += 1;
                let Some(name) = self.keyword().map(str::to_owned) else { return Err(self.unexpected()) };
                self.at += 1;
                if self.is_at_parentheses() {
                    self.at += 2;
                }
                self.function(name)?
            }
            Some(word @ ("select" | "coproc"))
                if matches!(self.tokens.get(self.at + 1).map(|token| &token.kind), Some(TokenKind::Word(_))) =>
            {
                let instead = if word == "select" { "read -p 'which? ' x and case are" } else { "command & is" };
                return Err(SyntaxError::Wrong(format!("{word}: not in the playground; {instead}")));
            }
            Some("do" | "done" | "then" | "else" | "elif" | "fi" | "esac" | "}") => return Err(self.unexpected()),
            _ if self.eat(Operator::Open) => {
                let list = self.filled_list(&[])?;
                if !self.eat(Operator::Close) {
                    return Err(self.unexpected());
                }
                CommandKind::Subshell(list)
            }
            _ => match self.arithmetic() {
                Some(text) => CommandKind::Arithmetic(text),
                None => return self.simple(),
            },
        };
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Command { kind, redirects })
    }

    /// Takes `((…))`.
    fn arithmetic(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        let TokenKind::Word(word) = &token.kind else { return None };
        match word.parts.as_slice() {
            [Part { kind: PartKind::Arithmetic(text), .. }] if self.text[token.span.clone()].starts_with('(') => {
                self.at += 1;
                Some(text.clone())
            }
            _ => None,
        }
    }

    fn is_at_parentheses(&self) -> bool {
        let is = |at: usize, sign| self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Operator(sign));
        is(self.at, Operator::Open) && is(self.at + 1, Operator::Close)
    }

    /// Behind the name and its parentheses.
    fn function(&mut self, name: String) -> Parse<CommandKind> {
        self.skip_newlines();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::Wrong("nested too deeply".to_owned()));
        }
        let start = self.at;
        let body = self.command()?;
        self.depth -= 1;
        if matches!(body.kind, CommandKind::Simple { .. }) {
            self.at = start;
            return Err(self.unexpected());
        }
        Ok(CommandKind::Function { name, body: Rc::new(body) })
    }

    fn case(&mut self) -> Parse<CommandKind> {
        self.at += 1;
        let Some(TokenKind::Word(word)) = self.peek() else { return Err(self.unexpected()) };
        let word = word.clone();
        self.at += 1;
        self.expect_keyword("in")?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines();
            if self.eat_keyword("esac") {
                return Ok(CommandKind::Case { word, arms });
            }
            self.eat(Operator::Open);
            let mut patterns = Vec::new();
            loop {
                let Some(TokenKind::Word(pattern)) = self.peek() else { return Err(self.unexpected()) };
                patterns.push(pattern.clone());
                self.at += 1;
                if !self.eat(Operator::Pipe) {
                    break;
                }
            }
            if !self.eat(Operator::Close) {
                return Err(self.unexpected());
            }
            arms.push((patterns, self.list(&["esac"])?));
            self.skip_newlines();
            if !self.eat(Operator::EndOfCase) && self.keyword() != Some("esac") {
                return Err(self.unexpected());
            }
        }
    }

    fn filled_list(&mut self, ends: &[&str]) -> Parse<List> {
        let list = self.list(ends)?;
        if list.items.is_empty() { Err(self.unexpected()) } else { Ok(list) }
    }

    fn body(&mut self) -> Parse<List> {
        self.expect_keyword("do")?;
        let body = self.filled_list(&["done"])?;
        self.expect_keyword("done")?;
        Ok(body)
    }

    /// Of `for`, which may stand in braces as well.
    fn body_of_for(&mut self) -> Parse<List> {
        self.eat(Operator::Semicolon);
        self.skip_newlines();
        if !self.eat_keyword("{") {
            return self.body();
        }
        let body = self.filled_list(&["}"])?;
        self.expect_keyword("}")?;
        Ok(body)
    }

    fn for_loop(&mut self) -> Parse<CommandKind> {
        self.at += 1;
        if let Some(text) = self.arithmetic() {
            let Ok(parts) = text.split(';').map(str::to_owned).collect::<Vec<_>>().try_into() else {
                return Err(SyntaxError::Wrong(
                    "syntax error: for ((first; condition; step)) has three parts".to_owned(),
                ));
            };
            return Ok(CommandKind::Count { parts, body: self.body_of_for()? });
        }
        let Some(variable) = self.keyword().map(str::to_owned) else { return Err(self.unexpected()) };
        if !is_name(&variable) {
            return Err(SyntaxError::Wrong(format!("`{variable}': not a valid identifier")));
        }
        self.at += 1;
        self.skip_newlines();
        let mut words = Vec::new();
        if self.eat_keyword("in") {
            while let Some(TokenKind::Word(word)) = self.peek() {
                words.push(word.clone());
                self.at += 1;
            }
        } else {
            words.push(all_arguments());
        }
        Ok(CommandKind::For { variable, words, body: self.body_of_for()? })
    }

    fn condition(&mut self) -> Parse<CommandKind> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        self.at += 1;
        loop {
            let condition = self.filled_list(&["then"])?;
            self.expect_keyword("then")?;
            branches.push((condition, self.filled_list(&["elif", "else", "fi"])?));
            if self.eat_keyword("elif") {
                continue;
            }
            if self.eat_keyword("else") {
                otherwise = Some(self.filled_list(&["fi"])?);
            }
            self.expect_keyword("fi")?;
            return Ok(CommandKind::If { branches, otherwise });
        }
    }

    fn simple(&mut self) -> Parse<Command> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            let Some(TokenKind::Word(word)) = self.peek() else { break };
            match assignment(word) {
                Some(assignment) if words.is_empty() => assignments.push(assignment),
                _ => words.push(word.clone()),
            }
            self.at += 1;
            if let ([name], true, true) = (words.as_slice(), assignments.is_empty(), redirects.is_empty())
                && let Some(name) = name.plain().map(str::to_owned)
                && self.is_at_parentheses()
            {
                self.at += 2;
                return Ok(Command { kind: self.function(name)?, redirects });
            }
        }
        if assignments.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command { kind: CommandKind::Simple { assignments, words }, redirects })
    }

    fn redirect(&mut self) -> Parse<Option<Redirect>> {
        let Some(TokenKind::Operator(operator)) = self.peek() else { return Ok(None) };
        let operator = *operator;
        if !operator.is_redirect() {
            return Ok(None);
        }
        let before = self.at.checked_sub(1).map(|at| self.tokens[at].span.clone()).unwrap_or_default();
        let number = &self.text[before.clone()];
        if before.end == self.tokens[self.at].span.start
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !number.is_empty()
        {
            let sign = &self.text[self.tokens[self.at].span.clone()];
            return Err(SyntaxError::Wrong(format!("{number}{sign}: not in the playground; descriptors 1 and 2 are")));
        }
        self.at += 1;
        if let Operator::Duplicate { from, to } = operator {
            return Ok(Some(Redirect::Duplicate { from, to }));
        }
        let file = match self.peek() {
            Some(TokenKind::Word(word)) => word.clone(),
            None => return Err(SyntaxError::Wrong("syntax error near unexpected token `newline'".to_owned())),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(Some(match operator {
            Operator::Output { descriptor, append } => Redirect::Output { descriptor, append, file },
            Operator::Document { .. } => Redirect::Text(self.documents.next().ok_or(SyntaxError::Unfinished)?),
            Operator::Text => Redirect::Text(with_newline(file)),
            _ => Redirect::Input(file),
        }))
    }
}

/// `"$@"`.
fn all_arguments() -> Word {
    let part = |kind| Part { kind, quote: Quote::Double, span: 0..0 };
    let all = PartKind::Variable { name: "@".to_owned(), change: None };
    Word { parts: vec![part(PartKind::Text(String::new())), part(all)] }
}

fn with_newline(mut word: Word) -> Word {
    let end = word.parts.last().map_or(0, |part| part.span.end);
    word.parts.push(Part { kind: PartKind::Text("\n".to_owned()), quote: Quote::Single, span: end..end });
    word
}

/// `NAME=value` and `NAME+=value` with an unquoted name.
pub(super) fn assignment(word: &Word) -> Option<(String, Word)> {
    let first = word.parts.first()?;
    let PartKind::Text(text) = &first.kind else { return None };
    let (name, value) = text.split_once('=')?;
    let (name, adds) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    if first.quote != Quote::None || !is_name(name) {
        return None;
    }
    let mut rest = word.clone();
    rest.parts[0].kind = PartKind::Text(value.to_owned());
    if adds {
        let before = PartKind::Variable { name: name.to_owned(), change: None };
        rest.parts.insert(0, Part { kind: before, quote: Quote::Double, span: 0..0 });
    }
    Some((name.to_owned(), rest))
}

/// A name a variable can have.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        for text in [
            "",
            "# only a comment",
            "nats sub 'orders.>' &",
            "for i in 1 2 3; do nats pub a $i; sleep 1; done",
            "for i in $(seq 3)\ndo\n echo $i\ndone | head -1 > f",
            "while true; do nats pub a b; done",
            "if test -f x; then cat x; elif true; then echo; else echo no; fi",
            "{ echo a; echo b; } | cat && (echo c; echo d) || ! false",
            "case $x in a|b) echo 1;; (*) echo 2; esac; case y in\ny)\n;;\nesac",
            "cat <<A <<'B' | cat; wc <<< $x\n$(echo a)\nA\nb\nB\necho |& cat",
            "X=1 Y=2 env > out 2>&1; n=$((n+1))",
            "a \\\n b",
        ] {
            assert!(parse(text).is_ok(), "{text:?}: {:?}", parse(text));
        }
    }

    #[test]
    fn asks_for_more() {
        for text in [
            "for i in 1 2",
            "for i in 1; do",
            "a |",
            "a &&",
            "if true; then b",
            "echo 'x",
            "( a",
            "{ a;",
            "a \\",
            "case x",
            "case x in a)",
            "cat << A",
            "cat << A\nb\n",
        ] {
            assert_eq!(parse(text), Err(SyntaxError::Unfinished), "{text:?}");
        }
    }

    #[test]
    fn refuses_as_bash_does() {
        for (text, token) in [("nats sub >", "newline"), ("a | | b", "|"), ("; a", ";"), ("a )", ")"), ("done", "done")]
        {
            let sentence = format!("syntax error near unexpected token `{token}'");
            assert_eq!(parse(text), Err(SyntaxError::Wrong(sentence)), "{text:?}");
        }
        assert!(matches!(parse(&"(".repeat(500)), Err(SyntaxError::Wrong(_))));
    }
}
