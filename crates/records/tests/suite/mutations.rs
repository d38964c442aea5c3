//! Every fixture with one thing changed as the field changes it: values at their floor or at full scale, limits that are
//! none, elements that nobody knows, another member's modules, garbage in texts of EEPROMs.
//!
//! Nothing may be lost in silence, and nothing may be alarmed that no value and no flag says.

use std::ops::Range;
use std::sync::LazyLock;

use proptest::prelude::*;
use records::judge::{self, Trouble};
use records::model::Status;
use records::parsers::Parser;
use records::{DeviceRecords, Outcome, Snapshot, State, enrich};

/// A leaf of a reply: its local name, and where its text stands.
#[derive(Debug, Clone)]
struct Leaf {
    name: String,
    text: Range<usize>,
}

struct Reply {
    parser: &'static Parser,
    xml: String,
    leaves: Vec<Leaf>,
}

static REPLIES: LazyLock<Vec<Reply>> = LazyLock::new(|| {
    let replies = crate::support::cases().into_iter().flat_map(|(_, r)| r);
    let readable = replies.filter_map(|(parser, path)| {
        let xml = std::fs::read_to_string(path).ok()?;
        let outcome = parser.parse(xml.as_bytes(), 1, &mut Snapshot::default());
        let leaves = leaves(&xml);
        // What markup splits is no leaf, and would not be changed.
        let is_plain = !xml.contains("<!--") && !xml.contains("<![CDATA[");
        (outcome.complete && is_plain).then_some(Reply {
            parser,
            xml,
            leaves,
        })
    });
    readable.collect()
});

/// Every `<name …>text</name>` without anything inside.
fn leaves(xml: &str) -> Vec<Leaf> {
    let mut found = Vec::new();
    for (at, _) in xml.match_indices('<') {
        let Some(end) = xml[at..].find('>').map(|end| at + end) else {
            break;
        };
        let tag = &xml[at + 1..end];
        let name = tag.split([' ', '\n', '\t']).next().unwrap_or_default();
        let text_end = end + 1 + xml[end + 1..].find('<').unwrap_or(0);
        let is_leaf = !tag.ends_with('/')
            && !tag.starts_with(['/', '!', '?'])
            && xml[text_end..].starts_with(&format!("</{name}>"));
        if is_leaf {
            found.push(Leaf {
                name: name.rsplit(':').next().unwrap_or_default().to_owned(),
                text: end + 1..text_end,
            });
        }
    }
    found
}

impl Reply {
    fn of(rpc: &str) -> Vec<&'static Self> {
        let all = REPLIES.iter();
        all.filter(|reply| reply.parser.name == rpc).collect()
    }

    /// The reply with the texts of these leaves replaced; a `celsius` beside one would win, and goes.
    fn with(&self, which: impl Fn(&str) -> bool, text: &str) -> String {
        self.with_each(|name| which(name).then_some(text))
    }

    /// The same with a text for each leaf.
    fn with_each<'t>(&self, text: impl Fn(&str) -> Option<&'t str>) -> String {
        let mut xml = self.xml.clone();
        for leaf in self.leaves.iter().rev() {
            if let Some(text) = text(&leaf.name) {
                xml.replace_range(leaf.text.clone(), text);
            }
        }
        xml.replace("celsius=", "was=")
    }

    fn read(&self, xml: &str) -> (Outcome, DeviceRecords) {
        let mut snapshot = Snapshot::default();
        let outcome = self.parser.parse(xml.as_bytes(), 1, &mut snapshot);
        (outcome, enrich::join(snapshot, &crate::support::context()))
    }
}

/// All values beyond limits that the rows of this reply have.
fn beyond(records: &DeviceRecords) -> Vec<Trouble> {
    let rows = records.interfaces.iter().flat_map(|row| {
        let of_row = records.lanes.iter();
        let lanes: Vec<_> = of_row
            .filter(|lane| lane.if_name == row.optics.name)
            .map(|lane| &lane.lane)
            .collect();
        let mut troubles = judge::module(&row.optics, lanes.iter().copied());
        let of_lanes = lanes.iter().copied();
        troubles.extend(of_lanes.flat_map(|lane| judge::lane(&row.optics, lane, false)));
        troubles
    });
    rows.filter(|trouble| matches!(trouble, Trouble::Beyond { .. }))
        .collect()
}

