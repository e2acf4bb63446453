//! The history in sentences: what a reader without the picture follows.
//!
//! The list is a log that does not speak by itself; a status beside it says what is new, at most once a second while
//! time runs. What the sentences say is decided in `flow::story`.

use super::browser::page_millis;
use super::model::{Lab, LabHandle, use_lab};
use super::select::use_selected;
use crate::flow::story::{Filter, Kind, Line};
use crate::flow::words::{self, capitalised};
use crate::flow::{How, Selection};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// Lines drawn at most, the newest; older ones are counted.
const SHOWN: usize = 250;
/// How often a summary may be spoken, in milliseconds of page time.
const SUMMARY_MILLIS: f64 = 1_000.0;
/// How often is looked for something to say.
const LISTEN_MILLIS: u32 = 200;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

/// What the list shows of a line.
#[derive(Clone, PartialEq)]
struct Row {
    ordinal: u64,
    /// Where a new second begins.
    clock: Option<String>,
    text: String,
    /// How it is known, where the server is not in the page.
    how: Option<How>,
    kind: Kind,
    selection: Option<Selection>,
}

#[derive(Clone, PartialEq)]
struct Told {
    rows: Rc<Vec<Row>>,
    /// Lines before those shown.
    earlier: usize,
}

#[component]
pub fn StoryPane(props: &Props) -> Html {
    let lab = &props.lab;
    let filter = use_lab(lab, (), |lab, ()| lab.story.clone());
    let told = use_lab(lab, filter.clone(), told);
    let selected = use_lab(lab, (), |lab, ()| lab.selected.clone());
    let log = use_node_ref();
    let newest = told.rows.last().map(|row| (row.ordinal, row.text.clone()));
    use_follow(&log, newest);
    html! {
        <div class="look-body story">
            <Filters lab={lab.clone()} filter={filter.clone()} on_change={
                let lab = lab.clone();
                Callback::from(move |change: Change| lab.change(|lab| change(&mut lab.story)))
            } />
            <div class="story-log" role="log" aria-live="off" aria-label="Story" tabindex="0" ref={log}>
                if told.earlier > 0 {
                    <p class="look-none">{ format!("{} before these.", words::count(told.earlier as u64, "sentence", "sentences")) }</p>
                }
                if told.rows.is_empty() {
                    <p class="look-none">{ if filter == Filter::default() { "Nothing has happened yet." } else { "Nothing like this has happened yet." } }</p>
                }
                <ol class="story-lines">
                    { for told.rows.iter().map(|row| line(lab, row, &selected)) }
                </ol>
            </div>
        </div>
    }
}

fn line(lab: &LabHandle, row: &Row, selected: &Option<Selection>) -> Html {
    let clock = row.clock.as_ref().map(|clock| html! { <span class="story-clock">{ clock }</span> });
    let class = classes!("story-line", (row.kind == Kind::Trouble).then_some("is-trouble"));
    let inside = match &row.selection {
        None => html! { <span {class}>{ &row.text }</span> },
        Some(selection) => {
            let (lab, selection) = (lab.clone(), selection.clone());
            let pressed = selected.as_ref() == Some(&selection);
            let onclick = Callback::from(move |_: MouseEvent| lab.select(Some(selection.clone())));
            html! {
                <button class={classes!(class, pressed.then_some("is-selected"))} title="Mark it in the scene" {onclick}>{ &row.text }</button>
            }
        }
    };
    html! { <li key={row.ordinal}>{ for clock }{ inside }{ for row.how.map(known) }</li> }
}

/// How a sentence is known, at its end.
fn known(how: How) -> Html {
    let word = words::known(Some(how)).trim_start_matches(", ");
    html! { <span class="story-known">{ word }</span> }
}

fn told(lab: &Lab, filter: &Filter) -> Told {
    let flow = lab.playground.flow();
    let wanted: Vec<Line<'_>> = flow.story().lines().filter(|line| filter.takes(line)).collect();
    let earlier = wanted.len().saturating_sub(SHOWN);
    let mut last_clock = String::new();
    let row = |line: &Line<'_>| {
        let clock = words::clock(line.at())[..8].to_owned();
        let is_new = clock != last_clock;
        last_clock.clone_from(&clock);
        Row {
            ordinal: line.ordinal(),
            clock: is_new.then_some(clock),
            text: line.text(),
            how: line.how(),
            kind: line.kind(),
            selection: line.about().selection,
        }
    };
    Told { rows: Rc::new(wanted[earlier..].iter().map(row).collect()), earlier }
}

/// What a choice does to the filter of that moment: two choices between two drawings both count.
type Change = Box<dyn FnOnce(&mut Filter)>;

#[derive(Properties, PartialEq)]
struct FiltersProps {
    lab: LabHandle,
    filter: Filter,
    on_change: Callback<Change>,
}

