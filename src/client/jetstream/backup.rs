//! Backups: a stream as bytes, and bytes as a stream.
//!
//! Knows how pieces travel, not what stands in them. The ways in are [`JetStream::back_up`] and [`JetStream::restore`].
//! Source: ADR "JetStream Stream Backup and Restore V2".

use super::{JetStream, check_name, read_answer};
use crate::api::backup::{RestoreRequest, RestoreResponse, SnapshotRequest, SnapshotResponse};
use crate::api::{StreamConfig, StreamInfo};
use crate::client::Error;
use crate::protocol::Message;

/// Bytes in a message of a restore.
const PIECE_BYTES: usize = 64 * 1024;

/// A whole backup.
#[derive(Clone, Debug, Default)]
pub struct Backup {
    /// What it is of.
    pub about: SnapshotResponse,
    /// The compressed archive.
    pub bytes: Vec<u8>,
    /// In how many messages it came.
    pub pieces: usize,
}

impl JetStream {
    /// Takes a backup of a stream. Where it is delivered is chosen here, whatever `request` says.
    ///
    /// Errors: what the server refuses; [`Error::BadAnswer`] with its words where it gives up on the way.
    pub async fn back_up(&self, stream: &str, request: &SnapshotRequest) -> Result<Backup, Error> {
        check_name("stream", stream)?;
        let inbox = self.client.new_inbox();
        let mut pieces = self.client.subscribe(&inbox, None)?;
        let request = SnapshotRequest { deliver_subject: inbox.to_string(), ..request.clone() };
        let about = self.request(&format!("STREAM.SNAPSHOT.{stream}"), &request).await?;
        let mut backup = Backup { about, ..Backup::default() };
        loop {
            let piece = self.client.timers().timeout(self.timeout, pieces.next()).await;
            let piece = piece.map_err(|_| Error::Timeout)?.ok_or(Error::Closed)?;
            if piece.payload.is_empty() {
                return match piece.status() {
                    Some(status) if status.code != 204 => Err(Error::BadAnswer(status.description.to_string())),
                    _ => Ok(backup),
                };
            }
            if let Some(reply) = piece.reply {
                self.client.publish(Message::new(reply, ""))?;
            }
            backup.bytes.extend(&piece.payload);
            backup.pieces += 1;
        }
    }

    /// Makes a stream from a backup, configured as `config` says.
    pub async fn restore(&self, config: &StreamConfig, bytes: &[u8]) -> Result<StreamInfo, Error> {
        check_name("stream", &config.name)?;
        let request = RestoreRequest { config: config.clone() };
        let place: RestoreResponse = self.request(&format!("STREAM.RESTORE.{}", config.name), &request).await?;
        let subject = place.deliver_subject.as_str();
        for piece in bytes.chunks(PIECE_BYTES) {
            let answer = self.client.request(Message::new(subject, piece.to_vec()), self.timeout).await?;
            if !answer.payload.is_empty() {
                read_answer::<RestoreResponse>(&answer.payload)?;
            }
        }
        let answer = self.client.request(Message::new(subject, ""), self.timeout).await?;
        read_answer(&answer.payload)
    }
}
