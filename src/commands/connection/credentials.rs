//! Who one is by files: what the CLI says of credentials it cannot use.
//!
//! The server of the page asks nobody for a signature, so a good file changes nothing and a bad one ends the command. The
//! ways in are [`Identity::of`], [`Identity::misread`] and [`Identity::unsigned`].
//! Source: nats-io/nkeys README, "Encoding"; natscli 0.4, observed.

use crate::base64::BASE64;
use crate::client::auth;
use crate::commands::settings::Settings;
use crate::commands::{Context, Matches};

const NO_SEED: &str = "nkeys: no nkey seed found";
const NO_KEY: &str = "unable to extract key pair from";

/// What of the line and its context says who one is.
pub(super) enum Identity {
    Nobody,
    Creds(String),
    Nkey(String),
    /// A JWT and a seed, given apart.
    Parts {
        jwt: String,
        seed: String,
    },
}

/// Where credentials are.
enum Source<'a> {
    File(&'a str),
    /// Not in a file but given, or why it could not be found.
    Text(Result<Vec<u8>, String>),
}

impl Identity {
    /// A user with a password goes before a file, credentials go before a key.
    pub fn of(settings: &Settings, matches: &Matches) -> Identity {
        let has_login = !settings.user.is_empty() || (matches.is_set("user") && matches.is_set("password"));
        let (jwt, seed) = (matches.text("jwt"), matches.text("seed"));
        match (settings.creds.as_str(), settings.nkey.as_str()) {
            _ if has_login => Identity::Nobody,
            ("", "") if jwt.is_empty() || seed.is_empty() => Identity::Nobody,
            ("", "") => Identity::Parts { jwt: jwt.to_owned(), seed: seed.to_owned() },
            ("", nkey) => Identity::Nkey(nkey.to_owned()),
            (creds, _) => Identity::Creds(creds.to_owned()),
        }
    }

    /// What is told before anything else, as a mistake in the configuration.
    pub fn misread(&self, context: &Context) -> Option<String> {
        match self {
            Identity::Nobody => None,
            Identity::Creds(given) => match Source::of(context, given) {
                Source::File(_) => None,
                Source::Text(text) => text.and_then(|text| signer(&text)).err().map(|it| format!("creds: {it}")),
            },
            Identity::Nkey(given) => match Source::of(context, given) {
                Source::File(file) => match context.read_file(file) {
                    None => Some(not_there(file)),
                    Some(text) => nkey(&text).err(),
                },
                Source::Text(text) => text.and_then(|text| nkey(&text)).err().map(|it| format!("nkey: {it}")),
            },
            Identity::Parts { jwt, seed } => {
                let problem = |name: &str, given: &str| Some(format!("{name}: {}", found(context, given).err()?));
                problem("user_jwt", jwt).or_else(|| problem("user_seed", seed))
            }
        }
    }

    /// A file that is not there.
    pub fn missing(&self, context: &Context) -> Option<String> {
        let Identity::Creds(given) = self else { return None };
        match Source::of(context, given) {
            Source::File(file) if !context.has_file(file) => Some(not_there(file)),
            _ => None,
        }
    }

    pub fn is_nkey(&self) -> bool {
        matches!(self, Identity::Nkey(_))
    }

    /// Why nothing can be signed, which is found out once the server has greeted.
    pub fn unsigned(&self, context: &Context) -> Option<String> {
        let (whence, problem) = match self {
            Identity::Nobody | Identity::Nkey(_) => return None,
            Identity::Creds(given) => {
                let Source::File(file) = Source::of(context, given) else { return None };
                let text = context.read_file(file)?;
                // Without a JWT there is nothing to sign for.
                (format!("file {file:?}"), signer(&text).err().filter(|_| !jwt(&text).is_empty())?)
            }
            Identity::Parts { jwt, seed } => {
                let (jwt, seed) = (found(context, jwt).ok()?, found(context, seed).ok()?);
                let problem = auth::seed_kind(&seed).err().filter(|_| !jwt.is_empty())?;
                ("seed".to_owned(), problem)
            }
        };
        Some(format!("error signing nonce: {NO_KEY} {whence}: {problem}"))
    }

