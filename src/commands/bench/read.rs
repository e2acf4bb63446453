//! Clients that read and write one by one: messages of a stream, keys of a bucket.

use super::client::Client;
use super::prepare::said;
use crate::api::{DirectGetRequest, GetMessageRequest, StreamInfo};
use crate::client::jetstream::JetStream;
use crate::client::{Error, kv};
use crate::commands::{Failure, Outcome, crashed};

const NOT_FOUND: &str = "nats: API error: code=404 err_code=10037 description=message not found";
/// The status of an answer that is no API error.
const NO_ERR_CODE: u16 = 0;

impl Client<'_> {
    /// One sequence after the other, from the first one on.
    pub async fn get_sync(&mut self) -> Outcome {
        let (js, stream) = (self.bench.jetstream(), self.bench.matches.text("stream"));
        let info = js.stream_info(stream).await;
        let info = info.map_err(|error| said(&format!("getting stream '{stream}'"), stream, error))?;
        self.sample.began = self.now();
        for number in 0..self.count {
            let (began, seq) = (self.now(), info.state.first_seq + number);
            read(&js, &info, seq).await.map_err(|error| {
                let what = format!("getting message sequence number {seq} from the stream");
                match error {
                    Error::Api(error) if error.code == 404 => Failure::because(&what, NOT_FOUND),
                    Error::Api(error) if error.err_code == NO_ERR_CODE => {
                        Failure::because(&what, format!("nats: {}", error.description))
                    }
                    other => said(&what, stream, other),
                }
            })?;
            self.note(began);
            self.advance(1);
            self.sample.ended = self.now();
            self.pace().await;
        }
        self.sample.carried = 4 + 2 * self.count;
        Ok(())
    }

    /// An operation is a request and its messages.
    pub async fn get_batch(&mut self) -> Outcome {
        let (js, stream, filter) =
            (self.bench.jetstream(), self.bench.matches.text("stream"), self.bench.matches.text("filter"));
        let batch = self.batch()?;
        let mut seq = 1;
        while self.done < self.count {
            let began = self.now();
            let wanted = batch.min(self.count - self.done);
            let one = GetMessageRequest { seq, next_by_subject: filter.to_owned(), ..GetMessageRequest::default() };
            let batch = i64::try_from(wanted).unwrap_or(i64::MAX);
            let found = js.direct_messages(stream, &DirectGetRequest { one, batch, ..Default::default() }).await;
            let found = found.map_err(|error| why_no_batch(stream, error))?;
            let got = found.len() as u64;
            let Some(last) = found.last() else { return Err(why_no_batch(stream, Error::Timeout)) };
            seq = last.seq + 1;
            self.note(began);
            self.sample.carried += got + 2;
            self.sample.ended = self.now();
            self.advance(got);
            if got < wanted {
                self.bench.warn_of_few(self.index, got, wanted);
            }
            self.pace().await;
        }
        Ok(())
    }

    fn key(&self, number: u64) -> Result<String, Failure> {
        Ok(match self.bench.matches.int("randomize") {
            0 => (self.first + number).to_string(),
            ..0 => return Err(crashed(self.context(), "there is no random key below 0")),
            most => self.context().rng.borrow_mut().below(most.unsigned_abs()).to_string(),
        })
    }

    async fn bucket(&self, what: &str) -> Result<kv::Bucket, Failure> {
        let name = self.bench.matches.text("bucket");
        let bucket = self.bench.jetstream().bucket(name).await;
        bucket.map_err(|error| Failure::because(&format!("{what} kv bucket '{name}'"), error))
    }

    pub async fn kv_put(&mut self) -> Outcome {
        let bucket = self.bucket("putting: getting the").await?;
        for number in 0..self.count {
            let began = self.now();
            let put = bucket.put(&self.key(number)?, self.bench.plan.body.clone()).await;
            put.map_err(|error| Failure::because("putting: putting", error))?;
            self.finish_one(began).await;
        }
        self.sample.carried = 2 + 2 * self.count;
        self.sample.ended = self.now();
        Ok(())
    }

    pub async fn kv_get(&mut self) -> Outcome {
        let bucket = self.bucket("finding").await?;
        self.sample.began = self.now();
        for number in 0..self.count {
            let (began, key) = (self.now(), self.key(number)?);
            let found = bucket.get(&key).await;
            found.map_err(|error| Failure::because(&format!("getting key '{key}'"), error))?;
            self.finish_one(began).await;
        }
        self.sample.carried = 2 + 2 * self.count;
        self.sample.ended = self.now();
        Ok(())
    }
}

/// Past the API where the stream allows it.
async fn read(js: &JetStream, info: &StreamInfo, seq: u64) -> Result<(), Error> {
    let one = GetMessageRequest { seq, ..GetMessageRequest::default() };
    let stream = &info.config.name;
    if info.config.allow_direct {
        js.direct_message(stream, &DirectGetRequest { one, ..DirectGetRequest::default() }).await?;
    } else {
        js.read_message(stream, &one).await?;
    }
    Ok(())
}

fn why_no_batch(stream: &str, error: Error) -> Failure {
    let what = "getting message from the stream";
    match error {
        Error::Api(error) if error.code == 404 => Failure::because(what, "no messages"),
        Error::Api(error) if error.err_code == NO_ERR_CODE => Failure::because(what, error.description),
        Error::InvalidName(..) if !stream.contains(char::is_whitespace) => Failure::because(what, Error::NoResponders),
        Error::InvalidName(..) => Failure::new("doing a direct get on the stream: nats: invalid subject"),
        other => Failure::because(what, other),
    }
}
