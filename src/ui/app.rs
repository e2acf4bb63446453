//! The frame of the page: lesson, scene, time, terminals.

use super::browser::frames::Next;
use super::browser::storage::{self, Keep};
use super::browser::{fetch, frames};
use super::distant::Bar;
use super::embed::Start;
use super::far::{Connect, Sockets};
use super::goal::Goal;
use super::help::Help;
use super::keys::{Shortcut, next_speed, shortcut};
use super::learned;
use super::lesson::LessonPanel;
use super::look::LookPane;
use super::model::{Lab, LabHandle, use_lab};
use super::panes::{Border, Look, Panes};
use super::route::{Route, proposed_server};
use super::scene_pane::ScenePane;
use super::settings::{self, Settings};
use super::share::{self, Preview, Share};
use super::splitter::{self, Splitter};
use super::story::StoryTeller;
use super::take_home::TakeHome;
use super::terminal::TerminalPane;
use super::time_bar::{self, TimeBar};
use super::top_bar::TopBar;
use super::wires::Wires;
use crate::lessons::progress::Progress;
use crate::lessons::{Entry, Lesson};
use crate::playground::clock::SPEEDS;
use gloo::events::{EventListener, EventListenerOptions};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Remembers that somebody does not want single keys.
const KEYS_KEY: &str = "jetlab.single-keys";

/// Which part a narrow screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Learn,
    Watch,
    Type,
}

/// What lies over everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Keys,
    Settings,
    Connect,
    Home,
}

impl Over {
    /// Where the focus goes when it is closed.
    fn opener(self) -> &'static str {
        match self {
            Over::Keys => "#help",
            Over::Settings => "#settings",
            Over::Connect => "#connect",
            // Narrow pages have the way there in the other one.
            Over::Home if splitter::is_shown("#export") => "#export",
            Over::Home => "#share",
        }
    }
}

pub fn mount() {
    let document = super::browser::window().document();
    let Some(host) = document.and_then(|document| document.get_element_by_id("app")) else { return };
    settings::take_up();
    let lab = LabHandle::new();
    let wires = Wires::new(&lab);
    let sockets = Sockets::new(&lab);
    super::door::open(&lab, &wires);
    let ticking = lab.clone();
    let running = frames::each(move |millis| {
        let has_more = sockets.frame();
        let next = ticking.frame(millis);
        sockets.carry();
        wires.deliver();
        if has_more { Next::Soon } else { next }
    });
    // For as long as the page lives.
    std::mem::forget(running);
    wasm_bindgen_futures::spawn_local(async move {
        load_course(&lab).await;
        follow_route(&lab, true).await;
        yew::Renderer::<App>::with_root_and_props(host, AppProps { lab: lab.clone() }).render();
        load_gallery(&lab).await;
    });
}

async fn load_course(lab: &LabHandle) {
    let course = match fetch::text("content/course.json").await {
        Ok(text) => crate::json::read::<Vec<Entry>>(&text).map_err(|error| format!("the list of lessons: {error}")),
        Err(error) => Err(error),
    };
    match course {
        Ok(course) => lab.change(|lab| lab.course = Rc::new(course)),
        Err(error) => lab.change(|lab| lab.trouble = Some(error)),
    }
}

/// The list of scenes is not needed by who begins with a lesson, so it comes later.
async fn load_gallery(lab: &LabHandle) {
    if lab.read(|lab| !lab.gallery.is_empty()) {
        return;
    }
    let Ok(text) = fetch::text("content/gallery.json").await else { return };
    if let Ok(gallery) = crate::json::read::<Vec<Entry>>(&text) {
        lab.change(|lab| lab.gallery = Rc::new(gallery));
    }
}