    pub fn is_somebody(&self) -> bool {
        !matches!(self, Identity::Nobody)
    }
}

fn not_there(file: &str) -> String {
    format!("nats: open {file}: no such file or directory")
}

impl<'a> Source<'a> {
    fn of(context: &Context, given: &'a str) -> Source<'a> {
        if let Some(data) = given.strip_prefix("data:") {
            return Source::Text(inline(data));
        }
        match given.split_once("://") {
            None => Source::File(given),
            Some(("file", file)) => Source::File(file),
            Some(("env", name)) => {
                let value = context.environment.get(name).map(|value| value.clone().into_bytes());
                Source::Text(value.ok_or_else(|| format!("env: variable {name:?} is not set")))
            }
            Some(("op", _)) => {
                Source::Text(Err("op read failed: exec: \"op\": executable file not found in $PATH".to_owned()))
            }
            Some(("nsc", _)) => Source::Text(Err("cannot find 'nsc' in user path".to_owned())),
            Some((scheme, _)) => Source::Text(Err(format!("no resolver registered for scheme {scheme:?}"))),
        }
    }
}

/// What stands behind `data:`.
fn inline(data: &str) -> Result<Vec<u8>, String> {
    let (kind, content) = data.split_once(',').ok_or("data: reference is missing the ',' separator")?;
    if !kind.ends_with(";base64") {
        return Ok(content.as_bytes().to_vec());
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let wrong = content.bytes().position(|byte| !is_letter(byte)).unwrap_or(content.len() - content.len() % 4);
    let problem = || format!("data: base64 decode failed: illegal base64 data at input byte {wrong}");
    BASE64.decode(content.as_bytes()).ok_or_else(problem)
}

/// A JWT or a seed: itself, or where it is said to be.
fn found(context: &Context, given: &str) -> Result<String, String> {
    let text = match Source::of(context, given) {
        Source::File(_) if !given.starts_with("file://") => return Ok(given.to_owned()),
        Source::File(file) => {
            context.read_file(file).ok_or_else(|| format!("open {file}: no such file or directory"))?
        }
        Source::Text(text) => text?,
    };
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}

/// The words that stand between two lines of dashes.
fn blocks(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str| line.len() >= 6 && line.ends_with("---") && line.contains("---");
    let is_word = |line: &str| {
        !line.is_empty() && line.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '='))
    };
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(&[above, word, below]) = lines.get(at..at + 3) {
        let is_block = is_rule(above) && is_word(word) && is_rule(below) && below.starts_with("---");
        found.extend(is_block.then_some(word));
        at += if is_block { 3 } else { 1 };
    }
    found
}

/// The JWT of a file with credentials: its first block, or all of it.
fn jwt(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    blocks(&text).first().map_or_else(|| text.to_string(), |jwt| (*jwt).to_owned())
}

/// Whose seed a file holds, by its first letter's code.
fn signer(text: &[u8]) -> Result<auth::SeedKind, String> {
    let text = String::from_utf8_lossy(text);
    let is_seed = |line: &str| ["SO", "SA", "SU"].iter().any(|start| line.starts_with(start));
    let seed = match blocks(&text).get(1) {
        Some(seed) => *seed,
        None => text.split('\n').find(|line| is_seed(line.trim())).ok_or(NO_SEED)?,
    };
    match is_seed(seed) {
        true => auth::seed_kind(seed),
        false => Err("nkeys: doesn't contain a seed nkey".to_owned()),
    }
}

fn nkey(text: &[u8]) -> Result<(), String> {
    match signer(text)? {
        auth::SeedKind::User => Ok(()),
        auth::SeedKind::Other => Err("nats: not a valid nkey user seed".to_owned()),
    }
}
