//! A session is its seed and its inputs. Running them again gives the same events, which is how we rewind, branch and
//! share.
//!
//! Plain data, readable as JSON. Times are nanoseconds since the session began.

use crate::base64::BASE64;
use crate::engine::Engine;
use crate::json::{self, FromJson, ToJson};
use crate::shell::secrets::{text_without_secrets, without_secrets};

/// Format of the JSON; a reader refuses what it does not know.
pub const VERSION: u32 = 1;

/// Everything that shaped what happened.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
#[json(deny_unknown_fields)]
pub struct Session {
    pub version: u32,
    pub seed: u64,
    /// Nanoseconds since the Unix epoch at which the session's clock began.
    pub started: i64,
    /// One way, in nanoseconds.
    pub latency: u64,
    /// The server it began with, see `Engine::export`; a clean one unless set.
    #[json(default, omit_empty)]
    pub server: Option<WireBytes>,
    pub inputs: Vec<Entry>,
    /// How far the session had come, in nanoseconds since it began.
    #[json(default)]
    pub end: u64,
    /// Inputs of programs that are not in `inputs`, because they were too many. A session that has any cannot run again.
    #[json(default)]
    pub dropped: u64,
    /// About how much memory the inputs of programs take.
    #[json(default)]
    wire_bytes: usize,
}

/// So much memory is spent on remembering what programs wrote.
const MAX_WIRE_BYTES: usize = 16 << 20;
/// What remembering an input costs besides its bytes.
const ENTRY_BYTES: usize = 128;

#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
#[json(deny_unknown_fields)]
pub struct Entry {
    /// Nanoseconds since the session began.
    pub at: u64,
    pub input: Input,
}

/// What came from outside.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
#[json(rename_all = "snake_case")]
pub enum Input {
    /// A terminal with its own connection.
    OpenTerminal {
        actor: String,
    },
    CloseActor {
        actor: String,
    },
    /// A line was entered: a command, or standard input of what runs.
    Line {
        actor: String,
        line: String,
    },
    /// A question was answered.
    Answer {
        actor: String,
        text: String,
    },
    /// Arrow keys in a list of options; up is negative.
    Move {
        actor: String,
        by: i32,
    },
    /// What stands in the prompt while options are chosen from: it narrows them.
    Filter {
        actor: String,
        text: String,
    },
    /// The terminal is so many characters wide, for commands started from now on.
    Width {
        actor: String,
        columns: usize,
    },
    Interrupt {
        actor: String,
    },
    /// A `lab` verb that a button said: the words after `lab`.
    Order {
        words: Vec<String>,
    },
    /// Ctrl-L.
    ClearScreen {
        actor: String,
    },
    EndOfInput {
        actor: String,
    },
    /// `window.jetlab.request`.
    Request {
        actor: String,
        subject: String,
        payload: String,
    },
    /// A prediction was made.
    Bet {
        id: String,
        option: usize,
    },
    /// A program in the page connected, over a wire that long one way (nanoseconds). Wires are numbered like every
    /// connection.
    OpenWire {
        name: String,
        #[json(default)]
        latency: u64,
    },
    /// A program wrote bytes.
    Wire {
        wire: u64,
        bytes: WireBytes,
    },
    /// So many bytes wait for the program to read them.
    Unread {
        wire: u64,
        bytes: usize,
    },
    CloseWire {
        wire: u64,
    },
}

impl Input {
    /// As it may be kept and shared.
    pub fn without_secrets(self) -> Input {
        match self {
            Input::Line { actor, line } => Input::Line { actor, line: without_secrets(&line).into_owned() },
            Input::Answer { actor, text } => Input::Answer { actor, text: text_without_secrets(&text) },
            other => other,
        }
    }
}

/// Bytes as they went over a wire. Letters in JSON, base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireBytes(pub bytes::Bytes);

impl ToJson for WireBytes {
    fn write(&self, out: &mut json::Writer) {
        BASE64.encode(&self.0).write(out);
    }
}

impl FromJson for WireBytes {
    fn from_json(value: &json::Value) -> Result<WireBytes, json::Error> {
        let bytes = value.as_str().and_then(|text| BASE64.decode(text.as_bytes()));
        bytes.map(|bytes| WireBytes(bytes.into())).ok_or_else(|| json::Error("bytes are written in base64".to_owned()))
    }
}

/// Why a session cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    Malformed(String),
    Version(u32),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::Malformed(reason) => write!(f, "not a session: {reason}"),
            ReadError::Version(version) => {
                write!(f, "session format {version} is not known here, this playground reads format {VERSION}")
            }
        }
    }
}

impl Session {
    pub fn new(seed: u64, started: crate::time::Timestamp, latency: std::time::Duration) -> Session {
        let latency = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        Session {
            version: VERSION,
            seed,
            started: started.nanos(),
            latency,
            server: None,
            inputs: Vec::new(),
            end: 0,
            dropped: 0,
            wire_bytes: 0,
        }
    }

    /// Of what follows nothing is remembered: it cannot run again.
    pub(super) fn forget(&mut self) {
        self.dropped += 1;
    }

    /// Remembers an input at `at` nanoseconds since the beginning.
    pub(super) fn remember(&mut self, at: u64, input: &Input) {
        self.end = at;
        match input {
            Input::Wire { bytes, .. } => self.wire_bytes += bytes.0.len() + ENTRY_BYTES,
            Input::Unread { .. } => self.wire_bytes += ENTRY_BYTES,
            _ => {}
        }
        if self.wire_bytes > MAX_WIRE_BYTES {
            self.dropped += 1;
        } else {
            self.inputs.push(Entry { at, input: input.clone() });
        }
    }

    /// Whether running it again gives what happened.
    pub fn is_whole(&self) -> bool {
        self.dropped == 0
    }

    /// About how much memory what programs wrote takes.
    pub fn wire_bytes(&self) -> usize {
        self.wire_bytes
    }

    pub fn to_json(&self) -> String {
        crate::json::write(self)
    }

    pub fn from_json(text: &str) -> Result<Session, ReadError> {
        let value: serde_json::Value =
            crate::json::parse(text).map_err(|error| ReadError::Malformed(error.to_string()))?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version != u64::from(VERSION) => Err(ReadError::Version(version as u32)),
            _ => {
                let session = <Session as FromJson>::from_json(&value)
                    .map_err(|error| ReadError::Malformed(error.to_string()))?;
                let is_readable = |server: &WireBytes| Engine::import(&server.0).is_ok();
                match session.server.as_ref().is_none_or(is_readable) {
                    true => Ok(session),
                    false => Err(ReadError::Malformed("the server it begins with cannot be read".to_owned())),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn json_round_trip_and_refusals() {
        let mut session = Session::new(7, Timestamp(5), std::time::Duration::from_millis(2));
        let input = Input::Line { actor: "alice".into(), line: "nats pub a b".into() };
        session.inputs.push(Entry { at: 3, input });
        assert_eq!(Session::from_json(&session.to_json()), Ok(session.clone()));
        session.version = 9;
        assert_eq!(Session::from_json(&session.to_json()), Err(ReadError::Version(9)));
        assert!(matches!(Session::from_json("{"), Err(ReadError::Malformed(_))));
        assert!(matches!(Session::from_json("{\"version\":1}"), Err(ReadError::Malformed(_))));
    }
}
