//! One block of a lesson.

use crate::lessons::{Block, ScriptLine};
use crate::playground::Input;
use crate::ui::model::{Lab, LabHandle, use_lab};
use crate::ui::terminal::fill_at_once;
use crate::ui::words;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub block: Block,
    pub on_typed: Callback<()>,
}

#[component]
pub fn BlockView(props: &Props) -> Html {
    let (lab, typed) = (&props.lab, &props.on_typed);
    match &props.block {
        // The HTML was made by our own builder from Markdown in which raw HTML is refused.
        Block::Prose { html } => html! { <div class="block prose">{ raw(html) }</div> },
        Block::Run { actor, commands } => {
            html! { <Run lab={lab.clone()} actor={actor.clone()} commands={commands.clone()} on_typed={typed.clone()} /> }
        }
        Block::Bet { id, html, options } => {
            html! { <Bet lab={lab.clone()} id={id.clone()} html={html.clone()} options={options.clone()} /> }
        }
        Block::Milestone { id } => html! { <MilestoneView lab={lab.clone()} id={id.clone()} /> },
        Block::Hint { milestone, html, fills } => html! {
            <Hint lab={lab.clone()} milestone={milestone.clone()} html={html.clone()} fills={fills.clone()}
                on_typed={typed.clone()} />
        },
        Block::Explain { milestone, html } => {
            html! { <Explain lab={lab.clone()} milestone={milestone.clone()} html={html.clone()} /> }
        }
        Block::Real { html } => html! {
            <details class="block aside"><summary>{ "On a real server" }</summary><div class="prose">{ raw(html) }</div></details>
        },
        Block::Fork { html } => html! {
            <details class="block aside"><summary>{ "What if" }</summary><div class="prose">{ raw(html) }</div></details>
        },
    }
}

fn raw(html: &str) -> Html {
    Html::from_html_unchecked(AttrValue::from(html.to_owned()))
}

#[derive(Properties, PartialEq)]
struct RunProps {
    lab: LabHandle,
    actor: String,
    commands: Vec<String>,
    on_typed: Callback<()>,
}

/// Commands to tap into a prompt; they never run by themselves.
#[component]
fn Run(props: &RunProps) -> Html {
    html! {
        <div class="block run" role="group" aria-label={format!("Commands for {}", props.actor)}>
            <span class="run-actor">{ &props.actor }</span>
            for command in props.commands.iter() {
                <button key={command.clone()} class="run-command" onclick={fill(props, command)}
                    title="Put this into the prompt">
                    <code>{ words(command) }</code>
                </button>
            }
        </div>
    }
}

fn fill(props: &RunProps, command: &str) -> Callback<MouseEvent> {
    let (lab, actor, command) = (props.lab.clone(), props.actor.clone(), command.to_owned());
    let on_typed = props.on_typed.clone();
    Callback::from(move |_| {
        lab.change(|lab| lab.fill(&actor, &command));
        fill_at_once(&lab, &actor);
        on_typed.emit(());
    })
}

#[derive(Properties, PartialEq)]
struct BetProps {
    lab: LabHandle,
    id: String,
    html: String,
    options: Vec<String>,
}

/// A prediction. It is remembered, never graded.
#[component]
fn Bet(props: &BetProps) -> Html {
    let chosen = use_lab(&props.lab, props.id.clone(), |lab, id| {
        let lesson = lab.lesson.as_ref()?;
        lab.progress.bets.get(&lesson.id)?.get(id).copied()
    });
    html! {
        <fieldset class="block bet">
            <legend class="eyebrow">{ "Your bet" }</legend>
            <div class="prose">{ raw(&props.html) }</div>
            for (index, option) in props.options.iter().enumerate() {
                <label key={index} class="bet-option">
                    <input type="radio" name={format!("bet-{}", props.id)} checked={chosen == Some(index)}
                        onchange={place(props, index)} />
                    { " " }{ option }
                </label>
            }
        </fieldset>
    }
}

