//! How long operations took, counted: all of them while there are few different times, rounded once there are many.
//!
//! What is kept has a bound, however long a benchmark runs. Least, most and mean are always exact; the places between
//! are within one part in ten thousand of what they would be, and exact for every benchmark of a usual size. The way in
//! is [`Latencies::note`] and [`Latencies::figures`]. Knows nothing of how the figures are written.

use crate::sorted;

/// So many different times are kept, of all clients together.
const ROOM: usize = 1 << 18;
/// And so many of each client, however many there are.
const LEAST_ROOM: usize = 1 << 13;
/// Times take so many significant bits when not all of them can be kept, and then one less, and so on.
const FIRST_BITS: u32 = 14;
const LAST_BITS: u32 = 8;

/// Times per operation, in nanoseconds.
#[derive(Clone, Debug)]
pub(super) struct Latencies {
    /// Times and how often; ascending.
    counted: Vec<(u64, u64)>,
    /// Noted since.
    recent: Vec<u64>,
    room: usize,
    bits: u32,
    count: u64,
    total: u128,
    least: u64,
    most: u64,
}

/// Microseconds: least, mean, most, how far from the mean, and the places in between.
pub(super) struct Figures {
    pub least: f64,
    pub mean: f64,
    pub most: f64,
    pub deviation: f64,
    pub places: [f64; 4],
}

pub(super) const PLACES: [(&str, f64); 4] = [("P50", 0.5), ("P90", 0.9), ("P99", 0.99), ("P99.9", 0.999)];

impl Latencies {
    /// For one of so many clients.
    pub fn new(clients: u64) -> Latencies {
        let share = usize::try_from(clients).map_or(0, |clients| ROOM / clients.max(1));
        Latencies::with_room(share.max(LEAST_ROOM))
    }

    fn with_room(room: usize) -> Latencies {
        let (counted, recent) = (Vec::new(), Vec::new());
        Latencies { counted, recent, room, bits: u64::BITS, count: 0, total: 0, least: u64::MAX, most: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn note(&mut self, nanos: u64) {
        self.count += 1;
        self.total += u128::from(nanos);
        self.least = self.least.min(nanos);
        self.most = self.most.max(nanos);
        self.recent.push(nanos);
        if self.recent.len() >= self.room {
            self.counted = self.ordered();
            self.recent.clear();
            while self.counted.len() > self.room && self.bits > LAST_BITS {
                self.bits = FIRST_BITS.min(self.bits - 1);
                self.counted = condensed(std::mem::take(&mut self.counted), self.bits);
            }
        }
    }

    /// Those of all clients.
    pub fn together<'a>(several: impl Iterator<Item = &'a Latencies>) -> Latencies {
        let mut all = Latencies::with_room(ROOM);
        for one in several {
            all.count += one.count;
            all.total += one.total;
            all.least = all.least.min(one.least);
            all.most = all.most.max(one.most);
            all.counted.extend(one.ordered());
        }
        all
    }

    fn ordered(&self) -> Vec<(u64, u64)> {
        let recent = self.recent.iter().map(|nanos| (*nanos, 1));
        condensed(self.counted.iter().copied().chain(recent).collect(), self.bits)
    }

    /// Nothing when nothing was measured.
    pub fn figures(&self) -> Option<Figures> {
        if self.is_empty() {
            return None;
        }
        let ordered = self.ordered();
        let micros = |nanos: u64| nanos as f64 / 1_000.0;
        let mean = self.total as f64 / self.count as f64 / 1_000.0;
        let square = |(nanos, times): &(u64, u64)| (micros(*nanos) - mean).powi(2) * *times as f64;
        // Differs from natscli, whose deviation takes the mean for nanoseconds.
        let deviation = (ordered.iter().map(square).sum::<f64>() / self.count as f64).sqrt();
        let at = |share: f64| {
            let mut left = ((self.count as f64 * share).ceil() as u64).clamp(1, self.count);
            let place = ordered.iter().find(|(_, times)| {
                let is_here = left <= *times;
                left = left.saturating_sub(*times);
                is_here
            });
            micros(place.map_or(self.most, |(nanos, _)| (*nanos).clamp(self.least, self.most)))
        };
        Some(Figures {
            least: micros(self.least),
            mean,
            most: micros(self.most),
            deviation,
            places: PLACES.map(|(_, share)| at(share)),
        })
    }
}

/// Times rounded to so many bits, in their order, each once.
fn condensed(mut times: Vec<(u64, u64)>, bits: u32) -> Vec<(u64, u64)> {
    times.iter_mut().for_each(|(nanos, _)| *nanos = rounded(*nanos, bits));
    sorted::by_key(&mut times, |(nanos, _)| *nanos);
    times.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0 };
        same
    });
    times
}

