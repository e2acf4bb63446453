//! An address as it is typed: what is wrong with it, and why nobody is found there.
//!
//! Knows no connection. There are no names here but `localhost`: whoever is called by another one is not found. The way
//! in is [`unreached`]. Source: Go `net/url` and `net` for the sentences, nats.go for what an address lacks.

use super::connection::NOBODY_LISTENS;

const MIXED: &str = "nats: mixing of websocket and non websocket URLs is not allowed";
/// What a host may have besides letters and digits.
const OF_HOSTS: &str = "-_.~!$&'()*+,;=:[]<>\"";

pub struct Address {
    /// With a scheme.
    pub url: String,
    pub scheme: String,
    /// With the port as it was typed.
    host: String,
    has_path: bool,
}

/// Addresses with commas between them.
///
/// Errors: what is wrong with the first that is none.
pub fn parse_all(text: &str) -> Result<Vec<Address>, String> {
    text.split(',').map(parse).collect()
}

/// Why none of the addresses leads anywhere, where nobody is at any that is well written.
pub fn unreached(text: &str, is_there: impl Fn(&str) -> bool) -> Option<String> {
    let addresses = match parse_all(text) {
        Ok(addresses) => addresses,
        Err(problem) => return Some(problem),
    };
    let is_web = |address: &Address| address.scheme.starts_with("ws");
    if addresses.iter().any(is_web) && !addresses.iter().all(is_web) {
        return Some(MIXED.to_owned());
    }
    if addresses.iter().any(|address| address.undialable().is_none() && is_there(&address.url)) {
        return None;
    }
    let problem = addresses.iter().find_map(|address| address.undialable().or_else(|| address.unknown()));
    Some(problem.unwrap_or_else(|| NOBODY_LISTENS.to_owned()))
}

fn parse(text: &str) -> Result<Address, String> {
    let text = text.trim().trim_end_matches('/');
    let url = if text.contains("://") { text.to_owned() } else { format!("nats://{text}") };
    let wrong = |problem: String| Err(format!("parse {url:?}: {problem}"));
    if url.contains(|c: char| c.is_ascii_control()) {
        return wrong("net/url: invalid control character in URL".to_owned());
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("nats", &url));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let after = if host.starts_with('[') { host.rfind(']').unwrap_or(0) } else { 0 };
    if let Some(colon) = host[after..].rfind(':').map(|at| after + at)
        && !host[colon + 1..].bytes().all(|byte| byte.is_ascii_digit())
    {
        return wrong(format!("invalid port {:?} after host", &host[colon..]));
    }
    if let Some(at) = host.find('%') {
        return wrong(format!("invalid URL escape {:?}", host[at..].chars().take(3).collect::<String>()));
    }
    let may_be = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || OF_HOSTS.contains(c);
    if let Some(c) = host.chars().find(|c| !may_be(*c)) {
        return wrong(format!("invalid character {:?} in host name", c.to_string()));
    }
    let (scheme, host, has_path) = (scheme.to_owned(), host.to_owned(), !path.is_empty());
    Ok(Address { url, scheme, host, has_path })
}

impl Address {
    /// Where the clients of one host call.
    pub fn target(&self) -> String {
        let (scheme, port) = (&self.scheme, if self.port().is_empty() { "4222" } else { self.port() });
        match self.name() {
            "localhost" => format!("{scheme}://127.0.0.1:{port}"),
            name if name.contains(':') => format!("{scheme}://[{name}]:{port}"),
            name => format!("{scheme}://{name}:{port}"),
        }
    }

    fn name(&self) -> &str {
        let name = self.split().0;
        name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
    }

    /// Empty where none was typed.
    fn port(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        let is_bare = self.host.ends_with(']');
        self.host.rsplit_once(':').filter(|_| !is_bare).unwrap_or((&self.host, ""))
    }

    /// Why nobody can be called there, whoever listens.
    fn undialable(&self) -> Option<String> {
        let (host, name, port) = (&self.host, self.name(), self.port());
        if self.has_path && port.is_empty() {
            return Some(format!("dial tcp: address {host}: missing port in address"));
        }
        if name.contains(':') && !host.starts_with('[') {
            return Some(format!("dial tcp: address {host}: too many colons in address"));
        }
        if !port.is_empty() && port.parse::<u16>().is_err() {
            return Some(format!("dial tcp: address {port}: invalid port"));
        }
        None
    }

    /// Its host has a name nobody knows.
    fn unknown(&self) -> Option<String> {
        let name = self.name();
        let is_number = name.contains(':') || name.split('.').filter_map(|part| part.parse::<u8>().ok()).count() == 4;
        let is_known = name.is_empty() || is_number || name.eq_ignore_ascii_case("localhost");
        (!is_known).then(|| format!("dial tcp: lookup {name}: no such host"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_address_is_told_as_go_does() {
        for (text, problem) in [
            ("foo", "dial tcp: lookup foo: no such host"),
            ("tls://u:p@foo:4222/", "dial tcp: lookup foo: no such host"),
            ("127.0.0.1:1,foo:", "dial tcp: lookup foo: no such host"),
            ("1.2.3.4.5", "dial tcp: lookup 1.2.3.4.5: no such host"),
            ("nats://", "dial tcp: lookup nats: no such host"),
            ("foo:70000", "dial tcp: address 70000: invalid port"),
            ("foo/bar", "dial tcp: address foo: missing port in address"),
            ("::1", "dial tcp: address ::1: too many colons in address"),
            ("a b", "parse \"nats://a b\": invalid character \" \" in host name"),
            ("a\tb", "parse \"nats://a\\tb\": net/url: invalid control character in URL"),
            ("here,x:y:z", "parse \"nats://x:y:z\": invalid port \":z\" after host"),
            ("foo:-1", "parse \"nats://foo:-1\": invalid port \":-1\" after host"),
            ("%zz", "parse \"nats://%zz\": invalid URL escape \"%zz\""),
            ("ws://here,nats://here", MIXED),
            ("[::1]:4222", NOBODY_LISTENS),
            ("localhost", NOBODY_LISTENS),
            ("://", NOBODY_LISTENS),
            ("é", "dial tcp: lookup é: no such host"),
        ] {
            assert_eq!(unreached(text, |_| false).as_deref(), Some(problem), "{text}");
        }
        assert_eq!(unreached("foo,bar:1", |address| address == "nats://bar:1"), None);
    }
}
