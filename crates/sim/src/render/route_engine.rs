//! Renders `get-route-engine-information`: mastership, temperature, memory, CPU and start time. It is never wrapped in the item of
//! one routing engine, because it lists all of them.

use super::{
    Xml,
    date::{date, span},
    environment::degrees,
    payload_namespace,
};
use crate::model::{Device, RouteEngineReading};

pub(crate) fn render(device: &Device, readings: &[RouteEngineReading], utc: i64) -> String {
    let mut xml = Xml::new();
    xml.open_with(
        "route-engine-information",
        &payload_namespace(&device.blueprint, "junos-chassis"),
    );
    for reading in readings {
        engine(&mut xml, device, reading, utc);
    }
    xml.close("route-engine-information");
    xml.into_text()
}

fn engine(xml: &mut Xml, device: &Device, reading: &RouteEngineReading, utc: i64) {
    xml.open("route-engine");
    xml.leaf("slot", reading.slot);
    xml.leaf("mastership-state", reading.mastership);
    xml.leaf("status", "OK");
    degrees(xml, "temperature", reading.temperature_c);
    degrees(xml, "cpu-temperature", reading.cpu_temperature_c);
    xml.leaf("memory-dram-size", format!("{} MB", reading.memory_mb));
    xml.leaf("memory-buffer-utilization", reading.memory_utilization);
    let [user, background, system, interrupt] = reading.cpu;
    xml.leaf("cpu-user", user);
    xml.leaf("cpu-background", background);
    xml.leaf("cpu-system", system);
    xml.leaf("cpu-interrupt", interrupt);
    xml.leaf(
        "cpu-idle",
        100_u32.saturating_sub(user + background + system + interrupt),
    );
    xml.leaf("model", device.blueprint.routing_engine);
    xml.leaf("serial-number", "BUILTIN");
    let seconds = |seconds: i64| format!("junos:seconds=\"{seconds}\"");
    let uptime = utc - reading.started;
    xml.leaf_with(
        "start-time",
        &seconds(reading.started),
        &date(reading.started),
    );
    xml.leaf_with("up-time", &seconds(uptime), &span(uptime));
    xml.leaf(
        "last-reboot-reason",
        "Router rebooted after a normal shutdown.",
    );
    let [one, five, fifteen] = reading.load;
    xml.leaf("load-average-one", format!("{one:.2}"));
    xml.leaf("load-average-five", format!("{five:.2}"));
    xml.leaf("load-average-fifteen", format!("{fifteen:.2}"));
    xml.close("route-engine");
}
