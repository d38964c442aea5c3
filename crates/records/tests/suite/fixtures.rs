//! Every fixture gives exactly the records that stand beside it.
//!
//! A case is a folder: `fixtures/junos/<rpc>/<case>/reply.xml`, or several replies of one device in
//! `fixtures/junos/join/<case>/`. `records.json` holds what came of each reply, the notes, the JSON documents and the
//! number of rows of each table. `UPDATE_FIXTURES=1 cargo test` writes it anew; the difference is for a reviewer to read.

use std::path::PathBuf;

use records::parsers::Parser;
use records::{json, tables};
use serde_json::{Map, Value, json};

fn described(replies: &[(&'static Parser, PathBuf)]) -> Value {
    let (outcomes, records) = crate::support::records(replies);
    let outcomes: Vec<Value> = outcomes
        .iter()
        .map(|(rpc, outcome)| {
            let errors: Vec<String> = outcome.errors.iter().map(ToString::to_string).collect();
            let mut described = json!({"rpc": rpc, "complete": outcome.complete, "found": outcome.found,
                   "errors": errors, "failure": outcome.failure()});
            if !outcome.unread.is_empty() {
                let unread: Map<String, Value> = outcome
                    .unread
                    .iter()
                    .map(|(name, count)| (name.to_owned(), count.into()))
                    .collect();
                described["unread"] = unread.into();
            }
            described
        })
        .collect();
    let notes: Vec<String> = records
        .notes
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    let documents: Map<String, Value> = json::documents(&records)
        .into_iter()
        .map(|(rpc, bytes)| (rpc.into_owned(), serde_json::from_slice(&bytes).unwrap()))
        .collect();
    let rows: Map<String, Value> = tables::tables(&records)
        .into_iter()
        .map(|table| (table.dataset.name.to_owned(), table.batch.num_rows().into()))
        .collect();
    json!({"outcomes": outcomes, "notes": notes, "rows": rows, "documents": documents})
}

#[test]
fn every_reply_gives_the_records_beside_it() {
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let mut wrong = Vec::new();
    for (case, replies) in crate::support::cases() {
        let found = described(&replies);
        let path = case.join("records.json");
        if update {
            std::fs::write(&path, format!("{found:#}\n")).unwrap();
            continue;
        }
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let expected: Value = serde_json::from_str(&text).unwrap();
        if found != expected {
            wrong.push(format!("{}:\n{found:#}", case.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as recorded (UPDATE_FIXTURES=1 rewrites):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_document_holds_a_null_an_empty_text_or_a_word_for_nothing() {
    fn check(value: &Value, at: &str) {
        match value {
            Value::Null => panic!("{at} is null"),
            Value::String(text) => assert!(
                !["", "N/A", "n/a"].contains(&text.as_str()),
                "{at} is {text:?}"
            ),
            Value::Array(items) => items.iter().for_each(|item| check(item, at)),
            Value::Object(members) => members
                .iter()
                .for_each(|(key, item)| check(item, &format!("{at}/{key}"))),
            _ => {}
        }
    }
    for (case, replies) in crate::support::cases() {
        let described = described(&replies);
        check(&described["documents"], &case.display().to_string());
    }
}

#[test]
fn rows_are_sorted_and_numbers_in_json_and_in_tables_agree() {
    use arrow_array::cast::AsArray;
    for (case, replies) in crate::support::cases() {
        let (_, records) = crate::support::records(&replies);
        let tables = tables::tables(&records);
        for table in &tables {
            let names: Vec<_> = table
                .batch
                .column_by_name("if_name")
                .unwrap()
                .as_string::<i32>()
                .iter()
                .collect();
            assert!(
                names.is_sorted(),
                "{}: {}",
                case.display(),
                table.dataset.name
            );
        }
        let lanes = &tables[1].batch;
        let rx = lanes
            .column_by_name("rx_power")
            .unwrap()
            .as_primitive::<arrow_array::types::Float64Type>();
        let mut from_table: Vec<f64> = rx.iter().flatten().collect();
        let mut from_records: Vec<f64> = records
            .lanes
            .iter()
            .filter(|l| l.location.is_some())
            .filter_map(|l| l.lane.values.rx.dbm)
            .collect();
        from_table.sort_by(f64::total_cmp);
        from_records.sort_by(f64::total_cmp);
        assert_eq!(from_table, from_records, "{}", case.display());
    }
}
