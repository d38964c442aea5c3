//! Which member of a cluster, a virtual chassis or a routing matrix speaks, and which slots are its own.
//!
//! Members number their FPCs from 0 again while interfaces carry an offset that depends on the model. So what another
//! member than the first says of a slot is about a port whose name is not known here, and is left out. That a chassis is
//! another member is known by the name of its routing engine, or because it has slots that an earlier one has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{ChassisInventory, DeviceFacts, OneChassis, SystemInformation};
use crate::port::PortLocation;
use crate::snapshot::Snapshot;

/// Members whose slots begin at 0 again.
const NUMBER_AGAIN: [&str; 3] = ["node", "lcc", "member"];

/// The kind and the number in the name of a member's routing engine: `node1`, `lcc1-re0`, `fpc2`.
fn member(engine: &str) -> Option<(&str, u32)> {
    let name = engine.split('-').next()?;
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (kind, number) = name.split_at(digits);
    Some((kind, number.parse().ok()?))
}

/// The same for members whose slots begin at 0 again.
fn numbering_again(engine: Option<&str>) -> Option<(&str, u32)> {
    engine
        .and_then(member)
        .filter(|(kind, _)| NUMBER_AGAIN.contains(kind))
}

/// The members that a device's replies name.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// The kind of members beyond the first that number their slots from 0 again; empty where it has no name.
    others: Option<String>,
    /// The chassis of the inventory that are other members without a name that says so.
    unplaced: BTreeSet<usize>,
    /// The FPC slots of the first member.
    own_slots: BTreeSet<u32>,
    /// The numbers of engines called `fpcN`.
    fpc_engines: BTreeSet<u32>,
    is_virtual: bool,
    /// Of a virtual chassis, the serial number of the member in each FPC slot.
    serials: BTreeMap<u32, String>,
    /// Where several chassis answered, the serial number of the one that has each slot, where it is known.
    chassis_serials: BTreeMap<u32, Option<String>>,
}

