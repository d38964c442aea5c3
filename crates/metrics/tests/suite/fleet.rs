//! Every fixture as a device of its own: their tables, and how their collection went.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use metrics::{Exposition, Health, MetricNames, RpcHealth};
use records::mapping::{FieldPath, FieldType, ItemPath, MappedField, Mapping, Unit};
use records::parsers::junos;
use records::table::{Role, Table};
use records::tables::tables;
use records::{Context, ReplyReader, Snapshot, enrich};

/// Relative: Cargo runs tests in the folder of their package.
const FIXTURES: &str = "../../fixtures";
const ARRIVED: i64 = 1_770_132_650;

/// What the run before said of some of the devices.
pub(crate) const BEFORE: &str = "junos_last_success_timestamp_seconds{device=\"chassis_inventory/0\"} 1\n\
     junos_last_success_timestamp_seconds{device=\"join/breakout_switch\"} 1770132000\n\
     junos_last_success_timestamp_seconds{device=\"le\\\"af\\\\\\n1\"} 1770131000\n";

/// The series of all fixtures.
pub(crate) fn exposition(names: MetricNames) -> Exposition {
    let mut exposition = Exposition::new(names);
    for (at, (device, snapshot)) in fleet().into_iter().enumerate() {
        for table in tables_of(&device, snapshot) {
            exposition.add(&table);
        }
        exposition.add_health(&Health {
            device,
            is_up: at % 5 != 0,
            succeeded: (at % 3 != 0).then_some(1_770_132_700),
            seconds: at as f64 / 7.0,
            rpcs: vec![
                RpcHealth {
                    name: "optics_diagnostics".to_owned(),
                    succeeded: (at % 2 == 0).then_some(1_770_132_690),
                    seconds: 0.25,
                },
                RpcHealth {
                    name: "pic_detail_0_0".to_owned(),
                    succeeded: Some(1_770_132_691),
                    seconds: 1e-7,
                },
            ],
            ..Health::default()
        });
    }
    exposition.recall(BEFORE.as_bytes()).unwrap();
    exposition
}

/// A device's tables.
pub(crate) fn tables_of(device: &str, snapshot: Snapshot) -> Vec<Table> {
    let context = Context {
        device: device.to_owned(),
        runner_name: "runner01".to_owned(),
        run_timestamp: 1_770_132_645,
        interface_filter: None,
    };
    tables(&enrich::join(snapshot, &context))
}

/// Fixtures that have come since the golden texts were written.
const SINCE: &[&str] = &[
    "chassis_inventory/routing_matrix_with_padded_texts",
    "interface_statistics/fec_of_the_optic_and_what_nobody_reads",
    "interface_statistics/sent_twice_and_more_in_the_histogram",
    "optics_diagnostics/darkness_in_words_and_in_milliwatts",
    "optics_diagnostics/floors_full_scale_and_limits_that_are_none",
    "optics_diagnostics/values_said_twice_and_parts_of_modules",
];

/// Every fixture as a device of its own, in the order of their paths, and one with a hostile name.
pub(crate) fn fleet() -> Vec<(String, Snapshot)> {
    let mut fleet = Vec::new();
    for group in folders(&Path::new(FIXTURES).join("junos")) {
        for case in folders(&group) {
            let device = format!("{}/{}", name(&group), name(&case));
            if SINCE.contains(&device.as_str()) {
                continue;
            }
            let mut snapshot = Snapshot::default();
            for reply in files(&case, "xml") {
                let group = name(&group);
                let stem = reply.file_stem().unwrap().to_str().unwrap().to_owned();
                let rpc = if group == "join" { &stem } else { &group };
                let parser = junos::PARSERS
                    .iter()
                    .find(|parser| rpc.starts_with(parser.name));
                let bytes = std::fs::read(&reply).unwrap();
                parser.unwrap().parse(&bytes, ARRIVED, &mut snapshot);
            }
            fleet.push((device, snapshot));
        }
    }
    for mapping in [environment(), engines()] {
        for case in folders(&Path::new(FIXTURES).join("mappings").join(&*mapping.name)) {
            let mut snapshot = Snapshot::default();
            let bytes = std::fs::read(case.join("reply.xml")).unwrap();
            let reader = ReplyReader::Mapping(Arc::clone(&mapping));
            reader.parse(&bytes, ARRIVED, &mut snapshot);
            fleet.push((format!("{}/{}", mapping.name, name(&case)), snapshot));
        }
    }
    let hostile = fleet
        .iter()
        .find(|(name, _)| name == "join/breakout_switch");
    fleet.push(("le\"af\\\n1".to_owned(), hostile.unwrap().1.clone()));
    fleet
}

pub(crate) fn field(
    name: &str,
    path: &str,
    field_type: FieldType,
    unit: Option<&str>,
    role: Role,
    meaning: &str,
) -> MappedField {
    MappedField {
        name: name.to_owned(),
        paths: vec![FieldPath::parse(path).unwrap()],
        field_type,
        unit: unit.map(|code| Unit::of_code(code).unwrap()),
        role,
        meaning: meaning.to_owned(),
    }
}

fn environment() -> Arc<Mapping> {
    let text = |name: &str, meaning| field(name, name, FieldType::Text, None, Role::Label, meaning);
    let fields = vec![
        text("name", "Part of the chassis"),
        text("class", "Kind of part"),
        text("status", "What the device thinks of it"),
        field(
            "temperature",
            "temperature/@celsius",
            FieldType::Float,
            Some("Cel"),
            Role::Gauge,
            "Its\ntemper\\ature",
        ),
        field(
            "is_good",
            "status",
            FieldType::Boolean,
            None,
            Role::Gauge,
            "Whether it is well",
        ),
        text("comment", "Remark of the device"),
    ];
    let items = ItemPath::parse("environment-information/environment-item").unwrap();
    Arc::new(Mapping::new("chassis_environment", items, 1, fields))
}

fn engines() -> Arc<Mapping> {
    let fields = vec![
        field(
            "slot",
            "slot",
            FieldType::Integer,
            None,
            Role::Label,
            "Slot of the routing engine",
        ),
        field(
            "mastership_state",
            "mastership-state",
            FieldType::Text,
            None,
            Role::Label,
            "master or backup",
        ),
        field(
            "memory_dram_size",
            "memory-dram-size",
            FieldType::Integer,
            Some("MBy"),
            Role::Gauge,
            "Memory that the software has",
        ),
        field(
            "cpu_idle",
            "cpu-idle",
            FieldType::Float,
            Some("%"),
            Role::Gauge,
            "Idle processor time",
        ),
        field(
            "up_time",
            "up-time",
            FieldType::Duration,
            Some("s"),
            Role::Counter,
            "Time since it started",
        ),
        field(
            "load_average_one",
            "load-average-one",
            FieldType::Float,
            Some("1"),
            Role::Gauge,
            "Load of the last minute",
        ),
    ];
    let items = ItemPath::parse("route-engine-information/route-engine").unwrap();
    Arc::new(Mapping::new("route_engine", items, 1, fields))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
}
