//! The frame of the page: lesson, scene, time, terminals.

use super::browser::{fetch, frames};
use super::lesson::LessonPanel;
use super::model::{LabHandle, use_lab};
use super::route::Route;
use super::scene_pane::ScenePane;
use super::terminal::TerminalPane;
use super::time_bar::TimeBar;
use super::top_bar::TopBar;
use crate::lessons::{Entry, Lesson};
use gloo::events::EventListener;
use std::rc::Rc;
use yew::prelude::*;

/// Which part a narrow screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Learn,
    Watch,
    Type,
}

pub fn mount() {
    let document = super::browser::window().document();
    let Some(host) = document.and_then(|document| document.get_element_by_id("app")) else { return };
    let lab = LabHandle::new();
    super::door::open(&lab);
    let ticking = lab.clone();
    frames::run(move |millis| ticking.frame(millis));
    wasm_bindgen_futures::spawn_local(async move {
        load_course(&lab).await;
        follow_route(&lab, true).await;
        yew::Renderer::<App>::with_root_and_props(host, AppProps { lab }).render();
    });
}

async fn load_course(lab: &LabHandle) {
    let course = match fetch::text("content/course.json").await {
        Ok(text) => serde_json::from_str::<Vec<Entry>>(&text).map_err(|error| format!("the list of lessons: {error}")),
        Err(error) => Err(error),
    };
    match course {
        Ok(course) => lab.change(|lab| lab.course = Rc::new(course)),
        Err(error) => lab.change(|lab| lab.trouble = Some(error)),
    }
}

/// Brings the lesson the address names onto the page.
async fn follow_route(lab: &LabHandle, first_time: bool) {
    let hash = super::browser::window().location().hash().unwrap_or_default();
    let wanted = match Route::parse(&hash) {
        Route::Sandbox => None,
        Route::Lesson(id) => Some(id),
        Route::Home => lab.read(|lab| lab.course.first().map(|entry| entry.id.clone())),
    };
    let current = lab.read(|lab| lab.lesson.as_ref().map(|lesson| lesson.id.clone()));
    if wanted == current && !first_time {
        return;
    }
    let lesson = match wanted {
        None => None,
        Some(id) => match load_lesson(lab, &id).await {
            Ok(lesson) => Some(Rc::new(lesson)),
            Err(error) => {
                lab.change(|lab| lab.trouble = Some(error));
                None
            }
        },
    };
    lab.change(|lab| {
        if !(first_time && lab.take_up_after_crash(lesson.clone())) {
            lab.begin(lesson);
        }
    });
}

async fn load_lesson(lab: &LabHandle, id: &str) -> Result<Lesson, String> {
    let file = lab.read(|lab| lab.course.iter().find(|entry| entry.id == id).map(|entry| entry.file.clone()));
    let file = file.ok_or_else(|| format!("there is no lesson \"{id}\""))?;
    let text = fetch::text(&format!("content/{file}")).await?;
    serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))
}

#[derive(Properties, PartialEq)]
pub struct AppProps {
    pub lab: LabHandle,
}

#[component]
fn App(props: &AppProps) -> Html {
    let lab = &props.lab;
    let part = use_state_eq(|| Part::Learn);
    let drawer = use_state_eq(|| false);
    let beginnings = use_lab(lab, (), |lab, ()| lab.beginnings);
    let has_lesson = use_lab(lab, (), |lab, ()| lab.lesson.is_some());
    let trouble = use_lab(lab, (), |lab, ()| lab.trouble.clone());
    {
        let lab = lab.clone();
        use_effect_with((), move |()| {
            let listener = EventListener::new(&super::browser::window(), "hashchange", move |_| {
                let lab = lab.clone();
                wasm_bindgen_futures::spawn_local(async move { follow_route(&lab, false).await });
            });
            move || drop(listener)
        });
    }
    let toggle_drawer = {
        let drawer = drawer.clone();
        Callback::from(move |()| drawer.set(!*drawer))
    };
    let forgive = {
        let lab = lab.clone();
        Callback::from(move |_| lab.change(|lab| lab.trouble = None))
    };
    let shown = match *part {
        Part::Learn => "app-learn",
        Part::Watch => "app-watch",
        Part::Type => "app-type",
    };
    html! {
        <div class={classes!("app", shown, drawer.then_some("app-drawer"), (!has_lesson).then_some("app-sandbox"))}>
            <a class="skip-link" href="#prompt">{ "Skip to the terminal" }</a>
            <TopBar lab={lab.clone()} on_lessons={toggle_drawer.clone()} drawer={*drawer} />
            <div class="app-trouble">
                if let Some(trouble) = trouble {
                    <p class="notice notice-bad" role="alert">
                        { trouble }{ " " }
                        <button class="button button-small" onclick={forgive}>{ "Dismiss" }</button>
                    </p>
                }
            </div>
            <main class="app-main">
                <section class="app-lesson panel" aria-label="Lesson">
                    <LessonPanel key={beginnings} lab={lab.clone()} on_typed={to_part(&part, Part::Type)} />
                </section>
                <section class="app-scene panel" aria-label="Scene">
                    <ScenePane key={beginnings} lab={lab.clone()} />
                </section>
                <section class="app-time" aria-label="Time">
                    <TimeBar lab={lab.clone()} />
                </section>
                <section class="app-terminal panel" aria-label="Terminals">
                    <TerminalPane key={beginnings} lab={lab.clone()} />
                </section>
            </main>
            <nav class="app-parts" aria-label="Parts of the page">
                { part_button(&part, Part::Learn, "Learn") }
                { part_button(&part, Part::Watch, "Watch") }
                { part_button(&part, Part::Type, "Type") }
            </nav>
        </div>
    }
}

fn to_part(part: &UseStateHandle<Part>, to: Part) -> Callback<()> {
    let setter = part.setter();
    Callback::from(move |()| setter.set(to))
}

fn part_button(part: &UseStateHandle<Part>, this: Part, label: &'static str) -> Html {
    let setter = part.setter();
    let pressed = if **part == this { "true" } else { "false" };
    html! {
        <button class="app-part" aria-pressed={pressed} onclick={move |_| setter.set(this)}>{ label }</button>
    }
}
