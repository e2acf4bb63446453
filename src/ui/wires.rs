//! Wires for programs in the page: what `window.jetlab.wsFactory` gives the official JavaScript client.
//!
//! To the program a wire is a WebSocket, as far as the client looks: `binaryType`, `readyState`, `bufferedAmount`, `send`,
//! `close` and the four `on…` properties. What it writes is an input of the playground like any other; it is dealt with
//! as soon as the program rests, not with the next frame, and nothing is handed to the program within its own `send`. A
//! task of the page is spent on that for some milliseconds at most, so that drawing and typing have their turn.
//! Source: the HTML standard's WebSocket; @nats-io/nats-core `src/ws_transport.ts`.

use super::browser::page_millis;
use super::model::LabHandle;
use crate::map::Map;
use crate::playground::{Input, WireBytes};
use crate::time::parse_go_duration;
use bytes::Bytes;
use js_sys::{ArrayBuffer, Function, JsString, Object, Promise, Reflect, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;
use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort};

/// Who a program is that does not say so in its CONNECT.
const NAMELESS: &str = "program";
/// A program is as near to the server as a function call, unless its address says otherwise.
const LATENCY: Duration = Duration::ZERO;
/// From here on the server is told what a program has not read.
const UNREAD_FROM: usize = 1 << 20;

/// How long programs and the server may talk before the page gets its turn.
const TASK_MILLIS: f64 = 4.0;

const OPEN: u8 = 1;
const CLOSED: u8 = 3;
const NORMAL: u16 = 1000;
const ABNORMAL: u16 = 1006;

#[wasm_bindgen]
extern "C" {
    /// What a program throws in its handlers is the page's to hear of.
    #[wasm_bindgen(js_name = reportError)]
    fn report_error(error: &JsValue);
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(work: &Function);

    #[wasm_bindgen(extends = Object)]
    type Socket;
    #[wasm_bindgen(method, getter)]
    fn onopen(this: &Socket) -> Option<Function>;
    #[wasm_bindgen(method, getter)]
    fn onmessage(this: &Socket) -> Option<Function>;
    #[wasm_bindgen(method, getter)]
    fn onclose(this: &Socket) -> Option<Function>;
    #[wasm_bindgen(method, setter, js_name = readyState)]
    fn set_ready_state(this: &Socket, state: u8);

    /// What a listener for messages is given, as far as the client looks.
    #[wasm_bindgen(extends = Object)]
    type MessageEvent;
    #[wasm_bindgen(method, setter)]
    fn set_data(this: &MessageEvent, data: &ArrayBuffer);
}

/// Every open wire of the page.
pub struct Wires {
    lab: LabHandle,
    open: RefCell<Map<u64, Rc<Wire>>>,
    /// Closed by their programs, who still have to hear of it.
    ending: RefCell<Vec<Rc<Wire>>>,
    /// The playground they belong to.
    world: RefCell<Rc<()>>,
    knock: MessagePort,
    /// What a knock leads to.
    answer: Function,
    has_knocked: Cell<bool>,
    /// Page time at which the page last had a task of its own for this.
    tasked: Cell<f64>,
    send: Function,
    close: Function,
}

struct Wire {
    socket: Socket,
    is_greeted: Cell<bool>,
    /// What arrived while nobody listened.
    unread: RefCell<Vec<Bytes>>,
    /// The server was told that something is unread.
    is_slow: Cell<bool>,
}

impl Wires {
    pub fn new(lab: &LabHandle) -> Rc<Wires> {
        let channel = MessageChannel::new().expect("every browser with WebAssembly has it");
        Rc::new_cyclic(|wires: &Weak<Wires>| {
            let (answering, sending, closing) = (wires.clone(), wires.clone(), wires.clone());
            let act = |wires: &Weak<Wires>, act: &dyn Fn(&Wires)| wires.upgrade().iter().for_each(|wires| act(wires));
            let (tasking, soon) = (answering.clone(), answering);
            let task = Closure::<dyn FnMut()>::new(move || act(&tasking, &Wires::answer_in_task));
            channel.port1().set_onmessage(Some(task.into_js_value().unchecked_ref()));
            let answer = Closure::<dyn FnMut()>::new(move || act(&soon, &Wires::answer));
            // One function for all wires: each gets it bound to its number, and the page collects it with the wire.
            let send = move |wire: f64, data: JsValue| act(&sending, &|wires| wires.sent(wire as u64, &data));
            let close = move |wire: f64| act(&closing, &|wires| wires.closed(wire as u64));
            Wires {
                lab: lab.clone(),
                open: RefCell::default(),
                ending: RefCell::default(),
                world: RefCell::new(lab.read(|lab| lab.playground.identity())),
                knock: channel.port2(),
                answer: answer.into_js_value().unchecked_into(),
                has_knocked: Cell::new(false),
                tasked: Cell::new(f64::NEG_INFINITY),
                send: Closure::<dyn FnMut(f64, JsValue)>::new(send).into_js_value().unchecked_into(),
                close: Closure::<dyn FnMut(f64)>::new(close).into_js_value().unchecked_into(),
            }
        })
    }

