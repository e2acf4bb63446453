//! STREAM.SNAPSHOT: the archive of a stream, sent in pieces as fast as they are confirmed.
//!
//! Full pieces carry a reply subject and wait for an empty answer, so that a slow receiver is not flooded; an empty piece
//! is the end, and its status says whether it is a good one.

use super::archive::{Entry, Writer};
use super::{Context, JetStream, PATIENCE, s2, subject_of};
use crate::api::advisory::{ClientInfo, SnapshotComplete, SnapshotCreate};
use crate::api::backup::{ConsumerBackup, SnapshotRequest, SnapshotResponse};
use crate::api::strict::decode;
use crate::api::{Error, ErrorCode, StreamState};
use crate::engine::Name;
use crate::engine::jetstream::api::to_json;
use crate::engine::jetstream::{Publication, Stream};
use crate::protocol::{Headers, Message};
use crate::subject::{Subject, is_literal, is_valid_filter};
use crate::time::Timestamp;
use bytes::Bytes;
use std::time::Duration;

const KIB: i64 = 1024;
const MIB: i64 = 1024 * KIB;
/// How long a receiver may take to listen.
const INTEREST_PATIENCE: Duration = Duration::from_secs(2);

/// A backup on its way out.
pub(super) struct Snapshot {
    stream: Name,
    id: String,
    pub deliver: Subject,
    state: StreamState,
    /// What is still to be sent.
    bytes: Bytes,
    chunk: usize,
    /// Full pieces that may be unconfirmed at a time.
    window: usize,
    unconfirmed: usize,
    full_pieces: u64,
    /// Whether anybody listened to just this subject when the first piece left.
    listened: bool,
    progress: Progress,
    /// When to look again: at once, or when patience is over.
    pub due: Timestamp,
    started: Timestamp,
    client: ClientInfo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The request was answered just now.
    Asked,
    /// Nobody listens to just this subject yet.
    Waiting,
    Sending,
    Done,
}

impl JetStream {
    pub(in crate::engine::jetstream) fn snapshot(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        request: &Publication,
    ) -> Result<SnapshotResponse, Error> {
        let body = &request.message.payload;
        let asked: SnapshotRequest = decode(body)?;
        if crate::api::strict::is_empty_request(body) {
            return Err(ErrorCode::BAD_REQUEST.error());
        }
        let deliver = asked.deliver_subject.as_str();
        if !is_valid_filter(deliver) || !is_literal(deliver) {
            return Err(ErrorCode(10015).error());
        }
        let stream = self.stream(name)?;
        let state = stream.state();
        let chunk = sized(asked.chunk_size, 128 * KIB, MIB);
        let window = sized(asked.window_size, 8 * MIB, 32 * MIB).max(chunk);
        let snapshot = Snapshot {
            stream: stream.name.clone(),
            id: context.rng.nuid(),
            deliver: deliver.into(),
            bytes: s2::pack(&archive_of(stream, &state, !asked.no_consumers, context.now)).into(),
            state: state.clone(),
            chunk,
            window: window / chunk,
            unconfirmed: 0,
            full_pieces: 0,
            listened: false,
            progress: Progress::Asked,
            due: context.now,
            started: context.now,
            client: context.client_info(request.origin).unwrap_or_default(),
        };
        let config = stream.config.clone();
        self.backups.snapshots.push(snapshot);
        Ok(SnapshotResponse { config, state })
    }

    pub(super) fn continue_snapshots(&mut self, context: &mut Context<'_>) {
        let mut snapshots = std::mem::take(&mut self.backups.snapshots);
        let now = context.now;
        for snapshot in snapshots.iter_mut().filter(|snapshot| snapshot.due <= now) {
            self.continue_snapshot(context, snapshot);
        }
        snapshots.retain(|snapshot| snapshot.progress != Progress::Done);
        self.backups.snapshots = snapshots;
    }

    fn continue_snapshot(&self, context: &mut Context<'_>, snapshot: &mut Snapshot) {
        if snapshot.progress == Progress::Asked {
            self.announce_backup(context, "SNAPSHOT_CREATE", &snapshot.stream, |kind, id, timestamp| SnapshotCreate {
                kind,
                id,
                timestamp,
                stream: snapshot.stream.to_string(),
                state: snapshot.state.clone(),
                client: snapshot.client.clone(),
            });
            snapshot.progress = Progress::Waiting;
            snapshot.due = context.now + INTEREST_PATIENCE;
        }
        let is_late = snapshot.due <= context.now;
        // Only a subscription to just this subject counts; one with wildcards gets the pieces, but nobody waits for it.
        let listened = context.interest.has_exact_interest(&snapshot.deliver, None);
        match snapshot.progress {
            Progress::Waiting if !listened && context.now < snapshot.started + INTEREST_PATIENCE => {
                snapshot.due = snapshot.started + INTEREST_PATIENCE;
            }
            Progress::Waiting => {
                snapshot.listened = listened;
                self.send_pieces(context, snapshot);
            }
            // The receiver is gone, or one came too late: nats-server does not tell them apart.
            _ if listened != snapshot.listened => self.end_snapshot(context, snapshot, Some((408, "No Interest"))),
            _ if is_late => self.end_snapshot(context, snapshot, Some((408, "No Flow Response"))),
            _ => self.send_pieces(context, snapshot),
        }
    }

