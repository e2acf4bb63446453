//! The screen: Yew components over the playground, nothing that means anything.
//!
//! What is shown is read from a [`model`] that owns the playground and the clock's pace; what is done goes back into it
//! as inputs. `state` holds what is only the screen's and is tested natively; everything else is built for the page
//! alone. The way in is [`mount`].

pub mod draft;
pub mod flow;
pub mod keys;
pub mod panes;
pub mod queue;
pub mod route;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod cast;
#[cfg(target_arch = "wasm32")]
mod chat;
#[cfg(target_arch = "wasm32")]
mod dialog;
#[cfg(target_arch = "wasm32")]
mod distant;
#[cfg(target_arch = "wasm32")]
mod door;
#[cfg(target_arch = "wasm32")]
mod embed;
#[cfg(target_arch = "wasm32")]
mod entry;
#[cfg(target_arch = "wasm32")]
mod far;
#[cfg(target_arch = "wasm32")]
mod goal;
#[cfg(target_arch = "wasm32")]
mod help;
#[cfg(target_arch = "wasm32")]
mod inspector;
#[cfg(target_arch = "wasm32")]
mod learned;
#[cfg(target_arch = "wasm32")]
mod lesson;
#[cfg(target_arch = "wasm32")]
mod look;
#[cfg(target_arch = "wasm32")]
mod model;
#[cfg(target_arch = "wasm32")]
mod scene_pane;
#[cfg(target_arch = "wasm32")]
mod select;
#[cfg(target_arch = "wasm32")]
mod settings;
#[cfg(target_arch = "wasm32")]
mod share;
#[cfg(target_arch = "wasm32")]
mod splitter;
#[cfg(target_arch = "wasm32")]
mod story;
#[cfg(target_arch = "wasm32")]
mod take_home;
#[cfg(target_arch = "wasm32")]
mod terminal;
#[cfg(target_arch = "wasm32")]
mod time;
#[cfg(target_arch = "wasm32")]
mod time_bar;
#[cfg(target_arch = "wasm32")]
mod together;
#[cfg(target_arch = "wasm32")]
mod top_bar;
#[cfg(target_arch = "wasm32")]
mod undo;
#[cfg(target_arch = "wasm32")]
mod wire;
#[cfg(target_arch = "wasm32")]
mod wires;

/// Puts the app into the page.
#[cfg(target_arch = "wasm32")]
pub fn mount() {
    browser::rest::begin();
    browser::crash::install();
    app::mount();
}

/// There is no page here, and it says so.
#[cfg(not(target_arch = "wasm32"))]
pub fn mount() {
    println!("JetStream Lab runs in a browser: cargo xtask serve");
}

/// A command whose line breaks fall between words only, not at the hyphens of its flags.
#[cfg(target_arch = "wasm32")]
fn words(command: &str) -> yew::Html {
    let word = |word: &str| yew::html! { <span class="word">{ word }</span> };
    let spaced = command.split(' ').enumerate().map(|(index, text)| {
        yew::html! { <>{ if index > 0 { " " } else { "" } }{ word(text) }</> }
    });
    spaced.collect()
}
