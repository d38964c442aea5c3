//! Metadata into an `optics_diagnostics` document, from the documents beside it: JSON to JSON, whoever wrote them.
//!
//! The joins are those of a run: the documents become records again, an optics reply with the same interfaces and without a
//! measurement is made for them, and the columns that describe device and module are read off the joined rows. So a
//! merged document says what `collect` would have said. Nothing that stands in the document is lost: what is known of
//! the device or module takes the place of what was there, all other keys stay.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use crate::column::{Columns, Value};
use crate::enrich::{Context, DeviceRecords, join};
use crate::json::read;
use crate::model::{INTERFACE_DOM_COLUMNS, LANE_DOM_COLUMNS};
use crate::snapshot::Snapshot;

/// The columns that describe the device and the module: what a merge writes.
const METADATA: &[&str] = &[
    "hostname",
    "model",
    "version",
    "device_serial",
    "vendor",
    "part_number",
    "serial_number",
    "chassis_part_number",
    "description",
    "revision",
    "firmware_version",
    "cable_type",
    "wavelength",
    "wavelength_nm",
    "wavelength_rule",
    "fiber_type",
    "fiber_type_rule",
    "fpc",
    "pic",
    "port",
    "channel",
];

/// The documents of one device beside its optics.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// `system_information`.
    pub system_information: Option<Json>,
    /// `chassis_inventory`.
    pub chassis_inventory: Option<Json>,
    /// `pic_detail`.
    pub pic_detail: Option<Json>,
}

/// What a merge did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// Objects of interfaces and of lanes in the document.
    pub objects: usize,
    /// Of those, the ones at whose location a module is known.
    pub with_module: usize,
}

/// Puts the metadata into every interface and every lane of the document.
///
/// # Errors
///
/// A sentence, if the document holds neither interfaces nor lanes.
pub fn merge(optics: &mut Json, documents: &Documents) -> Result<Merged, String> {
    let mut names: Vec<String> = Vec::new();
    each_object(optics, &mut |name, _, _| names.push(name.to_owned()));
    if names.is_empty() {
        return Err("it holds no interfaces and no lanes that name one: an `optics_diagnostics` document was expected".to_owned());
    }
    names.sort();
    names.dedup();
    let records = joined(&names, documents);
    // A vendor in the inventory's document is kept where PIC detail names none: older scripts put it there.
    let mut vendors = HashMap::new();
    if let Some(modules) = documents
        .chassis_inventory
        .as_ref()
        .and_then(|document| document.get("transceivers"))
    {
        for (name, module) in read::named_objects(modules) {
            if let Some((location, vendor)) =
                read::location(name, module).zip(read::text(module, "vendor"))
            {
                vendors.insert(location, vendor);
            }
        }
    }
    let interfaces: HashMap<&str, _> = records
        .interfaces
        .iter()
        .map(|row| (&*row.optics.name, row))
        .collect();
    let lanes: HashMap<&str, _> = records
        .lanes
        .iter()
        .map(|row| (&*row.if_name, row))
        .collect();
    let mut merged = Merged::default();
    each_object(optics, &mut |name, is_lane, object| {
        merged.objects += 1;
        let (Some(interface), Some(lane)) = (interfaces.get(name), lanes.get(name)) else {
            return;
        };
        merged.with_module += usize::from(interface.transceiver.is_some());
        if is_lane {
            put(object, LANE_DOM_COLUMNS, *lane);
        } else {
            put(object, INTERFACE_DOM_COLUMNS, *interface);
        }
        if let Some(vendor) = interface
            .location
            .and_then(|location| vendors.get(&location))
            && interface
                .transceiver
                .as_ref()
                .is_none_or(|module| module.vendor.is_none())
        {
            object.insert("vendor".to_owned(), vendor.as_str().into());
        }
    });
    Ok(merged)
}

