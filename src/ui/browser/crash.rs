//! When a bug panics: say so to the page, which can still offer to replay.

use wasm_bindgen::JsValue;

/// From now on a panic is told to the console and to `boot.js`, which shows the overlay.
///
/// Yew puts a hook of its own in place of any other, unless it is told of ours.
pub fn install() {
    yew::set_custom_panic_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let init = web_sys::CustomEventInit::new();
        init.set_detail(&JsValue::from_str(&info.to_string()));
        if let Ok(event) = web_sys::CustomEvent::new_with_event_init_dict("jetlab:crash", &init) {
            // The overlay is the last thing we can do; if even that fails the console has the words.
            let _ = super::window().dispatch_event(&event);
        }
    }));
}
