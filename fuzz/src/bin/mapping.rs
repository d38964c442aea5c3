//! Any bytes as the reply that a mapping reads: items inside items, attributes, outer elements, every type.
#![no_main]

use std::sync::{Arc, LazyLock};

use records::mapping::{FieldPath, FieldType, ItemPath, MappedField, Mapping, Unit};
use records::table::Role;

static MAPPING: LazyLock<Arc<Mapping>> = LazyLock::new(|| {
    let field = |name: &str, paths: &[&str], field_type, unit: Option<&str>| MappedField {
        name: name.to_owned(),
        paths: paths
            .iter()
            .map(|path| FieldPath::parse(path).expect("a path"))
            .collect(),
        field_type,
        unit: unit.and_then(Unit::of_code),
        role: Role::Gauge,
        meaning: "Something".to_owned(),
    };
    let fields = vec![
        field("fpc", &["../slot"], FieldType::Integer, None),
        field("pic", &["slot"], FieldType::Integer, None),
        field("style", &["../../@style"], FieldType::Text, None),
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
    let items = ItemPath::parse("list/fpc/pic").expect("a path");
    Arc::new(Mapping::new("pics", items, 2, fields))
});

libfuzzer_sys::fuzz_target!(|reply: &[u8]| fuzz::maps_any_bytes(&MAPPING, reply));
