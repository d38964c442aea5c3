//! Renders `get-system-uptime-information`: the device's time and uptime.

use super::{Xml, date, wrapped};
use crate::model::Device;

/// How long the device has been up.
const UP_SECONDS: i64 = 12 * 86_400 + 3 * 3600 + 240;

pub(crate) fn render(device: &Device, utc: i64) -> String {
    let mut xml = Xml::new();
    xml.open("system-uptime-information");
    for (name, at) in [
        ("current-time", utc),
        ("system-booted-time", utc - UP_SECONDS),
    ] {
        xml.open(name);
        xml.leaf_with(
            "date-time",
            &format!("junos:seconds=\"{at}\""),
            &date::date(at),
        );
        xml.close(name);
    }
    xml.close("system-uptime-information");
    wrapped(&device.blueprint, xml.into_text())
}
