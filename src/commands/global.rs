//! What every command understands: the global flags, and `help`.
//!
//! Source: natscli reference, "Global flags".

use super::grammar::{Argument, Command, Flag, Kind};

/// `nats help [<command>...]`; the parser answers it.
pub static HELP: Command = Command::new("help", "Shows how a command is used").arguments(&[Argument::optional(
    "command",
    "Command to explain",
)
.repeats()]);

const SCHEMES: &[&str] = &["blue", "cyan", "double", "green", "magenta", "red", "rounded", "yellow"];

pub const FLAGS: &[Flag] = &[
    Flag::bool("help", "Shows this page").short('h'),
    Flag::bool("version", "Shows the version and ends"),
    Flag::text("server", "Server address, several with commas").short('s').placeholder("URL").env("NATS_URL"),
    Flag::text("user", "User name, or a token when it stands alone").env("NATS_USER"),
    Flag::text("password", "Password").env("NATS_PASSWORD"),
    Flag::text("token", "Token to connect with").env("NATS_TOKEN"),
    Flag::text("connection-name", "Name shown by the server for this connection").placeholder("NAME"),
    Flag::text("creds", "Credentials file").placeholder("LOCATION").env("NATS_CREDS"),
    Flag::text("nkey", "NKEY seed file").placeholder("LOCATION").env("NATS_NKEY"),
    Flag::text("jwt", "User JWT").placeholder("LOCATION").env("NATS_JWT"),
    Flag::text("seed", "User seed").placeholder("LOCATION").env("NATS_SEED"),
    Flag::new("tlscert", Kind::File, "Public certificate").placeholder("FILE").env("NATS_CERT"),
    Flag::new("tlskey", Kind::File, "Private key of the certificate").placeholder("FILE").env("NATS_KEY"),
    Flag::new("tlsca", Kind::File, "Certificate authority").placeholder("FILE").env("NATS_CA"),
    Flag::switch("tlsfirst", "TLS before the server's greeting"),
    Flag::switch("tls-first", "TLS before the server's greeting").hidden(),
    Flag::duration("timeout", "How long to wait for answers").default("5s").env("NATS_TIMEOUT"),
    Flag::text("socks-proxy", "SOCKS5 proxy").placeholder("PROXY").env("NATS_SOCKS_PROXY"),
    Flag::text("js-api-prefix", "Subject prefix of the JetStream API").placeholder("PREFIX"),
    Flag::text("js-event-prefix", "Subject prefix of JetStream events").placeholder("PREFIX"),
    Flag::text("js-domain", "JetStream domain").placeholder("DOMAIN"),
    Flag::text("inbox-prefix", "Subject prefix of inboxes").placeholder("PREFIX"),
    Flag::text("domain", "JetStream domain").hidden(),
    Flag::choice("colors", SCHEMES, "Colour scheme of tables").placeholder("SCHEME").env("NATS_COLOR"),
    Flag::text("context", "Context to connect with").placeholder("NAME").env("NATS_CONTEXT"),
    Flag::bool("trace", "Shows the requests made and their answers"),
    Flag::bool("no-context", "Ignores the selected context"),
];
