//! A line of shell text to tokens with spans.
//!
//! Works on unfinished input (an open quote, a pipe at the end): what is there is tokenised and [`Lexed::unfinished`]
//! says what is missing, so the same tokens serve running, colouring, completing and asking for another line. Knows the
//! grammar of words, never what they mean. The way in is [`lex`]. Source: POSIX shell, chapter 2.

use std::ops::Range;

/// The tokens of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexed {
    pub tokens: Vec<Token>,
    /// What stands below the line of each `<<`, in their order.
    pub documents: Vec<Word>,
    /// What the text still needs before it could run.
    pub unfinished: Option<Unfinished>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    SingleQuote,
    DoubleQuote,
    Substitution,
    /// A backslash at the very end.
    Escape,
    /// The line that ends what `<<` began.
    Document,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    /// Byte range in the text.
    pub span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Word(Word),
    Operator(Operator),
    Newline,
    Comment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Pipe,
    /// `|&`
    PipeBoth,
    And,
    Or,
    Semicolon,
    /// `;;`
    EndOfCase,
    Background,
    Open,
    Close,
    /// `<`
    Input,
    /// `<<`, or `<<-` when tabs are stripped.
    Document {
        strip: bool,
    },
    /// `<<<`
    Text,
    /// `>` or `>>`, of descriptor 1 or 2 (0 is both, `&>`).
    Output {
        descriptor: u8,
        append: bool,
    },
    /// `2>&1` or `>&2`.
    Duplicate {
        from: u8,
        to: u8,
    },
}

/// What one word is made of. Quotes are gone, what they did is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub kind: PartKind,
    pub quote: Quote,
    pub span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    Text(String),
    /// `$NAME`, `${NAME}`; with what is done to it: `${NAME:-text}`.
    Variable {
        name: String,
        change: Option<Change>,
    },
    /// `$(…)` or backticks: the text inside.
    Command(String),
    /// `$((…))`: the text inside.
    Arithmetic(String),
}

/// What stands behind the name in `${…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// One of [`CHANGES`], [`LENGTH`], or empty for what is none of them.
    pub sign: &'static str,
    pub text: String,
}

/// Longer signs stand before their beginnings.
const CHANGES: &[&str] =
    &[":-", ":=", ":+", ":?", ":", "-", "=", "+", "?", "##", "#", "%%", "%", "//", "/", "^^", "^", ",,", ","];
/// `${#NAME}`
pub const LENGTH: &str = "length";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    None,
    Single,
    Double,
}

impl Operator {
    /// A file, a text or a descriptor follows.
    pub fn is_redirect(self) -> bool {
        use Operator::{Document, Duplicate, Input, Output, Text};
        matches!(self, Input | Document { .. } | Text | Output { .. } | Duplicate { .. })
    }
}

impl Word {
    /// The text if nothing in it needs expanding and nothing was quoted.
    pub fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part { kind: PartKind::Text(text), quote: Quote::None, .. }] => Some(text),
            _ => None,
        }
    }
}

/// Splits `text` into tokens.
pub fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer::new(text, 0, WORD_ENDS);
    lexer.run();
    if !lexer.awaited.is_empty() {
        lexer.lexed.unfinished = Some(Unfinished::Document);
    }
    lexer.lexed
}

/// The one word that `text` is when blanks and signs mean themselves: what follows `:-`.
pub fn lex_value(text: &str) -> Word {
    Lexer::new(text, 0, "").word()
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    word_ends: &'static str,
    /// Documents whose lines are still to come.
    awaited: Vec<Awaited>,
    lexed: Lexed,
}

struct Awaited {
    /// The line that ends it.
    end: String,
    strip: bool,
    /// Its end was quoted: nothing in it is replaced.
    literal: bool,
}

/// Words after which `((` computes.
const BEFORE_ARITHMETIC: &[&str] = &["for", "do", "then", "else", "elif", "if", "while", "until", "!", "{", "time"];
/// What `((…))` may hold.
const MOST_ARITHMETIC: usize = 2_000;
const WORD_ENDS: &str = " \t\r\n|&;<>()";

