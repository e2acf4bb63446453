//! `.creds` files: a user's JWT and the seed it goes with.
//!
//! Knows the two blocks and the few claims that say who somebody is and until when; checks no signature, the server does.
//! The way in is [`Creds::parse`].
//! Source: NATS docs "JWTs", "Credentials files"; nats-io/jwt `ParseDecoratedJWT`, `ParseDecoratedUserNKey`.

use super::{Error, Secret, Seed};
use crate::base64::BASE64URL;
use crate::json;
use crate::time::Timestamp;

/// What a `.creds` file holds. Never shown; cleared when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Creds {
    jwt: Secret,
    seed: Seed,
    claims: Claims,
}

/// What a JWT says openly about its user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    pub name: String,
    /// The public key it was made for.
    pub subject: String,
    pub expires: Option<Timestamp>,
    pub not_before: Option<Timestamp>,
}

impl Creds {
    /// Reads a `.creds` file; what stands around its two blocks does not matter.
    ///
    /// Errors: what is missing or wrong, never with the text.
    pub fn parse(text: &str) -> Result<Creds, Error> {
        let jwt = block(text, "JWT").ok_or(Error::NoJwt)?;
        let seed = block(text, "SEED").ok_or(Error::NoSeed)?;
        Creds::new(jwt, Seed::parse(seed)?)
    }

    /// A JWT and a seed that were given apart.
    pub fn new(jwt: &str, seed: Seed) -> Result<Creds, Error> {
        let jwt = jwt.trim();
        let claims = Claims::read(jwt)?;
        match claims.subject == seed.public_key() {
            true => Ok(Creds { jwt: jwt.into(), seed, claims }),
            false => Err(Error::OtherUser),
        }
    }

    /// To be sent and not to be kept.
    pub fn jwt(&self) -> &str {
        self.jwt.reveal()
    }

    pub fn seed(&self) -> &Seed {
        &self.seed
    }

    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Whether the server will refuse it for its age.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.claims.expires.is_some_and(|expires| expires <= now)
    }
}

impl Claims {
    fn read(jwt: &str) -> Result<Claims, Error> {
        let mut parts = jwt.split('.');
        let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(Error::NotAJwt);
        };
        let padded = format!("{claims}{}", &"==="[..(4 - claims.len() % 4) % 4]);
        let bytes = BASE64URL.decode(padded.as_bytes()).ok_or(Error::NotAJwt)?;
        let claims = json::parse(&bytes).map_err(|_| Error::NotAJwt)?;
        let text = |key: &str| claims.get(key).and_then(json::Value::as_str).unwrap_or_default().to_owned();
        let time = |key: &str| claims.get(key).and_then(json::Value::as_i64).filter(|&secs| secs > 0);
        let at = |key: &str| time(key).and_then(|secs| secs.checked_mul(1_000_000_000)).map(Timestamp);
        let kind = claims.get("nats").and_then(|nats| nats.get("type")).or_else(|| claims.get("type"));
        match kind.and_then(json::Value::as_str) {
            Some("user") => {}
            Some(other) => return Err(Error::JwtOf(other.chars().filter(char::is_ascii_lowercase).take(20).collect())),
            None => return Err(Error::NotAJwt),
        }
        Ok(Claims { name: text("name"), subject: text("sub"), expires: at("exp"), not_before: at("nbf") })
    }
}

/// The first word after a line of dashes that says `BEGIN` and `what`.
fn block<'a>(text: &'a str, what: &str) -> Option<&'a str> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| line.starts_with("---") && line.contains("BEGIN") && line.contains(what))?;
    lines.find(|line| !line.is_empty()).filter(|line| !line.starts_with("---"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::seed::tests::{PUBLIC_KEY, SEED};
    use super::*;

    pub const CREDS: &str = "\
-----BEGIN NATS USER JWT-----
eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJYIiwiaWF0IjoxNzAwMDAwMDAwLCJpc3MiOiJBQUIyQ0I1NzZQSEJCUFE1T0RPUlJaMkxZQ01XUFpHV0dDTjJLREs3RFhPSU1aQVNLVVkzUVBaViIsIm5hbWUiOiJqb2UiLCJzdWIiOiJVRFhVNFJDU0pOWk9JUUhaTldYSFhPUkRQUlRHTkpBSEFIRlJHWk5FRUpDUFFUVDJNN05MQ05GNCIsImV4cCI6MTg5MzQ1NjAwMCwibmF0cyI6eyJwdWIiOnt9LCJzdWIiOnt9LCJzdWJzIjotMSwiZGF0YSI6LTEsInBheWxvYWQiOi0xLCJ0eXBlIjoidXNlciIsInZlcnNpb24iOjJ9fQ.a0Vn5Gyq43RcRmfXI2IX_X5o2sz-QD_wI1RyK194B0FRVf4IB9-6oFE7MoEVYUhpBAj2sBoPv9zNEpY3l4hkCg
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.
NKEYs are sensitive and should be treated as secrets.

-----BEGIN USER NKEY SEED-----
SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY
------END USER NKEY SEED------

*************************************************************
";
    const ACCOUNT_JWT: &str =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJuYXRzIjp7InR5cGUiOiJhY2NvdW50IiwidmVyc2lvbiI6Mn19.eA";

    #[test]
    fn both_blocks_are_read() {
        for text in [CREDS.to_owned(), CREDS.replace('\n', "\r\n"), format!("\n\n  {CREDS}")] {
            let creds = Creds::parse(&text).expect("a creds file");
            let claims = creds.claims();
            assert_eq!((claims.name.as_str(), claims.subject.as_str()), ("joe", PUBLIC_KEY));
            assert_eq!(claims.expires, Some(Timestamp::from_secs(1_893_456_000)));
            assert_eq!(creds.seed().public_key(), PUBLIC_KEY);
            assert!(creds.jwt().starts_with("eyJ"));
        }
    }

    #[test]
    fn expiry_is_known_before_the_server_says_so() {
        let creds = Creds::parse(CREDS).expect("a creds file");
        assert!(!creds.has_expired(Timestamp::from_secs(1_893_455_999)));
        assert!(creds.has_expired(Timestamp::from_secs(1_893_456_000)));
    }

    #[test]
    fn errors_say_what_is_wrong_and_repeat_nothing() {
        let jwt = block(CREDS, "JWT").expect("a block");
        let others = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y";
        for (text, expected) in [
            (String::new(), Error::NoJwt),
            (SEED.to_owned(), Error::NoJwt),
            (CREDS.replace("SEED--", "SAD--"), Error::NoSeed),
            (CREDS.replace(SEED, ""), Error::NoSeed),
            (CREDS.replace(SEED, others), Error::OtherUser),
            (CREDS.replace(SEED, &SEED[1..]), Error::NotASeed),
            (CREDS.replace(jwt, &jwt[..80]), Error::NotAJwt),
            (CREDS.replace(jwt, "a.b.c"), Error::NotAJwt),
            (CREDS.replace(jwt, ACCOUNT_JWT), Error::JwtOf("account".into())),
        ] {
            let error = Creds::parse(&text).map(drop).expect_err("not a creds file");
            assert_eq!(error, expected);
            assert!(!error.to_string().contains(&SEED[4..12]), "{error}");
        }
    }
}
