//! Any bytes as the reply that the parser `chassis_inventory` reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|reply: &[u8]| fuzz::parses_any_bytes("chassis_inventory", reply));
