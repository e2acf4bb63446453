//! Addresses as somebody types them.

use crate::client::reconnect::host_and_port;

/// More servers than a cluster has.
const MOST: usize = 32;

/// Reads addresses between commas, blanks or line breaks.
///
/// Errors: a sentence that says what to write instead.
pub fn parse(text: &str) -> Result<Vec<String>, String> {
    let words = text.split([',', ' ', '\t', '\n', '\r']).filter(|word| !word.is_empty());
    let urls = words.map(one).collect::<Result<Vec<String>, String>>()?;
    match urls.len() {
        0 => Err("An address is needed, as ws://localhost:8080.".to_owned()),
        1..=MOST => Ok(urls),
        _ => Err(format!("More than {MOST} addresses; a server names the others of its cluster by itself.")),
    }
}

fn one(word: &str) -> Result<String, String> {
    let (scheme, rest) = word.split_once("://").unwrap_or(("ws", word));
    let scheme = scheme.to_ascii_lowercase();
    let host = host_and_port(&format!("{scheme}://{rest}"));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match scheme.as_str() {
        "ws" | "wss" => {}
        "nats" | "tls" => {
            return Err(format!(
                "{word}: a page cannot speak TCP. Give the server a websocket block and write its port, as ws://{}:8080.",
                authority.split(':').next().unwrap_or_default()
            ));
        }
        "http" | "https" => {
            let other = if scheme == "http" { "ws" } else { "wss" };
            return Err(format!("{word}: that is the address of a page. The same server's is {other}://{rest}."));
        }
        _ => return Err(format!("{word}: an address begins with ws:// or wss://.")),
    }
    if authority.contains('@') {
        return Err("An address is shown; user and password belong into their own fields.".to_owned());
    }
    if rest.contains('#') {
        return Err(format!("{word}: an address has no part behind #."));
    }
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let is_written = authority.len() > port.len() && authority.ends_with(&format!(":{port}"));
    let has_colon = authority.rsplit_once(']').map_or(authority, |(_, port)| port).contains(':');
    if authority.is_empty() || authority.starts_with(':') || (has_colon && !is_written) {
        return Err(format!("{word}: that is no address; write one as ws://localhost:8080."));
    }
    Ok(format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_meant() {
        assert_eq!(
            parse(" ws://a:1,\nwss://b/nats c:8080 "),
            Ok(vec!["ws://a:1".to_owned(), "wss://b/nats".to_owned(), "ws://c:8080".to_owned()])
        );
        assert_eq!(parse("WS://[::1]:8080"), Ok(vec!["ws://[::1]:8080".to_owned()]));
        assert_eq!(parse("ws://[::1]"), Ok(vec!["ws://[::1]".to_owned()]));
    }

    #[test]
    fn says_what_to_write_instead() {
        for (text, piece) in [
            ("", "is needed"),
            ("nats://localhost:4222", "ws://localhost:8080"),
            ("https://demo.nats.io", "wss://demo.nats.io"),
            ("ftp://a", "begins with"),
            ("ws://user:secret@a:1", "their own fields"),
            ("ws://", "no address"),
            ("ws://a:port", "no address"),
            ("ws://:80", "no address"),
            ("ws://a#b", "behind #"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(piece), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
