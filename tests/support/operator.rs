//! An operator, an account and users with JWTs, made for one test: what `nsc` makes for real.
//!
//! Signs with the keys it is told; nothing here is read by the crate but the `.creds` file at the end.
//! Source: nats-io/jwt v2 claims; nats-io/nkeys README.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

/// A key pair of any kind.
pub struct Pair {
    key: SigningKey,
    kind: u8,
}

const OPERATOR: u8 = 14;
const ACCOUNT: u8 = 0;
const USER: u8 = 20;

impl Pair {
    fn new(kind: u8, number: u8) -> Pair {
        Pair { key: SigningKey::from_bytes(&[number; 32]), kind }
    }

    pub fn user(number: u8) -> Pair {
        Pair::new(USER, number)
    }

    pub fn public(&self) -> String {
        checked(&[self.kind << 3], self.key.verifying_key().as_bytes())
    }

    pub fn seed(&self) -> String {
        checked(&[18 << 3 | self.kind >> 2, self.kind << 6], self.key.as_bytes())
    }

    fn jwt(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let text = format!("{}.{}", part(&json!({"typ": "JWT", "alg": "ed25519-nkey"})), part(claims));
        format!("{text}.{}", BASE64URL_NOPAD.encode(&self.key.sign(text.as_bytes()).to_bytes()))
    }
}

fn checked(prefix: &[u8], key: &[u8]) -> String {
    let mut bytes = [prefix, key].concat();
    let crc = bytes.iter().fold(0u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| crc << 1 ^ if crc >> 15 == 1 { 0x1021 } else { 0 })
    });
    bytes.extend(crc.to_le_bytes());
    BASE32_NOPAD.encode(&bytes)
}

/// An operator with one account, and the system account JetStream wants; `number` tells operators apart.
pub struct Operator {
    operator: Pair,
    account: Pair,
    system: Pair,
}

impl Operator {
    pub fn new(number: u8) -> Operator {
        let account = |number| Pair::new(ACCOUNT, number);
        Operator { operator: Pair::new(OPERATOR, number), account: account(number + 1), system: account(number + 2) }
    }

    /// Lines for a server that trusts this operator and knows its account.
    pub fn configuration(&self) -> Vec<String> {
        let system = self.system.public();
        let trusted = json!({"type": "operator", "version": 2, "system_account": system});
        let operator = self.operator.jwt(&self.claims(&self.operator, "op", trusted));
        let accounts = [(&self.account, "APP"), (&self.system, "SYS")];
        let known = accounts.map(|(pair, name)| format!("{}: {}", pair.public(), self.account_jwt(pair, name)));
        vec![
            format!("operator: {operator}"),
            format!("system_account: {system}"),
            "resolver: MEMORY".to_owned(),
            format!("resolver_preload: {{ {} }}", known.join(", ")),
        ]
    }

    /// May do everything; only the system account may not use JetStream.
    fn account_jwt(&self, pair: &Pair, name: &str) -> String {
        let mut limits = json!({"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
            "conn": -1, "leaf": -1});
        if name != "SYS" {
            for limit in ["mem_storage", "disk_storage", "streams", "consumer"] {
                limits[limit] = (-1).into();
            }
        }
        let permissions = json!({"pub": {}, "sub": {}});
        let nats = json!({"type": "account", "version": 2, "limits": limits, "default_permissions": permissions});
        self.operator.jwt(&self.claims(pair, name, nats))
    }

    fn claims(&self, of: &Pair, name: &str, nats: Value) -> Value {
        json!({"jti": "J", "iat": 1_700_000_000, "iss": self.operator.public(), "name": name, "sub": of.public(),
            "nats": nats})
    }

    /// The `.creds` file of a user of the account.
    pub fn creds(&self, user: &Pair, name: &str, expires_secs: Option<i64>) -> String {
        let nats = json!({"type": "user", "version": 2, "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1});
        let mut claims = json!({"jti": "J", "iat": 1_700_000_000, "iss": self.account.public(), "name": name,
            "sub": user.public(), "nats": nats});
        if let Some(expires) = expires_secs {
            claims["exp"] = expires.into();
        }
        let jwt = self.account.jwt(&claims);
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            user.seed()
        )
    }
}
