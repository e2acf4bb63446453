//! One look at the flow per frame: what stands, what moves, how busy everything is.
//!
//! A [`Viewer`] is a pair of eyes: it remembers how busy edges and strips were, and makes a new scene only when there is
//! something new, less often where numbers race past anyway. It is told how much displayed time passed and knows no clock.

use super::effects::{self, Effect};
use super::flashes::FLASH;
use super::glide::{Glide, Time};
use super::load::{EdgeLoad, Level, Levels};
use super::scene::{BracketOwner, SceneModel, Token};
use super::{Flow, tokens};
use crate::map::Map;
use crate::subject::Subject;
use crate::time::Timestamp;
use std::rc::Rc;
use std::time::Duration;

/// How old figures may be: where every message is drawn, where groups are, where there are ribbons.
///
/// What stands is then drawn anew so seldom that nothing flickers.
const OLDEST: [Duration; 3] = [Duration::ZERO, FLASH, FLASH];

/// One moment of the picture.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Where time is for what travels; while a step is shown, a little behind the figures.
    pub now: Timestamp,
    /// Whether anything may move: time runs, or somebody has just stepped on.
    pub moves: bool,
    /// The same `Rc` as long as there is nothing else to draw.
    pub model: Rc<SceneModel>,
    /// The figures of this moment: those of `model`, or later ones without the messages one by one.
    pub figures: Rc<SceneModel>,
    /// More has happened than `model` tells; a later look will.
    pub is_late: bool,
    /// Single messages and groups of them; what is a ribbon is not in here.
    pub tokens: Vec<Token>,
    pub loads: Vec<EdgeLoad>,
    /// What has become true in this very moment.
    pub effects: Vec<Effect>,
}

/// Somebody who watches a flow.
#[derive(Debug, Default)]
pub struct Viewer {
    levels: Levels,
    model: Option<Rc<SceneModel>>,
    age: Duration,
    /// A strip is to be drawn otherwise than it is.
    restless: bool,
    flashes: Flashes,
    glide: Glide,
    /// The moment of the last look.
    seen: Option<Timestamp>,
}

/// Marks that appear with a flash: what dissolves and what bounces. Others that come too soon, or while time stands, just
/// stand there.
#[derive(Debug, Default)]
struct Flashes {
    /// Displayed time since the last flash.
    since: Option<Duration>,
    /// Of each place: when it last happened there, and how often that flashed.
    marks: Map<(Mark, String), (Timestamp, u64)>,
    dice: Map<Subject, Throw>,
    /// What has not been shown yet, because something flashed there just now.
    is_late: bool,
}

/// On a track, at a stream, at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Unwanted,
    Refused,
    Request,
}

/// What the dice of a queue group show.
#[derive(Debug)]
struct Throw {
    number: u64,
    /// Displayed time since it fell.
    since: Duration,
    /// Of every bracket of the group: which side it is, and whether it is on top.
    sides: Map<(Subject, BracketOwner), (Option<u64>, bool)>,
}

impl Flashes {
    /// Looks for new marks; those that come at once are one flash. Marks of a first look are none.
    fn mark(&mut self, model: &mut SceneModel, moves: bool, is_first: bool) {
        let may = moves && !is_first && self.since.is_none_or(|since| since >= FLASH);
        let (before, mut flashed) = (std::mem::take(&mut self.marks), false);
        let mut count = |place: (Mark, String), at: Timestamp| {
            let (last, flashes) = before.get(&place).map_or((None, 0), |(last, flashes)| (Some(*last), *flashes));
            let is_flash = may && last != Some(at);
            flashed |= is_flash;
            let flashes = flashes + u64::from(is_flash);
            self.marks.insert(place, (at, flashes));
            flashes
        };
        for track in &mut model.tracks {
            if let Some(at) = track.unwanted_at {
                track.flashes = count((Mark::Unwanted, track.label.clone()), at);
            }
        }
        for strip in &mut model.streams {
            if let Some(refusal) = &mut strip.refusal {
                refusal.flashes = count((Mark::Refused, strip.name.to_string()), refusal.at);
            }
        }
        if let Some(refusal) = &mut model.server.refusal {
            refusal.flashes = count((Mark::Request, String::new()), refusal.at);
        }
        if flashed {
            self.since = Some(Duration::ZERO);
        }
        self.throw(model);
    }

