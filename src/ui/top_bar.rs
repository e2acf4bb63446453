//! Where one is, where one can go, and how the page looks.

use super::far::{Here, NOT_SHARED, REAL_TIME};
use super::model::{Lab, LabHandle, use_lab};
use super::route::Route;
use super::select::use_selected;
use super::settings::switch_theme;
use super::time_bar::icon;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub on_lessons: Callback<()>,
    pub drawer: bool,
    pub on_help: Callback<()>,
    pub on_share: Callback<()>,
    pub on_home: Callback<()>,
    pub on_connect: Callback<()>,
    pub on_settings: Callback<()>,
}

#[component]
pub fn TopBar(props: &Props) -> Html {
    let lab = &props.lab;
    let course = use_lab(lab, (), |lab, ()| lab.course.clone());
    let current = use_lab(lab, (), |lab, ()| lab.lesson.as_ref().map(|lesson| lesson.id.clone()));
    let scene = use_lab(lab, (), |lab, ()| {
        lab.lesson.as_ref().filter(|_| lab.is_scene()).map(|lesson| (lesson.id.clone(), lesson.title.clone()))
    });
    let progress = use_lab(lab, (), |lab, ()| lab.progress.clone());
    let go = Callback::from(move |event: Event| {
        let target: web_sys::HtmlSelectElement = event.target_unchecked_into();
        // The address is one of ours; a browser that refuses it leaves us where we are.
        let _ = super::browser::window().location().set_hash(target.value().trim_start_matches('#'));
    });
    let undoable = use_lab(lab, (), |lab, ()| lab.undoable());
    let is_far = use_lab(lab, (), |lab, ()| lab.is_far_away());
    let undo_title = if is_far { REAL_TIME.to_owned() } else { undo_title(undoable.as_ref()) };
    let reset_title = match is_far {
        true => "Start over: clean terminals. What is on your server stays.",
        false => "Start over: a clean server and clean terminals. Undo brings them back.",
    };
    let on = |act: fn(&mut Lab)| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.change(act))
    };
    let lessons = use_node_ref();
    let chosen = match (&current, &scene) {
        (_, Some(_)) => Some(course.len() + 1),
        (None, None) => Some(course.len()),
        (Some(id), None) => course.iter().position(|entry| entry.id == *id),
    };
    use_selected(&lessons, chosen, course.len() + 1 + usize::from(scene.is_some()));
    let on_lessons = props.on_lessons.reform(|_| ());
    let expanded = if props.drawer { "true" } else { "false" };
    html! {
        <header class="topbar">
            <span class="brand">
                <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
                    <rect class="mark-ground" width="32" height="32" rx="8" />
                    <path class="mark-tube" d="M20.5 13v6a6 6 0 0 1-12 0v-1.5" />
                    <circle class="mark-token" cx="20.5" cy="7.5" r="2.75" />
                </svg>
                <span class="brand-name">{ "JetStream Lab" }</span>
                <span class="brand-for">{ "for NATS JetStream" }</span>
            </span>
            <button class="button topbar-drawer" id="drawer" aria-expanded={expanded} onclick={on_lessons}>
                { "Lesson" }
            </button>
            <label class="topbar-course">
                <span class="visually-hidden">{ "Lesson" }</span>
                <select class="field" ref={lessons} onchange={go}>
                    for entry in course.iter() {
                        <option key={entry.id.clone()} value={Route::Lesson(entry.id.clone()).href()}
                            selected={current.as_deref() == Some(entry.id.as_str())}>
                            { mark(progress.is_solved(&entry.id, &entry.milestones)) }{ &entry.title }
                        </option>
                    }
                    <option key="sandbox" value={Route::Sandbox.href()} selected={current.is_none()}>
                        { "Empty playground, gallery" }
                    </option>
                    if let Some(scene) = scene {
                        <option key="scene" value={Route::Scene(scene.0.clone()).href()} selected={true}>{ scene.1 }</option>
                    }
                </select>
            </label>
            <Here lab={lab.clone()} on_open={props.on_connect.clone()} />
            <span class="topbar-space"></span>
            <div class="topbar-back" role="group" aria-label="Take back">
                <button class="button button-quiet button-icon" id="undo" aria-label="Undo" disabled={undoable.is_none()}
                    onclick={on(Lab::undo)} title={undo_title}>
                    { icon("M9 5L4 10l5 5M4 10h10a5 5 0 0 1 0 10h-3") }
                </button>
                <button class="button button-quiet button-icon" id="reset-lesson" aria-label="Start this lesson over" onclick={on(Lab::reset_lesson)}
                    title={reset_title}>
                    { icon("M4 12a8 8 0 1 0 2.4-5.7M4 4v4.5h4.5") }
                </button>
                <button class="button button-quiet button-icon" id="reset-all" aria-label="Reset everything" disabled={is_far} onclick={on(Lab::reset_all)}
                    title="Reset everything: this lesson, and what you reached in all of them. Undo brings it back.">
                    { icon("M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5") }
                </button>
            </div>
            <button class="button button-quiet button-icon" id="share" aria-label="Share" disabled={is_far}
                title={if is_far { NOT_SHARED } else { "Share this session" }}
                onclick={props.on_share.reform(|_| ())}>
                { icon("M12 15V4M8 7.5 12 3.5l4 4M6 12H5v8h14v-8h-1") }
            </button>
            <button class="button button-quiet button-icon topbar-home" id="export" aria-label="Take it home"
                title={if is_far { "Take it home: make here what is in the page's playground" } else { "Take it home: streams and buckets as commands or code" }} onclick={props.on_home.reform(|_| ())}>
                { icon("M12 4v11M8 11.5l4 4 4-4M5 19.5h14") }
            </button>
            <button class="button button-quiet button-icon topbar-theme" aria-label="Light or dark" title="Light or dark"
                onclick={|_: MouseEvent| switch_theme()}>
                { icon("M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18") }
            </button>
            <button class="button button-quiet button-icon" id="settings" aria-label="Settings" title="Settings"
                onclick={props.on_settings.reform(|_| ())}>
                { icon("M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5M9 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5") }
            </button>
            <button class="button button-quiet button-icon topbar-help" id="help" aria-label="Keys" title="Keys (?)"
                onclick={props.on_help.reform(|_| ())}>
                { icon("M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 1.9v.3M12 17.5v.01") }
            </button>
        </header>
    }
}

fn mark(solved: bool) -> &'static str {
    if solved { "✓ " } else { "" }
}

fn undo_title(undoable: Option<&String>) -> String {
    undoable.map_or_else(|| "Nothing to undo".to_owned(), |what| format!("Undo {what} (Z)"))
}