/// All documents of a device as one text.
fn documents(records: &DeviceRecords) -> String {
    let documents = records::json::documents(records).into_iter();
    documents
        .map(|(_, json)| String::from_utf8_lossy(&json).into_owned())
        .collect()
}

/// What holds of every row, whatever was read.
fn check(records: &DeviceRecords) -> Result<(), TestCaseError> {
    for row in &records.interfaces {
        let lanes = || {
            let of_row = records.lanes.iter();
            of_row
                .filter(|lane| lane.if_name == row.optics.name)
                .map(|lane| &lane.lane)
        };
        let mut troubles = judge::module(&row.optics, lanes());
        troubles.extend(lanes().flat_map(|lane| judge::lane(&row.optics, lane, false)));
        let is_wrong = !troubles.is_empty();
        prop_assert_eq!(
            is_wrong,
            matches!(row.status, Status::Alarm | Status::Warning),
            "{}: {:?} and {:?}",
            row.optics.name,
            row.status,
            troubles
        );
        for limits in [
            row.optics.thresholds.temperature_c,
            row.optics.thresholds.laser_temperature_c,
            row.optics.thresholds.voltage_v,
            row.optics.thresholds.rx_power_dbm,
            row.optics.thresholds.tx_power_dbm,
            row.optics.thresholds.tx_bias_ma,
        ] {
            let holds =
                |high: Option<f64>, low: Option<f64>| high.zip(low).is_none_or(|(h, l)| h > l);
            prop_assert!(holds(limits.high_alarm, limits.low_alarm), "{limits:?}");
            prop_assert!(holds(limits.high_warn, limits.low_warn), "{limits:?}");
        }
        for lane in lanes() {
            for power in [lane.values.rx, lane.values.tx] {
                prop_assert_eq!(power.dbm.is_some(), power.state == State::Ok, "{:?}", power);
                prop_assert!(power.dbm.is_none_or(|dbm| dbm > -40.0), "{power:?}");
            }
        }
    }
    Ok(())
}

