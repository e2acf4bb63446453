//! Actors, subjects and the server between them: everything that travels, travels here.

use super::badges::{self, BADGE, BadgeBox};
use super::fit::CELL;
use super::geometry::{Path, Rect, fit_mono, mono_width, sans_width};
use super::{Form, PAD};
use crate::flow::scene::{Actor, Bracket, BracketOwner, SceneModel, Track, TrackKind};
use crate::flow::trouble::Whose;
use crate::flow::words;
use crate::map::Map;
use crate::sorted;

const TAG: f64 = 46.0;
const TAG_GAP: f64 = 14.0;
const TRACK: f64 = 34.0;
/// A subscription's row beside its actor.
const ROW: f64 = 22.0;
/// Room for what opens a track.
const SWITCH: f64 = 20.0;
const LANE: f64 = 14.0;
const MAX_LANES: usize = 8;
const SERVER: f64 = 14.0;
const TOP: f64 = super::TOOLS;

/// An actor's tag and the place its connection ends in.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorBox {
    pub tag: Rect,
    pub left: bool,
    pub name: String,
    pub figures: String,
    /// The end of its connection at the tag.
    pub port: (f64, f64),
    pub link: Path,
}

impl ActorBox {
    /// Where its words begin: beside its ring where that stands first.
    pub fn text_x(&self) -> f64 {
        self.tag.x + if self.left { 12.0 } else { 34.0 }
    }
}

/// A subject's line into the server.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackLine {
    pub label: String,
    pub label_at: (f64, f64),
    /// Messages so far, at the other end.
    pub figure: String,
    pub figure_at: (f64, f64),
    pub from: (f64, f64),
    pub to: (f64, f64),
    /// Where the zero mark of an unwanted message is.
    pub zero: (f64, f64),
    /// What opens and closes it, if it can be opened.
    pub switch: Option<Rect>,
    /// It has no line of its own and goes on the one before.
    pub hidden: bool,
}

/// A live subscription, or a stream, over its tracks.
#[derive(Clone, Debug, PartialEq)]
pub struct BracketLine {
    /// Index into the scene's brackets.
    pub bracket: usize,
    /// The bracket itself: a line over the tracks it takes.
    pub lane: Path,
    /// One for every track it takes.
    pub ticks: Vec<(f64, f64)>,
    /// From the bracket through the server to its row.
    pub outlet: Path,
    pub label: String,
    pub label_box: Rect,
    /// The die of a member of a queue group, before its label.
    pub die: Option<Rect>,
    pub to_stream: bool,
}

/// Side of a die.
pub const DIE: f64 = 13.0;
/// What a die takes from the label behind it.
const DIE_ROOM: f64 = DIE + 5.0;

fn die_room(bracket: &Bracket) -> f64 {
    if bracket.turn.is_some() { DIE_ROOM } else { 0.0 }
}

fn die(bracket: &Bracket, label: &Rect) -> Option<Rect> {
    bracket.turn.map(|_| Rect::new(label.x - DIE_ROOM, label.y + 2.0, DIE, DIE))
}

/// Brackets that found no lane, counted.
#[derive(Clone, Debug, PartialEq)]
pub struct MoreBrackets {
    pub at: Rect,
    pub text: String,
    /// Indices into the scene's brackets.
    pub brackets: Vec<usize>,
}

impl MoreBrackets {
    fn after(scene: &SceneModel, x: f64, row: f64) -> Option<MoreBrackets> {
        let brackets: Vec<usize> = (0..scene.brackets.len()).skip(MAX_LANES).collect();
        let text = format!("{} more listen", words::figure(brackets.len() as u64));
        let at = Rect::new(x, row - ROW + 4.0, sans_width(&text, 11.0), ROW - 6.0);
        (!brackets.is_empty()).then_some(MoreBrackets { at, text, brackets })
    }
}

/// What a finger is sure to touch: wider than what is drawn.
pub const FINGER: f64 = 24.0;

/// The server's bar with its name below or above it, and no thinner than a finger needs.
pub fn server_target(server: &Rect) -> Rect {
    let is_tall = server.height > server.width;
    let aside = (FINGER - SERVER) / 2.0;
    match is_tall {
        true => Rect::new(server.x - aside, server.y, FINGER, server.height),
        false => Rect::new(server.x, server.y - aside, server.width, server.height + aside + 20.0),
    }
}