impl<'a> Lexer<'a> {
    fn new(text: &'a str, at: usize, word_ends: &'static str) -> Lexer<'a> {
        Lexer { text, at, word_ends, awaited: Vec::new(), lexed: Lexed::default() }
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.lexed.tokens.push(Token { kind, span: start..self.at });
    }

    fn run(&mut self) {
        while let Some(next) = self.peek() {
            let start = self.at;
            match next {
                ' ' | '\t' | '\r' => {
                    self.bump();
                }
                '\n' => {
                    self.bump();
                    self.push(TokenKind::Newline, start);
                    for awaited in std::mem::take(&mut self.awaited) {
                        let document = self.document(&awaited);
                        self.lexed.documents.push(document);
                    }
                }
                '#' => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                    self.push(TokenKind::Comment, start);
                }
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                '(' if self.begins_command() && is_arithmetic(self.rest()) => {
                    self.at += 2;
                    let inside = closing(self.rest(), ('(', ')'), 2).unwrap_or(self.rest().len());
                    let mut word = Word::default();
                    let text = self.take_inside(inside, 2);
                    word.push(PartKind::Arithmetic(text), Quote::None, start..self.at);
                    self.push(TokenKind::Word(word), start);
                }
                _ => match self.operator() {
                    Some(operator) => self.push(TokenKind::Operator(operator), start),
                    None => {
                        let word = self.word();
                        self.await_document(&word);
                        self.push(TokenKind::Word(word), start);
                    }
                },
            }
        }
    }

    /// A command, or what `for` counts with, would stand here.
    fn begins_command(&self) -> bool {
        match self.lexed.tokens.last().map(|token| &token.kind) {
            Some(TokenKind::Word(word)) => word.plain().is_some_and(|word| BEFORE_ARITHMETIC.contains(&word)),
            Some(TokenKind::Operator(operator)) => !operator.is_redirect(),
            _ => true,
        }
    }

    /// `word` names the end of a document, if it stands behind `<<`.
    fn await_document(&mut self, word: &Word) {
        let Some(TokenKind::Operator(Operator::Document { strip })) = self.lexed.tokens.last().map(|token| &token.kind)
        else {
            return;
        };
        let part = |part: &Part| match &part.kind {
            PartKind::Text(text) => text.clone(),
            _ => self.text[part.span.clone()].to_owned(),
        };
        let end = word.parts.iter().map(part).collect();
        let literal = word.parts.iter().any(|part| part.quote != Quote::None);
        self.awaited.push(Awaited { end, strip: *strip, literal });
    }

    /// Lines up to the one that ends the document.
    fn document(&mut self, awaited: &Awaited) -> Word {
        let mut word = Word::default();
        while self.at < self.text.len() {
            let start = self.at;
            let end = self.rest().find('\n').map_or(self.text.len(), |length| start + length + 1);
            let line = &self.text[start..end];
            let kept = if awaited.strip { line.trim_start_matches('\t') } else { line };
            if kept.trim_end_matches('\n') == awaited.end {
                self.at = end;
                return word;
            }
            let from = end - kept.len();
            if awaited.literal {
                word.push(PartKind::Text(kept.to_owned()), Quote::Single, from..end);
                self.at = end;
            } else {
                // What is replaced may go on over lines.
                self.at = from;
                self.replaced(&mut word, end);
            }
        }
        self.lexed.unfinished = Some(Unfinished::Document);
        word
    }

    /// As between double quotes, except that these mean themselves.
    fn replaced(&mut self, word: &mut Word, end: usize) {
        while self.at < end {
            let start = self.at;
            match self.peek() {
                None => return,
                Some('$' | '`') => self.dollar(word, Quote::Double),
                Some('\\') => self.escape_in_quotes(word, "$`\\"),
                Some(next) => {
                    self.bump();
                    word.push_char(next, Quote::Double, start..self.at);
                }
            }
        }
    }

    fn operator(&mut self) -> Option<Operator> {
        const OPERATORS: &[(&str, Operator)] = &[
            ("&&", Operator::And),
            ("||", Operator::Or),
            ("|&", Operator::PipeBoth),
            (";;", Operator::EndOfCase),
            ("<<<", Operator::Text),
            ("<<-", Operator::Document { strip: true }),
            ("<<", Operator::Document { strip: false }),
            ("2>&1", Operator::Duplicate { from: 2, to: 1 }),
            ("1>&2", Operator::Duplicate { from: 1, to: 2 }),
            (">&2", Operator::Duplicate { from: 1, to: 2 }),
            ("&>>", Operator::Output { descriptor: 0, append: true }),
            ("&>", Operator::Output { descriptor: 0, append: false }),
            ("2>>", Operator::Output { descriptor: 2, append: true }),
            ("2>", Operator::Output { descriptor: 2, append: false }),
            ("1>>", Operator::Output { descriptor: 1, append: true }),
            ("1>", Operator::Output { descriptor: 1, append: false }),
            (">>", Operator::Output { descriptor: 1, append: true }),
            (">|", Operator::Output { descriptor: 1, append: false }),
            (">&1", Operator::Duplicate { from: 1, to: 1 }),
            (">", Operator::Output { descriptor: 1, append: false }),
            ("<", Operator::Input),
            ("|", Operator::Pipe),
            ("&", Operator::Background),
            (";", Operator::Semicolon),
            ("(", Operator::Open),
            (")", Operator::Close),
        ];
        OPERATORS.iter().find(|(sign, _)| self.eat(sign)).map(|(_, operator)| *operator)
    }

    fn word(&mut self) -> Word {
        let mut word = Word::default();
        while let Some(next) = self.peek() {
            let start = self.at;
            match next {
                _ if self.word_ends.contains(next) => break,
                '\'' => {
                    self.bump();
                    let text = self.until_single_quote();
                    word.push(PartKind::Text(text), Quote::Single, start..self.at);
                }
                '"' => self.double_quoted(&mut word),
                '$' | '`' => self.dollar(&mut word, Quote::None),
                '\\' => self.escape(&mut word),
                _ => {
                    self.bump();
                    word.push_char(next, Quote::None, start..self.at);
                }
            }
        }
        word
    }

    fn escape(&mut self, word: &mut Word) {
        let start = self.at;
        self.bump();
        match self.bump() {
            Some('\n') => {}
            Some(next) => word.push(PartKind::Text(next.to_string()), Quote::Single, start..self.at),
            None => self.lexed.unfinished = Some(Unfinished::Escape),
        }
    }

    fn until_single_quote(&mut self) -> String {
        let rest = self.rest();
        let (text, taken) = match rest.find('\'') {
            Some(end) => (rest[..end].to_owned(), end + 1),
            None => (rest.to_owned(), rest.len()),
        };
        if taken == text.len() {
            self.lexed.unfinished = Some(Unfinished::SingleQuote);
        }
        self.at += taken;
        text
    }

    fn double_quoted(&mut self, word: &mut Word) {
        let start = self.at;
        self.bump();
        word.push(PartKind::Text(String::new()), Quote::Double, start..self.at);
        loop {
            let start = self.at;
            match self.peek() {
                None => {
                    self.lexed.unfinished = Some(Unfinished::DoubleQuote);
                    return;
                }
                Some('"') => {
                    self.bump();
                    word.stretch(self.at);
                    return;
                }
                Some('$' | '`') => self.dollar(word, Quote::Double),
                Some('\\') => self.escape_in_quotes(word, "$`\"\\"),
                Some(next) => {
                    self.bump();
                    word.push_char(next, Quote::Double, start..self.at);
                }
            }
        }
    }

    /// A backslash that takes the meaning from `signs` alone.
    fn escape_in_quotes(&mut self, word: &mut Word, signs: &str) {
        let start = self.at;
        self.bump();
        match self.bump() {
            Some('\n') => {}
            Some(next) if signs.contains(next) => word.push_char(next, Quote::Double, start..self.at),
            Some(next) => {
                word.push_char('\\', Quote::Double, start..self.at);
                word.push_char(next, Quote::Double, start..self.at);
            }
            None => word.push_char('\\', Quote::Double, start..self.at),
        }
    }

    fn dollar(&mut self, word: &mut Word, quote: Quote) {
        let start = self.at;
        let kind = if self.eat("`") {
            let inside = self.rest().find('`').unwrap_or(self.rest().len());
            PartKind::Command(self.take_inside(inside, 1))
        } else if let Some(inside) = arithmetic(self.rest()) {
            self.at += 3;
            PartKind::Arithmetic(self.take_inside(inside, 2))
        } else if self.eat("$(") {
            let inside = closing(self.rest(), ('(', ')'), 1).unwrap_or(self.rest().len());
            PartKind::Command(self.take_inside(inside, 1))
        } else if self.eat("${") {
            let inside = closing(self.rest(), ('{', '}'), 1).unwrap_or(self.rest().len());
            changed(&self.take_inside(inside, 1))
        } else {
            self.bump();
            let name = self.variable_name();
            if name.is_empty() {
                word.push_char('$', quote, start..self.at);
                return;
            }
            PartKind::Variable { name, change: None }
        };
        word.push(kind, quote, start..self.at);
    }

    fn variable_name(&mut self) -> String {
        let name = self.rest()[..name_length(self.rest())].to_owned();
        self.at += name.len();
        name
    }

    /// Takes `length` bytes and `closing` more, which may be missing at the end of the text.
    fn take_inside(&mut self, length: usize, closing: usize) -> String {
        let text = self.rest()[..length].to_owned();
        if self.rest().len() < length + closing {
            self.lexed.unfinished = Some(Unfinished::Substitution);
        }
        self.at = (self.at + length + closing).min(self.text.len());
        text
    }
}

