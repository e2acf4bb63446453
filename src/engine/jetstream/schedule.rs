//! Messages that publish other messages later.
//!
//! Source: ADR-51; nats-server 2.15.1, observed.

use super::publish::header;
use super::stream::Draft;
use crate::api::{Error, ErrorCode, StreamConfig};

/// Refuses schedules where the stream takes none.
///
/// Differs from nats-server: schedules are not run on streams that allow them either; the answer then is 10077 with a
/// text that says so, and nothing is stored.
pub(super) fn check(config: &StreamConfig, draft: &Draft) -> Result<(), Error> {
    if header(draft, "Nats-Schedule").is_none() {
        return Ok(());
    }
    if config.allow_msg_schedules {
        return Err(ErrorCode::STORE_FAILED.with(&["message scheduling is not available in this server"]));
    }
    Err(ErrorCode(10188).error())
}
