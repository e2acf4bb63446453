//! What a context says about a connection: one table of everything a flag, a file and a report call by name.
//!
//! Knows no file and no screen. The ways in are [`TABLE`], [`Settings`] and [`Settings::overlaid`].
//! Source: natscli reference, "Contexts" and "Global flags"; natscli 0.4, observed.

use super::Matches;
use crate::json::{FromJson, ToJson};

/// A context as its file has it: everything but secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Settings {
    pub description: String,
    /// Addresses without passwords.
    pub url: String,
    #[json(omit_empty)]
    pub socks_proxy: String,
    pub user: String,
    /// Where the file is, not what is in it.
    pub creds: String,
    /// Where the file is, not what is in it.
    pub nkey: String,
    #[json(omit_empty)]
    pub cert: String,
    #[json(omit_empty)]
    pub key: String,
    #[json(omit_empty)]
    pub ca: String,
    /// The domain whose JetStream is asked.
    #[json(rename = "jetstream_domain", omit_empty)]
    pub domain: String,
    /// Where JetStream is asked instead of `$JS.API`.
    #[json(rename = "jetstream_api_prefix", omit_empty)]
    pub api_prefix: String,
    /// Where JetStream tells of events instead of `$JS.EVENT`.
    #[json(rename = "jetstream_event_prefix", omit_empty)]
    pub event_prefix: String,
    #[json(omit_empty)]
    pub inbox_prefix: String,
    #[json(omit_empty)]
    pub color_scheme: String,
    #[json(omit_empty)]
    pub tls_first: bool,
}

/// What a setting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The context itself, or something that is no single text.
    Context,
    /// How a connection is made: who one is, through what, and with which keys. The text names no file.
    Connecting,
    /// The same, where the text is the name of a file.
    File,
    /// What is done with a connection once it is there.
    Using,
}

/// One text of a context.
pub struct Setting {
    /// The flags that set it; the last one that was given counts.
    pub flags: &'static [&'static str],
    /// What its file calls it.
    pub member: &'static str,
    /// What a report calls it.
    pub label: &'static str,
    pub says: &'static str,
    pub about: About,
    text: fn(&mut Settings) -> &mut String,
}

/// In the order of reports.
pub static TABLE: &[Setting] = &[
    Setting {
        flags: &["description"],
        member: "description",
        label: "Description",
        says: "What the context is for",
        about: About::Context,
        text: |settings| &mut settings.description,
    },
    Setting {
        flags: &["server"],
        member: "url",
        label: "Server URLs",
        says: "Servers to connect to, with commas between them",
        about: About::Context,
        text: |settings| &mut settings.url,
    },
    Setting {
        flags: &["socks-proxy"],
        member: "socks_proxy",
        label: "SOCKS5 Proxy",
        says: "SOCKS5 proxy on the way to the servers",
        about: About::Connecting,
        text: |settings| &mut settings.socks_proxy,
    },
    Setting {
        flags: &["user"],
        member: "user",
        label: "Username",
        says: "User name; the password is given on connecting",
        about: About::Context,
        text: |settings| &mut settings.user,
    },
    Setting {
        flags: &["creds"],
        member: "creds",
        label: "Credentials",
        says: "File with credentials",
        about: About::File,
        text: |settings| &mut settings.creds,
    },
    Setting {
        flags: &["nkey"],
        member: "nkey",
        label: "NKey",
        says: "File with the seed of an NKEY",
        about: About::File,
        text: |settings| &mut settings.nkey,
    },
    Setting {
        flags: &["tlscert"],
        member: "cert",
        label: "Certificate",
        says: "File with a certificate, which needs a key",
        about: About::File,
        text: |settings| &mut settings.cert,
    },
    Setting {
        flags: &["tlskey"],
        member: "key",
        label: "Key",
        says: "File with the private key of the certificate",
        about: About::File,
        text: |settings| &mut settings.key,
    },
    Setting {
        flags: &["tlsca"],
        member: "ca",
        label: "CA",
        says: "File with the authorities that servers are believed by",
        about: About::File,
        text: |settings| &mut settings.ca,
    },
    Setting {
        flags: &["js-api-prefix"],
        member: "jetstream_api_prefix",
        label: "JS API Prefix",
        says: "Subjects on which JetStream is asked, instead of $JS.API",
        about: About::Using,
        text: |settings| &mut settings.api_prefix,
    },
    Setting {
        flags: &["js-event-prefix"],
        member: "jetstream_event_prefix",
        label: "JS Event Prefix",
        says: "Subjects on which JetStream tells of events, instead of $JS.EVENT",
        about: About::Using,
        text: |settings| &mut settings.event_prefix,
    },
    Setting {
        flags: &["domain", "js-domain"],
        member: "jetstream_domain",
        label: "JS Domain",
        says: "Domain whose JetStream is asked",
        about: About::Using,
        text: |settings| &mut settings.domain,
    },
    Setting {
        flags: &["inbox-prefix"],
        member: "inbox_prefix",
        label: "Inbox Prefix",
        says: "What inboxes begin with, instead of _INBOX",
        about: About::Using,
        text: |settings| &mut settings.inbox_prefix,
    },
    Setting {
        flags: &["colors"],
        member: "color_scheme",
        label: "Color Scheme",
        says: "Colour of tables",
        about: About::Using,
        text: |settings| &mut settings.color_scheme,
    },
];

