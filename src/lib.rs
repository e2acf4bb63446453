//! JetStream Lab: a NATS server with JetStream, a client, a `nats` command line and lessons, in one web page.
//!
//! Rooms in reading order. Imports point upwards in this list only; `engine` and `client` never import one another, and
//! nothing above `playground` reads a clock, a socket, a random source or the page.

pub mod base64;
pub mod decimal;
pub mod map;
pub mod pack;
pub mod sorted;

pub mod json;

pub mod time;

pub mod nuid;
pub mod subject;

pub mod protocol;

pub mod api;

pub mod engine;

pub mod client;

pub mod commands;

pub mod shell;

pub mod flow;

pub mod lessons;

pub mod playground;

pub mod ui;
