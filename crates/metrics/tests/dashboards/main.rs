//! `infrastructure/grafana`: the dashboards, made from one description in the documented names and in the conventional ones.
//!
//! ```text
//!  fleet, device, interface, collector ─► Dashboard ─► variant (names, units) ─► json ─► dashboards/*.json, dashboards-conventional/*.json
//! ```
//!
//! No program draws a dashboard, so this is test code alone. A test fails when a file is not what the description makes; `UPDATE_DOCS=1` writes it
//! anew. `rules_of_the_house` judges the files as dashboard-linter would.
#![cfg(test)]

mod collector;
mod device;
mod fleet;
mod interface;
mod json;
mod panel;
mod rules_of_the_house;
mod rules_variant;
mod variant;
mod watched_families;

use std::path::PathBuf;

use serde_json::Value;

use panel::Dashboard;
use variant::Variant;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infrastructure/grafana");

/// The dashboards as they are described: in the documented names.
fn all() -> Vec<Dashboard> {
    vec![
        fleet::dashboard(),
        device::dashboard(),
        interface::dashboard(),
        collector::dashboard(),
    ]
}

/// Each file with what belongs in it.
fn files() -> Vec<(PathBuf, Value)> {
    let mut files = Vec::new();
    for variant in [Variant::Documented, Variant::Conventional] {
        for dashboard in all() {
            let path = PathBuf::from(FOLDER)
                .join(variant.folder())
                .join(format!("{}.json", dashboard.file));
            files.push((path, json::dashboard(&dashboard, variant)));
        }
    }
    files
}

#[test]
fn the_dashboards_are_what_their_description_makes() {
    let is_update = std::env::var_os("UPDATE_DOCS").is_some();
    for (path, wanted) in files() {
        if is_update {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = serde_json::to_string_pretty(&wanted).unwrap() + "\n";
            std::fs::write(&path, text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let found: Value = serde_json::from_str(&found).unwrap_or_default();
        assert!(
            found == wanted,
            "{} is not current: run `UPDATE_DOCS=1 cargo test -p metrics --test dashboards` and commit it",
            path.display()
        );
    }
}
