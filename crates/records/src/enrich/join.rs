//! The join: a snapshot becomes the rows and the documents of one device.

use std::collections::HashSet;
use std::sync::Arc;

use super::members::Members;
use super::names::{PortNames, odd_name};
use super::transceivers::{Transceivers, transceivers};
use crate::filter::InterfaceFilter;
use crate::judge;
use crate::mapping::MappedRows;
use crate::model::{
    ChassisInventory, DeviceFacts, InterfaceCounters, InterfaceDom, InterfaceOptics, LaneDom,
    PicPort, SystemInformation, Transceiver,
};
use crate::note::{Note, Notes, shortened};
use crate::port::{PortLocation, PortName};
use crate::snapshot::{Arrivals, Snapshot};
use crate::value::State;

/// What the device cannot say: who asked, when, and for what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The device's name in the inventory.
    pub device: String,
    /// The runner's name.
    pub runner_name: String,
    /// UTC second at which the run began.
    pub run_timestamp: i64,
    /// Interfaces to keep; all when `None`.
    pub interface_filter: Option<InterfaceFilter>,
}

/// Everything that is known of one device in one run, joined.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeviceRecords {
    /// What is the same in every row.
    pub facts: Arc<DeviceFacts>,
    /// The device as it describes itself.
    pub system_information: Option<SystemInformation>,
    /// The chassis inventory.
    pub chassis_inventory: Option<ChassisInventory>,
    /// The ports of PIC detail.
    pub pic_ports: Vec<PicPort>,
    /// The joined modules, sorted by location.
    pub transceivers: Vec<Arc<Transceiver>>,
    /// The names that the device uses for locations.
    pub port_names: PortNames,
    /// Rows of `intf-dom`, and of those without a port location; in the order of the reply.
    pub interfaces: Vec<InterfaceDom>,
    /// Rows of `lane-dom`, in the order of the reply.
    pub lanes: Vec<LaneDom>,
    /// Rows of `intf-counters`, in the order of the reply.
    pub counters: Vec<InterfaceCounters>,
    /// What mappings read, by mapping.
    pub mapped: Vec<MappedRows>,
    /// Which list replies were there at all.
    pub arrivals: Arrivals,
    /// What could not be used.
    pub notes: Notes,
}

