//! Any text as an inventory in Ansible's INI form, whose values are Python literals.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::reads_any_inventory("hosts.ini", text));
