//! Purging a stream: by subject, up to a sequence, down to the newest few.
//!
//! Decides what goes and tells the consumers, each what concerns it. The way in is [`Stream::purge`]; roll-ups purge too.
//! Source: nats-server 2.15.1 `server/stream.go`, `purgeLocked`; the stores' `PurgeEx`, observed.

use super::consumer::Concern;
use super::store::Run;
use super::{Context, Filters, Stream};
use crate::api::PurgeRequest;
use crate::api::stream::Storage;
use crate::engine::RemovalReason;
use crate::subject::SubjectFilter;

/// Every message.
const ALL: &str = ">";

impl Stream {
    /// Removes what `request` names; returns how many messages that were.
    pub fn purge(&mut self, context: &mut Context<'_>, request: &PurgeRequest) -> u64 {
        let filter = Some(request.filter.as_str()).filter(|filter| !filter.is_empty());
        self.purge_as(context, filter, request.seq, request.keep, RemovalReason::Purged)
    }

    /// [`Stream::purge`] for a reason of its own. `seq` and `keep` are 0 when they do not matter.
    pub(super) fn purge_as(
        &mut self,
        context: &mut Context<'_>,
        filter: Option<&str>,
        seq: u64,
        keep: u64,
        reason: RemovalReason,
    ) -> u64 {
        let Ok(wanted) = SubjectFilter::new(filter.unwrap_or(ALL)) else { return 0 };
        let filters = Filters::from(wanted.clone());
        let end = self.purge_end(&filters, seq, keep);
        // Up to, and without, the first message there ever is: that is nothing.
        let is_sweep = wanted.as_str() == ALL && keep == 0 && seq != 1;
        let only = self.only_below(&filters, end).filter(|_| !is_sweep);
        let subject = only.and_then(|seq| match self.config.storage {
            Storage::Memory => self.store.get(seq).map(|message| message.subject.to_string()),
            // As on the server: a file store names the filter, so those who want less than that do not hear of it.
            Storage::File => Some(wanted.to_string()),
        });
        let runs = self.take_out(&filters, end, is_sweep);
        runs.iter().for_each(|run| self.tell_gone(context, run, reason));
        let mut owed = Vec::new();
        if let (Some(seq), Some(subject)) = (only, subject) {
            owed = self.tell_removed(context, seq, &subject);
        } else if !runs.is_empty() {
            self.many_removed();
        }
        self.purge_consumers(context, filter.is_some().then_some(&wanted));
        self.terminate_removed(context, owed);
        runs.iter().map(|run| run.count).sum()
    }

    /// The message that matches below `end`, if it is only one.
    fn only_below(&self, filters: &Filters, end: u64) -> Option<u64> {
        let next = |from: u64| self.store.next_matching(filters, from).map(|it| it.seq).filter(|seq| *seq < end);
        next(0).filter(|first| next(first + 1).is_none())
    }

    fn take_out(&mut self, filters: &Filters, end: u64, is_sweep: bool) -> Vec<Run> {
        if !is_sweep {
            return self.store.remove_matching(filters, end);
        }
        let began = self.store.first().map(|first| (first.seq, first.at));
        let run = self.store.remove_below(end);
        let ends_in_gap = run.is_some() && self.store.len() == 0 && end <= self.store.last_seq();
        if let Some((first, at)) = began
            && ends_in_gap
            && first > 1
            && self.config.storage == Storage::File
        {
            // As on the server, whose file store does not move on when only gaps are left of what it began with.
            self.store.stay_at(first, at, end);
        }
        if end > self.store.last_seq() {
            // An empty stream moves too: it counts as written to.
            self.store.clear();
        }
        if end > self.store.last_seq() + 1 {
            self.store.skip_to(end - 1, None);
        }
        run.into_iter().collect()
    }

    /// The first sequence a purge leaves alone.
    fn purge_end(&self, filters: &Filters, seq: u64, keep: u64) -> u64 {
        if seq > 0 {
            return seq;
        }
        let end = self.store.last_seq() + 1;
        if keep == 0 {
            return end;
        }
        let mut kept = end;
        for _ in 0..keep {
            match self.store.last_matching(filters, kept - 1) {
                Some(message) if message.seq > 0 => kept = message.seq,
                _ => return 0,
            }
        }
        kept
    }

    /// Moves the consumers forward; `purged` is the subject, if only one was purged.
    fn purge_consumers(&mut self, context: &mut Context<'_>, purged: Option<&SubjectFilter>) {
        let first = self.store.first_seq();
        let first_left = purged.map_or(first, |purged| {
            let filters = Filters::from(purged.clone());
            self.store.next_matching(&filters, 0).map_or(0, |message| message.seq)
        });
        let Stream { consumers, store, .. } = &mut *self;
        for consumer in consumers.values_mut() {
            match purged.map_or(Concern::Whole, |purged| consumer.concern(purged)) {
                Concern::Whole => consumer.purge(context, store, first_left, false),
                Concern::Part => consumer.purge(context, store, first, true),
                Concern::None => {}
            }
        }
        self.timers_changed();
    }
}
