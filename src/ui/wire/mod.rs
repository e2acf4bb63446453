//! Protocol lines on the screen: one look wherever they are shown, linked to the messages they carry.
//!
//! [`WireLines`] is the way in. Which lines there are is decided by whoever shows them; `flow::wire` keeps them.

mod pane;

pub use pane::{WirePane, rows_of};

use crate::engine::{ConnId, MessageId};
use crate::flow::wire::Line;
use crate::flow::{Direction, words};
use crate::time::Timestamp;
use yew::prelude::*;

/// A payload longer than this is cut.
const PREVIEW: usize = 160;

/// What one line shows.
#[derive(Clone, Debug, PartialEq)]
pub struct WireRow {
    pub ordinal: u64,
    pub clock: String,
    /// Whose wire, where lines of several stand together.
    pub name: Option<String>,
    pub conn: ConnId,
    pub direction: Direction,
    /// It has left and has not arrived.
    pub on_the_way: bool,
    pub verb: &'static str,
    pub arguments: String,
    pub headers: Option<String>,
    pub payload: Option<String>,
    pub message: Option<MessageId>,
}

impl WireRow {
    pub fn new(line: &Line, now: Timestamp) -> WireRow {
        let carried = line.carried();
        let headers = carried.and_then(|message| message.headers.as_ref());
        WireRow {
            ordinal: line.ordinal,
            clock: words::clock(line.at),
            name: None,
            conn: line.conn,
            direction: line.direction(),
            on_the_way: line.at <= now && now < line.arrives,
            verb: line.verb(),
            arguments: shortened(line),
            headers: headers.map(|headers| words::preview(headers.as_bytes(), PREVIEW)),
            payload: carried
                .map(|message| words::preview(&message.payload, PREVIEW))
                .filter(|payload| !payload.is_empty()),
            message: line.message,
        }
    }

    pub fn named(self, name: &str) -> WireRow {
        WireRow { name: Some(name.to_owned()), ..self }
    }
}

/// INFO and CONNECT are long, and the same for everybody.
fn shortened(line: &Line) -> String {
    let arguments = line.arguments();
    match line.carried() {
        Some(_) => arguments,
        None => words::preview(arguments.as_bytes(), PREVIEW),
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct WireLinesProps {
    pub rows: Vec<WireRow>,
    /// Lines of this message are marked.
    #[prop_or_default]
    pub marked: Option<MessageId>,
    /// A line that carries a message was chosen.
    #[prop_or_default]
    pub on_message: Callback<MessageId>,
    /// Where they are the message's own, lines lead nowhere.
    #[prop_or_default]
    pub is_quiet: bool,
}

/// Lines in order, oldest first. A line with a message is a button that leads to it.
#[component]
pub fn WireLines(props: &WireLinesProps) -> Html {
    html! {
        <ol class="proto-lines">
            { for props.rows.iter().map(|row| wire_row(props, row)) }
        </ol>
    }
}

fn wire_row(props: &WireLinesProps, row: &WireRow) -> Html {
    let (arrow, towards, side) = match row.direction {
        Direction::ToServer => ("→", "to the server", "proto-to-server"),
        Direction::ToClient => ("←", "from the server", "proto-to-client"),
    };
    let is_marked = row.message.is_some() && row.message == props.marked;
    let class = classes!("proto-line", side, row.on_the_way.then_some("is-moving"), is_marked.then_some("is-marked"));
    let inside = html! {
        <>
            <span class="proto-clock">{ &row.clock }</span>
            { for row.name.as_ref().map(|name| html! { <span class="proto-name">{ name }</span> }) }
            <span class="proto-arrow" aria-hidden="true">{ arrow }</span>
            <span class="visually-hidden">{ towards }</span>
            <span class="proto-text">
                <b class="proto-verb">{ row.verb }</b>{ " " }<span class="proto-arguments">{ &row.arguments }</span>
                { for row.headers.as_ref().map(|headers| html! { <span class="proto-headers">{ headers }</span> }) }
                { for row.payload.as_ref().map(|payload| html! { <span class="proto-payload">{ payload }</span> }) }
            </span>
        </>
    };
    match row.message.filter(|_| !props.is_quiet) {
        Some(message) => {
            let onclick = props.on_message.reform(move |_: MouseEvent| message);
            html! { <li key={row.ordinal}><button {class} {onclick}>{ inside }</button></li> }
        }
        None => html! { <li key={row.ordinal}><div {class}>{ inside }</div></li> },
    }
}
