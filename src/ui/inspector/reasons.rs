//! Why it is so: the event, the setting responsible, the deadline.
//!
//! It keeps room for one reason where there is none, and the room that its reasons took: what is below does not move.

use super::left;
use crate::flow::{Why, words};
use crate::ui::model::{LabHandle, use_lab};
use std::rc::Rc;
use web_sys::HtmlElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub why: Rc<Vec<Why>>,
}

#[component]
pub fn Reasons(props: &Props) -> Html {
    let deadlines: Vec<_> = props.why.iter().map(|why| why.deadline.as_ref().map(|(at, _)| *at)).collect();
    let lefts = use_lab(&props.lab, deadlines, |lab, deadlines| {
        let now = lab.playground.now();
        deadlines.iter().map(|at| at.map(|at| left(now, at))).collect::<Vec<_>>()
    });
    let (section, height) = (use_node_ref(), use_mut_ref(|| 0));
    {
        // As high as it ever was, so that fewer reasons move nothing either.
        let (section, height) = (section.clone(), height.clone());
        use_effect_with(props.why.clone(), move |_| {
            if let Some(section) = section.cast::<HtmlElement>() {
                let highest = section.offset_height().max(*height.borrow());
                *height.borrow_mut() = highest;
                // Fails for no property that there is.
                let _ = section.style().set_property("min-block-size", &format!("{highest}px"));
            }
        });
    }
    html! {
        <section class="reasons" aria-label="Why?" ref={section}>
            <h3 class="eyebrow">{ "Why?" }</h3>
            if props.why.is_empty() { <p class="reasons-none">{ "Nothing is out of order." }</p> }
            for (index, (why, left)) in props.why.iter().zip(lefts).enumerate() {
                <div class="reason" key={index}>
                    <p>{ &why.sentence }</p>
                    <ul class="reason-facts">
                        if let Some(at) = why.since { <li>{ "Since " }<time>{ words::clock(at) }</time></li> }
                        if let Some(setting) = &why.setting {
                            <li><code>{ setting.name }</code>{ " " }<b>{ &setting.value }</b>{ ": " }{ &setting.meaning }</li>
                        }
                        if let Some(((at, then), left)) = why.deadline.as_ref().zip(left) {
                            <li class="reason-deadline">
                                { "At " }<time>{ words::clock(*at) }</time>{ ", " }<b>{ if left == "now" { left } else { format!("in {left}") } }</b>{ format!(": {then}") }
                            </li>
                        }
                    </ul>
                </div>
            }
        </section>
    }
}