const POWERS: [&str; 5] = [
    "laser-output-power-dbm",
    "laser-tx-optical-power-dbm",
    "laser-rx-optical-power-dbm",
    "rx-signal-avg-optical-power-dbm",
    "laser-bias-current",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn light_at_its_floor_is_no_light_and_an_alarm(which in any::<prop::sample::Index>(), floor in prop::sample::select(vec!["- Inf", "-40.00", "-99.00", "-40"])) {
        let replies = Reply::of("optics_diagnostics");
        let reply = replies[which.index(replies.len())];
        let (_, before) = reply.read(&reply.xml);
        let (_, after) = reply.read(&reply.with(|name| POWERS[..4].contains(&name), floor));
        check(&after)?;
        prop_assert_eq!(before.lanes.len(), after.lanes.len());
        for (before, after) in before.lanes.iter().zip(&after.lanes) {
            for (was, is) in [(before.lane.values.rx, after.lane.values.rx), (before.lane.values.tx, after.lane.values.tx)] {
                let was_lit = was.state == State::Ok;
                let is_cage = after.optics_state == State::NotPresent;
                prop_assert!(!was_lit || is.state == State::NoLight || is_cage, "{}: {:?}", after.if_name, is);
            }
        }
    }

    #[test]
    fn limits_that_are_none_alarm_nothing(which in any::<prop::sample::Index>(), limit in prop::sample::select(vec!["0", "0.00", "Not supported", "3.3", "-0.85"])) {
        let replies = Reply::of("optics_diagnostics");
        let reply = replies[which.index(replies.len())];
        let (_, records) = reply.read(&reply.with(|name| name.contains("-threshold"), limit));
        check(&records)?;
        for row in &records.interfaces {
            let lanes: Vec<_> = records.lanes.iter().filter(|lane| lane.if_name == row.optics.name).collect();
            let mut troubles = judge::module(&row.optics, lanes.iter().map(|lane| &lane.lane));
            troubles.extend(lanes.iter().flat_map(|lane| judge::lane(&row.optics, &lane.lane, false)));
            // A single limit of a quantity stays one, as an operator may set it; four that are equal are none.
            let singles = reply.xml.contains("-threshold-manual>") || reply.leaves.iter().filter(|leaf| leaf.name.contains("-threshold")).count() < 8;
            let beyond = troubles.iter().any(|trouble| matches!(trouble, Trouble::Beyond { .. }));
            prop_assert!(!beyond || singles, "{}: {troubles:?}", row.optics.name);
        }
    }

    #[test]
    fn full_scale_is_no_measurement_and_costs_a_note(which in any::<prop::sample::Index>(), (name, text) in prop::sample::select(vec![
        ("module-temperature", "255"), ("module-voltage", "6.5535"), ("laser-bias-current", "131.070"),
        ("laser-output-power-dbm", "8.16"), ("laser-rx-optical-power-dbm", "65535"),
    ])) {
        let replies = Reply::of("optics_diagnostics");
        let reply = replies[which.index(replies.len())];
        let touched = reply.leaves.iter().filter(|leaf| leaf.name == name).count();
        let (_, records) = reply.read(&reply.with(|leaf| leaf == name, text));
        check(&records)?;
        let noted = records.notes.as_slice().iter().filter(|note| note.found.starts_with(text)).count();
        prop_assert!(noted >= touched, "{touched} values, {noted} notes: {:?}", records.notes);
        for row in &records.interfaces {
            prop_assert!(row.optics.temperature_c.is_none_or(|value| value < 200.0));
            prop_assert!(row.optics.voltage_v.is_none_or(|value| value < 6.5));
        }
    }

    #[test]
    fn a_measurement_that_nobody_knows_is_named(which in any::<prop::sample::Index>(), name in "[a-z]{3,8}-quux", value in prop::sample::select(vec!["12.5", "- Inf", "-3", "7 mA"])) {
        for (rpc, around) in [
            ("optics_diagnostics", "optics-diagnostics"),
            ("optics_diagnostics", "optics-diagnostics-lane-values"),
            ("optics_diagnostics", "physical-interface"),
            ("interface_statistics", "ethernet-fec-statistics"),
            ("interface_statistics", "ethernet-pcs-statistics"),
            ("pic_detail", "port"),
        ] {
            let all = Reply::of(rpc);
            let holding: Vec<_> = all.iter().filter(|reply| reply.xml.contains(&format!("</{around}>"))).collect();
            if holding.is_empty() {
                continue;
            }
            let reply = holding[which.index(holding.len())];
            let unknown = format!("<{name}>{value}</{name}><{name}-none>n/a</{name}-none></{around}>");
            let xml = reply.xml.replace(&format!("</{around}>"), &unknown);
            let (outcome, records) = reply.read(&xml);
            check(&records)?;
            let named = outcome.unread.iter().filter(|(unread, _)| unread.ends_with("quux")).count();
            prop_assert_eq!(named, 1, "{}: {:?}", around, outcome.unread);
        }
    }

    #[test]
    fn what_is_padded_stays_what_it_was(which in any::<prop::sample::Index>(), padding in prop::sample::select(vec!["&#0;&#0;", "\u{ff}\u{ff}", "&#x1f;", "\u{1}"])) {
        let names = ["serial-number", "sfp-vendor-sn", "part-number", "sfp-vendor-pno", "sfp-vendor-name"];
        for rpc in ["chassis_inventory", "pic_detail"] {
            let all = Reply::of(rpc);
            let reply = all[which.index(all.len())];
            let (_, before) = reply.read(&reply.xml);
            let mut xml = reply.xml.clone();
            for leaf in reply.leaves.iter().rev().filter(|leaf| names.contains(&leaf.name.as_str())) {
                xml.insert_str(leaf.text.end, padding);
            }
            let (_, after) = reply.read(&xml);
            let texts = |records: &DeviceRecords| -> Vec<_> {
                let modules = records.transceivers.iter();
                modules.map(|module| (module.serial_number.clone(), module.part_number.clone(), module.vendor.clone())).collect()
            };
            prop_assert_eq!(texts(&before), texts(&after));
        }
    }

    #[test]
    fn a_module_of_another_member_is_given_to_no_port_of_this_one(which in any::<prop::sample::Index>(), (first, other) in prop::sample::select(vec![
        ("node0", "node1"), ("lcc0-re0", "lcc1-re0"), ("member0", "member1"),
    ])) {
        let all = Reply::of("chassis_inventory");
        let reply = all[which.index(all.len())];
        // Inside of whatever stood around it, the same inventory twice.
        let (Some(start), Some(end)) = (reply.xml.find("<chassis>"), reply.xml.rfind("</chassis>")) else { return Ok(()) };
        let chassis = &reply.xml[start..end + "</chassis>".len()];
        if chassis.contains("re-name") {
            return Ok(());
        }
        let item = |engine: &str, chassis: &str| format!(
            "<multi-routing-engine-item><re-name>{engine}</re-name><chassis-inventory>{chassis}</chassis-inventory></multi-routing-engine-item>"
        );
        let theirs = chassis.replace("<serial-number>", "<serial-number>THEIRS-");
        let xml = format!("<rpc-reply>{}{}</rpc-reply>", item(first, chassis), item(other, &theirs));
        let (_, records) = reply.read(&xml);
        let serials = records.transceivers.iter().filter_map(|module| module.serial_number.as_deref());
        prop_assert!(serials.into_iter().all(|serial| !serial.starts_with("THEIRS-")));
        let left_out = records.chassis_inventory.iter().flat_map(|chassis| &chassis.transceivers)
            .filter(|module| module.location.is_some() && module.routing_engine.as_deref() == Some(other)).count();
        let noted = records.notes.as_slice().iter().filter(|note| note.found.contains(other)).count();
        prop_assert_eq!(left_out, noted);
    }

    #[test]
    fn limits_that_leave_no_room_alarm_nothing(which in any::<prop::sample::Index>(), (high, low, level) in prop::sample::select(vec![
        ("-5", "70", "-alarm"), ("-5", "70", "-warn"), ("-5", "70", ""), ("0", "0", "-warn"), ("0", "0", "-alarm"), ("3", "3", ""),
    ])) {
        let replies = Reply::of("optics_diagnostics");
        let reply = replies[which.index(replies.len())];
        // What an operator has set is another pair, and stays.
        let is_limit = |name: &str| name.contains("-threshold") && name.contains(level) && !name.contains("manual");
        let sides = |side: &str| -> Vec<String> {
            let of_side = reply.leaves.iter().filter(|leaf| is_limit(&leaf.name) && leaf.name.contains(side));
            let mut names: Vec<_> = of_side.map(|leaf| leaf.name.replace(side, "-")).collect();
            names.sort();
            names
        };
        // A limit that stands alone may be one.
        if sides("-high-") != sides("-low-") {
            return Ok(());
        }
        let xml = reply.with_each(|name| match name {
            _ if !is_limit(name) => None,
            _ if name.contains("-high-") => Some(high),
            _ if name.contains("-low-") => Some(low),
            _ => None,
        });
        let (_, before) = reply.read(&reply.xml);
        let (_, after) = reply.read(&xml);
        check(&after)?;
        let (before, after) = (beyond(&before), beyond(&after));
        prop_assert!(after.iter().all(|trouble| before.contains(trouble)), "{after:?}");
    }

    #[test]
    fn a_text_that_is_padding_alone_is_none_and_costs_a_note(which in any::<prop::sample::Index>(), padding in prop::sample::select(vec!["&#0;&#0;", "\u{ff}\u{ff}", "\u{1}\u{2}"])) {
        let names = ["serial-number", "part-number"];
        for rpc in ["chassis_inventory", "pic_detail", "system_information"] {
            let all = Reply::of(rpc);
            let reply = all[which.index(all.len())];
            let (_, before) = reply.read(&reply.xml);
            let (_, after) = reply.read(&reply.with(|name| names.contains(&name) || name.contains("vendor"), padding));
            for module in &after.transceivers {
                prop_assert_eq!((&module.serial_number, &module.vendor), (&None, &None));
            }
            prop_assert_eq!(&after.facts.device_serial, &None);
            let had = before.transceivers.iter().filter(|module| module.serial_number.is_some()).count();
            let noted = after.notes.as_slice().iter().filter(|note| note.expected.starts_with("text without control")).count();
            prop_assert!(noted >= had, "{} notes of {} modules", noted, had);
        }
    }

    #[test]
    fn a_chassis_that_numbers_its_slots_again_gives_no_port_a_module(which in any::<prop::sample::Index>(), names in prop::sample::select(vec![
        None, Some(("primary", "secondary")), Some(("NODE0", "NODE1")),
    ])) {
        let all = Reply::of("chassis_inventory");
        let reply = all[which.index(all.len())];
        let (Some(start), Some(end)) = (reply.xml.find("<chassis>"), reply.xml.rfind("</chassis>")) else { return Ok(()) };
        let chassis = &reply.xml[start..end + "</chassis>".len()];
        if chassis.contains("re-name") {
            return Ok(());
        }
        let item = |engine: Option<&str>, chassis: &str| {
            let name = engine.map_or(String::new(), |engine| format!("<re-name>{engine}</re-name>"));
            format!("<multi-routing-engine-item>{name}<chassis-inventory>{chassis}</chassis-inventory></multi-routing-engine-item>")
        };
        let theirs = chassis.replace("<serial-number>", "<serial-number>THEIRS-").replace("<name>Xcvr ", "<name>Xcvr 1");
        let (first, other) = names.unzip();
        let xml = format!("<rpc-reply>{}{}</rpc-reply>", item(first, chassis), item(other, &theirs));
        let (_, records) = reply.read(&xml);
        let serials = records.transceivers.iter().filter_map(|module| module.serial_number.as_deref());
        prop_assert!(serials.into_iter().all(|serial| !serial.starts_with("THEIRS-")));
        let located = |serial: &str| records.chassis_inventory.iter().flat_map(|chassis| &chassis.transceivers)
            .filter(|module| module.location.is_some() && module.serial_number.as_deref().is_some_and(|own| own.starts_with(serial))).count();
        let noted = records.notes.as_slice().iter().filter(|note| note.expected.starts_with("modules of the first")).count();
        prop_assert!(noted >= located("THEIRS-"), "{:?}", records.notes);
    }
}

