//! Renders `get-chassis-inventory`: the parts of the device, down to the module in each port.
//!
//! A module is a `chassis-sub-sub-module` of its PIC. Where a MIC carries the PIC, everything below the FPC is one level deeper.

use super::{Xml, payload_namespace, wrapped};
use crate::{
    model::{Device, Socket},
    platform::{Fpc, Pic},
};

/// The names of the levels, from the chassis inwards.
const LEVELS: [&str; 4] = [
    "chassis-module",
    "chassis-sub-module",
    "chassis-sub-sub-module",
    "chassis-sub-sub-sub-module",
];

pub(crate) fn render(device: &Device) -> String {
    let blueprint = &device.blueprint;
    let mut xml = Xml::new();
    xml.open_with(
        "chassis-inventory",
        &payload_namespace(blueprint, "junos-chassis"),
    );
    xml.open_with("chassis", "junos:style=\"inventory\"");
    xml.leaf("name", "Chassis");
    xml.leaf("serial-number", &device.serial);
    xml.leaf("description", blueprint.chassis_description);
    part(
        &mut xml,
        "Routing Engine 0",
        ["BUILTIN", "BUILTIN", blueprint.routing_engine],
    );
    for fpc in &blueprint.fpcs {
        board(&mut xml, device, fpc);
    }
    part(
        &mut xml,
        "Power Supply 0",
        ["740-085431", "1EDL1130118", "JPSU-1600W-1UACAFO"],
    );
    part(
        &mut xml,
        "Fan Tray 0",
        ["BUILTIN", "BUILTIN", "Fan Tray, Front to Back Airflow"],
    );
    xml.close("chassis");
    xml.close("chassis-inventory");
    wrapped(blueprint, xml.into_text())
}

/// A part directly in the chassis: part number, serial number, description.
fn part(xml: &mut Xml, name: &str, [number, serial, description]: [&str; 3]) {
    xml.open(LEVELS[0]);
    xml.leaf("name", name);
    xml.leaf("part-number", number);
    xml.leaf("serial-number", serial);
    xml.leaf("description", description);
    xml.close(LEVELS[0]);
}

fn board(xml: &mut Xml, device: &Device, fpc: &Fpc) {
    let [module, sub, sub_sub, sub_sub_sub] = LEVELS;
    xml.open(module);
    xml.leaf("name", format!("FPC {}", fpc.slot));
    xml.leaf("version", "REV 12");
    xml.leaf("part-number", fpc.part_number);
    xml.leaf("serial-number", &device.serial);
    xml.leaf("description", fpc.description);
    xml.leaf("model-number", fpc.model_number);
    xml.open(sub);
    xml.leaf("name", "CPU");
    xml.leaf("part-number", "BUILTIN");
    xml.leaf("serial-number", "BUILTIN");
    xml.leaf("description", "FPC CPU");
    xml.close(sub);
    for pic in &fpc.pics {
        let sockets = || device.sockets_of(fpc.slot, pic.slot);
        let Some(mic) = pic.mic else {
            group(xml, pic, sockets(), [sub, sub_sub]);
            continue;
        };
        xml.open(sub);
        xml.leaf("name", format!("MIC {}", mic.slot));
        xml.leaf("version", "REV 26");
        xml.leaf("part-number", mic.part_number);
        xml.leaf("serial-number", format!("CAF{}{}", mic.slot, device.serial));
        xml.leaf("description", mic.description);
        xml.leaf("model-number", mic.model_number);
        group(xml, pic, sockets(), [sub_sub, sub_sub_sub]);
        xml.close(sub);
    }
    xml.close(module);
}

fn group<'a>(
    xml: &mut Xml,
    pic: &Pic,
    sockets: impl Iterator<Item = &'a Socket>,
    [level, below]: [&str; 2],
) {
    xml.open(level);
    xml.leaf("name", format!("PIC {}", pic.slot));
    xml.leaf("part-number", "BUILTIN");
    xml.leaf("serial-number", "BUILTIN");
    xml.leaf("description", pic.description);
    for socket in sockets {
        let Some(label) = socket.label() else {
            continue;
        };
        xml.open(below);
        xml.leaf("name", format!("Xcvr {}", socket.location.port));
        if let Some(revision) = &label.revision {
            xml.leaf("version", revision);
        }
        xml.leaf("part-number", label.part_number);
        xml.leaf("serial-number", &label.serial);
        xml.leaf("description", &label.description);
        xml.close(below);
    }
    xml.close(level);
}
