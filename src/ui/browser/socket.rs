//! A WebSocket of the browser: binary frames in both directions, how much waits in it, and how it ended.
//!
//! The browser says nothing of why a socket did not open, so neither does this.

use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// Ended by us, and all is well.
const NORMAL: u16 = 1000;
/// What browsers say when there was no farewell.
const ABNORMAL: u16 = 1006;

/// What happens on a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Opened,
    Received(Bytes),
    /// Also when it could not be opened.
    Closed {
        why: String,
    },
}

type Listen = Rc<dyn Fn(Heard)>;

/// An open socket, or one that is being opened. Dropping it closes it, and nothing more is heard of it.
pub struct Socket {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Errors: what the browser forbids at once, as an address it cannot read or ws:// on a page that came by https.
    pub fn dial(url: &str, listen: Listen) -> Result<Socket, String> {
        let socket = WebSocket::new(url).map_err(|error| message_of(&error))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on_open = {
            let listen = listen.clone();
            Closure::<dyn FnMut()>::new(move || listen(Heard::Opened))
        };
        let on_message = {
            let listen = listen.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                listen(Heard::Received(bytes_of(&event)))
            })
        };
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            listen(Heard::Closed { why: why_of(&event) });
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Socket { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close })
    }

    /// On a socket that is not open, what is sent is lost; its end will be heard.
    pub fn send(&self, bytes: &[u8]) {
        let _ = self.socket.send_with_u8_array(bytes);
    }

    /// Bytes that were sent and have not left the browser.
    pub fn buffered(&self) -> usize {
        self.socket.buffered_amount() as usize
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // A socket that is closed already stays closed.
        let _ = self.socket.close_with_code(NORMAL);
    }
}

/// Text frames are no bytes of a NATS server; they are left to the protocol to be refused.
fn bytes_of(event: &MessageEvent) -> Bytes {
    let data = event.data();
    match data.dyn_into::<ArrayBuffer>() {
        Ok(buffer) => Uint8Array::new(&buffer).to_vec().into(),
        Err(text) => text.as_string().unwrap_or_default().into(),
    }
}

/// What the Go client calls the end of a stream, unless the server said more.
fn why_of(event: &CloseEvent) -> String {
    match (event.code(), event.reason()) {
        (_, reason) if !reason.is_empty() => reason,
        (NORMAL | ABNORMAL, _) => "EOF".to_owned(),
        (code, _) => format!("EOF (WebSocket close code {code})"),
    }
}

fn message_of(error: &JsValue) -> String {
    let message = js_sys::Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| "the browser does not allow it".to_owned())
}