/// The rows of interfaces with these names, each with one lane, and with what the documents know of them.
fn joined(names: &[String], documents: &Documents) -> DeviceRecords {
    let mut reply = String::from("<interface-information>");
    for name in names {
        let name = name.replace('&', "&amp;").replace('<', "&lt;");
        reply.push_str(&format!(
            "<physical-interface><name>{name}</name><optics-diagnostics><optics-diagnostics-lane-values><lane-index>0</lane-index>\
             </optics-diagnostics-lane-values></optics-diagnostics></physical-interface>"
        ));
    }
    reply.push_str("</interface-information>");
    let mut snapshot = Snapshot::default();
    if let Some(parser) = crate::parsers::find("optics_diagnostics") {
        parser.parse(reply.as_bytes(), 0, &mut snapshot);
    }
    snapshot.system_information = documents
        .system_information
        .as_ref()
        .map(read::system_information);
    snapshot.chassis_inventory = documents
        .chassis_inventory
        .as_ref()
        .map(read::chassis_inventory);
    snapshot.pic_ports = documents
        .pic_detail
        .as_ref()
        .map(|document| read::pic_ports(document, 0))
        .unwrap_or_default();
    join(snapshot, &Context::default())
}

/// Calls `visit` with the name and the object of every interface and lane (then true), in every shape that there has been: lists
/// or objects by name, lanes beside the interfaces or in them, or the list alone.
fn each_object(document: &mut Json, visit: &mut impl FnMut(&str, bool, &mut Map<String, Json>)) {
    match document {
        Json::Array(_) => each_of(document, None, false, visit),
        Json::Object(members) => {
            for (key, is_lane) in [("interfaces", false), ("lanes", true)] {
                if let Some(list) = members.get_mut(key) {
                    each_of(list, None, is_lane, visit);
                }
            }
        }
        _ => {}
    }
}

/// The objects of one list; those that name no interface belong to the one `around` them.
fn each_of(
    list: &mut Json,
    around: Option<&str>,
    is_lane: bool,
    visit: &mut impl FnMut(&str, bool, &mut Map<String, Json>),
) {
    let mut one = |key: Option<&str>, value: &mut Json| {
        let Some(object) = value.as_object_mut() else {
            return;
        };
        let own = read::interface_of(object).filter(|_| !is_lane || around.is_none());
        let Some(name) = own.or(key).or(around).map(str::to_owned) else {
            return;
        };
        visit(&name, is_lane || object.contains_key("lane"), object);
        if !is_lane && let Some(lanes) = object.get_mut("lanes") {
            each_of(lanes, Some(&name), true, visit);
        }
    };
    match list {
        Json::Array(items) => items.iter_mut().for_each(|item| one(None, item)),
        Json::Object(members) => members
            .iter_mut()
            .for_each(|(key, value)| one(Some(key), value)),
        _ => {}
    }
}

