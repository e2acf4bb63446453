//! Streams: make, change, look, empty.

use super::{JetStream, StreamMessage, check_name};
use crate::api::message::DeleteMessageRequest;
use crate::api::stream::{PurgeResponse, StreamInfoRequest, StreamListRequest, StreamPage};
use crate::api::{
    GetMessageRequest, GetMessageResponse, PurgeRequest, StoredMessage, StreamConfig, StreamInfo, Success,
};
use crate::client::Error;
use crate::json::FromJson;
use crate::sorted;
use bytes::Bytes;

impl JetStream {
    pub async fn create_stream(&self, config: &StreamConfig) -> Result<StreamInfo, Error> {
        check_name("stream", &config.name)?;
        self.request(&format!("STREAM.CREATE.{}", config.name), config).await
    }

    pub async fn update_stream(&self, config: &StreamConfig) -> Result<StreamInfo, Error> {
        self.update_stream_named(&config.name, config).await
    }

    /// Asks for the stream `name` to become `config`, which may carry another name: the server says what it thinks of it.
    pub async fn update_stream_named(&self, name: &str, config: &StreamConfig) -> Result<StreamInfo, Error> {
        check_name("stream", name)?;
        self.request(&format!("STREAM.UPDATE.{name}"), config).await
    }

    pub async fn stream_info(&self, stream: &str) -> Result<StreamInfo, Error> {
        check_name("stream", stream)?;
        self.request(&format!("STREAM.INFO.{stream}"), &()).await
    }

    /// [`JetStream::stream_info`] as the server wrote it.
    pub async fn stream_answer(&self, stream: &str) -> Result<Bytes, Error> {
        check_name("stream", stream)?;
        self.unread_answer(&format!("STREAM.INFO.{stream}")).await
    }

    /// [`JetStream::stream_info`] with messages per subject or deleted sequences.
    pub async fn stream_details(&self, stream: &str, request: &StreamInfoRequest) -> Result<StreamInfo, Error> {
        check_name("stream", stream)?;
        self.request(&format!("STREAM.INFO.{stream}"), request).await
    }

    /// Every stream, all pages, sorted by name.
    pub async fn streams(&self) -> Result<Vec<StreamInfo>, Error> {
        self.streams_on("").await
    }

    /// Every stream that stores something `subject` matches (all for an empty one), sorted by name.
    pub async fn streams_on(&self, subject: &str) -> Result<Vec<StreamInfo>, Error> {
        let mut streams: Vec<StreamInfo> = self.stream_pages("STREAM.LIST", subject).await?;
        sorted::by(&mut streams, |a, b| a.config.name.cmp(&b.config.name));
        Ok(streams)
    }

    /// Every stream's name, all pages, sorted.
    pub async fn stream_names(&self) -> Result<Vec<String>, Error> {
        self.stream_names_on("").await
    }

    /// The names of [`JetStream::streams_on`].
    pub async fn stream_names_on(&self, subject: &str) -> Result<Vec<String>, Error> {
        let mut names: Vec<String> = self.stream_pages("STREAM.NAMES", subject).await?;
        sorted::all(&mut names);
        Ok(names)
    }

    async fn stream_pages<T: FromJson + Default>(&self, endpoint: &str, subject: &str) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        loop {
            let request = StreamListRequest { offset: found.len() as i64, subject: subject.to_owned() };
            let page: StreamPage<T> = self.request(endpoint, &request).await?;
            let entries = page.streams.unwrap_or_default();
            let is_last = entries.is_empty();
            found.extend(entries);
            if is_last || found.len() as u64 >= page.total {
                return Ok(found);
            }
        }
    }

    pub async fn delete_stream(&self, stream: &str) -> Result<(), Error> {
        check_name("stream", stream)?;
        self.request::<_, Success>(&format!("STREAM.DELETE.{stream}"), &()).await.map(drop)
    }

    /// Returns how many messages were removed.
    pub async fn purge_stream(&self, stream: &str, request: &PurgeRequest) -> Result<u64, Error> {
        check_name("stream", stream)?;
        let endpoint = format!("STREAM.PURGE.{stream}");
        let answer: PurgeResponse = if *request == PurgeRequest::default() {
            self.request(&endpoint, &()).await?
        } else {
            self.request(&endpoint, request).await?
        };
        Ok(answer.purged)
    }

    /// Errors: 10037 when there is no such message.
    pub async fn message(&self, stream: &str, seq: u64) -> Result<StoredMessage, Error> {
        self.get_message(stream, &GetMessageRequest { seq, ..Default::default() }).await
    }

    /// The newest message on `subject`, which may hold wildcards. Errors: 10037 when there is none.
    pub async fn last_message(&self, stream: &str, subject: &str) -> Result<StoredMessage, Error> {
        let request = GetMessageRequest { last_by_subject: subject.to_owned(), ..Default::default() };
        self.get_message(stream, &request).await
    }

    pub async fn get_message(&self, stream: &str, request: &GetMessageRequest) -> Result<StoredMessage, Error> {
        check_name("stream", stream)?;
        let answer: GetMessageResponse = self.request(&format!("STREAM.MSG.GET.{stream}"), request).await?;
        Ok(answer.message)
    }

    /// [`JetStream::get_message`] with headers and payload decoded.
    pub async fn read_message(&self, stream: &str, request: &GetMessageRequest) -> Result<StreamMessage, Error> {
        StreamMessage::from_stored(stream, self.get_message(stream, request).await?)
    }

    /// Removes a message and overwrites its bytes.
    pub async fn delete_message(&self, stream: &str, seq: u64) -> Result<(), Error> {
        check_name("stream", stream)?;
        let request = DeleteMessageRequest { seq, no_erase: false };
        self.request::<_, Success>(&format!("STREAM.MSG.DELETE.{stream}"), &request).await.map(drop)
    }
}
