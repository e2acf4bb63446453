//! Show the wire: what one command sent and what it got, as it went by.

use crate::flow::Direction;
use crate::flow::wire::Line;
use crate::shell::wire::Entry;
use crate::time::Timestamp;
use crate::ui::model::{Lab, LabHandle, use_lab};
use crate::ui::wire::{self, WireRow};
use std::rc::Rc;
use web_sys::HtmlElement;
use yew::prelude::*;

impl Lab {
    /// Opens the wire of the newest command in the active terminal, or closes the one that is open. Whether one is open.
    pub fn toggle_wire(&mut self) -> bool {
        let terminal = self.playground.terminal(&self.active_actor);
        let newest = terminal.and_then(|terminal| terminal.wire().newest());
        let newest = newest.map(|command| (self.active_actor.clone(), command));
        self.wire = if self.wire.is_some() { None } else { newest };
        self.wire.is_some()
    }

    /// On from the command whose wire is open to its neighbour in the same terminal.
    fn turn_wire(&mut self, later: bool) {
        let Some((actor, command)) = &self.wire else { return };
        let terminal = self.playground.terminal(actor);
        let next = terminal.and_then(|terminal| terminal.wire().neighbour(*command, later));
        if let Some(next) = next {
            self.wire = Some((actor.clone(), next));
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub actor: String,
    pub command: u64,
    /// Called when it was closed from in here.
    pub on_closed: Callback<()>,
}

/// What is read of an exchange besides its entries.
#[derive(Clone, Default, PartialEq)]
struct Summary {
    text: String,
    began: Timestamp,
    sent: u64,
    received: u64,
    earlier: Option<u64>,
    later: Option<u64>,
}

#[component]
pub fn WirePane(props: &Props) -> Html {
    let (lab, command) = (&props.lab, props.command);
    let summary = use_lab(lab, (props.actor.clone(), command), summary);
    let (first, latest, left_out) = lab.read(|lab| kept(lab, &props.actor, command));
    let lost = use_lab(lab, props.actor.clone(), lost);
    let is_lost =
        |entry: &Rc<Entry>| entry.sent && lost.iter().any(|(at, line)| *at == entry.at && *line == entry.line);
    let scroll = use_node_ref();
    {
        let scroll = scroll.clone();
        use_effect_with(command, move |_| {
            if let Some(scroll) = scroll.cast::<HtmlElement>() {
                scroll.set_scroll_top(0);
                // A pane that cannot take the focus is read where it is.
                let _ = scroll.focus();
            }
        });
    }
    let close = {
        let (lab, on_closed) = (lab.clone(), props.on_closed.clone());
        Callback::from(move |()| {
            lab.change(|lab| lab.wire = None);
            on_closed.emit(());
        })
    };
    let on_key = {
        let close = close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                close.emit(());
            }
        })
    };
    let began = summary.began;
    let offset = (first.len() as u64) + left_out;
    let counts = format!("{} sent, {} received", summary.sent, summary.received);
    html! {
        <section class="wire" aria-label="Wire" onkeydown={on_key} onclick={|event: MouseEvent| event.stop_propagation()}>
            <header class="wire-head">
                <code class="wire-title" title={summary.text.clone()}>{ &summary.text }</code>
                <span class="wire-count">{ counts }</span>
                { turn(props, "‹", "Earlier command", false, summary.earlier) }
                { turn(props, "›", "Later command", true, summary.later) }
                <button class="button button-small button-quiet" title="Close (Escape)" onclick={close.reform(|_| ())}>
                    { "Close" }
                </button>
            </header>
            <div class="wire-scroll" ref={scroll} tabindex="0" role="log" aria-label="What was sent and what came back">
                <ol class="proto-lines">
                    for (index, entry) in first.into_iter().enumerate() {
                        <EntryLine key={index} lost={is_lost(&entry)} {entry} {began} />
                    }
                </ol>
                <div class="wire-gap">
                    if left_out > 0 { { format!("{left_out} operations are not kept") } }
                    if summary.sent + summary.received == 0 { { "Nothing: this command does not talk to the server." } }
                </div>
                <ol class="proto-lines">
                    for (index, entry) in latest.into_iter().enumerate() {
                        <EntryLine key={offset + index as u64} lost={is_lost(&entry)} {entry} {began} />
                    }
                </ol>
            </div>
        </section>
    }
}

fn summary(lab: &Lab, (actor, command): &(String, u64)) -> Summary {
    let Some(terminal) = lab.playground.terminal(actor) else { return Summary::default() };
    let log = terminal.wire();
    let Some(exchange) = log.exchange(*command) else { return Summary::default() };
    Summary {
        text: exchange.text.clone(),
        began: exchange.began,
        sent: exchange.sent,
        received: exchange.received,
        earlier: log.neighbour(*command, false),
        later: log.neighbour(*command, true),
    }
}

/// What the actor put on its wire and should have arrived by now: when, and the protocol line.
fn lost(lab: &Lab, actor: &String) -> Vec<(Timestamp, String)> {
    let (flow, now) = (lab.playground.flow(), lab.playground.now());
    let is_ours = |line: &&Line| {
        line.lost
            && line.arrives <= now
            && line.direction() == Direction::ToServer
            && flow.names().get(&line.conn) == Some(actor)
    };
    let said = |line: &Line| (line.at, format!("{} {}", line.verb(), line.arguments()));
    flow.wire().lines().filter(is_ours).map(said).collect()
}

type Kept = (Vec<Rc<Entry>>, Vec<Rc<Entry>>, u64);

fn kept(lab: &Lab, actor: &str, command: u64) -> Kept {
    let Some(terminal) = lab.playground.terminal(actor) else { return Kept::default() };
    let log = terminal.wire();
    let Some(exchange) = log.exchange(command) else { return Kept::default() };
    let (first, latest) = exchange.parts();
    (first.to_vec(), latest.iter().cloned().collect(), exchange.left_out())
}

fn turn(props: &Props, text: &'static str, label: &'static str, later: bool, to: Option<u64>) -> Html {
    let lab = props.lab.clone();
    let onclick = Callback::from(move |_: MouseEvent| lab.change(|lab| lab.turn_wire(later)));
    html! {
        <button class="button button-small button-quiet" aria-label={label} title={label} disabled={to.is_none()} {onclick}>
            { text }
        </button>
    }
}

#[derive(Properties, PartialEq)]
struct EntryProps {
    entry: Rc<Entry>,
    began: Timestamp,
    lost: bool,
}

/// Laid out once: long commands have many, and what they said does not change.
#[component]
fn EntryLine(props: &EntryProps) -> Html {
    wire::line(&WireRow::of_command(&props.entry, props.began, props.lost), None, None)
}
