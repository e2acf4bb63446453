//! A border between two panes that can be moved, by pointer and by keys.

use super::panes::{Border, KEY_STEP};
use wasm_bindgen::JsCast;
use web_sys::{DomRect, Element};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub border: Border,
    /// What the first pane has of both as it was drawn, where somebody chose; [`Props::chosen`] is of this moment.
    pub share: Option<f64>,
    pub chosen: Callback<Border, Option<f64>>,
    /// The frame follows before this returns.
    pub on_move: Callback<(Border, Option<f64>)>,
}

/// Names, the panes on both sides, and which way the border stands.
struct Place {
    label: &'static str,
    before: &'static str,
    after: &'static str,
    class: &'static str,
    upright: bool,
}

fn place(border: Border) -> Place {
    match border {
        Border::Lesson => Place {
            label: "Width of the lesson",
            before: ".app-lesson",
            after: ".app-scene",
            class: "split-lesson",
            upright: true,
        },
        Border::Scene => Place {
            label: "Height of the scene",
            before: ".app-scene",
            after: ".app-terminal",
            class: "split-scene",
            upright: false,
        },
        Border::Look => Place {
            label: "Width of the terminals",
            before: ".app-terminal",
            after: ".app-look",
            class: "split-look",
            upright: true,
        },
    }
}

#[component]
pub fn Splitter(props: &Props) -> Html {
    let dragging = use_state_eq(|| false);
    let border = props.border;
    let Place { label, class, upright, .. } = place(border);
    let on_down = {
        let dragging = dragging.setter();
        Callback::from(move |event: PointerEvent| {
            let Some(element) = event.target_dyn_into::<Element>() else { return };
            event.prevent_default();
            // Without capture the drag ends at the border's own edge, and no worse.
            let _ = element.set_pointer_capture(event.pointer_id());
            dragging.set(true);
        })
    };
    let on_drag = {
        let (dragging, on_move) = (dragging.clone(), props.on_move.clone());
        Callback::from(move |event: PointerEvent| {
            let at = if upright { f64::from(event.client_x()) } else { f64::from(event.client_y()) };
            if *dragging && let Some(share) = share_at(border, at) {
                on_move.emit((border, Some(share)));
            }
        })
    };
    let on_up = {
        let dragging = dragging.setter();
        Callback::from(move |_: PointerEvent| dragging.set(false))
    };
    let on_key = {
        let (on_move, chosen) = (props.on_move.clone(), props.chosen.clone());
        Callback::from(move |event: KeyboardEvent| {
            // A key that is held down is faster than the page: it goes on from what is chosen, drawn or not.
            let now = chosen.emit(border).or_else(|| shown_share(border)).unwrap_or(0.5);
            let (less, more) = if upright { ("ArrowLeft", "ArrowRight") } else { ("ArrowUp", "ArrowDown") };
            let next = match event.key().as_str() {
                key if key == less => Some(now - KEY_STEP),
                key if key == more => Some(now + KEY_STEP),
                "Home" => Some(0.0),
                "End" => Some(1.0),
                "Enter" => None,
                _ => return,
            };
            event.prevent_default();
            on_move.emit((border, next));
        })
    };
    let put_back = props.on_move.reform(move |_: MouseEvent| (border, None));
    let shown = props.share.or_else(|| shown_share(border)).unwrap_or(0.5);
    html! {
        <div class={classes!("split", class, dragging.then_some("is-dragging"))} role="separator" tabindex="0"
            aria-label={label} aria-orientation={if upright { "vertical" } else { "horizontal" }}
            aria-valuemin="0" aria-valuemax="100" aria-valuenow={format!("{:.0}", shown * 100.0)}
            title="Drag, or use the arrow keys; Enter puts it back"
            onpointerdown={on_down} onpointermove={on_drag} onpointerup={on_up.clone()} onpointercancel={on_up}
            onkeydown={on_key} ondblclick={put_back}></div>
    }
}

fn boxes(border: Border) -> Option<(DomRect, DomRect)> {
    let Place { before, after, .. } = place(border);
    let document = crate::ui::browser::window().document()?;
    let found = |selector: &str| document.query_selector(selector).ok().flatten().map(|e| e.get_bounding_client_rect());
    Some((found(before)?, found(after)?))
}

/// The share that puts the border under the pointer.
fn share_at(border: Border, at: f64) -> Option<f64> {
    let (before, after) = boxes(border)?;
    let (start, end) =
        if place(border).upright { (before.left(), after.right()) } else { (before.top(), after.bottom()) };
    (end > start).then(|| (at - start) / (end - start))
}

/// The share there is now, chosen or not.
fn shown_share(border: Border) -> Option<f64> {
    let (before, after) = boxes(border)?;
    let (first, second) =
        if place(border).upright { (before.width(), after.width()) } else { (before.height(), after.height()) };
    (first + second > 0.0).then(|| first / (first + second))
}

/// Lets the frame follow what was chosen. The page's policy allows no style attributes; properties one by one are fine.
pub fn apply(frame: &NodeRef, panes: &super::panes::Panes) {
    let Some(frame) = frame.cast::<web_sys::HtmlElement>() else { return };
    for (name, value) in panes.properties() {
        // A property with a plain name can always be set.
        let _ = match value {
            Some(value) => frame.style().set_property(name, &value),
            None => frame.style().remove_property(name).map(drop),
        };
    }
}

/// Whether an element is in sight of a reader at all.
pub fn is_shown(selector: &str) -> bool {
    let document = crate::ui::browser::window().document();
    let found = document.and_then(|document| document.query_selector(selector).ok().flatten());
    let element = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    element.is_some_and(|element| element.offset_width() > 0)
}
