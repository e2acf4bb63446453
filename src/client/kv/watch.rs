//! Watching keys change.

use super::config::check_key_filter;
use super::{Bucket, Entry, Error};
use crate::api::DeliverPolicy;
use crate::client::jetstream::{OrderedConsumer, OrderedOptions};

/// What to watch for. The default begins with the newest revision of each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchOptions {
    /// Begin with every kept revision.
    pub include_history: bool,
    /// Begin with what comes from now on.
    pub updates_only: bool,
    /// Begin with this revision.
    pub resume_from: Option<u64>,
    pub ignore_deletes: bool,
    /// Without the values.
    pub meta_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    Entry(Entry),
    /// Everything that was there at the start has been told. Comes once, and not to those who want updates only.
    CaughtUp,
}

pub struct Watcher {
    bucket: Bucket,
    consumer: OrderedConsumer,
    ignore_deletes: bool,
    /// Messages still to come before it has caught up; `None` once that was told.
    behind: Option<u64>,
}

impl Bucket {
    /// Watches the keys that match any of `filters`, all for none.
    pub async fn watch(&self, filters: &[&str], options: WatchOptions) -> Result<Watcher, Error> {
        for filter in filters {
            check_key_filter(filter)?;
        }
        let filters = if filters.is_empty() { &[">"] } else { filters };
        let deliver_policy = match (options.resume_from, options.updates_only, options.include_history) {
            (Some(_), _, _) => DeliverPolicy::ByStartSequence,
            (None, true, _) => DeliverPolicy::New,
            (None, false, true) => DeliverPolicy::All,
            (None, false, false) => DeliverPolicy::LastPerSubject,
        };
        let ordered = OrderedOptions {
            filters: filters.iter().map(|filter| format!("{}{filter}", self.prefix)).collect(),
            deliver_policy,
            start_seq: options.resume_from.unwrap_or(0),
            start_time: None,
            headers_only: options.meta_only,
        };
        let consumer = self.jetstream.ordered(&self.stream, ordered).await.map_err(Error::of_watch)?;
        let behind = (!options.updates_only).then(|| consumer.pending_at_start());
        Ok(Watcher { bucket: self.clone(), consumer, ignore_deletes: options.ignore_deletes, behind })
    }
}

impl Watcher {
    /// The next change; `None` once the connection is closed.
    pub async fn next(&mut self) -> Result<Option<Update>, Error> {
        loop {
            if self.behind == Some(0) {
                self.behind = None;
                return Ok(Some(Update::CaughtUp));
            }
            let Some((message, info)) = self.consumer.next().await? else { return Ok(None) };
            // Pending 0 ends the beginning too: limits may have removed what was counted.
            self.behind = self.behind.map(|behind| if info.num_pending == 0 { 0 } else { behind.saturating_sub(1) });
            let (name, prefix) = (&self.bucket.bucket, &self.bucket.prefix);
            let entry = Entry::from_delivery(name, prefix, message, &info);
            if let Some(entry) = entry.filter(|entry| !(self.ignore_deletes && entry.is_deleted())) {
                return Ok(Some(Update::Entry(entry)));
            }
        }
    }

    /// Ends it and waits until the server knows. Dropping a watcher ends it too.
    pub async fn stop(self) -> Result<(), Error> {
        self.consumer.delete().await.map_err(Error::of_api)
    }
}