    /// `wsFactory(url, options)`.
    pub fn factory(self: &Rc<Self>) -> JsValue {
        let wires = self.clone();
        let factory = move |url: String| match wires.connect(&url) {
            Ok(connected) => Promise::resolve(&connected),
            Err(sentence) => Promise::reject(&js_sys::Error::new(&sentence)),
        };
        Closure::<dyn FnMut(String) -> Promise>::new(factory).into_js_value()
    }

    fn connect(&self, url: &str) -> Result<JsValue, String> {
        let latency = latency_in(url)?;
        self.notice_new_world();
        let number = self.lab.change(|lab| {
            let latency = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
            lab.wire_input(Input::OpenWire { name: NAMELESS.to_owned(), latency });
            lab.playground.last_wire()
        });
        let socket = self.socket(number);
        let wire = Wire {
            socket: socket.clone().unchecked_into(),
            is_greeted: Cell::new(false),
            unread: RefCell::default(),
            is_slow: Cell::new(false),
        };
        self.open.borrow_mut().insert(number, Rc::new(wire));
        // The client listens only after this one: its greeting may not come any sooner than in a task.
        self.ask_for_task();
        Ok(object(&[("socket", socket), ("encrypted", false.into())]))
    }

    fn socket(&self, number: u64) -> JsValue {
        let bound = |function: &Function| function.bind1(&JsValue::NULL, &(number as f64).into());
        object(&[
            ("binaryType", "arraybuffer".into()),
            ("readyState", OPEN.into()),
            // What is written is on the wire at once.
            ("bufferedAmount", 0.into()),
            ("onopen", JsValue::NULL),
            ("onmessage", JsValue::NULL),
            ("onerror", JsValue::NULL),
            ("onclose", JsValue::NULL),
            ("send", bound(&self.send).into()),
            ("close", bound(&self.close).into()),
        ])
    }

    // What programs do.

    fn sent(&self, number: u64, data: &JsValue) {
        self.notice_new_world();
        // As with a WebSocket, what is written on a closed one is lost without a word.
        if !self.open.borrow().contains_key(&number) {
            return;
        }
        let bytes = WireBytes(bytes_of(data));
        self.lab.change(|lab| lab.wire_input(Input::Wire { wire: number, bytes }));
        self.knock();
    }

    fn closed(&self, number: u64) {
        self.notice_new_world();
        let Some(wire) = self.open.borrow_mut().remove(&number) else { return };
        wire.socket.set_ready_state(CLOSED);
        self.lab.change(|lab| lab.wire_input(Input::CloseWire { wire: number }));
        self.ending.borrow_mut().push(wire);
        self.knock();
    }

    // What happens then.

    /// Asks to be called when the program has come to rest: within the page's present task, unless that is a long one.
    fn knock(&self) {
        if self.has_knocked.get() {
            return;
        }
        if page_millis() - self.tasked.get() > TASK_MILLIS {
            return self.ask_for_task();
        }
        self.has_knocked.set(true);
        queue_microtask(&self.answer);
    }

    /// Asks the page for a task, so that it can draw and listen in between.
    fn ask_for_task(&self) {
        if !self.has_knocked.replace(true) {
            // A port that was never closed takes messages.
            let _ = self.knock.post_message(&JsValue::NULL);
        }
    }

    fn answer_in_task(&self) {
        self.tasked.set(page_millis());
        self.answer();
    }

    fn answer(&self) {
        self.has_knocked.set(false);
        let has_more = self.lab.pass_at_once();
        self.deliver();
        if has_more {
            self.ask_for_task();
        }
    }

