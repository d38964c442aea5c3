//! Metadata into an `optics_diagnostics` document, from the documents beside it: JSON to JSON, whoever wrote them.
//!
//! The joins are those of a run: the documents become records again, an optics reply with the same interfaces and without a
//! measurement is made for them, and the columns that describe device and module are read off the joined rows. So a
//! merged document says what `collect` would have said. Nothing that stands in the document is lost: what is known of
//! the device or module takes the place of what was there, all other keys stay. Documents of the original's newest version get its
//! names for the same facts as well, so that its own scripts can go on with what was merged here.

use std::borrow::Cow;

use crate::column::Value;
use crate::json::joined::{Beside, Joined};
use crate::json::node::{Node, Object};
use crate::json::original::{self, Dialect};
use crate::json::shape::{self, UnknownShape};
use crate::json::{DocumentError, named};
use crate::model::{FiberRule, FiberType};

/// The documents of one device beside its optics.
#[derive(Debug, Clone, Default)]
pub struct Documents<'t> {
    /// `system_information`.
    pub system_information: Option<Node<'t>>,
    /// `chassis_inventory`.
    pub chassis_inventory: Option<Node<'t>>,
    /// `pic_detail`.
    pub pic_detail: Option<Node<'t>>,
}

impl<'t> Documents<'t> {
    fn beside(&self) -> Beside<'_, 't> {
        Beside {
            system_information: self.system_information.as_ref(),
            chassis_inventory: self.chassis_inventory.as_ref(),
            pic_detail: self.pic_detail.as_ref(),
        }
    }
}

/// What a merge did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// Objects of interfaces and of lanes in the document.
    pub objects: usize,
    /// Of those, the ones at whose location a module is known.
    pub with_module: usize,
    /// Who wrote the documents: the original's newest version, if it wrote one of them.
    pub dialect: Dialect,
}

/// Puts the metadata into every interface and every lane of the document.
///
/// # Errors
///
/// [`DocumentError`], if the document holds neither interfaces nor lanes, or one of the others is none of its RPC.
pub fn merge(optics: &mut Node<'_>, documents: &Documents<'_>) -> Result<Merged, DocumentError> {
    let (mut names, mut dialect) = (Vec::new(), Dialect::Documented);
    each_object(optics, &mut |name, _, object| {
        names.push(name.to_owned());
        dialect = dialect.or(shape::of_object(object));
    });
    if names.is_empty() && !is_empty(optics) {
        let shape = UnknownShape::of(optics, shape::OPTICS);
        return Err(DocumentError {
            rpc: "optics_diagnostics",
            shape,
        });
    }
    names.sort();
    names.dedup();
    let joined = Joined::of(&names, documents.beside())?;
    let dialect = dialect.or(joined.dialect);
    let mut merged = Merged {
        dialect,
        ..Merged::default()
    };
    each_object(optics, &mut |name, is_lane, object| {
        merged.objects += 1;
        merged.with_module += usize::from(joined.has_module(name));
        let known = match is_lane {
            true => joined.of_lane(name),
            false => joined.of_interface(name),
        };
        for (key, value) in known {
            if !(is_unknown(key, &value) && object.contains_key(key))
                && let Some(node) = node_of(&value)
            {
                object.insert(key, node);
            }
        }
        if dialect.is_original() {
            in_its_words(object, &joined, name);
        }
    });
    Ok(merged)
}

/// Whether the document is one of a device without optics.
fn is_empty(optics: &Node<'_>) -> bool {
    let lists: Vec<_> = ["interfaces", "lanes"]
        .iter()
        .filter_map(|key| optics.get(key))
        .collect();
    let is_empty = |list: &&Node<'_>| match list {
        Node::List(items) => items.is_empty(),
        Node::Object(members) => members.is_empty(),
        _ => false,
    };
    !lists.is_empty() && lists.iter().all(is_empty)
}

/// Gives every interface and every lane of an `optics_diagnostics` document these members as well, in place of those of the same names.
pub fn add_members(optics: &mut Node<'_>, members: &Object<'_>) {
    each_object(optics, &mut |_, _, object| {
        for (key, node) in members.iter() {
            object.insert(key, node.clone().into_owned());
        }
    });
}

/// The facts of an object under the names of the original's newest version.
fn in_its_words(object: &mut Object<'_>, joined: &Joined, name: &str) {
    let owned = |text: &str| Node::Text(Cow::Owned(text.to_owned()));
    let facts = joined.facts();
    let profile = facts.model.as_deref().map(original::profile);
    let its = [
        ("origin_hostname", facts.hostname.as_deref()),
        (
            "device_profile",
            joined.profile.as_deref().or(profile.as_deref()),
        ),
        ("origin_name", joined.chassis_serial.as_deref()),
        ("inventory_instance", joined.inventory_instance.as_deref()),
        ("media_type", joined.cable_type(name)),
        ("firmware_version", joined.firmware_version(name)),
    ];
    for (key, value) in its {
        if let Some(value) = value {
            object.insert(key, owned(value));
        }
    }
    if let Some(fiber) = object.get("fiber_type").and_then(Node::as_text) {
        let fiber = owned(original::fiber(fiber));
        object.insert("fiber_type", fiber);
    }
}

