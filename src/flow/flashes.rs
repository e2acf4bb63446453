//! Nothing flashes more than three times a second at one place, however much happens there.
//!
//! Whatever is drawn so that it lights up for a moment asks first: a fill, a notch, a bounce, a ring. What comes too soon
//! just stands there, or is gone. Knows places and the time on the wall as it is told; no durations of motions.
//! Source: WCAG 2.2, 2.3.1 "Three Flashes or Below Threshold".

use super::Effect;
use super::layout::Layout;
use super::scene::SceneModel;
use crate::map::Map;
use std::time::Duration;

/// Between two flashes at one place.
pub const FLASH: Duration = Duration::from_millis(334);
/// Places are forgotten when there are so many, if nothing has flashed there for long.
const MANY: usize = 512;

/// A place, to the pixel.
type Place = (i64, i64);

/// What flashed where, and when that began.
#[derive(Clone, Debug, Default)]
pub struct Flashes {
    began: Map<Place, (u64, Duration)>,
    /// Motions that are begun once have a number each.
    once: u64,
}

impl Flashes {
    /// Whether `what` may light up at a place, or goes on doing so; asked in every frame in which it does.
    pub fn may(&mut self, (x, y): (f64, f64), what: u64, now: Duration) -> bool {
        let place = (x.round() as i64, y.round() as i64);
        match self.began.get(&place) {
            Some((same, _)) if *same == what => return true,
            Some((_, began)) if now.saturating_sub(*began) < FLASH => return false,
            _ => {}
        }
        if self.began.len() >= MANY {
            self.began.retain(|_, (_, began)| now.saturating_sub(*began) < FLASH);
        }
        self.began.insert(place, (what, now));
        true
    }

    /// Those of `effects` that may be shown by a motion.
    pub fn calm(&mut self, model: &SceneModel, layout: &Layout, effects: Vec<Effect>, now: Duration) -> Vec<Effect> {
        let may = |effect: &Effect| {
            self.once += 1;
            place(model, layout, effect).is_some_and(|place| self.may(place, u64::MAX - self.once, now))
        };
        effects.into_iter().filter(may).collect()
    }
}

