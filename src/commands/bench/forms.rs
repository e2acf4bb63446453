//! What the benchmarks are called, and what they say of themselves.

/// A form: the words of its command, what it is called, what each client is said to do, what stands before a client's bar
/// while it works and at its end, and what the banner lists besides `clients`, `msg-size`, `msgs`.
pub(super) struct Form {
    pub path: &'static [&'static str],
    pub work: Work,
    pub label: &'static str,
    pub verb: &'static str,
    pub doing: [&'static str; 2],
    pub listed: &'static [&'static str],
}

/// What a client does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Publish,
    Subscribe,
    Request,
    Serve,
    PublishSync,
    PublishAsync,
    PublishAtomic,
    PublishFast,
    Ordered,
    Consume,
    Fetch,
    GetSync,
    GetBatch,
    KvPut,
    KvGet,
}

impl Work {
    pub fn publishes_to_stream(self) -> bool {
        matches!(self, Work::PublishSync | Work::PublishAsync | Work::PublishAtomic | Work::PublishFast)
    }

    /// Whether it makes messages, and so can be held to a pace.
    pub fn produces(self) -> bool {
        self.publishes_to_stream() || matches!(self, Work::Publish | Work::Request | Work::KvPut)
    }

    /// What is said before the reason why there is no connection.
    pub fn lost(self) -> &'static str {
        match self {
            Work::Subscribe | Work::Request | Work::Serve => "client number 0 failed to connect: ",
            Work::Ordered => "client number 0 could not connect: ",
            // So it says.
            Work::KvGet => "client number 0 cloud not connect: ",
            Work::Consume | Work::Fetch | Work::GetSync | Work::GetBatch | Work::KvPut => "connecting: ",
            _ => "",
        }
    }

    /// Whether the clients share the messages; else each has all of them.
    pub fn is_shared(self) -> bool {
        self.produces() || matches!(self, Work::Consume | Work::Fetch | Work::KvGet)
    }
}

const FINISHED: &str = "Finished  ";
const PUBLISHER: &[&str] = &["multi-subject", "multi-subject-max", "multi-subject-randomize", "sleep", "subject"];
const JS_PUBLISHER: &[&str] =
    &["batch", "multi-subject", "multi-subject-max", "multi-subject-randomize", "purge", "sleep", "stream", "subject"];
const RECEIVER: &[&str] = &["acks", "batch", "consumer", "double-acked", "filter", "purge", "sleep", "stream"];

/// What making the stream adds.
pub(super) const CREATED: &[&str] = &["dedup-window", "deduplication", "max-bytes", "replicas", "storage"];

pub(super) const FORMS: &[Form] = &[
    Form {
        path: &["pub"],
        work: Work::Publish,
        label: "Core NATS publisher",
        verb: "publishing",
        doing: ["Publishing", FINISHED],
        listed: PUBLISHER,
    },
    Form {
        path: &["sub"],
        work: Work::Subscribe,
        label: "Core NATS subscriber",
        verb: "expecting",
        doing: ["Receiving ", FINISHED],
        listed: &["multi-subject", "subject"],
    },
    Form {
        path: &["service", "request"],
        work: Work::Request,
        label: "Core NATS service requester",
        verb: "requesting",
        doing: ["Requesting", FINISHED],
        listed: &["sleep", "subject"],
    },
    Form {
        path: &["service", "serve"],
        work: Work::Serve,
        label: "Core NATS service server",
        verb: "expecting",
        doing: ["", ""],
        listed: &["sleep", "subject"],
    },
    Form {
        path: &["js", "pub", "sync"],
        work: Work::PublishSync,
        label: "JetStream synchronous publisher",
        verb: "publishing",
        doing: ["Publishing", "Publishing"],
        listed: JS_PUBLISHER,
    },
    Form {
        path: &["js", "pub", "async"],
        work: Work::PublishAsync,
        label: "JetStream asynchronous publisher",
        verb: "publishing",
        doing: ["Publishing", FINISHED],
        listed: JS_PUBLISHER,
    },
    Form {
        path: &["js", "pub", "atomic"],
        work: Work::PublishAtomic,
        label: "JetStream atomic batch publisher",
        verb: "publishing",
        doing: ["Batching  ", FINISHED],
        listed: JS_PUBLISHER,
    },
    Form {
        path: &["js", "pub", "fast"],
        work: Work::PublishFast,
        label: "JetStream fast batch publisher",
        verb: "publishing",
        doing: ["Batching  ", FINISHED],
        listed: JS_PUBLISHER,
    },
    Form {
        path: &["js", "ordered"],
        work: Work::Ordered,
        label: "JetStream ordered ephemeral consumer",
        verb: "expecting",
        doing: ["Receiving ", FINISHED],
        listed: &["filter", "purge", "sleep", "stream"],
    },
    Form {
        path: &["js", "consume"],
        work: Work::Consume,
        label: "JetStream durable consumer (callback)",
        verb: "expecting",
        doing: ["Consuming", FINISHED],
        listed: RECEIVER,
    },
    Form {
        path: &["js", "fetch"],
        work: Work::Fetch,
        label: "JetStream durable consumer (fetch)",
        verb: "expecting",
        doing: ["Fetching", FINISHED],
        listed: RECEIVER,
    },
    Form {
        path: &["js", "get", "sync"],
        work: Work::GetSync,
        label: "JetStream synchronous getter",
        verb: "expecting",
        doing: ["Getting   ", FINISHED],
        listed: &["sleep", "stream"],
    },
    Form {
        path: &["js", "get", "batch"],
        work: Work::GetBatch,
        label: "JetStream batched direct getter",
        verb: "expecting",
        doing: ["Getting   ", FINISHED],
        listed: &["batch", "filter", "sleep", "stream"],
    },
    Form {
        path: &["kv", "put"],
        work: Work::KvPut,
        label: "JetStream KV putter",
        verb: "publishing",
        doing: ["Putting   ", "Putting   "],
        listed: &["bucket", "purge", "sleep"],
    },
    Form {
        path: &["kv", "get"],
        work: Work::KvGet,
        label: "JetStream KV getter",
        verb: "trying to get",
        doing: ["Getting   ", FINISHED],
        listed: &["bucket", "randomize", "sleep"],
    },
];
