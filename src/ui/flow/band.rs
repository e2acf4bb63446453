//! Actors, tracks, brackets and the server.

use super::cards::refused;
use super::scene::pick;
use super::shapes;
use crate::flow::layout::{
    ActorBox, BracketLine, DIE, FINGER, Form, Layout, MoreBrackets, Rect, Spot, TrackLine, px, server_target,
};
use crate::flow::scene::{Actor, SceneModel, Selection, Track, TrackKind, Turn};
use crate::flow::step::LinkState;
use crate::flow::words;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, Properties)]
pub struct WiresProps {
    pub model: Rc<SceneModel>,
    pub layout: Rc<Layout>,
    pub selected: Option<Selection>,
    pub on_select: Callback<Selection>,
    /// Opens and closes the system track.
    pub on_system: Callback<()>,
}

impl PartialEq for WiresProps {
    fn eq(&self, other: &WiresProps) -> bool {
        let (a, b) = (&self.model, &other.model);
        (&a.actors, &a.tracks, &a.brackets, &a.server, a.system_open)
            == (&b.actors, &b.tracks, &b.brackets, &b.server, b.system_open)
            && self.layout.width == other.layout.width
            && (&self.layout.actors, &self.layout.tracks) == (&other.layout.actors, &other.layout.tracks)
            && self.selected == other.selected
            && self.on_select == other.on_select
            && self.on_system == other.on_system
    }
}

#[component]
pub fn Wires(props: &WiresProps) -> Html {
    let WiresProps { model, layout, .. } = props;
    let bus = (layout.form == Form::Wide).then(|| bus(layout)).flatten();
    let tracks = model.tracks.iter().zip(&layout.tracks).enumerate().filter(|(_, (_, line))| !line.hidden);
    let tracks = tracks.map(|(index, (track, line))| track_line(props, index, track, line));
    let switches = layout.tracks.iter().filter_map(|line| switch(props, line.switch?));
    let brackets = layout.brackets.iter().map(|line| bracket_line(model, line));
    let actors = model.actors.iter().zip(&layout.actors).enumerate();
    let actors = actors.map(|(index, (actor, place))| actor_tag(props, index, actor, place));
    html! {
        <g class="band">
            <g class="links">
                { for layout.actors.iter().zip(&model.actors).map(|(place, actor)| link(place, actor)) }
                { for bus }
            </g>
            <g class="tracks">{ for tracks }</g>
            <g class="switches">{ for switches }</g>
            <g class="brackets">{ for brackets }{ for layout.more_brackets.as_ref().map(|more| more_brackets(model, more)) }</g>
            <g class="hub">{ server(props) }</g>
            <g class="zeros">{ for model.zeros().filter_map(|index| Some(zero(&model.tracks[index], layout.tracks.get(index)?))) }</g>
            <g class="refusals">{ for refusal(props) }</g>
            <g class="actors">{ for actors }</g>
            <g class="exemplars">{ for model.actors.iter().zip(&layout.actors).filter_map(|(a, place)| exemplar(props, a, place)) }</g>
        </g>
    }
}

/// The line on which left connections and tracks meet.
fn bus(layout: &Layout) -> Option<Html> {
    let ys = layout.tracks.iter().map(|track| track.from.1);
    let ys = ys.chain(layout.actors.iter().filter(|actor| actor.left).map(|actor| actor.port.1));
    let (top, bottom) = ys.fold((f64::MAX, f64::MIN), |(top, bottom), y| (top.min(y), bottom.max(y)));
    let x = px(layout.tracks.first()?.from.0);
    Some(html! { <path key="bus" class="link" d={format!("M{x} {}V{}", px(top), px(bottom))} /> })
}

fn link(place: &ActorBox, actor: &Actor) -> Html {
    let class = classes!("link", link_class(actor.state));
    html! { <path key={actor.name.clone()} {class} d={place.link.d()} /> }
}

fn link_class(state: LinkState) -> &'static str {
    match state {
        LinkState::Connected => "link-connected",
        LinkState::Connecting => "link-connecting",
        LinkState::Broken => "link-broken",
        LinkState::Killed | LinkState::Closed => "link-closed",
    }
}

