//! Renders `get-environment-information`: sensor readings, in whole degrees in both scales.

use super::{Xml, payload_namespace, wrapped};
use crate::model::{Device, EnvironmentReading};

pub(crate) fn render(device: &Device, readings: &[EnvironmentReading]) -> String {
    let mut xml = Xml::new();
    xml.open_with(
        "environment-information",
        &payload_namespace(&device.blueprint, "junos-chassis"),
    );
    for reading in readings {
        xml.open("environment-item");
        xml.leaf("name", &reading.name);
        if let Some(class) = reading.class {
            xml.leaf("class", class);
        }
        xml.leaf("status", reading.status);
        if let Some(celsius) = reading.temperature_c {
            degrees(&mut xml, "temperature", celsius);
        }
        if let Some(comment) = reading.comment {
            xml.leaf("comment", comment);
        }
        xml.close("environment-item");
    }
    xml.close("environment-information");
    wrapped(&device.blueprint, xml.into_text())
}

/// A temperature as the chassis process writes it.
pub(super) fn degrees(xml: &mut Xml, name: &str, celsius: i64) {
    let fahrenheit = (celsius * 9).div_euclid(5) + 32;
    xml.leaf_with(
        name,
        &format!("junos:celsius=\"{celsius}\""),
        &format!("{celsius} degrees C / {fahrenheit} degrees F"),
    );
}
