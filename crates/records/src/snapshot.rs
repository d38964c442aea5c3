//! What all replies of one device said in one run, before they are joined.

use std::collections::BTreeMap;

use crate::mapping::MappedRows;
use crate::model::{
    ChassisInventory, InterfaceOptics, InterfaceStatistics, PicPort, SystemInformation,
};
use crate::note::Notes;

/// When the replies arrived whose payload was there, by RPC; UTC seconds. A list alone could not tell "no interfaces"
/// from "no reply".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrivals(BTreeMap<&'static str, i64>);

impl Arrivals {
    /// When the last reply of this RPC arrived.
    pub fn get(&self, rpc: &str) -> Option<i64> {
        self.0.get(rpc).copied()
    }

    /// Says that a reply of this RPC arrived.
    pub fn set(&mut self, rpc: &'static str, arrived: i64) {
        self.0.insert(rpc, arrived);
    }
}

/// One device, one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// `get-system-information`.
    pub system_information: Option<SystemInformation>,
    /// `get-chassis-inventory`.
    pub chassis_inventory: Option<ChassisInventory>,
    /// `get-pic-detail`, the ports of all replies.
    pub pic_ports: Vec<PicPort>,
    /// `get-interface-optics-diagnostics-information`, in the order of the reply.
    pub optics: Vec<InterfaceOptics>,
    /// `get-interface-information`, in the order of the reply.
    pub statistics: Vec<InterfaceStatistics>,
    /// What mappings read, by mapping, in the order in which the replies arrived.
    pub mapped: Vec<MappedRows>,
    /// Which list replies were there at all.
    pub arrivals: Arrivals,
    /// What could not be used.
    pub notes: Notes,
}
