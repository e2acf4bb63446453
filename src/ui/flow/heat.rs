//! Very busy strips: stretches by how full they are, and how their messages stand with each consumer.
//!
//! Drawn on the canvas, so that a strip costs as much as its stretches however often they change. Within a stretch the
//! states lie over one another in a fixed order, from settled at the bottom to what is ahead at the top.

use super::motion::Canvas;
use crate::flow::layout::{CELL, Layout, StripBox};
use crate::flow::load::Level;
use crate::flow::scene::{Column, Mix, SceneModel};

pub fn draw(canvas: &Canvas, model: &SceneModel, layout: &Layout) {
    for (strip, place) in model.streams.iter().zip(&layout.strips) {
        if strip.level == Level::Ribbons {
            stored(canvas, place);
            place.consumers.iter().for_each(|row| {
                row.mixes.iter().for_each(|(index, mix)| stands(canvas, place, *index, row.cells_y, mix));
            });
        }
    }
}

/// As high as there are messages, compared with the fullest.
fn stored(canvas: &Canvas, place: &StripBox) {
    let messages = |column: &Column| match column {
        Column::Elided { messages, .. } | Column::Unknown { messages, .. } => *messages as f64,
        _ => 0.0,
    };
    let most = place.places.iter().map(|at| messages(&at.column)).fold(1.0, f64::max);
    canvas.context().set_fill_style_str(canvas.color("--jl-quiet"));
    for at in place.places.iter().take_while(|_| canvas.takes(1)) {
        let height = (CELL * messages(&at.column) / most).max(1.0);
        canvas.context().fill_rect(place.cells_x + at.x, place.cells_y + CELL - height, at.width, height);
    }
}

fn stands(canvas: &Canvas, place: &StripBox, index: usize, y: f64, mix: &Mix) {
    let Some(at) = place.places.get(index) else { return };
    let all = mix.total().max(1) as f64;
    let x = place.cells_x + at.x;
    let mut bottom = y + CELL;
    let parts = [
        (mix.settled, "--jl-acked", 0.45),
        (mix.in_flight, "--jl-pending", 1.0),
        (mix.waiting_for_redelivery, "--jl-redelivered", 1.0),
        (mix.given_up, "--jl-given-up", 1.0),
        (mix.unknown, "--jl-quiet", 0.6),
        (mix.ahead, "--jl-quiet", 0.25),
    ];
    for (count, color, alpha) in parts.into_iter().filter(|(count, ..)| *count > 0 && canvas.takes(1)) {
        // However few, they can be seen.
        let height = (CELL * count as f64 / all).max(1.5);
        canvas.context().set_global_alpha(alpha);
        canvas.context().set_fill_style_str(canvas.color(color));
        canvas.context().fill_rect(x, bottom - height, at.width, height);
        bottom -= height;
    }
    canvas.context().set_global_alpha(1.0);
}
