//! `nats publish`.

use super::grammar::{Argument, Command, Flag};
use super::{Context, Matches, Outcome};
use crate::protocol::Message;
use futures::future::LocalBoxFuture;

pub static COMMAND: Command = Command::new("publish", "Publishes messages")
    .aliases(&["pub"])
    .arguments(&[
        Argument::required("subject", "Subject to publish to"),
        Argument::optional("body", "Text of the message"),
    ])
    .flags(&[Flag::int("count", "How many messages").default("1")])
    .handler(publish);

fn publish(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let (subject, body) = (matches.text("subject"), matches.text("body").to_owned());
        let length = body.len();
        for _ in 0..matches.int("count").max(1) {
            context.client.publish(Message::new(subject, body.clone()))?;
            context.log(&format!("Published {length} bytes to {subject:?}"));
        }
        context.client.flush().await?;
        Ok(())
    })
}
