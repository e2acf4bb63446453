//! Protocol lines on the screen: one look wherever they are shown, linked to the messages they carry.
//!
//! [`WireLines`] is the way in, [`line`] for one alone. Which lines there are is decided by whoever shows them: everybody's
//! (`flow::wire`) or those of one command (`shell::wire`).

mod pane;

pub use pane::{WirePane, rows_of};

use crate::engine::MessageId;
use crate::flow::wire::Line;
use crate::flow::{Direction, words};
use crate::protocol::Message;
use crate::shell::wire::Entry;
use crate::time::Timestamp;
use yew::prelude::*;

/// Where lines of everybody stand together, a payload longer than this is cut, and so is a header.
const PREVIEW: usize = 160;
/// And so many headers are shown.
const HEADERS: usize = 8;

/// What one line shows.
#[derive(Clone, Debug, PartialEq)]
pub struct WireRow {
    pub ordinal: u64,
    pub clock: String,
    /// Whose wire, where lines of several stand together.
    pub name: Option<String>,
    pub direction: Direction,
    /// It has left and has not arrived.
    pub on_the_way: bool,
    /// It did not arrive when it should have.
    pub lost: bool,
    pub verb: String,
    pub arguments: String,
    /// The line that says what kind of answer it is: `NATS/1.0 503`.
    pub status: Option<String>,
    pub headers: Vec<(String, String)>,
    pub payload: Option<String>,
    /// What of it is not shown, in words.
    pub left_out: Option<String>,
    pub message: Option<MessageId>,
}

impl WireRow {
    pub fn new(line: &Line, now: Timestamp) -> WireRow {
        let carried = line.carried();
        let headers = || carried.and_then(|message| message.headers.as_ref()).into_iter().flat_map(|all| all.iter());
        let short = |text: &str| words::preview(text.as_bytes(), PREVIEW);
        WireRow {
            ordinal: line.ordinal,
            clock: words::clock(line.at),
            name: None,
            direction: line.direction(),
            on_the_way: line.at <= now && now < line.arrives,
            lost: line.lost && line.arrives <= now,
            verb: line.verb().to_owned(),
            arguments: shortened(line),
            status: carried
                .and_then(Message::status)
                .map(|status| status_line(&format!("{} {}", status.code, status.description))),
            headers: headers().take(HEADERS).map(|(name, value)| (short(name), short(value))).collect(),
            payload: carried
                .map(|message| words::preview(&message.payload, PREVIEW))
                .filter(|payload| !payload.is_empty()),
            left_out: Some(headers().count().saturating_sub(HEADERS))
                .filter(|more| *more > 0)
                .map(|more| format!("and {more} more headers")),
            message: line.message,
        }
    }

    /// What a command said or heard, in full, with the time since it `began`.
    pub fn of_command(entry: &Entry, began: Timestamp, lost: bool) -> WireRow {
        let (verb, arguments) = entry.line.split_once(' ').unwrap_or((&entry.line, ""));
        WireRow {
            ordinal: 0,
            clock: format!("+{:.1} ms", entry.at.since(began).as_secs_f64() * 1e3),
            name: None,
            direction: if entry.sent { Direction::ToServer } else { Direction::ToClient },
            on_the_way: false,
            lost,
            verb: verb.to_owned(),
            arguments: arguments.to_owned(),
            status: entry.status.as_deref().map(status_line),
            headers: entry.headers.clone(),
            payload: Some(entry.body()).filter(|body| !body.is_empty()),
            left_out: (entry.cut > 0).then(|| format!("and {} more bytes", entry.cut)),
            message: None,
        }
    }

    pub fn named(self, name: &str) -> WireRow {
        WireRow { name: Some(name.to_owned()), ..self }
    }
}

fn status_line(status: &str) -> String {
    format!("NATS/1.0 {}", status.trim_end())
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
    let on_message = (!props.is_quiet).then_some(&props.on_message);
    html! {
        <ol class="proto-lines">
            { for props.rows.iter().map(|row| line(row, props.marked, on_message)) }
        </ol>
    }
}

/// One line of a list.
pub fn line(row: &WireRow, marked: Option<MessageId>, on_message: Option<&Callback<MessageId>>) -> Html {
    let (arrow, towards, side) = match row.direction {
        Direction::ToServer => ("→", "to the server", "proto-to-server"),
        Direction::ToClient => ("←", "from the server", "proto-to-client"),
    };
    let is_marked = row.message.is_some() && row.message == marked;
    let class = classes!(
        "proto-line",
        side,
        row.on_the_way.then_some("is-moving"),
        row.lost.then_some("is-lost"),
        is_marked.then_some("is-marked")
    );
    let inside = html! {
        <>
            <span class="proto-clock">{ &row.clock }</span>
            { for row.name.as_ref().map(|name| html! { <span class="proto-name">{ name }</span> }) }
            <span class="proto-arrow" aria-hidden="true">{ arrow }</span>
            <span class="visually-hidden">{ towards }</span>
            <span class="proto-text">{ text(row) }</span>
        </>
    };
    match row.message.zip(on_message) {
        Some((message, on_message)) => {
            let onclick = on_message.reform(move |_: MouseEvent| message);
            html! { <li key={row.ordinal}><button {class} {onclick}>{ inside }</button></li> }
        }
        None => html! { <li key={row.ordinal}><div {class}>{ inside }</div></li> },
    }
}

fn text(row: &WireRow) -> Html {
    let header = |(name, value): &(String, String)| {
        html! { <span class="proto-headers"><b>{ name }</b>{ ": " }{ value }</span> }
    };
    html! {
        <>
            <code class="proto-said"><b class="proto-verb">{ &row.verb }</b>{ " " }{ &row.arguments }</code>
            { for row.lost.then(|| html! { <span class="proto-lost">{ " lost on its way" }</span> }) }
            { for row.status.as_ref().map(|status| html! { <span class="proto-headers">{ status }</span> }) }
            { for row.headers.iter().map(header) }
            { for row.payload.as_ref().map(|payload| html! { <span class="proto-payload">{ payload }</span> }) }
            { for row.left_out.as_ref().map(|more| html! { <span class="proto-left-out">{ more }</span> }) }
        </>
    }
}
