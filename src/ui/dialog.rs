//! Something over everything else: the focus comes in, stays in, and Escape leads out.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

const FOCUSABLE: &str = "button:not(:disabled), input:not(:disabled), select, a[href], [tabindex='0']";

#[derive(Properties, PartialEq)]
pub struct Props {
    pub title: AttrValue,
    #[prop_or_default]
    pub class: Classes,
    pub on_close: Callback<()>,
    pub children: Html,
}

#[component]
pub fn Dialog(props: &Props) -> Html {
    let (frame, close) = (use_node_ref(), use_node_ref());
    {
        let (frame, close) = (frame.clone(), close.clone());
        use_effect_with((), move |()| {
            // What is in it may have taken the focus already.
            let active = crate::ui::browser::window().document().and_then(|document| document.active_element());
            let frame = frame.cast::<web_sys::Element>();
            let is_inside = frame.is_some_and(|frame| frame.contains(active.as_deref()));
            if let Some(close) = close.cast::<HtmlElement>().filter(|_| !is_inside) {
                // An element that cannot take the focus keeps things as they are.
                let _ = close.focus();
            }
        });
    }
    let on_key = {
        let frame = frame.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Tab" && keep_inside(&frame, event.shift_key()) {
                event.prevent_default();
            }
        })
    };
    html! {
        <div class="overlay" role="dialog" aria-modal="true" aria-labelledby="dialog-title" onkeydown={on_key} ref={frame}>
            <div class={classes!("dialog", "panel", props.class.clone())}>
                <h2 id="dialog-title">{ props.title.clone() }</h2>
                { props.children.clone() }
                <div class="row">
                    <button class="button button-primary" ref={close} onclick={props.on_close.reform(|_| ())}>
                        { "Close" }
                    </button>
                </div>
            </div>
        </div>
    }
}

/// What keys do in something that lies over everything else: Tab stays inside, Escape leads out.
#[hook]
pub fn use_over(frame: NodeRef, on_close: Callback<()>) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        let is_done = match event.key().as_str() {
            "Tab" => keep_inside(&frame, event.shift_key()),
            "Escape" => {
                on_close.emit(());
                true
            }
            _ => false,
        };
        if is_done {
            event.prevent_default();
        }
    })
}

/// From the last thing to the first and back; `true` when the focus was moved.
fn keep_inside(frame: &NodeRef, backwards: bool) -> bool {
    let Some(frame) = frame.cast::<web_sys::Element>() else { return false };
    let Ok(found) = frame.query_selector_all(FOCUSABLE) else { return false };
    let at = |index: u32| found.get(index).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    let (Some(first), Some(last)) = (at(0), at(found.length().saturating_sub(1))) else { return false };
    let active = crate::ui::browser::window().document().and_then(|document| document.active_element());
    let (edge, target) = if backwards { (&first, &last) } else { (&last, &first) };
    active.as_ref() == Some(edge.as_ref()) && target.focus().is_ok()
}
