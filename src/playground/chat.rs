//! A chat application: each of its people is a client of its own, and everything said goes through one stream.
//!
//! A room is a subject, `CHAT.Messages.<room>`. Who is invited hears so on `CHAT.NewChat.<name>` and listens to the room
//! from then on; what a screen should know besides comes on `CHAT.ChatUpdated.<name>`. Consumers are made while it runs,
//! with explicit acks, for what is new. A session is [`run`]; what its owner does is [`Person::say`] and
//! [`Person::invite`]; [`View`] is what the screen shows. Knows no screen.

use super::actors::{self, SharedSpec};
use crate::api::stream::Storage;
use crate::api::{AckPolicy, ConsumerConfig, CreateConsumerRequest, DeliverPolicy, StreamConfig};
use crate::client::jetstream::{Ack, PushSubscription};
use crate::client::{Client, Error};
use crate::map::Map;
use crate::protocol::Message;
use futures::executor::LocalSpawner;
use futures::task::LocalSpawnExt;
use std::cell::RefCell;
use std::rc::Rc;

const STREAM: &str = "CHAT";
/// Where everybody is.
pub const LOBBY: &str = "lobby";
/// A screen shows so many lines of a room; older ones are in the stream.
const MOST_LINES: usize = 200;

#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub name: String,
    pub screen: Screen,
}

/// What a session writes and the page shows.
pub type Screen = Rc<RefCell<View>>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// By name, each with what was heard there.
    pub rooms: Map<String, Vec<Said>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// `None`: the application itself.
    pub from: Option<String>,
    pub text: String,
}

impl Spec {
    pub fn new(name: &str) -> Spec {
        let rooms = std::iter::once((LOBBY.to_owned(), Vec::new())).collect();
        Spec { name: name.to_owned(), screen: Rc::new(RefCell::new(View { rooms })) }
    }

    pub fn describe(&self) -> String {
        let rooms: Vec<String> = self.screen.borrow().rooms.keys().cloned().collect();
        format!("{} chats in {}", self.name, rooms.join(", "))
    }
}

/// Whether it can be a token of a subject and of a consumer's name.
pub fn is_name(text: &str) -> bool {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=32).contains(&text.len()) && text.chars().all(is_fit)
}

/// Somebody's session, as long as the client lives.
pub async fn run(client: Client, shared: SharedSpec, spawner: LocalSpawner) {
    let actors::Spec::Chatter(spec) = shared.borrow().clone() else { return };
    let person = Person { client, name: spec.name, screen: spec.screen, spawner };
    if let Err(error) = person.begin().await {
        person.note(LOBBY, format!("the chat cannot begin: {error}"));
    }
}

/// Somebody with a session.
#[derive(Clone)]
pub struct Person {
    pub client: Client,
    pub name: String,
    pub screen: Screen,
    pub spawner: LocalSpawner,
}

impl Person {
    async fn begin(&self) -> Result<(), Error> {
        self.find_stream().await?;
        let invitations = self.listen("invited", &format!("CHAT.NewChat.{}", self.name)).await?;
        let updates = self.listen("updated", &format!("CHAT.ChatUpdated.{}", self.name)).await?;
        // After a restart the rooms are those of before.
        let rooms: Vec<String> = self.screen.borrow().rooms.keys().cloned().collect();
        for room in rooms {
            self.join(&room).await?;
        }
        futures::join!(self.invitations(invitations), self.updates(updates));
        Ok(())
    }

    /// Whoever comes first makes it.
    async fn find_stream(&self) -> Result<(), Error> {
        let jetstream = self.client.jetstream();
        if jetstream.stream_info(STREAM).await.is_ok() {
            return Ok(());
        }
        let subjects = vec!["CHAT.>".to_owned()];
        let config = StreamConfig { name: STREAM.to_owned(), subjects, storage: Storage::File, ..Default::default() };
        jetstream.create_stream(&config).await.map(drop)
    }

    async fn listen(&self, what: &str, subject: &str) -> Result<PushSubscription, Error> {
        let jetstream = self.client.jetstream();
        let deliver_subject = format!("screen.{}.{what}", self.name);
        let deliveries = jetstream.subscribe_push(&deliver_subject, None)?;
        let config = ConsumerConfig {
            durable_name: format!("{}-{what}", self.name),
            filter_subject: subject.to_owned(),
            deliver_subject,
            deliver_policy: DeliverPolicy::New,
            ack_policy: AckPolicy::Explicit,
            ..ConsumerConfig::default()
        };
        let stream_name = STREAM.to_owned();
        jetstream.create_consumer(&CreateConsumerRequest { stream_name, config, ..Default::default() }).await?;
        Ok(deliveries)
    }

