//! What is shown of sharing: a link to copy, a file to save or open, and what somebody else's session will run.

use super::super::browser::window;
use super::super::dialog::use_over;
use super::super::model::{LabHandle, use_lab};
use super::{Shared, link};
use crate::lessons::Entry;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

/// A session as a file may be long, but not without end.
const LONGEST_FILE: f64 = 64e6;

#[derive(Properties, PartialEq)]
pub struct ShareProps {
    pub lab: LabHandle,
    pub on_close: Callback<()>,
    /// Streams and buckets alone, without what was done, are wanted.
    pub on_home: Callback<()>,
}

/// A link or a file for the session as it is.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let close = use_node_ref();
    use_focus_at_first(close.clone());
    let made = use_state(|| None::<Result<String, String>>);
    let copied = use_state_eq(|| false);
    {
        let (lab, made) = (props.lab.clone(), made.setter());
        use_effect_with((), move |()| spawn_local(async move { made.set(Some(link(&lab).await)) }));
    }
    let copy = {
        let (made, copied) = (made.clone(), copied.setter());
        Callback::from(move |_: MouseEvent| {
            let Some(Ok(link)) = (*made).clone() else { return };
            let copied = copied.clone();
            spawn_local(async move {
                copied.set(self::copied(&link).await);
            });
        })
    };
    let save = {
        let lab = props.lab.clone();
        Callback::from(move |_: MouseEvent| {
            let json = lab.read(|lab| Shared::of(lab).to_json());
            if let Err(error) = save_file("jetstream-lab-session.json", "application/json", &json) {
                lab.change(|lab| lab.trouble = Some(format!("The file could not be saved: {error:?}")));
            }
        })
    };
    let open = {
        let (lab, on_close) = (props.lab.clone(), props.on_close.clone());
        Callback::from(move |event: Event| {
            let input: web_sys::HtmlInputElement = event.target_unchecked_into();
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            let (lab, on_close) = (lab.clone(), on_close.clone());
            spawn_local(async move {
                let read = read_file(file).await;
                lab.change(|lab| match read {
                    Ok(shared) => lab.shared = Some(shared),
                    Err(error) => lab.trouble = Some(error),
                });
                on_close.emit(());
            });
        })
    };
    let frame = use_node_ref();
    let on_key = use_over(frame.clone(), props.on_close.clone());
    html! {
        <div class="overlay" role="dialog" aria-modal="true" aria-labelledby="share-title" onkeydown={on_key} ref={frame}>
            <div class="dialog panel shared">
                <h2 id="share-title">{ "Share this session" }</h2>
                <p>{ "Everything that was typed here, so that it runs again elsewhere, message by message. It is all in the \
                      link itself; no server keeps it." }</p>
                { match &*made {
                    Some(Ok(link)) => html! {
                        <div class="row">
                            <input class="field shared-link" id="share-link" readonly=true value={link.clone()} aria-label="The link" />
                            <button class="button button-primary" id="share-copy" onclick={copy}>
                                { if *copied { "Copied" } else { "Copy the link" } }
                            </button>
                        </div>
                    },
                    Some(Err(error)) => html! { <p class="notice">{ sentence(error) }</p> },
                    None => html! { <p>{ "The link is being made." }</p> },
                } }
                <div class="row">
                    <button class="button" id="share-save" onclick={save}>{ "Save as a file" }</button>
                    <label class="button">
                        { "Open a file" }
                        <input class="visually-hidden" id="share-open" type="file" accept=".json,application/json" onchange={open} />
                    </label>
                    <button class="button" id="share-home" onclick={props.on_home.reform(|_| ())}>{ "Take streams home…" }</button>
                    <button class="button button-quiet" ref={close} onclick={props.on_close.reform(|_| ())}>{ "Close" }</button>
                </div>
            </div>
        </div>
    }
}

fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// Puts the text where it can be pasted from; `false` when the browser does not let it.
pub async fn copied(text: &str) -> bool {
    JsFuture::from(window().navigator().clipboard().write_text(text)).await.is_ok()
}

/// Gives the text to the browser as a file to be saved.
pub fn save_file(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let document = window().document().ok_or(JsValue::NULL)?;
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let anchor: web_sys::HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    web_sys::Url::revoke_object_url(&url)
}

/// The text of a file that a person chose.
///
/// Errors: it is longer than `longest` bytes, or cannot be read.
pub async fn read_text(file: web_sys::File, longest: f64) -> Result<String, String> {
    if file.size() > longest {
        return Err(format!("{} is too large to be one of ours", file.name()));
    }
    let text = JsFuture::from(file.text()).await.map_err(|_| format!("{} cannot be read", file.name()))?;
    Ok(text.as_string().unwrap_or_default())
}

async fn read_file(file: web_sys::File) -> Result<Shared, String> {
    let name = file.name();
    let text = read_text(file, LONGEST_FILE).await?;
    Shared::from_json(&text).map_err(|error| format!("{name}: {error}"))
}

#[derive(Properties, PartialEq)]
pub struct PreviewProps {
    pub lab: LabHandle,
    pub shared: Shared,
    pub on_play: Callback<()>,
    pub on_leave: Callback<()>,
}

/// What somebody else did, before it runs.
#[component]
pub fn Preview(props: &PreviewProps) -> Html {
    let play = use_node_ref();
    use_focus_at_first(play.clone());
    let frame = use_node_ref();
    let on_key = use_over(frame.clone(), props.on_leave.clone());
    let lines = props.shared.lines();
    let count = lines.len();
    let lesson = use_lab(&props.lab, props.shared.lesson.clone(), |lab, lesson| {
        let id = lesson.as_ref()?;
        let entry = |kind: &'static str, list: &[Entry]| {
            let entry = list.iter().find(|entry| entry.id == *id)?;
            Some(format!(" in the {kind} “{}”", entry.title))
        };
        let known = entry("lesson", &lab.course).or_else(|| entry("scene", &lab.gallery));
        Some(known.unwrap_or_else(|| format!(" in “{id}”")))
    });
    let lesson = lesson.unwrap_or_default();
    let lines_said = if count == 1 { "1 line" } else { &*format!("{count} lines") };
    html! {
        <div class="overlay" role="dialog" aria-modal="true" aria-labelledby="shared-title" onkeydown={on_key} ref={frame}>
            <div class="dialog panel shared">
                <h2 id="shared-title">{ "A session was shared with you" }</h2>
                <p>{ format!("It holds {lines_said}{lesson}. It would run again here, on a server of your own in this \
                              page, and then time stands still. What you have here now is put away.") }</p>
                <pre class="console" tabindex="0">{ lines.join("\n") }</pre>
                <div class="row">
                    <button class="button button-primary" id="shared-play" ref={play} onclick={props.on_play.reform(|_| ())}>
                        { "Run it again here" }
                    </button>
                    <button class="button button-quiet" id="shared-leave" onclick={props.on_leave.reform(|_| ())}>
                        { "Not now" }
                    </button>
                </div>
            </div>
        </div>
    }
}

#[hook]
fn use_focus_at_first(element: NodeRef) {
    use_effect_with((), move |()| {
        if let Some(element) = element.cast::<web_sys::HtmlElement>() {
            // Without the focus it can still be pressed.
            let _ = element.focus();
        }
    });
}
