//! Messages on their way, as they are drawn: one by one, in groups with a count, or not at all beside a ribbon.
//!
//! A frame has ink for so many shapes. What would be more goes together, first of one edge, kind and track, then of one
//! edge and kind, then of one edge: fewer tokens, and none uncounted. Knows no screen. The way in is [`drawn`].
//! Specification: the load levels of the scene, and "the queue collapses into one counted token".

use super::Direction;
use super::load::{Kind, Level, Levels};
use super::scene::Token;
use crate::map::Map;
use crate::time::Timestamp;

/// Shapes that all tokens of a frame may take.
pub const MAX_INK: usize = 160;
/// Groups that follow one another on one edge at most.
const GROUPS: f64 = 8.0;

/// The tokens of a moment, as `levels` want them drawn, within the ink there is.
pub fn drawn(tokens: Vec<Token>, levels: &Levels, now: Timestamp) -> Vec<Token> {
    within_ink(grouped(tokens, levels, now))
}

/// How many shapes these are.
pub fn shapes(tokens: &[Token]) -> usize {
    tokens.iter().map(Token::shapes).sum()
}

fn within_ink(mut tokens: Vec<Token>) -> Vec<Token> {
    let kind = |token: &Token| Some(Kind::of(token.traffic, token.redelivery));
    let keys: [&dyn Fn(&Token) -> Together; 3] = [
        &|token| (token.actor, token.direction, token.lost, kind(token), token.track),
        &|token| (token.actor, token.direction, token.lost, kind(token), None),
        &|token| (token.actor, token.direction, token.lost, None, None),
    ];
    for key in keys {
        if shapes(&tokens) <= MAX_INK {
            break;
        }
        tokens = together(tokens, key);
    }
    tokens
}

type Together = (usize, Direction, bool, Option<Kind>, Option<usize>);

/// One for all of a key, where the newest of them is.
fn together(tokens: Vec<Token>, key: &dyn Fn(&Token) -> Together) -> Vec<Token> {
    let mut groups: Map<Together, Token> = Map::new();
    for token in tokens {
        let group = groups.entry(key(&token)).or_insert_with(|| Token { count: 0, ..token.clone() });
        let count = group.count + token.count;
        let newest = if token.left >= group.left { token } else { group.clone() };
        *group = Token { count, ..newest };
    }
    groups.into_values().collect()
}

/// What is drawn as groups, and without what is drawn as a ribbon.
fn grouped(tokens: Vec<Token>, levels: &Levels, now: Timestamp) -> Vec<Token> {
    let mut groups: Map<Group, Token> = Map::new();
    let mut single = Vec::new();
    for token in tokens {
        let Some(load) = levels.load(token.actor, token.direction) else {
            single.push(token);
            continue;
        };
        let is_exception = matches!(Kind::of(token.traffic, token.redelivery), Kind::Redelivery | Kind::Advisory);
        match load.level {
            Level::Tokens => alone(&mut single, token),
            _ if is_exception && !load.counts_exceptions() => alone(&mut single, token),
            Level::Ribbons => {}
            Level::Convoys if is_exception => {}
            Level::Convoys => {
                let place = (token.progress(now) * GROUPS) as u8;
                let kind = Kind::of(token.traffic, token.redelivery);
                let group = (token.actor, token.direction, kind, token.track, place, token.lost);
                let count = groups.get(&group).map_or(0, |group| group.count) + token.count;
                groups.insert(group, Token { count, ..token });
            }
        }
    }
    single.extend(groups.into_iter().map(|(_, token)| token));
    single
}

/// What is lost dissolves, and nothing that arrives does with it.
type Group = (usize, Direction, Kind, Option<usize>, u8, bool);

/// Tokens on the very same spot all the way would look like one: they are one, and counted.
fn alone(tokens: &mut Vec<Token>, token: Token) {
    let way = |token: &Token| {
        let kind = (token.traffic, token.redelivery, token.lost);
        (token.actor, token.direction, kind, token.track, token.left, token.arrives)
    };
    match tokens.iter_mut().rev().find(|other| way(other) == way(&token)) {
        Some(same) => same.count += token.count,
        None => tokens.push(token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::step::Traffic;

    /// Twelve clients with a message, a redelivery and an ack on each of ten tracks, both ways.
    fn crowd(apart: u64) -> Vec<Token> {
        let mut tokens = Vec::new();
        for (number, actor) in (0..12).flat_map(|actor| [(0, actor), (1, actor)]) {
            let direction = if number == 0 { Direction::ToServer } else { Direction::ToClient };
            for track in 0..10 {
                for (traffic, redelivery) in
                    [(Traffic::Message, false), (Traffic::Message, true), (Traffic::Ack, false)]
                {
                    tokens.push(Token {
                        message: None,
                        actor,
                        direction,
                        traffic,
                        track: Some(track),
                        subject: "s".into(),
                        redelivery,
                        lost: false,
                        left: Timestamp(apart as i64 * tokens.len() as i64),
                        arrives: Timestamp(10_000_000_000),
                        count: 1,
                    });
                }
            }
        }
        tokens
    }

    fn count(tokens: &[Token]) -> u64 {
        tokens.iter().map(|token| token.count).sum()
    }

    #[test]
    fn however_much_is_on_its_way_the_ink_is_enough_and_all_of_it_is_counted() {
        for few in [1, 10, 100, 200, 400, 720] {
            let mut tokens = crowd(1_000);
            tokens.truncate(few);
            let drawn = within_ink(tokens);
            assert!(shapes(&drawn) <= MAX_INK, "{few}: {} shapes", shapes(&drawn));
            assert_eq!(count(&drawn), few as u64);
            assert!(few > 100 || drawn.len() == few, "{few} are drawn one by one");
        }
    }

    #[test]
    fn what_goes_together_is_where_the_newest_is() {
        let tokens = crowd(1_000);
        let newest = tokens.iter().filter(|token| token.actor == 3).map(|token| token.left).max();
        let drawn = within_ink(tokens);
        assert_eq!(drawn.iter().filter(|token| token.actor == 3).map(|token| token.left).max(), newest);
    }

    #[test]
    fn what_is_lost_goes_together_with_nothing_that_arrives() {
        let mut tokens = crowd(1_000);
        tokens.iter_mut().step_by(7).for_each(|token| token.lost = true);
        let lost = count(&tokens.iter().filter(|token| token.lost).cloned().collect::<Vec<_>>());
        let drawn = within_ink(tokens);
        assert_eq!(drawn.iter().filter(|token| token.lost).map(|token| token.count).sum::<u64>(), lost);
        assert!(shapes(&drawn) <= MAX_INK);
    }
}
