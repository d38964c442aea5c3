//! `get-pic-detail`: one record for each port of one PIC.

use std::sync::Arc;

use crate::port::PortLocation;

/// A port as PIC detail describes it: the module's vendor facts and its fibre.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PicPort {
    /// FPC, PIC and port, when the reply names all three.
    pub location: Option<PortLocation>,
    /// `sfp-vendor-name`.
    pub vendor: Option<String>,
    /// `sfp-vendor-pno`.
    pub part_number: Option<String>,
    /// `sfp-vendor-sn`.
    pub serial_number: Option<String>,
    /// `sfp-vendor-fw-ver`.
    pub firmware_version: Option<String>,
    /// `sfp-jnpr-ver`.
    pub revision: Option<String>,
    /// `cable-type`, such as `100GBASE LR4`.
    pub cable_type: Option<String>,
    /// `fiber-mode`, as written: `SM`, `MM`, …
    pub fiber_mode: Option<String>,
    /// `wavelength`, as written: `1310 nm`.
    pub wavelength: Option<String>,
    /// The routing engine (node, member) that answered, where the reply names one.
    pub routing_engine: Option<Arc<str>>,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}
