//! Very busy strips, drawn on the canvas, so that one costs as much as its stretches however often they change. Which bars
//! there are is decided in `flow::frame`.

use super::motion::Canvas;
use crate::flow::frame::{Bar, Part};

pub fn draw(canvas: &Canvas, bars: &[Bar]) {
    let context = canvas.context();
    for Bar { at, part } in bars {
        let (color, alpha) = match part {
            Part::Stored => ("--jl-quiet", 1.0),
            Part::Settled => ("--jl-acked", 0.45),
            Part::InFlight => ("--jl-pending", 1.0),
            Part::WaitingForRedelivery => ("--jl-redelivered", 1.0),
            Part::GivenUp => ("--jl-given-up", 1.0),
            Part::Unknown => ("--jl-quiet", 0.6),
            Part::Ahead => ("--jl-quiet", 0.25),
        };
        context.set_global_alpha(alpha);
        context.set_fill_style_str(canvas.color(color));
        context.fill_rect(at.x, at.y, at.width, at.height);
    }
    context.set_global_alpha(1.0);
}
