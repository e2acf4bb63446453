//! Everything that moves: tokens on their ways and time that runs, on one canvas.
//!
//! Drawn by the animation frame, outside the components. Travel is left out where less motion is asked for.

use super::heat;
use super::shapes::{self, TokenShape};
use crate::flow::layout::{Layout, Path, Point};
use crate::flow::load::{EdgeLoad, Level, ribbon_width};
use crate::flow::scene::{CellState, SceneModel, Token};
use crate::flow::timers::Mark;
use crate::flow::{Direction, Flashes, Frame, Moment, words};
use crate::map::Map;
use crate::time::Timestamp;
use crate::ui::browser::frames::Next;
use std::cell::Cell;
use std::f64::consts::{PI, TAU};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

const COLORS: [&str; 9] = [
    "--jl-flight",
    "--jl-pending",
    "--jl-acked",
    "--jl-redelivered",
    "--jl-given-up",
    "--jl-quiet",
    "--panel",
    "--ink",
    "--ink-soft",
];
/// Frames between two looks at the stylesheet: the theme changes rarely.
const COLORS_EVERY: u32 = 30;

/// Where a lost message is lost.
const HALF_WAY: f64 = 0.5;

/// Between tokens that set out together and are not alike.
const BESIDE: f64 = 13.0;

/// Between two chevrons, where there are few ribbons; and how many are few.
const APART: f64 = 46.0;
const FEW_RIBBONS: f64 = 6.0;
/// Chevrons a second past one place.
const DRIFT: f64 = 1.8;

/// Which of those that dissolve at one place it is.
fn name_of(token: &Token) -> u64 {
    token.left.0.unsigned_abs()
}

thread_local! {
    static DRAWN: Cell<usize> = const { Cell::new(0) };
}

/// How many shapes the last frame drew on the canvas.
pub fn drawn() -> usize {
    DRAWN.get()
}

/// The canvas and what it needs to know of the page.
pub struct Canvas {
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    colors: Map<&'static str, String>,
    still: bool,
    frames: u32,
    size: (f64, f64, f64),
    /// How far the chevrons of ribbons are, 0 to 1.
    drift: f64,
    wall: Duration,
    last: Option<Drawn>,
}

/// What stands on the canvas.
struct Drawn {
    now: Timestamp,
    model: Rc<SceneModel>,
    layout: Rc<Layout>,
    /// Nothing of it changes with time.
    rests: bool,
}

impl Canvas {
    pub fn new(element: HtmlCanvasElement) -> Option<Canvas> {
        let context = element.get_context("2d").ok()??.dyn_into().ok()?;
        let size = (0.0, 0.0, 0.0);
        Some(Canvas {
            element,
            context,
            colors: Map::new(),
            still: false,
            frames: 0,
            size,
            drift: 0.0,
            wall: Duration::ZERO,
            last: None,
        })
    }

    /// Draws a moment of the model that was placed, `size` screen pixels for one of the layout.
    ///
    /// A canvas that is touched is painted anew by the browser, whatever was drawn: one that rests is left alone.
    pub fn draw(
        &mut self,
        moment: &Moment,
        model: &Rc<SceneModel>,
        layout: &Rc<Layout>,
        size: f64,
        (flashes, wall): (&mut Flashes, Duration),
    ) -> Next {
        let is_repainted = self.look_at_page();
        let is_resized = self.fit(layout.width, layout.height, size);
        let last = self.last.as_ref().filter(|last| {
            Rc::ptr_eq(&last.model, model) && Rc::ptr_eq(&last.layout, layout) && !is_repainted && !is_resized
        });
        let rests = rests(moment, model);
        let stands = last.is_some_and(|last| last.now == moment.now);
        let next = if rests || stands && !moment.moves { Next::Later } else { Next::Soon };
        if stands || last.is_some_and(|last| last.rests && rests) {
            return next;
        }
        self.context.clear_rect(0.0, 0.0, layout.width, layout.height);
        self.drift_on(moment.now, wall);
        let travelling = if self.still { &[][..] } else { &moment.tokens };
        let frame = Frame::new(model, layout, travelling, &moment.loads);
        heat::draw(self, &frame.bars);
        frame.timers.iter().for_each(|mark| self.draw_timer(moment.now, mark));
        // Many ribbons have fewer chevrons each.
        let apart = APART * (frame.ribbons.len() as f64 / FEW_RIBBONS).max(1.0);
        let spare = Cell::new(frame.spare());
        frame.ribbons.iter().for_each(|load| self.draw_ribbon(layout, load, apart, &spare));
        self.draw_tokens(moment.now, &frame.tokens, flashes, wall);
        if let Some(text) = frame.missed.text() {
            self.aside(&text, Point { x: layout.width - 16.0, y: 14.0 });
        }
        DRAWN.set(frame.ink + frame.spare() - spare.get());
        self.last = Some(Drawn { now: moment.now, model: model.clone(), layout: layout.clone(), rests });
        next
    }

