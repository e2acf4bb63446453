//! Any bytes as a line of the terminal.

#![no_main]

#[path = "../typed.rs"]
mod typed;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        typed::check(text);
    }
});
