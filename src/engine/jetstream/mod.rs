//! JetStream: streams that remember messages and consumers that know where delivery stands.
//!
//! The router hands every publication to [`JetStream::publish`]; what JetStream wants sent comes back through
//! [`Context`]. It knows subjects and messages, never connections' bytes. The API is `$JS.API.>` (`api/`), the policies
//! of streams are in `stream.rs`, what a publish must satisfy in `publish.rs`, messages by sequence in `store/`,
//! consumers in `consumer/`.
//! Source: nats-server 2.15.1 `server/jetstream_api.go`, `server/stream.go`, `server/consumer.go`, observed.

mod advisory;
mod age;
mod api;
mod backup;
mod batch;
mod config;
pub(super) mod consumer;
mod context;
mod counter;
mod cron;
mod duplicates;
mod fast_ingest;
mod interest;
mod publish;
mod purge;
mod restart;
mod schedule;
mod sourcing;
mod store;
mod stream;
mod ttl;
mod zones;

pub(super) use consumer::Consumer;
pub(super) use context::{Announced, Context, Interest, Outgoing, Publication};
pub(super) use store::{Discarded, Filters, Store, Stored};
pub(super) use stream::Stream;

use super::Name;
use crate::api::{ApiStats, StreamConfig};
use crate::map::Map;
use crate::pack::Pack;
use crate::subject::SubjectTrie;
use crate::time::Timestamp;
use consumer::AckSubject;
use publish::StorageLeft;
use std::sync::Arc;

/// Every stream of the account, and the API over them.
#[derive(Default, Pack)]
pub(super) struct JetStream {
    pub streams: Map<Name, Stream>,
    /// Since when there has been a stream at all, and a clock for its store.
    clock_since: Timestamp,
    /// Which stream listens on a subject.
    #[pack(skip)]
    listeners: Arc<SubjectTrie<Name>>,
    /// Who copies from whom: the streams that follow an origin.
    followers: Map<Name, Vec<Name>>,
    /// What was let go of and still takes memory.
    #[pack(skip)]
    discarded: Discarded,
    /// Answered API requests.
    stats: ApiStats,
    /// Backups on their way out or in.
    #[pack(skip)]
    backups: backup::Backups,
}

impl JetStream {
    /// Offers a publication to everything in JetStream that listens on its subject: the API, acks, pull requests, flow
    /// control and the streams.
    ///
    /// Returns whether somebody listened, which is what decides about "no responders".
    pub fn publish(&mut self, context: &mut Context<'_>, publication: &Publication) -> bool {
        let reserved = publication.message.subject.strip_prefix("$JS.").map(str::to_owned);
        let taken = reserved.is_some_and(|rest| self.publish_reserved(context, &rest, publication));
        // A stream without acks may listen on reserved subjects too.
        let stored = self.publish_to_streams(context, publication);
        taken || stored
    }

    /// `rest` is the subject after `$JS.`.
    // Apart, so that a page that has no streams yet need not load it.
    #[inline(never)]
    fn publish_reserved(&mut self, context: &mut Context<'_>, rest: &str, publication: &Publication) -> bool {
        if let Some(endpoint) = rest.strip_prefix("API.") {
            return self.publish_to_api(context, endpoint, publication);
        }
        if rest.starts_with("ACK.") {
            return self.publish_ack(context, publication);
        }
        if let Some(rest) = rest.strip_prefix("SNAPSHOT.") {
            return self.publish_to_backups(context, rest, publication);
        }
        match rest.split('.').collect::<Vec<_>>().as_slice() {
            ["FC", stream, consumer, _, ..] => self.with_stream(stream, |stream| {
                stream.for_consumer(context, consumer, publication, |consumer, context, store, publication| {
                    consumer.flow_control(context, store, publication)
                })
            }),
            _ => false,
        }
    }

    #[inline(never)]
    fn publish_to_api(&mut self, context: &mut Context<'_>, endpoint: &str, publication: &Publication) -> bool {
        if let Some(rest) = endpoint.strip_prefix("DIRECT.GET.") {
            return self.direct_get(context, rest, publication);
        }
        if let Some(rest) = endpoint.strip_prefix("CONSUMER.MSG.NEXT.") {
            let Some((stream, consumer)) = rest.split_once('.') else { return false };
            return self.with_stream(stream, |stream| {
                stream.for_consumer(context, consumer, publication, |consumer, context, store, publication| {
                    consumer.pull(context, store, publication)
                })
            });
        }
        self.request(context, endpoint, publication);
        // Whoever asks under this prefix is heard, even if there is no answer.
        true
    }

