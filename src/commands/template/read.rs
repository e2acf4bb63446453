//! A template as a tree: all of it is read before any of it is done.
//!
//! Knows what is inside of what and which variables are known where; never what they hold. The way in is [`read`].
//! Source: Go `text/template/parse`.

use super::{Lexed, Problem, Scope, Token, split_at_pipes, tokens};

/// Blocks in each other.
const MOST_OPEN: usize = 100;

pub(super) enum Node<'t> {
    Text(&'t str),
    /// A value to show, or to give to variables.
    Action(Pipeline),
    Block(Box<Block<'t>>),
    Break,
    Continue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    If,
    With,
    Range,
}

pub(super) struct Block<'t> {
    pub kind: Kind,
    pub pipeline: Pipeline,
    pub body: Vec<Node<'t>>,
    pub otherwise: Vec<Node<'t>>,
    /// After `{{else}}`.
    has_otherwise: bool,
    /// `{{else if …}}`, which needs no end of its own.
    is_chained: bool,
    /// Variables that were known before it.
    known: usize,
}

pub(super) struct Pipeline {
    /// Where its action begins.
    pub at: usize,
    pub variables: Vec<String>,
    /// Whether they are known already: `=` instead of `:=`.
    pub assigns: bool,
    pub tokens: Vec<Lexed>,
}

impl Kind {
    fn named(word: &str) -> Option<Kind> {
        Some(match word {
            "if" => Kind::If,
            "with" => Kind::With,
            "range" => Kind::Range,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Kind::If => "if",
            Kind::With => "with",
            Kind::Range => "range",
        }
    }
}

/// What is read so far.
struct Reader<'t> {
    top: Vec<Node<'t>>,
    open: Vec<Block<'t>>,
    variables: Vec<String>,
}

/// Errors with the place where they were seen.
pub(super) fn read<'t>(text: &'t str, scope: &Scope<'_>) -> Result<Vec<Node<'t>>, (usize, Problem)> {
    let mut reader = Reader { top: Vec::new(), open: Vec::new(), variables: vec![String::new()] };
    let (mut rest, mut is_trimmed) = (text, false);
    let place = |rest: &str| text.len() - rest.len();
    while let Some(at) = rest.find("{{") {
        let mut before = &rest[..at];
        let mut action = &rest[at + 2..];
        let start = place(action);
        if let Some(trimmed) = action.strip_prefix("- ") {
            before = before.trim_end();
            action = trimmed;
        }
        reader.add(Node::Text(if is_trimmed { before.trim_start() } else { before }));
        if let Some(comment) = action.strip_prefix("/*") {
            let (_, after) = comment.split_once("*/}}").ok_or((start, "unclosed comment".into()))?;
            (rest, is_trimmed) = (after, false);
            continue;
        }
        let (tokens, after, trims) = tokens(action, place(action), scope).map_err(|problem| (start, problem.into()))?;
        (rest, is_trimmed) = (after, trims);
        reader.action(start, tokens).map_err(|problem| (start, problem.into()))?;
    }
    reader.add(Node::Text(if is_trimmed { rest.trim_start() } else { rest }));
    if reader.open.is_empty() { Ok(reader.top) } else { Err((text.len(), "unexpected EOF".into())) }
}

fn keyword(tokens: &[Lexed]) -> &str {
    const KEYWORDS: [&str; 7] = ["if", "with", "range", "else", "end", "break", "continue"];
    match tokens.first() {
        Some(Lexed { token: Token::Name(name), .. }) if KEYWORDS.contains(&name.as_str()) => name,
        _ => "",
    }
}

impl<'t> Reader<'t> {
    fn add(&mut self, node: Node<'t>) {
        match self.open.last_mut() {
            Some(block) if block.has_otherwise => block.otherwise.push(node),
            Some(block) => block.body.push(node),
            None => self.top.push(node),
        }
    }

    fn action(&mut self, at: usize, tokens: Vec<Lexed>) -> Result<(), String> {
        let word = keyword(&tokens);
        if let Some(kind) = Kind::named(word) {
            return self.begin(kind, at, &tokens[1..], false);
        }
        match word {
            "else" => self.otherwise(at, &tokens[1..]),
            "end" => self.end(),
            "break" | "continue" => self.leave(word, &tokens[1..]),
            _ => {
                let pipeline = self.pipeline("command", at, &tokens)?;
                self.add(Node::Action(pipeline));
                Ok(())
            }
        }
    }

