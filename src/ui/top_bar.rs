//! Where one is, where one can go, and how the page looks.

use super::browser::storage::{self, Keep};
use super::model::{LabHandle, use_lab};
use super::route::Route;
use super::time_bar::icon;
use yew::prelude::*;

const THEME_KEY: &str = "jetlab.theme";

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub on_lessons: Callback<()>,
    pub drawer: bool,
    pub on_help: Callback<()>,
    pub on_share: Callback<()>,
}

#[component]
pub fn TopBar(props: &Props) -> Html {
    let lab = &props.lab;
    let course = use_lab(lab, (), |lab, ()| lab.course.clone());
    let current = use_lab(lab, (), |lab, ()| lab.lesson.as_ref().map(|lesson| lesson.id.clone()));
    let progress = use_lab(lab, (), |lab, ()| lab.progress.clone());
    let go = Callback::from(move |event: Event| {
        let target: web_sys::HtmlSelectElement = event.target_unchecked_into();
        // The address is one of ours; a browser that refuses it leaves us where we are.
        let _ = super::browser::window().location().set_hash(target.value().trim_start_matches('#'));
    });
    let reset = {
        let lab = lab.clone();
        Callback::from(move |_| {
            lab.change(|lab| {
                let lesson = lab.lesson.clone();
                lab.begin(lesson);
            })
        })
    };
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
                <select class="field" onchange={go}>
                    for entry in course.iter() {
                        <option key={entry.id.clone()} value={Route::Lesson(entry.id.clone()).href()}
                            selected={current.as_deref() == Some(entry.id.as_str())}>
                            { mark(progress.is_solved(&entry.id, &entry.milestones)) }{ &entry.title }
                        </option>
                    }
                    <option key="sandbox" value={Route::Sandbox.href()} selected={current.is_none()}>
                        { "Empty playground" }
                    </option>
                </select>
            </label>
            <span class="topbar-space"></span>
            <button class="button button-quiet topbar-reset" aria-label="Start over" onclick={reset}
                title="Start over: a clean server and clean terminals">
                { icon("M4 12a8 8 0 1 0 2.4-5.7M4 4v4.5h4.5") }<span>{ "Start over" }</span>
            </button>
            <button class="button button-quiet button-icon" id="share" aria-label="Share" title="Share this session"
                onclick={props.on_share.reform(|_| ())}>
                { icon("M12 15V4M8 7.5 12 3.5l4 4M6 12H5v8h14v-8h-1") }
            </button>
            <button class="button button-quiet button-icon" aria-label="Light or dark" onclick={switch_theme}
                title="Light or dark">
                { icon("M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18") }
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

/// From what is shown now to the other; remembered.
fn switch_theme(_: MouseEvent) {
    let window = super::browser::window();
    let Some(root) = window.document().and_then(|document| document.document_element()) else { return };
    let system_dark =
        window.match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches());
    let dark = match root.get_attribute("data-theme").as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => system_dark,
    };
    let theme = if dark { "light" } else { "dark" };
    storage::write(Keep::Always, THEME_KEY, theme);
    // An attribute with a plain name can always be set.
    let _ = root.set_attribute("data-theme", theme);
}
