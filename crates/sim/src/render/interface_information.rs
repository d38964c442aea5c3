//! Renders `get-interface-information`: state and counters of all interfaces, with or without a port.
//!
//! There are three depths: `terse` has names and states, the normal depth adds rates and the FEC elements, `detail` and `extensive`
//! add byte counters and error lists. Logical interfaces are inside their physical ones and repeat some of their element names, which
//! catches readers that search too deep.

use super::{
    Xml,
    date::{date, span},
    fec, payload_namespace,
};
use crate::{
    model::{Device, InterfaceReading, Traffic},
    platform::{Style, SystemInterface},
    seed::Seed,
};

/// The depth of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Names and states.
    Terse,
    /// Rates, PCS and FEC.
    Normal,
    /// Also bytes, packets and error lists.
    Extensive,
}

/// The reply for the readings and system interfaces that were asked for.
pub(crate) fn render(
    device: &Device,
    depth: Depth,
    readings: &[InterfaceReading],
    system: &[SystemInterface],
    utc: i64,
) -> String {
    let mut xml = Xml::new();
    let style = match depth {
        Depth::Terse => "terse",
        Depth::Normal | Depth::Extensive => "normal",
    };
    let namespace = payload_namespace(&device.blueprint, "junos-interface");
    xml.open_with(
        "interface-information",
        &format!("{namespace} junos:style=\"{style}\""),
    );
    let mut writer = Writer {
        xml,
        device,
        depth,
        utc,
        index: 500,
    };
    readings.iter().for_each(|reading| writer.port(reading));
    system.iter().for_each(|interface| writer.system(interface));
    writer.xml.close("interface-information");
    writer.xml.into_text()
}

struct Writer<'a> {
    xml: Xml,
    device: &'a Device,
    depth: Depth,
    utc: i64,
    /// Counts up over the reply, for `local-index` and `snmp-index`.
    index: u32,
}

