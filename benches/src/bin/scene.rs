//! The picture alone in a page, with a scripted flow: `tests/browser/load.test.mjs` says how much, and measures.

fn main() {
    #[cfg(not(target_arch = "wasm32"))]
    println!("this one is for the browser: cargo xtask load");
}

#[cfg(target_arch = "wasm32")]
mod door {
    use jetlab::flow::{Time, Viewer};
    use jetlab::ui::flow::{FrameSource, SceneView};
    use jetlab_benches::rush::Rush;
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;
    use wasm_bindgen::prelude::wasm_bindgen;
    use yew::prelude::*;

    thread_local! {
        static RUSH: RefCell<Rush> = RefCell::new(Rush::new());
        /// Displayed time since the last frame.
        static ELAPSED: RefCell<Duration> = const { RefCell::new(Duration::ZERO) };
    }

    /// Puts the picture into the page.
    #[wasm_bindgen]
    pub fn mount() {
        let host = web_sys::window().and_then(|window| window.document()).and_then(|d| d.get_element_by_id("app"));
        let host = host.expect("the page of the test has a place for it");
        yew::Renderer::<Picture>::with_root(host).render();
    }

    /// Tells what happens at `rate` messages a second in so many milliseconds; how many messages that was.
    #[wasm_bindgen]
    pub fn feed(rate: u32, millis: f64) -> f64 {
        let elapsed = Duration::from_secs_f64(millis / 1e3);
        ELAPSED.with_borrow_mut(|all| *all += elapsed);
        let told = RUSH.with_borrow_mut(|rush| rush.go_on(u64::from(rate), elapsed));
        if told > 0 {
            jetlab::ui::flow::wake();
        }
        told as f64
    }

    /// How many shapes the last frame drew on the canvas.
    #[wasm_bindgen]
    pub fn drawn() -> f64 {
        jetlab::ui::flow::drawn() as f64
    }

    /// How many steps the picture was told so far.
    #[wasm_bindgen]
    pub fn steps() -> f64 {
        RUSH.with_borrow(|rush| rush.flow.revision()) as f64
    }

    #[component]
    fn Picture() -> Html {
        let source = use_memo((), |()| {
            let viewer = RefCell::new(Viewer::default());
            FrameSource(Rc::new(move || {
                let elapsed = ELAPSED.with_borrow_mut(std::mem::take);
                Some(RUSH.with_borrow(|rush| viewer.borrow_mut().look(&rush.flow, rush.now, elapsed, Time::Runs)))
            }))
        });
        html! { <SceneView source={(*source).clone()} on_select={Callback::noop()} /> }
    }
}
