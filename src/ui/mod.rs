//! The screen.

pub mod flow;

/// Puts the app into the page. Natively there is no page, and it says so.
pub fn mount() {
    println!("JetStream Lab runs in a browser: cargo xtask serve");
}
