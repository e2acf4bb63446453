//! `{a,b}` and `{1..3}` in words, before anything else is replaced.
//!
//! Braces without a comma or two points mean themselves, as in `{{Count}}`. Source: bash manual, brace expansion.

use super::lexer::{Part, PartKind, Quote, Word};
use crate::sorted;

/// A word becomes at most so many.
const MOST: usize = 10_000;
/// Letters of all of them, at most.
const MOST_LETTERS: usize = 1 << 20;
/// More groups than this, side by side or in each other, would be more words than that.
const DEEPEST: usize = 14;
/// No range takes more letters.
const LONGEST_RANGE: usize = 64;

/// A letter that may mean something, or a part that does not.
#[derive(Clone)]
enum Piece {
    Char(char),
    Other(Part),
}

/// The words that `word` stands for.
pub fn expand(word: &Word) -> Vec<Word> {
    let has_brace =
        |part: &Part| matches!(&part.kind, PartKind::Text(text) if part.quote == Quote::None && text.contains('{'));
    if !word.parts.iter().any(has_brace) {
        return vec![word.clone()];
    }
    let mut pieces = Vec::new();
    for part in &word.parts {
        match &part.kind {
            PartKind::Text(text) if part.quote == Quote::None => pieces.extend(text.chars().map(Piece::Char)),
            _ => pieces.push(Piece::Other(part.clone())),
        }
    }
    let mut room = Room { words: MOST, letters: MOST_LETTERS };
    match expanded(&pieces, DEEPEST, &mut room) {
        Some(words) => words.into_iter().map(joined).collect(),
        None => vec![word.clone()],
    }
}

/// What may still be made.
struct Room {
    words: usize,
    letters: usize,
}

/// `None` when there are too many.
fn expanded(pieces: &[Piece], depth: usize, room: &mut Room) -> Option<Vec<Vec<Piece>>> {
    let Some((start, end, options)) = first_group(pieces) else { return Some(vec![pieces.to_vec()]) };
    let depth = depth.checked_sub(1)?;
    let mut middles = Vec::new();
    for option in options {
        middles.extend(expanded(&option, depth, room)?);
    }
    let tails = expanded(&pieces[end + 1..], depth, room)?;
    room.words = room.words.checked_sub(middles.len() * tails.len())?;
    let mut words = Vec::new();
    for middle in &middles {
        for tail in &tails {
            room.letters = room.letters.checked_sub(start + middle.len() + tail.len())?;
            words.push([&pieces[..start], middle, tail].concat());
        }
    }
    Some(words)
}

fn is(pieces: &[Piece], at: usize, wanted: char) -> bool {
    matches!(pieces.get(at), Some(Piece::Char(c)) if *c == wanted)
}

/// A pair of braces, and the commas between them that are not between others.
struct Pair {
    start: usize,
    end: usize,
    commas: Vec<usize>,
}

/// Where the first group begins and ends, and what it offers.
fn first_group(pieces: &[Piece]) -> Option<(usize, usize, Vec<Vec<Piece>>)> {
    let (mut open, mut pairs): (Vec<(usize, Vec<usize>)>, Vec<Pair>) = (Vec::new(), Vec::new());
    for at in 0..pieces.len() {
        if is(pieces, at, '{') {
            open.push((at, Vec::new()));
        } else if is(pieces, at, ',') {
            open.last_mut().into_iter().for_each(|(_, commas)| commas.push(at));
        } else if is(pieces, at, '}')
            && let Some((start, commas)) = open.pop()
        {
            pairs.push(Pair { start, end: at, commas });
        }
    }
    sorted::by_key(&mut pairs, |pair| pair.start);
    pairs.iter().find_map(|pair| Some((pair.start, pair.end, options(pieces, pair)?)))
}

fn options(pieces: &[Piece], Pair { start, end, commas }: &Pair) -> Option<Vec<Vec<Piece>>> {
    if commas.is_empty() {
        return range(pieces.get(start + 1..*end).filter(|inside| inside.len() <= LONGEST_RANGE)?);
    }
    let borders = [&[*start], &commas[..], &[*end]].concat();
    Some(borders.windows(2).map(|pair| pieces[pair[0] + 1..pair[1]].to_vec()).collect())
}

