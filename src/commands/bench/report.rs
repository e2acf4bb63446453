//! The figures of a benchmark, on the screen and in a file.

use super::client::Sample;
use super::{Bench, Work};
use crate::commands::report::text;
use crate::commands::{Console, Outcome, Place};
use std::time::Duration;

const CSV_HEADER: &str = "#RunID,ClientID,MsgCount,MsgBytes,MsgsPerSec,BytesPerSec,DurationSecs";

impl Bench<'_> {
    pub(super) fn report(&self, samples: &[Sample]) {
        self.context.console.telling(self.place().throughout(), |console| self.tell(console, samples));
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
        if self.matches.flag("progress") {
            let bar = "=".repeat(console.columns().saturating_sub(32).max(10));
            for sample in samples {
                let elapsed = format!("{}s", sample.elapsed.as_secs());
                console.line(&format!("Finished{elapsed:>8} [{bar}] 100%"));
            }
        }
        console.line("");
        let label = self.form.label;
        if let [only] = samples {
            let latencies = per_operation(&only.latencies, " ~ ", ": ");
            console.print(&format!("NATS {label} stats: {}{latencies}\n\n", self.rate(only)));
            return;
        }
        let mut all = Sample::default();
        for (index, sample) in samples.iter().enumerate() {
            let latencies = per_operation(&sample.latencies, " ~ ", ": ");
            let count = text::count(sample.messages);
            console.line(&format!("  [{}] {}{latencies} ({count} msgs)", index + 1, self.rate(sample)));
            all.messages += sample.messages;
            all.elapsed = all.elapsed.max(sample.elapsed);
            all.latencies.extend(&sample.latencies);
        }
        console.print(&format!("\n NATS {label} aggregated stats: {}\n", self.rate(&all)));
        let rates: Vec<f64> = samples.iter().map(per_second).collect();
        let (least, most) =
            rates.iter().fold((f64::MAX, 0.0_f64), |(least, most), rate| (least.min(*rate), most.max(*rate)));
        let (mean, deviation) = spread(&rates);
        let [least, mean, most, deviation] = [least, mean, most, deviation].map(|rate| text::count(rate as u64));
        console.line(&format!(" message rates min {least} | avg {mean} | max {most} | stddev {deviation} msgs"));
        if !all.latencies.is_empty() {
            let latencies = per_operation(&all.latencies, " | ", " ");
            console.line(&format!(" latencies per operation{}", latencies.trim_start_matches(" |")));
        }
        console.line("");
    }

    fn rate(&self, sample: &Sample) -> String {
        let rate = per_second(sample);
        let bytes = text::bytes((rate * self.body.len() as f64) as u64);
        format!("{} msgs/sec ~ {bytes}/sec", text::count(rate as u64))
    }

    /// Writes the file `--csv` names, a line per client.
    pub(super) fn save(&self, samples: &[Sample]) -> Outcome {
        let file = self.matches.text("csv");
        if file.is_empty() {
            return Ok(());
        }
        let run = self.context.client.nuid();
        let mut lines = format!("{CSV_HEADER}\n");
        for (client, sample) in samples.iter().enumerate() {
            let (bytes, rate) = (sample.messages * self.body.len() as u64, per_second(sample));
            let bytes_rate = rate * self.body.len() as f64;
            let seconds = sample.elapsed.as_secs_f64();
            let messages = sample.messages;
            lines += &format!("{run},{client},{messages},{bytes},{rate:.0},{bytes_rate:.0},{seconds:.6}\n");
        }
        self.context.write_file(file, lines.into_bytes());
        self.context.console.line(&format!("Saved metric data in csv file {file}"));
        Ok(())
    }
}

/// Where no time passed at all, the shortest there is.
fn per_second(sample: &Sample) -> f64 {
    sample.messages as f64 / sample.elapsed.max(Duration::from_nanos(1)).as_secs_f64()
}

fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// Least, mean, most and the places in between, in microseconds; nothing when nothing was measured.
fn per_operation(latencies: &[u64], separator: &str, sign: &str) -> String {
    if latencies.is_empty() {
        return String::new();
    }
    let mut ordered = latencies.to_vec();
    ordered.sort_unstable();
    let at = |share: f64| ordered[((ordered.len() as f64 * share).ceil() as usize).clamp(1, ordered.len()) - 1];
    let micros = |nanos: f64| {
        let hundredths = (nanos / 10.0).round() as u64;
        format!("{}.{:02}us", text::count(hundredths / 100), hundredths % 100)
    };
    let values: Vec<f64> = ordered.iter().map(|nanos| *nanos as f64).collect();
    let (mean, deviation) = spread(&values);
    let mut shown = vec![("min", values[0]), ("avg", mean), ("max", values[values.len() - 1])];
    if sign == " " {
        shown.push(("stddev", deviation));
    }
    shown.extend(
        [("P50", 0.5), ("P90", 0.9), ("P99", 0.99), ("P99.9", 0.999)].map(|(name, share)| (name, at(share) as f64)),
    );
    shown.iter().map(|(name, nanos)| format!("{separator}{name}{sign}{}", micros(*nanos))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_latencies() {
        let latencies: Vec<u64> = (1..=1000).map(|micros| micros * 1000).collect();
        let expected = " ~ min: 1.00us ~ avg: 500.50us ~ max: 1,000.00us ~ P50: 500.00us ~ P90: 900.00us ~ P99: 990.00us ~ \
                        P99.9: 999.00us";
        assert_eq!(per_operation(&latencies, " ~ ", ": "), expected);
        assert_eq!(per_operation(&[], " ~ ", ": "), "");
    }
}
