//! What the documents of a device know of its interfaces, joined as the replies of a run are.
//!
//! The documents become records again; an optics reply with the same interfaces and without a measurement is made for them, and
//! the columns that describe device and module are read off the joined rows. So they say what `collect` would have said.

use std::collections::HashMap;

use super::named;
use super::node::{Node, Object};
use super::original::Dialect;
use super::read;
use super::shape::{self, UnknownShape};
use crate::column::{Column, Columns, Value};
use crate::enrich::{Context, DeviceRecords, join};
use crate::model::{DeviceFacts, INTERFACE_DOM_COLUMNS, InterfaceDom, LANE_DOM_COLUMNS, LaneDom};
use crate::port::PortLocation;
use crate::snapshot::Snapshot;

/// The columns that describe the device and the module: what a merge writes.
const METADATA: &[&str] = &[
    "hostname",
    "model",
    "version",
    "device_serial",
    "vendor",
    "part_number",
    "serial_number",
    "chassis_part_number",
    "description",
    "revision",
    "firmware_version",
    "cable_type",
    "wavelength",
    "wavelength_nm",
    "wavelength_rule",
    "fiber_type",
    "fiber_type_rule",
    "fpc",
    "pic",
    "port",
    "channel",
];

/// A document of another shape than its RPC has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rpc}: {shape}")]
pub struct DocumentError {
    /// The RPC that it should be of.
    pub rpc: &'static str,
    /// What it is in place of it.
    pub shape: UnknownShape,
}

/// The documents of one device beside those that have rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Beside<'d, 't> {
    pub(crate) system_information: Option<&'d Node<'t>>,
    pub(crate) chassis_inventory: Option<&'d Node<'t>>,
    pub(crate) pic_detail: Option<&'d Node<'t>>,
}

impl Beside<'_, '_> {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        [
            self.system_information,
            self.chassis_inventory,
            self.pic_detail,
        ]
        .iter()
        .all(Option::is_none)
    }
}

/// What the documents of a device know of its interfaces, joined as those of a run.
#[derive(Debug)]
pub(crate) struct Joined {
    /// A row for each interface that was named, each with one lane.
    records: DeviceRecords,
    /// Positions of rows of interfaces and of lanes, by name.
    at: HashMap<String, (usize, usize)>,
    /// A vendor in the inventory's document is kept where PIC detail names none: older scripts put it there.
    vendors: HashMap<PortLocation, String>,
    /// The device's profile, as the original's document has it.
    pub(crate) profile: Option<String>,
    /// The serial number of the chassis, by its inventory.
    pub(crate) chassis_serial: Option<String>,
    /// The device's name in the inventory of Ansible.
    pub(crate) inventory_instance: Option<String>,
    /// Who wrote the documents.
    pub(crate) dialect: Dialect,
    /// The columns of interfaces and of lanes that describe device and module.
    of_interfaces: Vec<&'static Column<InterfaceDom>>,
    of_lanes: Vec<&'static Column<LaneDom>>,
}

impl Joined {
    /// Of the interfaces with these names.
    pub(crate) fn of(names: &[String], documents: Beside<'_, '_>) -> Result<Self, DocumentError> {
        let refused = |rpc| move |shape| DocumentError { rpc, shape };
        let mut snapshot = snapshot_of(names);
        let mut dialect = Dialect::Documented;
        if let Some(document) = documents.system_information {
            let of = refused("system_information");
            dialect = dialect.or(shape::system_information(document).map_err(&of)?);
            snapshot.system_information = Some(read::system_information(document).map_err(of)?);
        }
        let mut vendors = HashMap::new();
        if let Some(document) = documents.chassis_inventory {
            let of = refused("chassis_inventory");
            let of_chassis = shape::chassis_inventory(document).map_err(&of)?;
            // The original's newest version calls the first word of the description the vendor.
            if !of_chassis.is_original() {
                vendors = vendors_of(document);
            }
            dialect = dialect.or(of_chassis);
            snapshot.chassis_inventory = Some(read::chassis_inventory(document).map_err(of)?);
        }
        if let Some(document) = documents.pic_detail {
            let (ports, of_ports) = read::pic_ports(document, 0).map_err(refused("pic_detail"))?;
            dialect = dialect.or(of_ports);
            snapshot.pic_ports = ports;
        }
        let of_system = |key| {
            let system = documents.system_information?.as_object()?;
            named::text(system, key)
        };
        let chassis_serial = snapshot
            .chassis_inventory
            .as_ref()
            .and_then(|chassis| chassis.serial_number.clone());
        let records = join(snapshot, &Context::default());
        let mut at: HashMap<String, (usize, usize)> = HashMap::new();
        for (row, interface) in records.interfaces.iter().enumerate() {
            at.entry(interface.optics.name.to_string())
                .or_insert((row, usize::MAX));
        }
        for (row, lane) in records.lanes.iter().enumerate() {
            if let Some((_, of_lane)) = at.get_mut(&*lane.if_name) {
                *of_lane = row;
            }
        }
        Ok(Self {
            records,
            at,
            vendors,
            profile: of_system("device_profile"),
            chassis_serial,
            inventory_instance: of_system("inventory_instance").or_else(|| of_system("device")),
            dialect,
            of_interfaces: described(INTERFACE_DOM_COLUMNS),
            of_lanes: described(LANE_DOM_COLUMNS),
        })
    }

