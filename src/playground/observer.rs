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
use crate::lessons::prefix::Prefix;
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

/// Which streams are ours, by the beginning of their names; the last is what is made now.
pub type Ours = Rc<RefCell<Vec<Prefix>>>;

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

async fn ask(client: &Client, recorder: &RefCell<Recorder>, ours: &RefCell<Vec<Prefix>>) {
    let jetstream = client.jetstream().with_timeout(PATIENCE);
    loop {
        client.timers().sleep(PACE).await;
        let now = client.timers().now();
        let is_ours = |stream: &str| ours.borrow().iter().any(|prefix| prefix.marks(stream));
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
