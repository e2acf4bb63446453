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
}

impl Route {
    /// Reads the part behind `#`. Whatever is not understood leads home.
    pub fn parse(hash: &str) -> Route {
        let path = hash.trim_start_matches('#').trim_start_matches('/');
        match path.split_once('/') {
            Some(("lesson", id)) if is_name(id) => Route::Lesson(id.to_owned()),
            Some(("scene", id)) if is_name(id) => Route::Scene(id.to_owned()),
            Some(("session", packed)) if !packed.is_empty() => Route::Session(packed.to_owned()),
            None if path == "sandbox" => Route::Sandbox,
            _ => Route::Home,
        }
    }

    pub fn href(&self) -> String {
        match self {
            Route::Home => "#/".to_owned(),
            Route::Lesson(id) => format!("#/lesson/{id}"),
            Route::Scene(id) => format!("#/scene/{id}"),
            Route::Sandbox => "#/sandbox".to_owned(),
            Route::Session(packed) => format!("#/session/{packed}"),
        }
    }
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
        ] {
            assert_eq!(Route::parse(&route.href()), route);
        }
    }

    #[test]
    fn hostile_addresses_lead_home() {
        for hash in ["", "#", "#/lesson/", "#/lesson/<script>", "#/lesson/a/b", "#x", "#/lesson/ü"] {
            assert_eq!(Route::parse(hash), Route::Home, "{hash}");
        }
    }
}
