//! How the `nats` command line lays out what it has to tell: tables, columns, numbers, JSON, differences.
//!
//! A report is a value that renders to text; nothing here prints, asks or knows what a stream is. The ways in are
//! [`Table`], [`Columns`], the functions of [`text`], [`json`] and [`difference`].
//! Source: natscli 0.4 as recorded; go-pretty `table`, choria-io `columns`, go-cmp `Diff` for their looks.

mod columns;
pub mod difference;
pub mod graph;
pub mod json;
mod look;
pub mod order;
mod table;
pub mod text;

pub use columns::Columns;
pub use look::{Form, Look};
pub use table::Table;