/// Brings the lesson the address names onto the page.
async fn follow_route(lab: &LabHandle, first_time: bool) {
    let location = super::browser::window().location();
    let hash = location.hash().unwrap_or_default();
    // It stands in the form; nobody is dialled for it.
    if let Some(proposed) = proposed_server(&hash, &location.search().unwrap_or_default()) {
        lab.change(|lab| lab.far.proposed = Some(proposed));
    }
    if Route::is_lost(&hash) {
        lab.change(|lab| lab.trouble = Some("This address leads nowhere here.".to_owned()));
    }
    let wanted = match Route::parse(&hash) {
        Route::Sandbox => None,
        // What is here stays until the learner says that the other may run.
        Route::Session(packed) => {
            let shared = share::unpack(&packed).await;
            lab.change(|lab| match shared {
                Ok(shared) => lab.shared = Some(shared),
                Err(error) => lab.trouble = Some(error),
            });
            if !first_time {
                return;
            }
            None
        }
        Route::Progress(packed) => {
            let read = share::unpack_text(&packed).await.and_then(|text| Progress::read(&text));
            match read.map(|progress| learned::taken_in(lab, progress)) {
                Ok(said) => lab.change(|lab| lab.said = Some(said)),
                Err(error) => lab.change(|lab| lab.trouble = Some(error)),
            }
            let current = lab.read(|lab| lab.lesson.as_ref().map(|lesson| lesson.id.clone()));
            forget_address(match (&current, first_time) {
                (_, true) => Route::Home,
                (None, false) => Route::Sandbox,
                (Some(id), false) => Route::Lesson(id.clone()),
            });
            if !first_time {
                return;
            }
            lab.read(|lab| lab.course.first().map(|entry| entry.id.clone()))
        }
        Route::Lesson(id) => Some(id),
        Route::Scene(id) => {
            load_gallery(lab).await;
            Some(id)
        }
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

/// A lesson or a scene by its name.
pub(super) async fn load_lesson(lab: &LabHandle, id: &str) -> Result<Lesson, String> {
    let file = lab.read(|lab| {
        let mut entries = lab.course.iter().chain(lab.gallery.iter());
        entries.find(|entry| entry.id == id).map(|entry| entry.file.clone())
    });
    let file = file.ok_or_else(|| format!("There is no lesson or scene \"{id}\"."))?;
    let text = fetch::text(&format!("content/{file}")).await?;
    crate::json::read(&text).map_err(|error| format!("{file}: {error}"))
}

#[derive(Properties, PartialEq)]
pub struct AppProps {
    pub lab: LabHandle,
}

#[component]
fn App(props: &AppProps) -> Html {
    let lab = &props.lab;
    let part = use_state_eq(|| Part::Learn);
    let drawer = use_state_eq(|| true);
    let sharing = use_state_eq(|| false);
    let shared = use_lab(lab, (), |lab, ()| lab.shared.clone());
    let dialog = use_state_eq(|| lab.read(|lab| lab.far.proposed.as_ref().map(|_| Over::Connect)));
    let frame = use_node_ref();
    let panes = use_lab(lab, (), |lab, ()| lab.panes);
    let is_away_open = use_lab(lab, (), |lab, ()| lab.has_away_dialog());
    {
        // One dialog at a time.
        let dialog = dialog.setter();
        use_effect_with(is_away_open, move |is_open| {
            if *is_open {
                dialog.set(None);
            }
        });
    }
    {
        let frame = frame.clone();
        use_effect_with(panes, move |panes| splitter::apply(&frame, panes));
    }
    let single_keys = use_state_eq(|| storage::read(Keep::Always, KEYS_KEY).as_deref() != Some("off"));
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
    let shares = use_lab(lab, (), |lab, ()| lab.shares);
    {
        let sharing = sharing.setter();
        use_effect_with(shares, move |shares| {
            if *shares > 0 {
                sharing.set(true);
            }
        });
    }
    let looks = use_lab(lab, (), |lab, ()| lab.looks);
    {
        let (lab, part) = (lab.clone(), part.setter());
        use_effect_with(looks, move |_| {
            if lab.quietly(|lab| std::mem::take(&mut lab.wants_scene)) {
                part.set(Part::Watch);
            }
        });
    }
    use_own_ways();
    use_keys(Keys {
        lab: lab.clone(),
        part: part.clone(),
        drawer: drawer.clone(),
        dialog: dialog.clone(),
        single: single_keys.clone(),
    });
    let toggle_drawer = {
        let drawer = drawer.clone();
        Callback::from(move |()| {
            let opens = !*drawer;
            drawer.set(opens);
            if opens {
                focus_later(".lesson-scroll".to_owned());
            }
        })
    };
    let show_goal = {
        let (lab, part, drawer) = (lab.clone(), part.setter(), drawer.setter());
        Callback::from(move |id: String| {
            go_to(&lab, &part, Part::Learn);
            drawer.set(true);
            focus_later(if id.is_empty() { ".lesson-end".to_owned() } else { format!("#milestone-{id}") });
        })
    };
    let on_typed = {
        let (lab, part, drawer) = (lab.clone(), part.setter(), drawer.setter());
        Callback::from(move |()| {
            go_to(&lab, &part, Part::Type);
            drawer.set(false);
        })
    };
    let close_drawer = {
        let drawer = drawer.setter();
        Callback::from(move |_: FocusEvent| drawer.set(false))
    };
    let look_at_scene = {
        let drawer = drawer.setter();
        Callback::from(move |_: MouseEvent| drawer.set(false))
    };
    let open = |over: Over| {
        let dialog = dialog.setter();
        Callback::from(move |()| dialog.set(Some(over)))
    };
    let close = {
        let dialog = dialog.clone();
        Callback::from(move |()| {
            let over = *dialog;
            dialog.set(None);
            focus_later(over.map_or(String::new(), |over| over.opener().to_owned()));
        })
    };
    let on_move = {
        let (lab, frame) = (lab.clone(), frame.clone());
        Callback::from(move |(border, share): (Border, Option<f64>)| {
            let panes = lab.change(|lab| {
                lab.set_panes(lab.panes.with_share(border, share));
                lab.panes
            });
            splitter::apply(&frame, &panes);
        })
    };
    let chosen = {
        let lab = lab.clone();
        Callback::from(move |border: Border| lab.read(|lab| lab.panes.share(border)))
    };
    let split = |border: Border| {
        html! { <Splitter {border} share={panes.share(border)} chosen={chosen.clone()} on_move={on_move.clone()} /> }
    };
    let set_single_keys = {
        let single_keys = single_keys.setter();
        Callback::from(move |on: bool| {
            storage::write(Keep::Always, KEYS_KEY, if on { "on" } else { "off" });
            single_keys.set(on);
        })
    };
    let (open_share, close_share) = {
        let (open, close) = (sharing.setter(), sharing.setter());
        let close = Callback::from(move |()| {
            close.set(false);
            focus_later("#share".to_owned());
        });
        (Callback::from(move |()| open.set(true)), close)
    };
    let take_home = {
        let (sharing, dialog) = (sharing.setter(), dialog.setter());
        Callback::from(move |()| {
            sharing.set(false);
            dialog.set(Some(Over::Home));
        })
    };
    let (play_shared, leave_shared) = (run_shared(lab), leave_shared(lab));
    // The address says where in the course one is, so the link must not lead there.
    let skip = {
        let (lab, part) = (lab.clone(), part.setter());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            go_to(&lab, &part, Part::Type);
            focus_later("#prompt".to_owned());
        })
    };
    let said = use_lab(lab, (), |lab, ()| lab.said.clone());
    let heard = {
        let lab = lab.clone();
        Callback::from(move |_| lab.change(|lab| lab.said = None))
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
        <div class={classes!("app", shown, drawer.then_some("app-drawer"), (!has_lesson).then_some("app-sandbox"), panes.open.is_some().then_some("app-looking"))}>
            <a class="skip-link" href="#prompt" onclick={skip}>{ "Skip to the terminal" }</a>
            <TopBar lab={lab.clone()} on_lessons={toggle_drawer} drawer={*drawer} on_help={open(Over::Keys)} on_settings={open(Over::Settings)} on_share={open_share} on_home={open(Over::Home)} on_connect={open(Over::Connect)} />
            <div class="app-trouble">
                <Start lab={lab.clone()} />
                <Bar lab={lab.clone()} />
                if let Some(said) = said {
                    <p class="notice notice-good" role="status">
                        { said }{ " " }
                        <button class="button button-small" onclick={heard}>{ "Dismiss" }</button>
                    </p>
                }
                if let Some(trouble) = trouble {
                    <p class="notice notice-bad" role="alert">
                        { trouble }{ " " }
                        <button class="button button-small" onclick={forgive}>{ "Dismiss" }</button>
                    </p>
                }
            </div>
            <main class="app-main" ref={frame}>
                // The lesson's title is not always in sight.
                <h1 class="visually-hidden">{ "JetStream Lab" }</h1>
                <section class="app-lesson panel" aria-label="Lesson">
                    <LessonPanel key={beginnings} lab={lab.clone()} {on_typed} />
                </section>
                { split(Border::Lesson) }
                <Goal key={beginnings} lab={lab.clone()} on_show={show_goal} />
                // By finger there is no Escape: whoever touches the picture wants to see it.
                <section class="app-scene panel" aria-label="Scene" onclick={look_at_scene}>
                    <ScenePane key={beginnings} lab={lab.clone()} />
                </section>
                { split(Border::Scene) }
                <section class="app-time" aria-label="Time">
                    <TimeBar lab={lab.clone()} />
                </section>
                // Whoever goes to a terminal has read enough for now.
                <section class="app-terminal panel" aria-label="Terminals" onfocusin={close_drawer}>
                    <TerminalPane key={beginnings} lab={lab.clone()} />
                </section>
                if panes.open.is_some() {
                    { split(Border::Look) }
                }
                <LookPane lab={lab.clone()} />
                <StoryTeller lab={lab.clone()} />
            </main>
            <nav class="app-parts" aria-label="Parts of the page">
                { part_button(lab, &part, Part::Learn, "Learn") }
                { part_button(lab, &part, Part::Watch, "Watch") }
                { part_button(lab, &part, Part::Type, "Type") }
            </nav>
            if *sharing {
                <Share lab={lab.clone()} on_close={close_share} on_home={take_home} />
            }
            if let Some(shared) = shared {
                <Preview lab={lab.clone()} {shared} on_play={play_shared} on_leave={leave_shared} />
            }
            { match *dialog {
                Some(Over::Keys) => html! {
                    <Help single_keys={*single_keys} on_single_keys={set_single_keys} on_connect={open(Over::Connect)} on_close={close} />
                },
                Some(Over::Settings) => html! {
                    <Settings lab={lab.clone()} single_keys={*single_keys} on_single_keys={set_single_keys} on_close={close} />
                },
                Some(Over::Connect) => html! { <Connect lab={lab.clone()} on_close={close} /> },
                Some(Over::Home) => html! { <TakeHome lab={lab.clone()} on_close={close} /> },
                None => Html::default(),
            } }
        </div>
    }
}