#[test]
fn a_value_that_cannot_be_read_is_never_lost_in_silence() {
    let mut lost = Vec::new();
    let mut tried = 0;
    for reply in REPLIES.iter() {
        let (said_before, before) = reply.read(&reply.xml);
        let was = documents(&before);
        for leaf in &reply.leaves {
            // Who speaks is no value, a part of the chassis without its name is another part, of a flap the attribute counts,
            // and the name of an element alone may say that there is nothing.
            let is_no_value = ["re-name", "interface-flapped"].contains(&leaf.name.as_str())
                || leaf.name == "name" && reply.parser.name == "chassis_inventory"
                || leaf.name.ends_with("-not-available");
            for text in ["#7 odd", "1e999"].into_iter().filter(|_| !is_no_value) {
                tried += 1;
                let mut xml = reply.xml.clone();
                xml.replace_range(leaf.text.clone(), text);
                let (outcome, after) = reply.read(&xml);
                let is = documents(&after);
                let notes = after.notes.as_slice();
                let is_told = notes.len() > before.notes.len()
                    || notes.iter().any(|note| note.found.contains(text))
                    || outcome.unread != said_before.unread
                    || !outcome.complete
                    || outcome.errors.len() > said_before.errors.len();
                // A text is taken as it is.
                if was != is && !is.contains(text) && !is_told {
                    let found = &reply.xml[leaf.text.clone()];
                    let rpc = reply.parser.name;
                    lost.push(format!("{} of {rpc}, {found:?}: {text}", leaf.name));
                }
            }
        }
    }
    assert!(tried > 1000, "only {tried} values were tried");
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}