/// Joins the replies of one device by port location.
///
/// An interface that is reported twice (by two routing engines, say) is kept once, as first reported, with a note: two
/// rows for one port would count it twice.
pub fn join(snapshot: Snapshot, context: &Context) -> DeviceRecords {
    let members = Members::of(&snapshot);
    let Snapshot {
        system_information,
        chassis_inventory,
        pic_ports,
        optics,
        statistics,
        mut mapped,
        arrivals,
        mut notes,
    } = snapshot;
    let facts = Arc::new(device_facts(
        system_information.as_ref(),
        chassis_inventory.as_ref(),
        context,
    ));
    let modules = transceivers(chassis_inventory.as_ref(), &pic_ports, &members, &mut notes);
    let mut port_names = PortNames::default();
    optics
        .iter()
        .map(|o| &o.name)
        .chain(statistics.iter().map(|s| &s.name))
        .for_each(|name| port_names.hear(name));

    let kept = |name: &str| {
        context
            .interface_filter
            .as_ref()
            .is_none_or(|filter| filter.selects(name))
    };
    let mut records = DeviceRecords {
        facts: Arc::clone(&facts),
        arrivals,
        port_names,
        ..DeviceRecords::default()
    };
    let switched_off: HashSet<Arc<str>> = statistics
        .iter()
        .filter(|interface| interface.admin_status.as_deref() == Some("down"))
        .map(|interface| Arc::clone(&interface.name))
        .collect();
    let mut seen = HashSet::new();
    for mut interface in optics.into_iter().filter(|interface| kept(&interface.name)) {
        if !seen.insert(Arc::clone(&interface.name)) {
            notes.push(twice(
                "optics_diagnostics",
                &interface.name,
                interface.routing_engine.as_deref(),
            ));
            continue;
        }
        let (location, channel, transceiver) = place(&interface.name, &modules);
        if location.is_none() {
            let odd = odd_name("optics_diagnostics", &interface.name);
            notes.push_some(odd.or_else(|| not_a_port(&interface)));
        }
        let facts = members.facts(&facts, location, interface.routing_engine.as_deref());
        let is_copper = transceiver.as_ref().is_some_and(|module| module.is_copper);
        let is_off = is_copper || switched_off.contains(&interface.name);
        let status = judge::status(&interface, interface.lanes.iter(), is_off);
        let lanes = std::mem::take(&mut interface.lanes);
        let lane_count = u32::try_from(lanes.len()).unwrap_or(u32::MAX);
        records.lanes.extend(lanes.into_iter().map(|lane| LaneDom {
            facts: Arc::clone(&facts),
            transceiver: transceiver.clone(),
            if_name: Arc::clone(&interface.name),
            location,
            channel,
            optics_state: interface.state,
            temperature_c: interface.temperature_c,
            voltage_v: interface.voltage_v,
            lane,
            timestamp: interface.timestamp,
        }));
        records.interfaces.push(InterfaceDom {
            facts,
            transceiver,
            location,
            channel,
            status,
            lane_count,
            optics: interface,
        });
    }
    seen.clear();
    for statistics in statistics
        .into_iter()
        .filter(|interface| kept(&interface.name))
    {
        if !seen.insert(Arc::clone(&statistics.name)) {
            notes.push(twice(
                "interface_statistics",
                &statistics.name,
                statistics.routing_engine.as_deref(),
            ));
            continue;
        }
        let (location, channel, _) = place(&statistics.name, &modules);
        if location.is_none() {
            notes.push_some(odd_name("interface_statistics", &statistics.name));
        }
        records.counters.push(InterfaceCounters {
            facts: members.facts(&facts, location, statistics.routing_engine.as_deref()),
            location,
            channel,
            statistics,
        });
    }
    mapped.iter_mut().for_each(|mapped| mapped.keep(&kept));
    DeviceRecords {
        mapped,
        system_information,
        chassis_inventory,
        pic_ports,
        transceivers: modules.into_values().collect(),
        notes,
        ..records
    }
}

fn device_facts(
    system: Option<&SystemInformation>,
    chassis: Option<&ChassisInventory>,
    context: &Context,
) -> DeviceFacts {
    let of_system = |get: fn(&SystemInformation) -> &Option<String>| {
        system.and_then(|system| get(system).clone())
    };
    DeviceFacts {
        device: context.device.clone(),
        hostname: of_system(|s| &s.hostname),
        model: of_system(|s| &s.model),
        version: of_system(|s| &s.version),
        device_serial: of_system(|s| &s.serial_number)
            .or_else(|| chassis.and_then(|c| c.serial_number.clone())),
        run_timestamp: context.run_timestamp,
        runner_name: context.runner_name.clone(),
    }
}

type InterfacePlace = (Option<PortLocation>, Option<u32>, Option<Arc<Transceiver>>);

fn place(name: &str, modules: &Transceivers) -> InterfacePlace {
    let Some(port) = PortName::parse(name) else {
        return (None, None, None);
    };
    let module = if port.can_hold_a_module() {
        modules.get(&port.location).cloned()
    } else {
        None
    };
    (Some(port.location), port.channel, module)
}

/// The note of an interface that measures light and whose name says no place: it is in no table.
fn not_a_port(interface: &InterfaceOptics) -> Option<Note> {
    let measures = matches!(interface.state, State::Ok | State::NoLight);
    measures.then(|| Note {
        rpc: "optics_diagnostics".into(),
        interface: Some(Arc::clone(&interface.name)),
        lane: None,
        field: "name".into(),
        found: shortened(&interface.name),
        expected: "a name with FPC, PIC and port, such as et-0/0/1: it is left out of the tables"
            .into(),
    })
}

fn twice(rpc: &'static str, name: &Arc<str>, routing_engine: Option<&str>) -> Note {
    let found = match routing_engine {
        Some(engine) => format!("{name} again, from {engine}"),
        None => format!("{name} again"),
    };
    Note {
        rpc: rpc.into(),
        interface: Some(Arc::clone(name)),
        lane: None,
        field: "name".into(),
        found: shortened(&found),
        expected: "every interface once".into(),
    }
}
