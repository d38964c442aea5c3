//! `get-chassis-inventory`: the chassis and its transceivers. Fans, supplies and boards are left out.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::port::PortLocation;

/// What the inventory says of the chassis and of the modules in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChassisInventory {
    /// Serial number of the chassis; of its backplane or midplane where the chassis itself gives none.
    pub serial_number: Option<String>,
    /// Description of the chassis: its product name.
    pub description: Option<String>,
    /// The transceivers, in the order of the reply.
    pub transceivers: Vec<ChassisTransceiver>,
    /// The FPCs, in the order of the reply: in a virtual chassis its members.
    pub fpcs: Vec<ChassisFpc>,
    /// Every chassis of the reply, in its order: members of a cluster or of a routing matrix, or what each of two routing
    /// engines says of the same one.
    pub chassis: Vec<OneChassis>,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}

/// One `chassis` of the inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneChassis {
    /// `serial-number`.
    pub serial_number: Option<String>,
    /// The routing engine (node, member) that reported it, where the reply names one.
    pub routing_engine: Option<Arc<str>>,
}

/// One `FPC N` of the inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChassisFpc {
    /// Its slot.
    pub slot: u32,
    /// `serial-number`.
    pub serial_number: Option<String>,
    /// The routing engine (node, member) that reported it, where the reply names one.
    pub routing_engine: Option<Arc<str>>,
    /// The place of its chassis among those of the reply.
    pub chassis: usize,
}

/// One `Xcvr N` of the inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChassisTransceiver {
    /// FPC, PIC and port, when all three are named around it.
    pub location: Option<PortLocation>,
    /// `part-number`; `NON-JNPR` is the device's word for a module that is not Juniper's.
    pub part_number: Option<String>,
    /// `serial-number`.
    pub serial_number: Option<String>,
    /// `version`, such as `REV 01`; devices also send numbers and rubbish here.
    pub revision: Option<String>,
    /// `description`: the optic type, such as `QSFP-100GBASE-SR4`.
    pub description: Option<String>,
    /// `model-number`.
    pub model_number: Option<String>,
    /// The routing engine (node, member) that reported it, where the reply names one.
    pub routing_engine: Option<Arc<str>>,
    /// The place of its chassis among those of the reply.
    pub chassis: usize,
}

impl ChassisInventory {
    /// FPC and PIC slots that hold a transceiver, sorted, each once: what PIC detail has to be asked for.
    pub fn pics_with_transceivers(&self) -> Vec<(u32, u32)> {
        let pics: BTreeSet<_> = self
            .transceivers
            .iter()
            .filter_map(|t| t.location)
            .map(|location| (location.fpc, location.pic))
            .collect();
        pics.into_iter().collect()
    }
}