    /// A die shows another side at most three times a second, and the one before for so long.
    fn throw(&mut self, model: &mut SceneModel) {
        self.is_late = false;
        for bracket in &mut model.brackets {
            let (Some(queue), Some(turn)) = (&bracket.queue, &mut bracket.turn) else { continue };
            let place = (bracket.filter.clone(), bracket.owner.clone());
            let fell = Throw { number: turn.throw, since: Duration::ZERO, sides: Map::new() };
            let shown = self.dice.entry(queue.clone()).or_insert(fell);
            if shown.number != turn.throw && shown.since >= FLASH {
                *shown = Throw { number: turn.throw, since: Duration::ZERO, sides: Map::new() };
            }
            if shown.number == turn.throw {
                shown.sides.insert(place, (turn.face, turn.is_last));
            } else {
                (turn.face, turn.is_last) = shown.sides.get(&place).copied().unwrap_or((None, false));
                self.is_late = true;
            }
        }
    }

    fn pass(&mut self, passed: Duration, moves: bool) {
        if moves {
            self.since = self.since.map(|since| since + passed);
        }
        self.dice.values_mut().for_each(|throw| throw.since += passed);
    }
}

impl Viewer {
    /// `passed` displayed time after the last look, if `time` runs.
    pub fn look(&mut self, flow: &Flow, now: Timestamp, passed: Duration, time: Time) -> Moment {
        // Where time stands, only what is stepped over or waited for passes.
        let stepped = now.since(self.seen.replace(now).unwrap_or(now));
        let elapsed = if time == Time::Runs { passed } else { stepped };
        self.restless |= self.levels.stand(time == Time::Stands);
        self.restless |= self.levels.frame(&flow.counts(), elapsed);
        self.age += elapsed;
        let shown = self.glide.frame(flow, now, passed, time);
        self.flashes.pass(passed, shown.moves);
        let before = self.model.clone();
        let model = self.model(flow, now, time, shown.moves);
        let news = before.filter(|before| shown.moves && !Rc::ptr_eq(before, &model));
        let effects = news.map(|before| effects::between(&before, &model)).unwrap_or_default();
        let tokens = tokens::drawn(flow.tokens(shown.now), &self.levels, shown.now);
        let is_old = is_old(&model, flow, now);
        let figures = if is_old { Rc::new(flow.figures_at(now, &self.levels)) } else { model.clone() };
        Moment {
            now: shown.now,
            moves: shown.moves,
            model,
            figures,
            is_late: is_old || self.flashes.is_late,
            tokens,
            loads: self.levels.loads().to_vec(),
            effects,
        }
    }

    fn model(&mut self, flow: &Flow, now: Timestamp, time: Time, moves: bool) -> Rc<SceneModel> {
        let oldest = OLDEST[self.levels.highest() as usize];
        // Figures get older while time goes by; where it stands they would stay old.
        let stands = time == Time::Stands;
        let is_old = |model: &SceneModel| is_old(model, flow, now);
        match &self.model {
            Some(model) if is_old(model) && self.age < oldest && !stands => model.clone(),
            Some(model) if model.ordinal == flow.revision() && !is_old(model) && self.is_at_rest(model) => {
                model.clone()
            }
            _ => {
                let mut model = flow.scene_at(now, &self.levels);
                self.flashes.mark(&mut model, moves, self.model.is_none());
                let model = Rc::new(model);
                (self.age, self.restless) = (Duration::ZERO, false);
                self.model = Some(model.clone());
                model
            }
        }
    }

    /// Nothing is to be drawn otherwise than it is, and no rate still stands there that is over.
    fn is_at_rest(&self, model: &SceneModel) -> bool {
        let busy = |index: usize| self.levels.loads().iter().any(|l| l.actor == index && l.level > Level::Tokens);
        !self.restless
            && !self.flashes.is_late
            && model.actors.iter().enumerate().all(|(index, actor)| actor.busy.is_none() || busy(index))
    }
}

