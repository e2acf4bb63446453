//! What is ours on a server, and its removal.

use crate::flow::words;
use crate::playground::distant::Survey;
use crate::ui::dialog::Dialog;
use crate::ui::model::{LabHandle, use_lab};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub on_close: Callback<()>,
}

#[component]
pub fn CleanUp(props: &Props) -> Html {
    let survey = use_lab(&props.lab, (), |lab, ()| lab.playground.survey());
    let marks = use_lab(&props.lab, (), |lab, ()| {
        lab.prefixes_here().iter().map(|prefix| prefix.of_names()).collect::<Vec<_>>()
    });
    let remove = {
        let lab = props.lab.clone();
        Callback::from(move |_: MouseEvent| lab.change(|lab| lab.playground.remove_ours()))
    };
    html! {
        <Dialog title="Clean up" class="dialog-wide" on_close={props.on_close.clone()}>
            if !marks.is_empty() {
                <p>{ format!("What lessons made here begins with {}.", marks.join(" or ")) }</p>
            }
            <div role="status" id="clean-up-state">
                { match survey {
                    Survey::Found(found) if found.is_empty() => html! { <p>{ "Your server holds nothing of ours." }</p> },
                    Survey::Found(found) => html! {
                        <>
                            <p>{ "This is removed, with all it holds, and nothing else:" }</p>
                            <ul class="away-list">
                                { for found.iter().map(|it| html! { <li key={it.stream.clone()}><code>{ it.words() }</code></li> }) }
                            </ul>
                        </>
                    },
                    Survey::Removing => html! { <p>{ "Removing…" }</p> },
                    Survey::Removed(names) => {
                        let streams = words::count(names.len() as u64, "stream was", "streams were");
                        html! { <p>{ format!("{streams} removed. Your server holds nothing of ours.") }</p> }
                    }
                    Survey::Failed(why) => html! { <p class="notice notice-bad">{ format!("It could not be done: {why}") }</p> },
                    Survey::None | Survey::Looking | Survey::Streams(_) => html! { <p>{ "Looking…" }</p> },
                } }
            </div>
            <Remove lab={props.lab.clone()} {remove} />
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct RemoveProps {
    lab: LabHandle,
    remove: Callback<MouseEvent>,
}

#[component]
fn Remove(props: &RemoveProps) -> Html {
    let is_there =
        use_lab(&props.lab, (), |lab, ()| matches!(lab.playground.survey(), Survey::Found(found) if !found.is_empty()));
    html! {
        <div class="row">
            if is_there {
                <button class="button" id="clean-up-go" onclick={props.remove.clone()}>{ "Remove all of this" }</button>
            }
        </div>
    }
}
