//! Any line as a Python literal: the value of a variable in an INI inventory.
#![no_main]

use std::path::Path;

use inventory::Inventory;
use inventory::vault::Vault;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let value = text.replace(['\n', '\r'], " ");
    let text = format!("leaf-01\n[all:vars]\nvalue={value}");
    let Ok(inventory) = Inventory::parse(Path::new("hosts.ini"), &text, Vault::default()) else {
        panic!("a value is a literal or text: {value:?}");
    };
    let host = inventory.host("leaf-01").expect("the host is there");
    let variable = host.variable("value").expect("the variable is there");
    // What is no literal stands for itself.
    assert!(!variable.node.kind().is_empty());
    assert_eq!(variable.line, 3);
});
