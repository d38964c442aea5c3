//! Mappings: a dozen mistakes and what is said of each, and the shipped ones against their fixtures.

use std::path::{Path, PathBuf};

use records::{Context, ReplyReader, Snapshot, enrich, json, tables};
use serde_json::{Map, Value, json};

use super::*;

/// The second at which every fixture arrived.
const ARRIVED: i64 = 1_770_132_650;

/// What is said of a catalogue in which a good mapping is changed in one place.
fn complaint(good: &str, bad: &str) -> String {
    const GOOD: &str = "\
rpc_commands:
  - name: fan
    rpc: get-fan-information
    mapping:
      items: fan-information/tray/fan
      key: [tray, name]
      fields:
        tray: {path: ../slot, type: integer, meaning: Slot of the tray}
        name: {meaning: Name of the fan}
        speed: {path: speed/@rpm, type: float, unit: r/min, role: gauge, meaning: Its speed}
";
    assert!(GOOD.contains(good), "{good}");
    let text = GOOD.replacen(good, bad, 1);
    let mut reading = Reading::default();
    reading.text(Path::new("fan.yml"), &text, 0);
    match reading.finish() {
        Ok(_) => "nothing".to_owned(),
        Err(problems) => {
            let shown = problems.0.iter();
            let shown = shown.map(|problem| problem.with_snippet(|_| Some(text.clone())));
            shown.collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn the_good_mapping_is_good() {
    assert_eq!(complaint("fan", "fan"), "nothing");
}

#[test]
fn each_mistake_has_its_line_and_the_nearest_name() {
    let said: Vec<_> = [
        ("items:", "item:"),
        ("fan-information/tray/fan", "fan-information/tray//fan"),
        ("fan-information/tray/fan", "fan-information/*/fan"),
        ("[tray, name]", "[tray, nam]"),
        ("[tray, name]", "[name, name]"),
        ("type: integer", "type: interger"),
        ("unit: r/min", "unit: rpm"),
        ("unit: r/min", "unit: cel"),
        ("role: gauge", "role: gage"),
        ("../slot", "../../../slot"),
        ("../slot", "junos:slot"),
        ("speed/@rpm", "speed/@rpm/x"),
        (", meaning: Its speed", ""),
        ("type: float", "typ: float"),
        ("speed: {", "Speed: {"),
        ("speed: {", "timestamp: {"),
        ("{meaning: Name of the fan}", "Name of the fan"),
        (
            "{meaning: Name of the fan}",
            "{role: counter, meaning: Name of the fan}",
        ),
        ("name: fan\n", "name: Fan-Tray\n"),
        ("name: fan\n", "name: optics_diagnostics\n"),
        ("    mapping:", "    parser: pic_detail\n    mapping:"),
        ("      key: [tray, name]\n", ""),
    ]
    .into_iter()
    .map(|(good, bad)| {
        format!(
            "# {} for {}\n{}\n",
            bad.trim(),
            good.trim(),
            complaint(good, bad)
        )
    })
    .collect();
    insta::assert_snapshot!("mapping_mistakes", said.join("\n"));
}

/// The files of `mappings/`.
fn shipped() -> Vec<PathBuf> {
    let files = std::fs::read_dir("../../mappings").unwrap();
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_shipped_mapping_gives_the_records_beside_its_fixtures() {
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let mut cases = 0;
    for file in shipped() {
        let catalogue = Catalogue::read(std::slice::from_ref(&file)).unwrap();
        for command in &catalogue.commands {
            let ReplyReader::Mapping(_) = &command.reader else {
                continue;
            };
            let folder = Path::new("../../fixtures/mappings").join(&command.name);
            let mut found: Vec<_> = std::fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            found.sort();
            for case in found {
                cases += 1;
                let records = described(
                    &command.reader,
                    &std::fs::read(case.join("reply.xml")).unwrap(),
                );
                let path = case.join("records.json");
                if update {
                    std::fs::write(&path, format!("{records:#}\n")).unwrap();
                }
                let expected: Value =
                    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                assert_eq!(
                    records,
                    expected,
                    "{} (UPDATE_FIXTURES=1 rewrites)\n{records:#}",
                    path.display()
                );
            }
        }
    }
    assert!(cases >= 2, "no fixtures found");
}

fn described(reader: &ReplyReader, reply: &[u8]) -> Value {
    let mut snapshot = Snapshot::default();
    let outcome = reader.parse(reply, ARRIVED, &mut snapshot);
    let context = Context {
        device: "leaf1".to_owned(),
        runner_name: "runner01".to_owned(),
        run_timestamp: 1_770_132_645,
        interface_filter: None,
    };
    let records = enrich::join(snapshot, &context);
    let errors: Vec<_> = outcome.errors.iter().map(ToString::to_string).collect();
    let notes: Vec<_> = records.notes.into_iter().map(ToString::to_string).collect();
    let documents: Map<String, Value> = json::documents(&records)
        .into_iter()
        .map(|(rpc, bytes)| (rpc.into_owned(), serde_json::from_slice(&bytes).unwrap()))
        .collect();
    let rows: Map<String, Value> = tables::tables(&records)
        .into_iter()
        .skip(tables::DATASETS.len())
        .map(|table| (table.dataset.name.clone(), table.batch.num_rows().into()))
        .collect();
    json!({"complete": outcome.complete, "found": outcome.found, "failure": outcome.failure(), "errors": errors,
           "notes": notes, "rows": rows, "documents": documents})
}

#[test]
fn a_mapping_comes_back_from_a_run_report_as_it_was() {
    for file in shipped() {
        let catalogue = Catalogue::read(&[file]).unwrap();
        for command in &catalogue.commands {
            let (ReplyReader::Mapping(mapping), Some(written)) =
                (&command.reader, &command.mapping)
            else {
                continue;
            };
            let again = mapping_of_report(Path::new("run.json"), &command.name, written).unwrap();
            assert_eq!(&again, mapping);
        }
    }
    let problem = mapping_of_report(Path::new("run.json"), "x", "{\"items\": \"a\"}").unwrap_err();
    assert!(
        problem
            .to_string()
            .starts_with("run.json: the mapping of `x` lacks `fields`"),
        "{problem}"
    );
}

/// The first block of this language in the page.
fn block<'t>(page: &'t str, language: &str) -> &'t str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_example_of_the_page_does_what_the_page_says() {
    let page = std::fs::read_to_string("../../docs/rpcs.md").unwrap();
    let mut reading = Reading::default();
    reading.text(Path::new("docs/rpcs.md"), block(&page, "yaml"), 0);
    let catalogue = reading.finish().unwrap();
    let reader = catalogue.reader("fans").unwrap();
    let found = described(&reader, block(&page, "xml").as_bytes());
    assert_eq!(
        (&found["failure"], &found["notes"]),
        (&Value::Null, &json!([]))
    );
    let expected: Value = serde_json::from_str(block(&page, "json")).unwrap();
    let mut items = found["documents"]["fans"]["items"].clone();
    for item in items.as_array_mut().unwrap() {
        for common in ["device", "timestamp", "run_timestamp", "runner_name"] {
            item.as_object_mut().unwrap().remove(common).unwrap();
        }
    }
    assert_eq!(items, expected);
}
