//! `--socks-proxy`: whether its address is one. A page can dial nobody, so a proxy is never there.
//!
//! The way in is [`problem`]. Source: RFC 3986; Go's net/url, observed.

/// What is wrong with the address of a proxy.
pub(super) fn problem(address: &str) -> Option<String> {
    let scheme = match scheme(address) {
        Ok(scheme) => scheme,
        Err(problem) => return Some(format!("parse {address:?}: {problem}")),
    };
    if let Some(problem) = misspelled(address, &scheme) {
        return Some(format!("parse {address:?}: {problem}"));
    }
    let is_known = matches!(scheme.as_str(), "socks5" | "socks5h");
    (!is_known).then(|| format!("proxy: unknown scheme: {scheme}"))
}

fn scheme(address: &str) -> Result<String, &'static str> {
    for (at, letter) in address.char_indices() {
        match letter {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme"),
            ':' => return Ok(address[..at].to_lowercase()),
            _ => break,
        }
    }
    let first = address.split('/').next().unwrap_or_default();
    match first.contains(':') {
        true => Err("first path segment in URL cannot contain colon"),
        false => Ok(String::new()),
    }
}

fn misspelled(address: &str, scheme: &str) -> Option<String> {
    if address.contains(|letter: char| letter.is_ascii_control()) {
        return Some("net/url: invalid control character in URL".to_owned());
    }
    let rest = address.get(scheme.len()..)?.strip_prefix("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if let Some(wrong) = host.find('%') {
        let escape: String = host[wrong..].chars().take(3).collect();
        return Some(format!("invalid URL escape {escape:?}"));
    }
    if let Some(blank) =
        host.chars().find(|letter| matches!(letter, ' ' | '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}'))
    {
        return Some(format!("invalid character {:?} in host name", blank.to_string()));
    }
    let port = host.get(host.rfind(']').unwrap_or(0)..).and_then(|rest| rest.split_once(':'))?.1;
    let is_number = port.bytes().all(|digit| digit.is_ascii_digit());
    (!is_number).then(|| format!("invalid port {:?} after host", format!(":{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (address, expected) in [
            ("socks5://localhost:1080", None),
            ("SOCKS5H://h", None),
            ("socks5:", None),
            ("foo", Some("proxy: unknown scheme: ")),
            ("/x", Some("proxy: unknown scheme: ")),
            ("localhost:1080", Some("proxy: unknown scheme: localhost")),
            ("://x", Some("parse \"://x\": missing protocol scheme")),
            ("1.2.3.4:1", Some("parse \"1.2.3.4:1\": first path segment in URL cannot contain colon")),
            ("socks5://%zz", Some("parse \"socks5://%zz\": invalid URL escape \"%zz\"")),
            ("socks5://x:abc", Some("parse \"socks5://x:abc\": invalid port \":abc\" after host")),
            ("socks5://a b:1", Some("parse \"socks5://a b:1\": invalid character \" \" in host name")),
        ] {
            assert_eq!(problem(address).as_deref(), expected, "{address}");
        }
    }
}
