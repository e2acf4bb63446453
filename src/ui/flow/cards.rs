//! A stream's card: its cells, and its consumers below.

use super::scene::{pick, press};
use super::shapes;
use crate::engine::Name;
use crate::flow::bucket::Marker;
use crate::flow::inspect::Region;
use crate::flow::layout::{
    CELL, ConsumerBox, DrawerBox, Layout, Place, Rect, Spot, StripBox, Window, column_label, column_reason, px,
};
use crate::flow::load::Level;
use crate::flow::scene::{
    Actor, CellState, Column, ConsumerCell, ConsumerStrip, Mix, Run, SceneModel, Selection, Strip,
};
use crate::flow::step::How;
use crate::flow::words;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, Properties)]
pub struct StripCardProps {
    pub model: Rc<SceneModel>,
    pub layout: Rc<Layout>,
    pub index: usize,
    pub selected: Option<Selection>,
    pub lit: Option<Region>,
    pub on_select: Callback<Selection>,
    pub on_scroll: Callback<(Name, u64)>,
}

impl StripCardProps {
    fn parts(&self) -> Option<(&Strip, &StripBox)> {
        Some((self.model.streams.get(self.index)?, self.layout.strips.get(self.index)?))
    }

    fn is_selected(&self, selection: &Selection) -> bool {
        self.selected.as_ref() == Some(selection)
    }

    /// Names the part of this stream, or of its consumer, that somebody points at.
    fn lit(&self, stream: &str, consumer: Option<&str>) -> Option<Classes> {
        let region = self.lit.as_ref().filter(|region| *region.stream == *stream)?;
        (region.consumer.as_deref() == consumer).then(|| classes!("lit", region.part.class()))
    }
}

/// A card is drawn again only when its own stream, place or selection changed.
impl PartialEq for StripCardProps {
    fn eq(&self, other: &StripCardProps) -> bool {
        let names = |props: &StripCardProps| props.model.actors.iter().map(|a| a.name.clone()).collect::<Vec<_>>();
        self.index == other.index
            && self.parts() == other.parts()
            && self.selected == other.selected
            && self.lit == other.lit
            && self.on_select == other.on_select
            && self.on_scroll == other.on_scroll
            && (Rc::ptr_eq(&self.model, &other.model) || names(self) == names(other))
    }
}

#[component]
pub fn StripCard(props: &StripCardProps) -> Html {
    let Some((strip, place)) = props.parts() else { return html! { <g /> } };
    let (onclick, onkeydown) = pick(&props.on_select, Selection::Stream(strip.name.clone()));
    let card = place.card;
    let selected = props.is_selected(&Selection::Stream(strip.name.clone()));
    let label = words::strip(strip);
    html! {
        <g class={classes!("card", (strip.level > Level::Tokens).then_some("busy"), selected.then_some("selected"), props.lit(&strip.name, None))}>
            <rect class="card-box" x={px(card.x)} y={px(card.y)} width={px(card.width)} height={px(card.height)} rx="12" />
            <g class="head walk" role="button" tabindex="0" aria-label={label.clone()} {onclick} {onkeydown}>
                <title>{ label }</title>
                <rect class="head-box" x={px(card.x)} y={px(card.y)} width={px(card.width)} height="34" rx="12" />
                <text class="name" x={px(card.x + 12.0)} y={px(card.y + 22.0)}>{ &place.title }</text>
                <text class="count" data-figure={Spot::Strip(props.index).to_string()} x={px(place.figures_x)} y={px(card.y + 22.0)}>{ &place.figures }</text>
            </g>
            { for more_threads(strip, place) }
            <g class="chips" aria-hidden="true">{ for place.chips.iter().map(chip) }</g>
            { cells(props, strip, place) }
            <g class="contents" aria-hidden="true">{ for place.contents.iter().enumerate().map(|(line, text)| content(props.index, place, line, text)) }</g>
            <g class="drawers" role="group" aria-label={format!("Contents of {}", strip.name)}>{ drawers(props, strip, place) }</g>
            <g class="labels" aria-hidden="true">{ for place.labels.iter().map(sequence) }</g>
            <g class="refusals">{ for refusal(props, strip, place) }</g>
            <g class="consumers">
                { for strip.consumers.iter().zip(&place.consumers).enumerate().map(|(n, (c, row))| consumer(props, strip, place, c, (n, row))) }
            </g>
        </g>
    }
}

