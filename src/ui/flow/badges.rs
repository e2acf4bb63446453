//! Troubles counted in the picture. Each leads to the sentences it counts.

use crate::flow::layout::{BadgeBox, FINGER, Spot, px};
use crate::flow::trouble::Badge;
use crate::flow::words;
use yew::prelude::*;

pub fn badge(index: usize, place: &BadgeBox, on_badge: &Callback<Badge>) -> Html {
    let by_click = on_badge.reform({
        let badge = place.badge.clone();
        move |event: MouseEvent| {
            event.stop_propagation();
            badge.clone()
        }
    });
    let by_key = {
        let (on_badge, badge) = (on_badge.clone(), place.badge.clone());
        Callback::from(move |event: KeyboardEvent| {
            if matches!(&*event.key(), "Enter" | " ") {
                event.prevent_default();
                event.stop_propagation();
                on_badge.emit(badge.clone());
            }
        })
    };
    let at = place.at;
    let label = words::badge_label(&place.badge);
    let class = classes!("badge", place.badge.trouble.is_mild().then_some("badge-mild"));
    let key = format!("{:?} {:?}", place.badge.place, place.badge.trouble);
    html! {
        <g {key} {class} role="button" tabindex="0" aria-label={label.clone()} onclick={by_click} onkeydown={by_key}>
            <title>{ label }</title>
            <path class="target" d={at.grown(0.0, (FINGER - at.height) / 2.0).d()} />
            <rect x={px(at.x)} y={px(at.y)} width={px(at.width)} height={px(at.height)} rx="8" />
            <text data-figure={Spot::Badge(index).to_string()} x={px(at.center().x)} y={px(at.y + 11.5)}>{ &place.text }</text>
        </g>
    }
}
