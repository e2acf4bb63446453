//! Watching objects come and go.

use super::store::read_card;
use super::{Error, ObjectInfo, ObjectStore};
use crate::api::DeliverPolicy;
use crate::client::jetstream::{OrderedConsumer, OrderedOptions};

/// What to watch for. The default begins with every object there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectWatchOptions {
    pub updates_only: bool,
    pub ignore_deletes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectUpdate {
    Object(Box<ObjectInfo>),
    /// Everything that was there at the start has been told. Comes once, and not to those who want updates only.
    CaughtUp,
}

pub struct ObjectWatcher {
    consumer: OrderedConsumer,
    ignore_deletes: bool,
    /// Cards still to come before it has caught up; `None` once that was told.
    behind: Option<u64>,
}

impl ObjectStore {
    pub async fn watch(&self, options: ObjectWatchOptions) -> Result<ObjectWatcher, Error> {
        let deliver_policy = if options.updates_only { DeliverPolicy::New } else { DeliverPolicy::LastPerSubject };
        let filters = vec![format!("$O.{}.M.>", self.bucket)];
        let ordered = OrderedOptions { filters, deliver_policy, ..OrderedOptions::default() };
        let consumer = self.jetstream.ordered(&self.stream, ordered).await?;
        let behind = (!options.updates_only).then(|| consumer.pending_at_start());
        Ok(ObjectWatcher { consumer, ignore_deletes: options.ignore_deletes, behind })
    }
}

impl ObjectWatcher {
    /// The next change; `None` once the connection is closed.
    pub async fn next(&mut self) -> Result<Option<ObjectUpdate>, Error> {
        loop {
            if self.behind == Some(0) {
                self.behind = None;
                return Ok(Some(ObjectUpdate::CaughtUp));
            }
            let Some((message, delivery)) = self.consumer.next().await? else { return Ok(None) };
            // Pending 0 ends the beginning too: limits may have removed what was counted.
            self.behind =
                self.behind.map(|behind| if delivery.num_pending == 0 { 0 } else { behind.saturating_sub(1) });
            let mut info = read_card(&message.payload)?;
            info.modified = Some(delivery.timestamp);
            if !(self.ignore_deletes && info.deleted) {
                return Ok(Some(ObjectUpdate::Object(Box::new(info))));
            }
        }
    }
}