/// The middle of all that begin with the same `bits` bits.
fn rounded(nanos: u64, bits: u32) -> u64 {
    let dropped = (u64::BITS - nanos.leading_zeros()).saturating_sub(bits);
    if dropped == 0 { nanos } else { (nanos >> dropped << dropped) + (1 << (dropped - 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nuid::Rng;

    /// As they were computed when all of them were kept.
    fn expected(nanos: &[u64]) -> [f64; 8] {
        let mut ordered = nanos.to_vec();
        ordered.sort_unstable();
        let micros: Vec<f64> = ordered.iter().map(|nanos| *nanos as f64 / 1_000.0).collect();
        let count = micros.len() as f64;
        let mean = micros.iter().sum::<f64>() / count;
        let deviation = (micros.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt();
        let at = |share: f64| micros[((count * share).ceil() as usize).clamp(1, micros.len()) - 1];
        [micros[0], mean, micros[micros.len() - 1], deviation, at(0.5), at(0.9), at(0.99), at(0.999)]
    }

    fn found(latencies: &Latencies) -> [f64; 8] {
        let Figures { least, mean, most, deviation, places } = latencies.figures().expect("something was measured");
        let [half, ninth, last, very_last] = places;
        [least, mean, most, deviation, half, ninth, last, very_last]
    }

    fn drawn(count: usize, seed: u64) -> Vec<u64> {
        let mut rng = Rng::new(seed);
        // From a microsecond to a second, shorter ones more often.
        let bits = |rng: &mut Rng| 10 + rng.below(20);
        (0..count)
            .map(|_| {
                let bits = bits(&mut rng);
                1_000 + rng.below(1 << bits)
            })
            .collect()
    }

    fn assert_near(found: [f64; 8], expected: [f64; 8], share: f64) {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= expected * share, "{found} for {expected}");
        }
    }

    #[test]
    fn usual_sizes_are_exact() {
        assert!(Latencies::new(1).figures().is_none());
        for (count, clients) in [(1, 1), (2, 1), (1_000, 1), (100_000, 1), (1_000, 50)] {
            let nanos = drawn(count, 7);
            let mut latencies = Latencies::new(clients);
            nanos.iter().for_each(|nanos| latencies.note(*nanos));
            assert_near(found(&latencies), expected(&nanos), 1e-12);
        }
        // Many, and few different ones.
        let nanos: Vec<u64> = drawn(1_000, 8).repeat(400);
        let mut latencies = Latencies::new(1);
        nanos.iter().for_each(|nanos| latencies.note(*nanos));
        assert_near(found(&latencies), expected(&nanos), 1e-12);
    }

    #[test]
    fn what_is_kept_has_a_bound_and_is_near_the_truth() {
        let nanos = drawn(1_500_000, 9);
        let mut latencies = Latencies::new(1);
        for nanos in &nanos {
            latencies.note(*nanos);
            assert!(latencies.counted.len() <= ROOM && latencies.recent.len() <= ROOM);
        }
        assert_eq!(latencies.bits, FIRST_BITS, "they were too many");
        assert_near(found(&latencies), expected(&nanos), 1e-4);
        let mut narrow = Latencies::with_room(512);
        nanos.iter().for_each(|nanos| narrow.note(*nanos));
        narrow.note(u64::MAX);
        narrow.note(0);
        assert!(narrow.counted.len() <= 64 << LAST_BITS, "{}", narrow.counted.len());
        assert!(narrow.figures().is_some_and(|figures| figures.least == 0.0));
    }

    #[test]
    fn clients_together_are_as_one() {
        let nanos = drawn(3_000, 10);
        let each = nanos.chunks(1_000).map(|nanos| {
            let mut latencies = Latencies::new(3);
            nanos.iter().for_each(|nanos| latencies.note(*nanos));
            latencies
        });
        let each: Vec<Latencies> = each.collect();
        assert_near(found(&Latencies::together(each.iter())), expected(&nanos), 1e-12);
    }
}