/// Calls `visit` with the name and the object of every interface and lane (then true), in every shape that there has been: lists
/// or objects by name, lanes beside the interfaces or in them, or the list alone.
pub(crate) fn each_object<'t>(
    document: &mut Node<'t>,
    visit: &mut impl FnMut(&str, bool, &mut Object<'t>),
) {
    match document {
        Node::List(_) => each_of(document, None, false, visit),
        Node::Object(members) => {
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
fn each_of<'t>(
    list: &mut Node<'t>,
    around: Option<&str>,
    is_lane: bool,
    visit: &mut impl FnMut(&str, bool, &mut Object<'t>),
) {
    let mut one = |key: Option<&str>, value: &mut Node<'t>| {
        let Node::Object(object) = value else {
            return;
        };
        let own = named::interface_of(object).filter(|_| !is_lane || around.is_none());
        let Some(name) = own.or(key).or(around).map(str::to_owned) else {
            return;
        };
        visit(&name, is_lane || object.contains_key("lane"), object);
        if !is_lane && let Some(lanes) = object.get_mut("lanes") {
            each_of(lanes, Some(&name), true, visit);
        }
    };
    match list {
        Node::List(items) => items.iter_mut().for_each(|item| one(None, item)),
        Node::Object(members) => members
            .iter_mut()
            .for_each(|(key, value)| one(Some(key), value)),
        _ => {}
    }
}

/// Whether this says that nothing was found: what stood there before may know more.
fn is_unknown(name: &str, value: &Value<'_>) -> bool {
    match (name, value) {
        ("fiber_type", Value::Text(text)) => *text == FiberType::Unknown.as_str(),
        ("fiber_type_rule", Value::Text(text)) => *text == FiberRule::Nothing.as_str(),
        _ => false,
    }
}

fn node_of(value: &Value<'_>) -> Option<Node<'static>> {
    let owned = |text: &str| Node::Text(Cow::Owned(text.to_owned()));
    Some(match value {
        Value::Absent => return None,
        Value::Text(text) => owned(text),
        Value::Integer(number) => Node::Number(Cow::Owned(number.to_string())),
        // The digits that read back as the same number, with a point.
        Value::Float(number) => Node::Number(Cow::Owned(format!("{number:?}"))),
        Value::Boolean(truth) => Node::Bool(*truth),
        Value::Texts(texts) => Node::List(texts.iter().map(|text| owned(text)).collect()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn node(json: &Json) -> Node<'static> {
        let text = json.to_string();
        Node::parse(text.as_bytes()).unwrap().into_owned()
    }

    fn value(node: &Node<'_>) -> Json {
        serde_json::from_str(&node.to_pretty()).unwrap()
    }

    /// Merges into the JSON in place.
    fn merge(optics: &mut Json, documents: &Documents<'_>) -> Result<Merged, DocumentError> {
        let mut merging = node(optics);
        let merged = super::merge(&mut merging, documents)?;
        *optics = value(&merging);
        Ok(merged)
    }

    /// What the Python scripts left of a device.
    fn documents() -> Documents<'static> {
        Documents {
            system_information: Some(node(
                &json!({"hostname": "leaf", "model": "qfx", "version": "22.4", "serial_number": "SYS", "extra": 1}),
            )),
            chassis_inventory: Some(node(&json!({"serial_number": "CHASSIS", "transceivers": {
                "et-0/0/1": {"vendor": "Old", "part_number": "740-1", "serial_number": "S1", "new_key": true},
                "et-0/0/2": {"vendor": "Kept", "part_number": "N/A"}}}))),
            pic_detail: Some(node(
                &json!({"et-0/0/1": {"vendor": "New", "part_number": "V-1", "wavelength": "1310 nm", "fiber_type": "SM",
                "cable_type": "100GBASE LR4", "fpc": 0, "pic": 0, "port": 1}}),
            )),
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
                with_module: 3,
                dialect: Dialect::Documented
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
                with_module: 3,
                dialect: Dialect::Documented
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
            chassis_inventory: Some(node(
                &json!({"transceivers": [{"interface": "et-0/0/1", "serial_number": "S"}]}),
            )),
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
            json!([]),
            json!({"interfaces": 3}),
            json!("x"),
            json!({"lanes": [{"lane": 0}]}),
        ] {
            assert!(
                merge(&mut document.clone(), &documents()).is_err(),
                "{document}"
            );
        }
    }

    #[test]
    fn a_device_without_optics_has_nothing_to_merge() {
        let mut empty = json!({"interfaces": [], "lanes": []});
        assert_eq!(merge(&mut empty, &documents()), Ok(Merged::default()));
    }

    #[test]
    fn a_document_of_another_rpc_is_refused_by_name() {
        let other = || Some(node(&json!({"interfaces": [{"if_name": "et-0/0/1"}]})));
        for (documents, says) in [
            (
                Documents {
                    system_information: other(),
                    ..documents()
                },
                "system_information: found an object with the key `interfaces`",
            ),
            (
                Documents {
                    chassis_inventory: other(),
                    ..documents()
                },
                "chassis_inventory: found an object with the key `interfaces`",
            ),
            (
                Documents {
                    pic_detail: other(),
                    ..documents()
                },
                "pic_detail: found an object with the key `interfaces`",
            ),
            (
                Documents {
                    pic_detail: documents().chassis_inventory,
                    ..documents()
                },
                "pic_detail: found an object with the keys `serial_number`, `transceivers`",
            ),
        ] {
            let mut optics = json!([{"if_name": "et-0/0/1"}]);
            let error = merge(&mut optics, &documents).unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn documents_of_the_original_give_the_same_facts_and_keep_its_words_beside_ours() {
        let its = Documents {
            system_information: Some(node(
                &json!({"device": "leaf.example", "origin_hostname": "leaf", "hardware_model": "qfx5240-64od",
                "os_name": "junos-evo", "os_version": "23.4", "device_profile": "JUNIPER_QFX5240-64OD"}),
            )),
            chassis_inventory: Some(node(
                &json!({"device": "leaf.example", "origin_name": "CHASSIS", "transceivers": {
                "et-0/0/1": {"vendor": "QSFP-100GBASE-LR4", "part_number": "740-1", "serial_number": "S1", "media_type": "QSFP-100GBASE-LR4",
                    "description": "QSFP-100GBASE-LR4", "fiber_type": null}}}),
            )),
            pic_detail: Some(node(
                &json!({"device": "leaf.example", "transceivers": {"et-0/0/1": {"vendor": "ACME            ",
                "part_number": "V-1", "cable_type": "100GBASE LR4", "media_type": "100GBASE LR4", "wavelength": "1310 nm",
                "fiber_type": "FIBER_TYPE_SINGLE_MODE", "juniper_version": "REV 01"}}}),
            )),
        };
        let text = r#"{"interfaces": [{"if_name": "et-0/0/1", "timestamp": 1770132645123456, "rx_power": -Infinity}],
            "lanes": [{"if_name": "et-0/0/1:2", "lane": 0, "timestamp": 1770132645123456, "tx_bias": 59.0}]}"#;
        let mut optics = Node::parse(text.as_bytes()).unwrap();
        let merged = super::merge(&mut optics, &its).unwrap();
        assert_eq!((merged.with_module, merged.dialect), (2, Dialect::Original));
        let text = optics.to_pretty();
        assert!(
            text.contains("\"rx_power\": -Infinity,") && text.contains("\"tx_bias\": 59.0,"),
            "{text}"
        );
        let optics: Json = serde_json::from_str(&text.replace("-Infinity", "null")).unwrap();
        for (list, place) in [("interfaces", 0), ("lanes", 0)] {
            let object = &optics[list][place];
            for (key, value) in [
                ("hostname", json!("leaf")),
                ("origin_hostname", json!("leaf")),
                ("model", json!("qfx5240-64od")),
                ("device_profile", json!("JUNIPER_QFX5240-64OD")),
                ("origin_name", json!("CHASSIS")),
                ("inventory_instance", json!("leaf.example")),
                ("vendor", json!("ACME")),
                ("part_number", json!("V-1")),
                ("serial_number", json!("S1")),
                ("cable_type", json!("100GBASE LR4")),
                ("media_type", json!("100GBASE LR4")),
                ("wavelength", json!("1310 nm")),
                ("fiber_type", json!("FIBER_TYPE_SINGLE_MODE")),
                ("timestamp", json!(1_770_132_645_123_456_i64)),
            ] {
                assert_eq!(object[key], value, "{list}: {key}");
            }
        }
        let interface = &optics["interfaces"][0];
        assert_eq!(
            (
                &interface["version"],
                &interface["device_serial"],
                &interface["revision"]
            ),
            (&json!("23.4"), &json!("CHASSIS"), &json!("REV 01"))
        );
        // A module that PIC detail knows no vendor of has none: what the inventory calls so is the first word of a description.
        let without = Documents {
            pic_detail: None,
            ..its
        };
        let mut optics = json!([{"if_name": "et-0/0/1"}]);
        merge(&mut optics, &without).unwrap();
        assert_eq!(optics[0].get("vendor"), None);
        assert_eq!(optics[0]["part_number"], "740-1");
    }
}
