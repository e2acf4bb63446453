//! The picture in its place on the page.

use super::flow::{Frame, FrameSource, SceneView};
use super::model::{LabHandle, use_lab};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn ScenePane(props: &Props) -> Html {
    let source = use_memo(props.lab.clone(), |lab| source_of(lab.clone()));
    let selected = use_lab(&props.lab, (), |lab, ()| lab.selected.clone());
    let on_select = {
        let lab = props.lab.clone();
        Callback::from(move |selection| lab.select(Some(selection)))
    };
    html! {
        <div class="scene-scroll" tabindex="0">
            <SceneView source={(*source).clone()} {selected} {on_select} />
        </div>
    }
}

/// The picture of the moment; the same model as long as nothing was told.
fn source_of(lab: LabHandle) -> FrameSource {
    let last: RefCell<Option<(u32, Frame)>> = RefCell::default();
    FrameSource(Rc::new(move || {
        lab.read(|lab| {
            let now = lab.playground.now();
            let flow = lab.playground.flow();
            let mut last = last.borrow_mut();
            let model = match &*last {
                Some((world, frame)) if *world == lab.travel.worlds && frame.model.ordinal == flow.revision() => {
                    frame.model.clone()
                }
                _ => Rc::new(flow.scene(now)),
            };
            let frame = Frame { now, model, tokens: flow.tokens(now) };
            *last = Some((lab.travel.worlds, frame.clone()));
            frame
        })
    }))
}
