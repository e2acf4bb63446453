//! What a server tells about itself.

use crate::json::{FromJson, ToJson};

/// The JSON of INFO, fields in the order the server sends them. Absent fields are not sent.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct Info {
    pub server_id: String,
    pub server_name: String,
    pub version: String,
    pub proto: i32,
    #[json(omit_empty)]
    pub git_commit: String,
    pub go: String,
    pub host: String,
    pub port: u16,
    pub headers: bool,
    #[json(omit_empty)]
    pub auth_required: bool,
    #[json(omit_empty)]
    pub tls_required: bool,
    #[json(omit_empty)]
    pub tls_verify: bool,
    #[json(omit_empty)]
    pub tls_available: bool,
    /// Largest header plus body, in bytes.
    pub max_payload: usize,
    #[json(omit_empty)]
    pub jetstream: bool,
    pub client_id: u64,
    pub client_ip: String,
    #[json(omit_empty)]
    pub nonce: String,
    #[json(omit_empty)]
    pub cluster: String,
    #[json(omit_empty)]
    pub connect_urls: Vec<String>,
    #[json(omit_empty)]
    pub domain: String,
    /// Lame duck: the server is about to go.
    #[json(omit_empty)]
    pub ldm: bool,
    /// Only in the second INFO, after the first PING.
    #[json(omit_empty)]
    pub connect_info: bool,
    #[json(omit_empty)]
    pub remote_account: String,
    #[json(omit_empty)]
    pub acc_is_sys: bool,
    pub api_lvl: i32,
    #[json(omit_empty)]
    pub xkey: String,
}

impl Info {
    pub fn to_json(&self) -> Vec<u8> {
        crate::json::write(self).into_bytes()
    }
}