/// Dead letters that have no thread, counted.
fn more_threads(strip: &Strip, place: &StripBox) -> Option<Html> {
    let (more, at, text) = place.more_threads.as_ref()?;
    let label = words::more_threads(*more, &strip.name);
    Some(html! {
        <g class="more-threads" role="img" aria-label={label.clone()}>
            <title>{ label }</title>
            <text x={px(at.x)} y={px(at.y + 11.5)}>{ text }</text>
        </g>
    })
}

/// The messages one by one; of a very busy strip only the words, the canvas draws it.
fn cells(props: &StripCardProps, strip: &Strip, place: &StripBox) -> Html {
    if strip.level == Level::Ribbons {
        let stretches = words::count(place.places.len() as u64, "stretch", "stretches");
        let label = format!("Messages of {}, drawn in {stretches}", strip.name);
        return html! { <g class="cells" role="img" aria-label={label} /> };
    }
    let columns = place.places.iter().enumerate();
    html! {
        <g class="cells" role="group" aria-label={format!("Messages of {}", strip.name)}>
            { for columns.map(|(n, column)| stream_column(props, strip, place, column, n)) }
        </g>
    }
}

fn chip(chip: &crate::flow::layout::Chip) -> Html {
    let at = chip.at;
    html! {
        <g key={chip.text.clone()} class="chip">
            { for chip.used.map(|used| ruler(at, used, chip.urgent)) }
            <rect x={px(at.x)} y={px(at.y)} width={px(at.width)} height={px(at.height)} rx="10" />
            <text x={px(at.center().x)} y={px(at.y + if chip.used.is_some() { 12.5 } else { 14.0 })}>{ &chip.text }</text>
        </g>
    }
}

/// How much of a limit is used; what will soon refuse messages has another colour.
fn ruler(at: Rect, used: f64, urgent: bool) -> Html {
    let class = classes!("ruler", urgent.then_some("ruler-full"));
    let (y, height) = (px(at.bottom() - 4.0), "3");
    let (x, whole) = (at.x + 9.0, at.width - 18.0);
    html! {
        <>
            <rect class="ruler-ground" x={px(x)} y={y.clone()} width={px(whole)} {height} rx="1.5" />
            <rect {class} x={px(x)} {y} width={px(whole * used)} {height} rx="1.5" />
        </>
    }
}

/// One drawer: what it leads to, what it is called, and whether what it held is gone.
struct Held {
    seq: Option<u64>,
    label: String,
    gone: bool,
}

/// The keys of a bucket, with older revisions behind the newest; or the objects of a store, with their chunks.
fn drawers(props: &StripCardProps, strip: &Strip, place: &StripBox) -> Html {
    let keys = strip.drawers.iter().map(|drawer| Held {
        seq: Some(drawer.revision),
        label: words::drawer(drawer),
        gone: drawer.marker.is_some(),
    });
    let objects = strip.objects.iter().map(|object| Held {
        seq: object.card_seq.or(object.last_chunk),
        label: words::object(object),
        gone: object.is_deleted(),
    });
    let all = keys.chain(objects).zip(&place.drawers).enumerate();
    let more = place.more_drawers.as_ref().map(|(at, text)| {
        html! { <text key="more" class="figure" x={px(at.x)} y={px(at.center().y + 4.0)}>{ text }</text> }
    });
    all.map(|(index, (held, at))| drawer(props, strip, held, at, index)).chain(more).collect()
}

