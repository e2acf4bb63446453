//! The lesson: text, commands to tap, bets, milestones that notice, hints that open one by one.

mod block;
mod gallery;

use super::model::{Lab, LabHandle, use_lab};
use super::route::Route;
use crate::flow::Selection;
use block::BlockView;
use gallery::Gallery;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    /// A command was put into a prompt.
    pub on_typed: Callback<()>,
}

#[component]
pub fn LessonPanel(props: &Props) -> Html {
    let lab = &props.lab;
    let lesson = use_lab(lab, (), |lab, ()| lab.lesson.clone());
    let solved = use_lab(lab, (), |lab, ()| is_solved(lab));
    let next = use_lab(lab, (), |lab, ()| next_lesson(lab));
    let is_scene = use_lab(lab, (), |lab, ()| lab.is_scene());
    let lasts = use_lab(lab, (), |lab, ()| lab.progress_lasts);
    let is_far_away = use_lab(lab, (), |lab, ()| lab.is_far_away());
    let Some(lesson) = lesson else {
        let add = {
            let lab = lab.clone();
            Callback::from(move |_: MouseEvent| {
                lab.look_at(Selection::Server);
                super::app::focus_later("#add-publish".to_owned());
            })
        };
        let (title, what) = match is_far_away {
            false => ("An empty playground", "A NATS server with JetStream, two terminals and nothing in it. Type "),
            true => ("A server of your own", "What you make there stays there, and time is real. Type "),
        };
        return html! {
            <div class="lesson-scroll" tabindex="0"><div class="lesson-body prose">
                <h1>{ title }</h1>
                <p>{ what }<code>{ "nats --help" }</code>
                { " for what the command line can do, and " }<code>{ "lab help" }</code>
                { " for what only a playground can." }</p>
                if is_far_away {
                    <p>{ "Lessons can be played there, too: choose one above, and see first what it will make. Scenes of the \
                          gallery are played in the page only." }</p>
                } else {
                    <p>
                        { "Let others do the work: " }
                        <button class="button button-small" id="sandbox-add" onclick={add}>{ "Add somebody" }</button>
                        { " who publishes, listens or works, as fast, as slowly and as badly as you like." }
                    </p>
                    <Gallery lab={lab.clone()} />
                }
            </div></div>
        };
    };
    html! {
        <div class="lesson-scroll" tabindex="0">
            <div class="lesson-body prose">
                if is_scene {
                    <p class="eyebrow"><a href={Route::Sandbox.href()}>{ "Gallery" }</a></p>
                } else {
                    <p class="eyebrow">{ format!("about {} minutes", lesson.minutes) }</p>
                }
                <h1>{ &lesson.title }</h1>
                for (index, block) in lesson.body.iter().enumerate() {
                    <BlockView key={index} lab={lab.clone()} block={block.clone()} on_typed={props.on_typed.clone()} />
                }
                <div class="lesson-end" tabindex="-1">
                    if solved && !is_scene {
                        <div class="notice notice-good lesson-solved">
                            <strong>{ "Solved." }</strong>
                            if let Some((title, href)) = next {
                                { " Next: " }<a href={href}>{ title }</a>
                            }
                        </div>
                    }
                </div>
                <p class="lesson-foot">
                    if !lesson.verified.is_empty() {
                        { format!("Checked against nats-server {}.", lesson.verified.join(", ")) }
                    }
                    if !lasts {
                        { " Your browser does not let this page remember anything: progress is kept until it is closed." }
                    }
                </p>
            </div>
        </div>
    }
}

fn is_solved(lab: &Lab) -> bool {
    let Some(lesson) = &lab.lesson else { return false };
    lesson.milestones.iter().all(|milestone| lab.progress.has(&lesson.id, &milestone.id))
}

/// Title and address of the lesson after this one.
pub fn next_lesson(lab: &Lab) -> Option<(String, String)> {
    let id = &lab.lesson.as_ref()?.id;
    let at = lab.course.iter().position(|entry| entry.id == *id)?;
    let next = lab.course.get(at + 1)?;
    Some((next.title.clone(), Route::Lesson(next.id.clone()).href()))
}
