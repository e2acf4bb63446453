//! How a client shows who it is: [`Auth`], and what of it goes into CONNECT.
//!
//! Knows secrets and nothing of where they come from or who may see them: they have no `Debug`, no JSON and no way out but
//! CONNECT, and their memory is cleared when they are dropped. The ways in are [`Auth`] and its parts, [`Seed::parse`]
//! and [`Creds::parse`].
//! Source: NATS docs "NKeys", "JWTs"; nats.go, `UserCredentials` and `Nkey`.

mod creds;
mod error;
mod seed;

pub use creds::{Claims, Creds};
pub use error::Error;
pub use seed::{Seed, SeedKind, seed_kind};

#[cfg(test)]
pub(super) use {creds::tests::CREDS as TEST_CREDS, seed::tests::SEED as TEST_SEED};

use crate::protocol::{Connect, Info};
use std::fmt;
use zeroize::Zeroizing;

/// A text that is never shown: no `Debug`, no `Display`, no JSON, and cleared when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, to be sent and not to be kept.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }
}

/// How a client shows who it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    UserPassword {
        user: String,
        password: Secret,
    },
    Token(Secret),
    /// A key pair; the server knows its public half.
    Nkey(Seed),
    /// What a `.creds` file holds: a JWT an account signed, and the key pair it speaks of.
    Creds(Creds),
}

/// [`Auth`] without what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    None,
    UserPassword,
    Token,
    Nkey,
    Creds,
}

impl Auth {
    pub fn user_password(user: impl Into<String>, password: impl Into<Secret>) -> Auth {
        Auth::UserPassword { user: user.into(), password: password.into() }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Auth::None => Kind::None,
            Auth::UserPassword { .. } => Kind::UserPassword,
            Auth::Token(_) => Kind::Token,
            Auth::Nkey(_) => Kind::Nkey,
            Auth::Creds(_) => Kind::Creds,
        }
    }

    /// Adds to `connect` what answers this `info`: a signature holds for one connection.
    pub fn introduce(&self, info: &Info, connect: &mut Connect) {
        let sign = |seed: &Seed| Some(seed.sign(&info.nonce)).filter(|_| !info.nonce.is_empty());
        match self {
            Auth::None => {}
            Auth::UserPassword { user, password } => {
                connect.user = Some(user.clone());
                connect.pass = Some(password.reveal().to_owned());
            }
            Auth::Token(token) => connect.auth_token = Some(token.reveal().to_owned()),
            Auth::Nkey(seed) => {
                connect.nkey = Some(seed.public_key());
                connect.sig = sign(seed);
            }
            Auth::Creds(creds) => {
                connect.jwt = Some(creds.jwt().to_owned());
                connect.sig = sign(creds.seed());
            }
        }
    }
}

impl fmt::Debug for Auth {
    /// The kind alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::creds::tests::CREDS;
    use super::seed::tests::{PUBLIC_KEY, SEED};
    use super::*;

    fn introduced(auth: &Auth, nonce: &str) -> Connect {
        let mut connect = Connect::default();
        auth.introduce(&Info { nonce: nonce.to_owned(), ..Info::default() }, &mut connect);
        connect
    }

    #[test]
    fn connect_carries_what_the_kind_wants() {
        assert_eq!(introduced(&Auth::None, "n"), Connect::default());
        let connect = introduced(&Auth::user_password("joe", "hush"), "n");
        assert_eq!((connect.user.as_deref(), connect.pass.as_deref()), (Some("joe"), Some("hush")));
        assert_eq!(introduced(&Auth::Token("hush".into()), "n").auth_token.as_deref(), Some("hush"));
        let seed = Seed::parse(SEED).expect("a seed");
        let connect = introduced(&Auth::Nkey(seed.clone()), "abc");
        assert_eq!((connect.nkey.as_deref(), connect.sig), (Some(PUBLIC_KEY), Some(seed.sign("abc"))));
        let creds = Creds::parse(CREDS).expect("a creds file");
        let connect = introduced(&Auth::Creds(creds.clone()), "abc");
        assert_eq!((connect.jwt.as_deref(), connect.nkey), (Some(creds.jwt()), None));
        assert_eq!(connect.sig, Some(creds.seed().sign("abc")));
    }

    #[test]
    fn without_a_nonce_nothing_is_signed() {
        let seed = Seed::parse(SEED).expect("a seed");
        assert_eq!(introduced(&Auth::Nkey(seed), "").sig, None);
    }

    #[test]
    fn debug_output_is_the_kind() {
        let creds = Creds::parse(CREDS).expect("a creds file");
        for (auth, shown) in [
            (Auth::None, "None"),
            (Auth::user_password("joe", "hush"), "UserPassword"),
            (Auth::Token("hush".into()), "Token"),
            (Auth::Nkey(Seed::parse(SEED).expect("a seed")), "Nkey"),
            (Auth::Creds(creds), "Creds"),
        ] {
            assert_eq!(format!("{auth:?}"), shown);
            let options = crate::client::Options { auth, ..Default::default() };
            let shown = format!("{options:?}");
            assert!(!shown.contains("hush") && !shown.contains(&SEED[2..]), "{shown}");
        }
    }
}
