//! Renders `get-system-information`: model, software and host name. The payload has no namespace of its own.

use super::{Xml, wrapped};
use crate::model::Device;

pub(crate) fn render(device: &Device) -> String {
    let mut xml = Xml::new();
    xml.open("system-information");
    xml.leaf("hardware-model", device.blueprint.hardware_model);
    xml.leaf("os-name", device.blueprint.os_name);
    xml.leaf("os-version", device.blueprint.os_version);
    xml.leaf("serial-number", &device.serial);
    xml.leaf("host-name", &device.name);
    xml.close("system-information");
    wrapped(&device.blueprint, xml.into_text())
}