fn drawer(props: &StripCardProps, strip: &Strip, held: Held, at: &DrawerBox, index: usize) -> Html {
    let Held { seq, label, gone } = held;
    let selection = match seq {
        Some(stream_seq) => Selection::Message { stream: strip.name.clone(), stream_seq },
        None => Selection::Stream(strip.name.clone()),
    };
    let selected = props.is_selected(&selection).then_some("selected");
    let (onclick, onkeydown) = pick(&props.on_select, selection);
    let (x, y) = (at.at.x, at.at.y);
    let behind = (1..=at.layers).rev().map(|layer| {
        let aside = layer as f64 * 4.0;
        html! { <rect key={layer} class="layer" x={px(x + aside)} y={px(y - aside / 2.0)} width={px(at.at.width)} height={px(at.at.height)} rx="5" /> }
    });
    let notes = at.notes.iter().enumerate().map(|(line, note)| {
        html! { <text key={line} class="note" x={px(x + 9.0)} y={px(y + 29.0 + line as f64 * 14.0)}>{ note }</text> }
    });
    html! {
        <g key={label.clone()} class={classes!("step", "drawer", gone.then_some("drawer-gone"), selected)} role="button" tabindex={tabindex(index == 0)}
            aria-label={label.clone()} {onclick} {onkeydown}>
            <title>{ label }</title>
            <g>{ for behind }</g>
            <rect class="front" x={px(x)} y={px(y)} width={px(at.at.width)} height={px(at.at.height)} rx="5" />
            <text class="key" x={px(x + 9.0)} y={px(y + 15.0)}>{ &at.key }</text>
            { for notes }
        </g>
    }
}

fn content(index: usize, place: &StripBox, line: usize, text: &str) -> Html {
    let figure = Spot::Contents(index, line).to_string();
    let y = place.cells_y + 8.0 + line as f64 * 15.0;
    html! { <text key={line} class="figure" data-figure={figure} x={px(place.card.x + 12.0)} y={px(y)}>{ text }</text> }
}

fn sequence((x, y, text): &(f64, f64, String)) -> Html {
    html! { <text key={text.clone()} class="sequence" x={px(*x)} y={px(*y)}>{ text }</text> }
}

/// Only the first of a row is in the tab order; arrows reach the others.
fn tabindex(first: bool) -> &'static str {
    if first { "0" } else { "-1" }
}

/// What is drawn again at the same place is the same element where messages race past.
fn key_of(strip: &Strip, index: usize, seq: u64) -> u64 {
    if strip.level == Level::Tokens { seq } else { index as u64 }
}

fn stream_column(props: &StripCardProps, strip: &Strip, at: &StripBox, place: &Place, index: usize) -> Html {
    let label = words::column(&place.column);
    let transform = format!("translate({} {})", px(at.cells_x + place.x), px(at.cells_y));
    let key = key_of(strip, index, place.column.from_seq());
    let tabindex = tabindex(index == 0);
    match &place.column {
        Column::Cell(cell) => {
            let selection = Selection::Message { stream: strip.name.clone(), stream_seq: cell.seq };
            let selected = props.is_selected(&selection).then_some("selected");
            let (onclick, onkeydown) = pick(&props.on_select, selection);
            let d = if cell.points_to.is_some() {
                shapes::DIAMOND.to_owned()
            } else {
                shapes::square(0.5, CELL - 0.5, 4.0)
            };
            let kind = match (&cell.points_to, &cell.marker) {
                (Some(_), _) => "stored pointer",
                (_, Some(Marker::Card(_))) => "stored object-card",
                (_, Some(_)) => "stored marker",
                _ => "stored",
            };
            let bar = cell.marker.as_ref().map(|marker| {
                let d = if marker.is_end() { "M3 10H17" } else { "M5 6.5H15M5 10H15M5 13.5H11" };
                html! { <path class="marker-bar" {d} /> }
            });
            html! {
                <g {key} class={classes!("step", kind, selected)} {transform} role="button" {tabindex}
                    aria-label={label.clone()} {onclick} {onkeydown}>
                    <title>{ label }</title><path {d} />{ for bar }{ for cell.how.map(known) }
                </g>
            }
        }
        Column::Gap { from, to, .. } => {
            let selection = Selection::Gap { stream: strip.name.clone(), from: *from, to: *to };
            let selected = props.is_selected(&selection).then_some("selected");
            let (onclick, onkeydown) = pick(&props.on_select, selection);
            html! {
                <g {key} class={classes!("step", "gap", selected)} {transform} role="button" {tabindex} aria-label={label.clone()} {onclick} {onkeydown}>
                    <title>{ label }</title>{ gap(place) }
                </g>
            }
        }
        Column::Elided { .. } if let Some(begin) = begin_of(strip, at, place) => {
            let on_scroll = props.on_scroll.reform({
                let stream = strip.name.clone();
                move |()| (stream.clone(), begin)
            });
            let (onclick, onkeydown) = press(&on_scroll, ());
            html! {
                <g {key} class="step elided" {transform} role="button" {tabindex} aria-label={format!("{label}: show them")} {onclick} {onkeydown}>
                    <title>{ label }</title>{ gap(place) }
                </g>
            }
        }
        Column::Unknown { .. } | Column::Elided { .. } => html! {
            <g {key} class="step elided" {transform} role="img" {tabindex} aria-label={label.clone()}>
                <title>{ label }</title>{ gap(place) }
            </g>
        },
    }
}