fn place(props: &BetProps, option: usize) -> Callback<Event> {
    let (lab, id) = (props.lab.clone(), props.id.clone());
    Callback::from(move |_| {
        lab.change(|lab| {
            let Some(lesson) = lab.lesson.clone() else { return };
            lab.progress.bets.entry(lesson.id.clone()).or_default().insert(id.clone(), option);
            lab.keep_progress();
            lab.input(Input::Bet { id: id.clone(), option });
        })
    })
}

#[derive(Properties, PartialEq)]
struct MilestoneProps {
    lab: LabHandle,
    id: String,
}

#[component]
fn MilestoneView(props: &MilestoneProps) -> Html {
    let title = use_lab(&props.lab, props.id.clone(), |lab, id| {
        let lesson = lab.lesson.as_ref()?;
        lesson.milestones.iter().find(|milestone| milestone.id == *id).map(|milestone| milestone.title.clone())
    });
    let reached = use_lab(&props.lab, props.id.clone(), |lab, id| is_reached(lab, id));
    let why_not = use_lab(&props.lab, props.id.clone(), |lab, id| lab.playground.why_not(id));
    let open = use_state_eq(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_| open.set(!*open))
    };
    let state = if reached { "reached" } else { "not reached yet" };
    html! {
        <div class={classes!("block", "milestone", reached.then_some("is-reached"))} id={format!("milestone-{}", props.id)}
            tabindex="-1">
            <svg class="milestone-mark" viewBox="0 0 20 20" aria-hidden="true">
                <circle cx="10" cy="10" r="8" /><path d="M6 10.5l2.7 2.7L14 7.5" />
            </svg>
            <div class="milestone-text">
                <span class="visually-hidden">{ format!("Milestone {state}: ") }</span>
                <span>{ title.unwrap_or_default() }</span>
            </div>
            <div class="milestone-why">
                if !reached {
                    <button class="button button-small button-quiet" aria-expanded={if *open { "true" } else { "false" }}
                        onclick={toggle}>{ "Why not yet?" }</button>
                }
            </div>
            <div class="milestone-reason">
                if *open && !reached { <p>{ why_not.unwrap_or_default() }</p> }
            </div>
        </div>
    }
}

/// Reached now or at an earlier visit.
fn is_reached(lab: &Lab, id: &str) -> bool {
    lab.lesson.as_ref().is_some_and(|lesson| lab.progress.has(&lesson.id, id))
}

#[derive(Properties, PartialEq)]
struct HintProps {
    lab: LabHandle,
    milestone: String,
    html: String,
    fills: Option<ScriptLine>,
    on_typed: Callback<()>,
}

#[component]
fn Hint(props: &HintProps) -> Html {
    let reached = use_lab(&props.lab, props.milestone.clone(), |lab, id| is_reached(lab, id));
    let fill = props.fills.clone().map(|line| {
        let (lab, on_typed) = (props.lab.clone(), props.on_typed.clone());
        Callback::from(move |_: MouseEvent| {
            if let ScriptLine::Type { actor, line } = &line {
                lab.change(|lab| lab.fill(actor, line));
                fill_at_once(&lab, actor);
                on_typed.emit(());
            }
        })
    });
    html! {
        <details class="block hint" hidden={reached}>
            <summary>{ "Hint" }</summary>
            <div class="prose">{ raw(&props.html) }</div>
            <div class="hint-fill">
                if let Some(fill) = fill {
                    <button class="button button-small" onclick={fill}>{ "Put it into the prompt" }</button>
                }
            </div>
        </details>
    }
}

#[derive(Properties, PartialEq)]
struct ExplainProps {
    lab: LabHandle,
    milestone: String,
    html: String,
}

#[component]
fn Explain(props: &ExplainProps) -> Html {
    let reached = use_lab(&props.lab, props.milestone.clone(), |lab, id| is_reached(lab, id));
    html! {
        <div class="block explain" hidden={!reached}><div class="prose">{ raw(&props.html) }</div></div>
    }
}
