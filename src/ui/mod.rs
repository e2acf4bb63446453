//! The screen: Yew components over the playground, nothing that means anything.
//!
//! What is shown is read from a [`model`] that owns the playground and the clock's pace; what is done goes back into it
//! as inputs. `state` holds what is only the screen's and is tested natively; everything else is built for the page
//! alone. The way in is [`mount`].

pub mod flow;
pub mod route;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod door;
#[cfg(target_arch = "wasm32")]
mod lesson;
#[cfg(target_arch = "wasm32")]
mod model;
#[cfg(target_arch = "wasm32")]
mod scene_pane;
#[cfg(target_arch = "wasm32")]
mod terminal;
#[cfg(target_arch = "wasm32")]
mod time_bar;
#[cfg(target_arch = "wasm32")]
mod top_bar;

/// Puts the app into the page.
#[cfg(target_arch = "wasm32")]
pub fn mount() {
    browser::crash::install();
    app::mount();
}

/// There is no page here, and it says so.
#[cfg(not(target_arch = "wasm32"))]
pub fn mount() {
    println!("JetStream Lab runs in a browser: cargo xtask serve");
}