/// Something has happened, or arrived where it can be seen, since this was made.
fn is_old(model: &SceneModel, flow: &Flow, now: Timestamp) -> bool {
    model.ordinal < flow.revision() || flow.any_received(model.at, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{ConnId, MessageId};
    use crate::flow::model::TRAIL;
    use crate::flow::script::{LATENCY, Script};
    use crate::protocol::{ClientOp, Message};

    const FRAME: Duration = Duration::from_millis(16);

    fn publisher() -> Script {
        let mut script = Script::new();
        script.connect(1, "alice").connect(2, "bob").subscribe(2, 1, "a");
        script
    }

    /// Looked at since before anything that a test sends.
    fn watched() -> (Script, Viewer) {
        let (mut script, mut viewer) = (publisher(), Viewer::default());
        script.publish(1, "a");
        script.wait(1);
        viewer.look(&script.flow, script.now, FRAME, Time::Runs);
        (script, viewer)
    }

    fn sends(script: &mut Script, takes: Duration, messages: usize) {
        let op = ClientOp::Pub(Message::new("a", "hello"));
        (0..messages).for_each(|_| script.flow.sent(script.now, script.now + takes, ConnId(1), &op));
    }

    fn counts(tokens: &[Token]) -> Vec<u64> {
        tokens.iter().map(|token| token.count).collect()
    }

    #[test]
    fn figures_are_current_at_once_when_time_stands() {
        let (mut script, mut viewer) = watched();
        for _ in 0..30 {
            let message = script.publish(1, "a");
            script.delivered(message, 2, 1, "a");
        }
        viewer.look(&script.flow, script.now, FRAME, Time::Runs);
        script.publish(1, "a");
        let late = viewer.look(&script.flow, script.now, FRAME, Time::Runs);
        assert!(late.model.ordinal < script.flow.revision(), "a busy picture is looked at less often");
        assert_eq!(late.figures.ordinal, script.flow.revision(), "and its figures are current all the same");
        assert_eq!(late.figures.server.published, 32);
        let current = viewer.look(&script.flow, script.now, FRAME, Time::Stands);
        assert_eq!(current.model.ordinal, script.flow.revision());
        assert!(!current.is_late);
    }

    /// Thirty messages in a frame, then nothing more.
    #[test]
    fn a_busy_picture_says_that_it_is_late_until_it_is_not() {
        let (mut script, mut viewer) = watched();
        for _ in 0..30 {
            let message = script.publish(1, "a");
            script.delivered(message, 2, 1, "a");
        }
        let mut looks = (0..40).map(|_| viewer.look(&script.flow, script.now, FRAME, Time::Runs)).peekable();
        let late = std::iter::from_fn(|| looks.next_if(|moment| moment.is_late)).count() as u32;
        assert!((1..=FLASH.as_millis().div_ceil(FRAME.as_millis()) as u32).contains(&late), "{late} frames");
        assert!(looks.all(|moment| !moment.is_late && moment.model.ordinal == script.flow.revision()));
    }

    /// As where less motion is asked for: commands take their time, and nothing is played.
    #[test]
    fn where_time_stands_what_was_busy_calms_down_with_the_time_that_is_stepped_over() {
        let (mut script, mut viewer) = (publisher(), Viewer::default());
        script.stream("S", &["s"], crate::api::Retention::Limits);
        viewer.look(&script.flow, script.now, FRAME, Time::Stands);
        for seq in 1..=30 {
            script.store("S", seq, MessageId(seq), "s");
        }
        let level = |moment: &Moment| moment.model.streams[0].level;
        assert_eq!(level(&viewer.look(&script.flow, script.now, FRAME, Time::Stands)), Level::Convoys);
        assert_eq!(
            level(&viewer.look(&script.flow, script.now, FRAME, Time::Stands)),
            Level::Convoys,
            "nothing passes"
        );
        script.wait(1_500);
        assert_eq!(level(&viewer.look(&script.flow, script.now, FRAME, Time::Stands)), Level::Tokens);
    }

    /// Sixty messages in a moment: while time runs that is a rate, and when it stands they have gone by.
    #[test]
    fn rates_are_told_while_time_runs_only() {
        let (mut script, mut viewer) = watched();
        for _ in 0..60 {
            script.publish(1, "a");
        }
        let tag = |moment: &Moment| crate::flow::layout::Layout::new(&moment.model, 1_060.0).actors[0].figures.clone();
        let runs = (0..30).map(|_| viewer.look(&script.flow, script.now, FRAME, Time::Runs)).last().unwrap();
        assert_eq!(tag(&runs), "→ 60/s ← 0/s");
        let stands = viewer.look(&script.flow, script.now, FRAME, Time::Stands);
        assert_eq!(tag(&stands), "61 sent");
        assert!(!crate::flow::words::actor(&stands.model.actors[0]).contains("a second"));
        let busy = stands.model.actors[0].busy.expect("one of them can still be looked at");
        assert!(busy.exemplar.is_some());
        // An hour later on the playground's clock, and another sixty on the way there.
        for _ in 0..60 {
            script.wait(60_000).publish(1, "a");
        }
        let jumped = viewer.look(&script.flow, script.now, FRAME, Time::Stands);
        assert_eq!((tag(&jumped), jumped.model.actors[0].busy), ("121 sent".to_owned(), None));
        let on = viewer.look(&script.flow, script.now, FRAME, Time::Runs);
        assert_eq!(tag(&on), "121 sent");
    }

    /// Two seconds in which nobody wants a message, every tenth of one; then time stands.
    #[test]
    fn marks_flash_at_most_three_times_a_second_and_not_while_time_stands() {
        let (mut script, mut viewer) = (Script::new(), Viewer::default());
        script.connect(1, "alice");
        let unwanted = |script: &mut Script| {
            let message = script.publish(1, "nobody");
            script.fact(crate::engine::Fact::Unwanted { message, subject: "nobody".into() });
        };
        viewer.look(&script.flow, script.now, FRAME, Time::Runs);
        let flashes = |moment: &Moment| moment.model.tracks.iter().map(|track| track.flashes).sum::<u64>();
        let mut seen = Vec::new();
        for _ in 0..20 {
            unwanted(&mut script);
            seen.push(flashes(&viewer.look(&script.flow, script.now, Duration::from_millis(100), Time::Runs)));
        }
        assert_eq!((seen[0], seen[10], seen[19]), (1, 3, 5), "{seen:?}");
        viewer.look(&script.flow, script.now, FRAME, Time::Stands);
        script.wait(0).fact(crate::engine::Fact::Unwanted { message: MessageId(1), subject: "nobody".into() });
        assert_eq!(flashes(&viewer.look(&script.flow, script.now, FRAME, Time::Stands)), 5);
    }

    /// Twenty draws in a second, to one and the other in turn.
    #[test]
    fn dice_show_another_side_at_most_three_times_a_second_and_the_last_one_in_the_end() {
        let (mut script, mut viewer) = (publisher(), Viewer::default());
        for conn in [1, 2] {
            script.listen(conn, 2, "tasks", Some("group"));
        }
        let shown = |moment: &Moment| -> Vec<Option<bool>> {
            moment.model.brackets.iter().map(|bracket| bracket.turn.map(|turn| turn.is_last)).collect()
        };
        let mut seen = Vec::new();
        for draw in 0..20 {
            script.wait(50).drawn(MessageId(draw), (1 + draw % 2, 2), "tasks", "group", &[(1, 2), (2, 2)]);
            seen.push(shown(&viewer.look(&script.flow, script.now, Duration::from_millis(50), Time::Runs)));
        }
        let others = seen.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((1..=3).contains(&others), "{others}: {seen:?}");
        for _ in 0..30 {
            seen.push(shown(&viewer.look(&script.flow, script.now, FRAME, Time::Runs)));
        }
        assert_eq!(*seen.last().unwrap(), shown_of(&script));
    }

    fn shown_of(script: &Script) -> Vec<Option<bool>> {
        let scene = script.flow.scene(script.now);
        scene.brackets.iter().map(|bracket| bracket.turn.map(|turn| turn.is_last)).collect()
    }

    #[test]
    fn what_leaves_together_is_one_counted_token() {
        let (mut script, mut viewer) = watched();
        sends(&mut script, LATENCY, 3);
        script.wait(10);
        sends(&mut script, LATENCY, 1);
        let moment = viewer.look(&script.flow, script.now, FRAME, Time::Runs);
        assert_eq!(counts(&moment.tokens), [3, 1]);
    }

    #[test]
    fn in_groups_only_what_is_lost_dissolves() {
        let (mut script, mut viewer) = watched();
        sends(&mut script, LATENCY, 30);
        let op = crate::flow::Op::Client(ClientOp::Pub(Message::new("a", "hello")));
        script.flow.lost(script.now, script.now + LATENCY, ConnId(1), &op, None);
        let moment = viewer.look(&script.flow, script.now, FRAME, Time::Runs);
        assert!(moment.loads.iter().any(|load| load.level == Level::Convoys));
        let mut seen: Vec<_> = moment.tokens.iter().map(|token| (token.lost, token.count)).collect();
        seen.sort_unstable();
        assert_eq!(seen, [(false, 30), (true, 1)]);
    }

    /// A wire of ten seconds, twenty messages in each: more than is remembered one by one.
    #[test]
    fn a_long_queue_is_counted_and_no_message_drawn_far_from_where_it_is() {
        let (mut script, takes, apart) = (publisher(), Duration::from_secs(10), Duration::from_millis(50));
        let began = script.now;
        let mut left = 0_u32;
        while left < 1_000 {
            sends(&mut script, takes, 1);
            left += 1;
            let tokens = script.flow.tokens(script.now);
            // Messages in the order they left, and the tokens that stand for them.
            let drawn = tokens.iter().flat_map(|token| vec![token.left; token.count as usize]).rev();
            let sent = (0..left).rev().map(|index| began + apart * index);
            let mut shown = 0;
            for (drawn, sent) in drawn.zip(sent) {
                shown += 1;
                let apart = drawn.since(sent).max(sent.since(drawn));
                assert!(apart <= TRAIL, "message of {sent:?} is drawn as one of {drawn:?}");
            }
            let moving = left.min(200);
            let spread = (TRAIL.as_millis() / apart.as_millis()) as u32 + 1;
            assert!(shown + spread >= moving && shown <= moving + spread, "{shown} of {moving} are drawn");
            script.wait(apart.as_millis() as u64);
        }
        assert!(script.flow.tokens(script.now).iter().any(|token| token.count > 1));
    }

    /// More subjects at once than are remembered one by one: nothing goes together, and nothing goes uncounted.
    #[test]
    fn a_hundred_subjects_on_one_edge_are_all_counted() {
        let (mut script, takes) = (publisher(), Duration::from_secs(10));
        for subject in 0..100_u32 {
            let op = ClientOp::Pub(Message::new(format!("s{subject}").as_str(), "hello"));
            script.flow.sent(script.now, script.now + takes, ConnId(1), &op);
            let tokens = script.flow.tokens(script.now);
            assert_eq!(tokens.iter().map(|token| token.count).sum::<u64>(), u64::from(subject) + 1);
            script.wait(50);
        }
        // What stands for several is where the last of them is, and the first is not far behind.
        let tokens = script.flow.tokens(script.now);
        assert!(tokens.is_sorted_by_key(|token| token.left));
        let most = tokens.iter().map(|token| token.count).max();
        assert!(most > Some(1) && most <= Some(17), "{most:?}");
    }

    #[test]
    fn what_has_arrived_counts_at_once_though_nothing_is_told() {
        let (mut script, mut viewer) = watched();
        let message = script.publish(1, "a");
        script.delivered(message, 2, 1, "a");
        let received = |moment: &Moment| moment.model.actors[1].received;
        assert_eq!(received(&viewer.look(&script.flow, script.now, FRAME, Time::Runs)), 0);
        script.wait(LATENCY.as_millis() as u64);
        assert_eq!(received(&viewer.look(&script.flow, script.now, FRAME, Time::Runs)), 1);
    }

    #[test]
    fn the_picture_trails_by_less_than_is_allowed() {
        assert!(OLDEST.iter().all(|oldest| *oldest <= TRAIL));
        assert!(crate::flow::from_client::DRAWN_FOR <= TRAIL);
    }
}