pub struct Band {
    pub server: Rect,
    pub actors: Vec<ActorBox>,
    pub tracks: Vec<TrackLine>,
    pub brackets: Vec<BracketLine>,
    pub more_brackets: Option<MoreBrackets>,
    pub bottom: f64,
}

impl Band {
    pub fn new(scene: &SceneModel, form: Form, width: f64) -> Band {
        match form {
            Form::Wide => Wide::new(scene, width).band(),
            Form::Narrow => narrow(scene, width),
        }
    }
}

/// The way from an actor to the server.
pub fn way(form: Form, actor: &ActorBox, track: Option<&TrackLine>, server: &Rect) -> Path {
    let (x, y) = actor.port;
    match (form, track) {
        (Form::Narrow, _) => Path::through(&[(x, y), (x, server.center().y)]),
        (Form::Wide, Some(track)) if actor.left => {
            let bus = track.from.0;
            Path::through(&[(x, y), (bus, y), (bus, track.from.1), (server.center().x, track.from.1)])
        }
        (Form::Wide, _) => Path::through(&[(x, y), (server.center().x, y)]),
    }
}

/// What an actor's tag says beside its name.
pub fn tag_figures(actor: &Actor) -> String {
    if let Some(busy) = actor.rates() {
        let (sent, received) = (words::rate(busy.sent), words::rate(busy.received));
        // Arrows as they go in the picture.
        return if actor.is_left() {
            format!("→ {sent} ← {received}")
        } else {
            format!("← {sent} → {received}")
        };
    }
    if actor.tray > 0 {
        return format!("{} in its tray", words::figure(actor.tray));
    }
    match (actor.published, actor.received) {
        (0, 0) => "quiet so far".to_owned(),
        (sent, 0) => format!("{} sent", words::figure(sent)),
        (0, got) => format!("{} received", words::figure(got)),
        (sent, got) => format!("{} sent, {} in", words::figure(sent), words::figure(got)),
    }
}

/// The wide form: columns from left to right.
struct Wide<'a> {
    scene: &'a SceneModel,
    rail: f64,
    /// The vertical line left actors' connections end in and tracks begin at.
    bus: f64,
    server_x: f64,
    right_x: f64,
    lanes: usize,
    height: f64,
}

