//! `docs/settings.md`, made from the table. The test fails when the page is not what the table makes; `UPDATE_DOCS=1` writes it anew.

use std::fmt::Write as _;

use super::row::Row;
use super::table::ROWS;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");

const HEAD: &str = "# Settings

<!-- Made from crates/lanewatch/src/config/settings/table.rs by `UPDATE_DOCS=1 cargo test -p lanewatch settings`; edit there. -->

Each setting has one name and four places, the first that speaks wins:

1. the flag: `--keep-runs 20`;
2. the environment: `LANEWATCH_KEEP_RUNS=20` (a variable that is empty counts as not set; lists have commas);
3. the file `lanewatch.toml`: `keep_runs = 20` (lists are TOML lists; a path begins at the folder of the file; an unknown key is an error);
4. the default.

The file is the one that `--config FILE` or `LANEWATCH_CONFIG` names, else `lanewatch.toml` in the current folder, else
`lanewatch/lanewatch.toml` below `$XDG_CONFIG_HOME` (`~/.config`). `lanewatch config show` says each value and where it came from.
Times are written `500ms`, `10s`, `2m`, `1h`, or as a number of seconds; none can be zero or more than a day.
`plan` takes the flags of `collect`, and `config show` those of all commands.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut group = "";
    for row in ROWS {
        if row.group != group {
            group = row.group;
            write!(
                page,
                "\n## {group}\n\n| setting | default | taken by | what it is |\n|---|---|---|---|\n"
            )
            .unwrap();
        }
        writeln!(page, "{}", line(row)).unwrap();
    }
    page
}

fn line(row: &Row) -> String {
    let default = (row.default)().map(|default| format!("`{default}`"));
    let default = default
        .or(row.otherwise.map(str::to_owned))
        .unwrap_or_default();
    let mut what = row.doc.join("").trim().to_owned();
    if !row.accepts.choices.is_empty() {
        write!(what, ": {}", row.accepts.expected).unwrap();
    }
    if row.accepts.is_secret {
        write!(
            what,
            ". A secret: only as the variable `{}`",
            row.variable()
        )
        .unwrap();
    }
    if let Some(other) = row.overruled_by {
        write!(what, ". The variable `{other}` wins over everything").unwrap();
    }
    if let Some(other) = row.also {
        write!(what, ". The variable `{other}` counts as well").unwrap();
    }
    format!(
        "| `{}` | {default} | {} | {what} |",
        row.name,
        row.commands.join(", ")
    )
}

#[test]
fn the_page_of_settings_is_what_the_table_makes() {
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let found = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        found == page,
        "docs/settings.md is not current: run `UPDATE_DOCS=1 cargo test -p lanewatch settings` and commit it"
    );
}