impl Writer<'_> {
    fn port(&mut self, reading: &InterfaceReading) {
        self.head(&reading.interface, reading.up);
        if self.depth != Depth::Terse {
            self.xml
                .leaf("description", format!("fabric {}", reading.interface));
            self.ethernet(&format!("{}Gbps", reading.gbps), reading.seed);
            self.flapped(Some(reading.flapped));
            self.traffic(&reading.traffic);
            self.alarms(reading.up);
            self.xml
                .open_with("ethernet-pcs-statistics", "junos:style=\"verbose\"");
            // A second with a lost codeword is an errored second; they are few enough to fall into different ones, up to all there were.
            let lost = reading.fec.as_ref().map_or(0, |fec| fec.uncorrected);
            let seconds = u64::try_from(self.utc - self.device.epoch.counters_since()).unwrap_or(0);
            self.xml.leaf("bit-error-seconds", lost.min(seconds));
            self.xml.leaf("errored-blocks-seconds", lost.min(seconds));
            self.xml.close("ethernet-pcs-statistics");
            fec::write(&mut self.xml, &self.device.blueprint, reading.fec.as_ref());
            self.xml.leaf("interface-transmit-statistics", "Disabled");
        }
        self.unit(&format!("{}.0", reading.interface), None, &reading.traffic);
        self.xml.close("physical-interface");
    }

    fn system(&mut self, interface: &SystemInterface) {
        self.head(interface.name, true);
        let traffic = Traffic::default();
        if self.depth != Depth::Terse {
            let seed = Seed::new(0).named(&self.device.name).named(interface.name);
            self.ethernet(interface.speed, seed);
            self.flapped(None);
            self.traffic(&traffic);
        }
        let unit = format!("{}.{}", interface.name, interface.unit);
        self.unit(&unit, Some(interface.address), &traffic);
        self.xml.close("physical-interface");
    }

    fn head(&mut self, name: &str, up: bool) {
        self.index += 1;
        self.xml.open("physical-interface");
        self.text("name", name);
        if self.depth == Depth::Terse {
            self.text("admin-status", "up");
        } else {
            self.xml
                .leaf_with("admin-status", "junos:format=\"Enabled\"", "up");
        }
        self.text("oper-status", if up { "up" } else { "down" });
        if self.depth != Depth::Terse {
            self.xml.leaf("local-index", self.index + 100);
            self.xml.leaf("snmp-index", self.index);
        }
    }

    /// A leaf whose text stands on lines of its own on classic Junos, as `show interfaces` has it there.
    fn text(&mut self, name: &str, value: &str) {
        match self.device.blueprint.style {
            Style::Classic if self.depth == Depth::Terse => {
                self.xml.leaf(name, format!("\n{value}\n"))
            }
            Style::Classic | Style::Evo => self.xml.leaf(name, value),
        }
    }

    fn ethernet(&mut self, speed: &str, seed: Seed) {
        let xml = &mut self.xml;
        xml.leaf("link-level-type", "Ethernet");
        xml.leaf("mtu", 9_216);
        xml.leaf("source-filtering", "disabled");
        if !speed.is_empty() {
            xml.leaf("speed", speed);
        }
        xml.leaf("bpdu-error", "none");
        xml.leaf("loopback", "disabled");
        xml.leaf("if-flow-control", "disabled");
        xml.leaf("if-media-type", "Fiber");
        xml.open("if-device-flags");
        xml.empty("ifdf-present");
        xml.empty("ifdf-running");
        xml.close("if-device-flags");
        xml.open("if-config-flags");
        xml.empty("iff-snmp-traps");
        xml.leaf("internal-flags", "0x4000");
        xml.close("if-config-flags");
        xml.open("if-media-flags");
        xml.empty("ifmf-none");
        xml.close("if-media-flags");
        let address = hardware_address(seed);
        xml.leaf("current-physical-address", &address);
        xml.leaf("hardware-physical-address", &address);
    }

    fn flapped(&mut self, at: Option<i64>) {
        match at {
            Some(at) => {
                let ago = self.utc - at;
                let text = format!("{} ({} ago)", date(at), span(ago));
                self.xml.leaf_with(
                    "interface-flapped",
                    &format!("junos:seconds=\"{ago}\""),
                    &text,
                );
            }
            None => self
                .xml
                .leaf_with("interface-flapped", "junos:seconds=\"0\"", "Never"),
        }
        if self.depth == Depth::Extensive {
            self.xml.leaf("statistics-cleared", "Never");
        }
    }

    fn traffic(&mut self, traffic: &Traffic) {
        let xml = &mut self.xml;
        if self.depth != Depth::Extensive {
            xml.open_with("traffic-statistics", "junos:style=\"brief\"");
            xml.leaf("input-bps", traffic.input_bps);
            xml.leaf("input-pps", traffic.input_pps);
            xml.leaf("output-bps", traffic.output_bps);
            xml.leaf("output-pps", traffic.output_pps);
            xml.close("traffic-statistics");
            return;
        }
        xml.open_with("traffic-statistics", "junos:style=\"verbose\"");
        xml.leaf("input-bytes", traffic.input_bytes);
        xml.leaf("input-bps", traffic.input_bps);
        xml.leaf("output-bytes", traffic.output_bytes);
        xml.leaf("output-bps", traffic.output_bps);
        xml.leaf("input-packets", traffic.input_packets);
        xml.leaf("input-pps", traffic.input_pps);
        xml.leaf("output-packets", traffic.output_packets);
        xml.leaf("output-pps", traffic.output_pps);
        // The totals of one family repeat the names above, one level deeper.
        xml.open("ipv6-transit-statistics");
        for name in [
            "input-bytes",
            "output-bytes",
            "input-packets",
            "output-packets",
        ] {
            xml.leaf(name, 0);
        }
        xml.close("ipv6-transit-statistics");
        xml.close("traffic-statistics");
        xml.open("input-error-list");
        for name in [
            "input-errors",
            "input-drops",
            "framing-errors",
            "input-runts",
            "input-fifo-errors",
        ] {
            xml.leaf(name, 0);
        }
        xml.close("input-error-list");
        xml.open("output-error-list");
        xml.leaf("carrier-transitions", 1);
        for name in [
            "output-errors",
            "output-drops",
            "aged-packets",
            "mtu-errors",
        ] {
            xml.leaf(name, 0);
        }
        xml.close("output-error-list");
    }

    fn alarms(&mut self, up: bool) {
        for name in ["active-alarms", "active-defects"] {
            self.xml.open(name);
            self.xml.open("interface-alarms");
            self.xml.empty(if up {
                "alarm-not-present"
            } else {
                "ethernet-alarm-link-down"
            });
            self.xml.close("interface-alarms");
            self.xml.close(name);
        }
    }

    fn unit(&mut self, name: &str, address: Option<&str>, traffic: &Traffic) {
        self.xml.open("logical-interface");
        self.text("name", name);
        if self.depth == Depth::Terse {
            self.text("admin-status", "up");
            self.text("oper-status", "up");
        } else {
            self.xml.leaf("local-index", self.index + 1_000);
            self.xml.leaf("snmp-index", self.index + 2_000);
            self.xml.leaf("encapsulation", "ENET2");
            self.xml
                .open_with("traffic-statistics", "junos:style=\"brief\"");
            self.xml.leaf("input-packets", traffic.input_packets / 2);
            self.xml.leaf("output-packets", traffic.output_packets / 2);
            self.xml.close("traffic-statistics");
        }
        self.xml.open("address-family");
        self.xml.leaf("address-family-name", "inet");
        if self.depth != Depth::Terse {
            self.xml.leaf("mtu", 9_202);
        }
        if let Some(address) = address {
            self.xml.open("interface-address");
            self.xml.leaf("ifa-local", address);
            self.xml.close("interface-address");
        }
        self.xml.close("address-family");
        self.xml.close("logical-interface");
    }
}

/// A hardware address under a prefix of the maker.
fn hardware_address(seed: Seed) -> String {
    let [a, b, c, ..] = seed.named("mac").bits().to_be_bytes();
    format!("40:de:ad:{a:02x}:{b:02x}:{c:02x}")
}