/// Somebody's session becomes this one.
fn run_shared(lab: &LabHandle) -> Callback<()> {
    let lab = lab.clone();
    Callback::from(move |()| {
        let Some(shared) = lab.change(|lab| lab.shared.take()) else { return };
        let lab = lab.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let lesson = match &shared.lesson {
                Some(id) => load_lesson(&lab, id).await.map(|lesson| Some(Rc::new(lesson))),
                None => Ok(None),
            };
            lab.change(|lab| match lesson {
                Ok(lesson) => lab.take_up(&shared.session, lesson),
                Err(error) => lab.trouble = Some(error),
            });
            forget_address(shared.lesson.map_or(Route::Sandbox, Route::Lesson));
        });
    })
}

fn leave_shared(lab: &LabHandle) -> Callback<()> {
    let lab = lab.clone();
    Callback::from(move |()| {
        lab.change(|lab| lab.shared = None);
        let current = lab.read(|lab| lab.lesson.as_ref().map(|lesson| lesson.id.clone()));
        forget_address(current.map_or(Route::Sandbox, Route::Lesson));
    })
}

/// The long address has done its work: a reload must not ask again.
fn forget_address(route: Route) {
    let window = super::browser::window();
    let base = window.location().href().unwrap_or_default();
    let base = base.split('#').next().unwrap_or_default().to_owned();
    let Ok(history) = window.history() else { return };
    // The address bar is for show here; the page does not depend on it.
    let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("{base}{}", route.href())));
}

