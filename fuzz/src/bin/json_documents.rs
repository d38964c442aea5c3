//! Any JSON as the documents of a device, by RPC name: as rows of the tables, and as what a merge reads.
#![no_main]

use records::json::read;
use records::json::rows::{self, DocumentOrigin};
use records::merge::{Documents, merge};
use records::note::Notes;
use records::tables::RowSelection;
use serde_json::{Map, Value};

libfuzzer_sys::fuzz_target!(|json: &[u8]| {
    // A reply of which each port's detail was saved comes as bytes.
    if let Ok(ports) = read::pic_detail(json, 1) {
        assert!(ports.len() <= json.len());
    }
    let Ok(whole) = serde_json::from_slice::<Map<String, Value>>(json) else {
        return;
    };
    // The fixtures hold the documents beside notes.
    let documents = match whole.get("documents") {
        Some(Value::Object(documents)) => documents.clone(),
        _ => whole,
    };
    let named: Vec<(String, Value)> = documents.clone().into_iter().collect();
    for which in [RowSelection::Ports, RowSelection::All] {
        let tables = rows::tables(
            &named,
            &DocumentOrigin::default(),
            which,
            &mut Notes::default(),
        );
        for table in tables {
            assert!(table.batch.num_rows() <= json.len());
        }
    }
    let document = |name: &str| documents.get(name).cloned();
    let beside = Documents {
        system_information: document("system_information"),
        chassis_inventory: document("chassis_inventory"),
        pic_detail: document("pic_detail"),
    };
    for mut optics in documents.values().cloned() {
        if let Ok(merged) = merge(&mut optics, &beside) {
            assert!(merged.with_module <= merged.objects);
        }
    }
});