    fn send_pieces(&self, context: &mut Context<'_>, snapshot: &mut Snapshot) {
        snapshot.progress = Progress::Sending;
        while snapshot.unconfirmed < snapshot.window && !snapshot.bytes.is_empty() {
            let size = snapshot.chunk.min(snapshot.bytes.len());
            let piece = Message::new(snapshot.deliver.clone(), snapshot.bytes.split_to(size));
            let is_full = size == snapshot.chunk;
            context.send(if is_full { piece.with_reply(snapshot.next_reply()) } else { piece });
        }
        if snapshot.bytes.is_empty() {
            return self.end_snapshot(context, snapshot, None);
        }
        snapshot.due = context.now + PATIENCE;
    }

    fn end_snapshot(&self, context: &mut Context<'_>, snapshot: &mut Snapshot, failure: Option<(u16, &str)>) {
        snapshot.progress = Progress::Done;
        let end = Message::new(snapshot.deliver.clone(), Bytes::new());
        context.send(match failure {
            Some((code, text)) => end.with_headers(Headers::with_status(code, text)),
            None if snapshot.full_pieces > 0 => end.with_headers(Headers::with_status(204, "")),
            None => end,
        });
        let end = context.now;
        self.announce_backup(context, "SNAPSHOT_COMPLETE", &snapshot.stream, |kind, id, timestamp| SnapshotComplete {
            kind,
            id,
            timestamp,
            stream: snapshot.stream.to_string(),
            start: snapshot.started,
            end,
            client: snapshot.client.clone(),
            error: failure.map_or(String::new(), |(_, text)| text.to_lowercase()),
        });
    }

    /// An answer to a full piece: `rest` is `<stream>.<id>.<bytes>.<number>`.
    pub(super) fn snapshot_confirmed(&mut self, context: &mut Context<'_>, rest: &str) -> bool {
        let mut tokens = rest.split('.').skip(1);
        let Some(id) = tokens.next() else { return false };
        let mut snapshots = std::mem::take(&mut self.backups.snapshots);
        let confirmed = snapshots.iter_mut().find(|it| it.id == id && it.progress == Progress::Sending);
        let is_ours = confirmed.is_some();
        if let Some(snapshot) = confirmed {
            snapshot.unconfirmed = snapshot.unconfirmed.saturating_sub(1);
            self.send_pieces(context, snapshot);
        }
        snapshots.retain(|snapshot| snapshot.progress != Progress::Done);
        self.backups.snapshots = snapshots;
        is_ours
    }
}

impl Snapshot {
    /// Where the next full piece is confirmed.
    fn next_reply(&mut self) -> Subject {
        self.unconfirmed += 1;
        self.full_pieces += 1;
        let base = subject_of("ACK", &self.stream, &self.id);
        format!("{base}.{}.{}", self.chunk, self.full_pieces).into()
    }
}

/// What was asked for, inside what is allowed.
fn sized(asked: i64, default: i64, max: i64) -> usize {
    let asked = if asked <= 0 { default } else { asked };
    usize::try_from(asked.clamp(KIB, max)).unwrap_or(KIB as usize)
}

fn archive_of(stream: &Stream, state: &StreamState, with_consumers: bool, now: Timestamp) -> Vec<u8> {
    let mut archive = Writer::new();
    let at = now.nanos();
    let consumer_count = if with_consumers { state.consumer_count } else { 0 };
    let state = to_json(&StreamState { consumer_count, ..state.clone() });
    archive.write(Entry { name: "state.json", at, body: &state, ..Entry::default() });
    for (name, consumer) in stream.consumers.iter().filter(|_| with_consumers) {
        let backup =
            ConsumerBackup { config: consumer.config.clone(), state: consumer.backup(stream.store.last_seq()) };
        let name = format!("consumers/{name}");
        archive.write(Entry { name: &name, at, body: &to_json(&backup), ..Entry::default() });
    }
    for message in stream.store.iter_from(0) {
        let headers = message.headers.as_ref().map_or(&b""[..], Headers::as_bytes);
        let (name, at) = (&*message.subject, message.at.nanos());
        archive.write(Entry { name, at, seq: message.seq, headers, body: &message.payload });
    }
    archive.finish()
}
