//! Carrying out what `lab` verbs ask for.
//!
//! [`command`] is the program behind the word `lab` in every terminal; it gives an [`Order`] and waits for the answer.
//! The playground carries orders out between two instants, where nothing else happens.

use super::actors::{SharedSpec, Spec};
use super::distant;
use super::faults::{Fault, in_words};
use super::lab::{self, Answer, Order, ServerOrder};
use super::observer::Ours;
use super::station::{self, Point};
use super::world::Newcomer;
use super::{Actor, Playground, Wish, chat, gateway, publisher, subscriber, worker};
use crate::client::jetstream::Ack;
use crate::commands::export::{self, Belongings, Language};
use crate::commands::{Context, ExitCode};
use crate::flow::Role;
use crate::protocol::Message;
use crate::shell::External;
use crate::subject::Subject;
use crate::time::format_go_duration;
use futures::FutureExt;
use futures::future::{AbortHandle, Abortable, LocalBoxFuture};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Orders given in terminals, and where their answers go.
pub type Orders = Rc<RefCell<VecDeque<(Order, futures::channel::oneshot::Sender<Result<String, String>>)>>>;

impl Playground {
    pub(super) fn carry_out_orders(&mut self) -> bool {
        let Some((order, answer)) = self.orders.borrow_mut().pop_front() else { return false };
        let outcome = self.carry_out(order);
        // Nobody waits any more when the terminal was interrupted.
        let _ = answer.send(outcome);
        true
    }

    /// Carries out a line of `lab` that nobody typed: a button in the page said it.
    pub(super) fn take_order(&mut self, words: &[String]) {
        let outcome = lab::parse(words).and_then(|order| match order {
            Order::Flow(_) => Err("jobs are sent off from a terminal".to_owned()),
            Order::Answer(answer) => {
                let subject = self.where_to(&answer)?;
                let terminal = self.terminals.values().next().ok_or("there is no terminal to answer from")?;
                let said = terminal.client().publish(Message::new(subject, answer.ack.payload()));
                said.map(|()| answered(&answer)).map_err(|error| error.to_string())
            }
            order => self.carry_out(order),
        });
        self.last_answer = Some(outcome);
    }

    /// What became of the last order of a button, once.
    pub fn take_last_answer(&mut self) -> Option<Result<String, String>> {
        self.last_answer.take()
    }

    fn carry_out(&mut self, order: Order) -> Result<String, String> {
        if let Some(why) = self.is_far_away().then(|| lab::only_in_page(&order)).flatten() {
            return Err(why.to_owned());
        }
        match order {
            Order::Help => Ok(lab::help()),
            Order::Clock => Ok(format!("{}\n", self.now().rfc3339())),
            Order::Jump(span) => {
                self.wish = Some(Wish::JumpTo(self.now() + span));
                Ok(String::new())
            }
            Order::Hire(spec) => self.hire(spec),
            Order::Change(name, flags) => self.change(&name, &flags),
            Order::Workers => Ok(self.list_actors()),
            Order::Kill(name) => self.kill(&name),
            Order::Restart(name) => self.restart(&name),
            Order::Cut(name) => self.cut(&name),
            Order::Heal(name) => self.heal(name.as_deref()),
            Order::Delay(name, latency) => {
                self.must_be_there(&name)?;
                self.world.delay(&name, latency, &mut self.recorder);
                Ok(format!("the wire of {name} is {} long now, one way\n", format_go_duration(latency)))
            }
            Order::Slow(name, rate) => self.slow_down(&name, rate),
            Order::Fault { kind, actor, count } => self.break_next(Fault { kind, actor, left: count }),
            Order::Faults => Ok(self.list_faults()),
            Order::ClearFaults => {
                self.world.mend_all(&mut self.recorder);
                Ok("everything works again\n".to_owned())
            }
            Order::Server(order) => Ok(self.serve(order)),
            Order::Answer(answer) => self.where_to(&answer).map(|subject| subject.to_string()),
            Order::Flow(_) => self.man_stations(),
            Order::StopAt(name, point) => self.stop_at(&name, point),
            Order::Say { who, room, text } => self.say(&who, room, text),
            Order::Invite { who, whom, room } => self.invite(&who, whom, room),
            Order::Share => {
                if !self.is_rerun() {
                    self.wish = Some(Wish::Share);
                }
                Ok("the page offers a link and a file of everything that was done here\n".to_owned())
            }
            Order::Export(language) => Ok(export::write(&self.belongings(), language)),
            Order::Cleanup { .. } if !self.is_far_away() => {
                Err("everything here goes with the page; lab reset throws it away at once".to_owned())
            }
            Order::Observe(..) if !self.is_far_away() => {
                Err("everything on the server in the page is in the scene already".to_owned())
            }
            Order::Cleanup { .. } => {
                self.look_for_ours();
                Ok(String::new())
            }
            Order::Observe(stream, _) => {
                self.observe(&stream);
                Ok(String::new())
            }
            Order::Reset => {
                self.wish = Some(Wish::Reset);
                Ok(String::new())
            }
        }
    }

