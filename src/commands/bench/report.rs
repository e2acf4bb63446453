//! The figures of a benchmark, on the screen and in a file.

use super::client::Sample;
use super::latencies::{Figures, Latencies, PLACES};
use super::{Bench, Work};
use crate::commands::report::text;
use crate::commands::{Console, Place};
use std::time::Duration;

const CSV_HEADER: &str = "#RunID,ClientID,MsgCount,MsgBytes,MsgsPerSec,BytesPerSec,DurationSecs";
const CSV_LATENCIES: &str = ",MinLatencyMicroSecs,AvgLatencyMicroSecs,MaxLatencyMicroSecs,P50LatencyMicroSecs,\
                             P90LatencyMicroSecs,P99LatencyMicroSecs,P99.9LatencyMicroSecs,StdDevLatencyMicroSecs";
const NOTHING: &str = "No publisher or subscribers. Nothing to report.";

impl Bench<'_> {
    pub(super) fn report(&self, samples: &[Sample]) {
        if self.was_short.get() {
            let what = "at least one of the clients got less than the requested number of messages in a batch get";
            self.context.log(&format!("WARNING: {what}. These results may not be optimal!"));
        }
        self.context.console.telling(self.place().throughout(), |console| self.tell(console, samples));
        self.save(samples);
    }

    /// A batch had fewer messages than were asked for.
    pub(super) fn warn_of_few(&self, client: u64, got: u64, wanted: u64) {
        if let Some(bars) = &self.bars {
            bars.leave();
        }
        let client = client + 1;
        self.context.log(&format!("[{client}] Warning: Got {got} (expected {wanted}) messages in this batch"));
        self.was_short.set(true);
    }

    /// What its messages went into or came from.
    fn place(&self) -> Place {
        let stream = || self.matches.text("stream");
        match self.form.work {
            Work::Publish | Work::Subscribe | Work::Request | Work::Serve => Place::Own,
            Work::Consume | Work::Fetch => Place::consumer(stream(), self.matches.text("consumer")),
            Work::KvPut | Work::KvGet => Place::bucket(self.matches.text("bucket")),
            _ => Place::Stream(stream().to_owned()),
        }
    }

    fn tell(&self, console: &Console, samples: &[Sample]) {
        console.line("");
        let label = self.form.label;
        match samples {
            [] => console.line(NOTHING),
            [only] => {
                let figures = format!("{}{}", self.rate_of(only), per_client(&only.latencies));
                console.print(&format!("NATS {label} stats: {figures}\n\n"));
            }
            several => self.tell_several(console, several),
        }
    }

    fn tell_several(&self, console: &Console, samples: &[Sample]) {
        for (index, sample) in samples.iter().enumerate() {
            let (figures, count) = (self.rate_of(sample), text::count(sample.messages));
            let latencies = per_client(&sample.latencies);
            console.line(&format!("  [{}] {figures}{latencies} ({count} msgs)", index + 1));
        }
        let messages = samples.iter().map(|sample| sample.messages).sum();
        let began = samples.iter().map(|sample| sample.began).min().unwrap_or_default();
        let ended = samples.iter().map(|sample| sample.ended).max().unwrap_or_default();
        let together = self.rate(messages, ended.since(began));
        console.print(&format!("\n NATS {} aggregated stats: {together}\n", self.form.label));
        let rates: Vec<f64> = samples.iter().map(|sample| per_second(sample).trunc()).collect();
        let (least, most) =
            rates.iter().fold((f64::MAX, 0.0_f64), |(least, most), rate| (least.min(*rate), most.max(*rate)));
        let (mean, deviation) = spread(&rates);
        let [least, mean, most, deviation] = [least, mean, most, deviation].map(|rate| text::count(rate as u64));
        console.line(&format!(" message rates min {least} | avg {mean} | max {most} | stddev {deviation} msgs"));
        if let Some(figures) = Latencies::together(samples.iter().map(|sample| &sample.latencies)).figures() {
            console.line(&format!(" latencies per operation {}", figures.together()));
        }
        console.line("");
    }

    fn rate_of(&self, sample: &Sample) -> String {
        self.rate(sample.messages, sample.elapsed())
    }

    fn rate(&self, messages: u64, elapsed: Duration) -> String {
        let rate = rate(messages, elapsed);
        let bytes = text::bytes((rate * self.plan.size as f64) as u64);
        format!("{} msgs/sec ~ {bytes}/sec", text::count(rate as u64))
    }

    /// Writes the file `--csv` names, a line per client.
    fn save(&self, samples: &[Sample]) {
        let file = self.matches.text("csv");
        if file.is_empty() {
            return;
        }
        let mut lines = CSV_HEADER.to_owned();
        let is_timed = samples.iter().any(|sample| !sample.latencies.is_empty());
        if is_timed {
            lines += CSV_LATENCIES;
        }
        let run = self.context.client.nuid();
        let kind = if self.form.work.produces() { 'P' } else { 'S' };
        for (index, sample) in samples.iter().enumerate() {
            let (bytes, rate) = (sample.messages * self.plan.size, per_second(sample));
            let (carried, seconds) = (sample.carried, sample.elapsed().as_secs_f64());
            let bytes_rate = rate * self.plan.size as f64;
            lines += &format!("\n{run},{kind}{index},{carried},{bytes},{rate:.0},{bytes_rate:.6},{seconds:.6}");
            if is_timed {
                let figures = sample.latencies.figures().map_or([0.0; 8], |figures| figures.in_file());
                lines.extend(figures.map(|micros| format!(",{micros:.6}")));
            }
        }
        lines.push('\n');
        self.context.write_file(file, lines.into_bytes());
        self.context.console.line(&format!("Saved metric data in csv file {file}"));
    }
}