    /// Chevrons move while time does, less than two a second past one place.
    fn drift_on(&mut self, now: Timestamp, wall: Duration) {
        let passed = wall.saturating_sub(std::mem::replace(&mut self.wall, wall)).as_secs_f64();
        if !self.still && self.last.as_ref().is_none_or(|last| last.now != now) {
            self.drift = (self.drift + DRIFT * passed.min(0.1)).fract();
        }
    }

    /// Whether it looks otherwise than before.
    fn look_at_page(&mut self) -> bool {
        self.frames += 1;
        if self.frames % COLORS_EVERY != 1 {
            return false;
        }
        let Some(window) = web_sys::window() else { return false };
        let is_still = crate::ui::settings::is_still();
        let mut is_new = std::mem::replace(&mut self.still, is_still) != is_still;
        let Ok(Some(style)) = window.get_computed_style(&self.element) else { return is_new };
        for name in COLORS {
            let value = style.get_property_value(name).unwrap_or_default().trim().to_owned();
            is_new |= self.colors.get(name) != Some(&value);
            self.colors.insert(name, value);
        }
        is_new
    }

    /// Whether its size is another now; then nothing is on it.
    fn fit(&mut self, width: f64, height: f64, size: f64) -> bool {
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 2.0) * size;
        if self.size == (width, height, ratio) {
            return false;
        }
        self.size = (width, height, ratio);
        self.element.set_width((width * ratio) as u32);
        self.element.set_height((height * ratio) as u32);
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        true
    }

    pub(super) fn context(&self) -> &CanvasRenderingContext2d {
        &self.context
    }

    pub(super) fn color(&self, name: &str) -> &str {
        self.colors.get(name).map_or("#888888", String::as_str)
    }

    /// Tokens that go the same way at the same time and are not alike follow one another.
    fn draw_tokens(&self, now: Timestamp, tokens: &[(&Token, Path)], flashes: &mut Flashes, wall: Duration) {
        let mut before: Option<(&Token, &Path, f64)> = None;
        for (token, path) in tokens {
            let is_beside = |(other, way, _): &&(&Token, &Path, f64)| {
                (other.left, other.arrives, *way) == (token.left, token.arrives, path)
            };
            let behind = before.as_ref().filter(is_beside).map_or(0.0, |(.., behind)| behind + BESIDE);
            self.draw_token(now, path, token, behind, |(x, y)| flashes.may((x, y), name_of(token), wall));
            before = Some((token, path, behind));
        }
    }

    /// `behind` in pixels: others are where it is.
    fn draw_token(
        &self,
        now: Timestamp,
        path: &Path,
        token: &Token,
        behind: f64,
        may_flash: impl FnOnce((f64, f64)) -> bool,
    ) {
        let (shape, color) = shapes::token(token.traffic, token.redelivery);
        let progress = token.progress(now);
        let at = path.behind(if token.lost { progress.min(HALF_WAY) } else { progress }, behind);
        let context = &self.context;
        if token.lost && progress > HALF_WAY {
            // Where another one has just dissolved, it is gone.
            if may_flash((at.x, at.y)) {
                self.dissolve(at, (progress - HALF_WAY) / (1.0 - HALF_WAY), color);
            }
            return;
        }
        context.set_fill_style_str(self.color(color));
        context.set_stroke_style_str(self.color(color));
        context.set_line_width(2.0);
        context.begin_path();
        trace(context, shape, at, if token.count > 1 { 9.0 } else { 5.5 });
        match shape {
            TokenShape::Ring | TokenShape::Slot => context.stroke(),
            _ => context.fill(),
        }
        if shape == TokenShape::Ringed {
            context.begin_path();
            let _ = context.arc(at.x, at.y, 8.5, 0.0, TAU);
            context.stroke();
        }
        if token.count > 1 {
            self.text(&token.count.to_string(), at, "--panel");
        }
    }

    /// A ring that grows and fades where a message was lost.
    fn dissolve(&self, at: Point, gone: f64, color: &str) {
        let context = &self.context;
        context.set_stroke_style_str(self.color(color));
        context.set_global_alpha(1.0 - gone);
        context.set_line_width(2.0);
        context.begin_path();
        let _ = context.arc(at.x, at.y, 5.5 + 9.0 * gone, 0.0, TAU);
        context.stroke();
        context.set_global_alpha(1.0);
    }

    /// As wide as there is much, beside the way so that both directions have room.
    #[inline(never)]
    fn draw_ribbon(&self, layout: &Layout, load: &EdgeLoad, apart: f64, spare: &Cell<usize>) {
        let Some(path) = layout.way(load.actor, load.direction, load.track) else { return };
        let width = ribbon_width(load.rate);
        let points = path.aside(width / 2.0 + 1.0);
        let color = if load.direction == Direction::ToServer { "--jl-flight" } else { "--jl-acked" };
        let context = &self.context;
        context.set_stroke_style_str(self.color(color));
        context.set_global_alpha(0.35);
        context.set_line_width(width);
        polyline(context, &points);
        context.stroke();
        context.set_global_alpha(1.0);
        context.set_line_width(1.75);
        chevrons(context, &points, width / 2.0 + 2.0, (self.drift, apart), spare);
        context.stroke();
    }

    fn text(&self, text: &str, at: Point, color: &str) {
        self.context.set_fill_style_str(self.color(color));
        self.context.set_font("600 9px ui-monospace, monospace");
        self.context.set_text_align("center");
        self.context.set_text_baseline("middle");
        let _ = self.context.fill_text(text, at.x, at.y + 0.5);
    }

    fn draw_timer(&self, now: Timestamp, mark: &Mark) {
        match mark {
            Mark::Deadline { at, since, until, is_waiting } => {
                let color = if *is_waiting { "--jl-pending" } else { "--panel" };
                match self.still {
                    // A number that changes once a second instead of an arc that runs.
                    true => self.text(&words::seconds_left(now, *until), *at, color),
                    false => self.draw_arc(*at, fraction_left(now, *since, *until), color),
                }
            }
            Mark::Expiry { at, until } => self.text(&words::seconds_left(now, *until), *at, "--ink-soft"),
            Mark::More { at, text } => self.aside(text, *at),
        }
    }

    /// Words that end at a place.
    fn aside(&self, text: &str, at: Point) {
        self.context.set_fill_style_str(self.color("--ink-soft"));
        self.context.set_font("600 11px system-ui, sans-serif");
        self.context.set_text_align("right");
        self.context.set_text_baseline("alphabetic");
        let _ = self.context.fill_text(text, at.x, at.y);
    }

    fn draw_arc(&self, middle: Point, left: f64, color: &str) {
        let context = &self.context;
        context.set_stroke_style_str(self.color(color));
        context.set_line_width(1.75);
        context.begin_path();
        let _ = context.arc(middle.x, middle.y, 7.6, -PI / 2.0, -PI / 2.0 + TAU * left);
        context.stroke();
    }
}

