//! How much goes where, and how it is therefore drawn: message by message, in groups, or as a stream.
//!
//! The world counts; [`Levels`] is told the counts once per frame with the displayed time that passed, and decides for
//! every edge and strip. It costs what there are edges and strips, however many messages went by. It knows no geometry.
//! Specification: the load levels of the scene.

use super::step::{Direction, Traffic};
use crate::engine::{MessageId, Name};
use crate::map::Map;
use std::time::Duration;

/// More messages in a displayed second than this are drawn in groups, until there are fewer than the second.
const CONVOYS: (u64, u64) = (20, 12);
/// The same for what is drawn as a ribbon.
const RIBBONS: (u64, u64) = (2_000, 1_400);
/// Repeats and refusals in a displayed second that are drawn one by one.
const SINGLE_EXCEPTIONS: u64 = 10;
/// A second is watched in so many parts.
const PARTS: usize = 10;
const PART: Duration = Duration::from_millis(100);
/// How long one message stands for all that are not drawn.
const EXEMPLAR: Duration = Duration::from_secs(1);

/// What travels, as far as it is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Message,
    /// A message that was delivered before.
    Redelivery,
    Advisory,
    Ack,
    Pull,
    /// Answers, requests and whatever else the system says.
    System,
}

/// How many kinds there are.
pub const KINDS: usize = 6;

impl Kind {
    pub fn of(traffic: Traffic, redelivery: bool) -> Kind {
        match traffic {
            _ if redelivery => Kind::Redelivery,
            Traffic::Message => Kind::Message,
            Traffic::Advisory => Kind::Advisory,
            Traffic::Ack => Kind::Ack,
            Traffic::Pull => Kind::Pull,
            Traffic::Answer | Traffic::Request | Traffic::System => Kind::System,
        }
    }
}

/// Departures on one edge since the beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeCount {
    /// Index into the actors of the scene.
    pub actor: usize,
    pub direction: Direction,
    /// Index into the tracks: where the newest went.
    pub track: Option<usize>,
    pub kinds: [u64; KINDS],
    /// One real message of them, the newest.
    pub exemplar: Option<MessageId>,
}

impl EdgeCount {
    pub fn total(&self) -> u64 {
        self.kinds.iter().sum()
    }

    fn exceptions(&self) -> u64 {
        self.kinds[Kind::Redelivery as usize] + self.kinds[Kind::Advisory as usize]
    }
}

/// Everything that is counted, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    pub edges: Vec<EdgeCount>,
    /// What happened in each stream and at its consumers so far.
    pub streams: Vec<(Name, u64)>,
}

/// How something busy is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every message.
    #[default]
    Tokens,
    /// Groups with a count.
    Convoys,
    /// A ribbon as wide as there is much.
    Ribbons,
}

impl Level {
    /// The level at `rate` messages in a displayed second, coming from this one.
    fn at(self, rate: u64) -> Level {
        let over = |(up, down): (u64, u64), level: Level| rate > if self >= level { down - 1 } else { up };
        match (over(CONVOYS, Level::Convoys), over(RIBBONS, Level::Ribbons)) {
            (_, true) => Level::Ribbons,
            (true, false) => Level::Convoys,
            (false, false) => Level::Tokens,
        }
    }
}

/// What went over an edge in the last displayed second.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeLoad {
    /// Index into the actors of the scene.
    pub actor: usize,
    pub direction: Direction,
    /// Index into the tracks: where the newest went.
    pub track: Option<usize>,
    pub level: Level,
    pub rate: u64,
    /// Repeats and advisories in the last displayed second.
    pub exceptions: u64,
    /// One real message, another every displayed second.
    pub exemplar: Option<MessageId>,
}

impl EdgeLoad {
    /// Too many to be drawn one by one.
    pub fn counts_exceptions(&self) -> bool {
        self.level == Level::Ribbons || self.exceptions > SINGLE_EXCEPTIONS
    }
}

/// Which level everything is at.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    edges: Map<(usize, Direction), EdgeMeter>,
    streams: Map<Name, Meter>,
    loads: Vec<EdgeLoad>,
    stands: bool,
}

