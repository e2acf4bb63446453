//! Gateways: they let so many requests of a caller through in a span of time, all of them together.
//!
//! Who asks is the last token of the subject. The count of each caller and window is a key of a bucket, moved on only by
//! whoever knows its revision; a gateway that was too late reads it again. With a TTL the bucket forgets old windows.

use super::actors::SharedSpec;
use crate::client::Client;
use crate::client::kv::{Bucket, Error};
use crate::protocol::Message;
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

/// Gateways of the same bucket share requests.
const GROUP: &str = "gateways";
/// How often one is too late before it gives up and says no.
const MOST_TRIES: usize = 20;

/// How a gateway decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub name: String,
    pub bucket: String,
    pub subject: String,
    /// Requests of one caller that pass in a window.
    pub limit: u64,
    pub window: Duration,
}

impl Spec {
    pub fn new(bucket: &str) -> Spec {
        Spec {
            name: String::new(),
            bucket: bucket.to_owned(),
            subject: "api.*".to_owned(),
            limit: 5,
            window: Duration::from_secs(10),
        }
    }

    pub fn describe(&self) -> String {
        format!(
            "{} lets {} requests of each caller on {} through in {}, counted in {}",
            self.name,
            self.limit,
            self.subject,
            format_go_duration(self.window),
            self.bucket
        )
    }

    fn key(&self, subject: &str, now: Timestamp) -> String {
        let caller = subject.rsplit('.').next().unwrap_or(subject);
        let span = i64::try_from(self.window.as_nanos()).unwrap_or(i64::MAX).max(1);
        format!("{caller}.{}", now.nanos() / span)
    }
}

/// Answers until dropped. The subject is the one it began with.
pub async fn run(client: Client, shared: SharedSpec) {
    let super::actors::Spec::Gateway(spec) = shared.borrow().clone() else { return };
    let Ok(mut requests) = client.subscribe(&spec.subject, Some(GROUP)) else { return };
    while let Some(request) = requests.next().await {
        let super::actors::Spec::Gateway(spec) = shared.borrow().clone() else { return };
        let verdict = decide(&client, &spec, &request.subject).await;
        if let Some(to) = request.reply {
            // Who asked may have given up by now.
            let _ = client.publish(Message::new(to, verdict));
        }
    }
}

async fn decide(client: &Client, spec: &Spec, subject: &str) -> String {
    let bucket = match client.jetstream().bucket(&spec.bucket).await {
        Ok(bucket) => bucket,
        Err(error) => return format!("denied: {error}"),
    };
    let key = spec.key(subject, client.timers().now());
    for _ in 0..MOST_TRIES {
        match take_one(&bucket, spec, &key).await {
            Ok(verdict) => return verdict,
            Err(error) if error.is_wrong_revision() || matches!(error, Error::KeyExists(_)) => {}
            Err(error) => return format!("denied: {error}"),
        }
    }
    "denied: too many at once".to_owned()
}

/// Counts the request, or finds that there were enough. Errors: somebody else counted meanwhile, above all.
async fn take_one(bucket: &Bucket, spec: &Spec, key: &str) -> Result<String, Error> {
    let (used, revision) = match bucket.get(key).await {
        Ok(entry) => {
            (std::str::from_utf8(&entry.value).ok().and_then(|text| text.parse().ok()).unwrap_or(0), entry.revision)
        }
        Err(Error::KeyNotFound) => (0, 0),
        Err(error) => return Err(error),
    };
    if used >= spec.limit {
        return Ok(format!("denied: {used} of {}", spec.limit));
    }
    let count = (used + 1).to_string();
    match revision {
        0 => bucket.create(key, count.clone(), None).await?,
        revision => bucket.update(key, count.clone(), revision).await?,
    };
    Ok(format!("allowed: {count} of {}", spec.limit))
}
