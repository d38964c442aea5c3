//! What tells single-mode from multi-mode, as data.
//!
//! Media names are those of IEEE 802.3 and of the usual multi-source agreements; wavelengths are the windows of the two
//! kinds of fibre; part numbers are Juniper's for optics whose inventory text alone would not tell.

use std::ops::RangeInclusive;

use super::FiberType::{self, MultiMode, SingleMode};

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
