//! Replies read by mappings: values from outer elements and attributes, keys, and what damage costs.

use std::sync::Arc;

use arrow_array::Array;
use proptest::prelude::*;
use records::mapping::{FieldPath, FieldType, ItemPath, MappedField, Mapping, Unit};
use records::table::Role;
use records::tables::tables;
use records::{DeviceRecords, Outcome, ReplyReader, Snapshot, enrich, json};
use serde_json::{Value, json};

fn field(name: &str, paths: &[&str], field_type: FieldType, unit: Option<&str>) -> MappedField {
    MappedField {
        name: name.to_owned(),
        paths: paths
            .iter()
            .map(|path| FieldPath::parse(path).unwrap())
            .collect(),
        field_type,
        unit: unit.map(|code| Unit::of_code(code).unwrap()),
        role: if field_type == FieldType::Text {
            Role::Label
        } else {
            Role::Gauge
        },
        meaning: "Something".to_owned(),
    }
}

/// PICs in FPCs, keyed by a slot of each.
fn pics() -> Arc<Mapping> {
    let fields = vec![
        field("fpc", &["../slot"], FieldType::Integer, None),
        field("pic", &["slot"], FieldType::Integer, None),
        field("chassis", &["../../@style"], FieldType::Text, None),
        field("state", &["state/text", "state"], FieldType::Text, None),
        field(
            "power",
            &["power/@watts", "power"],
            FieldType::Float,
            Some("W"),
        ),
        field("online", &["state"], FieldType::Boolean, None),
        field("up_time", &["up-time"], FieldType::Duration, Some("s")),
        field("own", &["."], FieldType::Text, None),
    ];
    Arc::new(Mapping::new(
        "pics",
        ItemPath::parse("list/fpc/pic").unwrap(),
        2,
        fields,
    ))
}

fn read(mapping: &Arc<Mapping>, reply: &[u8]) -> (Outcome, DeviceRecords) {
    let mut snapshot = Snapshot::default();
    let outcome = ReplyReader::Mapping(Arc::clone(mapping)).parse(
        reply,
        crate::support::ARRIVED,
        &mut snapshot,
    );
    (outcome, enrich::join(snapshot, &crate::support::context()))
}

/// The fields of each item, without what every item has.
fn items(records: &DeviceRecords) -> Vec<Value> {
    let Some((_, document)) = json::documents(records).into_iter().next() else {
        return Vec::new();
    };
    let document: Value = serde_json::from_slice(&document).unwrap();
    let mut items = document["items"].as_array().unwrap().clone();
    for item in &mut items {
        let item = item.as_object_mut().unwrap();
        assert_eq!(item.remove("device"), Some(json!("leaf1")));
        for common in ["timestamp", "run_timestamp", "runner_name"] {
            assert!(item.remove(common).is_some());
        }
    }
    items
}

const REPLY: &str = "<rpc-reply><j:list xmlns:j='u' j:style='big'>\
    <fpc><pic><slot>1</slot><state>online<text>Online</text></state><power watts='7.5'/><up-time>1d 02:03:04</up-time></pic>\
    <pic>\n  mine <slot>0</slot><state>Offline</state><power>1,000.5 W</power></pic><slot>3</slot></fpc>\
    <fpc><slot>5</slot><pic><slot>0</slot><power watts='much'>9 V</power></pic></fpc></j:list></rpc-reply>";

#[test]
fn values_come_from_around_inside_and_attributes_in_the_order_of_their_paths() {
    let (outcome, records) = read(&pics(), REPLY.as_bytes());
    assert_eq!((outcome.found, outcome.failure()), (3, None));
    let expected = [
        json!({"fpc": 3, "pic": 1, "chassis": "big", "state": "Online", "power": 7.5, "online": true, "up_time": 93_784}),
        json!({"fpc": 3, "pic": 0, "chassis": "big", "state": "Offline", "power": 1000.5, "online": false, "own": "mine"}),
        json!({"fpc": 5, "pic": 0, "chassis": "big"}),
    ];
    assert_eq!(items(&records), expected);
    let notes: Vec<_> = records.notes.into_iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "pics: 5 0: power: found \"much\", expected a number, with no unit but its own",
            "pics: 5 0: power: found \"9 V\", expected a number, with no unit but its own",
        ]
    );
}

