//! What tells single-mode from multi-mode and one light from another, as data.
//!
//! Media names are those of IEEE 802.3 and of the usual multi-source agreements; wavelengths are the windows of the two
//! kinds of fibre; part numbers are Juniper's for optics whose inventory text alone would not tell.

use std::ops::RangeInclusive;

use crate::model::FiberType::{self, MultiMode, SingleMode};

/// Media, without the speed before and the number of lanes behind.
pub(super) const MEDIA: &[(&str, FiberType)] = &[
    ("SR", MultiMode),
    ("SRL", MultiMode),
    ("ESR", MultiMode),
    ("CSR", MultiMode),
    ("USR", MultiMode),
    ("VR", MultiMode),
    ("SX", MultiMode),
    ("LRM", MultiMode),
    ("SWDM", MultiMode),
    ("SRBD", MultiMode),
    ("VSR", MultiMode),
    ("FX", MultiMode),
    ("SW", MultiMode),
    ("MMF", MultiMode),
    ("LR", SingleMode),
    ("LRL", SingleMode),
    ("IR", SingleMode),
    ("ER", SingleMode),
    ("ERL", SingleMode),
    ("ZR", SingleMode),
    ("ZRP", SingleMode),
    ("OPENZR", SingleMode),
    ("LW", SingleMode),
    ("EW", SingleMode),
    ("CLR", SingleMode),
    ("PLR", SingleMode),
    ("PLRL", SingleMode),
    ("XDR", SingleMode),
    ("DR", SingleMode),
    ("FR", SingleMode),
    ("LH", SingleMode),
    ("LX", SingleMode),
    ("EX", SingleMode),
    ("ZX", SingleMode),
    ("BX", SingleMode),
    ("CWDM", SingleMode),
    ("DWDM", SingleMode),
    ("PSM", SingleMode),
    ("SMF", SingleMode),
];

/// The first window, with the four wavelengths of SWDM.
pub(super) const MULTI_MODE_NM: RangeInclusive<f64> = 840.0..=960.0;

/// From the O to the L band.
pub(super) const SINGLE_MODE_NM: RangeInclusive<f64> = 1260.0..=1630.0;

/// The cable among them whose ends send light.
pub(super) const OPTICAL_CABLE: &str = "AOC";

/// Copper, and cables that are one with the modules at their ends.
pub(super) const CABLES: &[&str] = &[
    "T", "TX", "CR", "CX", "KR", "KX", "CU", "ACU", "DAC", "PDAC", "ADAC", "ACC", "AEC", "AOC",
    "TWINAX", "COPPER", "RJ",
];

/// A medium that has one wavelength.
pub(super) struct Nominal {
    pub(super) medium: &'static str,
    /// What may stand behind the name; empty: anything.
    pub(super) lanes: &'static [&'static str],
    /// At which speeds in Gbit/s; empty: at any.
    pub(super) speeds: &'static [f64],
    pub(super) nm: f64,
}

const fn nominal(
    medium: &'static str,
    lanes: &'static [&'static str],
    speeds: &'static [f64],
    nm: f64,
) -> Nominal {
    Nominal {
        medium,
        lanes,
        speeds,
        nm,
    }
}

/// One lane, or as many as there are fibres: each on the same wavelength.
const ONE_LANE: &[&str] = &["", "1"];
const PARALLEL: &[&str] = &["", "1", "2", "4", "8", "10", "16"];

