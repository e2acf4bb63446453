//! What a client says to a server.

use super::lines::{self, Buffer};
use super::{DecodeError, Headers, MAX_CONTROL_LINE, Message, Sid};
use crate::decimal;
use crate::pack::Pack;
use crate::subject::Subject;
use bytes::Bytes;

/// One operation of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientOp {
    /// The JSON of a [`super::Connect`], unread: a server merges it over earlier ones and judges it itself.
    Connect(Bytes),
    /// PUB, or HPUB when there are headers.
    Pub(Message),
    Sub {
        subject: Subject,
        queue: Option<Subject>,
        sid: Sid,
    },
    /// `max: None` is at once; `Some(n)` after `n` deliveries in all.
    Unsub {
        sid: Sid,
        max: Option<u64>,
    },
    Ping,
    Pong,
}

impl ClientOp {
    /// Appends the wire form to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ClientOp::Connect(json) => {
                out.extend_from_slice(b"CONNECT ");
                out.extend_from_slice(json);
            }
            ClientOp::Pub(message) => return encode_pub(message, out),
            ClientOp::Sub { subject, queue, sid } => {
                let queue = queue.as_ref().map(|queue| format!(" {queue}")).unwrap_or_default();
                out.extend_from_slice(format!("SUB {subject}{queue} {sid}").as_bytes());
            }
            ClientOp::Unsub { sid, max: None } => out.extend_from_slice(format!("UNSUB {sid}").as_bytes()),
            ClientOp::Unsub { sid, max: Some(max) } => out.extend_from_slice(format!("UNSUB {sid} {max}").as_bytes()),
            ClientOp::Ping => out.extend_from_slice(b"PING"),
            ClientOp::Pong => out.extend_from_slice(b"PONG"),
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn encode_pub(message: &Message, out: &mut Vec<u8>) {
    out.extend_from_slice(if message.headers.is_some() { b"HPUB " } else { b"PUB " });
    out.extend_from_slice(message.subject.as_bytes());
    if let Some(reply) = &message.reply {
        out.push(b' ');
        out.extend_from_slice(reply.as_bytes());
    }
    encode_sizes_and_payload(message, out);
}

/// ` [hdrlen] total CRLF headers payload CRLF`, the common end of PUB, HPUB, MSG and HMSG.
pub(super) fn encode_sizes_and_payload(message: &Message, out: &mut Vec<u8>) {
    let headers = message.headers.as_ref().map_or(&[][..], Headers::as_bytes);
    let total = headers.len() + message.payload.len();
    out.reserve(2 * (1 + decimal::MAX_DIGITS) + total + 4);
    if message.headers.is_some() {
        out.push(b' ');
        decimal::append(headers.len() as u64, out);
    }
    out.push(b' ');
    decimal::append(total as u64, out);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(headers);
    out.extend_from_slice(&message.payload);
    out.extend_from_slice(b"\r\n");
}

/// Reads a client's operations, as a server does.
#[derive(Debug, Pack)]
pub struct ClientDecoder {
    buffer: Buffer,
    max_payload: usize,
    /// A PUB or HPUB whose line was read and whose payload is not complete.
    publishing: Option<Publishing>,
}

#[derive(Debug, Pack)]
struct Publishing {
    subject: Subject,
    reply: Option<Subject>,
    /// `None` for PUB.
    headers_bytes: Option<usize>,
    total: usize,
}

impl ClientDecoder {
    pub fn new(max_payload: usize) -> ClientDecoder {
        ClientDecoder { buffer: Buffer::default(), max_payload, publishing: None }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.push(bytes);
    }

    /// The first byte of what was not decoded yet.
    pub fn next_byte(&self) -> Option<u8> {
        self.buffer.peek().first().copied()
    }

    /// The next complete operation; `None` until more bytes arrive.
    ///
    /// Errors: what the peer did wrong. The decoder must not be asked again after one.
    pub fn decode(&mut self) -> Result<Option<ClientOp>, DecodeError> {
        loop {
            if let Some(publishing) = &self.publishing {
                let Some(body) = self.buffer.take_payload(publishing.total)? else { return Ok(None) };
                let publishing = self.publishing.take().expect("looked at just above");
                return Ok(Some(ClientOp::Pub(publishing.finish(body))));
            }
            let Some(line) = self.buffer.take_line() else {
                return check_unfinished(self.buffer.peek()).map(|()| None);
            };
            if let Some(op) = self.read_line(&line)? {
                return Ok(Some(op));
            }
        }
    }