    async fn join(&self, room: &str) -> Result<(), Error> {
        self.screen.borrow_mut().rooms.entry(room.to_owned()).or_default();
        let heard = self.listen(&format!("in-{room}"), &format!("CHAT.Messages.{room}")).await?;
        let (person, room) = (self.clone(), room.to_owned());
        // It ends with the client; a world that is gone needs nobody to listen.
        let _ = self.spawner.spawn_local(async move { person.hear(&room, heard).await });
        Ok(())
    }

    async fn hear(&self, room: &str, mut heard: PushSubscription) {
        while let Some(message) = heard.next().await {
            let text = String::from_utf8_lossy(&message.payload).into_owned();
            let said = match text.split_once(": ") {
                Some((from, text)) => Said { from: Some(from.to_owned()), text: text.to_owned() },
                None => Said { from: Some("somebody".to_owned()), text },
            };
            self.show(room, said);
            self.acknowledge(&message);
        }
    }

    async fn invitations(&self, mut invitations: PushSubscription) {
        while let Some(message) = invitations.next().await {
            if let Some((room, from)) = fields(&message, "chat", "from").filter(|(room, _)| is_name(room)) {
                let is_new = !self.screen.borrow().rooms.contains_key(&room);
                self.note(&room, format!("{from} invited you"));
                let joined = if is_new { self.join(&room).await } else { Ok(()) };
                match joined {
                    Ok(()) if is_name(&from) => self.tell(&from, &room).await,
                    Ok(()) => {}
                    Err(error) => self.note(&room, format!("you cannot listen here: {error}")),
                }
            }
            self.acknowledge(&message);
        }
    }

    /// Whoever invited us should see that we came.
    async fn tell(&self, whom: &str, room: &str) {
        let text = format!(r#"{{"chat":"{room}","joined":"{}"}}"#, self.name);
        self.send(room, Message::new(format!("CHAT.ChatUpdated.{whom}"), text)).await;
    }

    async fn updates(&self, mut updates: PushSubscription) {
        while let Some(message) = updates.next().await {
            if let Some((room, who)) = fields(&message, "chat", "joined") {
                self.note(&room, format!("{who} came in"));
            }
            self.acknowledge(&message);
        }
    }

    pub async fn say(&self, room: &str, text: &str) {
        let line = format!("{}: {text}", self.name);
        self.send(room, Message::new(format!("CHAT.Messages.{room}"), line)).await;
    }

    /// Goes into the room first, so that nothing that is said there is missed.
    pub async fn invite(&self, whom: &str, room: &str) {
        let is_there = self.screen.borrow().rooms.contains_key(room);
        if !is_there && let Err(error) = self.join(room).await {
            return self.note(room, format!("you cannot listen here: {error}"));
        }
        let text = format!(r#"{{"chat":"{room}","from":"{}"}}"#, self.name);
        self.note(room, format!("{whom} was invited"));
        self.send(room, Message::new(format!("CHAT.NewChat.{whom}"), text)).await;
    }

    /// Until the stream has it; otherwise the screen says so.
    async fn send(&self, room: &str, message: Message) {
        if let Err(error) = self.client.jetstream().publish(message).await {
            self.note(room, format!("not sent: {error}"));
        }
    }

    fn acknowledge(&self, message: &Message) {
        if let Some(reply) = message.reply.clone() {
            // Without a wire it waits in the client, and comes again if it is lost.
            let _ = self.client.publish(Message::new(reply, Ack::Ack.payload()));
        }
    }

    fn note(&self, room: &str, text: String) {
        self.show(room, Said { from: None, text });
    }

    fn show(&self, room: &str, said: Said) {
        let mut screen = self.screen.borrow_mut();
        let lines = screen.rooms.entry(room.to_owned()).or_default();
        lines.push(said);
        if lines.len() > MOST_LINES {
            lines.remove(0);
        }
    }
}

fn fields(message: &Message, one: &str, other: &str) -> Option<(String, String)> {
    let value = crate::json::parse(std::str::from_utf8(&message.payload).ok()?).ok()?;
    let field = |name: &str| value.get(name).and_then(|field| field.as_str()).map(str::to_owned);
    Some((field(one)?, field(other)?))
}
