//! The picture in its place on the page.

use super::browser::page_millis;
use super::flow::{FrameSource, SceneView};
use super::model::{LabHandle, use_lab};
use crate::flow::Viewer;
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
    html! {
        <div class="scene-scroll" tabindex="0">
            <SceneView source={(*source).clone()} {selected} {lit} {on_select} />
        </div>
    }
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