    fn begin(&mut self, kind: Kind, at: usize, tokens: &[Lexed], is_chained: bool) -> Result<(), String> {
        if self.open.len() == MOST_OPEN {
            return Err("not in the playground: blocks nested so deeply".to_owned());
        }
        let known = self.variables.len();
        let pipeline = self.pipeline(kind.name(), at, tokens)?;
        let (body, otherwise) = (Vec::new(), Vec::new());
        self.open.push(Block { kind, pipeline, body, otherwise, has_otherwise: false, is_chained, known });
        Ok(())
    }

    fn otherwise(&mut self, at: usize, tokens: &[Lexed]) -> Result<(), String> {
        let Some(block) = self.open.last_mut() else { return Err("unexpected {{else}}".to_owned()) };
        if block.has_otherwise {
            return Err("expected end; found {{else}}".to_owned());
        }
        block.has_otherwise = true;
        match Kind::named(keyword(tokens)) {
            None => Ok(()),
            Some(kind) if kind == block.kind && kind != Kind::Range => self.begin(kind, at, &tokens[1..], true),
            Some(Kind::Range) => Err("unexpected <range> in else".to_owned()),
            Some(kind) => Err(format!("unexpected <{}> in input", kind.name())),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        loop {
            let block = self.open.pop().ok_or("unexpected {{end}}")?;
            self.variables.truncate(block.known);
            let is_chained = block.is_chained;
            self.add(Node::Block(Box::new(block)));
            if !is_chained {
                return Ok(());
            }
        }
    }

    fn leave(&mut self, word: &str, rest: &[Lexed]) -> Result<(), String> {
        if let Some(lexed) = rest.first() {
            return Err(format!("unexpected {} in {{{{{word}}}}}", lexed.token.quoted()));
        }
        if !self.open.iter().any(|block| block.kind == Kind::Range && !block.has_otherwise) {
            return Err(format!("{{{{{word}}}}} outside {{{{range}}}}"));
        }
        self.add(if word == "break" { Node::Break } else { Node::Continue });
        Ok(())
    }

    fn pipeline(&mut self, context: &str, at: usize, tokens: &[Lexed]) -> Result<Pipeline, String> {
        let (variables, assigns, tokens) = declared(context, tokens)?;
        self.variables.extend(variables.iter().cloned());
        self.check(if variables.is_empty() { context } else { "command" }, tokens)?;
        Ok(Pipeline { at, variables, assigns, tokens: tokens.to_vec() })
    }

    fn check(&self, context: &str, pipeline: &[Lexed]) -> Result<(), String> {
        if pipeline.is_empty() {
            return Err(format!("missing value for {context}"));
        }
        if pipeline[0].token == Token::Pipe {
            return Err("unexpected \"|\" in command".to_owned());
        }
        let mut open = 0usize;
        for lexed in pipeline {
            match &lexed.token {
                Token::Open => open += 1,
                Token::Close => open = open.checked_sub(1).ok_or("unexpected right paren")?,
                Token::Variable(name, _) if !self.variables.contains(name) => {
                    return Err(format!("undefined variable \"${name}\""));
                }
                Token::Declare | Token::Assign | Token::Comma => {
                    return Err(format!("unexpected {} in {context}", lexed.token.quoted()));
                }
                _ => {}
            }
        }
        if open > 0 {
            return Err("unclosed left paren".to_owned());
        }
        let is_empty = split_at_pipes(pipeline).iter().any(|command| command.is_empty());
        if is_empty { Err("missing value for command".to_owned()) } else { Ok(()) }
    }
}

/// The variables in front of a pipeline, whether they are known already, and the rest.
fn declared<'a>(context: &str, tokens: &'a [Lexed]) -> Result<(Vec<String>, bool, &'a [Lexed]), String> {
    let mut names = Vec::new();
    let mut rest = tokens;
    while let [Lexed { token: Token::Variable(name, fields), .. }, next, after @ ..] = rest
        && fields.is_empty()
        && matches!(next.token, Token::Declare | Token::Assign | Token::Comma)
    {
        names.push(name.clone());
        rest = after;
        if next.token != Token::Comma {
            return Ok((names, next.token == Token::Assign, rest));
        }
        if context != "range" || names.len() > 1 {
            return Err(format!("too many declarations in {context}"));
        }
        if !matches!(rest.first(), None | Some(Lexed { token: Token::Variable(..) | Token::Close, .. })) {
            return Err("range can only initialize variables".to_owned());
        }
    }
    Ok((Vec::new(), false, tokens))
}
