//! What workers did to the outside world: stamps, stamps over stamps, and holes.

use super::scene::pick;
use crate::flow::layout::{FINGER, LedgerBox, Rect, STAMP, Spot, px};
use crate::flow::scene::{Ledger, Selection, Stamp};
use crate::flow::words;
use yew::prelude::*;

pub fn card(ledger: &Ledger, place: &LedgerBox, on_select: &Callback<Selection>) -> Html {
    let at = place.card;
    let stamps = place.stamps.iter().filter_map(|(index, at)| Some((ledger.stamps.get(*index)?, *at)));
    html! {
        <g class="ledger" role="group" aria-label={words::ledger(ledger)}>
            <rect class="card-box" x={px(at.x)} y={px(at.y)} width={px(at.width)} height={px(at.height)} rx="12" />
            <text class="name" x={px(at.x + 12.0)} y={px(at.y + 23.0)}>{ "ledger" }</text>
            <text class="count" data-figure={Spot::Ledger.to_string()} x={px(at.x + 74.0)} y={px(at.y + 23.0)}>{ &place.figures }</text>
            <g class="stamps">{ for stamps.enumerate().map(|(n, (s, at))| stamp(s, at, n == 0, on_select)) }</g>
        </g>
    }
}

fn stamp(stamp: &Stamp, at: Rect, first: bool, on_select: &Callback<Selection>) -> Html {
    let selection = Selection::Message { stream: stamp.stream.clone(), stream_seq: stamp.stream_seq };
    let (onclick, onkeydown) = pick(on_select, selection);
    let label = words::stamp(stamp);
    let class = match stamp.effects {
        0 => "stamp-hole",
        1 => "stamp-once",
        _ => "stamp-twice",
    };
    let transform = format!("translate({} {})", px(at.x), px(at.y));
    let (side, aside) = (px(STAMP), (FINGER - STAMP) / 2.0);
    let tabindex = if first { "0" } else { "-1" };
    html! {
        <g key={format!("{} {}", stamp.stream, stamp.stream_seq)} class={classes!("step", class)} {transform} role="button" {tabindex}
            aria-label={label.clone()} {onclick} {onkeydown}>
            <title>{ label }</title>
            <path class="target" d={Rect::new(0.0, 0.0, STAMP, STAMP).grown(aside, aside).d()} />
            <rect class="print" width={side.clone()} height={side.clone()} rx="2" />
            if stamp.effects > 1 { <rect class="print again" x="3" y="-3" width={side.clone()} height={side} rx="2" /> }
        </g>
    }
}