impl Members {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut members = Self::default();
        let system = snapshot.system_information.as_ref();
        let Some(chassis) = &snapshot.chassis_inventory else {
            // Which slots are the first member's is not known then.
            let of_system = system.and_then(|system| system.routing_engine.as_deref());
            let of_rows = snapshot.optics.iter().map(|row| &row.routing_engine);
            let of_counters = snapshot.statistics.iter().map(|row| &row.routing_engine);
            let engines = of_rows.chain(of_counters).filter_map(Option::as_deref);
            let mut kinds = engines
                .chain(of_system)
                .filter_map(|engine| numbering_again(Some(engine)));
            members.others = kinds.next().map(|(kind, _)| kind.to_owned());
            return members;
        };
        members.is_virtual = chassis
            .description
            .as_deref()
            .is_some_and(|text| text.to_ascii_lowercase().contains("virtual chassis"));
        let modules = chassis.transceivers.iter();
        let engines = modules
            .filter_map(|module| module.routing_engine.as_deref())
            .chain(
                chassis
                    .fpcs
                    .iter()
                    .filter_map(|fpc| fpc.routing_engine.as_deref()),
            );
        for engine in engines {
            match member(engine) {
                Some(("fpc", number)) => _ = members.fpc_engines.insert(number),
                Some((kind, 1..)) if NUMBER_AGAIN.contains(&kind) => {
                    members.others = Some(kind.to_owned());
                }
                _ => {}
            }
        }
        members.place_chassis(chassis);
        for fpc in &chassis.fpcs {
            let engine = fpc.routing_engine.as_deref();
            let is_first = numbering_again(engine).is_none_or(|(_, number)| number == 0)
                && !members.unplaced.contains(&fpc.chassis);
            if is_first {
                members.own_slots.insert(fpc.slot);
            }
            if let Some(serial) = fpc.serial_number.as_ref().filter(|_| members.is_virtual)
                && members.holds(engine, fpc.chassis, fpc.slot)
            {
                members.serials.insert(fpc.slot, serial.clone());
            }
        }
        members.take_serials(chassis, system);
        members
    }

    /// Finds the chassis that have slots which an earlier one has, and no name that says whose they are.
    fn place_chassis(&mut self, inventory: &ChassisInventory) {
        let mut slots: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        let of_modules = inventory.transceivers.iter().filter_map(|module| {
            let location = module.location?;
            Some((module.chassis, location.fpc))
        });
        let of_fpcs = inventory.fpcs.iter().map(|fpc| (fpc.chassis, fpc.slot));
        for (chassis, slot) in of_modules.chain(of_fpcs) {
            slots.entry(chassis).or_default().insert(slot);
        }
        let mut taken = BTreeSet::new();
        for (place, slots) in slots {
            let engine = inventory.chassis.get(place);
            let engine = engine.and_then(|chassis| chassis.routing_engine.as_deref());
            match engine.and_then(member) {
                // Two routing engines of one chassis say the same, and the names of others say whose slots they have.
                Some(("re" | "fpc", _)) => {}
                Some((kind, _)) if NUMBER_AGAIN.contains(&kind) => {}
                _ if slots.iter().any(|slot| taken.contains(slot)) => {
                    self.unplaced.insert(place);
                    self.others.get_or_insert_default();
                    continue;
                }
                _ => {}
            }
            taken.extend(slots);
        }
    }

    /// Where several chassis answered, a row carries the serial number of the one that has its slot.
    fn take_serials(&mut self, inventory: &ChassisInventory, system: Option<&SystemInformation>) {
        let is_routing_engine = |chassis: &OneChassis| {
            let engine = chassis.routing_engine.as_deref();
            matches!(engine.and_then(member), Some(("re", _)))
        };
        if inventory.chassis.len() < 2 || inventory.chassis.iter().all(is_routing_engine) {
            return;
        }
        for fpc in &inventory.fpcs {
            if !self.holds(fpc.routing_engine.as_deref(), fpc.chassis, fpc.slot)
                || self.chassis_serials.contains_key(&fpc.slot)
            {
                continue;
            }
            let chassis = inventory.chassis.get(fpc.chassis);
            let own = chassis.and_then(|chassis| chassis.serial_number.clone());
            // The chassis may not say it, and the member that spoke for the device may be the same.
            let spoke = system.filter(|system| {
                let engine = system.routing_engine.as_deref();
                engine.is_some() && engine == fpc.routing_engine.as_deref()
            });
            let serial = own.or_else(|| spoke.and_then(|system| system.serial_number.clone()));
            self.chassis_serials.insert(fpc.slot, serial);
        }
    }

    /// True when what this chassis of the inventory holds in an FPC is in the slot of that number.
    pub(crate) fn holds(&self, engine: Option<&str>, chassis: usize, fpc: u32) -> bool {
        !self.unplaced.contains(&chassis) && self.speaks_for(engine, fpc)
    }

    /// True when what this routing engine says of an FPC is about the slot of that number.
    pub(crate) fn speaks_for(&self, engine: Option<&str>, fpc: u32) -> bool {
        match engine.and_then(member) {
            Some(("fpc", number)) => number == fpc || self.fpc_engines.len() == 1,
            Some((kind, number)) if NUMBER_AGAIN.contains(&kind) => number == 0,
            _ => true,
        }
    }

    /// What is known of the device that holds this port, of which this routing engine spoke: of a member that is not known,
    /// neither serial number nor name.
    pub(crate) fn facts(
        &self,
        facts: &Arc<DeviceFacts>,
        location: Option<PortLocation>,
        engine: Option<&str>,
    ) -> Arc<DeviceFacts> {
        let Some(location) = location else {
            return Arc::clone(facts);
        };
        let with_serial = |serial: Option<String>| {
            Arc::new(DeviceFacts {
                device_serial: serial,
                ..DeviceFacts::clone(facts)
            })
        };
        let slot = location.fpc;
        if let Some(serial) = self.serials.get(&slot) {
            return with_serial(Some(serial.clone()));
        }
        if self.is_virtual && !self.serials.is_empty() {
            return with_serial(None);
        }
        let is_own = match numbering_again(engine) {
            Some((_, 1..)) => false,
            Some(_) if self.own_slots.is_empty() => true,
            _ => self.others.is_none() || self.own_slots.contains(&slot),
        };
        if !is_own {
            let kind = numbering_again(engine).map(|(kind, _)| kind);
            let kind = kind.or(self.others.as_deref());
            return Arc::new(DeviceFacts {
                device_serial: None,
                // The nodes of a cluster have names of their own; other members share one.
                hostname: facts.hostname.clone().filter(|_| kind != Some("node")),
                ..DeviceFacts::clone(facts)
            });
        }
        match self.chassis_serials.get(&slot) {
            Some(serial) if *serial != facts.device_serial => with_serial(serial.clone()),
            _ => Arc::clone(facts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ChassisFpc;

    fn members(description: &str, fpcs: &[(Option<&str>, u32, &str)]) -> Members {
        let fpcs = fpcs.iter().map(|(engine, slot, serial)| ChassisFpc {
            slot: *slot,
            serial_number: Some((*serial).to_owned()),
            routing_engine: engine.map(Arc::from),
            chassis: 0,
        });
        Members::of(&Snapshot {
            chassis_inventory: Some(ChassisInventory {
                description: Some(description.to_owned()),
                fpcs: fpcs.collect(),
                ..ChassisInventory::default()
            }),
            ..Snapshot::default()
        })
    }

    fn serial_at(members: &Members, fpc: u32) -> Option<String> {
        let facts = Arc::new(DeviceFacts {
            device_serial: Some("CHASSIS".to_owned()),
            hostname: Some("host".to_owned()),
            ..DeviceFacts::default()
        });
        let location = PortLocation {
            fpc,
            pic: 0,
            port: 0,
        };
        let facts = members.facts(&facts, Some(location), None);
        facts.device_serial.clone()
    }

    /// Members of a reply with one chassis for each engine: its serial number, and the FPC slots that it has.
    fn chassis(engines: &[(Option<&str>, &str, &[u32])], system: Option<&str>) -> Members {
        let mut inventory = ChassisInventory::default();
        for (place, (engine, serial, slots)) in engines.iter().enumerate() {
            inventory.chassis.push(OneChassis {
                serial_number: Some((*serial).to_owned()),
                routing_engine: engine.map(Arc::from),
            });
            let fpcs = slots.iter().map(|slot| ChassisFpc {
                slot: *slot,
                serial_number: None,
                routing_engine: engine.map(Arc::from),
                chassis: place,
            });
            inventory.fpcs.extend(fpcs);
        }
        Members::of(&Snapshot {
            system_information: Some(SystemInformation {
                routing_engine: system.map(str::to_owned),
                ..SystemInformation::default()
            }),
            chassis_inventory: Some(inventory),
            ..Snapshot::default()
        })
    }

    #[test]
    fn a_chassis_that_numbers_again_is_another_member_whatever_it_is_called() {
        for (first, other) in [
            (None, None),
            (Some("primary"), Some("secondary")),
            (Some("Node0"), Some("NODE1:")),
        ] {
            let members = chassis(&[(first, "A", &[0]), (other, "B", &[0, 3])], None);
            assert!(members.holds(first, 0, 0), "{first:?}");
            assert!(!members.holds(other, 1, 0), "{other:?}");
            assert!(!members.holds(other, 1, 3), "{other:?} may number 3 as 11");
            assert_eq!(serial_at(&members, 0).as_deref(), Some("A"));
            assert_eq!(serial_at(&members, 3), None);
        }
        let engines = chassis(
            &[(Some("re0"), "A", &[0, 1]), (Some("re1"), "A", &[0, 1])],
            None,
        );
        assert!(engines.holds(Some("re1"), 1, 0), "of one chassis");
        let apart = chassis(
            &[(Some("localre"), "A", &[0]), (Some("fpc1"), "B", &[1])],
            None,
        );
        assert!(apart.holds(Some("fpc1"), 1, 1));
        assert_eq!(serial_at(&apart, 0).as_deref(), Some("A"));
        assert_eq!(serial_at(&apart, 1).as_deref(), Some("B"));
    }

    #[test]
    fn a_row_has_the_serial_number_of_its_own_member_and_not_of_the_one_that_spoke_for_the_device()
    {
        let members = chassis(
            &[
                (Some("member1-re0"), "B", &[0]),
                (Some("member0-re0"), "A", &[0]),
            ],
            None,
        );
        assert_eq!(serial_at(&members, 0).as_deref(), Some("A"));
        assert_eq!(serial_at(&members, 12), None);
        let matrix = chassis(
            &[
                (Some("sfc0-re0"), "SFC", &[]),
                (Some("lcc0-re0"), "L0", &[0]),
            ],
            None,
        );
        assert_eq!(serial_at(&matrix, 0).as_deref(), Some("L0"));
    }

    #[test]
    fn without_a_chassis_inventory_the_engine_that_reports_a_row_says_whose_it_is() {
        let members = Members::of(&Snapshot {
            system_information: Some(SystemInformation {
                routing_engine: Some("node0".to_owned()),
                ..SystemInformation::default()
            }),
            ..Snapshot::default()
        });
        let facts = Arc::new(DeviceFacts {
            device_serial: Some("NODE0".to_owned()),
            hostname: Some("fw-a".to_owned()),
            ..DeviceFacts::default()
        });
        let location = Some(PortLocation {
            fpc: 7,
            pic: 0,
            port: 0,
        });
        for (engine, serial, hostname) in [
            (Some("node0"), Some("NODE0"), Some("fw-a")),
            (Some("node1"), None, None),
            (None, None, None),
        ] {
            let row = members.facts(&facts, location, engine);
            assert_eq!(row.device_serial.as_deref(), serial, "{engine:?}");
            assert_eq!(row.hostname.as_deref(), hostname, "{engine:?}");
        }
    }

    #[test]
    fn only_the_first_of_members_that_number_again_speaks_for_a_slot() {
        for (first, other) in [
            ("node0", "node1"),
            ("lcc0-re0", "lcc1-re0"),
            ("member0-re0", "member1-re1"),
        ] {
            let members = members("MX480", &[(Some(first), 0, "A"), (Some(other), 0, "B")]);
            assert!(members.speaks_for(Some(first), 0), "{first}");
            assert!(!members.speaks_for(Some(other), 0), "{other}");
            assert_eq!(serial_at(&members, 0).as_deref(), Some("CHASSIS"));
            assert_eq!(serial_at(&members, 8), None, "no port of {first}");
        }
        let alone = members("MX480", &[(Some("re0"), 0, "A"), (None, 1, "B")]);
        assert!(alone.speaks_for(Some("re1"), 0) && alone.speaks_for(None, 5));
        assert_eq!(serial_at(&alone, 9).as_deref(), Some("CHASSIS"));
    }

    #[test]
    fn in_a_virtual_chassis_a_row_has_the_serial_number_of_its_own_member() {
        let one_speaks = members(
            "Virtual Chassis",
            &[(Some("fpc0"), 0, "A"), (Some("fpc0"), 1, "B")],
        );
        assert_eq!(serial_at(&one_speaks, 1).as_deref(), Some("B"));
        assert!(one_speaks.speaks_for(Some("fpc0"), 1));
        assert_eq!(serial_at(&one_speaks, 2), None, "no member that is known");
        let each_speaks = members(
            "Virtual Chassis",
            &[(Some("fpc0"), 0, "A"), (Some("fpc1"), 1, "B")],
        );
        assert!(each_speaks.speaks_for(Some("fpc1"), 1));
        assert!(
            !each_speaks.speaks_for(Some("fpc1"), 0),
            "another member's slot"
        );
    }
}