impl<'a> Wide<'a> {
    fn new(scene: &'a SceneModel, width: f64) -> Wide<'a> {
        let rail = (width * 0.16).clamp(116.0, 176.0);
        let lanes = scene.brackets.len().min(MAX_LANES);
        let right_x = width - PAD - rail;
        let bus = PAD + rail + 44.0;
        let server_x = bus + (right_x - bus) * 0.6;
        let mut wide = Wide { scene, rail, bus, server_x, right_x, lanes, height: 0.0 };
        wide.height = wide.left_height().max(wide.right_height()).max(wide.tracks_height()).max(2.0 * TAG + TAG_GAP);
        wide
    }

    fn band(&self) -> Band {
        let tracks = self.tracks();
        let (rows, actor_ys) = self.rows();
        let actors = self.actors(&actor_ys);
        let brackets = self.brackets(&tracks, &rows, &actor_ys);
        let server = Rect::new(self.server_x, TOP - 4.0, SERVER, self.height + 8.0);
        let more_row = TOP + (self.height + self.right_height()) / 2.0 - 8.0;
        let more_brackets = MoreBrackets::after(self.scene, self.server_x + SERVER + 10.0, more_row);
        Band { server, actors, tracks, brackets, more_brackets, bottom: TOP + self.height + 8.0 }
    }

    fn left_height(&self) -> f64 {
        let left = self.scene.actors.iter().filter(|actor| actor.is_left()).count() as f64;
        (left * (TAG + TAG_GAP) - TAG_GAP).max(0.0)
    }

    fn tracks_height(&self) -> f64 {
        shown_tracks(self.scene) as f64 * TRACK
    }

    /// Rows of the subscriptions of one right actor.
    fn rows_of(&self, actor: usize) -> Vec<usize> {
        let owned = |(index, _): &(usize, &crate::flow::scene::Bracket)| {
            self.scene.brackets[*index].owner == BracketOwner::Actor(actor)
        };
        self.scene.brackets.iter().enumerate().take(MAX_LANES).filter(owned).map(|(index, _)| index).collect()
    }

    fn block_height(&self, actor: usize) -> f64 {
        let rows = self.rows_of(actor).len() as f64;
        TAG.max((rows - 1.0) * ROW + TAG / 2.0 + ROW)
    }

    /// Brackets of streams and of left actors have rows of their own, below the right actors.
    fn loose_rows(&self) -> Vec<usize> {
        let is_loose = |owner: &BracketOwner| match owner {
            BracketOwner::Actor(actor) => self.scene.actors.get(*actor).is_none_or(|actor| actor.is_left()),
            BracketOwner::Stream(_) => true,
        };
        let brackets = self.scene.brackets.iter().enumerate().take(MAX_LANES);
        brackets.filter(|(_, bracket)| is_loose(&bracket.owner)).map(|(index, _)| index).collect()
    }

    fn right_height(&self) -> f64 {
        let right = self.scene.actors.iter().enumerate().filter(|(_, actor)| !actor.is_left());
        let blocks: f64 = right.map(|(index, _)| self.block_height(index) + TAG_GAP).sum();
        blocks + (self.loose_rows().len() + has_more(self.scene)) as f64 * ROW + 4.0
    }

    fn tracks(&self) -> Vec<TrackLine> {
        let top = TOP + (self.height - self.tracks_height()) / 2.0;
        let end = self.server_x - 8.0 - self.lanes as f64 * LANE;
        let (label_x, zero_x) = (self.bus + 10.0, Some(self.server_x + SERVER / 2.0));
        track_lines(self.scene, Tracks { top, from: self.bus, to: self.server_x, label_x, end: end - 4.0, zero_x })
    }

    /// The y of every bracket's row and of every actor.
    fn rows(&self) -> (Map<usize, f64>, Map<usize, f64>) {
        let (mut rows, mut actors) = (Map::new(), Map::new());
        let mut left = TOP + (self.height - self.left_height()) / 2.0;
        let mut right = TOP + (self.height - self.right_height()) / 2.0;
        for (index, actor) in self.scene.actors.iter().enumerate() {
            if actor.is_left() {
                actors.insert(index, left + TAG / 2.0);
                left += TAG + TAG_GAP;
                continue;
            }
            let height = self.block_height(index);
            let y = right + height - TAG / 2.0;
            actors.insert(index, y);
            let own = self.rows_of(index);
            // The last row runs into the actor's connection, the others stand above it.
            let first = y - (own.len() as f64 - 1.0) * ROW;
            rows.extend(own.iter().enumerate().map(|(place, bracket)| (*bracket, first + place as f64 * ROW)));
            right += height + TAG_GAP;
        }
        let loose = self.loose_rows();
        rows.extend(loose.iter().enumerate().map(|(place, index)| (*index, right + ROW - 4.0 + place as f64 * ROW)));
        (rows, actors)
    }

    fn actors(&self, ys: &Map<usize, f64>) -> Vec<ActorBox> {
        let place = |(index, actor): (usize, &Actor)| {
            let y = ys.get(&index).copied().unwrap_or(TOP);
            let left = actor.is_left();
            let x = if left { PAD } else { self.right_x };
            let port = if left { (x + self.rail, y) } else { (x, y) };
            let end = if left { self.bus } else { self.server_x + SERVER };
            ActorBox {
                tag: Rect::new(x, y - TAG / 2.0, self.rail, TAG),
                left,
                name: fit_mono(&actor.name, 13.0, self.rail - 40.0),
                figures: tag_figures(actor),
                port,
                link: Path::through(&[port, (end, y)]),
            }
        };
        self.scene.actors.iter().enumerate().map(place).collect()
    }

    fn brackets(&self, tracks: &[TrackLine], rows: &Map<usize, f64>, actors: &Map<usize, f64>) -> Vec<BracketLine> {
        let mut lines = Vec::new();
        for (lane, (bracket, row)) in rows.iter().enumerate() {
            let model = &self.scene.brackets[*bracket];
            let x = self.server_x - 4.0 - (lane as f64 + 1.0) * LANE + LANE / 2.0;
            let ys: Vec<f64> = model.tracks.iter().filter_map(|track| tracks.get(*track)).map(|t| t.from.1).collect();
            let (Some(top), Some(bottom)) = (ys.iter().copied().reduce(f64::min), ys.iter().copied().reduce(f64::max))
            else {
                continue;
            };
            let to_stream = matches!(model.owner, BracketOwner::Stream(_));
            let label_x = self.label_x() + die_room(model);
            let room = self.right_x - label_x - 16.0;
            let label = fit_mono(&self.row_label(*bracket), 11.0, room);
            let width = mono_width(&label, 11.0);
            // Past the labels of all that the same actor listens for: their lines meet there.
            let end = self.label_x() + self.widest_of(&model.owner).max(die_room(model) + width) + 6.0;
            let label_box = Rect::new(label_x, row - ROW + 4.0, width, ROW - 6.0);
            // Down into the connection of the actor it belongs to; a stream is below.
            let target = match &model.owner {
                BracketOwner::Actor(actor) if !self.scene.actors[*actor].is_left() => actors.get(actor).copied(),
                _ => None,
            };
            lines.push(BracketLine {
                bracket: *bracket,
                lane: Path::through(&[(x, top.min(*row)), (x, bottom.max(*row))]),
                ticks: ys.iter().map(|y| (x, *y)).collect(),
                outlet: Path::through(&[(x, *row), (end, *row), (end, target.unwrap_or(*row))]),
                die: die(model, &label_box),
                label_box,
                label,
                to_stream,
            });
        }
        lines
    }

    /// Where labels begin that have no die before them.
    fn label_x(&self) -> f64 {
        self.server_x + SERVER + 10.0
    }

    /// The widest label of what one right actor listens for, its die included.
    fn widest_of(&self, owner: &BracketOwner) -> f64 {
        let BracketOwner::Actor(actor) = owner else { return 0.0 };
        let width = |bracket: usize| {
            let die = die_room(&self.scene.brackets[bracket]);
            let room = self.right_x - self.label_x() - die - 16.0;
            die + mono_width(&fit_mono(&self.row_label(bracket), 11.0, room), 11.0)
        };
        self.rows_of(*actor).into_iter().map(width).fold(0.0, f64::max)
    }

    fn row_label(&self, bracket: usize) -> String {
        let model = &self.scene.brackets[bracket];
        let queue = model.queue.as_ref().map(|queue| format!(" [{queue}]")).unwrap_or_default();
        match &model.owner {
            BracketOwner::Stream(name) => name.to_string(),
            BracketOwner::Actor(actor) => {
                let left = self.scene.actors.get(*actor).filter(|actor| actor.is_left());
                let who = left.map(|actor| format!("{}: ", actor.name)).unwrap_or_default();
                format!("{who}{}{queue}", model.filter)
            }
        }
    }
}

/// Where the lines of all tracks are.
struct Tracks {
    top: f64,
    from: f64,
    to: f64,
    label_x: f64,
    /// The right end of figures.
    end: f64,
    /// Where zero marks are, if not in the middle.
    zero_x: Option<f64>,
}

/// A row for what finds no lane, if there is any.
fn has_more(scene: &SceneModel) -> usize {
    usize::from(scene.brackets.len() > MAX_LANES)
}

fn shown_tracks(scene: &SceneModel) -> usize {
    (0..scene.tracks.len()).filter(|index| scene.is_track_shown(*index)).count()
}

fn track_lines(scene: &SceneModel, at: Tracks) -> Vec<TrackLine> {
    let mut rows = 0;
    let mut lines: Vec<TrackLine> = Vec::new();
    for (index, track) in scene.tracks.iter().enumerate() {
        let hidden = !scene.is_track_shown(index);
        rows += usize::from(!hidden);
        let y = at.top + (rows.max(1) as f64) * TRACK - 10.0;
        let (can_open, part) = (track.kind == TrackKind::System, track.kind == TrackKind::SystemPart);
        let aside = if can_open || part { SWITCH } else { 0.0 };
        let figure = words::figure(track.messages);
        let room = at.end - 10.0 - (at.label_x + aside) - sans_width(&figure, 11.0);
        lines.push(TrackLine {
            label: track_label(track, room),
            label_at: (at.label_x + aside, y - 6.0),
            figure_at: (at.end, y - 6.0),
            figure,
            from: (at.from, y),
            to: (at.to, y),
            zero: (at.zero_x.unwrap_or((at.from + at.to) / 2.0), y),
            switch: can_open.then(|| Rect::new(at.label_x - 6.0, y - 12.0 - FINGER / 2.0, FINGER, FINGER)),
            hidden,
        });
    }
    lines
}

fn track_label(track: &Track, room: f64) -> String {
    let label = match track.kind {
        TrackKind::Folded(subjects) => format!("{} ({})", track.label, words::figure(subjects as u64)),
        _ => track.label.clone(),
    };
    fit_mono(&label, 12.0, room)
}

/// Where requests meet the server: at the end of their track, in its middle where that runs beside it.
pub fn refusal(scene: &SceneModel, form: Form, server: &Rect, tracks: &[TrackLine]) -> Rect {
    let system = scene.tracks.iter().position(|track| track.kind == TrackKind::System);
    let line = system.and_then(|index| tracks.get(index)).filter(|_| form == Form::Wide);
    let y = line.map_or(server.center().y, |line| line.to.1);
    Rect::new(server.center().x - CELL / 2.0, y - CELL / 2.0, CELL, CELL)
}

/// What went wrong at the server beside its name, and at clients on the edge of their tags.
pub fn badges(
    scene: &SceneModel,
    form: Form,
    server: &Rect,
    actors: &[ActorBox],
    brackets: &[BracketLine],
) -> Vec<BadgeBox> {
    let mut all = match form {
        Form::Wide => {
            badges::row(scene, &Whose::Server, server.right() + 26.0, server.y - 22.0, actors_edge(actors, server))
        }
        Form::Narrow => {
            let lanes = brackets.iter().flat_map(|bracket| bracket.ticks.iter().map(|(x, _)| *x));
            let right = lanes.fold(server.right(), f64::min) - 8.0;
            badges::row(scene, &Whose::Server, server.x, server.bottom() + 24.0, right)
        }
    };
    for (actor, place) in scene.actors.iter().zip(actors) {
        let whose = Whose::Actor(actor.name.clone());
        let wide = badges::width(scene, &whose);
        // Beside its figures where there is room, else on the tag's edge.
        let beside = place.text_x() + sans_width(&place.figures, 11.0) + 8.0;
        let end = place.tag.right() - if place.left { 30.0 } else { 6.0 };
        let (x, y) = match beside + wide <= end {
            true => (beside, place.tag.y + 24.0),
            false => (place.tag.x + 10.0, place.tag.bottom() - BADGE / 2.0 + 1.0),
        };
        all.extend(badges::row(scene, &whose, x, y, end));
    }
    all
}

/// The right end of the scene.
fn actors_edge(actors: &[ActorBox], server: &Rect) -> f64 {
    actors.iter().map(|actor| actor.tag.right()).fold(server.right() + 240.0, f64::max)
}

/// The narrow form: publishers, subjects, the server, who receives; from top to bottom.
fn narrow(scene: &SceneModel, width: f64) -> Band {
    let inner = width - 2.0 * PAD;
    let left = places(scene, true);
    let right = places(scene, false);
    let tag_width = (inner - 10.0) / 2.0;
    let rows = |count: usize| count.div_ceil(2) as f64 * (TAG + 10.0);
    let tracks_top = TOP + rows(left.len()) + if left.is_empty() { 0.0 } else { 14.0 };
    let lanes = scene.brackets.len().min(MAX_LANES);
    let tracks = narrow_tracks(scene, inner, tracks_top, lanes);
    let server_y = tracks_top + shown_tracks(scene) as f64 * TRACK + 12.0;
    let server = Rect::new(PAD, server_y, inner, SERVER);
    let troubled = scene.badges_of(&Whose::Server).next().is_some();
    let below = server.bottom() + 24.0 + if troubled { BADGE + 4.0 } else { 0.0 };
    let brackets = narrow_brackets(scene, inner, &tracks, below);
    let right_top = below + 6.0 + (brackets.len() + has_more(scene)) as f64 * ROW;
    let mut actors: Vec<(usize, ActorBox)> = Vec::new();
    for (group, top, is_left) in [(left, TOP, true), (right, right_top, false)] {
        for (place, index) in group.into_iter().enumerate() {
            let x = PAD + (place % 2) as f64 * (tag_width + 10.0);
            let y = top + (place / 2) as f64 * (TAG + 10.0);
            actors.push((index, narrow_tag(scene, index, Rect::new(x, y, tag_width, TAG), is_left, &server)));
        }
    }
    sorted::by_key(&mut actors, |(index, _)| *index);
    let right_rows = rows(scene.actors.iter().filter(|actor| !actor.is_left()).count());
    let bottom = right_top + if right_rows > 0.0 { right_rows - 10.0 } else { -6.0 };
    let actors = actors.into_iter().map(|(_, actor)| actor).collect();
    let more_brackets = MoreBrackets::after(scene, PAD + 4.0, below + (brackets.len() + 1) as f64 * ROW);
    Band { server, actors, tracks, brackets, more_brackets, bottom }
}

/// The x of a lane, beside where the right column's connections end.
fn narrow_lane(inner: f64, lane: usize) -> f64 {
    PAD + inner - 30.0 - lane as f64 * LANE
}

/// Over the tracks and through the server down to a row each, where it says who listens.
fn narrow_brackets(scene: &SceneModel, inner: f64, tracks: &[TrackLine], top: f64) -> Vec<BracketLine> {
    let lanes = scene.brackets.len().min(MAX_LANES);
    let place = |(lane, bracket): (usize, &Bracket)| {
        let ys: Vec<f64> = bracket.tracks.iter().filter_map(|track| tracks.get(*track)).map(|t| t.from.1).collect();
        let first = ys.iter().copied().reduce(f64::min)?;
        // The first row has the innermost lane, so that none crosses another's row.
        let x = narrow_lane(inner, lanes - 1 - lane);
        let row = top + lane as f64 * ROW + ROW / 2.0;
        let x_label = PAD + 4.0 + die_room(bracket);
        let label = fit_mono(&narrow_label(scene, bracket), 11.0, narrow_lane(inner, MAX_LANES) - x_label);
        let width = mono_width(&label, 11.0);
        let label_box = Rect::new(x_label, row - ROW / 2.0 + 3.0, width, ROW - 6.0);
        Some(BracketLine {
            bracket: lane,
            lane: Path::through(&[(x, first), (x, row)]),
            ticks: ys.iter().map(|y| (x, *y)).collect(),
            outlet: Path::through(&[(x, row), (x_label + 6.0 + width, row)]),
            die: die(bracket, &label_box),
            label_box,
            label,
            to_stream: matches!(bracket.owner, BracketOwner::Stream(_)),
        })
    };
    scene.brackets.iter().take(MAX_LANES).enumerate().filter_map(place).collect()
}

/// Who, and by what: rows stand apart from whom they belong to.
fn narrow_label(scene: &SceneModel, bracket: &Bracket) -> String {
    let queue = bracket.queue.as_ref().map(|queue| format!(" [{queue}]")).unwrap_or_default();
    match &bracket.owner {
        BracketOwner::Stream(name) => name.to_string(),
        BracketOwner::Actor(actor) => {
            let name = scene.actors.get(*actor).map_or("?", |actor| &actor.name);
            format!("{name}: {}{queue}", bracket.filter)
        }
    }
}

fn places(scene: &SceneModel, left: bool) -> Vec<usize> {
    let side = scene.actors.iter().enumerate().filter(|(_, actor)| actor.is_left() == left);
    side.map(|(index, _)| index).collect()
}

fn narrow_tracks(scene: &SceneModel, inner: f64, top: f64, lanes: usize) -> Vec<TrackLine> {
    let (from, to) = (PAD, PAD + inner);
    let end = if lanes == 0 { to - 26.0 } else { narrow_lane(inner, lanes - 1) - 8.0 };
    track_lines(scene, Tracks { top, from, to, label_x: PAD + 4.0, end, zero_x: None })
}

fn narrow_tag(scene: &SceneModel, index: usize, tag: Rect, left: bool, server: &Rect) -> ActorBox {
    let actor = &scene.actors[index];
    // Off the tag's middle, so that connections do not run through the labels of the tracks.
    let x = tag.right() - 18.0;
    let port = if left { (x, tag.bottom()) } else { (x, tag.y) };
    let end = if left { server.y } else { server.bottom() };
    ActorBox {
        tag,
        left,
        name: fit_mono(&actor.name, 13.0, tag.width - 40.0),
        figures: tag_figures(actor),
        port,
        link: Path::through(&[port, (x, end)]),
    }
}
