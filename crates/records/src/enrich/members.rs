//! Which member of a cluster, a virtual chassis or a routing matrix speaks, and which slots are its own.
//!
//! Members number their FPCs from 0 again while interfaces carry an offset that depends on the model. So what another
//! member than the first says of a slot is about a port whose name is not known here, and is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{ChassisInventory, DeviceFacts};
use crate::port::PortLocation;

/// Members whose slots begin at 0 again.
const NUMBER_AGAIN: [&str; 3] = ["node", "lcc", "member"];

/// The kind and the number in the name of a member's routing engine: `node1`, `lcc1-re0`, `fpc2`.
fn member(engine: &str) -> Option<(&str, u32)> {
    let name = engine.split('-').next()?;
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (kind, number) = name.split_at(digits);
    Some((kind, number.parse().ok()?))
}

/// The members that the chassis inventory names.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// The kind of members beyond the first that number their slots from 0 again.
    others: Option<String>,
    /// The FPC slots of the first member.
    own_slots: BTreeSet<u32>,
    /// The numbers of engines called `fpcN`.
    fpc_engines: BTreeSet<u32>,
    /// Of a virtual chassis, the serial number of the member in each FPC slot.
    serials: BTreeMap<u32, String>,
}

impl Members {
    pub(crate) fn of(chassis: Option<&ChassisInventory>) -> Self {
        let mut members = Self::default();
        let Some(chassis) = chassis else {
            return members;
        };
        let is_virtual = chassis
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
        for fpc in &chassis.fpcs {
            let engine = fpc.routing_engine.as_deref();
            let is_first = engine
                .and_then(member)
                .is_none_or(|(kind, number)| number == 0 || !NUMBER_AGAIN.contains(&kind));
            if is_first {
                members.own_slots.insert(fpc.slot);
            }
            if let Some(serial) = fpc.serial_number.as_ref().filter(|_| is_virtual)
                && members.speaks_for(engine, fpc.slot)
            {
                members.serials.insert(fpc.slot, serial.clone());
            }
        }
        members
    }

    /// True when what this routing engine says of an FPC is about the slot of that number.
    pub(crate) fn speaks_for(&self, engine: Option<&str>, fpc: u32) -> bool {
        match engine.and_then(member) {
            Some(("fpc", number)) => number == fpc || self.fpc_engines.len() == 1,
            Some((kind, number)) if NUMBER_AGAIN.contains(&kind) => number == 0,
            _ => true,
        }
    }

    /// What is known of the device that holds this port: of a member that is not known, neither serial number nor name.
    pub(crate) fn facts(
        &self,
        facts: &Arc<DeviceFacts>,
        location: Option<PortLocation>,
    ) -> Arc<DeviceFacts> {
        let Some(location) = location else {
            return Arc::clone(facts);
        };
        if let Some(serial) = self.serials.get(&location.fpc) {
            return Arc::new(DeviceFacts {
                device_serial: Some(serial.clone()),
                ..DeviceFacts::clone(facts)
            });
        }
        match &self.others {
            Some(kind) if !self.own_slots.contains(&location.fpc) => Arc::new(DeviceFacts {
                device_serial: None,
                // The nodes of a cluster have names of their own; other members share one.
                hostname: facts.hostname.clone().filter(|_| kind != "node"),
                ..DeviceFacts::clone(facts)
            }),
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
        });
        Members::of(Some(&ChassisInventory {
            description: Some(description.to_owned()),
            fpcs: fpcs.collect(),
            ..ChassisInventory::default()
        }))
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
        members.facts(&facts, Some(location)).device_serial.clone()
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
