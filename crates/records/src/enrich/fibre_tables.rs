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
    ("MMF", MultiMode),
    ("LR", SingleMode),
    ("LRL", SingleMode),
    ("IR", SingleMode),
    ("ER", SingleMode),
    ("ERL", SingleMode),
    ("ZR", SingleMode),
    ("ZRP", SingleMode),
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

/// Media with exactly one wavelength, number of lanes included, and that wavelength in nm.
pub(super) const NOMINAL_NM: &[(&str, f64)] = &[
    ("SR", 850.0),
    ("SR2", 850.0),
    ("SR4", 850.0),
    ("SR8", 850.0),
    ("SR10", 850.0),
    ("ESR4", 850.0),
    ("CSR4", 850.0),
    ("USR", 850.0),
    ("VR4", 850.0),
    ("VR8", 850.0),
    ("SX", 850.0),
    ("LRM", 1310.0),
    ("LR", 1310.0),
    ("LX", 1310.0),
    ("LX10", 1310.0),
    ("PSM4", 1310.0),
    ("DR", 1310.0),
    ("DR4", 1310.0),
    ("DR8", 1310.0),
    ("ER", 1550.0),
    ("ZR", 1550.0),
    ("EX", 1550.0),
    ("ZX", 1550.0),
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
];
