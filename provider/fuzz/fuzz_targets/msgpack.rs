//! The target `msgpack`, under libFuzzer.
#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code)] // the other targets' part
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::msgpack(data));
