//! Any bytes as the reply that a parser reads: the one that `LANEWATCH_FUZZ_PARSER` names. `cargo xtask fuzz` runs it once for each parser.
#![no_main]

use std::sync::LazyLock;

static PARSER: LazyLock<String> = LazyLock::new(|| {
    std::env::var("LANEWATCH_FUZZ_PARSER").expect("LANEWATCH_FUZZ_PARSER names a parser")
});

libfuzzer_sys::fuzz_target!(|reply: &[u8]| fuzz::parses_any_bytes(&PARSER, reply));
