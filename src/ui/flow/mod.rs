//! The living picture on the screen.
//!
//! [`SceneView`] is the way in: it asks a [`FrameSource`] once per animation frame, draws labelled, focusable objects as
//! SVG when they change, and what moves on one canvas. What there is to see is decided in `crate::flow`; here are only
//! shapes, names and colours' names. No element carries a `style` attribute: the page's policy forbids it.
//! Specification: the grammar of scene objects, cell states, palette and motion.

pub mod shapes;

#[cfg(target_arch = "wasm32")]
mod badges;
#[cfg(target_arch = "wasm32")]
mod band;
#[cfg(target_arch = "wasm32")]
mod cards;
#[cfg(target_arch = "wasm32")]
mod drag;
#[cfg(target_arch = "wasm32")]
mod effects;
#[cfg(target_arch = "wasm32")]
mod figures;
#[cfg(target_arch = "wasm32")]
mod heat;
#[cfg(target_arch = "wasm32")]
mod ledger;
#[cfg(target_arch = "wasm32")]
mod life;
#[cfg(target_arch = "wasm32")]
mod motion;
#[cfg(target_arch = "wasm32")]
mod scene;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use super::browser::frames::wake;
#[cfg(target_arch = "wasm32")]
pub use cards::known as known_mark;
#[cfg(target_arch = "wasm32")]
pub use life::{LifeView, Shown};
#[cfg(target_arch = "wasm32")]
pub use motion::drawn;
#[cfg(target_arch = "wasm32")]
pub use scene::Scene;
#[cfg(target_arch = "wasm32")]
pub use view::{FrameSource, SceneView};
