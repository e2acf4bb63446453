//! How a client proves who it is.
//!
//! Held in memory only: nothing here can be written as JSON, and [`Auth`] shows no secret when it is printed.
//! Source: NATS docs "Client Protocol", CONNECT.

use std::fmt;

#[derive(Clone, Default, PartialEq, Eq)]
pub enum Auth {
    #[default]
    None,
    UserPassword {
        user: String,
        password: String,
    },
    Token(String),
    /// The server's nonce is signed with the key behind this seed.
    Nkey {
        seed: String,
    },
    /// A `.creds` file: a user JWT, and the seed its nonce is signed with.
    Creds {
        jwt: String,
        seed: String,
    },
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Auth::None => "None",
            Auth::UserPassword { .. } => "UserPassword",
            Auth::Token(_) => "Token",
            Auth::Nkey { .. } => "Nkey",
            Auth::Creds { .. } => "Creds",
        })
    }
}
