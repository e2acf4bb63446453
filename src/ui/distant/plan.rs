//! What a lesson will make and remove on a server, before it does.

use super::Planned;
use crate::ui::dialog::Dialog;
use crate::ui::model::{Lab, LabHandle, use_lab};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub on_close: Callback<()>,
}

#[component]
pub fn PlanDialog(props: &Props) -> Html {
    let planned = use_lab(&props.lab, (), |lab, ()| lab.away.planned.clone());
    let Some(Planned { lesson, plan, prefix, .. }) = planned else { return Html::default() };
    let begin = {
        let lab = props.lab.clone();
        Callback::from(move |_: MouseEvent| lab.change(Lab::begin_planned))
    };
    let (names, subjects) = (prefix.of_names(), prefix.of_subjects());
    html! {
        <Dialog title={format!("{} on your server", lesson.title)} class="dialog-wide" on_close={props.on_close.clone()}>
            <p>
                { "Nothing has been made yet. Every name this lesson makes begins with " }<code>{ names }</code>
                { ", every subject with " }<code>{ subjects }</code>
                { ", and the lesson's text has them too: what you type is what your server gets." }
            </p>
            { list("Made at once, when you begin", &plan.at_start) }
            { list("Made by what the lesson asks you to type", &plan.later) }
            { list("Published or listened on", &plan.subjects) }
            { list("Deleted on the way", &plan.removed) }
            <p>
                { "Nothing else is deleted. When you clean up, the streams above are listed again and removed with all they \
                  hold; whatever does not carry the prefix is left alone. Time is real there: waits take as long as they say." }
            </p>
            <div class="row">
                <button class="button button-primary" id="plan-begin" onclick={begin}>{ "Begin on my server" }</button>
            </div>
        </Dialog>
    }
}

fn list(title: &'static str, entries: &[String]) -> Html {
    html! {
        <section class="away-list">
            <h3 class="eyebrow">{ title }</h3>
            if entries.is_empty() {
                <p class="look-none">{ "Nothing." }</p>
            } else {
                <ul>{ for entries.iter().map(|entry| html! { <li key={entry.clone()}><code>{ entry }</code></li> }) }</ul>
            }
        </section>
    }
}
