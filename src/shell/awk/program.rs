//! The text of an `awk` program to rules.
//!
//! The way in is [`read`]. Errors name what is not here.

use super::unescaped;
use crate::commands::pattern::Pattern;

pub struct Program {
    pub rules: Vec<Rule>,
}

pub struct Rule {
    pub when: When,
    pub body: Vec<Statement>,
}

pub enum When {
    Begin,
    End,
    Always,
    If(Expression),
}

pub enum Statement {
    Print(Vec<Expression>),
    Printf(Vec<Expression>),
    Compute(Expression),
    If { condition: Expression, then: Vec<Statement>, otherwise: Vec<Statement> },
    Next,
    Exit(Option<Expression>),
}

pub enum Expression {
    Number(f64),
    Text(String),
    Regex(Pattern),
    Variable(String),
    Field(Box<Expression>),
    /// `=`, or the sign before it.
    Assign(Box<Expression>, Option<char>, Box<Expression>),
    /// `++` and `--`; whether the value is the one before.
    Step {
        target: Box<Expression>,
        by: f64,
        before: bool,
    },
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Two(Box<Expression>, &'static str, Box<Expression>),
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
    Call(&'static str, Vec<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    Sign(&'static str),
    End,
}

type Read<T> = Result<T, String>;

const MAX_DEPTH: usize = 60;
const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "!~", "++", "--", "+=", "-=", "*=", "/=", "%=", ">>", "**", "{", "}", "(", ")",
    "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", "<", ">", "~", "?", ":", "=", "$", "|",
];
pub const FUNCTIONS: &[&str] =
    &["length", "substr", "index", "toupper", "tolower", "int", "sub", "gsub", "sprintf", "sqrt"];
/// Words that are refused where they stand.
const REFUSED: &[(&str, &str)] = &[
    ("for", "seq and the shell's for are"),
    ("while", "the shell's while is"),
    ("do", "the shell's while is"),
    ("function", "name() { …; } around awk is"),
    ("delete", "sort | uniq -c counts"),
    ("split", "-F and $1 are"),
    ("getline", "a pipe is"),
    ("match", "~ is"),
    ("in", "sort | uniq -c counts"),
    ("system", "xargs is"),
    ("strftime", "date is"),
    ("systime", "date +%s is"),
];

pub fn read(text: &str) -> Read<Program> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, at: 0, depth: 0, prints: false };
    let mut rules = Vec::new();
    loop {
        reader.skip_ends();
        if reader.peek().is_none() {
            return Ok(Program { rules });
        }
        rules.push(reader.rule()?);
    }
}

