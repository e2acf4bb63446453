//! The ruler of a session: its moments, where we are, and what is known to come.

use crate::playground::track::{TICK_KINDS, TickKind};
use crate::ui::model::{Lab, LabHandle, use_lab};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::{Element, PointerEvent};
use yew::prelude::*;

/// Pieces of the ruler that are drawn apart.
const COLUMNS: usize = 250;
/// A pointer this near to a moment means the moment.
const SNAP: f64 = 0.012;
/// Events that Page Up and Page Down pass.
const PAGE: usize = 10;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

/// What is drawn. Equal when it looks the same.
#[derive(Clone, PartialEq)]
struct Ruler {
    columns: Columns,
    now: f64,
    /// Where the paths that were left went another way.
    forks: Vec<f64>,
    is_past: bool,
    text: String,
}

#[component]
pub fn Scrubber(props: &Props) -> Html {
    let lab = &props.lab;
    let ruler = use_lab(lab, (), |lab, ()| ruler(lab));
    let node = use_node_ref();
    let dragging = use_mut_ref(|| false);
    let go = {
        let (lab, node) = (lab.clone(), node.clone());
        Rc::new(move |event: &PointerEvent| {
            let Some(element) = node.cast::<Element>() else { return };
            let bounds = element.get_bounding_client_rect();
            let share = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
            lab.change(|lab| {
                let end = lab.playground.known_end();
                let to = if share >= 1.0 { end } else { lab.travel.history.track().snapped(share, end, SNAP) };
                lab.go_to(to);
            });
        })
    };
    let on_down = {
        let (go, dragging) = (go.clone(), dragging.clone());
        Callback::from(move |event: PointerEvent| {
            if event.button() == 0 {
                *dragging.borrow_mut() = true;
                capture(&event);
                go(&event);
            }
        })
    };
    let on_move = {
        let (go, dragging) = (go.clone(), dragging.clone());
        Callback::from(move |event: PointerEvent| {
            if *dragging.borrow() {
                go(&event);
            }
        })
    };
    let on_up = Callback::from(move |_: PointerEvent| *dragging.borrow_mut() = false);
    let on_key = {
        let lab = lab.clone();
        Callback::from(move |event: KeyboardEvent| {
            if lab.change(|lab| press(lab, &event.key())) {
                event.prevent_default();
            }
        })
    };
    html! {
        <div class={classes!("scrubber", ruler.is_past.then_some("is-past"))} id="scrubber" ref={node} role="slider"
            tabindex="0" aria-label="Moment" aria-valuemin="0" aria-valuemax="1000"
            aria-valuenow={((ruler.now * 1000.0).round() as u32).to_string()} aria-valuetext={ruler.text.clone()}
            title="Drag to any moment" onpointerdown={on_down} onpointermove={on_move} onpointerup={on_up.clone()}
            onpointercancel={on_up} onkeydown={on_key}>
            <svg class="scrubber-ticks" viewBox={format!("0 0 {COLUMNS} 20")} preserveAspectRatio="none" aria-hidden="true">
                <path class="scrubber-line" d={format!("M0 10h{COLUMNS}")} />
                for kind in TICK_KINDS {
                    <path class={tick_class(kind)} d={ticks(&ruler.columns, kind)} />
                }
            </svg>
            // Shares of the ruler's width, and round things stay round: no view box.
            <svg class="scrubber-marks" aria-hidden="true">
                <rect class="scrubber-ahead" x={percent(ruler.now)} y="0" width={percent(1.0 - ruler.now)} height="100%" />
                for place in ruler.forks.iter() {
                    <circle class="scrubber-fork" cx={percent(*place)} cy="88%" r="3" />
                }
                <line class="scrubber-now" x1={percent(ruler.now)} x2={percent(ruler.now)} y1="2%" y2="98%" />
                <circle class="scrubber-knob" cx={percent(ruler.now)} cy="50%" r="6" />
            </svg>
        </div>
    }
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

fn capture(event: &PointerEvent) {
    if let Some(target) = event.target_dyn_into::<Element>() {
        // Without it a drag that leaves the ruler ends there, nothing worse.
        let _ = target.set_pointer_capture(event.pointer_id());
    }
}

fn ruler(lab: &Lab) -> Ruler {
    let (now, end) = (lab.playground.offset(), lab.playground.known_end());
    let track = lab.travel.history.track();
    // Futures of another beginning left nothing on this ruler.
    let session = lab.playground.session();
    let begin = (session.seed, session.started);
    let here = lab.travel.history.branches().iter().filter(|of| (of.session.seed, of.session.started) == begin);
    let forks = here.map(|branch| branch.differs_at());
    Ruler {
        columns: columns(lab, end),
        now: track.share(now, end),
        forks: forks.filter(|&at| at < end).map(|at| track.share(at, end)).collect(),
        is_past: lab.is_in_the_past(),
        text: in_words(lab, now),
    }
}

type Columns = Rc<Vec<Option<TickKind>>>;

thread_local! {
    static DRAWN: RefCell<Option<(usize, u32, Columns)>> = const { RefCell::new(None) };
}

/// The columns drawn last, unless that would be seen: folding a long session together is work.
fn columns(lab: &Lab, end: u64) -> Columns {
    let track = lab.travel.history.track();
    let last = track.ticks().last().map_or(0, |tick| tick.at);
    // Where the last moment stands says how much everything has been pushed together.
    let key = (track.ticks().len(), (track.share(last, end) * 2000.0) as u32);
    DRAWN.with_borrow_mut(|drawn| match drawn {
        Some((count, place, columns)) if (*count, *place) == key => columns.clone(),
        _ => {
            let columns = Rc::new(track.columns(end, COLUMNS));
            *drawn = Some((key.0, key.1, columns.clone()));
            columns
        }
    })
}

fn in_words(lab: &Lab, now: u64) -> String {
    let ticks = lab.travel.history.track().ticks();
    let place = ticks.partition_point(|tick| tick.at <= now);
    let clock = super::super::time_bar::clock_text(lab.playground.now());
    format!("{clock}, after event {place} of {}", ticks.len())
}

fn ticks(columns: &[Option<TickKind>], kind: TickKind) -> String {
    let half = match kind {
        TickKind::Told => 3,
        TickKind::Stored => 5,
        TickKind::Done | TickKind::Trouble => 8,
    };
    let mut path = String::new();
    for (index, _) in columns.iter().enumerate().filter(|(_, column)| **column == Some(kind)) {
        path.push_str(&format!("M{index}.5 {}v{}", 10 - half, 2 * half));
    }
    path
}

fn tick_class(kind: TickKind) -> &'static str {
    match kind {
        TickKind::Told => "tick-told",
        TickKind::Stored => "tick-stored",
        TickKind::Done => "tick-done",
        TickKind::Trouble => "tick-trouble",
    }
}

fn press(lab: &mut Lab, key: &str) -> bool {
    match key {
        "ArrowLeft" | "ArrowDown" => lab.back(),
        "ArrowRight" | "ArrowUp" => lab.step(),
        "PageDown" => page(lab, false),
        "PageUp" => page(lab, true),
        "Home" => lab.go_to(0),
        "End" => lab.go_to_newest(),
        _ => return false,
    }
    true
}

fn page(lab: &mut Lab, forward: bool) {
    let (now, track) = (lab.heading_or_here(), lab.travel.history.track());
    let next = |at: u64| if forward { track.after(at) } else { track.before(at) };
    let to = (0..PAGE).try_fold(now, |at, _| next(at).ok_or(at)).unwrap_or_else(|at| at);
    lab.go_to(to);
}
