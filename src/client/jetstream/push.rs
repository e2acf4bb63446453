//! Push consumers: messages on a subject of their own, heartbeats and flow control between them.

use super::JetStream;
use crate::client::{Error, Subscription};
use crate::protocol::Message;

/// Deliveries of a push consumer. Flow control is answered, heartbeats are kept back.
pub struct PushSubscription {
    jetstream: JetStream,
    subscription: Subscription,
}

impl JetStream {
    /// Listens where a push consumer delivers, alone or in its deliver group.
    pub fn subscribe_push(&self, deliver_subject: &str, group: Option<&str>) -> Result<PushSubscription, Error> {
        let group = group.filter(|group| !group.is_empty());
        let subscription = self.client.subscribe(deliver_subject, group)?;
        Ok(PushSubscription { jetstream: self.clone(), subscription })
    }

    /// Answers a flow control request. Returns whether `message` was nothing but control.
    ///
    /// Shape: a heartbeat of a stalled consumer names the request whose answer it misses.
    pub(super) fn handle_control(&self, message: &Message) -> Result<bool, Error> {
        if message.status().is_none_or(|status| status.code != 100) {
            return Ok(false);
        }
        let stalled = message.header("Nats-Consumer-Stalled").map(Into::into);
        if let Some(subject) = message.reply.clone().or(stalled) {
            self.client.publish(Message::new(subject, ""))?;
        }
        Ok(true)
    }
}

impl PushSubscription {
    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let message = self.subscription.next().await?;
            if !self.jetstream.handle_control(&message).ok()? {
                return Some(message);
            }
        }
    }

    pub fn subscription(&self) -> &Subscription {
        &self.subscription
    }
}