fn actor_tag(props: &WiresProps, index: usize, actor: &Actor, place: &ActorBox) -> Html {
    let selection = Selection::Actor(actor.name.clone());
    let selected = props.selected.as_ref() == Some(&selection);
    let (onclick, onkeydown) = pick(&props.on_select, selection);
    let tag = place.tag;
    let ring = if place.left { tag.right() - 18.0 } else { tag.x + 18.0 };
    let text = place.text_x();
    let class = classes!("tag", link_class(actor.state), selected.then_some("selected"));
    html! {
        <g key={actor.name.clone()} {class} role="button" tabindex="0" aria-label={words::actor(actor)} {onclick} {onkeydown}>
            <title>{ words::actor(actor) }</title>
            <rect class="tag-box" x={px(tag.x)} y={px(tag.y)} width={px(tag.width)} height={px(tag.height)} rx="8" />
            <circle class="ring" cx={px(ring)} cy={px(tag.center().y)} r="6" />
            <text class="name" x={px(text)} y={px(tag.y + 20.0)}>{ &place.name }</text>
            <text class="figure" data-figure={Spot::Actor(index).to_string()} x={px(text)} y={px(tag.y + 36.0)}>{ &place.figures }</text>
        </g>
    }
}

/// A real message that stands for the many that are not drawn.
fn exemplar(props: &WiresProps, actor: &Actor, place: &ActorBox) -> Option<Html> {
    let busy = actor.busy.as_ref()?;
    let message = busy.exemplar?;
    let (onclick, onkeydown) = pick(&props.on_select, Selection::Published(message));
    let rates = actor.rates().map(|busy| format!(": {}", words::busy(busy))).unwrap_or_default();
    let label = format!("One of {}'s messages{rates}", actor.name);
    let (x, y) = place.port;
    Some(html! {
        <g key={actor.name.clone()} class="exemplar step" role="button" tabindex="0" aria-label={label.clone()} {onclick} {onkeydown}>
            <title>{ label }</title>
            <circle class="target" cx={px(x)} cy={px(y)} r={px(FINGER / 2.0)} />
            <circle class="exemplar-ring" cx={px(x)} cy={px(y)} r="6.5" />
        </g>
    })
}

fn track_line(props: &WiresProps, index: usize, track: &Track, line: &TrackLine) -> Html {
    let selection = Selection::Track(track.label.clone());
    let selected = props.selected.as_ref() == Some(&selection);
    let (onclick, onkeydown) = pick(&props.on_select, selection);
    let kind = match track.kind {
        TrackKind::Subject => "",
        TrackKind::Awaited => "track-awaited",
        TrackKind::Folded(_) => "track-folded",
        TrackKind::System | TrackKind::SystemPart => "track-system",
    };
    let class = classes!("track", kind, selected.then_some("selected"));
    let d = format!("M{} {}H{}", px(line.from.0), px(line.from.1), px(line.to.0));
    html! {
        <g key={track.label.clone()} {class} role="button" tabindex="0" aria-label={words::track(track)} {onclick} {onkeydown}>
            <title>{ words::track(track) }</title>
            <path class="track-hit" d={d.clone()} />
            <path class="track-line" {d} />
            <text class="subject" x={px(line.label_at.0)} y={px(line.label_at.1)}>{ &line.label }</text>
            <text class="figure end" data-figure={Spot::Track(index).to_string()} x={px(line.figure_at.0)} y={px(line.figure_at.1)}>{ &line.figure }</text>
        </g>
    }
}

/// Opens and closes the system track.
fn switch(props: &WiresProps, at: Rect) -> Option<Html> {
    let on_system = props.on_system.clone();
    let open = props.model.system_open;
    let by_key = {
        let on_system = on_system.clone();
        Callback::from(move |event: KeyboardEvent| {
            if matches!(&*event.key(), "Enter" | " ") {
                event.prevent_default();
                event.stop_propagation();
                on_system.emit(());
            }
        })
    };
    let by_click = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        on_system.emit(());
    });
    let label = if open { "Close the system subjects" } else { "Open the system subjects" };
    let (x, y) = (at.center().x - 3.0, at.center().y);
    let d = if open { "M-4 -2L0 2.5L4 -2" } else { "M-2 -4L2.5 0L-2 4" };
    Some(html! {
        <g class="switch" role="button" tabindex="0" aria-expanded={if open { "true" } else { "false" }} aria-label={label}
            onclick={by_click} onkeydown={by_key}>
            <title>{ label }</title>
            <rect class="head-box" x={px(at.x)} y={px(at.y)} width={px(at.width)} height={px(at.height)} rx="5" />
            <path class="switch-arrow" {d} transform={format!("translate({} {})", px(x), px(y))} />
        </g>
    })
}

