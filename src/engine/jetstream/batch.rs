//! Publishing several messages as one: atomic batches and fast ingest.
//!
//! Source: ADR-50; nats-server 2.15.1, observed.

use super::publish::header;
use super::stream::Draft;
use crate::api::{Error, ErrorCode, StreamConfig};
use crate::subject::Subject;

/// Refuses what belongs to a batch where the stream takes none.
///
/// Differs from nats-server: batches are not taken on streams that allow them either; the answer then is 10077 with a
/// text that says so, and nothing is stored.
pub(super) fn refuse(config: &StreamConfig, draft: &Draft, reply: Option<&Subject>) -> Result<(), Error> {
    let missing = |what: &str| ErrorCode::STORE_FAILED.with(&[&format!("{what} is not available in this server")]);
    if reply.is_some_and(|reply| reply.ends_with(".$FI")) {
        return Err(if config.allow_batched { missing("batch publish") } else { ErrorCode(10205).error() });
    }
    if header(draft, "Nats-Batch-Id").is_some() {
        return Err(if config.allow_atomic { missing("atomic publish") } else { ErrorCode(10174).error() });
    }
    Ok(())
}