/// Where the strip begins once what is hidden here is shown.
fn begin_of(strip: &Strip, at: &StripBox, hidden: &Place) -> Option<u64> {
    Window::of(strip, &at.places)?.begin_of(strip, &hidden.column)
}

/// How it is known, in the corner.
pub fn known(how: How) -> Html {
    html! { <path class={shapes::known_class(how)} d={shapes::known(how)} /> }
}

fn gap(place: &Place) -> Html {
    let (width, middle) = (place.width, px(place.width / 2.0));
    let frame = format!("M1 3V17M1 10H0M{} 3V17", px(width - 1.0));
    html! {
        <>
            <rect class="gap-ground" x="0" y="0" width={px(width)} height={px(CELL)} />
            <path class="gap-frame" d={frame} />
            <text class="gap-count" x={middle.clone()} y="9">{ column_label(&place.column) }</text>
            <text class="gap-reason" x={middle} y="19">{ column_reason(&place.column) }</text>
        </>
    }
}

fn refusal(props: &StripCardProps, strip: &Strip, at: &StripBox) -> Option<Html> {
    let (refusal, place) = (strip.refusal.as_ref()?, at.refusal?);
    let selection = Selection::Refusal { stream: strip.name.clone(), message: refusal.message };
    let selected = props.is_selected(&selection);
    Some(refused(place, refusal.flashes, words::refusal(refusal), selected, pick(&props.on_select, selection)))
}

/// The mark of what was refused; another flash is another element, which can move anew.
pub(super) fn refused(
    at: Rect,
    flashes: u64,
    label: String,
    selected: bool,
    (onclick, onkeydown): (Callback<MouseEvent>, Callback<KeyboardEvent>),
) -> Html {
    let transform = format!("translate({} {})", px(at.x), px(at.y));
    html! {
        <g key={flashes} {transform}>
            <g class={classes!("refused", selected.then_some("selected"))} role="button" tabindex="0" aria-label={label.clone()}
                {onclick} {onkeydown}>
                <title>{ label }</title>
                <path class="refused-box" d={shapes::square(0.5, CELL - 0.5, 4.0)} />
                <path class="refused-stripes" d={shapes::STRIPES} />
            </g>
        </g>
    }
}

