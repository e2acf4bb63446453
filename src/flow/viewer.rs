//! One look at the flow per frame: what stands, what moves, how busy everything is.
//!
//! A [`Viewer`] is a pair of eyes: it remembers how busy edges and strips were, and makes a new scene only when there is
//! something new, less often where numbers race past anyway. It is told how much displayed time passed and knows no clock.

use super::load::{EdgeLoad, Kind, Level, Levels};
use super::scene::{SceneModel, Token};
use super::{Direction, Flow};
use crate::map::Map;
use crate::time::Timestamp;
use std::rc::Rc;
use std::time::Duration;

/// How old figures may be: where every message is drawn, where groups are, where there are ribbons.
const OLDEST: [Duration; 3] = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(100)];
/// Groups that follow one another on one edge at most.
const GROUPS: f64 = 8.0;

/// One moment of the picture.
#[derive(Clone, Debug)]
pub struct Moment {
    pub now: Timestamp,
    /// The same `Rc` as long as there is nothing else to draw.
    pub model: Rc<SceneModel>,
    /// Single messages and groups of them; what is a ribbon is not in here.
    pub tokens: Vec<Token>,
    pub loads: Vec<EdgeLoad>,
}

/// Somebody who watches a flow.
#[derive(Debug, Default)]
pub struct Viewer {
    levels: Levels,
    model: Option<Rc<SceneModel>>,
    age: Duration,
    /// A strip is to be drawn otherwise than it is.
    restless: bool,
}

impl Viewer {
    /// `elapsed` displayed time after the last look; none while time stands.
    pub fn look(&mut self, flow: &Flow, now: Timestamp, elapsed: Duration) -> Moment {
        self.restless |= self.levels.frame(&flow.counts(), elapsed);
        self.age += elapsed;
        let model = self.model(flow, now);
        let loads = self.levels.loads().to_vec();
        Moment { now, model, tokens: grouped(flow.tokens(now), &self.levels, now), loads }
    }

    fn model(&mut self, flow: &Flow, now: Timestamp) -> Rc<SceneModel> {
        let oldest = OLDEST[self.levels.highest() as usize];
        match &self.model {
            Some(model) if model.ordinal == flow.revision() && !self.restless && self.is_calm(model) => model.clone(),
            Some(model) if model.ordinal < flow.revision() && self.age < oldest => model.clone(),
            _ => {
                let model = Rc::new(flow.scene_at(now, &self.levels));
                (self.age, self.restless) = (Duration::ZERO, false);
                self.model = Some(model.clone());
                model
            }
        }
    }

    /// Rates still stand on the picture and are over.
    fn is_calm(&self, model: &SceneModel) -> bool {
        let busy = |index: usize| self.levels.loads().iter().any(|l| l.actor == index && l.level > Level::Tokens);
        model.actors.iter().enumerate().all(|(index, actor)| actor.busy.is_none() || busy(index))
    }
}

/// What is drawn as groups, and without what is drawn as a ribbon.
fn grouped(tokens: Vec<Token>, levels: &Levels, now: Timestamp) -> Vec<Token> {
    let mut groups: Map<Group, Token> = Map::new();
    let mut single = Vec::new();
    for token in tokens {
        let Some(load) = levels.load(token.actor, token.direction) else {
            single.push(token);
            continue;
        };
        let is_exception = matches!(Kind::of(token.traffic, token.redelivery), Kind::Redelivery | Kind::Advisory);
        match load.level {
            Level::Tokens => single.push(token),
            _ if is_exception && !load.counts_exceptions() => single.push(token),
            Level::Ribbons => {}
            Level::Convoys if is_exception => {}
            Level::Convoys => {
                let place = (token.progress(now) * GROUPS) as u8;
                let kind = Kind::of(token.traffic, token.redelivery);
                let group = (token.actor, token.direction, kind, token.track, place);
                let count = groups.get(&group).map_or(0, |group| group.count) + token.count;
                groups.insert(group, Token { count, ..token });
            }
        }
    }
    single.extend(groups.into_iter().map(|(_, token)| token));
    single
}

type Group = (usize, Direction, Kind, Option<usize>, u8);
