//! Subject transforms: a source filter whose wildcards are rearranged into a destination.
//!
//! Knows texts only; who transforms what is decided elsewhere. The way in is [`Transform::new`].
//! Source: NATS docs "Subject Mapping and Partitioning"; nats-server `server/subject_transform.go`, observed.

use super::{SubjectFilter, is_valid_filter};
use crate::nuid::Rng;
use std::fmt;

/// A checked pair of source and destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transform {
    source: SubjectFilter,
    /// Which token of a subject each `*` of the source stands for.
    wildcards: Vec<usize>,
    destination: Vec<Piece>,
}

/// Why a pair cannot be used; the text is the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTransform(String);

/// What one token of the destination becomes. Indexes are those of tokens in the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Token(usize),
    /// No tokens: the whole subject decides.
    Partition {
        buckets: u32,
        tokens: Vec<usize>,
    },
    Random(u32),
    Split {
        token: usize,
        separator: String,
    },
    Cut {
        how: Cut,
        token: usize,
        size: usize,
    },
    /// The rest of the subject from this token on.
    Tail(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    SplitFromLeft,
    SplitFromRight,
    SliceFromLeft,
    SliceFromRight,
    Left,
    Right,
}

impl Transform {
    /// An empty source stands for `>`; an empty destination is no transform.
    ///
    /// Errors: the server's sentence, without what it puts before it.
    pub fn new(source: &str, destination: &str) -> Result<Option<Transform>, InvalidTransform> {
        Transform::read(source, destination, false)
    }

    /// One that may have blanks in its destination: the server takes none, but what only tries one out does.
    ///
    /// Errors: as of [`Transform::new`].
    pub fn with_blanks(source: &str, destination: &str) -> Result<Option<Transform>, InvalidTransform> {
        Transform::read(source, destination, true)
    }

    fn read(source: &str, destination: &str, blanks: bool) -> Result<Option<Transform>, InvalidTransform> {
        if destination.is_empty() {
            return Ok(None);
        }
        let source = if source.is_empty() { ">" } else { source };
        let has_tail = |text: &str| text == ">" || text.ends_with(".>");
        let invalid = || InvalidTransform("invalid subject".to_owned());
        let filter = SubjectFilter::new(source).map_err(|_| invalid())?;
        let has_star = destination.split('.').any(|token| token == "*");
        if !is_valid_filter(destination) || has_star || has_tail(source) != has_tail(destination) {
            return Err(invalid());
        }
        let wildcards: Vec<usize> =
            filter.split('.').enumerate().filter(|(_, token)| *token == "*").map(|(index, _)| index).collect();
        let tail = filter.split('.').count() - 1;
        let pieces = destination.split('.').map(|token| match token {
            ">" => Ok(Piece::Tail(tail)),
            token if blanks && token.contains([' ', '\t']) && !token.starts_with("{{") => {
                Ok(Piece::Literal(token.to_owned()))
            }
            token => piece(token, &wildcards),
        });
        let destination = pieces.collect::<Result<_, _>>()?;
        Ok(Some(Transform { source: filter, wildcards, destination }))
    }

    pub fn source(&self) -> &SubjectFilter {
        &self.source
    }

    /// The subject transformed; `None` if the source does not match it.
    pub fn apply(&self, subject: &str, rng: &mut Rng) -> Option<String> {
        if !self.source.matches(subject) {
            return None;
        }
        let tokens: Vec<&str> = subject.split('.').collect();
        let pieces = self.destination.iter().map(|piece| render(piece, subject, &tokens, rng));
        Some(pieces.collect::<Vec<_>>().join("."))
    }
}

impl fmt::Display for InvalidTransform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidTransform {}

const NOT_ENOUGH: &str = "not enough arguments passed to the function";
const TOO_MANY: &str = "too many arguments passed to the function";
const WRONG_FORMAT: &str = "function argument is invalid or in the wrong format";
const OUT_OF_RANGE: &str = "wildcard index out of range";

