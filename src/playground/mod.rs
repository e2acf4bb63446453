//! One server, its clients, one clock, one recorder: wired here and only here.

mod links;
pub mod session;
mod world;
