//! What must hold for any text typed at a prompt, before anything runs.
//!
//! Used by the fuzz target `line` and by the test that replays its corpus.

use jetlab::commands::complete::{Known, candidates};
use jetlab::commands::grammar::ROOT;
use jetlab::commands::parse::{Surroundings, parse};
use jetlab::map::Map;
use jetlab::shell::lexer::{PartKind, TokenKind, Word, lex};
use jetlab::shell::syntax;
use jetlab::shell::warnings::warnings;

/// Panics where lexer, parser, grammar or completion are wrong about `text`.
pub fn check(text: &str) {
    check_tokens(text);
    let parsed = syntax::parse(text);
    assert_eq!(parsed, syntax::parse(text), "the same text, the same tree");
    for warning in warnings(text) {
        assert!(text.get(warning.span.clone()).is_some(), "{warning:?} in {text:?}");
    }
    let words = words(text);
    for (at, word) in words.iter().enumerate() {
        candidates(&words[..at], word, &Known::default());
    }
    let mut line = vec!["nats".to_owned()];
    line.extend(words);
    let (files, environment) = (Map::new(), Map::new());
    // Whatever comes of it: it comes back.
    let _ = parse(&ROOT, &line, &Surroundings { files: &files, environment: &environment });
}

/// Tokens lie in the text, one behind the other, and their parts in them.
fn check_tokens(text: &str) {
    let mut end = 0;
    for token in lex(text).tokens {
        assert!(token.span.start >= end && token.span.start <= token.span.end, "{token:?} in {text:?}");
        assert!(text.get(token.span.clone()).is_some(), "{token:?} in {text:?}");
        end = token.span.end;
        let TokenKind::Word(word) = token.kind else { continue };
        for part in word.parts {
            assert!(text.get(part.span.clone()).is_some(), "{part:?} in {text:?}");
            assert!(token.span.start <= part.span.start && part.span.end <= token.span.end, "{part:?} in {text:?}");
        }
    }
}

/// The words of a text as a command would get them, variables empty.
fn words(text: &str) -> Vec<String> {
    let plain = |word: Word| {
        let parts = word.parts.into_iter().map(|part| match part.kind {
            PartKind::Text(text) => text,
            _ => String::new(),
        });
        parts.collect::<String>()
    };
    let tokens = lex(text).tokens.into_iter();
    let words =
        tokens.filter_map(|token| if let TokenKind::Word(word) = token.kind { Some(plain(word)) } else { None });
    words.collect()
}
