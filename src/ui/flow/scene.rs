//! Everything that stands still: labelled, focusable objects in SVG.

use super::badges;
use super::band::Wires;
use super::cards::StripCard;
use super::ledger;
use crate::engine::Name;
use crate::flow::inspect::Region;
use crate::flow::layout::{Layout, px};
use crate::flow::scene::{SceneModel, Selection};
use crate::flow::trouble::Badge;
use crate::flow::words;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, SvgElement};
use yew::prelude::*;

#[derive(Clone, Properties)]
pub struct SceneProps {
    pub model: Rc<SceneModel>,
    /// Of this very model.
    pub layout: Rc<Layout>,
    #[prop_or_default]
    pub selected: Option<Selection>,
    #[prop_or_default]
    pub lit: Option<Region>,
    #[prop_or_default]
    pub on_select: Callback<Selection>,
    #[prop_or_default]
    pub on_system: Callback<()>,
    #[prop_or_default]
    pub on_badge: Callback<Badge>,
    /// A strip is to begin at another sequence.
    #[prop_or_default]
    pub on_scroll: Callback<(Name, u64)>,
}

impl PartialEq for SceneProps {
    fn eq(&self, other: &SceneProps) -> bool {
        Rc::ptr_eq(&self.model, &other.model)
            && Rc::ptr_eq(&self.layout, &other.layout)
            && self.selected == other.selected
            && self.lit == other.lit
            && self.on_select == other.on_select
            && self.on_system == other.on_system
            && self.on_badge == other.on_badge
            && self.on_scroll == other.on_scroll
    }
}

/// The scene without what moves.
#[component]
pub fn Scene(props: &SceneProps) -> Html {
    let SceneProps { model, layout, selected, lit, on_select, .. } = props;
    let (width, height) = (px(layout.width), px(layout.height));
    let cards = (0..model.streams.len().min(layout.strips.len())).map(|index| {
        let key = model.streams[index].name.to_string();
        html! {
            <StripCard {key} model={model.clone()} layout={layout.clone()} {index} selected={selected.clone()} lit={lit.clone()}
                on_select={on_select.clone()} on_scroll={props.on_scroll.clone()} />
        }
    });
    html! {
        <svg class="scene" viewBox={format!("0 0 {width} {height}")} {width} {height} role="group"
            aria-label="Scene: what the server and its clients are doing" onkeydown={walk}>
            <g class="scene-wires">
                if !model.focus {
                    <Wires model={model.clone()} layout={layout.clone()} selected={selected.clone()}
                    on_select={on_select.clone()} on_system={props.on_system.clone()} />
                }
            </g>
            <g class="scene-cards">{ for cards }</g>
            <g class="scene-ledger">
                { for model.ledger.as_ref().zip(layout.ledger.as_ref()).map(|(l, place)| ledger::card(l, place, on_select)) }
            </g>
            <g class="scene-badges">{ for layout.badges.iter().enumerate().map(|(n, place)| badges::badge(n, place, &props.on_badge)) }</g>
            <g class="scene-threads">{ threads(model, layout) }</g>
        </svg>
    }
}

fn threads(model: &SceneModel, layout: &Layout) -> Html {
    let thread = |(index, path): &(usize, crate::flow::layout::Path)| {
        let label = model.threads.get(*index).map(words::thread).unwrap_or_default();
        html! { <path key={*index} class="thread" d={path.d()} role="img" aria-label={label} /> }
    };
    layout.threads.iter().map(thread).collect()
}

/// What makes an object reachable: a name, a role, focus, Enter and click.
pub(super) fn pick(
    on_select: &Callback<Selection>,
    selection: Selection,
) -> (Callback<MouseEvent>, Callback<KeyboardEvent>) {
    press(on_select, selection)
}

/// Tells `what` when it is clicked, or entered.
pub(super) fn press<T: Clone + 'static>(
    on_press: &Callback<T>,
    what: T,
) -> (Callback<MouseEvent>, Callback<KeyboardEvent>) {
    let by_key = {
        let (on_press, what) = (on_press.clone(), what.clone());
        Callback::from(move |event: KeyboardEvent| {
            if matches!(&*event.key(), "Enter" | " ") {
                event.prevent_default();
                event.stop_propagation();
                on_press.emit(what.clone());
            }
        })
    };
    let on_press = on_press.clone();
    let by_click = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        on_press.emit(what.clone());
    });
    (by_click, by_key)
}

/// Arrows walk from the head of a row along its cells and back; Tab goes from row to row.
fn walk(event: KeyboardEvent) {
    let forwards = match &*event.key() {
        "ArrowRight" => true,
        "ArrowLeft" => false,
        _ => return,
    };
    let Some(focused) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let row = || focused.closest(".consumer, .card").ok().flatten();
    let next = match focused.class_list().contains("walk") {
        true if forwards => row().and_then(|row| row.query_selector(".step").ok().flatten()),
        true => None,
        false => sibling(&focused, forwards).or_else(|| row()?.query_selector(".walk").ok()?.filter(|_| !forwards)),
    };
    if let Some(next) = next.and_then(|element| element.dyn_into::<SvgElement>().ok()) {
        event.prevent_default();
        let _ = next.focus();
    }
}

fn sibling(from: &Element, forwards: bool) -> Option<Element> {
    if !from.class_list().contains("step") {
        return None;
    }
    let mut next = if forwards { from.next_element_sibling() } else { from.previous_element_sibling() };
    while let Some(element) = next {
        if element.class_list().contains("step") {
            return Some(element);
        }
        next = if forwards { element.next_element_sibling() } else { element.previous_element_sibling() };
    }
    None
}
