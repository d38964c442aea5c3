//! Any bytes as the reply that the parser `system_information` reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|reply: &[u8]| fuzz::parses_any_bytes("system_information", reply));
