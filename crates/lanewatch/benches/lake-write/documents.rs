//! The documents of a fleet of QFX5240, as the scripts write them and as `collect` does.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use records::{Context, Snapshot, enrich, json, parsers};
use sim::{Model, Platform};

use super::Outcome;

/// When the run began: a folder of the scripts has it in its name.
pub(super) const RUN: i64 = 1_770_132_645;

const PORTS: usize = 64;
const LANES: usize = 8;

/// RPC and operation of the replies that have rows.
const REPLIES: [(&str, &str); 2] = [
    (
        "optics_diagnostics",
        "<get-interface-optics-diagnostics-information/>",
    ),
    (
        "interface_statistics",
        "<get-interface-information><extensive/></get-interface-information>",
    ),
];

fn name(device: usize) -> String {
    format!("leaf-{device:03}.lab.example")
}

/// The merged documents of the scripts' newest version: five a device.
pub(super) fn of_scripts(folder: &Path, devices: usize) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    for device in 0..devices {
        for (rpc, text) in of_script(device)? {
            fs::write(
                folder.join(format!("{}_{rpc}_metrics.json", name(device))),
                text,
            )?;
        }
    }
    Ok(())
}

/// Readings as modules give them: no two devices alike.
fn noise(device: usize, port: usize, lane: usize, salt: usize) -> u64 {
    let mut mixed = ((device << 40) + (port << 24) + (lane << 12) + salt) as u64;
    for multiplier in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(multiplier);
    }
    (mixed ^ (mixed >> 31)) >> 40
}

