//! Any JSON as the documents of a device, by RPC name: as rows of the tables, and as what a merge reads.
#![no_main]

use records::json::rows::{self, DocumentOrigin};
use records::json::{Node, read};
use records::merge::{Documents, merge};
use records::note::Notes;
use records::tables::RowSelection;

libfuzzer_sys::fuzz_target!(|json: &[u8]| {
    // A reply of which each port's detail was saved comes as bytes.
    if let Ok((ports, _)) = read::pic_detail(json, 1) {
        assert!(ports.len() <= json.len());
    }
    // What is read is written again so that it reads as the same.
    let Ok(whole) = Node::parse(json) else {
        return;
    };
    for text in [whole.to_pretty(), whole.to_string()] {
        let again = Node::parse(text.as_bytes());
        assert!(again.is_ok_and(|again| again == whole));
    }
    // The fixtures hold the documents beside notes.
    let documents = whole.get("documents").unwrap_or(&whole);
    let Some(documents) = documents.as_object() else {
        return;
    };
    let named: Vec<(String, Node<'_>)> = documents
        .iter()
        .map(|(name, document)| (name.to_owned(), document.clone()))
        .collect();
    for which in [RowSelection::Ports, RowSelection::All] {
        let rows = rows::tables(
            &named,
            &DocumentOrigin::default(),
            which,
            &mut Notes::default(),
        );
        for table in rows.map(|rows| rows.tables).unwrap_or_default() {
            assert!(table.batch.num_rows() <= json.len());
        }
    }
    let document = |name: &str| documents.get(name).cloned();
    let beside = Documents {
        system_information: document("system_information"),
        chassis_inventory: document("chassis_inventory"),
        pic_detail: document("pic_detail"),
    };
    for (_, mut optics) in named.iter().cloned() {
        if let Ok(merged) = merge(&mut optics, &beside) {
            assert!(merged.with_module <= merged.objects);
        }
    }
});
