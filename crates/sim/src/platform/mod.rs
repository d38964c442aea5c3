//! The simulated platforms, each as a [`Blueprint`]: slots, ports, optics and the output style of its software.
//!
//! There is one file for each platform, and one catalogue of optics. A blueprint holds constant facts; the model adds what changes
//! over time. Part numbers and limits have the form of real ones, for parsers.

mod blueprint;
mod mx480;
mod optic;
mod qfx5120;
mod qfx5220;
mod qfx5240;

pub(crate) use blueprint::{
    Blueprint, Breakout, FecModePlace, Fpc, Histogram, Pic, Port, Style, SystemInterface,
    TemperatureDigits,
};
pub(crate) use optic::{Limits, Optic, TEMPERATURE_LIMITS_C, VOLTAGE_LIMITS_V};

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// 32 × 400G, Junos EVO: DR4 (4 lanes, single mode) and SR8 (8 lanes, multimode).
    Qfx5220,
    /// 64 × 800G in OSFP, Junos EVO, some ports broken out into two 400G channels.
    Qfx5240,
    /// 48 × 25G single lane and 8 × 100G four lanes, classic Junos.
    Qfx5120,
    /// A chassis with MICs, 10G and 100G, whose operational replies come wrapped in a routing engine's item.
    Mx480,
}

impl Platform {
    /// Every platform, in the order in which [`mixed`](crate::spec::mixed) deals them.
    pub const ALL: [Self; 4] = [Self::Qfx5220, Self::Qfx5240, Self::Qfx5120, Self::Mx480];

    /// The short name from which device names are made: `qfx5220`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Qfx5220 => "qfx5220",
            Self::Qfx5240 => "qfx5240",
            Self::Qfx5120 => "qfx5120",
            Self::Mx480 => "mx480",
        }
    }

    /// What the device calls itself: `qfx5220-32cd`.
    pub fn hardware_model(self) -> &'static str {
        self.blueprint().hardware_model
    }

    pub(crate) fn blueprint(self) -> Blueprint {
        match self {
            Self::Qfx5220 => qfx5220::blueprint(),
            Self::Qfx5240 => qfx5240::blueprint(),
            Self::Qfx5120 => qfx5120::blueprint(),
            Self::Mx480 => mx480::blueprint(),
        }
    }
}
