//! Any text as a YAML document: what was read is written on one line and reads the same again.
#![no_main]

use inventory::yaml::{Document, Node, Value};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            assert!(!error.message.is_empty());
            return;
        }
    };
    let lines = text.lines().count() as u64 + 1;
    assert!(
        document
            .duplicates
            .iter()
            .all(|key| (1..=lines).contains(&key.line))
    );
    let line = document.node.to_line();
    assert!(!line.contains('\n'));
    if let Ok(again) = Node::parse(&line) {
        assert_eq!(again.to_line(), line);
    }
    // Text that was decrypted does not print itself.
    if let Value::Text(_) = document.node.value {
        let secret = document.node.into_secret();
        assert!(secret.text().is_none() || matches!(secret.value, Value::Text(_)));
    }
});