    /// `None` for what is ignored, and for a PUB whose payload is still to come.
    fn read_line(&mut self, line: &Bytes) -> Result<Option<ClientOp>, DecodeError> {
        let (name, arguments) = lines::split_op(line);
        // Most of what is said, and most of how it is written.
        if name == b"PUB" && arguments.len() <= MAX_CONTROL_LINE && line.len() > name.len() {
            return self.begin_publish(arguments, false);
        }
        let upper = name.to_ascii_uppercase();
        // Anything may follow PING and PONG, even without a blank between.
        if upper.starts_with(b"PING") {
            return Ok(Some(ClientOp::Ping));
        }
        if upper.starts_with(b"PONG") {
            return Ok(Some(ClientOp::Pong));
        }
        if upper == b"+OK" {
            return Ok(None);
        }
        if arguments.len() > MAX_CONTROL_LINE {
            return Err(DecodeError::MaxControlLine);
        }
        let blank_follows = line.len() > name.len();
        match &upper[..] {
            b"CONNECT" if blank_follows => Ok(Some(ClientOp::Connect(line.slice_ref(arguments)))),
            b"PUB" if blank_follows => self.begin_publish(arguments, false),
            b"HPUB" if blank_follows => self.begin_publish(arguments, true),
            b"SUB" if blank_follows => read_sub(arguments).map(Some),
            b"UNSUB" if blank_follows => read_unsub(arguments).map(Some),
            b"INFO" => Ok(None),
            b"-ERR" => Err(DecodeError::PeerError),
            _ => Err(DecodeError::UnknownOperation),
        }
    }

    fn begin_publish(&mut self, arguments: &[u8], with_headers: bool) -> Result<Option<ClientOp>, DecodeError> {
        let (words, count) = lines::words(arguments);
        let sizes = if with_headers { 2 } else { 1 };
        let reply = match count - sizes.min(count) {
            1 => None,
            2 => Some(Subject::from(&*lines::text(words[1]))),
            _ => return Err(DecodeError::BadArguments),
        };
        let total = lines::size(words[count - 1])?;
        let headers_bytes = with_headers.then(|| lines::size(words[count - 2])).transpose()?;
        if headers_bytes.is_some_and(|headers_bytes| headers_bytes > total) {
            return Err(DecodeError::BadArguments);
        }
        if total > self.max_payload {
            return Err(DecodeError::MaxPayload);
        }
        let subject = Subject::from(&*lines::text(words[0]));
        self.publishing = Some(Publishing { subject, reply, headers_bytes, total });
        Ok(None)
    }
}

impl Publishing {
    fn finish(self, mut body: Bytes) -> Message {
        let headers = self.headers_bytes.map(|size| Headers::from_bytes(body.split_to(size)));
        Message { subject: self.subject, reply: self.reply, headers, payload: body }
    }
}

fn read_sub(arguments: &[u8]) -> Result<ClientOp, DecodeError> {
    let (words, count) = lines::words(arguments);
    let queue = match count {
        2 => None,
        3 => Some(Subject::from(&*lines::text(words[1]))),
        _ => return Err(DecodeError::BadArguments),
    };
    let sid = Sid::from(&*lines::text(words[count - 1]));
    Ok(ClientOp::Sub { subject: Subject::from(&*lines::text(words[0])), queue, sid })
}

/// A limit that is no number means "at once", as on the server.
fn read_unsub(arguments: &[u8]) -> Result<ClientOp, DecodeError> {
    let (words, count) = lines::words(arguments);
    if !(1..=2).contains(&count) {
        return Err(DecodeError::BadArguments);
    }
    let max = lines::size(words[1]).ok().map(|max| max as u64).filter(|&max| max > 0);
    Ok(ClientOp::Unsub { sid: Sid::from(&*lines::text(words[0])), max })
}

/// A line without an end yet: already too long, or already no operation?
fn check_unfinished(bytes: &[u8]) -> Result<(), DecodeError> {
    if bytes.is_empty() {
        return Ok(());
    }
    const NAMES: [&[u8]; 10] =
        [b"CONNECT", b"PUB", b"HPUB", b"SUB", b"UNSUB", b"PING", b"PONG", b"+OK", b"-ERR", b"INFO"];
    let (name, arguments) = lines::split_op(bytes);
    let upper = name.to_ascii_uppercase();
    if upper.starts_with(b"PING") || upper.starts_with(b"PONG") {
        return Ok(());
    }
    let upper = upper.strip_suffix(b"\r").unwrap_or(&upper);
    if !NAMES.iter().any(|name| name.starts_with(upper)) {
        return Err(DecodeError::UnknownOperation);
    }
    let slack = usize::from(arguments.last() == Some(&b'\r'));
    if arguments.len() > MAX_CONTROL_LINE + slack { Err(DecodeError::MaxControlLine) } else { Ok(()) }
}
