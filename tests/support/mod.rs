//! One script, several servers: a stage on which clients speak the raw protocol with whichever server is behind it.
//!
//! Knows bytes, frames and time; knows nothing of what a script claims. The way in for a script is [`Stage`]; what a
//! server must offer to be on stage is [`Target`]. [`virtual_server`] is the engine in virtual time, [`wire_target`] is
//! the engine behind sockets ([`wire_server`]), [`real_server`] is nats-server on loopback, [`tcp`] a server somebody
//! else started, [`far`] a playground whose server is behind one of them. [`driver`] plays async scripts with the client of the crate instead of raw frames. [`runner`] plays
//! tables of scripts and prints what came of it.

pub mod client;
pub mod driver;
pub mod far;
pub mod frame;
pub mod json;
pub mod operator;
pub mod real_server;
pub mod runner;
pub mod stage;
pub mod tcp;
pub mod virtual_server;
pub mod wire_server;
pub mod wire_target;
pub mod ws;

pub use client::Client;
pub use frame::Frame;
pub use json::assert_has;
pub use stage::{Setup, Stage, Target, TestUser, Wire};