/// Media with exactly one wavelength, by lanes and speed, and that wavelength in nm. Not here are those that are sold on
/// several (1000BASE-EX), that put several on a fibre (LR4, FR4, CWDM4) and that are tuned (ZR from 100 Gbit/s on).
pub(super) const NOMINAL_NM: &[Nominal] = &[
    nominal("SR", PARALLEL, &[], 850.0),
    nominal("ESR", PARALLEL, &[], 850.0),
    nominal("CSR", PARALLEL, &[], 850.0),
    nominal("USR", PARALLEL, &[], 850.0),
    nominal("VR", PARALLEL, &[], 850.0),
    nominal("SX", ONE_LANE, &[], 850.0),
    nominal("LRM", ONE_LANE, &[], 1310.0),
    nominal("FX", ONE_LANE, &[0.1], 1310.0),
    nominal("SW", ONE_LANE, &[10.0], 850.0),
    nominal("LW", ONE_LANE, &[10.0], 1310.0),
    nominal("EW", ONE_LANE, &[10.0], 1550.0),
    nominal("LR", ONE_LANE, &[], 1310.0),
    nominal("LX", &["", "10"], &[], 1310.0),
    nominal("PSM", PARALLEL, &[], 1310.0),
    nominal("DR", PARALLEL, &[], 1310.0),
    nominal("FR", ONE_LANE, &[], 1310.0),
    nominal("ER", ONE_LANE, &[10.0], 1550.0),
    nominal("ER", ONE_LANE, &[25.0, 50.0, 100.0], 1310.0),
    nominal("ZR", ONE_LANE, &[10.0], 1550.0),
    nominal("ZX", ONE_LANE, &[1.0], 1550.0),
];

/// Wavelengths as part numbers write them: the windows, and the grid of coarse wavelength division.
pub(super) const NAMED_NM: &[(&str, f64)] = &[
    ("850", 850.0),
    ("1270", 1270.0),
    ("1290", 1290.0),
    ("1310", 1310.0),
    ("1330", 1330.0),
    ("1350", 1350.0),
    ("1370", 1370.0),
    ("1390", 1390.0),
    ("1410", 1410.0),
    ("1430", 1430.0),
    ("1450", 1450.0),
    ("1470", 1470.0),
    ("1490", 1490.0),
    ("1510", 1510.0),
    ("1530", 1530.0),
    ("1550", 1550.0),
    ("1570", 1570.0),
    ("1590", 1590.0),
    ("1610", 1610.0),
];

/// Starts of part numbers.
pub(super) const PART_NUMBERS: &[(&str, FiberType)] = &[
    ("740-011613", MultiMode),  // SFP-SX
    ("740-011782", MultiMode),  // SFP-SX
    ("740-011614", SingleMode), // SFP-LX10
    ("740-011783", SingleMode), // SFP-LX10
    ("740-021308", MultiMode),  // SFP+-10G-SR
    ("740-031980", MultiMode),  // SFP+-10G-SR
    ("740-030658", MultiMode),  // SFP+-10G-USR
    ("740-021309", SingleMode), // SFP+-10G-LR
    ("740-031981", SingleMode), // SFP+-10G-LR
    ("740-032986", MultiMode),  // QSFP+-40G-SR4
    ("740-058734", MultiMode),  // QSFP-100GBASE-SR4
    ("740-061405", MultiMode),  // QSFP-100GBASE-SR4
    ("740-058732", SingleMode), // QSFP-100GBASE-LR4
    ("740-061409", SingleMode), // QSFP-100GBASE-LR4
    ("740-046565", MultiMode),  // QSFP+-40G-SR4
    ("740-067442", MultiMode),  // QSFP+-40G-SR4
    ("740-067443", MultiMode),  // QSFP+-40G-SR4
    ("740-031851", MultiMode),  // SFP-SX
    ("740-065054", MultiMode),  // CFP2-100G-SR10
    ("740-052504", SingleMode), // CFP2-100G-LR4
    ("740-031833", SingleMode), // XFP-10G-LW
    ("740-011607", SingleMode), // XFP-10G-LW
    ("740-085349", SingleMode), // QSFP56-DD-400G-FR4
    ("740-085351", SingleMode), // QSFP56-DD-400GBASE-DR4
    ("740-120240", SingleMode), // QSFP28-100G-ZR4
    ("740-169887", SingleMode), // QSFP-400G-DR4-2
    ("740-174933", SingleMode), // OSFP-800G-DR8-2-P
    ("740-114884", SingleMode), // QSFP56-DD-400G-ZR
];
