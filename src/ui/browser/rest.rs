//! The half of the program that comes later, see `xtask/src/split.rs`; `boot.js` fetches it.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Tells the page what the rest will share with this half. The answer is whether it must be here at once.
    #[wasm_bindgen(js_namespace = ["window", "jetlabRest"], js_name = "begin")]
    fn begin_rest(exports: &JsValue) -> bool;

    /// Comes back when the rest is here. The stubs that the split leaves call it.
    #[wasm_bindgen(js_namespace = ["window", "jetlabRest"], js_name = "bring")]
    fn bring();
}

/// To be called before anything else.
pub fn begin() {
    if begin_rest(&wasm_bindgen::exports()) {
        bring();
    }
}