    /// Hands programs what arrived for them. To be called where programs may be called.
    pub fn deliver(&self) {
        self.notice_new_world();
        for wire in self.ending.take() {
            wire.end(NORMAL, "");
        }
        let has_news = |number: &u64, wire: &Wire| {
            let is_waiting = !wire.is_greeted.get() || wire.is_slow.get() || !wire.unread.borrow().is_empty();
            is_waiting || self.lab.read(|lab| lab.playground.has_news_on_wire(*number))
        };
        let with_news: Vec<(u64, Rc<Wire>)> = {
            let open = self.open.borrow();
            let with_news = open.iter().filter(|(number, wire)| has_news(number, wire));
            with_news.map(|(number, wire)| (*number, wire.clone())).collect()
        };
        for (number, wire) in with_news {
            let (chunks, is_over) = self.lab.quietly(|lab| lab.playground.receive_on_wire(number));
            if !wire.is_greeted.replace(true) {
                call(wire.socket.onopen(), &object(&[]));
            }
            wire.unread.borrow_mut().extend(chunks);
            wire.hand_over();
            self.report_unread(number, &wire);
            if is_over && self.open.borrow_mut().remove(&number).is_some() {
                self.lab.change(|lab| lab.wire_input(Input::CloseWire { wire: number }));
                wire.end(NORMAL, "");
            }
        }
    }

    fn report_unread(&self, number: u64, wire: &Wire) {
        let bytes: usize = wire.unread.borrow().iter().map(Bytes::len).sum();
        if bytes > UNREAD_FROM || (bytes == 0 && wire.is_slow.get()) {
            wire.is_slow.set(bytes > 0);
            self.lab.change(|lab| lab.wire_input(Input::Unread { wire: number, bytes }));
            self.knock();
        }
    }

    /// A wire ends with the playground it was made in; and a playground that ran a session again has wires nobody holds.
    /// Those of a moment in the past are left to what happened with them then.
    fn notice_new_world(&self) {
        let world = self.lab.read(|lab| lab.playground.identity());
        if Rc::ptr_eq(&world, &self.world.borrow()) {
            return;
        }
        self.world.replace(world);
        let orphans = self.lab.read(|lab| if lab.is_in_the_past() { Vec::new() } else { lab.playground.wires() });
        for wire in orphans {
            self.lab.change(|lab| lab.wire_input(Input::CloseWire { wire }));
        }
        for wire in self.open.take().into_values() {
            wire.end(ABNORMAL, "the server began again");
        }
    }
}

impl Wire {
    fn hand_over(&self) {
        if self.unread.borrow().is_empty() {
            return;
        }
        if let Some(listener) = self.socket.onmessage() {
            // A property of its own in the page's code: setting one by name would make a text of it each time.
            let event: MessageEvent = Object::new().unchecked_into();
            event.set_data(&joined(&self.unread.take()));
            call(Some(listener), &event);
        }
    }

    fn end(&self, code: u16, reason: &str) {
        self.socket.set_ready_state(CLOSED);
        let event = [("code", code.into()), ("reason", reason.into()), ("wasClean", (code == NORMAL).into())];
        call(self.socket.onclose(), &object(&event));
    }
}

fn call(listener: Option<Function>, event: &JsValue) {
    if let Some(Err(error)) = listener.map(|listener| listener.call1(&JsValue::NULL, event)) {
        report_error(&error);
    }
}

fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // Setting a property of an object just made cannot fail.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

/// All of it in one buffer.
fn joined(chunks: &[Bytes]) -> ArrayBuffer {
    if let [chunk] = chunks {
        return Uint8Array::from(&chunk[..]).buffer();
    }
    Uint8Array::from(chunks.concat().as_slice()).buffer()
}

/// What `send` takes: text, a buffer, or a view of one. Anything else is what it says as text.
fn bytes_of(data: &JsValue) -> Bytes {
    // What clients write, nearly always.
    if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
        return bytes.to_vec().into();
    }
    if ArrayBuffer::is_view(data) {
        let member = |name: &str| Reflect::get(data, &name.into()).unwrap_or_default();
        let number = |name: &str| member(name).as_f64().unwrap_or_default() as u32;
        let view =
            Uint8Array::new_with_byte_offset_and_length(&member("buffer"), number("byteOffset"), number("byteLength"));
        return view.to_vec().into();
    }
    if data.is_instance_of::<ArrayBuffer>() {
        return Uint8Array::new(data).to_vec().into();
    }
    String::from(JsString::from(data.clone())).into()
}

/// `ws://jetlab?latency=2ms`: how long the wire is, one way.
fn latency_in(url: &str) -> Result<Duration, String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let latency = query.split('&').find_map(|pair| pair.strip_prefix("latency="));
    let Some(text) = latency else { return Ok(LATENCY) };
    parse_go_duration(text).ok_or_else(|| format!("\"{text}\" is not a latency; try ws://jetlab?latency=2ms"))
}
