//! What the words mean that a flag can be given, in a few words: for completion.
//!
//! Knows flags by their names alone. The way in is [`meaning`].

/// Flag, word, meaning.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("retention", "limits", "until a limit is reached"),
    ("retention", "interest", "until all consumers acknowledged"),
    ("retention", "workq", "until its consumer acknowledged"),
    ("retention", "work", "as workq"),
    ("discard", "old", "the oldest message makes room"),
    ("discard", "new", "the new message is refused"),
    ("storage", "file", "on disk"),
    ("storage", "memory", "gone when the server stops"),
    ("compression", "none", "as it comes"),
    ("compression", "s2", "compressed in files"),
    ("ack", "none", "nothing is acknowledged"),
    ("ack", "all", "it counts for all before it"),
    ("ack", "explicit", "each message is acknowledged"),
    ("ack", "flow_control", "by the flow control of a push consumer"),
    ("acks", "none", "nothing is acknowledged"),
    ("acks", "all", "it counts for all before it"),
    ("acks", "explicit", "each message is acknowledged"),
    ("replay", "instant", "as fast as can be"),
    ("replay", "original", "at the pace at which they were stored"),
    ("backoff", "linear", "the wait grows by the same step"),
    ("backoff", "none", "always the same wait"),
    ("deliver", "all", "from the first message on"),
    ("deliver", "new", "only messages to come"),
    ("deliver", "last", "from the last message on"),
    ("deliver", "subject", "from the last message of each subject on"),
    ("deliver", "1h", "from so long ago on"),
    ("send-on", "newline", "a message for each line"),
    ("send-on", "eof", "one message, at the end of the input"),
    ("persist-mode", "default", "when it is written"),
    ("persist-mode", "async", "before it is written"),
];

/// What `word` means to `flag`; nothing where the word says it itself.
pub fn meaning(flag: &str, word: &str) -> &'static str {
    let found = MEANINGS.iter().find(|(of, known, _)| (*of, *known) == (flag, word));
    found.map_or("", |(_, _, meaning)| *meaning)
}