#[component]
fn Filters(props: &FiltersProps) -> Html {
    let lab = &props.lab;
    let actors = use_lab(lab, (), |lab, ()| {
        let scene = lab.playground.flow().scene(lab.playground.now());
        scene.actors.into_iter().map(|actor| actor.name).collect::<Vec<_>>()
    });
    let streams = use_lab(lab, (), |lab, ()| {
        let scene = lab.playground.flow().scene(lab.playground.now());
        scene.streams.into_iter().map(|strip| strip.name.to_string()).collect::<Vec<_>>()
    });
    let Filter { kind, actor, stream, trouble } = props.filter.clone();
    let change = |set: fn(&mut Filter, Option<String>)| {
        props.on_change.reform(move |value: Option<String>| -> Change { Box::new(move |filter| set(filter, value)) })
    };
    let mut kinds: Vec<String> = Kind::ALL.iter().map(|kind| kind.title().to_owned()).collect();
    // What a badge asked for is one of the choices as long as it is the choice.
    let asked = trouble.map(|(trouble, place)| format!("{} at {}", capitalised(trouble.title()), place.name()));
    kinds.extend(asked.clone());
    let chosen = asked.or_else(|| kind.map(|kind| kind.title().to_owned()));
    let what = change(|filter, value| {
        filter.trouble = None;
        filter.kind = value.and_then(|title| Kind::ALL.into_iter().find(|kind| kind.title() == title));
    });
    let what = use_choice("Everything", "What", &kinds, chosen, what);
    let who = use_choice("Everybody", "Who", &actors, actor, change(|filter, value| filter.actor = value));
    let stream = use_choice("Every stream", "Stream", &streams, stream, change(|filter, value| filter.stream = value));
    html! { <div class="look-filters" role="group" aria-label="Which sentences">{ what }{ who }{ stream }</div> }
}

/// A list of which the first entry is "all of them".
#[hook]
fn use_choice(
    all: &str,
    label: &str,
    options: &[String],
    chosen: Option<String>,
    on_choice: Callback<Option<String>>,
) -> Html {
    let onchange = Callback::from(move |event: Event| {
        let select: web_sys::HtmlSelectElement = event.target_unchecked_into();
        on_choice.emit(Some(select.value()).filter(|value| !value.is_empty()));
    });
    let select = use_node_ref();
    let index = chosen.as_ref().map_or(Some(0), |chosen| Some(1 + options.iter().position(|one| one == chosen)?));
    use_selected(&select, index, options.len() + 1);
    html! {
        <label class="look-filter">
            <span class="visually-hidden">{ label }</span>
            <select class="field" ref={select} {onchange}>
                <option value="" selected={chosen.is_none()}>{ all }</option>
                for option in options.iter() {
                    <option key={option.clone()} value={option.clone()} selected={chosen.as_ref() == Some(option)}>{ option }</option>
                }
            </select>
        </label>
    }
}

/// Keeps the newest line in sight for whoever has not scrolled away from it.
#[hook]
pub fn use_follow(log: &NodeRef, newest: Option<(u64, String)>) {
    let at_end = use_mut_ref(|| true);
    if let Some(log) = log.cast::<web_sys::Element>() {
        *at_end.borrow_mut() = log.scroll_height() - log.scroll_top() - log.client_height() < 24;
    }
    let log = log.clone();
    use_effect_with(newest, move |_| {
        if let Some(log) = log.cast::<web_sys::Element>().filter(|_| *at_end.borrow()) {
            log.set_scroll_top(log.scroll_height());
        }
    });
}

/// Says what is new, for those who listen: at most once a second, whatever happens.
#[component]
pub fn StoryTeller(props: &Props) -> Html {
    let said = use_state_eq(String::new);
    let lab = props.lab.clone();
    let setter = said.setter();
    use_effect_with((), move |()| {
        let told = Cell::new(lab.read(last_ordinal));
        let spoke = Cell::new(f64::NEG_INFINITY);
        // A tick of a busy page comes late, and the next one in time: they say nothing of how long it was quiet.
        let interval = gloo::timers::callback::Interval::new(LISTEN_MILLIS, move || {
            let now = page_millis();
            let summary =
                if now - spoke.get() < SUMMARY_MILLIS { None } else { lab.read(|lab| summary(lab, told.get())) };
            if let Some((text, last)) = summary {
                told.set(last);
                spoke.set(now);
                setter.set(text);
            }
        });
        move || drop(interval)
    });
    html! { <p class="visually-hidden" role="status">{ &*said }</p> }
}

fn last_ordinal(lab: &Lab) -> u64 {
    lab.playground.flow().story().lines().next_back().map_or(0, |line| line.ordinal())
}

/// The newest sentence and how many came with it; a new beginning starts the count again.
fn summary(lab: &Lab, told: u64) -> Option<(String, u64)> {
    let flow = lab.playground.flow();
    let newest = flow.story().lines().next_back()?;
    let last = newest.ordinal();
    let before = if last < told { 0 } else { told };
    match last - before {
        0 => None,
        1 => Some((newest.text(), last)),
        many => Some((format!("{} and {} before.", newest.text(), words::figure(many - 1)), last)),
    }
}