/// Flags that say TLS comes before the server's greeting.
pub const TLS_FIRST: [&str; 2] = ["tlsfirst", "tls-first"];

/// Flags with what no file keeps.
pub const SECRETS: [&str; 4] = ["password", "token", "seed", "jwt"];

impl Setting {
    pub fn of<'a>(&self, settings: &'a mut Settings) -> &'a mut String {
        (self.text)(settings)
    }

    /// What the line says, if it says something.
    pub fn given(&self, matches: &Matches) -> Option<String> {
        let known = self.flags.iter().filter(|flag| matches.knows(flag));
        known.rev().find_map(|flag| matches.optional_text(flag))
    }
}

impl Settings {
    /// With what the line says of the connection and its use, which goes before the context.
    pub fn overlaid(mut self, matches: &Matches) -> Settings {
        for setting in TABLE.iter().filter(|setting| setting.about != About::Context) {
            if let Some(text) = setting.given(matches).filter(|text| !text.is_empty()) {
                *setting.of(&mut self) = text;
            }
        }
        self.tls_first |= says_tls_first(matches);
        self
    }

    /// The text its file has under this name; nothing for what is not kept.
    pub fn member(&self, name: &str) -> String {
        let setting = TABLE.iter().find(|setting| setting.member == name);
        setting.map(|setting| setting.of(&mut self.clone()).clone()).unwrap_or_default()
    }
}

pub fn says_tls_first(matches: &Matches) -> bool {
    TLS_FIRST.iter().any(|flag| matches.flag(flag))
}

/// The first flag of the line that says how a connection is to be made.
pub fn connecting_flag(matches: &Matches) -> Option<&'static str> {
    let of_table = TABLE.iter().filter(|it| matches!(it.about, About::Connecting | About::File));
    let mut all = of_table.flat_map(|setting| setting.flags).chain(&TLS_FIRST).chain(&["user"]).chain(&SECRETS);
    all.find(|flag| matches.is_set(flag)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_a_text_of_its_own() {
        let mut settings = Settings::default();
        for setting in TABLE {
            *setting.of(&mut settings) = setting.member.to_owned();
        }
        for setting in TABLE {
            assert_eq!(settings.member(setting.member), setting.member);
        }
        let kept = crate::json::write(&settings);
        assert!(TABLE.iter().all(|setting| kept.contains(&format!("{:?}:{:?}", setting.member, setting.member))));
    }
}