/// `1..3`, `03..01`, `a..c`, `0..10..5`.
fn range(pieces: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    let letter = |piece: &Piece| if let Piece::Char(c) = piece { Some(*c) } else { None };
    let text: String = pieces.iter().map(letter).collect::<Option<_>>()?;
    let (first, rest) = text.split_once("..")?;
    let (last, step) = rest.split_once("..").map_or((rest, 1), |(last, step)| (last, step.parse::<i64>().unwrap_or(0)));
    let step = step.unsigned_abs().max(1);
    let words: Vec<String> = if let (Ok(first_number), Ok(last_number)) = (first.parse::<i64>(), last.parse::<i64>()) {
        let is_padded =
            |text: &str| text.trim_start_matches('-').starts_with('0') && text.trim_start_matches('-').len() > 1;
        let width = if is_padded(first) || is_padded(last) { first.len().max(last.len()) } else { 0 };
        walk(first_number, last_number, step)?.into_iter().map(|number| format!("{number:0width$}")).collect()
    } else {
        let one = |text: &str| text.chars().next().filter(|c| c.is_ascii_alphabetic() && text.len() == 1);
        let letters = walk(i64::from(one(first)? as u32), i64::from(one(last)? as u32), step)?;
        letters.into_iter().filter_map(|code| char::from_u32(code as u32)).map(String::from).collect()
    };
    Some(words.into_iter().map(|word| word.chars().map(Piece::Char).collect()).collect())
}

fn walk(first: i64, last: i64, step: u64) -> Option<Vec<i64>> {
    let count = last.abs_diff(first) / step;
    if count >= MOST as u64 {
        return None;
    }
    let step = i64::try_from(step).ok()?;
    let by = if last < first { -step } else { step };
    (0..=count as i64).map(|turn| first.checked_add(by.checked_mul(turn)?)).collect()
}

fn joined(pieces: Vec<Piece>) -> Word {
    let mut word = Word::default();
    for piece in pieces {
        match (piece, word.parts.last_mut()) {
            (Piece::Char(c), Some(Part { kind: PartKind::Text(text), quote: Quote::None, .. })) => text.push(c),
            (Piece::Char(c), _) => {
                word.parts.push(Part { kind: PartKind::Text(c.to_string()), quote: Quote::None, span: 0..0 });
            }
            (Piece::Other(part), _) => word.parts.push(part),
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::lexer::lex_value;

    #[test]
    fn words_become_several() {
        for (text, expected) in [
            ("orders.{new,paid}.{eu,us}", "orders.new.eu orders.new.us orders.paid.eu orders.paid.us"),
            ("{1..3}", "1 2 3"),
            ("x{03..1}", "x03 x02 x01"),
            ("{a..e..2}", "a c e"),
            ("{a,{b,c}d}", "a bd cd"),
            ("{{Count}}", "{{Count}}"),
            ("{a", "{a"),
            ("{}", "{}"),
            ("a{b", "a{b"),
            ("{1..1000000}", "{1..1000000}"),
            ("'{a,b}'", "{a,b}"),
            ("{'a,b',c}", "a,b c"),
        ] {
            let words = expand(&lex_value(text)).into_iter();
            let text_of = |part: Part| if let PartKind::Text(text) = part.kind { text } else { String::new() };
            let found: Vec<String> = words.map(|word| word.parts.into_iter().map(text_of).collect()).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
        for sign in ["{", "{,", "{a,b}", "}", "{}", "{a..b"] {
            expand(&lex_value(&sign.repeat(100_000)));
        }
        for open in ["{", "{,", "{a,"] {
            expand(&lex_value(&format!("{}{}", open.repeat(50_000), "}".repeat(50_000))));
        }
        assert_eq!(expand(&lex_value(&format!("{}{{1..9999}}", "x".repeat(100_000)))).len(), 1, "too many letters");
    }
}
