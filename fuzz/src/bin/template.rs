//! Any text as a template in a variable, with variables of each kind to refer to.
#![no_main]

use std::path::Path;

use inventory::Inventory;
use inventory::vault::Vault;
use serde_json::json;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let listing = json!({
        "_meta": {"hostvars": {
            "leaf-01": {"tried": text, "number": 7, "list": [1, "b", [2.5]], "map": {"a": {"b": true}}, "text": "et-0/0/1 {x}"},
            "leaf-02": {"tried": "{{ hostvars['leaf-01'].number }}", "password": "sesame"},
        }},
        "leaf": {"hosts": ["leaf-01", "leaf-02"], "vars": {"again": "{{ tried }}", "none": null}},
    });
    let text = listing.to_string();
    if let Ok(inventory) = Inventory::parse(Path::new("hosts.json"), &text, Vault::default()) {
        for host in inventory.hosts() {
            for name in ["tried", "again"] {
                fuzz::resolves_any_variable(host, name);
            }
        }
    }
});
