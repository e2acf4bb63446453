//! Everything that moves: tokens on their ways and time that runs, on one canvas.
//!
//! Drawn by the animation frame, outside the components. Travel is left out where less motion is asked for.

use super::shapes::{self, TokenShape};
use crate::flow::layout::{CELL, Layout, Point};
use crate::flow::scene::{CellState, SceneModel, Token};
use crate::map::Map;
use crate::time::Timestamp;
use std::f64::consts::{PI, TAU};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

const COLORS: [&str; 8] = [
    "--jl-flight",
    "--jl-pending",
    "--jl-acked",
    "--jl-redelivered",
    "--jl-given-up",
    "--jl-quiet",
    "--panel",
    "--ink",
];
/// Frames between two looks at the stylesheet: the theme changes rarely.
const COLORS_EVERY: u32 = 30;

/// The canvas and what it needs to know of the page.
pub struct Canvas {
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    colors: Map<&'static str, String>,
    still: bool,
    frames: u32,
    size: (f64, f64, f64),
}

impl Canvas {
    pub fn new(element: HtmlCanvasElement) -> Option<Canvas> {
        let context = element.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Canvas { element, context, colors: Map::new(), still: false, frames: 0, size: (0.0, 0.0, 0.0) })
    }

    pub fn draw(&mut self, now: Timestamp, model: &SceneModel, layout: &Layout, tokens: &[Token]) {
        self.look_at_page();
        self.fit(layout.width, layout.height);
        self.context.clear_rect(0.0, 0.0, layout.width, layout.height);
        self.draw_deadlines(now, model, layout);
        // A picture of another moment has other places.
        if !self.still {
            tokens.iter().for_each(|token| self.draw_token(now, layout, token));
        }
    }

    fn look_at_page(&mut self) {
        self.frames += 1;
        if self.frames % COLORS_EVERY != 1 {
            return;
        }
        let Some(window) = web_sys::window() else { return };
        let reduced = window.match_media("(prefers-reduced-motion: reduce)").ok().flatten();
        self.still = reduced.is_some_and(|query| query.matches());
        let Ok(Some(style)) = window.get_computed_style(&self.element) else { return };
        for name in COLORS {
            let value = style.get_property_value(name).unwrap_or_default();
            self.colors.insert(name, value.trim().to_owned());
        }
    }

    fn fit(&mut self, width: f64, height: f64) {
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 2.0);
        if self.size == (width, height, ratio) {
            return;
        }
        self.size = (width, height, ratio);
        self.element.set_width((width * ratio) as u32);
        self.element.set_height((height * ratio) as u32);
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    }

    fn color(&self, name: &str) -> &str {
        self.colors.get(name).map_or("#888888", String::as_str)
    }

    fn draw_token(&self, now: Timestamp, layout: &Layout, token: &Token) {
        let Some(path) = layout.path(token) else { return };
        let (shape, color) = shapes::token(token.traffic, token.redelivery);
        let at = path.at(token.progress(now));
        let context = &self.context;
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

    fn text(&self, text: &str, at: Point, color: &str) {
        self.context.set_fill_style_str(self.color(color));
        self.context.set_font("600 9px ui-monospace, monospace");
        self.context.set_text_align("center");
        self.context.set_text_baseline("middle");
        let _ = self.context.fill_text(text, at.x, at.y + 0.5);
    }

    /// Time left before a delivery comes back, around its cell.
    fn draw_deadlines(&self, now: Timestamp, model: &SceneModel, layout: &Layout) {
        for (strip, place) in model.streams.iter().zip(&layout.strips) {
            for (consumer, row) in strip.consumers.iter().zip(&place.consumers) {
                for cell in &consumer.cells {
                    let (since, until, color) = match cell.state {
                        CellState::InFlight { since, deadline: Some(deadline) } => (since, deadline, "--panel"),
                        CellState::WaitingForRedelivery { since, until: Some(until) } => (since, until, "--jl-pending"),
                        _ => continue,
                    };
                    let Some(at) = place.cell(cell.seq) else { continue };
                    let left = fraction_left(now, since, until);
                    let middle = Point { x: at.center().x, y: row.cells_y + CELL / 2.0 };
                    self.draw_arc(middle, left, color);
                }
            }
        }
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
