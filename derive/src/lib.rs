//! The derives `ToJson` and `FromJson` for the documents of JetStream Lab, and `Pack` for its snapshots.
//!
//! They make tables, not code: a struct becomes a list of names and a list of its fields as trait objects, and the few
//! functions that walk them are in `src/json`. That is a fifth of what serde's derives compile to, and a page is paid
//! for by the byte. The attributes (`#[json(…)]`) are named and mean as serde's, with these differences: `omit_empty`
//! leaves a member out when its `is_empty` says so; `written` and `slot` name the newtypes a
//! field is written in and read into, and `unread` fields keep their default.

mod attributes;
mod pack;
mod read;
mod write;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// `json::ToJson`: members in the order of the fields.
#[proc_macro_derive(ToJson, attributes(json))]
pub fn to_json(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    write::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// `json::FromJson`.
#[proc_macro_derive(FromJson, attributes(json))]
pub fn from_json(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    read::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// `pack::Pack`: fields in their order. `#[pack(skip)]` fields are not written and read as their default.
#[proc_macro_derive(Pack, attributes(pack))]
pub fn pack(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    pack::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
