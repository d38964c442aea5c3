//! Any text as what `ansible-inventory --list` prints.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    fuzz::reads_any_inventory("hosts.json", text);
    // Few inputs have the group by which this form is known.
    let listing =
        format!("{{\"_meta\": {{\"hostvars\": {{\"leaf-01\": {{}}}}}}, \"leaf\": {text}}}");
    fuzz::reads_any_inventory("hosts.json", &listing);
});
