//! What a server says to a client.

use super::client_op::encode_sizes_and_payload;
use super::lines::{self, Buffer};
use super::{DecodeError, Headers, Info, Message, Sid};
use crate::subject::Subject;
use bytes::Bytes;

/// One operation of a server.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerOp {
    Info(Box<Info>),
    /// MSG, or HMSG when there are headers.
    Msg {
        sid: Sid,
        message: Message,
    },
    Ping,
    Pong,
    Ok,
    /// The text between the quotes of `-ERR '...'`.
    Err(String),
}

impl ServerOp {
    /// Appends the wire form to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ServerOp::Info(info) => {
                out.extend_from_slice(b"INFO ");
                out.extend_from_slice(&info.to_json());
                out.extend_from_slice(b" \r\n");
            }
            ServerOp::Msg { sid, message } => {
                out.extend_from_slice(if message.headers.is_some() { b"HMSG " } else { b"MSG " });
                out.extend_from_slice(message.subject.as_bytes());
                out.push(b' ');
                out.extend_from_slice(sid.as_str().as_bytes());
                if let Some(reply) = &message.reply {
                    out.push(b' ');
                    out.extend_from_slice(reply.as_bytes());
                }
                encode_sizes_and_payload(message, out);
            }
            ServerOp::Ping => out.extend_from_slice(b"PING\r\n"),
            ServerOp::Pong => out.extend_from_slice(b"PONG\r\n"),
            ServerOp::Ok => out.extend_from_slice(b"+OK\r\n"),
            ServerOp::Err(text) => out.extend_from_slice(format!("-ERR '{text}'\r\n").as_bytes()),
        }
    }
}

/// Reads a server's operations, as a client does.
#[derive(Debug, Default)]
pub struct ServerDecoder {
    buffer: Buffer,
    receiving: Option<Receiving>,
}

#[derive(Debug)]
struct Receiving {
    subject: Subject,
    sid: Sid,
    reply: Option<Subject>,
    headers_bytes: Option<usize>,
    total: usize,
}

impl ServerDecoder {
    pub fn new() -> ServerDecoder {
        ServerDecoder::default()
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.push(bytes);
    }

    /// The next complete operation; `None` until more bytes arrive.
    ///
    /// Errors: what the peer did wrong. The decoder must not be asked again after one.
    pub fn decode(&mut self) -> Result<Option<ServerOp>, DecodeError> {
        loop {
            if let Some(receiving) = &self.receiving {
                let Some(body) = self.buffer.take_payload(receiving.total)? else { return Ok(None) };
                let receiving = self.receiving.take().expect("looked at just above");
                return Ok(Some(receiving.finish(body)));
            }
            let Some(line) = self.buffer.take_line() else { return Ok(None) };
            if let Some(op) = self.read_line(&line)? {
                return Ok(Some(op));
            }
        }
    }

    fn read_line(&mut self, line: &Bytes) -> Result<Option<ServerOp>, DecodeError> {
        let (name, arguments) = lines::split_op(line);
        match &name.to_ascii_uppercase()[..] {
            b"MSG" => self.begin_message(arguments, false),
            b"HMSG" => self.begin_message(arguments, true),
            b"PING" => Ok(Some(ServerOp::Ping)),
            b"PONG" => Ok(Some(ServerOp::Pong)),
            b"+OK" => Ok(Some(ServerOp::Ok)),
            b"-ERR" => Ok(Some(ServerOp::Err(lines::text(arguments).trim().trim_matches('\'').to_owned()))),
            b"INFO" => {
                let info = crate::json::read(arguments).map_err(|_| DecodeError::BadArguments)?;
                Ok(Some(ServerOp::Info(Box::new(info))))
            }
            _ => Err(DecodeError::UnknownOperation),
        }
    }

    fn begin_message(&mut self, arguments: &[u8], with_headers: bool) -> Result<Option<ServerOp>, DecodeError> {
        let (words, count) = lines::words(arguments);
        let sizes = if with_headers { 2 } else { 1 };
        let reply = match count - sizes.min(count) {
            2 => None,
            3 => Some(Subject::from(&*lines::text(words[2]))),
            _ => return Err(DecodeError::BadArguments),
        };
        let total = lines::size(words[count - 1])?;
        let headers_bytes = with_headers.then(|| lines::size(words[count - 2])).transpose()?;
        if headers_bytes.is_some_and(|headers_bytes| headers_bytes > total) {
            return Err(DecodeError::BadArguments);
        }
        self.receiving = Some(Receiving {
            subject: Subject::from(&*lines::text(words[0])),
            sid: Sid::from(&*lines::text(words[1])),
            reply,
            headers_bytes,
            total,
        });
        Ok(None)
    }
}

impl Receiving {
    fn finish(self, mut body: Bytes) -> ServerOp {
        let headers = self.headers_bytes.map(|size| Headers::from_bytes(body.split_to(size)));
        let message = Message { subject: self.subject, reply: self.reply, headers, payload: body };
        ServerOp::Msg { sid: self.sid, message }
    }
}
