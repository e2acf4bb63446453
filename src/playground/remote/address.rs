//! Several addresses in one text.

use crate::client::refusal::{Page, Refusal, of_address};

/// More servers than a cluster has.
const MOST: usize = 32;

/// Reads addresses between commas, blanks or line breaks. `page` decides which of them may be dialled.
///
/// Errors: what is wrong with the first that cannot be dialled, and what to write instead.
pub fn parse(text: &str, page: &Page) -> Result<Vec<String>, Refusal> {
    let urls: Vec<&str> = text.split([',', ' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect();
    if urls.is_empty() {
        return Err(of_address("", page).unwrap_or(plain("no address was given")));
    }
    if urls.len() > MOST {
        return Err(plain("these are too many addresses; a server names the others of its cluster by itself"));
    }
    match urls.iter().find_map(|url| of_address(url, page).or_else(|| of_parts(url))) {
        Some(refusal) => Err(refusal),
        None => Ok(urls.into_iter().map(str::to_owned).collect()),
    }
}

/// What an address should not hold although it could be dialled.
fn of_parts(url: &str) -> Option<Refusal> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if host.contains('@') {
        return Some(plain(
            "an address is shown to everybody who looks: user and password belong into their own fields",
        ));
    }
    rest.contains('#').then(|| plain("an address has no part behind #"))
}

fn plain(what: &str) -> Refusal {
    Refusal { what: what.to_owned(), remedies: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_several() {
        let page = Page { origin: "http://lab.test".to_owned() };
        let parsed = |text: &str| parse(text, &page);
        assert_eq!(parsed(" ws://a:1,\nwss://b/nats ").unwrap(), ["ws://a:1", "wss://b/nats"]);
        for (text, piece) in [
            ("", "no address"),
            ("ws://a:1 nats://b", "cannot open nats://"),
            ("ws://user:secret@a:1", "their own fields"),
            ("ws://a#b", "behind #"),
        ] {
            let refusal = parsed(text).unwrap_err().to_string();
            assert!(refusal.contains(piece) && !refusal.contains("secret"), "{text}: {refusal}");
        }
        assert!(parsed(&"ws://a:1 ".repeat(33)).unwrap_err().what.contains("too many"));
    }
}
