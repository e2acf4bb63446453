//! `nats rtt` and `nats account`: the connection and what may be done over it.

use super::grammar::{Argument, Command, Flag, Kind};
use super::report::{Columns, text};
use super::{Context, Failure, Matches, Outcome, Place};
use super::{account_backup, account_report, address, connection, crashed};
use crate::api::AccountInfo;
use crate::client::Error;
use crate::protocol::Info;
use crate::time::Timestamp;
use futures::future::LocalBoxFuture;
use serde_json::json;
use std::time::Duration;

pub static RTT: Command = Command::new("rtt", "Measures the round trip to the server")
    .arguments(&[Argument::optional("iterations", "How many round trips").kind(Kind::Int).default("5")])
    .flags(&[Flag::bool("json", "Shows JSON").short('j')])
    .handler(rtt);

pub static ACCOUNT: Command = Command::new("account", "Shows the account of this connection")
    .aliases(&["a"])
    .subcommands(&[&INFO, &account_report::COMMAND, &BACKUP, &RESTORE, &TLS]);

static BACKUP: Command = Command::new("backup", "Saves all streams in files")
    .aliases(&["snapshot"])
    .arguments(&[Argument::required("target", "Directory to save them in")])
    .flags(&[
        Flag::bool("check", "Checks each stream first"),
        Flag::switch("consumers", "Saves consumers too").default("true"),
        Flag::bool("force", "Acts without asking").short('f'),
        Flag::bool("critical-warnings", "Fails when a stream could not be saved").short('w'),
    ])
    .handler(|context, matches| Box::pin(account_backup::backup(context, matches)));
static RESTORE: Command = Command::new("restore", "Makes streams from saved files")
    .arguments(&[Argument::required("directory", "Directory they were saved in").kind(Kind::Directory)])
    .flags(&[
        Flag::text("cluster", "Servers of this cluster only"),
        Flag::text("tag", "Servers with this tag only").repeats(),
    ])
    .handler(|context, matches| Box::pin(account_backup::restore(context, matches)));
static TLS: Command = Command::new("tls", "Shows the certificates of the connection")
    .flags(&[
        Flag::duration("expire-warn", "Warns about what ends so soon").default("1w").placeholder("DURATION"),
        Flag::bool("ocsp", "Shows what is stapled"),
        Flag::switch("pem", "Shows certificates whole").default("true"),
    ])
    .handler(tls);

/// A browser keeps the certificates of a connection to itself.
fn tls(context: Context, _: Matches) -> LocalBoxFuture<'static, Outcome> {
    let is_tls = context.address().starts_with("wss://");
    let why = if is_tls { "not in the playground: account tls" } else { "nats: connection is not tls" };
    Box::pin(std::future::ready(Err(why.into())))
}

static INFO: Command = Command::new("info", "Shows connection, limits and usage").aliases(&["nfo"]).handler(account);

const MOST_ROUND_TRIPS: i64 = 10_000;

fn rtt(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let urls = connection::url(&context, &matches)?;
        let mut measured = Vec::new();
        for address in address::parse_all(&urls)? {
            // Far away a port is what its scheme stands for.
            let place = if context.is_remote() { address.url.clone() } else { address.target() };
            let at = context.now();
            let rtt = round_trip(&context, &matches, &place).await?;
            if let Err(problem) = &rtt {
                context.log(&format!("Failed to compute rtt for {place}: {problem}"));
            }
            measured.push(Target { url: address.url, place, at, rtt: rtt.ok().flatten() });
        }
        if matches.flag("json") {
            let targets: Vec<String> = measured.iter().map(Target::json).collect();
            context.console.line(&format!("[\n{}\n]", targets.join(",\n")));
            return Ok(());
        }
        let width = measured.iter().map(|target| target.place.chars().count()).max().unwrap_or(0) + 3;
        for Target { url, place, rtt, .. } in &measured {
            let shown = rtt.map_or("failed".to_owned(), text::duration);
            context.console.print(&format!("{url}:\n\n{place:>width$}: {shown}\n\n"));
        }
        Ok(())
    })
}

/// A server that was asked.
struct Target {
    url: String,
    /// Where its port is.
    place: String,
    at: Timestamp,
    rtt: Option<Duration>,
}

/// Inside: how long it takes, if it is tried at all, or why nobody can be reached.
async fn round_trip(
    context: &Context,
    matches: &Matches,
    url: &str,
) -> Result<Result<Option<Duration>, String>, Failure> {
    let traced = matches.flag("trace");
    if traced {
        context.log(&format!(">>> Connecting to {url}"));
    }
    let (settings, unreached) = (connection::settings(context, matches), connection::unreached(context, url));
    if let Some(problem) = connection::obstacle(context, matches, &settings, unreached) {
        return Ok(Err(problem.reason().to_owned()));
    }
    if traced {
        context.console.line(&format!("RTT iterations for server: {url}"));
    }
    let count = match matches.int("iterations") {
        0 => return Err(crashed(context, "there is no average of 0 round trips")),
        ..0 => return Ok(Ok(None)),
        count => count.min(MOST_ROUND_TRIPS) as u32,
    };
    let mut total = Duration::ZERO;
    for number in 1..=count {
        let rtt = context.client.flush().await?;
        total += rtt;
        if traced {
            context.console.line(&format!("#{number}:\trtt={}", text::duration(rtt)));
        }
    }
    if traced {
        context.console.line("");
    }
    Ok(Ok(Some(total / count)))
}

