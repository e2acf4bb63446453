//! What can be wrong with an address: seen before dialling, or guessed when nobody answered.
//!
//! A browser does not tell a page why a WebSocket did not open, so [`of_dial`] names all that is possible, and nothing
//! that the address rules out.

use super::{Refusal, WEBSOCKET, WEBSOCKET_TLS};

/// Where the client itself came from, which decides whom it may dial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Such as `https://lab.example`; empty outside a browser.
    pub origin: String,
}

impl Page {
    fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

/// The port of NATS clients that are no pages.
const NATS_PORT: &str = "4222";

/// What is wrong with `url` before anybody is asked. `None` when it can be dialled.
pub fn of_address(url: &str, page: &Page) -> Option<Refusal> {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else {
        return Some(match url {
            "" => Refusal::new("no address was given").or("write one such as ws://localhost:9222"),
            _ => Refusal::new("the address does not say how to connect")
                .or(format!("write ws://{rest}, or wss://{rest} when the server has a certificate", rest = clean(url))),
        });
    };
    let host = host(rest);
    match scheme.to_ascii_lowercase().as_str() {
        _ if host.is_empty() => {
            Some(Refusal::new("the address names no host").or("write one such as ws://localhost:9222"))
        }
        "ws" if page.is_secure() && !is_loopback(host) => Some(mixed_content(rest)),
        "ws" | "wss" => None,
        "nats" | "tls" => Some(
            Refusal::new(format!("a page cannot open {scheme}:// addresses: browsers only let it open WebSockets"))
                .or_set(format!("give the server a way in for pages, then use ws://{host}:9222"), WEBSOCKET),
        ),
        "http" | "https" => {
            let scheme = if scheme.ends_with('s') { "wss" } else { "ws" };
            Some(Refusal::new("this is the address of a web page").or(format!("write {scheme}://{}", clean(rest))))
        }
        _ => Some(Refusal::new("this scheme is not known").or("use ws:// or wss://")),
    }
}

fn mixed_content(rest: &str) -> Refusal {
    let rest = clean(rest);
    Refusal::new("this page came by https, so the browser forbids ws:// (mixed content)")
        .or_set(format!("give the server a certificate and use wss://{rest}"), WEBSOCKET_TLS)
        .or(format!("or let a proxy in front of the server speak TLS, and use wss:// with its name instead of {rest}"))
        .or("or open this page by http:// from your own computer, where ws:// is allowed")
}

/// Why `url` may not have opened. `status` is the HTTP answer to the handshake where it is known: not in a browser.
pub fn of_dial(url: &str, page: &Page, status: Option<u16>) -> Refusal {
    let (scheme, rest) = url.trim().split_once("://").unwrap_or(("ws", url));
    let (rest, has_tls) = (clean(rest), scheme.eq_ignore_ascii_case("wss"));
    let scheme = if has_tls { "wss" } else { "ws" };
    match status {
        Some(403) => return origin_refused(Refusal::new(format!("{rest} refuses pages from here")), page),
        Some(status) => {
            return Refusal::new(format!("{rest} answers with HTTP status {status}, not as a NATS server"))
                .or("is it the websocket port of the server, and not its monitoring port or a proxy?");
        }
        None => {}
    }
    let mut refusal = Refusal::new(format!("could not reach {scheme}://{rest}; a browser does not say why"));
    if port(rest) == NATS_PORT {
        refusal = refusal.or_set(
            format!(
                "{NATS_PORT} is the port of programs; pages have one of their own, set in the server's websocket block"
            ),
            WEBSOCKET,
        );
    } else {
        refusal = refusal.or_set("is the server running, and has it a websocket block with this port?", WEBSOCKET);
    }
    let refusal = match has_tls {
        true => refusal
            .or(format!("does this browser trust its certificate? open https://{rest} in a tab and see what it says"))
            .or(format!("if its websocket block says no_tls: true, use ws://{rest}")),
        false => refusal.or(format!("if its websocket block has a certificate (TLS required), use wss://{rest}")),
    };
    let may_refuse = !page.origin.is_empty();
    if may_refuse { origin_refused(refusal, page) } else { refusal }
}

fn origin_refused(refusal: Refusal, page: &Page) -> Refusal {
    let origin = if page.origin.is_empty() { "https://the.page" } else { &page.origin };
    refusal.or_set(
        "if it has same_origin: true or allowed_origins, this page must be among them, and same_origin must go",
        format!("websocket {{\n  allowed_origins: [\"{origin}\"]\n}}"),
    )
}

/// Without user and path.
fn clean(rest: &str) -> &str {
    let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    rest.rsplit_once('@').map_or(rest, |(_, rest)| rest)
}

fn host(rest: &str) -> &str {
    let rest = clean(rest);
    match rest.rfind(']') {
        Some(end) => &rest[..=end],
        None => rest.split(':').next().unwrap_or(rest),
    }
}

fn port(rest: &str) -> &str {
    let rest = clean(rest);
    rest[host(rest).len()..].trim_start_matches(':')
}

/// Browsers let secure pages reach one's own computer without TLS.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(origin: &str) -> Page {
        Page { origin: origin.to_owned() }
    }

    #[test]
    fn what_is_known_before_dialling() {
        for (url, origin, what) in [
            ("ws://10.0.0.7:9222", "http://lab.test", None),
            ("wss://nats.test", "https://lab.test", None),
            ("ws://localhost:9222", "https://lab.test", None),
            ("ws://127.0.0.1:9222", "https://lab.test", None),
            ("ws://[::1]:9222", "https://lab.test", None),
            ("ws://10.0.0.7:9222", "https://lab.test", Some("mixed content")),
            ("ws://127.evil.test@10.0.0.7:9222", "https://lab.test", Some("mixed content")),
            ("nats://localhost:4222", "", Some("cannot open nats://")),
            ("tls://localhost:4222", "", Some("cannot open tls://")),
            ("http://localhost:8222", "", Some("address of a web page")),
            ("ftp://x", "", Some("scheme is not known")),
            ("localhost:9222", "", Some("not say how")),
            ("ws://", "", Some("names no host")),
            ("ws://:9222", "", Some("names no host")),
            ("  ", "", Some("no address")),
        ] {
            let refusal = of_address(url, &page(origin));
            let found = refusal.as_ref().map(|refusal| refusal.what.as_str());
            match what {
                None => assert_eq!(found, None, "{url}"),
                Some(what) => assert!(found.is_some_and(|found| found.contains(what)), "{url}: {found:?}"),
            }
            assert!(refusal.is_none_or(|refusal| !refusal.remedies.is_empty()), "{url}");
        }
    }

    #[test]
    fn what_may_be_wrong_when_nobody_answers() {
        let lab = page("https://lab.test");
        let text = |url: &str, status| of_dial(url, &lab, status).to_string();
        let plain = text("ws://localhost:9222", None);
        assert!(plain.contains("websocket {") && plain.contains("use wss://localhost:9222"), "{plain}");
        assert!(plain.contains("allowed_origins: [\"https://lab.test\"]") && !plain.contains("trust"), "{plain}");
        let secure = text("wss://nats.test", None);
        assert!(secure.contains("open https://nats.test") && secure.contains("use ws://nats.test"), "{secure}");
        assert!(text("ws://localhost:4222", None).contains("4222 is the port of programs"));
        let refused = of_dial("ws://localhost:9222", &lab, Some(403));
        assert_eq!(refused.remedies.len(), 1);
        assert!(refused.what.contains("refuses pages from here"));
        assert!(text("ws://localhost:8222", Some(404)).contains("HTTP status 404"));
        assert!(!of_dial("ws://localhost:9222", &Page::default(), None).to_string().contains("origin"));
    }

    #[test]
    fn no_secret_of_an_address_is_repeated() {
        for url in [
            "ws://joe:hush@10.0.0.7:9222",
            "http://joe:hush@h",
            "nats://joe:hush@h",
            "wss://hush@h",
            "hush@x://h",
            "joe:hush@h",
        ] {
            let before = of_address(url, &page("https://lab.test")).map(|refusal| refusal.to_string());
            assert!(!before.unwrap_or_default().contains("hush"), "{url}");
            assert!(!of_dial(url, &page(""), None).to_string().contains("hush"), "{url}");
        }
    }
}