impl Levels {
    /// `elapsed` displayed time after the last call; returns whether a strip is to be drawn otherwise than before.
    pub fn frame(&mut self, counts: &Counts, elapsed: Duration) -> bool {
        self.loads.clear();
        for edge in &counts.edges {
            let meter = self.edges.entry((edge.actor, edge.direction)).or_default();
            self.loads.push(meter.frame(edge, elapsed));
        }
        self.streams.retain(|name, _| counts.streams.iter().any(|(other, _)| other == name));
        let mut changed = false;
        for (name, total) in &counts.streams {
            let meter = self.streams.entry(name.clone()).or_default();
            let before = meter.level;
            meter.frame(*total, elapsed);
            changed |= meter.level != before;
        }
        changed
    }

    /// Whether displayed time stands; returns whether that is new. Then nothing goes by in a second.
    pub fn stand(&mut self, stands: bool) -> bool {
        std::mem::replace(&mut self.stands, stands) != stands
    }

    pub fn stands(&self) -> bool {
        self.stands
    }

    /// Every edge that was ever used, by actor and direction.
    pub fn loads(&self) -> &[EdgeLoad] {
        &self.loads
    }

    /// One edge, if it was ever used.
    pub fn load(&self, actor: usize, direction: Direction) -> Option<&EdgeLoad> {
        self.loads.iter().find(|load| load.actor == actor && load.direction == direction)
    }

    pub fn stream(&self, name: &str) -> Level {
        self.streams.iter().find(|(other, _)| ***other == *name).map_or(Level::Tokens, |(_, meter)| meter.level)
    }

    /// The busiest of all.
    pub fn highest(&self) -> Level {
        let edges = self.loads.iter().map(|load| load.level);
        edges.chain(self.streams.values().map(|meter| meter.level)).max().unwrap_or_default()
    }
}

/// An edge over the last displayed second.
#[derive(Clone, Debug, Default)]
struct EdgeMeter {
    all: Meter,
    exceptions: Meter,
    exemplar: Option<MessageId>,
    /// For how long it has been the exemplar.
    age: Duration,
}

impl EdgeMeter {
    fn frame(&mut self, edge: &EdgeCount, elapsed: Duration) -> EdgeLoad {
        self.all.frame(edge.total(), elapsed);
        self.exceptions.frame(edge.exceptions(), elapsed);
        self.age += elapsed;
        if self.exemplar.is_none() || self.age >= EXEMPLAR {
            (self.exemplar, self.age) = (edge.exemplar, Duration::ZERO);
        }
        EdgeLoad {
            actor: edge.actor,
            direction: edge.direction,
            track: edge.track,
            level: self.all.level,
            rate: self.all.rate,
            exceptions: self.exceptions.rate,
            exemplar: self.exemplar,
        }
    }
}

/// Counts of the last displayed second.
#[derive(Clone, Debug, Default)]
struct Meter {
    level: Level,
    rate: u64,
    last: Option<u64>,
    parts: [u64; PARTS],
    part: usize,
    into_part: Duration,
}

impl Meter {
    fn frame(&mut self, total: u64, elapsed: Duration) {
        self.into_part += elapsed;
        let steps = (self.into_part.as_nanos() / PART.as_nanos()) as usize;
        self.into_part -= PART * steps as u32;
        // A session that began anew counts from the start again.
        let passed = total.saturating_sub(self.last.unwrap_or(total));
        // Over a leap of time nobody knows when in it they went by: evenly, then.
        let each = if steps > 1 { passed / steps as u64 } else { 0 };
        for _ in 0..steps.min(PARTS) {
            self.part = (self.part + 1) % PARTS;
            self.parts[self.part] = each;
        }
        self.parts[self.part] += if steps > 1 { 0 } else { passed };
        self.last = Some(total);
        self.rate = self.parts.iter().sum();
        self.level = self.level.at(self.rate);
    }
}

