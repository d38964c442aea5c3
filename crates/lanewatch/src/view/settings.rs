//! The settings and where each came from, for people and for programs.

use std::path::Path;

use serde_json::{Value, json};

use super::lines::Columns;
use super::screen::Screen;
use crate::settings::Shown;

/// What stands for a value that there is not.
const NOT_SET: &str = "(not set)";

/// A line a setting, and which file was read.
pub(crate) fn render_settings(settings: &[Shown], file: Option<&Path>, screen: Screen) -> String {
    let rows = settings.iter().map(|shown| {
        let value = match (&shown.value, shown.row.otherwise) {
            (Some(value), _) => value.clone(),
            (None, Some(otherwise)) => format!("({otherwise})"),
            (None, None) => NOT_SET.to_owned(),
        };
        vec![shown.row.name.to_owned(), value, shown.origin.to_string()]
    });
    let table = Columns {
        header: &["Setting", "Value", "From"],
        right: &[],
        drop: &[2],
    }
    .table(screen, rows);
    let file = match file {
        Some(file) => format!("The file of settings is {}.", file.display()),
        None => "No file of settings was found: there is no lanewatch.toml here, nor in lanewatch/ of the user's configuration.".to_owned(),
    };
    format!("{table}\n\n{file}")
}

/// The same as JSON: `file`, and under `settings` each name with `value` and `origin`.
pub(crate) fn settings_as_json(settings: &[Shown], file: Option<&Path>) -> String {
    let settings: serde_json::Map<String, Value> = settings
        .iter()
        .map(|shown| {
            let said = json!({"value": shown.value, "origin": shown.origin.to_string()});
            (shown.row.name.to_owned(), said)
        })
        .collect();
    format!("{:#}", json!({"file": file, "settings": settings}))
}
