//! Settings: theme, motion, single keys, panes; and what was learned, out and in.

use super::browser::storage::{self, Keep};
use super::dialog::Dialog;
use super::learned::Learned;
use super::model::LabHandle;
use super::panes::Panes;
use yew::prelude::*;

const THEME_KEY: &str = "jetlab.theme";
const MOTION_KEY: &str = "jetlab.motion";

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub single_keys: bool,
    pub on_single_keys: Callback<bool>,
    pub on_close: Callback<()>,
}

/// The two things that are set as an attribute of the page, so that style sheets can follow: name, key, values.
struct Attribute {
    name: &'static str,
    key: &'static str,
    choices: &'static [(&'static str, &'static str)],
}

const THEME: Attribute = Attribute {
    name: "data-theme",
    key: THEME_KEY,
    choices: &[("", "As the system has it"), ("light", "Light"), ("dark", "Dark")],
};
const MOTION: Attribute = Attribute {
    name: "data-motion",
    key: MOTION_KEY,
    choices: &[("", "As the system has it"), ("reduced", "Reduced: nothing travels, timers are numbers")],
};

impl Attribute {
    fn chosen(&self) -> String {
        storage::read(Keep::Always, self.key).unwrap_or_default()
    }

    fn choose(&self, value: &str) {
        storage::write(Keep::Always, self.key, value);
        self.apply(value);
    }

    fn apply(&self, value: &str) {
        let Some(root) = super::browser::window().document().and_then(|document| document.document_element()) else {
            return;
        };
        // An attribute with a plain name can always be set.
        let _ = if value.is_empty() { root.remove_attribute(self.name) } else { root.set_attribute(self.name, value) };
    }
}

/// Lets the page look as it was chosen at an earlier visit.
pub fn take_up() {
    for attribute in [THEME, MOTION] {
        let chosen = attribute.chosen();
        // Where nothing was chosen, the page around may have its own wish.
        if !chosen.is_empty() {
            attribute.apply(&chosen);
        }
    }
}

/// Whether nothing should travel, by choice or by the system's setting.
pub fn is_still() -> bool {
    // As style sheets see it: chosen here, or by the page around.
    let root = super::browser::window().document().and_then(|document| document.document_element());
    match root.and_then(|root| root.get_attribute(MOTION.name)).as_deref() {
        Some("reduced") => true,
        _ => {
            let query = super::browser::window().match_media("(prefers-reduced-motion: reduce)");
            query.ok().flatten().is_some_and(|query| query.matches())
        }
    }
}

/// From light to dark and back.
pub fn switch_theme() {
    let system_dark = super::browser::window().match_media("(prefers-color-scheme: dark)");
    let dark = match THEME.chosen().as_str() {
        "dark" => true,
        "light" => false,
        _ => system_dark.ok().flatten().is_some_and(|query| query.matches()),
    };
    THEME.choose(if dark { "light" } else { "dark" });
}

#[component]
pub fn Settings(props: &Props) -> Html {
    let set_keys = {
        props.on_single_keys.reform(|event: Event| event.target_unchecked_into::<web_sys::HtmlInputElement>().checked())
    };
    // Time does not run for who wants nothing to move, until they say so.
    let stand_still = {
        let lab = props.lab.clone();
        Callback::from(move |()| lab.change(|lab| lab.pace.playing &= !is_still()))
    };
    let panes_back = {
        let lab = props.lab.clone();
        Callback::from(move |_: MouseEvent| {
            lab.change(|lab| lab.set_panes(Panes::default().with_open(lab.panes.open)));
        })
    };
    html! {
        <Dialog title="Settings" on_close={props.on_close.clone()}>
            <Choice attribute={0} legend="Colours" />
            <Choice attribute={1} legend="Motion" on_choice={stand_still} />
            <fieldset class="setting">
                <legend>{ "Keys" }</legend>
                <label class="setting-option">
                    <input type="checkbox" checked={props.single_keys} onchange={set_keys} />
                    { " Single keys work while nothing is being typed" }
                </label>
            </fieldset>
            <Learned lab={props.lab.clone()} />
            <div class="row">
                <button class="button" onclick={panes_back}>{ "Panes as they were at first" }</button>
            </div>
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct ChoiceProps {
    /// Which of the two.
    attribute: usize,
    legend: &'static str,
    #[prop_or_default]
    on_choice: Callback<()>,
}

#[component]
fn Choice(props: &ChoiceProps) -> Html {
    let attribute = if props.attribute == 0 { &THEME } else { &MOTION };
    let chosen = use_state_eq(|| attribute.chosen());
    html! {
        <fieldset class="setting">
            <legend>{ props.legend }</legend>
            for (value, label) in attribute.choices.iter() {
                <label class="setting-option" key={*value}>
                    <input type="radio" name={attribute.name} checked={*chosen == *value} onchange={
                        let (chosen, on_choice) = (chosen.setter(), props.on_choice.clone());
                        Callback::from(move |_: Event| {
                            attribute.choose(value);
                            chosen.set((*value).to_owned());
                            on_choice.emit(());
                        })
                    } />
                    { " " }{ *label }
                </label>
            }
        </fieldset>
    }
}