fn consumer(
    props: &StripCardProps,
    strip: &Strip,
    at: &StripBox,
    consumer: &ConsumerStrip,
    (index, row): (usize, &ConsumerBox),
) -> Html {
    let line = |line| Spot::Consumer(props.index, index, line).to_string();
    let selection = Selection::Consumer { stream: strip.name.clone(), consumer: consumer.name.clone() };
    let selected = props.is_selected(&selection).then_some("selected");
    let (onclick, onkeydown) = pick(&props.on_select, selection);
    let label = words::consumer(consumer);
    let (x, y) = row.name_at;
    let (left, right) = (row.row.x, row.row.right());
    let pulls = consumer.pulls.iter().zip(row.slots.iter().zip(&row.slot_labels));
    let actors = &props.model.actors;
    html! {
        <g key={consumer.name.to_string()} class={classes!("consumer", selected, props.lit(&strip.name, Some(&consumer.name)))}>
            <path class="rule" d={format!("M{} {}H{}", px(left + 12.0), px(row.row.y), px(right - 12.0))} />
            <g class="head walk" role="button" tabindex="0" aria-label={label.clone()} {onclick} {onkeydown}>
                <title>{ label }</title>
                <rect class="head-box" x={px(left + 4.0)} y={px(y - 18.0)} width={px((at.cells_x - left - 8.0).max(150.0))} height="54" rx="8" />
                <text class="consumer-name" x={px(x)} y={px(y)}>{ &row.name }</text>
                <text class="figure" data-figure={line(0)} x={px(x)} y={px(y + 16.0)}>{ &row.figures[0] }</text>
                <text class="figure" data-figure={line(1)} x={px(x)} y={px(y + 31.0)}>{ &row.figures[1] }</text>
            </g>
            <g class="window" aria-hidden="true">{ for window(Spot::Window(props.index, index), consumer, row) }</g>
            <g class="cells" role="group" aria-label={format!("Messages as {} has them", consumer.name)}>
                { for consumer_cells(props, strip, at, consumer, row) }
            </g>
            <g class="markers">{ markers(consumer, row) }</g>
            <g class="slots">
                { for pulls.map(|(pull, (slot, text))| self::slot(words::pull(pull, actors), slot, text)) }
                { for row.more_slots.iter().map(|(slot, text)| self::slot(format!("{text} pull requests wait"), slot, text)) }
            </g>
        </g>
    }
}

fn window(spot: Spot, consumer: &ConsumerStrip, row: &ConsumerBox) -> Option<Html> {
    let at = row.window?;
    let full = consumer.config.max_ack_pending_limit().is_some_and(|max| consumer.num_ack_pending >= max);
    let (x, y) = row.window_label_at;
    Some(html! {
        <g key="window" class={if full { "window-full" } else { "window-open" }}>
            <rect x={px(at.x)} y={px(at.y)} width={px(at.width)} height={px(at.height)} rx="6" />
            <text data-figure={spot.to_string()} x={px(x)} y={px(y)}>{ &row.window_label }</text>
        </g>
    })
}

fn markers(consumer: &ConsumerStrip, row: &ConsumerBox) -> Html {
    let above = format!("translate({} {})", px(row.delivered_x), px(row.cells_y - 9.0));
    let below = format!("translate({} {})", px(row.floor_x), px(row.cells_y + CELL + 5.0));
    let delivered = format!("Delivered up to message {}", words::figure(consumer.delivered.stream_seq));
    let floor = format!("Acknowledged up to message {}", words::figure(consumer.ack_floor.stream_seq));
    html! {
        <>
            <path key="delivered" class="delivered" transform={above} d={shapes::DELIVERED} role="img" aria-label={delivered} />
            <path key="floor" class="floor" transform={below} d={shapes::ACK_FLOOR} role="img" aria-label={floor} />
        </>
    }
}

fn slot(label: String, at: &crate::flow::layout::Rect, text: &str) -> Html {
    html! {
        <g key={px(at.y)} class="slot" role="img" aria-label={label.clone()}>
            <title>{ label }</title>
            <rect x={px(at.x)} y={px(at.y)} width={px(at.width)} height={px(at.height)} rx="8" />
            <text x={px(at.x + 8.0)} y={px(at.y + 11.5)}>{ text }</text>
        </g>
    }
}