impl Target {
    /// Spelled out, because the CLI's order of members is not alphabetical.
    fn json(&self) -> String {
        let (time, address) = (json!(self.at.rfc3339()), json!(self.place));
        let nanos = self.rtt.map_or(0, |rtt| rtt.as_nanos() as u64);
        let reached = if self.rtt.is_some() { address.clone() } else { json!("") };
        let result = format!(
            "      {{\n        \"time\": {time},\n        \"address\": {address},\n        \"rtt\": {nanos},\n        \"url\": {reached}\n      }}"
        );
        let url = json!(self.url);
        format!("  {{\n    \"url\": {url},\n    \"results\": [\n{result}\n    ]\n  }}")
    }
}

fn account(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let url = connection::url(&context, &matches)?;
        let rtt = context.client.flush().await?;
        let info = context.client.info().unwrap_or_default();
        let js = context.client.jetstream().with_timeout(matches.timeout());
        let account = match js.account_info().await {
            Ok(account) => Some(account),
            Err(Error::NoResponders | Error::Api(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let mut columns = Columns::new("Account Information");
        if account.is_some() {
            // The longest label of the tiers below, which are indented by themselves.
            columns.widen_to("Stream Requires Max Bytes Set".len());
        }
        connection_rows(&mut columns, &info, &url, rtt);
        match account {
            Some(account) => {
                columns.section("JetStream Account Information");
                jetstream_rows(&mut columns, &info, &account);
            }
            None => {
                columns.blank();
                columns.indented(4, "JetStream is not supported in this account");
            }
        }
        context.console.telling(Place::Server, |console| console.print(&context.screen(&columns)));
        Ok(())
    })
}

fn connection_rows(columns: &mut Columns, info: &Info, url: &str, rtt: Duration) {
    let address = url.split("://").last().unwrap_or(url).to_owned();
    columns.row("User", "");
    columns.row("Account", "$G ($G)");
    columns.row("System Account", info.acc_is_sys);
    columns.row("Expires", "never");
    columns.row("Client ID", info.client_id);
    columns.row("Client IP", &info.client_ip);
    columns.row("RTT", text::duration(rtt));
    columns.row("Headers Supported", info.headers);
    columns.row("Maximum Payload", text::bytes(info.max_payload as u64));
    columns.row_unless_empty("Connected Cluster", &info.cluster);
    columns.row("Connected URL", url);
    columns.row("Connected Address", address);
    columns.row("Connected Server ID", &info.server_id);
    columns.row("Connected Server Version", &info.version);
    columns.row("Connected Server Name", &info.server_name);
    columns.row("TLS Connection", if url.starts_with("wss://") { "yes" } else { "no" });
}

/// Labels of the tier are laid out among themselves, further in.
fn jetstream_rows(columns: &mut Columns, info: &Info, account: &AccountInfo) {
    columns.section("Account Usage");
    columns.row("Storage", text::bytes(account.storage));
    columns.row("Memory", text::bytes(account.memory));
    columns.row("Streams", text::count(account.streams));
    columns.row("Consumers", text::count(account.consumers));
    columns.section("Account Limits");
    columns.row("Max Message Payload", text::bytes(info.max_payload as u64));
    let limits = &account.limits;
    columns.inner_section(1, 2, "Tier: Default");
    columns.inner_section(2, 6, "Configuration Requirements");
    columns.aside(37, "Stream Requires Max Bytes Set", limits.max_bytes_required.to_string());
    columns.aside(37, "Consumer Maximum Ack Pending", limit(limits.max_ack_pending));
    columns.inner_section(2, 6, "Stream Resource Usage Limits");
    let of = |used: u64, most: i64, reserved: u64| {
        let reserved = if reserved > 0 { format!("({} reserved)", text::bytes(reserved)) } else { String::new() };
        format!("{} of {} {reserved}", text::bytes(used), size(most))
    };
    columns.aside(37, "Memory", of(account.memory, limits.max_memory, account.reserved_memory));
    columns.aside(37, "Memory Per Stream", size(limits.memory_max_stream_bytes));
    columns.aside(37, "Storage", of(account.storage, limits.max_storage, account.reserved_storage));
    columns.aside(37, "Storage Per Stream", size(limits.storage_max_stream_bytes));
    columns.aside(37, "Streams", format!("{} of {}", text::count(account.streams), limit(limits.max_streams)));
    columns.aside(37, "Consumers", limit(limits.max_consumers));
}

fn limit(most: i64) -> String {
    u64::try_from(most).map_or("Unlimited".to_owned(), text::count)
}

fn size(most: i64) -> String {
    match u64::try_from(most) {
        Ok(most) if most > 0 => text::bytes(most),
        _ => "Unlimited".to_owned(),
    }
}
