//! What stands in the form, and the server it means.

use crate::client::Auth;
use crate::client::auth::{Claims, Creds, Kind, Seed};
use crate::client::refusal::{Page, Refusal};
use crate::commands::context::Settings;
use crate::playground::remote::{Server, address};

/// As it was typed. Lives as long as the dialog, nowhere else.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub urls: String,
    pub name: String,
    pub kind: Kind,
    pub user: String,
    pub password: String,
    pub token: String,
    pub seed: String,
    pub creds: String,
}

/// Ways of showing who one is, and how they are called.
pub const KINDS: &[(Kind, &str)] = &[
    (Kind::None, "Nobody in particular"),
    (Kind::UserPassword, "User and password"),
    (Kind::Token, "Token"),
    (Kind::Nkey, "NKEY seed"),
    (Kind::Creds, ".creds file"),
];

impl Draft {
    /// Errors: what is missing or wrong, without repeating a secret.
    pub fn server(&self, page: &Page) -> Result<Server, Refusal> {
        let mut server = Server::at(address::parse(&self.urls, page)?);
        server.auth = self.auth()?;
        let name = self.name.trim();
        if !name.is_empty() {
            server.name = name.to_owned();
        }
        Ok(server)
    }

    fn auth(&self) -> Result<Auth, Refusal> {
        let plain = |what: String| Refusal { what, remedies: Vec::new() };
        match self.kind {
            Kind::None => Ok(Auth::None),
            Kind::UserPassword if self.user.is_empty() => Err(plain("the user is missing".to_owned())),
            Kind::UserPassword => Ok(Auth::user_password(self.user.trim(), self.password.as_str())),
            Kind::Token if self.token.is_empty() => Err(plain("the token is missing".to_owned())),
            Kind::Token => Ok(Auth::Token(self.token.as_str().into())),
            Kind::Nkey => Seed::parse(self.seed.trim()).map(Auth::Nkey).map_err(|error| plain(error.to_string())),
            Kind::Creds => Creds::parse(&self.creds).map(Auth::Creds).map_err(|error| plain(error.to_string())),
        }
    }

    /// What a context says; its secrets were never kept.
    pub fn take_context(&mut self, settings: &Settings) {
        self.forget_secrets();
        self.urls.clone_from(&settings.url);
        self.user.clone_from(&settings.user);
        self.kind = match settings {
            Settings { creds, .. } if !creds.is_empty() => Kind::Creds,
            Settings { nkey, .. } if !nkey.is_empty() => Kind::Nkey,
            Settings { user, .. } if !user.is_empty() => Kind::UserPassword,
            _ => Kind::None,
        };
    }

    /// Whose credentials were given, or what is wrong with them; empty while there are none.
    pub fn creds_known(&self) -> String {
        if self.creds.trim().is_empty() {
            return String::new();
        }
        match Creds::parse(&self.creds) {
            Ok(creds) => {
                let Claims { name, expires, .. } = creds.claims();
                let until = expires.map_or_else(|| "for ever".to_owned(), |at| format!("until {}", at.rfc3339()));
                format!("user {name:?}, valid {until}")
            }
            Err(error) => error.to_string(),
        }
    }

    /// Nothing that is secret stands in it any more.
    pub fn forget_secrets(&mut self) {
        for secret in [&mut self.password, &mut self.token, &mut self.seed, &mut self.creds] {
            secret.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_without_secrets() {
        let page = Page::default();
        let draft = |kind| Draft { urls: "ws://localhost:9222".into(), kind, ..Draft::default() };
        assert_eq!(
            draft(Kind::None).server(&page).map(|server| server.urls),
            Ok(vec!["ws://localhost:9222".to_owned()])
        );
        for kind in [Kind::UserPassword, Kind::Token, Kind::Nkey, Kind::Creds] {
            assert!(draft(kind).server(&page).is_err());
        }
        let hush = "SUhush".to_owned();
        for draft in
            [Draft { seed: hush.clone(), ..draft(Kind::Nkey) }, Draft { creds: hush.clone(), ..draft(Kind::Creds) }]
        {
            let refusal = draft.server(&page).expect_err("no seed").to_string();
            assert!(!refusal.contains("hush"), "{refusal}");
        }
        let settings = Settings { url: "ws://h:1".into(), user: "joe".into(), ..Settings::default() };
        let mut chosen = Draft { token: hush.clone(), ..draft(Kind::Token) };
        chosen.take_context(&settings);
        let user = Draft { urls: "ws://h:1".into(), user: "joe".into(), kind: Kind::UserPassword, ..Draft::default() };
        assert!(chosen == user);
        let mut full = Draft { password: hush.clone(), token: hush, ..draft(Kind::Token) };
        full.forget_secrets();
        assert!(full == draft(Kind::Token));
    }
}