/// Whoever goes somewhere is not taken to the scene for what was asked before.
fn go_to(lab: &LabHandle, setter: &UseStateSetter<Part>, part: Part) {
    lab.quietly(|lab| lab.wants_scene = false);
    setter.set(part);
}

fn part_button(lab: &LabHandle, part: &UseStateHandle<Part>, this: Part, label: &'static str) -> Html {
    let (lab, setter) = (lab.clone(), part.setter());
    let pressed = if **part == this { "true" } else { "false" };
    html! {
        <button class="app-part" aria-pressed={pressed} onclick={move |_| go_to(&lab, &setter, this)}>{ label }</button>
    }
}

thread_local! {
    /// Counts wishes for the focus: the last one counts.
    static WISHES: Cell<u64> = const { Cell::new(0) };
}

/// Moves the focus to what `selector` finds once it has been drawn, unless somebody goes elsewhere meanwhile.
pub fn focus_later(selector: String) {
    take_back_wishes();
    let wish = WISHES.get();
    wasm_bindgen_futures::spawn_local(async move {
        let mut before = None;
        // What is just coming into sight takes the focus a few frames later.
        for _ in 0..20 {
            super::door::next_frame().await;
            let now = focused();
            let has_moved_on = before.is_some() && now.is_some() && before != now;
            if WISHES.get() != wish || has_moved_on || focus(&selector) {
                return;
            }
            before = now;
        }
    });
}

