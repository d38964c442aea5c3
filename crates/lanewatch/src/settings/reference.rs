//! Generates `docs/settings.md` from the table of settings. The test fails when the page is not current; `UPDATE_DOCS=1` writes it.

use std::fmt::Write as _;

use super::row::Row;
use super::table::ROWS;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");

const HEAD: &str = "# Settings

<!-- Made from crates/lanewatch/src/settings/table.rs by `UPDATE_DOCS=1 cargo test -p lanewatch settings`; edit there. -->

A setting has one name. It is read from four places; the first that has it wins:

1. the flag: `--keep-runs 20`;
2. the environment: `LANEWATCH_KEEP_RUNS=20` (an empty variable counts as not set; commas separate the items of a list);
3. the file `lanewatch.toml`: `keep_runs = 20` (a list is a TOML list; a relative path starts at the folder of the file; an unknown key is an error);
4. the default.

The file is the one that `--config FILE` or `LANEWATCH_CONFIG` names, else `lanewatch.toml` in the current folder, else
`lanewatch/lanewatch.toml` below `$XDG_CONFIG_HOME` (`~/.config`). `lanewatch config show` prints each value and where it comes from.
A time is `500ms`, `10s`, `2m`, `1h` or a number of seconds, more than zero and at most a day.
`plan` takes the flags of `collect`, and `config show` the flags of all commands.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut group = "";
    for row in ROWS {
        if row.group != group {
            group = row.group;
            write!(
                page,
                "\n## {group}\n\n| setting | default | flag of | meaning |\n|---|---|---|---|\n"
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
        write!(what, ". The variable `{other}` overrides it").unwrap();
    }
    if let Some(other) = row.also {
        write!(what, ". The variable `{other}` is read as well").unwrap();
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