fn name_length(text: &str) -> usize {
    match text.chars().next() {
        Some('?' | '$' | '!' | '#' | '0'..='9' | '*' | '@') => 1,
        Some(c) if c.is_ascii_alphabetic() || c == '_' => {
            text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
        }
        _ => 0,
    }
}

/// What stands in `${…}`.
fn changed(text: &str) -> PartKind {
    let of = |name: &str, sign, text: &str| PartKind::Variable {
        name: name.to_owned(),
        change: Some(Change { sign, text: text.to_owned() }),
    };
    if let Some(name) = text.strip_prefix('#').filter(|name| !name.is_empty() && name_length(name) == name.len()) {
        return of(name, LENGTH, "");
    }
    let is_argument = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (name, rest) = text.split_at(if is_argument { text.len() } else { name_length(text) });
    if rest.is_empty() && !name.is_empty() {
        return PartKind::Variable { name: name.to_owned(), change: None };
    }
    match CHANGES.iter().find(|sign| !name.is_empty() && rest.starts_with(**sign)) {
        Some(sign) => of(name, sign, &rest[sign.len()..]),
        None => of(name, "", text),
    }
}

/// Whether `text` begins with `((…))`.
pub fn is_arithmetic(text: &str) -> bool {
    // No longer than anybody types: it is looked at for each `((`.
    let end = text.floor_char_boundary(MOST_ARITHMETIC);
    let inner = text[..end].strip_prefix("((");
    let closes = |inner: &str| Some(inner.get(closing(inner, ('(', ')'), 2)?..)?.starts_with("))"));
    inner.and_then(closes).unwrap_or(false)
}