/// Whoever gives the focus away at once calls this first: no earlier wish may take it from there.
pub fn take_back_wishes() {
    WISHES.set(WISHES.get() + 1);
}

/// What has the focus, if anything in particular has.
fn focused() -> Option<Element> {
    let active = super::browser::window().document().and_then(|document| document.active_element());
    active.filter(|element| element.tag_name() != "BODY")
}

/// Whether it has the focus now.
fn focus(selector: &str) -> bool {
    let Some(document) = super::browser::window().document() else { return false };
    let found = document.query_selector(selector).ok().flatten();
    let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return false };
    element.focus().is_ok() && document.active_element().as_ref() == Some(&element)
}

/// What keys do that were pressed outside of every prompt.
struct Keys {
    lab: LabHandle,
    part: UseStateHandle<Part>,
    drawer: UseStateHandle<bool>,
    dialog: UseStateHandle<Option<Over>>,
    single: UseStateHandle<bool>,
}

/// Whoever goes somewhere by pointer or Tab wants the focus there, and not where it was wished for before.
#[hook]
fn use_own_ways() {
    use_effect_with((), |()| {
        let window = super::browser::window();
        let options = EventListenerOptions::run_in_capture_phase();
        let pointer = EventListener::new_with_options(&window, "pointerdown", options, |_| take_back_wishes());
        let key = EventListener::new_with_options(&window, "keydown", options, |event| {
            if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Tab") {
                take_back_wishes();
            }
        });
        move || drop((pointer, key))
    });
}

