//! The picture in its place on the page.

use super::browser::page_millis;
use super::flow::{FrameSource, SceneView};
use super::model::{LabHandle, use_lab};
use crate::engine::Name;
use crate::flow::layout::Zoom;
use crate::flow::{Selection, Viewer};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn ScenePane(props: &Props) -> Html {
    let source = use_memo(props.lab.clone(), |lab| source_of(lab.clone()));
    let selected = use_lab(&props.lab, (), |lab, ()| lab.selected.clone());
    let lit = use_lab(&props.lab, (), |lab, ()| lab.lit.clone());
    let on_select = {
        let lab = props.lab.clone();
        Callback::from(move |selection| lab.look_at(selection))
    };
    let zoom = use_state_eq(Zoom::default);
    let focus = use_state_eq(|| None::<Name>);
    let stream = selected.as_ref().and_then(Selection::stream).cloned();
    html! {
        <>
            <div class="scene-tools" role="group" aria-label="Size of the picture">
                { tool("Smaller", "−", false, resize(&zoom, 0.8)) }
                { tool("Fit", "Fit", *zoom == Zoom::Fit, { let zoom = zoom.setter(); Callback::from(move |_| zoom.set(Zoom::Fit)) }) }
                { tool("Larger", "+", false, resize(&zoom, 1.25)) }
                <span class="scene-focus">{ for focus_tool(&focus, stream) }</span>
            </div>
            <div class="scene-scroll" tabindex="0">
                <SceneView source={(*source).clone()} {selected} {lit} {on_select} zoom={*zoom} focus={(*focus).clone()} />
            </div>
        </>
    }
}

fn tool(name: &'static str, text: &'static str, pressed: bool, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <button class="scene-tool" aria-label={name} title={name} aria-pressed={pressed.then_some("true")} {onclick}>
            { text }
        </button>
    }
}

fn resize(zoom: &UseStateHandle<Zoom>, by: f64) -> Callback<MouseEvent> {
    let zoom = zoom.clone();
    Callback::from(move |_| {
        let now = if let Zoom::Times(times) = *zoom { times } else { 1.0 };
        zoom.set(Zoom::Times((now * by).clamp(0.5, 2.5)));
    })
}

/// From the whole scene to one stream with its consumers, and back.
fn focus_tool(focus: &UseStateHandle<Option<Name>>, stream: Option<Name>) -> Option<Html> {
    let setter = focus.setter();
    let (text, next) = match (&**focus, stream) {
        (Some(_), _) => ("Whole scene".to_owned(), None),
        (None, Some(stream)) => (format!("Only {stream}"), Some(stream)),
        (None, None) => return None,
    };
    let onclick = Callback::from(move |_: MouseEvent| setter.set(next.clone()));
    Some(html! { <button class="scene-tool" {onclick}>{ text }</button> })
}

/// The picture of the moment. Displayed time stands while the lab is paused.
fn source_of(lab: LabHandle) -> FrameSource {
    // Another world is looked at with fresh eyes.
    let eyes: RefCell<(u32, Viewer, f64)> = RefCell::new((0, Viewer::default(), page_millis()));
    FrameSource(Rc::new(move || {
        lab.is_drawn().then(|| {
            lab.read(|lab| {
                let (world, viewer, last) = &mut *eyes.borrow_mut();
                if *world != lab.travel.worlds {
                    (*world, *viewer) = (lab.travel.worlds, Viewer::default());
                }
                let millis = page_millis();
                let elapsed = if lab.pace.playing { (millis - *last).clamp(0.0, 100.0) } else { 0.0 };
                *last = millis;
                viewer.look(&lab.playground.flow(), lab.playground.now(), Duration::from_secs_f64(elapsed / 1e3))
            })
        })
    }))
}