fn of_script(device: usize) -> Result<[(&'static str, String); 5], std::fmt::Error> {
    let name = name(device);
    let (mut modules, mut details, mut interfaces, mut lanes, mut counters) = (
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    );
    let mut limits = String::new();
    for (quantity, high, low) in [
        ("temperature", 75.0, -5.0),
        ("voltage", 3.63, 2.97),
        ("tx_power", 5.0, -6.0),
        ("rx_power", 6.0, -9.5),
        ("tx_bias", 15.0, 2.0),
    ] {
        write!(
            limits,
            ", \"{quantity}_high_alarm\": {high:?}, \"{quantity}_low_alarm\": {low:?}, \"{quantity}_high_warn\": {:?}, \
             \"{quantity}_low_warn\": {:?}",
            high - 0.5,
            low + 0.5
        )?;
    }
    for port in 0..PORTS {
        let comma = if port == 0 { "" } else { ", " };
        let noise = |lane: usize, salt: usize| noise(device, port, lane, salt);
        let hundredths = |lane: usize, salt: usize| (noise(lane, salt) % 300) as f64 / 100.0;
        let serial = format!("1ACP{:09}", device * PORTS + port);
        let interface = format!("et-0/0/{port}");
        write!(
            modules,
            "{comma}\"{interface}\": {{\"vendor\": \"OSFP-800G-DR8\", \"part_number\": \"740-174933\", \"serial_number\": \"{serial}\", \
             \"description\": \"OSFP-800G-DR8\", \"media_type\": \"OSFP-800G-DR8\", \"fiber_type\": null}}"
        )?;
        let module = "\"vendor\": \"ACME OPTICS     \", \"part_number\": \"AO-800G-DR8     \", \"cable_type\": \"800GBASE DR8\", \
                      \"media_type\": \"800GBASE DR8\", \"wavelength\": \"1310 nm\", \"fiber_type\": \"FIBER_TYPE_SINGLE_MODE\", \
                      \"firmware_version\": \"1.2\"";
        write!(
            details,
            "{comma}\"{interface}\": {{{module}, \"juniper_version\": \"REV 01\"}}"
        )?;
        let head = format!("\"if_name\": \"{interface}\", \"device\": \"{name}\"");
        let merged = format!(
            ", \"origin_hostname\": \"leaf-{device:03}\", \"device_profile\": \"JUNIPER_QFX5240-64OD\", \"origin_name\": \"CH{device:06}\", \
             \"inventory_instance\": \"{name}\", {module}, \"serial_number\": \"{serial}\""
        );
        let read_us = RUN * 1_000_000 + 4_000_123;
        write!(
            interfaces,
            "{comma}{{{head}, \"timestamp\": {read_us}{limits}, \"temperature\": {:?}, \"voltage\": {:?}, \"rx_power\": null{merged}}}",
            40.0 + (noise(0, 1) % 20) as f64,
            3.2 + hundredths(0, 2) / 10.0
        )?;
        for lane in 0..LANES {
            let comma = if port + lane == 0 { "" } else { ", " };
            write!(
                lanes,
                "{comma}{{{head}, \"lane\": {lane}, \"timestamp\": {read_us}, \"rx_power_mw\": null, \"rx_power\": {:?}, \
                 \"tx_power_mw\": null, \"tx_power\": {:?}, \"tx_bias\": {:?}{merged}}}",
                hundredths(lane, 3) - 4.0,
                hundredths(lane, 4) - 1.0,
                hundredths(lane, 5) + 7.0
            )?;
        }
        write!(
            counters,
            "{comma}{{{head}, \"timestamp\": {}, \"collection_time\": \"2026-02-03 15:30:50\", \"admin_status\": \"up\", \
             \"oper_status\": \"up\", \"speed_bps\": 800000000000, \"input_bps\": {}.0, \"input_pps\": {}.0, \"output_bps\": {}.0, \
             \"output_pps\": {}.0, \"fec_ccw\": {}.0, \"fec_nccw\": 0.0, \"fec_ccw_error_rate\": {}.0, \"fec_nccw_error_rate\": 0.0, \
             \"pre_fec_ber\": {:?}",
            RUN + 5,
            noise(0, 6),
            noise(0, 7),
            noise(0, 8),
            noise(0, 9),
            noise(0, 10) * 1000,
            noise(0, 11),
            (noise(0, 12) % 900 + 100) as f64 * 1e-11
        )?;
        for bin in 0..16 {
            let count = noise(0, 20 + bin) >> bin;
            write!(
                counters,
                ", \"histogram_bin_{bin}\": {count}.0, \"histogram_bin_{bin}_live\": {count}.0, \"histogram_bin_{bin}_harvest\": 0.0"
            )?;
        }
        counters.push('}');
    }
    Ok([
        (
            "system_information",
            format!(
                "{{\"device\": \"{name}\", \"origin_hostname\": \"leaf-{device:03}\", \"hardware_model\": \"qfx5240-64od\", \
                 \"os_name\": \"junos-evo\", \"os_version\": \"23.4R2.13-EVO\", \"device_profile\": \"JUNIPER_QFX5240-64OD\"}}"
            ),
        ),
        (
            "chassis_inventory",
            format!(
                "{{\"device\": \"{name}\", \"origin_name\": \"CH{device:06}\", \"transceivers\": {{{modules}}}}}"
            ),
        ),
        (
            "pic_detail",
            format!("{{\"device\": \"{name}\", \"transceivers\": {{{details}}}}}"),
        ),
        (
            "optics_diagnostics",
            format!("{{\"interfaces\": [{interfaces}], \"lanes\": [{lanes}]}}"),
        ),
        (
            "interface_statistics",
            format!("{{\"interfaces\": [{counters}]}}"),
        ),
    ])
}

/// The documents with rows that a collect leaves: all that it knows is in them.
pub(super) fn of_collect(folder: &Path, devices: usize) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    let ledger = folder.join("ledger.jsonl");
    for device in 0..devices {
        let name = name(device);
        let model = Model::lived_in(Platform::Qfx5240, device as u64);
        let mut snapshot = Snapshot::default();
        for (rpc, operation) in REPLIES {
            let reply = sim::reply(&name, &model, operation, (RUN - 5, RUN), &ledger)?;
            let parser = parsers::find(rpc).ok_or("no such parser")?;
            parser.parse(reply.as_bytes(), RUN, &mut snapshot);
        }
        let context = Context {
            device: name.clone(),
            runner_name: "bench".to_owned(),
            run_timestamp: RUN,
            interface_filter: None,
        };
        for (rpc, text) in json::documents(&enrich::join(snapshot, &context)) {
            fs::write(folder.join(format!("{name}_{rpc}_metrics.json")), text)?;
        }
    }
    fs::remove_file(ledger)?;
    Ok(())
}
