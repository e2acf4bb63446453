//! What a command line wants measured, in numbers.

use super::Work;
use crate::commands::{Context, Failure, Matches, values};
use std::time::Duration;

/// More clients than this do not help in a page, where they take turns.
const MOST_CLIENTS: i64 = 100;
/// Servers that do not say how much a message may hold take so much.
const USUAL_MAX_PAYLOAD: u64 = 1 << 20;

pub(super) struct Plan {
    pub messages: u64,
    pub clients: u64,
    /// As the banner has it.
    pub clients_told: i64,
    /// What figures are reckoned with, also where `--payload` is something else.
    pub size: u64,
    pub body: Vec<u8>,
    pub max_bytes: u64,
    /// Messages a second of all clients together; 0 is no limit.
    pub rate: u64,
    pub sleep: Duration,
    /// What listens to all subjects that are published on.
    pub subject_filter: String,
    pub is_multi_subject: bool,
    /// Tells the messages of this run from those of others.
    pub run: String,
}

impl Plan {
    /// Errors: the sentences of the original for what makes no sense.
    pub fn read(context: &Context, matches: &Matches, work: Work) -> Result<Plan, Failure> {
        if matches.knows("max-outstanding-acks") && matches.uint("max-outstanding-acks") == 0 {
            return Err("--max-outstanding-acks must be >= 1".into());
        }
        let rate = if matches.knows("throughput") { matches.uint("throughput") } else { 0 };
        let messages = messages(matches, rate)?;
        let message_size = size(matches, "size", 32, "message size")?;
        let limited = matches.knows("maxbytes");
        let max_bytes = if limited { size(matches, "maxbytes", 64, "max stream/bucket size")? } else { 0 };
        check_persistence(matches, work)?;
        let wanted = matches.int("clients");
        // A client without a message would have nothing to publish.
        let shares = work.produces();
        let clients_told = if shares { wanted.min(i64::try_from(messages).unwrap_or(i64::MAX)) } else { wanted };
        if clients_told > MOST_CLIENTS {
            return Err(format!("not in the playground: {clients_told} clients, only 0 to {MOST_CLIENTS}").into());
        }
        let is_multi_subject = matches.knows("multisubject") && matches.flag("multisubject");
        let subject = if matches.knows("subject") { matches.text("subject") } else { "" };
        Ok(Plan {
            messages,
            clients: u64::try_from(clients_told).unwrap_or(0),
            clients_told,
            size: message_size,
            body: body(context, matches, message_size),
            max_bytes,
            rate,
            sleep: if matches.knows("sleep") { matches.duration("sleep") } else { Duration::ZERO },
            subject_filter: if is_multi_subject { format!("{subject}.*") } else { subject.to_owned() },
            is_multi_subject,
            run: format!("{:x}", context.now().0 / 1_000_000),
        })
    }

    /// How many messages client `index` has.
    pub fn share(&self, index: u64, work: Work) -> u64 {
        if !work.is_shared() {
            return self.messages;
        }
        let clients = self.clients.max(1);
        self.messages / clients + u64::from(index < self.messages % clients)
    }
}

fn messages(matches: &Matches, rate: u64) -> Result<u64, Failure> {
    let duration = if matches.knows("duration") { matches.nanos("duration") } else { 0 };
    let number = match duration {
        0 => matches.int("msgs"),
        ..0 => return Err("--duration cannot be negative".into()),
        _ if rate == 0 => return Err("--duration requires --throughput to be set".into()),
        _ => {
            let duration = matches.duration("duration");
            let messages = (rate as f64 * duration.as_secs_f64()).round() as i64;
            if messages == 0 {
                let span = crate::time::format_go_duration(duration);
                let what = format!("the combination of --throughput={rate} and --duration={span}");
                return Err(format!("{what} results in zero messages").into());
            }
            messages
        }
    };
    match u64::try_from(number) {
        Ok(number @ 1..) => Ok(number),
        _ => Err("number of messages should be greater than 0".into()),
    }
}

/// A size of which the number has so many bits; empty is 0, and 0 is none.
fn size(matches: &Matches, flag: &str, bits: u32, what: &str) -> Result<u64, Failure> {
    let text = matches.text(flag);
    if text.is_empty() {
        return Ok(0);
    }
    match values::parse_bytes(text, bits).map(u64::try_from) {
        Ok(Ok(size @ 1..)) => Ok(size),
        _ => Err(format!("can not parse or invalid the value specified for the {what}: {text}").into()),
    }
}

fn check_persistence(matches: &Matches, work: Work) -> Result<(), Failure> {
    if work == Work::PublishAtomic && matches.flag("persistasync") && matches.int("replicas") != 1 {
        let what = "async persist mode is only supported for streams with 1 replica";
        return Err(format!("{what} and incompatible with atomic batch publishing").into());
    }
    Ok(())
}

/// The file of `--payload`, or zeroes; never much more than the server takes.
fn body(context: &Context, matches: &Matches, size: u64) -> Vec<u8> {
    let file = if matches.knows("payload") { matches.text("payload") } else { "" };
    if !file.is_empty() {
        return context.read_file(file).unwrap_or_default();
    }
    let most = context.client.info().map_or(USUAL_MAX_PAYLOAD, |info| u64::try_from(info.max_payload).unwrap_or(0));
    vec![0; usize::try_from(size.min(most + 1)).unwrap_or(0)]
}
