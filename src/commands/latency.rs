//! `nats latency`: how long messages are on their way from one connection to another.
//!
//! The terminal has one connection and knows one server, so both ends are that one; a second server is one where nobody
//! listens. Each message carries when it was sent. The way in is [`COMMAND`]. Source: natscli reference, "latency".

use super::grammar::{Command, Flag};
use super::{Context, Failure, Matches, Outcome, connection};
use crate::client::Subscription;
use crate::protocol::Message;
use crate::time::{Timestamp, format_go_duration};
use futures::future::{LocalBoxFuture, try_join};
use std::time::Duration;

pub static COMMAND: Command = Command::new("latency", "Measures how long messages are on their way")
    .aliases(&["lat"])
    .flags(&[
        Flag::text("server-b", "The server they are received from").required(),
        Flag::int("size", "Size of a message").default("8"),
        Flag::int("rate", "Messages a second").default("1000"),
        Flag::duration("duration", "How long to measure").default("5s"),
        Flag::text("histogram", "Saves the figures in files that are called like this"),
    ])
    .handler(run);

const RULE: &str = "==============================";
/// The time a message was sent at, which it begins with.
const STAMP_BYTES: usize = 8;
/// More than this is no payload anywhere.
const MOST_BYTES: i64 = 64 << 20;
const PERCENTILES: [&str; 11] = ["10", "50", "75", "90", "99", "99.9", "99.99", "99.999", "99.9999", "99.99999", "100"];
const IN_FILE: [f64; 12] = [10.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999, 99.99999, 100.0];
const FILE_HEADER: &str = "Value    Percentile    TotalCount    1/(1-Percentile)\n\n";
/// Stands in the file for a division by nothing.
const WITHOUT_END: f64 = 10_000_000.0;

struct Test<'a> {
    context: &'a Context,
    began: Timestamp,
    bytes: usize,
    rate: u64,
    duration: Duration,
    histogram: &'a str,
}

/// What was measured; latencies in the order of arrival.
struct Measured {
    latencies: Vec<Duration>,
    sent_first: Timestamp,
    sent_last: Timestamp,
    received_last: Timestamp,
}

fn run(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let (bytes, rate) = (matches.int("size"), matches.int("rate"));
        if bytes < STAMP_BYTES as i64 {
            return Err(format!("message Payload Size must be at least {STAMP_BYTES} bytes").into());
        }
        connection::reach(&context, &matches).map_err(|failure| match failure {
            Failure::Message(problem) => Failure::because("first connection failed", problem),
            other => other,
        })?;
        let second = matches.text("server-b");
        if let Some(problem) = connection::unreached(&context, second).filter(|_| !second.is_empty()) {
            return Err(Failure::because("second connection failed", problem));
        }
        let (rate, duration) = (u64::try_from(rate).unwrap_or(0), matches.duration("duration"));
        if rate == 0 || duration.as_secs() == 0 {
            return Err("there is no message to send in less than a second or without a rate".into());
        }
        let bytes = bytes.min(MOST_BYTES) as usize;
        let histogram = matches.text("histogram");
        Test { context: &context, began: context.now(), bytes, rate, duration, histogram }.run().await
    })
}

