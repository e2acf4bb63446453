//! The pane beside the terminals: inspector, wire, story; and the rail that opens them.

use super::chat::{self, ChatPane};
use super::inspector::Inspector;
use super::model::{LabHandle, use_lab};
use super::panes::Look;
use super::story::StoryPane;
use super::time_bar::icon;
use super::wire::WirePane;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn LookPane(props: &Props) -> Html {
    let lab = &props.lab;
    let has_chat = use_lab(lab, (), |lab, ()| chat::is_wanted(lab));
    let open = use_lab(lab, (), |lab, ()| lab.panes.open);
    let beginnings = use_lab(lab, (), |lab, ()| lab.beginnings);
    let selected = use_lab(lab, (), |lab, ()| lab.selected.clone());
    use_effect_with((selected, open), |_| wasm_bindgen_futures::spawn_local(bring_into_sight()));
    let close = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.show(None))
    };
    let body = open.map(|look| match look {
        Look::Inspector => html! { <Inspector key={beginnings} lab={lab.clone()} /> },
        Look::Wire => html! { <WirePane key={beginnings} lab={lab.clone()} /> },
        Look::Story => html! { <StoryPane key={beginnings} lab={lab.clone()} /> },
        Look::Chat => html! { <ChatPane key={beginnings} lab={lab.clone()} /> },
    });
    html! {
        <section class={classes!("app-look", "panel", open.is_some().then_some("is-open"))} aria-label="A closer look">
            <div class="look-rail" role="group" aria-label="Panes">
                { for Look::ALL.iter().filter(|look| has_chat || **look != Look::Chat).map(|look| button(lab, *look, open)) }
                if open.is_some() {
                    <button class="look-button look-close" aria-label="Close this pane" title="Close" onclick={close}>
                        { icon("M6 6l12 12M18 6L6 18") }
                    </button>
                }
            </div>
            if let Some(body) = body {
                <div class="look-pane" id="look">{ body }</div>
            }
        </section>
    }
}

/// What is selected stays in sight when a pane takes room from the scene.
async fn bring_into_sight() {
    crate::ui::door::next_frame().await;
    crate::ui::door::next_frame().await;
    let document = crate::ui::browser::window().document();
    let scene = document.as_ref().and_then(|document| document.query_selector(".scene-scroll").ok().flatten());
    let chosen = document.and_then(|document| document.query_selector(".scene .selected").ok().flatten());
    let (Some(scene), Some(chosen)) = (scene, chosen) else { return };
    let (room, place) = (scene.get_bounding_client_rect(), chosen.get_bounding_client_rect());
    if place.bottom() > room.bottom() || place.top() < room.top() {
        let middle = (place.top() + place.bottom() - room.top() - room.bottom()) / 2.0;
        scene.set_scroll_top(scene.scroll_top() + middle as i32);
    }
}

fn button(lab: &LabHandle, look: Look, open: Option<Look>) -> Html {
    let (path, key) = match look {
        Look::Chat => ("M4 5h16v11H9l-5 4z", ""),
        Look::Inspector => ("M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l4.5 4.5", "I"),
        Look::Wire => ("M3 8h13M12 4l4 4-4 4M21 16H8M12 12l-4 4 4 4", "L"),
        Look::Story => ("M5 5h14M5 10h14M5 15h14M5 20h8", "S"),
    };
    let pressed = if open == Some(look) { "true" } else { "false" };
    let lab = lab.clone();
    let onclick = Callback::from(move |_: MouseEvent| lab.change(|lab| lab.set_panes(lab.panes.toggled(look))));
    html! {
        <button class="look-button" id={format!("look-{}", look.title().to_ascii_lowercase())} aria-pressed={pressed}
            title={if key.is_empty() { look.title().to_owned() } else { format!("{} ({key})", look.title()) }} {onclick}>
            { icon(path) }<span>{ look.title() }</span>
        </button>
    }
}
