//! `docs/fields.md`: every field of every RPC, made from the column lists.
//!
//! `UPDATE_FIXTURES=1 cargo test` writes the page anew; the difference is for a reviewer to read.

use std::fmt::Write as _;
use std::path::Path;

use records::model::{
    CHASSIS_INVENTORY_COLUMNS, INTERFACE_COUNTERS_COLUMNS, INTERFACE_DOM_COLUMNS, LANE_DOM_COLUMNS,
    PIC_DETAIL_COLUMNS, SYSTEM_INFORMATION_COLUMNS, TRANSCEIVER_COLUMNS,
};
use records::table::{ColumnType, Columns};

const HEAD: &str = "\
# Fields

This page lists every field of every RPC: its name in JSON and in the lake, its type, its unit in [UCUM](https://ucum.org) notation,
and its meaning. It is generated from the column lists in `crates/records/src/model`. The JSON documents and the Parquet schemas come
from the same lists; a test fails where the three differ.

A field that was not measured is absent from JSON and null in Parquet. Fields marked *always* are in every object. A field that ends
in `_state` says why the value beside it is absent: `ok`, `no_light`, `not_supported`, `not_present` or `invalid`.

Types: `text` is UTF-8, `int32` and `int64` are signed, `float64` is a double. Roles: a *label* names or groups, a *gauge* goes up and
down, a *counter* counts up until it is cleared, a *threshold* is a limit of the module, a *state* is a word from a closed set, a
*time* is in UTC seconds; the column `time` has it as an instant, in microseconds.
";

/// A section: where its objects stand in JSON, and where in the lake.
fn section<R>(page: &mut String, json: &str, lake: &str, columns: Columns<R>) {
    writeln!(page, "\n### {json}\n\n{lake}\n").unwrap();
    writeln!(
        page,
        "| field | type | unit | role | meaning |\n|---|---|---|---|---|"
    )
    .unwrap();
    for column in columns.iter().copied().flatten() {
        let kind = match column.spec.column_type {
            ColumnType::Text => "text",
            ColumnType::Int32 => "int32",
            ColumnType::Int64 => "int64",
            ColumnType::Float64 => "float64",
            ColumnType::Boolean => "boolean",
            ColumnType::Instant => "timestamp, in the lake only",
        };
        let always = if column.spec.nullable { "" } else { ", always" };
        writeln!(
            page,
            "| `{}` | {kind}{always} | {} | {} | {} |",
            column.spec.name,
            column.spec.unit,
            column.spec.role.as_str(),
            column.spec.meaning
        )
        .unwrap();
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let rpc = |page: &mut String, name: &str, operation: &str| {
        writeln!(
            page,
            "\n## {name}\n\nFrom `{operation}`, in `{{device}}_{name}_metrics.json`."
        )
        .unwrap();
    };
    let not_in_the_lake = "Not a table of its own; what belongs to a port is joined into the rows of `intf-dom` and `lane-dom`.";

    rpc(&mut page, "system_information", "get-system-information");
    section(
        &mut page,
        "`$`",
        "Not a table of its own; `hostname` and `model` are in every table's rows.",
        SYSTEM_INFORMATION_COLUMNS,
    );

    rpc(&mut page, "chassis_inventory", "get-chassis-inventory");
    section(
        &mut page,
        "`$`",
        "Not a table of its own; `device_serial` of `intf-dom` is made of it.",
        CHASSIS_INVENTORY_COLUMNS,
    );
    section(
        &mut page,
        "`$.transceivers.{interface}`",
        not_in_the_lake,
        TRANSCEIVER_COLUMNS,
    );

    rpc(
        &mut page,
        "optics_diagnostics",
        "get-interface-optics-diagnostics-information",
    );
    page.push_str("\nThe document's own members are `device`, `timestamp`, `run_timestamp` and `runner_name`.\n");
    section(
        &mut page,
        "`$.interfaces[]`",
        "A row of `intf-dom`, columns in this order.",
        INTERFACE_DOM_COLUMNS,
    );
    section(
        &mut page,
        "`$.lanes[]`",
        "A row of `lane-dom`, columns in this order.",
        LANE_DOM_COLUMNS,
    );

    rpc(
        &mut page,
        "interface_statistics",
        "get-interface-information",
    );
    section(
        &mut page,
        "`$.{interface}`",
        "A row of `intf-counters`, columns in this order.",
        INTERFACE_COUNTERS_COLUMNS,
    );

    rpc(&mut page, "pic_detail", "get-pic-detail");
    section(
        &mut page,
        "`$.{interface}`",
        not_in_the_lake,
        PIC_DETAIL_COLUMNS,
    );
    page
}

#[test]
fn the_page_of_fields_is_current() {
    let path = Path::new("../../docs/fields.md");
    let page = page();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::create_dir_all("../../docs").unwrap();
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/fields.md is not current: UPDATE_FIXTURES=1 rewrites it"
    );
}

#[test]
fn every_key_of_every_fixture_is_on_the_page() {
    fn keys(value: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
        match value {
            serde_json::Value::Object(members) => {
                for (key, member) in members {
                    // Keys that are interface names are no fields.
                    if !key.contains(['/', '.']) && !member.is_object() {
                        found.insert(key.clone());
                    }
                    keys(member, found);
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
            _ => {}
        }
    }
    let page = page();
    let mut found = std::collections::BTreeSet::new();
    for (_, replies) in crate::support::cases() {
        let (_, records) = crate::support::records(&replies);
        for (_, document) in records::json::documents(&records) {
            keys(&serde_json::from_slice(&document).unwrap(), &mut found);
        }
    }
    found.remove("interfaces");
    found.remove("lanes");
    assert!(
        found.len() > 100,
        "only {} keys in all fixtures",
        found.len()
    );
    for key in found {
        assert!(
            page.contains(&format!("| `{key}` |")),
            "{key} is not on the page"
        );
    }
}
