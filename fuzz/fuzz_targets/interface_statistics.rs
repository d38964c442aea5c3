//! Any bytes as the reply that the parser `interface_statistics` reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|reply: &[u8]| fuzz::parses_any_bytes("interface_statistics", reply));