#[test]
fn rows_are_sorted_by_their_key_in_a_table_of_their_own() {
    let (_, records) = read(&pics(), REPLY.as_bytes());
    let tables = tables(&records);
    let table = &tables[3];
    assert_eq!(
        (
            table.dataset.name.as_str(),
            table.dataset.file_stem.as_str()
        ),
        ("pics", "pics")
    );
    assert_eq!(table.dataset.sort_columns, ["device", "fpc", "pic"]);
    let column = |name: &str| {
        let column = table.batch.column_by_name(name).unwrap();
        let column = column
            .as_any()
            .downcast_ref::<arrow_array::Int64Array>()
            .unwrap();
        (0..column.len())
            .map(|at| column.is_valid(at).then(|| column.value(at)))
            .collect::<Vec<_>>()
    };
    assert_eq!(column("fpc"), [Some(3), Some(3), Some(5)]);
    assert_eq!(column("pic"), [Some(0), Some(1), Some(0)]);
    assert_eq!(column("up_time"), [None, Some(93_784), None]);
    let schema = table.dataset.schema();
    let power = schema.field_with_name("power").unwrap();
    assert_eq!(
        (
            power.metadata()["unit"].as_str(),
            power.metadata()["role"].as_str()
        ),
        ("W", "gauge")
    );
}

#[test]
fn an_item_that_comes_again_costs_a_note_and_an_empty_one_too() {
    let twice = REPLY
        .replace("<slot>5</slot>", "<slot>3</slot>")
        .replace("</j:list>", "<fpc><pic/></fpc></j:list>");
    let twice = twice.replace(" j:style='big'", "");
    let (_, records) = read(&pics(), twice.as_bytes());
    assert_eq!(items(&records).len(), 2);
    let notes: Vec<_> = records.notes.into_iter().map(ToString::to_string).collect();
    assert!(
        notes.iter().any(|note| note.contains("3 0 again")),
        "{notes:?}"
    );
    assert!(
        notes
            .iter()
            .any(|note| note.contains("holds none of the fields")),
        "{notes:?}"
    );
}

#[test]
fn a_field_called_if_name_follows_the_interface_filter() {
    let name = field("if_name", &["name"], FieldType::Text, None);
    let mapping = Arc::new(Mapping::new(
        "x",
        ItemPath::parse("l/i").unwrap(),
        1,
        vec![name],
    ));
    let mut snapshot = Snapshot::default();
    let reply = b"<l><i><name>et-0/0/1</name></i><i><name>et-0/0/2</name></i></l>";
    ReplyReader::Mapping(mapping).parse(reply, 1, &mut snapshot);
    let context = records::Context {
        interface_filter: Some("et-0/0/2".parse().unwrap()),
        ..crate::support::context()
    };
    let records = enrich::join(snapshot, &context);
    assert_eq!(records.mapped[0].rows.len(), 1);
}

#[test]
fn a_reply_without_the_payload_has_no_table_and_an_empty_payload_an_empty_one() {
    let (outcome, records) = read(&pics(), b"<rpc-reply><output>no</output></rpc-reply>");
    assert!(outcome.failure().is_some() && records.mapped.is_empty());
    let (outcome, records) = read(&pics(), b"<list/>");
    assert_eq!((outcome.failure(), records.mapped[0].rows.len()), (None, 0));
}

#[test]
fn endless_nesting_costs_no_stack() {
    let deep = format!("<list><fpc>{}", "<pic>".repeat(200_000));
    assert!(read(&pics(), deep.as_bytes()).0.failure().is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_costs_nothing_that_stands_before_it(place in any::<prop::sample::Index>(), length in 1_usize..60, flip in any::<u8>()) {
        // Items of one level: each that is complete before the damage is found.
        let fields = vec![field("name", &["name"], FieldType::Text, None), field("v", &["v/@x", "v"], FieldType::Float, None)];
        let mapping = Arc::new(Mapping::new("m", ItemPath::parse("list/item").unwrap(), 1, fields));
        let item = |at: usize| format!("<item><name>n{at}</name><v x='{at}'>{at} km</v></item>");
        let whole = format!("<list>{}</list>", (0..20).map(item).collect::<String>());
        let start = place.index(whole.len());
        let end = (start + length).min(whole.len());
        let mut damaged = whole.clone().into_bytes();
        damaged[start..end].iter_mut().for_each(|byte| *byte ^= flip);
        let (_, records) = read(&mapping, &damaged);
        let complete = whole[..start].matches("</item>").count();
        let found: Vec<_> = items(&records).iter().map(|item| item["name"].clone()).collect();
        for at in 0..complete {
            prop_assert!(found.contains(&json!(format!("n{at}"))), "{at} of {found:?}");
        }
    }
}
