//! The run folder of the original system's newest version, and the rows that its own Parquet files hold of it.
//!
//! Both are made of the same devices: the raw replies as its playbook saves them, the documents as its parsers and its merge write
//! them, and the rows as its hourly writer takes them out of the documents.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What a device says of an optical power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Light {
    Dbm(f64),
    /// `-Inf`, which its parser makes a float of.
    Infinite,
    /// `- Inf`, which stays text.
    Words,
    NotSent,
}

#[derive(Debug, Clone)]
pub(crate) struct Lane {
    rx: Light,
    tx: Light,
    bias: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Module {
    vendor: Option<&'static str>,
    vendor_part: Option<&'static str>,
    cable: &'static str,
    mode: &'static str,
    wavelength: &'static str,
    part: &'static str,
    serial: &'static str,
    description: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Port {
    /// Its number, on the first PIC of the first FPC.
    number: usize,
    /// The names of its interfaces: one, or one for each channel.
    interfaces: Vec<String>,
    module: Module,
    lanes: Vec<Lane>,
    /// Corrected codewords; without it the interface has no FEC.
    ccw: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Device {
    /// In Ansible's inventory.
    pub(crate) name: &'static str,
    hostname: &'static str,
    model: &'static str,
    serial: &'static str,
    ports: Vec<Port>,
}

/// The time at which the run began.
pub(crate) const RUN: i64 = 1_770_132_645;
/// Its folder.
pub(crate) const FOLDER: &str = "gpu-fabric_1770132645";

const LR4: Module = Module {
    vendor: Some("ACME OPTICS     "),
    vendor_part: Some("AO-100G-LR4     "),
    cable: "100GBASE LR4",
    mode: "SM",
    wavelength: "1310 nm",
    part: "740-061409",
    serial: "S-LR4-0001",
    description: "QSFP-100GBASE-LR4",
};
const SR8: Module = Module {
    vendor: Some("OEM             "),
    vendor_part: Some("OEM-800G-SR8    "),
    cable: "800GBASE SR8",
    mode: "MM",
    wavelength: "850 nm",
    part: "740-174933",
    serial: "S-SR8-0002",
    description: "OSFP-800G-SR8",
};
/// Of which PIC detail knows nothing.
const BARE: Module = Module {
    vendor: None,
    vendor_part: None,
    part: "740-046565",
    serial: "S-BARE-0003",
    description: "QSFP+-40G-SR4",
    ..LR4
};

/// Two devices: lanes with light, without in each form and not measured, a broken-out port, a module without PIC detail, counters
/// beyond 32 bits, an interface without FEC.
pub(crate) fn devices() -> Vec<Device> {
    let lit = |rx: f64| Lane {
        rx: Light::Dbm(rx),
        tx: Light::Dbm(-1.25),
        bias: Some(7.125),
    };
    let with = |rx: Light| Lane { rx, ..lit(0.0) };
    let port = |number: usize, module: Module, lanes: Vec<Lane>, ccw: Option<u64>| Port {
        number,
        interfaces: vec![format!("et-0/0/{number}")],
        module,
        lanes,
        ccw,
    };
    let broken_out = Port {
        interfaces: vec!["et-0/0/5:0".to_owned(), "et-0/0/5:1".to_owned()],
        ..port(
            5,
            SR8,
            vec![Lane {
                bias: None,
                ..lit(-3.5)
            }],
            Some(7),
        )
    };
    let leaf = Device {
        name: "leaf-01.lab.example",
        hostname: "leaf-01",
        model: "qfx5240-64od",
        serial: "CHASSIS-L1",
        ports: vec![
            port(
                0,
                LR4,
                (0..4)
                    .map(|lane| lit(-2.0 - f64::from(lane) / 8.0))
                    .collect(),
                Some(59_538_523),
            ),
            port(
                1,
                LR4,
                vec![
                    lit(-4.5),
                    with(Light::Infinite),
                    with(Light::Words),
                    with(Light::NotSent),
                ],
                Some(32_313_870_891_611),
            ),
            broken_out,
            port(9, BARE, vec![lit(-6.75)], None),
        ],
    };
    let core = Device {
        name: "10.0.0.7",
        hostname: "core-7",
        model: "mx304",
        serial: "CHASSIS-C7",
        ports: vec![port(2, SR8, (0..8).map(|_| lit(-1.5)).collect(), Some(0))],
    };
    vec![leaf, core]
}

/// Writes the run's folder: replies, and documents after its merge or before.
pub(crate) fn write(output: &Path, devices: &[Device], is_merged: bool) -> PathBuf {
    let folder = output.join(FOLDER);
    fs::create_dir_all(&folder).unwrap();
    for device in devices {
        let write = |end: &str, text: String| {
            fs::write(folder.join(format!("{}_{end}", device.name)), text).unwrap();
        };
        for (rpc, reply) in device.replies() {
            write(&format!("{rpc}_raw.xml"), reply);
        }
        for (rpc, document) in device.documents(is_merged) {
            write(&format!("{rpc}_metrics.json"), document);
        }
    }
    folder
}

/// Writes the replies as a run of ours has them, so that the simulator can answer with them.
pub(crate) fn write_saved(folder: &Path, devices: &[Device]) {
    fs::create_dir_all(folder).unwrap();
    let mut report = serde_json::json!({
        "lanewatch": "0", "run_id": "0badcafe", "runner_name": "r", "run_timestamp": RUN, "finished": RUN, "seconds": 1.0,
        "inventories": [], "interrupted": false, "files": [], "devices": {},
    });
    for device in devices {
        let mut replies = device.replies();
        replies.push(("pic_detail_0_0", device.pic_detail()));
        let mut rpcs = serde_json::Map::new();
        for (name, reply) in &replies {
            let file = format!("{}_{name}_raw.xml", device.name);
            fs::write(folder.join(&file), reply).unwrap();
            let (parser, operation) = match *name {
                "system_information" => (*name, "<get-system-information/>".to_owned()),
                "chassis_inventory" => (*name, "<get-chassis-inventory/>".to_owned()),
                "optics_diagnostics" => (
                    *name,
                    "<get-interface-optics-diagnostics-information/>".to_owned(),
                ),
                "interface_statistics" => {
                    let operation =
                        "<get-interface-information><extensive/></get-interface-information>";
                    (*name, operation.to_owned())
                }
                _ => {
                    let slots = "<fpc-slot>0</fpc-slot><pic-slot>0</pic-slot>";
                    (
                        "pic_detail",
                        format!("<get-pic-detail>{slots}</get-pic-detail>"),
                    )
                }
            };
            let rpc = serde_json::json!({
                "outcome": "ok", "operation": operation, "parser": parser, "file": file, "arrived": RUN, "seconds": 0.1,
                "bytes": reply.len(), "found": 1,
            });
            rpcs.insert((*name).to_owned(), rpc);
        }
        report["devices"][device.name] = serde_json::json!({
            "outcome": "delivered", "address": "", "seconds": 1.0, "bytes": 1, "interfaces": 1, "lanes": 1, "rows": {}, "rpcs": rpcs,
        });
    }
    fs::write(folder.join("run.json"), report.to_string()).unwrap();
}

/// A float as Python writes it.
fn number(value: f64) -> String {
    format!("{value:?}")
}

fn or_null(value: Option<f64>) -> String {
    value.map_or_else(|| "null".to_owned(), number)
}

impl Light {
    fn json(self) -> String {
        match self {
            Self::Dbm(dbm) => number(dbm),
            Self::Infinite => "-Infinity".to_owned(),
            Self::Words => "\"- Inf\"".to_owned(),
            Self::NotSent => "null".to_owned(),
        }
    }

    fn xml(self, element: &str) -> String {
        let text = match self {
            Self::Dbm(dbm) => dbm.to_string(),
            Self::Infinite => "-Inf".to_owned(),
            Self::Words => "- Inf".to_owned(),
            Self::NotSent => return String::new(),
        };
        format!("<{element}>{text}</{element}>")
    }
}

/// The readings of a port's module, whatever it is.
const TEMPERATURE: f64 = 45.0;
const VOLTAGE: f64 = 3.281;
/// When the optics were read, in its microseconds.
const READ_US: i64 = RUN * 1_000_000 + 4_000_123;
const BER: f64 = 1.2e-9;

impl Device {
    /// What the device sends, by RPC.
    fn replies(&self) -> Vec<(&'static str, String)> {
        let system = format!(
            "<rpc-reply><system-information><hardware-model>{}</hardware-model><os-name>junos-evo</os-name>\
             <os-version>23.4R2.13-EVO</os-version><serial-number>{}</serial-number><host-name>{}</host-name></system-information></rpc-reply>",
            self.model, self.serial, self.hostname
        );
        let (mut modules, mut optics, mut statistics) =
            (String::new(), String::new(), String::new());
        for port in &self.ports {
            let module = port.module;
            write!(
                modules,
                "<chassis-sub-sub-module><name>Xcvr {}</name><part-number>{}</part-number><serial-number>{}</serial-number>\
                 <description>{}</description></chassis-sub-sub-module>",
                port.number, module.part, module.serial, module.description
            )
            .unwrap();
            for interface in &port.interfaces {
                let mut lanes = String::new();
                for (index, lane) in port.lanes.iter().enumerate() {
                    let bias = lane.bias.map_or_else(String::new, |bias| {
                        format!("<laser-bias-current>{bias}</laser-bias-current>")
                    });
                    let (rx, tx) = (
                        lane.rx.xml("laser-rx-optical-power-dbm"),
                        lane.tx.xml("laser-output-power-dbm"),
                    );
                    write!(lanes, "<optics-diagnostics-lane-values><lane-index>{index}</lane-index>{bias}{tx}{rx}</optics-diagnostics-lane-values>").unwrap();
                }
                write!(
                    optics,
                    "<physical-interface><name>{interface}</name><optics-diagnostics><module-temperature celsius=\"{TEMPERATURE}\">45 degrees C\
                     </module-temperature><module-voltage>{VOLTAGE}</module-voltage>{lanes}</optics-diagnostics></physical-interface>"
                )
                .unwrap();
                let fec = port.ccw.map_or_else(String::new, |ccw| {
                    format!(
                        "<ethernet-fec-statistics><fec_ccw_count>{ccw}</fec_ccw_count><fec_nccw_count>3</fec_nccw_count>\
                         <fec_ccw_error_rate>12</fec_ccw_error_rate><fec_nccw_error_rate>0</fec_nccw_error_rate><pre-fec-ber>{BER:e}</pre-fec-ber>\
                         </ethernet-fec-statistics><ethernet-fechistogram-statistics><bin-num>0</bin-num><sym-live-err>10</sym-live-err>\
                         <sym-harvest-err>20</sym-harvest-err></ethernet-fechistogram-statistics>"
                    )
                });
                write!(
                    statistics,
                    "<physical-interface><name>{interface}</name><admin-status>up</admin-status><oper-status>up</oper-status><speed>100Gbps</speed>\
                     <traffic-statistics><input-bps>1000</input-bps><input-pps>2</input-pps><output-bps>3000</output-bps><output-pps>4</output-pps>\
                     </traffic-statistics>{fec}</physical-interface>"
                )
                .unwrap();
            }
        }
        let chassis = format!(
            "<rpc-reply><chassis-inventory><chassis><name>Chassis</name><serial-number>{}</serial-number><description>{}</description>\
             <chassis-module><name>FPC 0</name><chassis-sub-module><name>PIC 0</name>{modules}</chassis-sub-module></chassis-module></chassis>\
             </chassis-inventory></rpc-reply>",
            self.serial,
            self.model.to_uppercase()
        );
        let information = |interfaces: &str| {
            format!(
                "<rpc-reply><interface-information>{interfaces}</interface-information></rpc-reply>"
            )
        };
        vec![
            ("system_information", system),
            ("chassis_inventory", chassis),
            ("optics_diagnostics", information(&optics)),
            ("interface_statistics", information(&statistics)),
        ]
    }

    /// What the device says of its ports.
    fn pic_detail(&self) -> String {
        let mut ports = String::new();
        for port in &self.ports {
            let module = port.module;
            if let (Some(vendor), Some(part)) = (module.vendor, module.vendor_part) {
                write!(
                    ports,
                    "<port><port-number>{}</port-number><cable-type>{}</cable-type><fiber-mode>{}</fiber-mode><sfp-vendor-name>{vendor}\
                     </sfp-vendor-name><sfp-vendor-pno>{part}</sfp-vendor-pno><wavelength>{}</wavelength><sfp-vendor-fw-ver>1.2</sfp-vendor-fw-ver>\
                     <sfp-jnpr-ver>REV 01</sfp-jnpr-ver></port>",
                    port.number, module.cable, module.mode, module.wavelength
                )
                .unwrap();
            }
        }
        format!(
            "<rpc-reply><fpc-information><fpc><slot>0</slot><pic-detail><slot>0</slot><pic-slot>0</pic-slot><port-information>{ports}\
             </port-information></pic-detail></fpc></fpc-information></rpc-reply>"
        )
    }

    /// Members that its merge adds to an object of the optics.
    fn merged(&self, port: &Port) -> String {
        let module = port.module;
        let mut text = format!(
            ", \"origin_hostname\": \"{}\", \"device_profile\": \"JUNIPER_{}\", \"origin_name\": \"{}\", \"inventory_instance\": \"{}\"",
            self.hostname,
            self.model.to_uppercase(),
            self.serial,
            self.name
        );
        if let (Some(vendor), Some(part)) = (module.vendor, module.vendor_part) {
            let (cable, wavelength) = (module.cable, module.wavelength);
            write!(
                text,
                ", \"vendor\": \"{vendor}\", \"part_number\": \"{part}\", \"cable_type\": \"{cable}\", \"media_type\": \"{cable}\", \
                 \"wavelength\": \"{wavelength}\", \"fiber_type\": \"{}\", \"firmware_version\": \"1.2\"",
                fiber(module.mode)
            )
            .unwrap();
        }
        write!(text, ", \"serial_number\": \"{}\"", module.serial).unwrap();
        text
    }

    /// What its scripts write, by RPC.
    pub(crate) fn documents(&self, is_merged: bool) -> Vec<(&'static str, String)> {
        let name = self.name;
        let system = format!(
            "{{\"device\": \"{name}\", \"origin_hostname\": \"{}\", \"hardware_model\": \"{}\", \"os_name\": \"junos-evo\", \
             \"os_version\": \"23.4R2.13-EVO\", \"device_profile\": \"JUNIPER_{}\"}}",
            self.hostname,
            self.model,
            self.model.to_uppercase()
        );
        let (mut modules, mut details, mut interfaces, mut lanes, mut counters) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for port in &self.ports {
            let (module, base) = (port.module, format!("et-0/0/{}", port.number));
            let (part, serial, description) = (module.part, module.serial, module.description);
            modules.push(format!(
                "\"{base}\": {{\"vendor\": \"{description}\", \"part_number\": \"{part}\", \"serial_number\": \"{serial}\", \
                 \"description\": \"{description}\", \"media_type\": \"{description}\", \"fiber_type\": null}}"
            ));
            if let (Some(vendor), Some(part)) = (module.vendor, module.vendor_part) {
                details.push(format!(
                    "\"{base}\": {{\"vendor\": \"{vendor}\", \"part_number\": \"{part}\", \"cable_type\": \"{cable}\", \"media_type\": \"{cable}\", \
                     \"wavelength\": \"{}\", \"fiber_type\": \"{}\", \"firmware_version\": \"1.2\", \"juniper_version\": \"REV 01\"}}",
                    module.wavelength,
                    fiber(module.mode),
                    cable = module.cable
                ));
            }
            let more = match is_merged {
                true => self.merged(port),
                false => String::new(),
            };
            for interface in &port.interfaces {
                let head = format!("\"if_name\": \"{interface}\", \"device\": \"{name}\"");
                interfaces.push(format!(
                    "{{{head}, \"timestamp\": {READ_US}, \"temperature_high_alarm\": 80.0, \"temperature_low_alarm\": -5.0, \
                     \"temperature\": {}, \"voltage\": {}, \"rx_power\": null{more}}}",
                    number(TEMPERATURE),
                    number(VOLTAGE)
                ));
                for (index, lane) in port.lanes.iter().enumerate() {
                    lanes.push(format!(
                        "{{{head}, \"lane\": {index}, \"timestamp\": {READ_US}, \"rx_power_mw\": null, \"rx_power\": {}, \"tx_power_mw\": null, \
                         \"tx_power\": {}, \"tx_bias\": {}{more}}}",
                        lane.rx.json(),
                        lane.tx.json(),
                        or_null(lane.bias)
                    ));
                }
                if let Some(ccw) = port.ccw {
                    counters.push(format!(
                        "{{{head}, \"timestamp\": {}, \"collection_time\": \"2026-02-03 15:30:50\", \"admin_status\": \"up\", \"oper_status\": \"up\", \
                         \"speed_bps\": 100000000000, \"input_bps\": 1000.0, \"input_pps\": 2.0, \"output_bps\": 3000.0, \"output_pps\": 4.0, \
                         \"fec_ccw\": {}, \"fec_nccw\": 3.0, \"fec_ccw_error_rate\": 12.0, \"fec_nccw_error_rate\": 0.0, \"pre_fec_ber\": 1.2e-09, \
                         \"histogram_bin_0\": 30.0, \"histogram_bin_0_live\": 10.0, \"histogram_bin_0_harvest\": 20.0}}",
                        RUN + 5,
                        number(ccw as f64)
                    ));
                }
            }
        }
        let chassis = format!(
            "{{\"device\": \"{name}\", \"origin_name\": \"{}\", \"transceivers\": {{{}}}}}",
            self.serial,
            modules.join(", ")
        );
        let pic = format!(
            "{{\"device\": \"{name}\", \"transceivers\": {{{}}}}}",
            details.join(", ")
        );
        let optics = format!(
            "{{\"interfaces\": [{}], \"lanes\": [{}]}}",
            interfaces.join(", "),
            lanes.join(", ")
        );
        vec![
            ("system_information", system),
            ("chassis_inventory", chassis),
            ("pic_detail", pic),
            ("optics_diagnostics", optics),
            (
                "interface_statistics",
                format!("{{\"interfaces\": [{}]}}", counters.join(", ")),
            ),
        ]
    }

    /// The rows of its own Parquet files, by table.
    pub(crate) fn rows(&self) -> BTreeMap<&'static str, Vec<OriginalRow>> {
        let text = |text: &str| OriginalCell::Text(text.to_owned());
        let of_device = [
            ("origin_hostname", text(self.hostname)),
            ("inventory_instance", text(self.name)),
            ("timestamp", OriginalCell::Number(RUN as f64)),
            ("collection_timestamp", text("2026-02-03T15:30:45Z")),
        ];
        let mut tables: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for port in &self.ports {
            let module = port.module;
            let or_empty = |value: Option<&str>| text(value.unwrap_or_default());
            let is_detailed = module.vendor.is_some();
            for interface in &port.interfaces {
                let row = |cells: Vec<(&'static str, OriginalCell)>| {
                    let name = [("if_name", text(interface))];
                    let cells = of_device.iter().cloned().chain(name).chain(cells);
                    cells.collect::<OriginalRow>()
                };
                tables.entry("intf-dom").or_default().push(row(vec![
                    ("origin_name", text(self.serial)),
                    (
                        "device_profile",
                        text(&format!("JUNIPER_{}", self.model.to_uppercase())),
                    ),
                    ("vendor", or_empty(module.vendor)),
                    ("media_type", or_empty(is_detailed.then_some(module.cable))),
                    (
                        "fiber_type",
                        or_empty(is_detailed.then(|| fiber(module.mode))),
                    ),
                    ("temperature", OriginalCell::Number(TEMPERATURE)),
                    ("voltage", OriginalCell::Number(VOLTAGE)),
                    ("part_number", text(module.part)),
                    ("serial_number", text(module.serial)),
                ]));
                for (index, lane) in port.lanes.iter().enumerate() {
                    let light = |light: Light| match light {
                        Light::Dbm(dbm) => OriginalCell::Number(dbm),
                        Light::Infinite | Light::Words => OriginalCell::Dark,
                        Light::NotSent => OriginalCell::Null,
                    };
                    tables.entry("lane-dom").or_default().push(row(vec![
                        ("lane", OriginalCell::Number(index as f64)),
                        (
                            "tx_bias",
                            lane.bias.map_or(OriginalCell::Null, OriginalCell::Number),
                        ),
                        ("tx_power", light(lane.tx)),
                        ("rx_power", light(lane.rx)),
                    ]));
                }
                if let Some(ccw) = port.ccw {
                    let numbers = [
                        ("speed_bps", 100e9),
                        ("input_bps", 1000.0),
                        ("input_pps", 2.0),
                        ("output_bps", 3000.0),
                        ("output_pps", 4.0),
                        ("fec_ccw", ccw as f64),
                        ("fec_nccw", 3.0),
                        ("fec_ccw_error_rate", 12.0),
                        ("fec_nccw_error_rate", 0.0),
                        ("pre_fec_ber", BER),
                    ];
                    let numbers = numbers.map(|(name, value)| (name, OriginalCell::Number(value)));
                    let words = [("admin_status", text("up")), ("oper_status", text("up"))];
                    let cells = words.into_iter().chain(numbers).collect();
                    tables.entry("intf-counters").or_default().push(row(cells));
                }
            }
        }
        tables
    }
}

fn fiber(mode: &str) -> &'static str {
    match mode {
        "SM" => "FIBER_TYPE_SINGLE_MODE",
        _ => "FIBER_TYPE_MULTI_MODE",
    }
}

/// A row of its Parquet files, by column.
pub(crate) type OriginalRow = BTreeMap<&'static str, OriginalCell>;

/// A cell of its Parquet files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OriginalCell {
    /// Padded as the device sent it; empty where there is none.
    Text(String),
    Number(f64),
    /// −∞, or the device's words for it.
    Dark,
    Null,
}
