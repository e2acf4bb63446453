//! Which lesson an address names.

/// Where in the app one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// The lesson one was last in, or the first.
    #[default]
    Home,
    Lesson(String),
    /// A scene of the gallery.
    Scene(String),
    /// An empty playground, and the gallery.
    Sandbox,
    /// What somebody did, as `share` packed it.
    Session(String),
    /// What somebody reached in lessons, packed alike.
    Progress(String),
}

impl Route {
    /// Reads the part behind `#`. Whatever is not understood leads home.
    pub fn parse(hash: &str) -> Route {
        let path = hash.trim_start_matches('#').trim_start_matches('/');
        let path = path.split('?').next().unwrap_or_default();
        match path.split_once('/') {
            Some(("lesson", id)) if is_name(id) => Route::Lesson(id.to_ascii_lowercase()),
            Some(("scene", id)) if is_name(id) => Route::Scene(id.to_ascii_lowercase()),
            Some(("progress", packed)) if !packed.is_empty() => Route::Progress(packed.to_owned()),
            Some(("session", packed)) if !packed.is_empty() => Route::Session(packed.to_owned()),
            None if path == "sandbox" => Route::Sandbox,
            _ => Route::Home,
        }
    }

    /// The address names something, and it is nothing there is.
    pub fn is_lost(hash: &str) -> bool {
        let path = hash.trim_start_matches('#').trim_start_matches('/');
        let names = !path.is_empty() && !path.starts_with("server=") && !path.starts_with('?');
        names && Route::parse(hash) == Route::Home
    }

    pub fn href(&self) -> String {
        match self {
            Route::Home => "#/".to_owned(),
            Route::Lesson(id) => format!("#/lesson/{id}"),
            Route::Scene(id) => format!("#/scene/{id}"),
            Route::Sandbox => "#/sandbox".to_owned(),
            Route::Session(packed) => format!("#/session/{packed}"),
            Route::Progress(packed) => format!("#/progress/{packed}"),
        }
    }
}

/// Longer addresses are none.
const LONGEST_SERVER: usize = 500;

/// The server a link proposes: `?server=ws://…` before or behind the `#`, or `#server=ws://…`.
pub fn proposed_server(hash: &str, search: &str) -> Option<String> {
    let behind = hash.trim_start_matches('#').trim_start_matches('/');
    let behind = behind.split_once('?').map_or(behind, |(_, query)| query);
    let pairs = behind.split('&').chain(search.trim_start_matches('?').split('&'));
    let value = pairs.into_iter().find_map(|pair| pair.strip_prefix("server="))?;
    let text = decoded(value)?;
    let is_plain = !text.is_empty() && text.len() <= LONGEST_SERVER && !text.chars().any(char::is_control);
    is_plain.then_some(text)
}

/// Without percent signs; `None` when what they stand for is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, byte) {
            (b'%', byte) => {
                bytes.push(byte?);
                rest = &after[2..];
            }
            (byte, _) => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

fn is_name(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_back() {
        for route in [
            Route::Home,
            Route::Scene("g1-work-queue".into()),
            Route::Lesson("first-message".into()),
            Route::Sandbox,
            Route::Session("1.AbC-_".into()),
            Route::Progress("1.AbC-_".into()),
        ] {
            assert_eq!(Route::parse(&route.href()), route);
        }
    }

    #[test]
    fn a_link_may_propose_a_server() {
        let proposed = |hash, search| proposed_server(hash, search);
        let server = Some("ws://localhost:9222".to_owned());
        assert_eq!(proposed("#server=ws://localhost:9222", ""), server);
        assert_eq!(proposed("#/sandbox?server=ws%3A%2F%2Flocalhost%3A9222", ""), server);
        assert_eq!(proposed("#/sandbox?a=b&server=ws://localhost:9222", ""), server);
        assert_eq!(proposed("", "?server=ws://localhost:9222"), server);
        assert_eq!(Route::parse("#/sandbox?server=ws://localhost:9222"), Route::Sandbox);
        for hash in
            ["#/sandbox", "#server=", "#server=%zz", "#server=%0a", "#server=%ff", "#server=%", "#/lesson/server"]
        {
            assert_eq!(proposed(hash, ""), None, "{hash}");
        }
        assert_eq!(proposed(&format!("#server={}", "x".repeat(501)), ""), None);
    }

    #[test]
    fn hostile_addresses_lead_home() {
        for hash in ["", "#", "#/lesson/", "#/lesson/<script>", "#/lesson/a/b", "#x", "#/lesson/ü"] {
            assert_eq!(Route::parse(hash), Route::Home, "{hash}");
            assert_eq!(Route::is_lost(hash), hash.len() > 1, "{hash}");
        }
        assert_eq!(Route::parse("#/scene/S3-Worker"), Route::Scene("s3-worker".into()));
        for hash in ["#/", "#server=ws://localhost:9222", "#/?server=ws://localhost:9222", "#/sandbox"] {
            assert!(!Route::is_lost(hash), "{hash}");
        }
    }
}