impl Test<'_> {
    async fn run(&self) -> Outcome {
        let log = |text: &str| self.context.log(text);
        log(RULE);
        log(&format!("Pub Server RTT : {}", shown(self.context.client.flush().await?)));
        log(&format!("Sub Server RTT : {}", shown(self.context.client.flush().await?)));
        let inbox = self.context.client.new_inbox();
        let mut arriving = self.context.client.subscribe(&inbox, None)?;
        self.context.client.flush().await?;
        log(&format!("Message Payload: {}", size(self.bytes as u64)));
        log(&format!("Target Duration: {}", format_go_duration(self.duration)));
        log(&format!("Target Msgs/Sec: {}", self.rate));
        log(&format!("Target Band/Sec: {}", size(self.bandwidth(self.rate))));
        log(RULE);
        let measured = self.measure(&inbox, &mut arriving).await?;
        self.tell(&measured);
        Ok(())
    }

    fn count(&self) -> u64 {
        self.duration.as_secs().saturating_mul(self.rate)
    }

    /// Bytes that go in and out.
    fn bandwidth(&self, rate: u64) -> u64 {
        rate.saturating_mul(2).saturating_mul(self.bytes as u64)
    }

    async fn measure(&self, inbox: &str, arriving: &mut Subscription) -> Result<Measured, Failure> {
        let sent_first = self.context.now();
        let (sent_last, latencies) = try_join(self.send(inbox, sent_first), self.receive(arriving)).await?;
        Ok(Measured { latencies, sent_first, sent_last, received_last: self.context.now() })
    }

    async fn send(&self, inbox: &str, start: Timestamp) -> Result<Timestamp, Failure> {
        let mut payload = vec![0; self.bytes];
        for number in 1..=self.count() {
            payload[..STAMP_BYTES].copy_from_slice(&self.context.now().0.to_le_bytes());
            if let Err(problem) = self.context.client.publish(Message::new(inbox, payload.clone())) {
                return Err(Failure::because("publishing failed", problem));
            }
            let due = start + Duration::from_secs_f64(number as f64 / self.rate as f64);
            self.context.timers.sleep_until(due).await;
        }
        Ok(self.context.now())
    }

    async fn receive(&self, arriving: &mut Subscription) -> Result<Vec<Duration>, Failure> {
        let mut latencies = Vec::new();
        while (latencies.len() as u64) < self.count() {
            let message = arriving.next().await.ok_or(crate::client::Error::Closed)?;
            let stamp = message.payload.first_chunk().copied().unwrap_or_default();
            latencies.push(self.context.now().since(Timestamp(i64::from_le_bytes(stamp))));
        }
        Ok(latencies)
    }

    fn tell(&self, measured: &Measured) {
        let mut ordered = measured.latencies.clone();
        ordered.sort_unstable();
        self.save(&measured.latencies, &ordered);
        let log = |text: &str| self.context.log(text);
        log("HDR Percentiles:");
        for name in PERCENTILES {
            let percent: f64 = name.parse().unwrap_or(100.0);
            log(&format!("{:<10}{}", format!("{name}:"), shown(at(&ordered, percent))));
        }
        log(RULE);
        let sending = measured.sent_last.since(measured.sent_first);
        let rate = (self.count() as f64 / sending.as_secs_f64().max(1e-9)) as u64;
        log(&format!("Actual Msgs/Sec: {rate}"));
        log(&format!("Actual Band/Sec: {}", size(self.bandwidth(rate))));
        log(&format!("Minimum Latency: {}", shown(at(&ordered, 0.0))));
        log(&format!("Median Latency : {}", shown(median(&ordered))));
        log(&format!("Maximum Latency: {}", shown(at(&ordered, 100.0))));
        log(&format!("1st Sent Wall Time : {}", shown(measured.sent_first.since(self.began))));
        log(&format!("Last Sent Wall Time: {}", shown(sending)));
        log(&format!("Last Recv Wall Time: {}", shown(measured.received_last.since(measured.sent_first))));
    }

    /// A file with what was measured, and one with how often.
    fn save(&self, arrived: &[Duration], ordered: &[Duration]) {
        if self.histogram.is_empty() {
            return;
        }
        let millis = |latency: &Duration| latency.as_nanos() as f64 / 1e6;
        let raw: String = arrived.iter().map(|latency| format!("{:.6}\n", millis(latency))).collect();
        self.context.write_file(&format!("{}.raw", self.histogram), raw.into_bytes());
        let mut lines = FILE_HEADER.to_owned();
        for percent in IN_FILE {
            let (value, share) = (millis(&at(ordered, percent)), percent / 100.0);
            let count = (share * ordered.len() as f64 + 0.5) as u64;
            let inverse = if percent < 100.0 { 1.0 / (1.0 - share) } else { WITHOUT_END };
            lines += &format!("{value:.6}    {share:.6}        {count}            {inverse:.6}\n");
        }
        self.context.write_file(&format!("{}.histogram", self.histogram), lines.into_bytes());
    }
}

/// The latency so many in a hundred do not exceed; the least for none.
fn at(ordered: &[Duration], percent: f64) -> Duration {
    let place = (percent / 100.0 * ordered.len() as f64).ceil() as usize;
    ordered.get(place.clamp(1, ordered.len().max(1)) - 1).copied().unwrap_or_default()
}

fn median(ordered: &[Duration]) -> Duration {
    let middle = ordered.len() / 2;
    match (ordered.get(middle.wrapping_sub(1)), ordered.get(middle)) {
        (Some(below), Some(above)) if ordered.len().is_multiple_of(2) => (*below + *above) / 2,
        (_, above) => above.copied().unwrap_or_default(),
    }
}

/// Cut to microseconds.
fn shown(duration: Duration) -> String {
    format_go_duration(Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
}

/// `8B`, `3.1K`, `16K`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "K", "M", "G", "T", "P", "E"];
    if bytes < 10 {
        return format!("{bytes}B");
    }
    let exponent = (bytes.ilog2() / 10) as usize;
    let value = (bytes as f64 / 1024_f64.powi(exponent as i32) * 10.0 + 0.5).floor() / 10.0;
    let unit = UNITS[exponent];
    if value < 10.0 { format!("{value:.1}{unit}") } else { format!("{value:.0}{unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, text) in [(8, "8B"), (16, "16B"), (1024, "1.0K"), (3200, "3.1K"), (16_000, "16K")] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn places() {
        let ordered: Vec<Duration> = (1..=10).map(Duration::from_micros).collect();
        for (percent, micros) in [(0.0, 1), (10.0, 1), (50.0, 5), (99.9, 10), (100.0, 10)] {
            assert_eq!(at(&ordered, percent), Duration::from_micros(micros));
        }
        assert_eq!(median(&ordered), Duration::from_nanos(5_500));
        assert_eq!((median(&ordered[..3]), median(&[])), (ordered[1], Duration::ZERO));
    }
}
