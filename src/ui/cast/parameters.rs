//! What shapes a scripted actor, each parameter in a field. A change is a `lab set`.

use super::order;
use crate::map::Map;
use crate::ui::model::{LabHandle, use_lab};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub actor: String,
}

#[component]
pub fn Parameters(props: &Props) -> Html {
    let values = use_lab(&props.lab, props.actor.clone(), |lab, actor| {
        let found = lab.playground.cast().into_iter().find(|(spec, _)| spec.name() == actor);
        found.map(|(spec, _)| spec.values()).unwrap_or_default()
    });
    let failed = use_state_eq(|| None::<String>);
    // What is being typed and was not said yet: a drawing puts in what it is given.
    let typed: Typed = (*use_memo(props.actor.clone(), |_| Typed::default())).clone();
    if values.is_empty() {
        return Html::default();
    }
    html! {
        <div class="parameters">
            for value in values {
                <label key={value.flag} title={value.what}>
                    <span>{ value.flag.trim_start_matches("--") }</span>
                    if value.is_switch {
                        <input type="checkbox" checked={value.text == "on"} onchange={set_switch(props, value.flag, &failed)} />
                    } else {
                        <input class="field" type="text" autocomplete="off" spellcheck="false"
                            value={typed.borrow().get(&value.flag).cloned().unwrap_or(value.text)}
                            oninput={note(&typed, value.flag)} onchange={set_text(props, value.flag, &typed, &failed)} />
                    }
                </label>
            }
            if let Some(failed) = failed.as_ref() {
                <p class="notice notice-bad" role="alert">{ failed }</p>
            }
        </div>
    }
}

type Failed = UseStateHandle<Option<String>>;

/// By flag.
type Typed = Rc<RefCell<Map<&'static str, String>>>;

fn note(typed: &Typed, flag: &'static str) -> Callback<InputEvent> {
    let typed = typed.clone();
    Callback::from(move |event: InputEvent| {
        let input: web_sys::HtmlInputElement = event.target_unchecked_into();
        typed.borrow_mut().insert(flag, input.value());
    })
}

fn set_text(props: &Props, flag: &'static str, typed: &Typed, failed: &Failed) -> Callback<Event> {
    let typed = typed.clone();
    let change = change(props, flag, failed, |input| input.value());
    Callback::from(move |event: Event| {
        typed.borrow_mut().remove(&flag);
        change.emit(event);
    })
}

fn set_switch(props: &Props, flag: &'static str, failed: &Failed) -> Callback<Event> {
    change(props, flag, failed, |input| if input.checked() { "on".to_owned() } else { "off".to_owned() })
}

fn change(
    props: &Props,
    flag: &'static str,
    failed: &Failed,
    read: fn(&web_sys::HtmlInputElement) -> String,
) -> Callback<Event> {
    let (lab, actor, failed) = (props.lab.clone(), props.actor.clone(), failed.setter());
    Callback::from(move |event: Event| {
        let value = read(&event.target_unchecked_into());
        let words = ["set", &actor, &format!("{flag}={value}")];
        failed.set(lab.change(|lab| order(lab, &words)));
    })
}