fn per_second(sample: &Sample) -> f64 {
    rate(sample.messages, sample.elapsed())
}

/// Where no time passed at all, the shortest there is.
fn rate(messages: u64, elapsed: Duration) -> f64 {
    messages as f64 / elapsed.max(Duration::from_nanos(1)).as_secs_f64()
}

fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// Behind the rate of a client; nothing when nothing was measured.
fn per_client(latencies: &Latencies) -> String {
    latencies.figures().map_or_else(String::new, |figures| figures.alone())
}

impl Figures {
    fn alone(&self) -> String {
        let around = [("min", self.least), ("avg", self.mean), ("max", self.most)];
        let places = PLACES.iter().zip(self.places).map(|((name, _), micros)| (*name, micros));
        around.into_iter().chain(places).map(|(name, micros)| format!(" ~ {name}: {}us", short(micros))).collect()
    }

    fn together(&self) -> String {
        let Figures { least, mean, most, deviation, places } = self;
        let [least, mean, most, deviation] = [least, mean, most, deviation].map(|micros| short(*micros));
        let [half, ninth, last, very_last] = places.map(short);
        format!(
            "min {least}us | avg {mean}us | max {most}us | stddev {deviation}us | P50 {half}us | P90 {ninth}us | P99 \
             {last}us | P99.9: {very_last}us"
        )
    }

    fn in_file(&self) -> [f64; 8] {
        let [half, ninth, last, very_last] = self.places;
        [self.least, self.mean, self.most, half, ninth, last, very_last, self.deviation]
    }
}

/// `1,551.11`, `0.1`: cut after two digits.
fn short(micros: f64) -> String {
    let text = micros.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), text::count);
    if fraction.is_empty() { whole } else { format!("{whole}.{}", &fraction[..fraction.len().min(2)]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_latencies() {
        let mut latencies = Latencies::new(1);
        (1..=1000).for_each(|micros| latencies.note(micros * 1000));
        let expected =
            " ~ min: 1us ~ avg: 500.5us ~ max: 1,000us ~ P50: 500us ~ P90: 900us ~ P99: 990us ~ P99.9: 999us";
        assert_eq!(per_client(&latencies), expected);
        assert_eq!(per_client(&Latencies::new(1)), "");
    }

    #[test]
    fn figures_are_cut() {
        for (micros, text) in [(0.104, "0.10"), (0.1, "0.1"), (1551.119, "1,551.11"), (12.0, "12"), (1e7, "10,000,000")]
        {
            assert_eq!(short(micros), text);
        }
    }
}
