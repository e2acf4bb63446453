//! What an account may use and uses.

use crate::json::{FromJson, ToJson};
use crate::pack::Pack;

/// `-1` is no limit.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct AccountLimits {
    pub max_memory: i64,
    pub max_storage: i64,
    pub max_streams: i64,
    pub max_consumers: i64,
    pub max_ack_pending: i64,
    pub memory_max_stream_bytes: i64,
    pub storage_max_stream_bytes: i64,
    pub max_bytes_required: bool,
}

impl Default for AccountLimits {
    fn default() -> Self {
        AccountLimits {
            max_memory: -1,
            max_storage: -1,
            max_streams: -1,
            max_consumers: -1,
            max_ack_pending: -1,
            memory_max_stream_bytes: -1,
            storage_max_stream_bytes: -1,
            max_bytes_required: false,
        }
    }
}

/// Counts of answered API requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct ApiStats {
    pub level: u32,
    pub total: u64,
    pub errors: u64,
    #[json(omit_empty)]
    pub inflight: u64,
}

/// Body of `$JS.API.INFO`. Memory and storage are in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct AccountInfo {
    pub memory: u64,
    pub storage: u64,
    pub reserved_memory: u64,
    pub reserved_storage: u64,
    pub streams: u64,
    pub consumers: u64,
    pub limits: AccountLimits,
    #[json(omit_empty)]
    pub domain: Option<String>,
    pub api: ApiStats,
}
