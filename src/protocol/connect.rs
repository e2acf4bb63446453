//! What a client tells about itself and asks for.

use crate::json::{FromJson, ToJson};

/// The JSON of CONNECT. A field that is `None` was not sent; a server then keeps what it had.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Connect {
    #[json(omit_empty)]
    pub verbose: Option<bool>,
    #[json(omit_empty)]
    pub pedantic: Option<bool>,
    #[json(omit_empty)]
    pub echo: Option<bool>,
    #[json(omit_empty)]
    pub headers: Option<bool>,
    #[json(omit_empty)]
    pub no_responders: Option<bool>,
    #[json(omit_empty)]
    pub protocol: Option<i64>,
    #[json(omit_empty)]
    pub tls_required: Option<bool>,
    #[json(omit_empty)]
    pub user: Option<String>,
    #[json(omit_empty)]
    pub pass: Option<String>,
    #[json(omit_empty)]
    pub auth_token: Option<String>,
    #[json(omit_empty)]
    pub nkey: Option<String>,
    #[json(omit_empty)]
    pub sig: Option<String>,
    #[json(omit_empty)]
    pub jwt: Option<String>,
    #[json(omit_empty)]
    pub name: Option<String>,
    #[json(omit_empty)]
    pub lang: Option<String>,
    #[json(omit_empty)]
    pub version: Option<String>,
    #[json(omit_empty)]
    pub account: Option<String>,
    #[json(omit_empty)]
    pub new_account: Option<bool>,
}