    #[inline(never)]
    fn publish_ack(&mut self, context: &mut Context<'_>, publication: &Publication) -> bool {
        let subject = publication.message.subject.clone();
        let Some(target) = AckSubject::parse(&subject) else { return false };
        self.with_stream(target.stream, |stream| {
            let listens = stream.consumers.get(target.consumer).is_some_and(Consumer::takes_answers);
            listens
                && stream.for_consumer(
                    context,
                    target.consumer,
                    publication,
                    |consumer, context, store, publication| consumer.answer(context, store, publication),
                )
        })
    }

    fn with_stream(&mut self, name: &str, work: impl FnOnce(&mut Stream) -> bool) -> bool {
        self.streams.get_mut(name).is_some_and(work)
    }

    fn publish_to_streams(&mut self, context: &mut Context<'_>, publication: &Publication) -> bool {
        let mut names: Vec<Name> = Vec::new();
        self.listeners.for_each_match(&publication.message.subject, |name| names.push(name.clone()));
        let storage = self.storage_left(context);
        for name in &names {
            if let Some(stream) = self.streams.get_mut(name) {
                stream.publish(context, publication, storage);
            }
            self.feed_followers(context, name);
        }
        !names.is_empty()
    }

    /// The message that goes beyond the limit is still taken, as on the server.
    fn storage_left(&self, context: &Context<'_>) -> StorageLeft {
        let is_full = context.options.max_storage.is_some_and(|max| self.stored_bytes() > max);
        if is_full { StorageLeft::None } else { StorageLeft::Some }
    }

    fn stored_bytes(&self) -> u64 {
        self.streams.values().map(|stream| stream.store.bytes()).sum()
    }

    /// A stream without messages. With the first of all, the stores' clock starts.
    fn new_stream(&mut self, config: StreamConfig, now: Timestamp) -> Stream {
        if self.streams.is_empty() {
            self.clock_since = now;
        }
        Stream::new(config, self.clock_since, now)
    }

    /// Makes the stream hear its subjects, and no others.
    fn listen(&mut self, name: &Name, old: &[String], new: &[String]) {
        let listeners = Arc::make_mut(&mut self.listeners);
        for filter in config::filters(old) {
            listeners.remove(&filter, |listener| listener == name);
        }
        for filter in config::filters(new) {
            listeners.insert(&filter, name.clone());
        }
    }

    /// Whether a stream stores what is published on `subject`.
    pub fn has_listener(&self, subject: &str) -> bool {
        self.listeners.has_match(subject)
    }

    /// Whether anybody would get a message on `subject`, a stream that was made just now included.
    fn is_heard(&self, context: &Context<'_>, subject: &str) -> bool {
        context.has_interest(subject) || self.listeners.has_match(subject)
    }

    /// Which streams listen on what, for those who look while the streams are busy.
    pub fn listeners(&self) -> Arc<SubjectTrie<Name>> {
        self.listeners.clone()
    }

    /// A subscription on `subject` came or went: push consumers start or stop, pull requests lose their asker.
    pub fn interest_changed(&mut self, context: &mut Context<'_>, subject: &str) {
        for stream in self.streams.values_mut() {
            stream.interest_changed(context, subject);
        }
        self.backup_interest_changed(context.now, subject);
    }

    /// Does whatever is due at `context.now`.
    pub fn tick(&mut self, context: &mut Context<'_>) {
        let is_due = |(_, stream): &(&Name, &Stream)| stream.poll_timeout().is_some_and(|at| at <= context.now);
        let due: Vec<Name> = self.streams.iter().filter(is_due).map(|(name, _)| name.clone()).collect();
        for name in &due {
            if let Some(stream) = self.streams.get_mut(name) {
                stream.tick(context);
            }
            self.catch_up(context, name);
            self.feed_followers(context, name);
        }
        self.tick_backups(context);
    }

    /// Makes again what a snapshot leaves out because it follows from the rest.
    pub fn restored(&mut self) {
        let streams: Vec<(Name, Vec<String>)> =
            self.streams.iter().map(|(name, stream)| (name.clone(), stream.config.subjects.clone())).collect();
        streams.iter().for_each(|(name, subjects)| self.listen(name, &[], subjects));
        self.streams.values_mut().for_each(Stream::restored);
    }

    /// Gives back some of the memory of what was let go of; `true` when there is more.
    pub fn free_some(&mut self) -> bool {
        for stream in self.streams.values_mut() {
            self.discarded.append(stream.store.take_discarded());
        }
        self.discarded.free_some();
        !self.discarded.is_empty()
    }

    /// When [`JetStream::tick`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.streams.values().filter_map(Stream::poll_timeout).chain(self.backups_due()).min()
    }
}
