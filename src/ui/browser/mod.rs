//! What the browser offers, each behind the smallest door: storage that may be denied, frames, files, the crash note.

pub mod crash;
pub mod fetch;
pub mod frames;
pub mod rest;
pub mod socket;
pub mod storage;

/// The page's window.
pub fn window() -> web_sys::Window {
    web_sys::window().expect("this runs in a page")
}

/// Milliseconds since the Unix epoch, as the page's machine says.
pub fn unix_millis() -> f64 {
    js_sys::Date::now()
}

/// Milliseconds since the page was opened, for measuring.
pub fn page_millis() -> f64 {
    thread_local! {
        // Asked for many times a frame.
        static CLOCK: Option<web_sys::Performance> = window().performance();
    }
    CLOCK.with(|clock| clock.as_ref().map_or(0.0, web_sys::Performance::now))
}
