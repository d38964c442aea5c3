//! Any bytes as the reply that the parser `optics_diagnostics` reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|reply: &[u8]| fuzz::parses_any_bytes("optics_diagnostics", reply));