/// Nothing is on its way, and no time runs out.
fn rests(moment: &Moment, model: &SceneModel) -> bool {
    let consumers = || model.streams.iter().flat_map(|strip| &strip.consumers);
    let runs_out = |state: &CellState| match state {
        CellState::InFlight { deadline, .. } => deadline.is_some(),
        CellState::WaitingForRedelivery { until, .. } => until.is_some(),
        _ => false,
    };
    moment.tokens.is_empty()
        && moment.loads.iter().all(|load| load.level < Level::Ribbons)
        && !consumers().any(|consumer| consumer.cells.iter().any(|cell| runs_out(&cell.state)))
        && !consumers().any(|consumer| consumer.pulls.iter().any(|pull| pull.expires.is_some()))
}

fn polyline(context: &CanvasRenderingContext2d, points: &[Point]) {
    context.begin_path();
    for (index, at) in points.iter().enumerate() {
        if index == 0 { context.move_to(at.x, at.y) } else { context.line_to(at.x, at.y) }
    }
}

/// Arrow heads every so often along the straight pieces.
fn chevrons(
    context: &CanvasRenderingContext2d,
    points: &[Point],
    size: f64,
    (drift, apart): (f64, f64),
    spare: &Cell<usize>,
) {
    context.begin_path();
    for pair in points.windows(2) {
        let (dx, dy) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
        let length = dx.hypot(dy);
        let (ux, uy) = (dx / length.max(0.001), dy / length.max(0.001));
        let mut at = drift * apart;
        while at < length && length > 12.0 && spare.get() > 0 {
            spare.set(spare.get() - 1);
            let (x, y) = (pair[0].x + ux * at, pair[0].y + uy * at);
            context.move_to(x - size * (ux + uy), y - size * (uy - ux));
            context.line_to(x, y);
            context.line_to(x - size * (ux - uy), y - size * (uy + ux));
            at += apart;
        }
    }
}

fn fraction_left(now: Timestamp, since: Timestamp, until: Timestamp) -> f64 {
    let whole = until.since(since).as_secs_f64();
    if whole > 0.0 { (until.since(now).as_secs_f64() / whole).min(1.0) } else { 0.0 }
}

fn trace(context: &CanvasRenderingContext2d, shape: TokenShape, at: Point, size: f64) {
    let Point { x, y } = at;
    match shape {
        TokenShape::Disc | TokenShape::Ringed | TokenShape::Ring => {
            let _ = context.arc(x, y, size, 0.0, TAU);
        }
        TokenShape::Slot => context.rect(x - size + 1.0, y - size + 1.0, 2.0 * size - 2.0, 2.0 * size - 2.0),
        TokenShape::Diamond => polygon(context, &[(x, y - size), (x + size, y), (x, y + size), (x - size, y)]),
        TokenShape::Notched => polygon(
            context,
            &[(x - size, y - size), (x + size, y - size), (x + size, y + size), (x, y), (x - size, y + size)],
        ),
    }
}

fn polygon(context: &CanvasRenderingContext2d, points: &[(f64, f64)]) {
    for (index, (x, y)) in points.iter().enumerate() {
        if index == 0 { context.move_to(*x, *y) } else { context.line_to(*x, *y) }
    }
    context.close_path();
}
