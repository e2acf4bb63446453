//! Asking a server that is not in the page how things stand, gently: one question at a time, a few a second.
//!
//! Read only. It listens to the server's advisories, asks `$JS.API.STREAM.INFO` and `CONSUMER.LIST` for what is in view,
//! and reads messages of our own streams that nobody saw. What is to be asked the recorder knows, and it hears the
//! answers on the wire like everything else; here they are only waited for.

use super::recorder::Recorder;
use crate::api::ConsumerInfo;
use crate::api::consumer::{ConsumerListRequest, ConsumerPage};
use crate::api::stream::StreamInfoRequest;
use crate::client::Client;
use crate::flow::from_client::Wanted;
use futures::future::{Either, select};
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// Between two questions: five a second.
pub const PACE: Duration = Duration::from_millis(200);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
const ADVISORIES: &str = "$JS.EVENT.ADVISORY.>";

/// Which streams are ours, by the beginning of their names.
pub type Ours = Rc<RefCell<Option<String>>>;

/// Asks for as long as the client lives.
pub async fn watch(client: Client, recorder: Rc<RefCell<Recorder>>, ours: Ours) {
    let advisories = client.subscribe(ADVISORIES, None);
    let listen = async {
        if let Ok(mut advisories) = advisories {
            while advisories.next().await.is_some() {}
        }
        std::future::pending::<()>().await;
    };
    match select(pin!(listen), pin!(ask(&client, &recorder, &ours))).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}

async fn ask(client: &Client, recorder: &RefCell<Recorder>, ours: &RefCell<Option<String>>) {
    let jetstream = client.jetstream().with_timeout(PATIENCE);
    loop {
        client.timers().sleep(PACE).await;
        let now = client.timers().now();
        let prefix = ours.borrow().clone();
        let is_ours = |stream: &str| prefix.as_ref().is_some_and(|prefix| is_named_after(stream, prefix));
        let wanted = recorder.borrow_mut().next_wanted(now, is_ours);
        // What the answers say is read where everything is read: on the wire. A refusal says something, too.
        match wanted {
            Some(Wanted::Stream(stream)) => {
                let details = StreamInfoRequest { deleted_details: true, ..StreamInfoRequest::default() };
                let _ = jetstream.stream_details(&stream, &details).await;
                client.timers().sleep(PACE).await;
                let all = ConsumerListRequest::default();
                let endpoint = format!("CONSUMER.LIST.{stream}");
                let _ = jetstream.request::<_, ConsumerPage<ConsumerInfo>>(&endpoint, &all).await;
            }
            Some(Wanted::Message(stream, seq)) => {
                let _ = jetstream.message(&stream, seq).await;
            }
            None => {}
        }
    }
}

/// Whether a stream carries a prefix, buckets and object stores included.
pub fn is_named_after(stream: &str, prefix: &str) -> bool {
    let name = stream.strip_prefix("KV_").or_else(|| stream.strip_prefix("OBJ_")).unwrap_or(stream);
    name.starts_with(prefix)
}