fn tokens(text: &str) -> Read<Vec<Token>> {
    let (mut tokens, mut rest): (Vec<Token>, &str) = (Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        let is_operand = matches!(tokens.last(), Some(Token::Number(_) | Token::Text(_) | Token::Name(_)))
            || matches!(tokens.last(), Some(Token::Sign(")" | "]" | "$" | "++" | "--")));
        let (token, length) = match c {
            '\n' => (Some(Token::End), 1),
            ' ' | '\t' | '\r' => (None, 1),
            '\\' if rest.starts_with("\\\n") => (None, 2),
            '#' => (None, rest.find('\n').unwrap_or(rest.len())),
            '"' => {
                let end = closing(rest, '"').ok_or("a \" is not closed")?;
                (Some(Token::Text(unescaped(&rest[1..end]))), end + 1)
            }
            '/' if !is_operand => {
                let end = closing(rest, '/').ok_or("a / is not closed")?;
                (Some(Token::Regex(rest[1..end].replace("\\/", "/"))), end + 1)
            }
            '0'..='9' | '.' => {
                let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
                let whole = digits(rest);
                let exponent = rest[whole..].strip_prefix(['e', 'E']).map_or(0, |rest| {
                    let signless = rest.strip_prefix(['+', '-']).unwrap_or(rest);
                    let digits = digits(signless);
                    if digits > 0 { 1 + rest.len() - signless.len() + digits } else { 0 }
                });
                let end = whole + exponent;
                (Some(Token::Number(rest[..end].parse().map_err(|_| format!("{}: no number", &rest[..end]))?)), end)
            }
            _ if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Some(Token::Name(rest[..end].to_owned())), end)
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| format!("not in the playground: {c}"))?;
                (Some(Token::Sign(sign)), sign.len())
            }
        };
        tokens.extend(token);
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// Where what begins with `sign` ends.
fn closing(text: &str, sign: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let is_end = c == sign && !escaped;
        escaped = c == '\\' && !escaped;
        is_end.then_some(at)
    })
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    /// Between `print` and the end of the statement, where `>` names a file.
    prints: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if *found == sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn eat_name(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(found)) if found == name);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Read<()> {
        if self.eat(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn skip_ends(&mut self) {
        while self.is(";") || self.peek() == Some(&Token::End) {
            self.at += 1;
        }
    }

    fn skip_newlines(&mut self) {
        while self.peek() == Some(&Token::End) {
            self.at += 1;
        }
    }

    fn unexpected(&self) -> String {
        match self.peek() {
            None => "syntax error at or near end of program".to_owned(),
            Some(Token::End) => "syntax error at or near end of line".to_owned(),
            Some(Token::Sign(sign @ ("|" | ">" | ">>"))) => {
                format!("{sign}: not in the playground; what awk prints goes through the shell's own {sign}")
            }
            Some(Token::Sign("[")) => "arrays are not in the playground; sort | uniq -c counts".to_owned(),
            Some(Token::Sign(sign)) => format!("syntax error at or near {sign}"),
            Some(Token::Name(name)) => format!("syntax error at or near {name}"),
            Some(Token::Text(text)) => format!("syntax error at or near \"{text}\""),
            Some(Token::Regex(text)) => format!("syntax error at or near /{text}/"),
            Some(Token::Number(number)) => format!("syntax error at or near {number}"),
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn rule(&mut self) -> Read<Rule> {
        let when = if self.eat_name("BEGIN") {
            When::Begin
        } else if self.eat_name("END") {
            When::End
        } else if self.is("{") {
            When::Always
        } else {
            When::If(self.expression()?)
        };
        if self.is(",") {
            return Err("ranges of lines are not in the playground; sed -n '/a/,/b/p' is".to_owned());
        }
        match when {
            _ if self.is("{") => Ok(Rule { when, body: self.block()? }),
            When::If(_) => Ok(Rule { when, body: vec![Statement::Print(Vec::new())] }),
            _ => Err(self.unexpected()),
        }
    }

    fn block(&mut self) -> Read<Vec<Statement>> {
        self.expect("{")?;
        let mut body = Vec::new();
        loop {
            self.skip_ends();
            if self.eat("}") {
                return Ok(body);
            }
            body.extend(self.statement()?);
            if !self.is("}")
                && !self.is(";")
                && self.peek() != Some(&Token::End)
                && self.tokens[self.at - 1] != Token::Sign("}")
            {
                return Err(self.unexpected());
            }
        }
    }

    fn statement(&mut self) -> Read<Vec<Statement>> {
        if self.is("{") {
            return self.deeper(Self::block);
        }
        if let Some(Token::Name(name)) = self.peek()
            && let Some((_, instead)) = REFUSED.iter().find(|(refused, _)| refused == name)
        {
            return Err(format!("{name}: not in the playground; {instead}"));
        }
        if self.eat_name("if") {
            return self.deeper(Self::condition);
        }
        let statement = if self.eat_name("print") {
            Statement::Print(self.printed()?)
        } else if self.eat_name("printf") {
            Statement::Printf(self.printed()?)
        } else if self.eat_name("next") {
            Statement::Next
        } else if self.eat_name("exit") {
            let ends = self.peek().is_none() || self.is("}") || self.is(";") || self.peek() == Some(&Token::End);
            Statement::Exit(if ends { None } else { Some(self.expression()?) })
        } else {
            Statement::Compute(self.expression()?)
        };
        Ok(vec![statement])
    }

    fn condition(&mut self) -> Read<Vec<Statement>> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        self.skip_newlines();
        let then = self.statement()?;
        let before = self.at;
        self.skip_ends();
        let otherwise = if self.eat_name("else") {
            self.skip_newlines();
            self.statement()?
        } else {
            self.at = before;
            Vec::new()
        };
        Ok(vec![Statement::If { condition, then, otherwise }])
    }

    /// What `print` writes. Parentheses around all of it are not part of it.
    fn printed(&mut self) -> Read<Vec<Expression>> {
        let ends = |reader: &Self| {
            reader.peek().is_none() || reader.is("}") || reader.is(";") || reader.peek() == Some(&Token::End)
        };
        if ends(self) {
            return Ok(Vec::new());
        }
        let start = self.at;
        if self.eat("(") {
            let list = self.list(")")?;
            if ends(self) {
                return Ok(list);
            }
            self.at = start;
        }
        self.prints = true;
        let mut list = vec![self.expression()?];
        while self.eat(",") {
            self.skip_newlines();
            list.push(self.expression()?);
        }
        self.prints = false;
        if ends(self) { Ok(list) } else { Err(self.unexpected()) }
    }

    /// Up to and with `end`; there `>` compares.
    fn list(&mut self, end: &str) -> Read<Vec<Expression>> {
        let before = std::mem::replace(&mut self.prints, false);
        let mut list = Vec::new();
        while !self.eat(end) {
            list.push(self.expression()?);
            if !self.eat(",") && !self.is(end) {
                return Err(self.unexpected());
            }
        }
        self.prints = before;
        Ok(list)
    }

    fn expression(&mut self) -> Read<Expression> {
        self.deeper(Self::assignment)
    }

    fn assignment(&mut self) -> Read<Expression> {
        let target = self.choice()?;
        let Some(Token::Sign(sign @ ("=" | "+=" | "-=" | "*=" | "/=" | "%="))) = self.peek() else { return Ok(target) };
        if !is_target(&target) {
            return Err(self.unexpected());
        }
        let operator = sign.strip_suffix('=').and_then(|sign| sign.chars().next());
        self.at += 1;
        Ok(Expression::Assign(Box::new(target), operator, Box::new(self.expression()?)))
    }

    fn choice(&mut self) -> Read<Expression> {
        let condition = self.level(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.expression()?;
        self.expect(":")?;
        Ok(Expression::Choice(Box::new(condition), Box::new(yes), Box::new(self.expression()?)))
    }

    /// Loosest first; between comparing and adding, texts that stand side by side become one.
    fn level(&mut self, level: usize) -> Read<Expression> {
        const LEVELS: &[&[&str]] =
            &[&["||"], &["&&"], &["~", "!~"], &["<", "<=", "==", "!=", ">", ">="], &[], &["+", "-"], &["*", "/", "%"]];
        let Some(signs) = LEVELS.get(level) else { return self.negative() };
        let mut left = self.level(level + 1)?;
        loop {
            let sign = match self.peek() {
                Some(Token::Sign(">")) if self.prints => return Ok(left),
                Some(Token::Sign(sign)) if signs.contains(sign) => *sign,
                Some(Token::Name(_) | Token::Text(_) | Token::Number(_)) if signs.is_empty() => {
                    let right = self.level(level + 1)?;
                    left = Expression::Two(Box::new(left), "", Box::new(right));
                    continue;
                }
                Some(Token::Sign("$" | "(" | "!" | "-")) if signs.is_empty() && !self.is("-") && !self.is("!") => {
                    let right = self.level(level + 1)?;
                    left = Expression::Two(Box::new(left), "", Box::new(right));
                    continue;
                }
                _ => return Ok(left),
            };
            self.at += 1;
            if matches!(sign, "||" | "&&") {
                self.skip_newlines();
            }
            left = Expression::Two(Box::new(left), sign, Box::new(self.level(level + 1)?));
        }
    }

    fn negative(&mut self) -> Read<Expression> {
        if self.eat("!") {
            return Ok(Expression::Not(Box::new(self.deeper(Self::negative)?)));
        }
        if self.eat("-") {
            return Ok(Expression::Negative(Box::new(self.deeper(Self::negative)?)));
        }
        if self.eat("+") {
            let minus = Expression::Negative(Box::new(self.deeper(Self::negative)?));
            return Ok(Expression::Negative(Box::new(minus)));
        }
        let base = self.stepped()?;
        if self.eat("^") || self.eat("**") {
            return Ok(Expression::Two(Box::new(base), "^", Box::new(self.deeper(Self::negative)?)));
        }
        Ok(base)
    }

    fn stepped(&mut self) -> Read<Expression> {
        for (sign, by) in [("++", 1.0), ("--", -1.0)] {
            if self.eat(sign) {
                let target = self.atom()?;
                if !is_target(&target) {
                    return Err(self.unexpected());
                }
                return Ok(Expression::Step { target: Box::new(target), by, before: false });
            }
        }
        let target = self.atom()?;
        for (sign, by) in [("++", 1.0), ("--", -1.0)] {
            if is_target(&target) && self.eat(sign) {
                return Ok(Expression::Step { target: Box::new(target), by, before: true });
            }
        }
        Ok(target)
    }

    fn atom(&mut self) -> Read<Expression> {
        let Some(token) = self.peek().cloned() else { return Err(self.unexpected()) };
        self.at += 1;
        Ok(match token {
            Token::Number(number) => Expression::Number(number),
            Token::Text(text) => Expression::Text(text),
            Token::Regex(text) => Expression::Regex(Pattern::new(&text)?),
            Token::Sign("$") if self.is("-") => return Err("syntax error at or near -".to_owned()),
            Token::Sign("$") => Expression::Field(Box::new(self.deeper(Self::stepless)?)),
            Token::Sign("(") => {
                let mut list = self.list(")")?;
                match (list.pop(), list.is_empty()) {
                    (Some(only), true) => only,
                    _ => return Err("syntax error at or near )".to_owned()),
                }
            }
            Token::Name(name) => return self.named(name),
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        })
    }

    /// Behind a dollar: `$i++` adds to the field.
    fn stepless(&mut self) -> Read<Expression> {
        if self.is("++") || self.is("--") { self.stepped() } else { self.atom() }
    }

    fn named(&mut self, name: String) -> Read<Expression> {
        if let Some((_, instead)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return Err(format!("{name}: not in the playground; {instead}"));
        }
        if let Some(function) = FUNCTIONS.iter().find(|function| **function == name) {
            let arguments = if self.eat("(") { self.list(")")? } else { Vec::new() };
            let (least, most) = match *function {
                "length" => (0, 1),
                "substr" | "sub" | "gsub" => (2, 3),
                "index" => (2, 2),
                "sprintf" => (1, usize::MAX),
                _ => (1, 1),
            };
            if arguments.len() < least || arguments.len() > most {
                return Err(format!("wrong number of arguments in call to {name}"));
            }
            return Ok(Expression::Call(function, arguments));
        }
        if self.is("[") {
            return Err(self.unexpected());
        }
        if self.is("(") && !is_known(&name) {
            return Err(format!("{name}(): not in the playground"));
        }
        Ok(Expression::Variable(name))
    }
}

/// What may stand before a parenthesis and is no function.
fn is_known(name: &str) -> bool {
    matches!(name, "NR" | "NF" | "FNR" | "FS" | "OFS" | "ORS" | "FILENAME")
}

fn is_target(expression: &Expression) -> bool {
    matches!(expression, Expression::Variable(_) | Expression::Field(_))
}
