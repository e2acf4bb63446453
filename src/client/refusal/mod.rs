//! Why somebody was not let in, or not served, and what to change for it.
//!
//! Knows the words of servers and how they are configured; never dials, shows or keeps anything, and repeats no secret.
//! The ways in, in the order things go wrong: [`of_address`], [`of_auth`], [`of_dial`], [`of_server`], [`of_info`], [`of_request`];
//! for an error that a client has met, [`Client::explain`].
//! Source: nats-server `server/errors.go`, `websocket.go`, `auth.go`; NATS docs "WebSocket Configuration", "Authorization".

mod address;
mod info;
mod server;

pub use address::{Page, of_address, of_dial};
pub use info::{of_info, of_request, of_sentence};
pub use server::{of_auth, of_server};

use super::{Client, Error};
use std::fmt;

/// What is wrong in one sentence, and what may be done about it, the most likely first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub what: String,
    pub remedies: Vec<Remedy>,
}

/// One way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What to do, and where it matters when.
    pub todo: String,
    /// Lines for the server's configuration file.
    pub config: Option<String>,
}

impl Client {
    /// What an error of this client means, for somebody who may change the server.
    pub fn explain(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Server(text) => of_server(text, &self.auth(), self.info().as_ref(), self.timers().now()),
            error => of_request(error),
        }
    }

    /// The same for an error that was put into a sentence.
    pub fn explain_sentence(&self, sentence: &str) -> Option<Refusal> {
        self.explain(&Error::Server(sentence.to_owned())).or_else(|| of_sentence(sentence))
    }
}

impl Refusal {
    fn new(what: impl Into<String>) -> Refusal {
        Refusal { what: what.into(), remedies: Vec::new() }
    }

    fn or(mut self, todo: impl Into<String>) -> Refusal {
        self.remedies.push(Remedy { todo: todo.into(), config: None });
        self
    }

    fn or_set(mut self, todo: impl Into<String>, config: impl Into<String>) -> Refusal {
        self.remedies.push(Remedy { todo: todo.into(), config: Some(config.into()) });
        self
    }

    fn or_if(self, holds: bool, todo: impl Into<String>) -> Refusal {
        if holds { self.or(todo) } else { self }
    }
}

impl fmt::Display for Refusal {
    /// As a terminal shows it: a line for what, an indented line for each way out, its configuration below.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for remedy in &self.remedies {
            write!(f, "\n  - {}", remedy.todo)?;
            for line in remedy.config.iter().flat_map(|config| config.lines()) {
                write!(f, "\n      {line}")?;
            }
        }
        Ok(())
    }
}

/// The way in for pages, as servers are configured with it.
const WEBSOCKET: &str = "websocket {\n  port: 9222\n  no_tls: true\n}";
const WEBSOCKET_TLS: &str =
    "websocket {\n  port: 9222\n  tls { cert_file: \"/path/cert.pem\", key_file: \"/path/key.pem\" }\n}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_what_and_every_way_out() {
        let refusal = Refusal::new("no").or("ask").or_set("set it", "a {\n  b: 1\n}").or_if(false, "never");
        assert_eq!(refusal.to_string(), "no\n  - ask\n  - set it\n      a {\n        b: 1\n      }");
    }
}