fn piece(token: &str, wildcards: &[usize]) -> Result<Piece, InvalidTransform> {
    let failed = |why: &str| InvalidTransform(format!("invalid mapping destination: {why} in {token}"));
    if let Some(index) = token.strip_prefix('$').and_then(|digits| digits.parse::<i64>().ok()) {
        return Ok(Piece::Token(position(index, token, wildcards)?));
    }
    let Some(call) = token.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else {
        if token.contains([' ', '\t']) {
            return Err(InvalidTransform("invalid mapping destination: invalid transform".to_owned()));
        }
        return Ok(Piece::Literal(token.to_owned()));
    };
    let call = call.trim();
    let unknown = || failed("unknown function");
    let (name, arguments) = call.strip_suffix(')').and_then(|call| call.split_once('(')).ok_or_else(unknown)?;
    let arguments: Vec<&str> = arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty()).collect();
    let count = |expected: usize| match arguments.len() {
        len if len < expected => Err(failed(NOT_ENOUGH)),
        len if len > expected => Err(failed(TOO_MANY)),
        _ => Ok(()),
    };
    let number = |index: usize| arguments[index].parse::<i64>().map_err(|_| failed(WRONG_FORMAT));
    let buckets =
        || arguments[0].parse::<u32>().ok().filter(|n| i32::try_from(*n).is_ok()).ok_or_else(|| failed(WRONG_FORMAT));
    match function(name.trim()).ok_or_else(unknown)? {
        Function::Wildcard => {
            count(1)?;
            Ok(Piece::Token(position(number(0)?, token, wildcards)?))
        }
        Function::Random => {
            count(1)?;
            Ok(Piece::Random(buckets()?))
        }
        Function::Partition => {
            if arguments.is_empty() {
                return Err(failed(NOT_ENOUGH));
            }
            let positions = (1..arguments.len()).map(|index| position(number(index)?, token, wildcards));
            let tokens = positions.collect::<Result<_, _>>()?;
            Ok(Piece::Partition { buckets: buckets()?, tokens })
        }
        Function::Split => {
            count(2)?;
            let separator = arguments[1].to_owned();
            if separator.contains([' ', '.']) {
                return Err(failed(WRONG_FORMAT));
            }
            Ok(Piece::Split { token: position(number(0)?, token, wildcards)?, separator })
        }
        Function::Cut(how) => {
            count(2)?;
            let size = usize::try_from(number(1)?).unwrap_or(0);
            Ok(Piece::Cut { how, token: position(number(0)?, token, wildcards)?, size })
        }
    }
}

enum Function {
    Wildcard,
    Partition,
    Random,
    Split,
    Cut(Cut),
}

/// The first letter of each word in a function's name may be written either way.
fn function(name: &str) -> Option<Function> {
    let is = |words: &[&str]| {
        let mut rest = name;
        words.iter().all(|word| match rest.get(..word.len()) {
            Some(head) if head[..1].eq_ignore_ascii_case(&word[..1]) && head[1..] == word[1..] => {
                rest = &rest[word.len()..];
                true
            }
            _ => false,
        }) && rest.is_empty()
    };
    Some(match () {
        () if is(&["wildcard"]) => Function::Wildcard,
        () if is(&["partition"]) => Function::Partition,
        () if is(&["random"]) => Function::Random,
        () if is(&["split"]) => Function::Split,
        () if is(&["split", "from", "left"]) => Function::Cut(Cut::SplitFromLeft),
        () if is(&["split", "from", "right"]) => Function::Cut(Cut::SplitFromRight),
        () if is(&["slice", "from", "left"]) => Function::Cut(Cut::SliceFromLeft),
        () if is(&["slice", "from", "right"]) => Function::Cut(Cut::SliceFromRight),
        () if is(&["left"]) => Function::Cut(Cut::Left),
        () if is(&["right"]) => Function::Cut(Cut::Right),
        () => return None,
    })
}

/// Which token of the subject the wildcard with this number (from 1) stands for. Zero and below give the first token,
/// as on the server.
fn position(index: i64, token: &str, wildcards: &[usize]) -> Result<usize, InvalidTransform> {
    let failed =
        |tail: String| InvalidTransform(format!("invalid mapping destination: {OUT_OF_RANGE} in {token}{tail}"));
    if wildcards.is_empty() {
        return Err(failed(String::new()));
    }
    match usize::try_from(index) {
        Err(_) | Ok(0) => Ok(0),
        Ok(index) => wildcards.get(index - 1).copied().ok_or_else(|| failed(format!(": [{index}]"))),
    }
}

fn render(piece: &Piece, subject: &str, tokens: &[&str], rng: &mut Rng) -> String {
    let token_at = |index: usize| tokens.get(index).copied().unwrap_or_default();
    match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Token(index) => token_at(*index).to_owned(),
        Piece::Partition { buckets, tokens } if tokens.is_empty() => bucket(subject, *buckets),
        Piece::Partition { buckets, tokens } => {
            bucket(&tokens.iter().map(|index| token_at(*index)).collect::<String>(), *buckets)
        }
        Piece::Random(bound) => rng.below(u64::from(*bound)).to_string(),
        Piece::Split { token, separator } => {
            let pieces = token_at(*token).split(separator.as_str());
            pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(".")
        }
        Piece::Cut { how, token, size } => cut(*how, token_at(*token), *size),
        Piece::Tail(from) => tokens.get(*from..).unwrap_or_default().join("."),
    }
}