/// Writes the metadata of a row. What nothing is known of stays as it was; so does a fibre type, where none is found now.
fn put<R>(object: &mut Map<String, Json>, columns: Columns<R>, row: &R) {
    let unknown = |name: &str, value: &Value<'_>| match (name, value) {
        ("fiber_type", Value::Text(text)) => *text == crate::model::FiberType::Unknown.as_str(),
        ("fiber_type_rule", Value::Text(text)) => {
            *text == crate::model::FiberRule::Nothing.as_str()
        }
        _ => false,
    };
    for column in columns
        .iter()
        .copied()
        .flatten()
        .filter(|column| METADATA.contains(&column.spec.name))
    {
        let value = (column.get)(row);
        if unknown(column.spec.name, &value) && object.contains_key(column.spec.name) {
            continue;
        }
        let json = match value {
            Value::Absent => continue,
            Value::Text(text) => text.into(),
            Value::Integer(number) => number.into(),
            Value::Float(number) => number.into(),
            Value::Boolean(truth) => truth.into(),
            Value::Texts(texts) => texts.into(),
        };
        object.insert(column.spec.name.to_owned(), json);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What the Python scripts left of a device.
    fn documents() -> Documents {
        Documents {
            system_information: Some(
                json!({"hostname": "leaf", "model": "qfx", "version": "22.4", "serial_number": "SYS", "extra": 1}),
            ),
            chassis_inventory: Some(json!({"serial_number": "CHASSIS", "transceivers": {
                "et-0/0/1": {"vendor": "Old", "part_number": "740-1", "serial_number": "S1", "new_key": true},
                "et-0/0/2": {"vendor": "Kept", "part_number": "N/A"}}})),
            pic_detail: Some(
                json!({"et-0/0/1": {"vendor": "New", "part_number": "V-1", "wavelength": "1310 nm", "fiber_type": "SM",
                "cable_type": "100GBASE LR4", "fpc": 0, "pic": 0, "port": 1}}),
            ),
        }
    }

    #[test]
    fn every_interface_and_lane_has_the_metadata_and_keeps_what_it_had() {
        let mut optics = json!({"interfaces": [{"if_name": "et-0/0/1", "temperature": 45.5, "unheard_of": [1, {"a": null}]}, {"if_name": "lo0"}],
            "lanes": [{"if_name": "xe-0/0/1:3", "lane": 3, "rx_power": -2.28}, {"if_name": "et-0/0/2", "lane": 0, "fiber_type": "MM"}], "more": "kept"});
        let merged = merge(&mut optics, &documents()).unwrap();
        assert_eq!(
            merged,
            Merged {
                objects: 4,
                with_module: 3
            }
        );
        assert_eq!(optics["more"], "kept");
        let interface = &optics["interfaces"][0];
        assert_eq!(
            (&interface["temperature"], &interface["unheard_of"]),
            (&json!(45.5), &json!([1, {"a": null}]))
        );
        for (key, value) in [
            ("vendor", json!("New")),
            ("part_number", json!("V-1")),
            ("chassis_part_number", json!("740-1")),
            ("serial_number", json!("S1")),
            ("device_serial", json!("SYS")),
            ("fiber_type", json!("SM")),
            ("fiber_type_rule", json!("fiber_mode")),
            ("wavelength_nm", json!(1310.0)),
            ("port", json!(1)),
        ] {
            assert_eq!(interface[key], value, "{key}");
        }
        assert_eq!(optics["interfaces"][1]["hostname"], "leaf");
        assert_eq!(optics["interfaces"][1].get("port"), None);
        let lane = &optics["lanes"][0];
        assert_eq!(
            (&lane["lane"], &lane["channel"], &lane["vendor"]),
            (&json!(3), &json!(3), &json!("New"))
        );
        let kept = &optics["lanes"][1];
        assert_eq!(
            (
                &kept["vendor"],
                &kept["fiber_type"],
                kept.get("part_number")
            ),
            (&json!("Kept"), &json!("MM"), None)
        );
    }

    #[test]
    fn older_shapes_are_read_too() {
        let mut nested = json!({"interfaces": {"et-0/0/1": {"lanes": [{"lane": 0, "name": "L0"}, {"lane": 1}]}}});
        assert_eq!(
            merge(&mut nested, &documents()).unwrap(),
            Merged {
                objects: 3,
                with_module: 3
            }
        );
        let interface = &nested["interfaces"]["et-0/0/1"];
        assert_eq!(
            (&interface["vendor"], &interface["lanes"][1]["vendor"]),
            (&json!("New"), &json!("New"))
        );
        let mut list = json!([{"interface": "et-0/0/1", "lane": 0}]);
        assert_eq!(merge(&mut list, &documents()).unwrap().with_module, 1);
        let listed = Documents {
            chassis_inventory: Some(
                json!({"transceivers": [{"interface": "et-0/0/1", "serial_number": "S"}]}),
            ),
            ..Documents::default()
        };
        assert_eq!(merge(&mut list, &listed).unwrap().with_module, 1);
        assert_eq!(list[0]["serial_number"], "S");
    }

    #[test]
    fn a_second_merge_changes_nothing() {
        let mut once = json!({"interfaces": [{"if_name": "et-0/0/1"}]});
        merge(&mut once, &documents()).unwrap();
        let mut twice = once.clone();
        merge(&mut twice, &documents()).unwrap();
        assert_eq!(once, twice);
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        for document in [
            json!({}),
            json!({"interfaces": []}),
            json!("x"),
            json!({"lanes": [{"lane": 0}]}),
        ] {
            assert!(
                merge(&mut document.clone(), &documents()).is_err(),
                "{document}"
            );
        }
    }
}
