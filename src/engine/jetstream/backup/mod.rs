//! Backups: a stream leaves in pieces and comes back from them.
//!
//! A [`Snapshot`] is on its way to whoever asked for it, a [`Restore`] collects what is sent back; both are over when they
//! are complete or when nobody goes on with them. What is in a backup is in `archive.rs`, the frames around it in `s2.rs`.
//! The ways in are [`JetStream::snapshot`] and [`JetStream::restore`].
//! Differs from nats-server: the archive is made at once and is not compressed (its frames say so, every reader takes
//! them); the tar files of servers before 2.15 are not read.
//! Source: ADR "JetStream Stream Backup and Restore V2"; nats-server 2.15.1, observed.

mod archive;
mod restore;
mod s2;
mod snapshot;

use super::{Context, JetStream, Publication};
use crate::subject::Subject;
use crate::time::Timestamp;
use restore::Restore;
use snapshot::Snapshot;
use std::time::Duration;

/// Who does not go on with a backup for so long has given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// A backup that unfolds to more is not taken.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// Backups under way.
#[derive(Default)]
pub(super) struct Backups {
    snapshots: Vec<Snapshot>,
    restores: Vec<Restore>,
}

impl Backups {
    fn poll_timeout(&self) -> Option<Timestamp> {
        let snapshots = self.snapshots.iter().map(|snapshot| snapshot.due);
        snapshots.chain(self.restores.iter().map(|restore| restore.deadline)).min()
    }
}

impl JetStream {
    /// When [`JetStream::tick_backups`] has something to do next.
    pub(super) fn backups_due(&self) -> Option<Timestamp> {
        self.backups.poll_timeout()
    }

    pub(super) fn tick_backups(&mut self, context: &mut Context<'_>) {
        self.continue_snapshots(context);
        self.give_up_restores(context);
    }

    /// Somebody listens or not any more: a snapshot may have waited for that.
    pub(super) fn backup_interest_changed(&mut self, now: Timestamp, subject: &str) {
        for snapshot in self.backups.snapshots.iter_mut().filter(|snapshot| &*snapshot.deliver == subject) {
            snapshot.due = snapshot.due.min(now);
        }
    }

    /// A message under `$JS.SNAPSHOT.`; `rest` is what follows.
    pub(super) fn publish_to_backups(
        &mut self,
        context: &mut Context<'_>,
        rest: &str,
        publication: &Publication,
    ) -> bool {
        if let Some(rest) = rest.strip_prefix("ACK.") {
            return self.snapshot_confirmed(context, rest);
        }
        rest.starts_with("RESTORE.") && self.take_piece(context, publication)
    }
}

/// The sender's and the receiver's subjects: `$JS.SNAPSHOT.<what>.<stream>.<id>`.
fn subject_of(what: &str, stream: &str, id: &str) -> Subject {
    format!("$JS.SNAPSHOT.{what}.{stream}.{id}").into()
}