/// FNV-1a in 32 bits, modulo `buckets`.
fn bucket(key: &str, buckets: u32) -> String {
    let hash = key.bytes().fold(0x811C_9DC5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.checked_rem(buckets).unwrap_or(0).to_string()
}

/// Sizes are bytes, as on the server; a token no longer than `size` stays whole.
fn cut(how: Cut, token: &str, size: usize) -> String {
    let bytes = token.as_bytes();
    if size == 0 || size >= bytes.len() {
        return token.to_owned();
    }
    let from_right = bytes.len() - size;
    let rest = bytes.len() % size;
    let pieces: Vec<&[u8]> = match how {
        Cut::SplitFromLeft => vec![&bytes[..size], &bytes[size..]],
        Cut::SplitFromRight => vec![&bytes[..from_right], &bytes[from_right..]],
        Cut::SliceFromLeft => bytes.chunks(size).collect(),
        Cut::SliceFromRight => {
            let head = Some(&bytes[..rest]).filter(|head| !head.is_empty());
            head.into_iter().chain(bytes[rest..].chunks(size)).collect()
        }
        Cut::Left => vec![&bytes[..size]],
        Cut::Right => vec![&bytes[from_right..]],
    };
    pieces.into_iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(source: &str, destination: &str, subject: &str) -> String {
        let transform = Transform::new(source, destination).unwrap().unwrap();
        transform.apply(subject, &mut Rng::new(1)).unwrap_or_else(|| "no match".to_owned())
    }

    #[test]
    fn rearranges_tokens() {
        for (source, destination, subject, expected) in [
            ("t.*.*", "x.$2.$1", "t.a.b", "x.b.a"),
            ("t.*.*", "x.{{wildcard(2)}}.{{ Wildcard( 1 ) }}", "t.a.b", "x.b.a"),
            ("foo.>", "z.>", "foo.a.b", "z.a.b"),
            ("", "z.>", "foo.a", "z.foo.a"),
            ("t.*", "x.$x", "t.a", "x.$x"),
            ("t.*", "x.{{wildcard(0)}}", "t.a", "x.t"),
            ("t.>", "{{partition(3)}}.>", "t.a.b", "0.a.b"),
            ("t.*.*", "{{partition(10,2,1)}}", "t.a.b", "8"),
            ("t.*.*", "{{partition(3)}}", "t.foo.bar", "0"),
            ("t.*.*", "{{partition(3)}}", "t.x.y", "1"),
            ("t.*", "{{partition(7)}}", "t.a", "6"),
            ("t.*", "{{partition(5,1)}}", "t.abcdefgh", "2"),
            ("t.*", "{{partition(0)}}", "t.a", "0"),
            ("t.*", "{{split(1,-)}}", "t.-a--b-", "a.b"),
            ("t.*", "{{split(1,-)}}", "t.a-b-c", "a.b.c"),
            ("t.*", "{{SplitFromLeft(1,2)}}", "t.abcdefgh", "ab.cdefgh"),
            ("t.*", "{{splitFromright(1,2)}}", "t.abcdefgh", "abcdef.gh"),
            ("t.*", "{{sliceFromLeft(1,3)}}", "t.abcdefgh", "abc.def.gh"),
            ("t.*", "{{slicefromright(1,3)}}", "t.abcdefgh", "ab.cde.fgh"),
            ("t.*", "{{left(1,3)}}", "t.abcdefgh", "abc"),
            ("t.*", "{{right(1, 3)}}", "t.abcdefgh", "fgh"),
            ("t.*", "{{right(1,9)}}", "t.abcdefgh", "abcdefgh"),
            ("t.*", "x", "u.a", "no match"),
        ] {
            assert_eq!(apply(source, destination, subject), expected, "{source} to {destination} of {subject}");
        }
        assert!(apply("t", "{{random(5)}}", "t").parse::<u32>().unwrap() < 5);
    }

    #[test]
    fn says_what_the_server_says() {
        for (source, destination, text) in [
            ("a..b", "x", "invalid subject"),
            ("a.*", "x.*", "invalid subject"),
            ("a.>", "x", "invalid subject"),
            ("a.*", "{{foo(1)}}", "invalid mapping destination: unknown function in {{foo(1)}}"),
            (
                "a.*",
                "{{wildcard(2)}}",
                "invalid mapping destination: wildcard index out of range in {{wildcard(2)}}: [2]",
            ),
            ("a", "{{wildcard(1)}}", "invalid mapping destination: wildcard index out of range in {{wildcard(1)}}"),
            (
                "a.*",
                "{{split(1)}}",
                "invalid mapping destination: not enough arguments passed to the function in {{split(1)}}",
            ),
            (
                "a.*",
                "{{wildcard(1,2)}}",
                "invalid mapping destination: too many arguments passed to the function in {{wildcard(1,2)}}",
            ),
            (
                "a.*",
                "{{wildcard(x)}}",
                "invalid mapping destination: function argument is invalid or in the wrong format in {{wildcard(x)}}",
            ),
            ("a.*", "x y", "invalid mapping destination: invalid transform"),
        ] {
            assert_eq!(Transform::new(source, destination).unwrap_err().to_string(), text, "{source} to {destination}");
        }
        assert_eq!(Transform::new("a.*", ""), Ok(None));
        let tried = Transform::with_blanks("a.*", "x y.{{wildcard( 1 )}}").unwrap().unwrap();
        assert_eq!(tried.apply("a.b", &mut Rng::new(1)).as_deref(), Some("x y.b"));
    }
}
