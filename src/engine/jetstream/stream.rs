//! One stream: its configuration, its messages, its consumers, and the policies between them.

use super::{Consumer, Store};
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
