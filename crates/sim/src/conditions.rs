//! Conditions of a port: empty, dark, copper, or a failing lane.
//!
//! A condition belongs to a port (its module), not to an interface: all channels of a broken-out port share it. A port without a
//! condition is healthy. Faults of the network are [`faults`](crate::faults).

use std::{fmt, str::FromStr, time::Duration};

/// Where a module sits: FPC, PIC and port number, as in `et-FPC/PIC/PORT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortLocation {
    /// Flexible PIC concentrator, or the chassis' only board.
    pub fpc: u32,
    /// PIC on that FPC.
    pub pic: u32,
    /// Port on that PIC.
    pub port: u32,
}

impl PortLocation {
    /// The location `fpc/pic/port`.
    pub fn new(fpc: u32, pic: u32, port: u32) -> Self {
        Self { fpc, pic, port }
    }
}

impl fmt::Display for PortLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.fpc, self.pic, self.port)
    }
}

/// Text that is not a port location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a port location: expected FPC/PIC/PORT, as in 0/0/3")]
pub struct NotALocation(String);

impl FromStr for PortLocation {
    type Err = NotALocation;

    /// Reads `0/0/3`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Result<Vec<u32>, _> = text.split('/').map(str::parse).collect();
        match numbers.as_deref() {
            Ok([fpc, pic, port]) => Ok(Self::new(*fpc, *pic, *port)),
            _ => Err(NotALocation(text.to_owned())),
        }
    }
}

/// The state of a port that is not simply healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// No module: absent from inventory, PIC detail and optics; the interface is there and down.
    Empty,
    /// A module without light at its receiver: it sends and reports, the link is down.
    Dark,
    /// A copper cable: the link is up, the module has no optical diagnostics.
    Copper,
    /// One lane loses received power from the start of the fleet's clock until the link's pre-FEC bit error ratio passes 4·10⁻⁴, and
    /// stays there.
    FailingLane {
        /// The lane's index in the module; a number beyond the module's lanes means its last lane.
        lane: u32,
        /// Time from healthy to the worst; zero: the worst at once.
        over: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_reads_as_it_writes() {
        let location: PortLocation = "1/2/30".parse().unwrap();
        assert_eq!(location, PortLocation::new(1, 2, 30));
        assert_eq!(location.to_string(), "1/2/30");
        for wrong in ["", "1/2", "1/2/3/4", "et-0/0/1", "0/0/-1"] {
            assert!(wrong.parse::<PortLocation>().is_err(), "{wrong}");
        }
    }
}