/// How long what stands in `$((…))` is, if `text` begins with that. Parentheses that do not close side by side are a group
/// in a substitution: `$((a) b)`.
fn arithmetic(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("$((")?;
    match closing(inner, ('(', ')'), 2) {
        Some(length) if inner.get(length..length + 2) == Some("))") => Some(length),
        Some(_) => None,
        None => Some(inner.len()),
    }
}

/// Where the parenthesis or brace opened before `text` closes; with `depth` 2, where both do.
fn closing(text: &str, (opening, closing): (char, char), depth: usize) -> Option<usize> {
    let (mut open, mut quote, mut escaped) = (depth, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => escaped = true,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if c == opening => open += 1,
            (None, c) if c == closing => {
                open -= 1;
                if open == 0 {
                    return Some(at + 1 - depth);
                }
            }
            _ => {}
        }
    }
    None
}

impl Word {
    fn push(&mut self, kind: PartKind, quote: Quote, span: Range<usize>) {
        self.parts.push(Part { kind, quote, span });
    }

    /// Joins the text before it, if that was quoted the same way.
    fn push_char(&mut self, c: char, quote: Quote, span: Range<usize>) {
        if let Some(Part { kind: PartKind::Text(text), quote: last, span: covered }) = self.parts.last_mut()
            && *last == quote
        {
            text.push(c);
            covered.end = span.end;
            return;
        }
        self.push(PartKind::Text(c.to_string()), quote, span);
    }

    fn stretch(&mut self, end: usize) {
        if let Some(part) = self.parts.last_mut() {
            part.span.end = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let show = |word: &Word| {
            let part = |part: &Part| match &part.kind {
                PartKind::Text(text) => text.clone(),
                PartKind::Variable { name, .. } => format!("<{name}>"),
                PartKind::Command(text) => format!("<({text})>"),
                PartKind::Arithmetic(text) => format!("<=({text})>"),
            };
            word.parts.iter().map(part).collect::<String>()
        };
        let token = |token: &Token| match &token.kind {
            TokenKind::Word(word) => show(word),
            TokenKind::Operator(operator) => format!("{operator:?}"),
            other => format!("{other:?}"),
        };
        lex(text).tokens.iter().map(token).collect()
    }

    #[test]
    fn quotes_and_expansions() {
        assert_eq!(words(r#"nats pub 'a $b' "c $D \$e" f\ g"#), ["nats", "pub", "a $b", "c <D> $e", "f g"]);
        assert_eq!(
            words("echo $(date +%Y) `x` $((n+1)) ${A:-b} $"),
            ["echo", "<(date +%Y)>", "<(x)>", "<=(n+1)>", "<A>", "$"]
        );
        assert_eq!(words("a \"\" #b"), ["a", "", "Comment"]);
    }

    #[test]
    fn operators_and_unfinished_text() {
        assert_eq!(words("a|b&&c||d;e&").len(), 10);
        assert_eq!(words("a > f 2>&1").len(), 4);
        assert_eq!(lex("echo 'a").unfinished, Some(Unfinished::SingleQuote));
        assert_eq!(lex("echo \"a").unfinished, Some(Unfinished::DoubleQuote));
        assert_eq!(lex("echo $(a").unfinished, Some(Unfinished::Substitution));
        assert_eq!(lex("echo \\").unfinished, Some(Unfinished::Escape));
        assert_eq!(lex("echo $((1+(2)))").unfinished, None);
    }
}
