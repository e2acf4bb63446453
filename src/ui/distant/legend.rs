//! What the marks in the corners of cells mean, below a picture whose server is not in the page.

use crate::flow::words::WAYS_OF_KNOWING;
use crate::ui::flow::known_mark;
use crate::ui::model::{LabHandle, use_lab};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn Legend(props: &Props) -> Html {
    let is_far = use_lab(&props.lab, (), |lab, ()| lab.is_far_away());
    if !is_far {
        return Html::default();
    }
    html! {
        <dl class="known-legend" aria-label="How the picture knows">
            { for WAYS_OF_KNOWING.iter().map(|(how, word, meaning)| html! {
                <div key={*word} title={*meaning}>
                    <dt>
                        <svg viewBox="12 12 10 10" aria-hidden="true">{ known_mark(*how) }</svg>
                        { *word }
                    </dt>
                    <dd>{ *meaning }</dd>
                </div>
            }) }
            <div><dt><span aria-hidden="true">{ "?" }</span>{ " not known" }</dt><dd>{ "nobody here saw it" }</dd></div>
        </dl>
    }
}