#[hook]
fn use_keys(keys: Keys) {
    use_effect_with((*keys.drawer, *keys.dialog, *keys.single), move |_| {
        let options = EventListenerOptions::enable_prevent_default();
        let listener = EventListener::new_with_options(&super::browser::window(), "keydown", options, move |event| {
            if let Some(event) = event.dyn_ref::<KeyboardEvent>()
                && !event.default_prevented()
                && keys.press(event)
            {
                event.prevent_default();
            }
        });
        move || drop(listener)
    });
}

impl Keys {
    fn press(&self, event: &KeyboardEvent) -> bool {
        if event.ctrl_key() || event.alt_key() || event.meta_key() || event.is_composing() {
            return false;
        }
        let key = event.key();
        if key == "Escape" {
            return self.close();
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is =
            |selector: &str| target.as_ref().is_some_and(|target| target.closest(selector).ok().flatten().is_some());
        let taken = is("input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]")
            || key == " " && is("button, summary, a, input, [role=button]");
        if taken || is(".overlay") || self.dialog.is_some() || !*self.single {
            return false;
        }
        shortcut(&key).map(|shortcut| self.act(shortcut)).is_some()
    }

    fn close(&self) -> bool {
        if let Some(over) = *self.dialog {
            self.lab.change(Lab::stop_connecting);
            self.dialog.set(None);
            focus_later(over.opener().to_owned());
            return true;
        }
        if *self.drawer && splitter::is_shown("#drawer") {
            self.drawer.set(false);
            focus_later("#drawer".to_owned());
            return true;
        }
        if self.lab.selected().is_some() {
            self.lab.select(None);
            return true;
        }
        let open = self.lab.read(|lab| lab.panes.open);
        if let Some(look) = open {
            self.lab.show(None);
            focus_later(format!("#look-{}", look.title().to_ascii_lowercase()));
        }
        open.is_some()
    }

    fn act(&self, shortcut: Shortcut) {
        match shortcut {
            Shortcut::PlayPause => self.lab.change(time_bar::toggle),
            Shortcut::Step => self.lab.change(Lab::step),
            Shortcut::Back => self.lab.change(Lab::back),
            Shortcut::Fork => self.lab.change(Lab::fork),
            Shortcut::Slower => self.lab.change(|lab| lab.pace.speed = next_speed(SPEEDS, lab.pace.speed, false)),
            Shortcut::Faster => self.lab.change(|lab| lab.pace.speed = next_speed(SPEEDS, lab.pace.speed, true)),
            Shortcut::Terminal => {
                go_to(&self.lab, &self.part.setter(), Part::Type);
                // What is typed next is meant for it, and may come before the next drawing.
                take_back_wishes();
                let actor = self.lab.read(|lab| lab.active_actor.clone());
                if !focus(&format!("#terminal-{actor} .prompt-input")) {
                    focus_later("#prompt".to_owned());
                }
            }
            Shortcut::Wire => {
                go_to(&self.lab, &self.part.setter(), Part::Type);
                if self.lab.change(|lab| lab.toggle_wire()) {
                    focus_later(".wire-scroll".to_owned());
                }
            }
            Shortcut::Lines => self.look(Look::Wire, ".proto-log"),
            Shortcut::Story => self.look(Look::Story, ".story-log"),
            Shortcut::Inspector => self.look(Look::Inspector, ".inspector"),
            Shortcut::Undo => self.lab.change(Lab::undo),
            Shortcut::Help => self.dialog.set(Some(Over::Keys)),
        }
    }

    /// Opens a pane and goes there; from inside, closes it.
    fn look(&self, look: Look, inside: &str) {
        let is_inside = {
            let document = super::browser::window().document();
            let active = document.and_then(|document| document.active_element());
            active.is_some_and(|active| active.closest(".app-look").ok().flatten().is_some())
        };
        let panes = self.lab.change(|lab| {
            let panes = if is_inside { lab.panes.toggled(look) } else { lab.panes.with_open(Some(look)) };
            lab.set_panes(panes);
            panes
        });
        if let Panes { open: Some(_), .. } = panes {
            self.part.set(Part::Watch);
            focus_later(inside.to_owned());
        }
    }
}