fn consumer_cells(
    props: &StripCardProps,
    strip: &Strip,
    at: &StripBox,
    consumer: &ConsumerStrip,
    row: &ConsumerBox,
) -> Vec<Html> {
    let actors = &props.model.actors;
    let shown = consumer.cells.iter().filter_map(|cell| Some((cell, at.cell(cell.seq)?)));
    let counted = row.mixes.iter().filter(|_| strip.level != Level::Ribbons);
    let counted =
        counted.enumerate().filter_map(|(n, (index, mix))| Some(mix_bar(at, row, at.places.get(*index)?, mix, n)));
    let draw = |(index, (cell, place)): (usize, (&ConsumerCell, crate::flow::layout::Rect))| {
        let (stream, consumer) = (strip.name.clone(), consumer.name.clone());
        let selection = Selection::Delivery { stream, consumer, stream_seq: cell.seq };
        let selected = props.is_selected(&selection).then_some("selected");
        let (onclick, onkeydown) = pick(&props.on_select, selection);
        let label = words::consumer_cell(cell, actors);
        let transform = format!("translate({} {})", px(place.x), px(row.cells_y));
        html! {
            <g key={key_of(strip, index, cell.seq)} class={classes!("step", "cell", shapes::class_of(cell.state), selected)} {transform}
                role="button" tabindex={tabindex(index == 0)} aria-label={label.clone()} {onclick} {onkeydown}>
                <title>{ label }</title>
                { cell_shape(cell, actors) }
            </g>
        }
    };
    shown.enumerate().map(draw).chain(counted).collect()
}

/// How messages that are only counted stand: parts of a bar, in the order of a message's life from below.
fn mix_bar(at: &StripBox, row: &ConsumerBox, place: &Place, mix: &Mix, index: usize) -> Html {
    let all = mix.total().max(1) as f64;
    let mut bottom = CELL;
    let parts = [
        (mix.settled, "mix-settled"),
        (mix.in_flight, "mix-flight"),
        (mix.waiting_for_redelivery, "mix-due"),
        (mix.given_up, "mix-given-up"),
        (mix.unknown, "mix-unknown"),
        (mix.ahead, "mix-ahead"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, class)| {
        let height = CELL * count as f64 / all;
        bottom -= height;
        html! { <rect key={class} {class} x="1" y={px(bottom)} width={px(place.width - 2.0)} height={px(height.max(1.0))} /> }
    });
    let (from, to) = (place.column.from_seq(), place.column.to_seq());
    let label = words::run(&Run { from, to, mix: *mix });
    let transform = format!("translate({} {})", px(at.cells_x + place.x), px(row.cells_y));
    html! {
        <g key={format!("run {index}")} class="step mix" {transform} role="img" tabindex="-1" aria-label={label.clone()}>
            <title>{ label }</title>{ for parts }
        </g>
    }
}

fn cell_shape(cell: &ConsumerCell, actors: &[Actor]) -> Html {
    let pips = shapes::pips(if cell.state == CellState::Acked { 0 } else { cell.deliveries });
    let initial = match cell.state {
        CellState::InFlight { .. } => {
            cell.worker.and_then(|worker| actors.get(worker)).map(|actor| initial(&actor.name))
        }
        _ => None,
    };
    html! {
        <>
            <path class="outline" d={shapes::outline(cell.state)} />
            <g class="marks">
                { for shapes::mark(cell.state).map(|d| html! { <path class="mark" {d} /> }) }
                { for (cell.state == CellState::GivenUp).then(|| html! { <path class="flag" d={shapes::FLAG} /> }) }
                { for initial.map(|text| html! { <text class="initial" x="10" y="13.5">{ text }</text> }) }
                { for cell.how.map(known) }
                { for pips.into_iter().map(|x| html! { <circle class="pip" cx={px(x)} cy="-4" r="2" /> }) }
            </g>
        </>
    }
}

/// `w1` for `worker-1`: enough to tell workers apart inside a cell.
fn initial(name: &str) -> String {
    let digits: String = name.chars().rev().take_while(char::is_ascii_digit).collect();
    let number: String = digits.chars().rev().take(2).collect();
    let letter: String = name.chars().take(1).collect();
    format!("{letter}{number}")
}
