//! Carrying out what `lab` verbs ask for.
//!
//! [`command`] is the program behind the word `lab` in every terminal; it gives an [`Order`] and waits for the answer.
//! The playground carries orders out between two instants, where nothing else happens.

use super::lab::{self, Order, WorkerOrder};
use super::worker::{self, Spec};
use super::world::Newcomer;
use super::{Playground, Wish, Worker};
use crate::flow::Role;
use crate::shell::External;
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

    fn carry_out(&mut self, order: Order) -> Result<String, String> {
        match order {
            Order::Help => Ok(lab::help()),
            Order::Clock => Ok(format!("{}\n", self.now().rfc3339())),
            Order::Jump(span) => {
                self.wish = Some(Wish::JumpTo(self.now() + span));
                Ok(String::new())
            }
            Order::Worker(order) => self.start_worker(order),
            Order::Workers => Ok(self.list_workers()),
            Order::Kill(name) => self.kill(&name),
            Order::Reset => {
                self.wish = Some(Wish::Reset);
                Ok(String::new())
            }
        }
    }

    fn start_worker(&mut self, order: WorkerOrder) -> Result<String, String> {
        let stream = match order.stream {
            Some(stream) => stream,
            None => self.stream_with_consumer(&order.consumer)?,
        };
        let name = order.name.unwrap_or_else(|| self.next_worker_name());
        if self.workers.contains_key(&name) || self.terminals.contains_key(&name) {
            return Err(format!("there is a \"{name}\" already"));
        }
        let newcomer = Newcomer { role: Some(Role::Worker), ..Newcomer::named(&name, self.latency()) };
        let (conn, client) = self.world.connect(newcomer, &mut self.recorder);
        let (fail, work, dead_letters) = (order.fail, order.work, order.dead_letters);
        let spec = Spec { name: name.clone(), stream, consumer: order.consumer, fail, work, dead_letters };
        let rng = self.world.fork_rng();
        let (task, registration) = AbortHandle::new_pair();
        let run = worker::run(client, spec.clone(), rng, self.ledger.clone());
        self.spawn(Abortable::new(run, registration).map(drop));
        let told = describe(&spec);
        self.workers.insert(name, Worker { conn, spec, task });
        Ok(format!("{told}\n"))
    }

    fn next_worker_name(&mut self) -> String {
        self.next_worker += 1;
        format!("worker-{}", self.next_worker)
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

    fn list_workers(&self) -> String {
        if self.workers.is_empty() {
            return "no workers\n".to_owned();
        }
        self.workers.values().map(|worker| format!("{}\n", describe(&worker.spec))).collect()
    }

    /// Cut off in the middle of whatever it does: nothing it holds is answered.
    fn kill(&mut self, name: &str) -> Result<String, String> {
        let worker = self
            .workers
            .remove(name)
            .ok_or_else(|| format!("there is no worker \"{name}\"; lab workers lists them"))?;
        worker.task.abort();
        let conn = self.world.conn_of(name).unwrap_or(worker.conn);
        self.world.hang_up(conn, &mut self.recorder);
        Ok(format!("{name} is gone\n"))
    }
}

fn describe(spec: &Spec) -> String {
    let letters = if spec.dead_letters { ", following advisories to the originals" } else { "" };
    format!(
        "{} works on {} > {}: {} a message, {}% of attempts fail{letters}",
        spec.name,
        spec.stream,
        spec.consumer,
        format_go_duration(spec.work),
        (spec.fail * 100.0).round()
    )
}

/// The command behind `lab`: reads the words, gives the order, prints the answer.
pub fn command(orders: Orders) -> External {
    Rc::new(move |context, words| -> LocalBoxFuture<'static, crate::commands::ExitCode> {
        let orders = orders.clone();
        Box::pin(async move {
            let order = match lab::parse(words.get(1..).unwrap_or_default()) {
                Ok(order) => order,
                Err(reason) => {
                    context.console.error(&format!("lab: {reason}"));
                    return 1;
                }
            };
            let jump = if let Order::Jump(span) = order { Some(span) } else { None };
            let began = context.timers.now();
            let (sender, receiver) = futures::channel::oneshot::channel();
            orders.borrow_mut().push_back((order, sender));
            match receiver.await {
                Ok(Ok(text)) => context.console.print(&text),
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