/// How wide a ribbon is, in CSS pixels: by the logarithm of its rate.
pub fn ribbon_width(rate: u64) -> f64 {
    (2.0 + 2.5 * (rate.max(1) as f64 / 1_000.0).max(0.1).log10()).clamp(2.0, 11.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn counts(total: u64, exceptions: u64) -> Counts {
        let mut kinds = [0; KINDS];
        kinds[Kind::Message as usize] = total - exceptions;
        kinds[Kind::Redelivery as usize] = exceptions;
        let (direction, exemplar) = (Direction::ToServer, Some(MessageId(total)));
        let edge = EdgeCount { actor: 0, direction, track: None, kinds, exemplar };
        Counts { edges: vec![edge], streams: vec![("S".into(), total)] }
    }

    /// Two displayed seconds at each rate; what the level is after each.
    fn at_rates(rates: &[u64]) -> String {
        let (mut levels, mut text, mut total) = (Levels::default(), String::new(), 0.0);
        levels.frame(&counts(0, 0), Duration::ZERO);
        for rate in rates {
            for _ in 0..120 {
                total += *rate as f64 / 60.0;
                levels.frame(&counts(total as u64, 0), Duration::from_secs(1) / 60);
            }
            let load = &levels.loads()[0];
            let _ = writeln!(text, "{rate}/s: {:?}, strip {:?}", load.level, levels.stream("S"));
        }
        text
    }

    #[test]
    fn levels_follow_the_rate_and_stick() {
        let got = at_rates(&[1, 18, 25, 15, 10, 1_000, 1_800, 2_100, 1_600, 1_300, 100_000, 0]);
        let expected = "\
1/s: Tokens, strip Tokens
18/s: Tokens, strip Tokens
25/s: Convoys, strip Convoys
15/s: Convoys, strip Convoys
10/s: Tokens, strip Tokens
1000/s: Convoys, strip Convoys
1800/s: Convoys, strip Convoys
2100/s: Ribbons, strip Ribbons
1600/s: Ribbons, strip Ribbons
1300/s: Convoys, strip Convoys
100000/s: Ribbons, strip Ribbons
0/s: Tokens, strip Tokens
";
        assert_eq!(got, expected, "\n--- got ---\n{got}");
    }

    #[test]
    fn twenty_at_once_are_still_drawn_one_by_one() {
        let mut levels = Levels::default();
        levels.frame(&counts(0, 0), Duration::ZERO);
        levels.frame(&counts(20, 0), Duration::from_millis(16));
        assert_eq!(levels.highest(), Level::Tokens);
        assert!(levels.frame(&counts(21, 0), Duration::from_millis(16)), "the strip changes its level");
        assert_eq!(levels.highest(), Level::Convoys);
    }

    #[test]
    fn exceptions_are_single_up_to_ten_a_second() {
        let mut levels = Levels::default();
        levels.frame(&counts(0, 0), Duration::ZERO);
        levels.frame(&counts(100, 10), Duration::from_millis(16));
        assert!(!levels.loads()[0].counts_exceptions());
        levels.frame(&counts(200, 11), Duration::from_millis(16));
        assert!(levels.loads()[0].counts_exceptions());
    }

    #[test]
    fn nothing_moves_while_no_displayed_time_passes() {
        let mut levels = Levels::default();
        levels.frame(&counts(0, 0), Duration::ZERO);
        levels.frame(&counts(5_000, 0), Duration::from_millis(16));
        let before = levels.loads().to_vec();
        levels.frame(&counts(5_000, 0), Duration::ZERO);
        assert_eq!(levels.loads(), before);
    }

    #[test]
    fn what_a_leap_of_time_went_past_is_no_rush_at_its_end() {
        for (leap, level, rate) in [(3_600, Level::Tokens, 0..=1), (10, Level::Convoys, 490..=510)] {
            let mut levels = Levels::default();
            levels.frame(&counts(0, 0), Duration::ZERO);
            levels.frame(&counts(5_000, 0), Duration::from_secs(leap));
            let load = &levels.loads()[0];
            assert!(load.level == level && rate.contains(&load.rate), "{leap}s: {load:?}");
        }
    }

    #[test]
    fn ribbons_grow_with_the_logarithm() {
        let widths = [1, 1_000, 2_000, 100_000, u64::MAX].map(ribbon_width);
        assert!(widths.windows(2).all(|pair| pair[0] <= pair[1]), "{widths:?}");
        assert_eq!(widths[4], 11.0);
    }
}
