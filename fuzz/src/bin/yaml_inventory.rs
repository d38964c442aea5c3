//! Any text as an inventory in YAML.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::reads_any_inventory("hosts.yaml", text));
