//! Renders `get-pic-detail`: the module labels of one PIC. Vendor names are padded to 16 characters, as in the modules' memory.

use super::{Xml, payload_namespace, rpc_error, wrapped};
use crate::{
    model::{Content, Device},
    platform::Style,
};

/// The PIC's detail, or the error of a device that has no such PIC.
pub(crate) fn render(device: &Device, fpc_slot: u32, pic_slot: u32, utc: i64) -> String {
    let fpcs = device.blueprint.fpcs.iter();
    let pic = fpcs
        .filter(|fpc| fpc.slot == fpc_slot)
        .flat_map(|fpc| &fpc.pics)
        .find(|pic| pic.slot == pic_slot);
    let Some(pic) = pic else {
        return rpc_error(
            &format!("FPC {fpc_slot} PIC {pic_slot} is not present"),
            Some("pic-slot"),
        );
    };
    let mut xml = Xml::new();
    xml.open_with(
        "fpc-information",
        &payload_namespace(&device.blueprint, "junos-chassis"),
    );
    xml.open("fpc");
    xml.open("pic-detail");
    xml.leaf("slot", fpc_slot);
    xml.leaf("pic-slot", pic_slot);
    xml.leaf("pic-type", pic.description);
    xml.leaf("state", "Online");
    xml.leaf("pic-version", "2.12");
    let up_s = utc - device.epoch.counters_since();
    xml.leaf_with(
        "up-time",
        &format!("junos:seconds=\"{up_s}\""),
        &super::date::span(up_s),
    );
    xml.open("port-information");
    for socket in device.sockets_of(fpc_slot, pic_slot) {
        let Some(label) = socket.label() else {
            continue;
        };
        xml.open("port");
        xml.leaf("port-number", socket.location.port);
        match &socket.content {
            Content::Optical(module) => {
                xml.leaf("cable-type", module.optic.cable_type);
                xml.leaf("fiber-mode", module.optic.fiber.junos_name());
            }
            Content::Copper(label) => {
                xml.leaf("cable-type", &label.description);
                if device.blueprint.style == Style::Classic {
                    xml.leaf("fiber-mode", "n/a");
                }
            }
            Content::Empty => {}
        }
        xml.leaf("sfp-vendor-name", format!("{:<16}", label.vendor));
        xml.leaf("sfp-vendor-pno", label.vendor_part);
        if device.blueprint.style == Style::Evo {
            xml.leaf("sfp-vendor-sn", &label.serial);
        }
        match socket.module() {
            Some(module) => xml.leaf("wavelength", module.optic.wavelength),
            None if device.blueprint.style == Style::Classic => xml.leaf("wavelength", "n/a"),
            None => {}
        }
        xml.leaf("sfp-vendor-fw-ver", &label.firmware);
        if let Some(revision) = &label.revision {
            xml.leaf("sfp-jnpr-ver", revision);
        }
        xml.close("port");
    }
    xml.close("port-information");
    xml.open("port-speed-information");
    for port in &pic.ports {
        xml.open("port");
        xml.leaf("port-number1", port.number);
        xml.leaf("pfe-number", 0);
        xml.leaf("speed-capability", format!("{}G", port.gbps));
        xml.close("port");
    }
    xml.close("port-speed-information");
    xml.close("pic-detail");
    xml.close("fpc");
    xml.close("fpc-information");
    wrapped(&device.blueprint, xml.into_text())
}