/// Where it is to be seen; nothing where it is not drawn one by one.
pub fn place(model: &SceneModel, layout: &Layout, effect: &Effect) -> Option<(f64, f64)> {
    let strip_at = |stream: &str| model.streams.iter().position(|strip| *strip.name == *stream);
    match effect {
        Effect::Dissolve { track } => {
            let index = model.tracks.iter().position(|other| other.label == *track)?;
            Some(layout.tracks.get(index)?.zero)
        }
        Effect::BounceRequest => layout.refusal.map(|at| (at.x, at.y)),
        Effect::Bounce { stream } => layout.strips.get(strip_at(stream)?)?.refusal.map(|at| (at.x, at.y)),
        Effect::Fill { stream, stream_seq } => {
            layout.strips.get(strip_at(stream)?)?.cell(*stream_seq).map(|at| (at.x, at.y))
        }
        Effect::Notch { stream, consumer, stream_seq } => {
            let strip = strip_at(stream)?;
            let row = model.streams[strip].consumers.iter().position(|other| other.name == *consumer)?;
            let place = layout.strips.get(strip)?;
            Some((place.cell(*stream_seq)?.x, place.consumers.get(row)?.cells_y))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Retention;
    use crate::engine::{AckKind, ConnId, Fact, MessageId, RemovalReason};
    use crate::flow::load::Level;
    use crate::flow::script::{LATENCY, Script, explicit};
    use crate::flow::{Op, Time, Viewer};
    use crate::protocol::{ClientOp, Message};

    const FRAME: Duration = Duration::from_millis(16);

    /// A stream of one message, which every next one takes the place of; it is delivered and acknowledged at once, another
    /// is refused, a third is wanted by nobody and a fourth is lost on the wire.
    fn once(script: &mut Script, seq: u64) {
        let message = MessageId(1_000_000 + seq);
        script.store("S", seq, message, "s");
        if seq > 1 {
            script.removed("S", seq - 1, RemovalReason::Count);
        }
        script.dispatch((2, 1), "S", "c", seq, 1).answer(2, "S", "c", seq, AckKind::Ack);
        script.fact(Fact::Duplicate { message, stream: "S".into(), stream_seq: seq });
        let message = script.published(crate::engine::Origin::Client(ConnId(1)), "nobody");
        script.fact(Fact::Unwanted { message, subject: "nobody".into() });
        let op = Op::Client(ClientOp::Pub(Message::new("s", "hello")));
        script.flow.lost(script.now, script.now + LATENCY, ConnId(1), &op, None);
    }

    /// When something began to flash, by its place, over four seconds at `rate` a second; and the highest level seen.
    fn watched(rate: u64, gate: bool) -> (Map<Place, Vec<Duration>>, Level) {
        let (mut script, mut viewer, mut flashes) = (Script::new(), Viewer::default(), Flashes::default());
        script.connect(1, "a").connect(2, "w").stream("S", &["s"], Retention::Limits);
        script.consumer("S", "c", explicit(""));
        let (mut seen, mut level, mut seq) = (Map::<Place, Vec<Duration>>::new(), Level::Tokens, 0);
        let mut rings: Map<Place, u64> = Map::new();
        for frame in 0..250_u32 {
            let now = FRAME * frame;
            script.now = script.now + FRAME;
            while u128::from(seq) < now.as_millis() * u128::from(rate) / 1_000 {
                seq += 1;
                once(&mut script, seq);
            }
            let moment = viewer.look(&script.flow, script.now, FRAME, Time::Runs);
            let busiest = moment.loads.iter().map(|load| load.level).chain([moment.model.streams[0].level]).max();
            level = level.max(busiest.unwrap_or_default());
            let layout = Layout::new(&moment.model, 1_060.0);
            let all = moment.effects.clone();
            let shown = if gate { flashes.calm(&moment.model, &layout, all, now) } else { all };
            for (x, y) in shown.iter().filter_map(|effect| place(&moment.model, &layout, effect)) {
                seen.entry((x.round() as i64, y.round() as i64)).or_default().push(now);
            }
            for token in moment.tokens.iter().filter(|token| token.lost && token.progress(moment.now) > 0.5) {
                let Some(way) = layout.path(token) else { continue };
                let at = way.at(0.5);
                let place = (at.x.round() as i64, at.y.round() as i64);
                if (!gate || flashes.may((at.x, at.y), token.left.0.unsigned_abs(), now))
                    && rings.insert(place, token.left.0.unsigned_abs()) != Some(token.left.0.unsigned_abs())
                {
                    seen.entry(place).or_default().push(now);
                }
            }
        }
        (seen, level)
    }

    fn most_in_a_second(times: &[Duration]) -> usize {
        let within =
            |from: &Duration| times.iter().filter(|at| *at >= from && **at < *from + Duration::from_secs(1)).count();
        times.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn nothing_flashes_more_than_three_times_a_second_at_one_place() {
        for (rate, expected) in
            [(2, Level::Tokens), (8, Level::Convoys), (500, Level::Convoys), (5_000, Level::Ribbons)]
        {
            let (seen, level) = watched(rate, true);
            assert_eq!(level, expected, "{rate} a second");
            for (place, times) in &seen {
                let most = most_in_a_second(times);
                assert!(most <= 3, "{rate} a second: {most} flashes in a second at {place:?}: {times:?}");
            }
            assert!(!seen.is_empty(), "{rate} a second: something is to be seen");
        }
    }

    #[test]
    fn without_asking_it_would_be_more() {
        let (seen, _) = watched(5, false);
        assert!(seen.values().any(|times| most_in_a_second(times) > 3), "{seen:?}");
    }

    #[test]
    fn what_has_begun_goes_on() {
        let (mut flashes, here, millis) = (Flashes::default(), (10.0, 10.0), Duration::from_millis);
        assert!(flashes.may(here, 1, millis(0)) && flashes.may(here, 1, millis(100)));
        assert!(!flashes.may(here, 2, millis(200)), "too soon");
        assert!(flashes.may((30.0, 10.0), 2, millis(200)), "elsewhere");
        assert!(flashes.may(here, 3, millis(334)) && !flashes.may(here, 1, millis(350)));
    }
}
