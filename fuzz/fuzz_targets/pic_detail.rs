//! Any bytes as the reply that the parser `pic_detail` reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|reply: &[u8]| fuzz::parses_any_bytes("pic_detail", reply));
