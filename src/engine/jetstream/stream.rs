//! One stream: its configuration, its messages, its consumers, and the policies between them.

use super::consumer::Settled;
use super::{Consumer, Context, Store};
use crate::api::StreamConfig;
use crate::engine::Name;
use crate::time::Timestamp;
use std::collections::BTreeMap;

pub(in crate::engine) struct Stream {
    pub name: Name,
    pub config: StreamConfig,
    pub created: Timestamp,
    pub store: Store,
    pub consumers: BTreeMap<Name, Consumer>,
}

impl Stream {
    /// A consumer reported what it is done with: on a work queue or interest stream that may remove messages.
    pub fn settle(&mut self, context: &mut Context<'_>, consumer: &str, settled: Settled) {
        let _ = (context, consumer, settled);
    }

    /// A consumer is gone or wants less than before: on an interest stream, removes what nobody needs any more.
    pub fn interest_narrowed(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }
}