fn bracket_line(model: &SceneModel, line: &BracketLine) -> Html {
    let Some(bracket) = model.brackets.get(line.bracket) else { return html! { <g /> } };
    let label = words::bracket(bracket, model);
    let class = classes!("bracket", line.to_stream.then_some("bracket-stream"));
    let ticks = line.ticks.iter().map(|(x, y)| html! { <circle class="tick" cx={px(*x)} cy={px(*y)} r="3" /> });
    let at = line.label_box;
    html! {
        <g key={line.bracket} {class} role="img" aria-label={label.clone()}>
            <title>{ label }</title>
            <path class="bracket-line" d={line.lane.d()} />
            <path class="bracket-line" d={line.outlet.d()} />
            { for ticks }
            <text class="filter" x={px(at.x)} y={px(at.y + 12.0)}>{ &line.label }</text>
            { for line.die.zip(bracket.turn).map(|(at, turn)| die(at, &turn)) }
        </g>
    }
}

/// A side of the die for everybody the last message could have gone to; who got it has a full one.
fn die(at: Rect, turn: &Turn) -> Html {
    let transform = format!("translate({} {})", px(at.x), px(at.y));
    let pips = turn.face.map(shapes::die).unwrap_or_default();
    let number = turn.face.filter(|_| pips.is_empty());
    html! {
        <g class={classes!("die", turn.is_last.then_some("die-last"))} {transform}>
            <path class="die-side" d={shapes::square(0.75, DIE - 0.75, 3.0)} />
            { for pips.into_iter().map(|(x, y)| html! { <circle class="die-pip" cx={px(x)} cy={px(y)} r="1.4" /> }) }
            { for number.map(|face| html! { <text class="die-number" x={px(DIE / 2.0)} y={px(DIE - 3.5)}>{ face }</text> }) }
        </g>
    }
}

/// Who else listens, counted; the names are told.
fn more_brackets(model: &SceneModel, more: &MoreBrackets) -> Html {
    let hidden = more.brackets.iter().filter_map(|index| model.brackets.get(*index));
    let label = hidden.map(|bracket| words::bracket(bracket, model)).collect::<Vec<_>>().join("; ");
    html! {
        <g key="more" class="bracket" role="img" aria-label={label.clone()}>
            <title>{ label }</title>
            <text class="figure" x={px(more.at.x)} y={px(more.at.y + 12.0)}>{ &more.text }</text>
        </g>
    }
}

fn server(props: &WiresProps) -> Html {
    let (onclick, onkeydown) = pick(&props.on_select, Selection::Server);
    let selected = props.selected == Some(Selection::Server);
    let at = props.layout.server;
    let target = server_target(&at);
    let label = words::server(&props.model.server);
    let (text_y, tall) = if at.height > at.width { (at.y - 10.0, true) } else { (at.bottom() + 16.0, false) };
    html! {
        <g class={classes!("server", selected.then_some("selected"))} role="button" tabindex="0" aria-label={label.clone()}
            {onclick} {onkeydown}>
            <title>{ label }</title>
            <path class="target" d={target.d()} />
            <rect class="server-bar" x={px(at.x)} y={px(at.y)} width={px(at.width)} height={px(at.height)} rx="7" />
            <text class="eyebrow" x={px(if tall { at.center().x } else { at.x })} y={px(text_y)}
                text-anchor={if tall { "middle" } else { "start" }}>{ "server" }</text>
        </g>
    }
}

/// The newest request the server refused, at the server; closer to it is why.
fn refusal(props: &WiresProps) -> Option<Html> {
    let (refusal, at) = (props.model.server.refusal.as_ref()?, props.layout.refusal?);
    let selection = Selection::Published(refusal.message);
    let selected = props.selected.as_ref() == Some(&selection);
    let picked = pick(&props.on_select, selection);
    Some(refused(at, refusal.flashes, words::request_refusal(refusal), selected, picked))
}

/// Nobody wanted it: it went no further.
fn zero(track: &Track, line: &TrackLine) -> Html {
    let (x, y) = line.zero;
    let transform = format!("translate({} {})", px(x), px(y));
    // A new key is a new element, which can move anew.
    let key = format!("{} {}", track.label, track.flashes);
    html! {
        <g {key} class="zero" {transform} aria-hidden="true">
            <circle class="zero-ground" r="9" /><circle class="zero-ring" r="6" /><path class="zero-bar" d="M-5 5L5 -5" />
        </g>
    }
}
