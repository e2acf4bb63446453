//! Where one is in the lesson: in sight wherever the lesson itself may be.

use super::lesson::next_lesson;
use super::model::{Lab, LabHandle, use_lab};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    /// The milestone to be shown in the lesson.
    pub on_show: Callback<String>,
}

#[derive(Clone, PartialEq)]
struct Standing {
    reached: Vec<bool>,
    /// Title of the milestone that was reached last.
    latest: Option<String>,
    /// Id and title of the one to reach now.
    next: Option<(String, String)>,
    /// How many milestones were reached in all lessons: the more, the shorter the glow.
    ever: u64,
    /// Title and address of the next lesson.
    onward: Option<(String, String)>,
}

#[component]
pub fn Goal(props: &Props) -> Html {
    let Some(standing) = use_lab(&props.lab, (), |lab, ()| standing(lab)) else { return Html::default() };
    let done = standing.reached.iter().filter(|reached| **reached).count();
    let all = standing.reached.len();
    let said = match (&standing.latest, &standing.next) {
        (Some(latest), Some((_, next))) => format!("Reached: {latest}. Next: {next}"),
        (Some(latest), None) => format!("Reached: {latest}. All {all} milestones are reached"),
        _ => String::new(),
    };
    let shown = match &standing.next {
        Some((_, title)) => title.clone(),
        None => "All reached".to_owned(),
    };
    let onward = standing.onward.filter(|_| standing.next.is_none());
    let show = {
        let (on_show, id) = (props.on_show.clone(), standing.next.map(|(id, _)| id));
        Callback::from(move |_: MouseEvent| on_show.emit(id.clone().unwrap_or_default()))
    };
    html! {
        <div class="app-goal">
            <button class="goal panel" onclick={show} title="Show it in the lesson">
                // A new element each time, so that its short glow begins again.
                <span key={done} class={classes!("goal-glow", standing.latest.is_some().then_some(glow(standing.ever)))}></span>
                <span class="goal-marks" aria-hidden="true">
                    { for standing.reached.iter().map(|reached| html! { <i class={classes!(reached.then_some("is-reached"))}></i> }) }
                </span>
                <span class="goal-count">{ format!("{done} of {all}") }</span>
                <span class="goal-title">{ shown }</span>
            </button>
            if let Some((title, href)) = onward {
                <a class="button button-primary goal-next" {href} {title}>{ "Next lesson" }</a>
            }
            <p class="visually-hidden" role="status">{ said }</p>
        </div>
    }
}

fn glow(ever: u64) -> &'static str {
    match ever {
        0..=3 => "is-fresh",
        4..=9 => "is-fresh is-short",
        _ => "is-fresh is-shorter",
    }
}

fn standing(lab: &Lab) -> Option<Standing> {
    let lesson = lab.lesson.as_ref()?;
    let has = |id: &str| lab.progress.has(&lesson.id, id);
    let title = |id: &String| lesson.milestones.iter().find(|one| one.id == *id).map(|one| one.title.clone());
    Some(Standing {
        reached: lesson.milestones.iter().map(|milestone| has(&milestone.id)).collect(),
        ever: lab.progress.milestones(),
        latest: lab.latest.as_ref().and_then(title),
        next: lesson.milestones.iter().find(|one| !has(&one.id)).map(|one| (one.id.clone(), one.title.clone())),
        onward: next_lesson(lab),
    })
}
