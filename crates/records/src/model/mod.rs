//! The records: what is known of one device in one run, as plain structs.
//!
//! Two layers. What a reply says: [`SystemInformation`], [`ChassisInventory`], [`PicPort`], [`InterfaceOptics`],
//! [`InterfaceStatistics`], gathered in a [`Snapshot`](crate::Snapshot). What is delivered, after the replies have been joined:
//! [`InterfaceDom`], [`LaneDom`], [`InterfaceCounters`]; each of these three also has its column list here, beside the
//! struct, and that list is the only place where a column's name, type, unit and meaning are written.

mod chassis;
mod coherent;
mod counter_columns;
mod document_columns;
mod inferred;
mod interface_columns;
mod lane_columns;
mod optics;
mod pic;
mod rows;
mod statistics;
mod system;

pub use chassis::{ChassisFpc, ChassisInventory, ChassisTransceiver, OneChassis};
pub use coherent::{COHERENT, COHERENT_QUANTITIES, Coherent, CoherentQuantity};
pub use counter_columns::INTERFACE_COUNTERS_COLUMNS;
pub use document_columns::{
    CHASSIS_INVENTORY_COLUMNS, ChassisDocument, PIC_DETAIL_COLUMNS, PortObject,
    SYSTEM_INFORMATION_COLUMNS, SystemDocument, TRANSCEIVER_COLUMNS, TransceiverObject,
};
pub use inferred::{FiberRule, FiberType, NameSource, WavelengthRule};
pub use interface_columns::INTERFACE_DOM_COLUMNS;
pub use lane_columns::LANE_DOM_COLUMNS;
pub use optics::{
    FlaggedQuantities, Halves, InterfaceOptics, Lane, Limits, OpticalPower, Thresholds,
    TransmitReceive,
};
pub use pic::PicPort;
pub use rows::{DeviceFacts, InterfaceCounters, InterfaceDom, LaneDom, Status, Transceiver};
pub use statistics::{BINS, Fec, Histogram, InterfaceStatistics, OpticFec, Traffic};
pub use system::SystemInformation;