    /// What is known of the device.
    pub(crate) fn facts(&self) -> &DeviceFacts {
        &self.records.facts
    }

    /// Whether a module is known at the interface's place.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        let interface = self.interface(name);
        interface.is_some_and(|row| row.transceiver.is_some())
    }

    /// The firmware of the interface's module.
    pub(crate) fn firmware_version(&self, name: &str) -> Option<&str> {
        let module = self.interface(name)?.transceiver.as_ref()?;
        module.firmware_version.as_deref()
    }

    /// The cable type of the interface's module.
    pub(crate) fn cable_type(&self, name: &str) -> Option<&str> {
        let module = self.interface(name)?.transceiver.as_ref()?;
        module.cable_type.as_deref()
    }

    fn interface(&self, name: &str) -> Option<&InterfaceDom> {
        self.records.interfaces.get(self.at.get(name)?.0)
    }

    /// The metadata of an interface, by column.
    pub(crate) fn of_interface(&self, name: &str) -> Vec<(&'static str, Value<'_>)> {
        let known = self
            .interface(name)
            .map(|row| metadata(&self.of_interfaces, row));
        self.with_vendor(name, known)
    }

    /// The metadata of a lane of an interface, by column.
    pub(crate) fn of_lane(&self, name: &str) -> Vec<(&'static str, Value<'_>)> {
        let row = self
            .at
            .get(name)
            .and_then(|(_, at)| self.records.lanes.get(*at));
        let known = row.map(|row| metadata(&self.of_lanes, row));
        self.with_vendor(name, known)
    }

    fn with_vendor<'s>(
        &'s self,
        name: &str,
        known: Option<impl Iterator<Item = (&'static str, Value<'s>)>>,
    ) -> Vec<(&'static str, Value<'s>)> {
        let mut known: Vec<_> = known.into_iter().flatten().collect();
        let has_one = known.iter().any(|(key, _)| *key == "vendor");
        let location = self.interface(name).and_then(|row| row.location);
        let vendor = location.and_then(|location| self.vendors.get(&location));
        if let Some(vendor) = vendor.filter(|_| !has_one) {
            known.push(("vendor", Value::Text(vendor)));
        }
        known
    }
}

/// The vendors that an inventory's document names.
fn vendors_of(document: &Node<'_>) -> HashMap<PortLocation, String> {
    let modules = document.get("transceivers").map(named::named_objects);
    let of_module = |(name, module): (&str, &Object<'_>)| {
        named::location(name, module).zip(named::text(module, "vendor"))
    };
    modules
        .into_iter()
        .flatten()
        .filter_map(of_module)
        .collect()
}

/// A reply with the interfaces of these names, each with one lane and without a measurement.
fn snapshot_of(names: &[String]) -> Snapshot {
    let mut reply = String::from("<interface-information>");
    for name in names {
        let name = name.replace('&', "&amp;").replace('<', "&lt;");
        reply.push_str(&format!(
            "<physical-interface><name>{name}</name><optics-diagnostics><optics-diagnostics-lane-values><lane-index>0</lane-index>\
             </optics-diagnostics-lane-values></optics-diagnostics></physical-interface>"
        ));
    }
    reply.push_str("</interface-information>");
    let mut snapshot = Snapshot::default();
    if let Some(parser) = crate::parsers::find("optics_diagnostics") {
        parser.parse(reply.as_bytes(), 0, &mut snapshot);
    }
    snapshot
}

/// The columns that describe device and module.
fn described<R>(columns: Columns<R>) -> Vec<&'static Column<R>> {
    let columns = columns.iter().copied().flatten();
    columns
        .filter(|column| METADATA.contains(&column.spec.name))
        .collect()
}

/// What these columns of a row say.
fn metadata<'r, R>(
    columns: &'r [&'static Column<R>],
    row: &'r R,
) -> impl Iterator<Item = (&'static str, Value<'r>)> {
    columns
        .iter()
        .map(move |column| (column.spec.name, (column.get)(row)))
        .filter(|(_, value)| *value != Value::Absent)
}