    fn hire(&mut self, mut spec: Spec) -> Result<String, String> {
        if let Spec::Worker(spec) = &mut spec
            && spec.stream.is_empty()
        {
            spec.stream = self.stream_with_consumer(&spec.consumer)?;
        }
        if spec.name().is_empty() {
            let name = self.next_name(spec.kind());
            spec.rename(&name);
        }
        let name = spec.name().to_owned();
        if self.cast.contains_key(&name) || self.terminals.contains_key(&name) {
            return Err(format!("there is a \"{name}\" already"));
        }
        let told = spec.describe();
        self.start(Rc::new(RefCell::new(spec)));
        Ok(format!("{told}\n"))
    }

    fn start(&mut self, spec: SharedSpec) {
        let name = spec.borrow().name().to_owned();
        let role = match &*spec.borrow() {
            Spec::Worker(_) => Role::Worker,
            Spec::Publisher(_) => Role::Publisher,
            Spec::Subscriber(_) | Spec::Gateway(_) => Role::Subscriber,
            Spec::Station(_) => Role::Worker,
            Spec::Chatter(_) => Role::Subscriber,
        };
        let newcomer = Newcomer { role: Some(role), ..Newcomer::named(&name, self.latency()) };
        let (conn, client) = self.world.connect(newcomer, &mut self.recorder);
        let drawn = self.world.fork_rng();
        let (shared, ledger) = (spec.clone(), self.ledger.clone());
        let run: LocalBoxFuture<'static, ()> = match &*spec.borrow() {
            Spec::Worker(_) => Box::pin(worker::run(client, shared, drawn, ledger)),
            Spec::Publisher(_) => Box::pin(publisher::run(client, shared, drawn)),
            Spec::Subscriber(_) => Box::pin(subscriber::run(client, shared)),
            Spec::Gateway(_) => Box::pin(gateway::run(client, shared)),
            Spec::Chatter(_) => Box::pin(chat::run(client, shared, self.world.spawner())),
            Spec::Station(_) => {
                let orders = self.orders.clone();
                let stop = move |name: &str| {
                    let (nobody, _) = futures::channel::oneshot::channel();
                    orders.borrow_mut().push_back((Order::Kill(name.to_owned()), nobody));
                };
                Box::pin(station::run(client, shared, ledger, stop))
            }
        };
        let (task, registration) = AbortHandle::new_pair();
        self.spawn(Abortable::new(run, registration).map(drop));
        self.cast.insert(name, Actor { conn, spec, task: Some(task) });
    }

    fn say(&mut self, who: &str, room: String, text: String) -> Result<String, String> {
        let person = self.person(who)?;
        if !person.screen.borrow().rooms.contains_key(&room) {
            return Err(format!("{who} is not in {room}; somebody there can ask: lab invite NAME {who} {room}"));
        }
        self.spawn(async move { person.say(&room, &text).await });
        Ok(String::new())
    }

    fn invite(&mut self, who: &str, whom: String, room: String) -> Result<String, String> {
        let person = self.person(who)?;
        self.person(&whom)?;
        self.spawn(async move { person.invite(&whom, &room).await });
        Ok(String::new())
    }

    /// Somebody of the chat who lives.
    fn person(&self, name: &str) -> Result<chat::Person, String> {
        let client = self.world.conn_of(name).and_then(|conn| self.world.client(conn)).cloned();
        let actor = self.cast.get(name).filter(|actor| actor.task.is_some());
        match (actor.map(|actor| actor.spec.borrow().clone()), client) {
            (Some(Spec::Chatter(spec)), Some(client)) => {
                Ok(chat::Person { client, name: spec.name, screen: spec.screen, spawner: self.world.spawner() })
            }
            _ => Err(format!("nobody called \"{name}\" chats; lab chat {name} starts a session")),
        }
    }

    /// Everybody of the workflow who is not there yet.
    fn man_stations(&mut self) -> Result<String, String> {
        for (step, ..) in station::STEPS {
            let spec = station::Spec::new(step);
            if !self.cast.contains_key(&spec.name) {
                self.start(Rc::new(RefCell::new(Spec::Station(spec))));
            }
        }
        Ok(String::new())
    }

    fn stop_at(&mut self, name: &str, point: Point) -> Result<String, String> {
        let actor = self.cast.get(name).ok_or_else(|| nobody(name))?;
        let mut spec = actor.spec.borrow_mut();
        let Spec::Station(station) = &mut *spec else {
            return Err(format!(
                "only stations of lab flow have such places; {name} is stopped at once by lab kill {name}"
            ));
        };
        station.stop_at = Some(point);
        Ok(format!("{name} stops {}, the next time it comes by\n", point.in_words()))
    }

    /// The subject on which the one consumer that waits for this answer hears it.
    fn where_to(&self, answer: &Answer) -> Result<Subject, String> {
        let is_meant = |given: &Option<String>, name: &str| given.as_deref().is_none_or(|given| given == name);
        let server =
            self.engine().ok_or("only the server in the page tells what is out; elsewhere: nats consumer next")?;
        let mut waiting = server.awaited(answer.seq);
        waiting
            .retain(|(stream, consumer, _)| is_meant(&answer.stream, stream) && is_meant(&answer.consumer, consumer));
        match waiting.as_slice() {
            [(.., subject)] => Ok(subject.clone()),
            [] => Err(format!(
                "no consumer waits for an answer to message {}; nats consumer info tells what is out",
                answer.seq
            )),
            several => {
                let names: Vec<String> =
                    several.iter().map(|(stream, consumer, _)| format!("{stream} > {consumer}")).collect();
                let (stream, consumer, _) = &several[0];
                Err(format!(
                    "{} wait for an answer to message {}; say which, as in --stream {stream} --consumer {consumer}",
                    names.join(" and "),
                    answer.seq
                ))
            }
        }
    }

    fn next_name(&mut self, kind: &'static str) -> String {
        let number = self.next_number.entry(kind).or_insert(0);
        *number += 1;
        format!("{kind}-{number}")
    }

    fn change(&mut self, name: &str, flags: &[(String, String)]) -> Result<String, String> {
        let actor = self.cast.get(name).ok_or_else(|| nobody(name))?;
        let mut spec = actor.spec.borrow().clone();
        for (flag, value) in flags {
            if flag == "--name" {
                return Err("a name stays; lab kill and lab worker make another one".to_owned());
            }
            spec.set(flag, value)?;
        }
        let told = spec.describe();
        *actor.spec.borrow_mut() = spec;
        Ok(format!("{told}\n"))
    }

    /// The one stream that has a consumer of this name, as the events told.
    fn stream_with_consumer(&self, consumer: &str) -> Result<String, String> {
        let streams = self.recorder.borrow().streams_with_consumer(consumer);
        match streams.as_slice() {
            [stream] => Ok(stream.clone()),
            [] => Err(format!("no stream has a consumer \"{consumer}\"; nats consumer add makes one")),
            several => Err(format!(
                "\"{consumer}\" is on several streams ({}); say which: lab worker {} {consumer}",
                several.join(", "),
                several[0]
            )),
        }
    }

    fn list_actors(&self) -> String {
        if self.cast.is_empty() {
            return "no workers\n".to_owned();
        }
        let dead = |actor: &Actor| if actor.task.is_none() { " (killed)" } else { "" };
        self.cast.values().map(|actor| format!("{}{}\n", actor.spec.borrow().describe(), dead(actor))).collect()
    }

    fn must_be_there(&self, name: &str) -> Result<(), String> {
        self.world.conn_of(name).map(drop).ok_or_else(|| nobody(name))
    }

    /// Stopped in the middle of whatever it does: nothing it holds is answered.
    fn kill(&mut self, name: &str) -> Result<String, String> {
        if let Some(actor) = self.cast.get_mut(name) {
            let task = actor.task.take().ok_or_else(|| format!("\"{name}\" is dead already; lab restart {name}"))?;
            task.abort();
            let conn = self.world.conn_of(name).unwrap_or(actor.conn);
            self.world.dies(conn, &mut self.recorder);
            self.world.hang_up(conn, &mut self.recorder);
        } else if let Some(terminal) = self.terminals.get(name) {
            terminal.close();
            terminal.notice("Killed. The next nats command starts it again.");
            self.world.take_down(name, &mut self.recorder);
        } else {
            return Err(nobody(name));
        }
        Ok(format!("{name} is gone; lab restart {name} starts it again\n"))
    }

    fn restart(&mut self, name: &str) -> Result<String, String> {
        match self.cast.get(name) {
            Some(actor) if actor.task.is_none() => {
                let spec = actor.spec.clone();
                self.start(spec);
            }
            None if self.world.bring_up(name) => {}
            Some(_) => return Err(format!("\"{name}\" is alive")),
            None if self.terminals.contains_key(name) => return Err(format!("\"{name}\" is alive")),
            None => return Err(nobody(name)),
        }
        Ok(format!("{name} is started again\n"))
    }

    fn cut(&mut self, name: &str) -> Result<String, String> {
        self.must_be_there(name)?;
        self.world.cut(name, &mut self.recorder);
        Ok(format!("the wire of {name} is cut; lab net heal {name} mends it\n"))
    }

    fn heal(&mut self, name: Option<&str>) -> Result<String, String> {
        let names = name.map_or_else(|| self.world.cut_names(), |name| vec![name.to_owned()]);
        if names.is_empty() {
            return Err("no wire is cut".to_owned());
        }
        for name in &names {
            if !self.world.heal(name) {
                return Err(format!("the wire of {name} is whole"));
            }
        }
        Ok(format!("mended: {}; it is used again at the next attempt\n", names.join(", ")))
    }

    fn slow_down(&mut self, name: &str, rate: Option<u64>) -> Result<String, String> {
        self.must_be_there(name)?;
        self.world.slow_down(name, rate, &mut self.recorder);
        Ok(match rate {
            None => format!("{name} reads as fast as it can\n"),
            Some(0) => format!("{name} does not read any more\n"),
            Some(rate) => format!("{name} reads {rate} bytes a second\n"),
        })
    }

    fn break_next(&mut self, fault: Fault) -> Result<String, String> {
        if let Some(name) = &fault.actor {
            self.must_be_there(name)?;
        }
        let told = in_words(&fault);
        self.world.add_fault(fault);
        Ok(format!("{told}\n"))
    }

    fn list_faults(&self) -> String {
        let lines: Vec<String> = self.world.troubles_in_words().into_iter().map(|line| line + "\n").collect();
        if lines.is_empty() { "nothing is broken\n".to_owned() } else { lines.concat() }
    }

    fn serve(&mut self, order: ServerOrder) -> String {
        let was_down = self.world.server_is_down();
        match order {
            ServerOrder::Start if !was_down => return "the server is running\n".to_owned(),
            ServerOrder::Start => drop(self.world.start_server()),
            ServerOrder::Stop | ServerOrder::Restart => {
                if !was_down {
                    self.world.stop_server(&mut self.recorder);
                }
                if order == ServerOrder::Restart {
                    self.world.start_server();
                }
            }
        }
        match order {
            ServerOrder::Stop => "the server is stopped; what it kept in memory is forgotten\n".to_owned(),
            _ => "the server is started again; what it kept in memory is forgotten\n".to_owned(),
        }
    }
}

