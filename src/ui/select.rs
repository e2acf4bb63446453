//! Lists to choose one thing from, kept in step with what is chosen elsewhere.
//!
//! Of an option that a person has chosen, browsers take no hint any more: its attribute says what is selected at first
//! only. So whoever draws a list whose choice may also change otherwise says it once more with [`use_selected`].

use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// Lets the list show option number `chosen` of `count`, whenever that changes.
#[hook]
pub fn use_selected(select: &NodeRef, chosen: Option<usize>, count: usize) {
    let select = select.clone();
    use_effect_with((chosen, count), move |(chosen, _)| {
        let index = chosen.and_then(|chosen| i32::try_from(chosen).ok());
        if let (Some(select), Some(index)) = (select.cast::<HtmlSelectElement>(), index)
            && select.selected_index() != index
        {
            select.set_selected_index(index);
        }
    });
}