fn nobody(name: &str) -> String {
    format!("there is no client \"{name}\"; lab workers lists those that were started here")
}

/// The command behind `lab`: reads the words, gives the order, prints the answer.
///
/// `ours` marks what is ours on a server that belongs to others; `None` where the server is in the page.
pub fn command(orders: Orders, ours: Option<Ours>) -> External {
    Rc::new(move |context, words| -> LocalBoxFuture<'static, ExitCode> {
        let (orders, ours) = (orders.clone(), ours.clone());
        Box::pin(async move {
            let order = match lab::parse(words.get(1..).unwrap_or_default()) {
                Ok(order) => order,
                Err(reason) => {
                    context.console.error(&format!("lab: {reason}"));
                    return 1;
                }
            };
            if let Order::Export(language) = order {
                return export(&context, language).await;
            }
            if let Order::Flow(jobs) = order
                && let Err(reason) = begin(&context, jobs).await
            {
                context.console.error(&format!("lab: {reason}"));
                return 1;
            }
            let answer = if let Order::Answer(answer) = &order { Some(answer.clone()) } else { None };
            if let (Order::Cleanup { force }, Some(ours)) = (&order, &ours) {
                return distant::clean_up(&context, ours, *force).await;
            }
            if let (Order::Observe(stream, consumer), Some(_)) = (&order, &ours) {
                match distant::look(&context, stream, consumer.as_deref()).await {
                    Ok(told) => context.console.print(&told),
                    Err(reason) => {
                        context.console.error(&format!("lab: {reason}"));
                        return 1;
                    }
                }
            }
            let jump = if let Order::Jump(span) = order { Some(span) } else { None };
            let began = context.timers.now();
            let (sender, receiver) = futures::channel::oneshot::channel();
            orders.borrow_mut().push_back((order, sender));
            match receiver.await {
                Ok(Ok(text)) => match answer {
                    Some(answer) => match context.client.publish(Message::new(text, answer.ack.payload())) {
                        Ok(()) => context.console.print(&answered(&answer)),
                        Err(error) => {
                            context.console.error(&format!("lab: {error}"));
                            return 1;
                        }
                    },
                    None => context.console.print(&text),
                },
                Ok(Err(reason)) => {
                    context.console.error(&format!("lab: {reason}"));
                    return 1;
                }
                Err(_) => return 1,
            }
            if let Some(span) = jump {
                context.timers.sleep_until(began + span).await;
                let now = context.timers.now().rfc3339();
                context.console.line(&format!("{} later: {now}", format_go_duration(span)));
            }
            0
        })
    })
}

/// Asked of the server like everything in a terminal, so that it works on any server.
async fn export(context: &Context, language: Language) -> ExitCode {
    match Belongings::collect(&context.client.jetstream()).await {
        Ok(belongings) => {
            context.console.print(&export::write(&belongings, language));
            0
        }
        Err(error) => {
            context.console.error(&format!("lab: what is on the server cannot be listed: {error}"));
            1
        }
    }
}

async fn begin(context: &Context, jobs: u64) -> Result<(), String> {
    let told = station::begin(&context.client, jobs).await?;
    context.console.print(&told);
    Ok(())
}

fn answered(answer: &Answer) -> String {
    let what = match answer.ack {
        Ack::Ack => "acknowledged",
        Ack::Nak { delay: None } => "given back",
        Ack::Nak { .. } => "given back for later",
        Ack::InProgress => "still worked on",
        Ack::Term { .. } => "given up for good",
    };
    format!("message {}: {what}\n", answer.seq)
}
