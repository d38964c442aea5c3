//! The optical modules in use: nominal powers, limits and labels.
//!
//! Powers and limits follow the standards of the module classes (IEEE 802.3 clauses 95, 112, 121, 138 and usual vendor data sheets),
//! rounded.

/// The fibre type of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fiber {
    /// Single mode.
    Single,
    /// Multimode.
    Multi,
}

impl Fiber {
    /// As `fiber-mode` has it.
    pub(crate) fn junos_name(self) -> &'static str {
        match self {
            Self::Single => "SM",
            Self::Multi => "MM",
        }
    }
}

/// The four limits of a quantity, as the module's memory holds them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) high_alarm: f64,
    pub(crate) low_alarm: f64,
    pub(crate) high_warn: f64,
    pub(crate) low_warn: f64,
}

/// A type of module.
#[derive(Debug)]
pub(crate) struct Optic {
    /// As chassis inventory describes it.
    pub(crate) description: &'static str,
    /// As PIC detail calls it.
    pub(crate) cable_type: &'static str,
    pub(crate) part_number: &'static str,
    pub(crate) fiber: Fiber,
    pub(crate) wavelength: &'static str,
    pub(crate) lanes: u32,
    pub(crate) max_power_w: f64,
    /// Maker and its own part number; one is chosen for each module.
    pub(crate) makers: &'static [(&'static str, &'static str)],
    pub(crate) tx_power_dbm: f64,
    pub(crate) rx_power_dbm: f64,
    pub(crate) bias_ma: f64,
    pub(crate) temperature_c: f64,
    /// Received power at which the pre-FEC bit error ratio reaches 2.4·10⁻⁴.
    pub(crate) sensitivity_dbm: f64,
    /// Range of the decimal logarithm of a healthy lane's bit error ratio.
    pub(crate) floor_log10: (f64, f64),
    pub(crate) tx_limits_dbm: Limits,
    pub(crate) rx_limits_dbm: Limits,
    pub(crate) bias_limits_ma: Limits,
}

/// Limits of module temperature, °C: commercial range.
pub(crate) const TEMPERATURE_LIMITS_C: Limits = limits(80.0, -5.0, 75.0, 0.0);
/// Limits of supply voltage, V.
pub(crate) const VOLTAGE_LIMITS_V: Limits = limits(3.63, 2.97, 3.465, 3.135);

const fn limits(high_alarm: f64, low_alarm: f64, high_warn: f64, low_warn: f64) -> Limits {
    Limits {
        high_alarm,
        low_alarm,
        high_warn,
        low_warn,
    }
}

const PAM4_FLOOR: (f64, f64) = (-8.9, -6.3);
const NRZ_FLOOR: (f64, f64) = (-12.5, -10.0);

pub(crate) static DR4_400G: Optic = Optic {
    description: "QSFP56-DD-400GBASE-DR4",
    cable_type: "400GBASE DR4",
    part_number: "740-085351",
    fiber: Fiber::Single,
    wavelength: "1310 nm",
    lanes: 4,
    max_power_w: 10.0,
    makers: &[
        ("FINISAR CORP.", "FTCD4523E2PCL-J1"),
        ("InnoLight", "T-DP4CNH-NJU"),
    ],
    tx_power_dbm: 1.4,
    rx_power_dbm: -0.3,
    bias_ma: 68.0,
    temperature_c: 44.0,
    sensitivity_dbm: -6.6,
    floor_log10: PAM4_FLOOR,
    tx_limits_dbm: limits(5.0, -5.9, 4.0, -2.9),
    rx_limits_dbm: limits(5.0, -6.9, 4.0, -5.9),
    bias_limits_ma: limits(130.0, 25.0, 120.0, 30.0),
};

pub(crate) static SR8_400G: Optic = Optic {
    description: "QSFP56-DD-400GBASE-SR8",
    cable_type: "400GBASE SR8",
    part_number: "740-085349",
    fiber: Fiber::Multi,
    wavelength: "850 nm",
    lanes: 8,
    max_power_w: 10.0,
    makers: &[
        ("FINISAR CORP.", "FTCD8613E1PCM-J1"),
        ("AVAGO", "AFCT-93DRPHZ-JU1"),
    ],
    tx_power_dbm: 0.8,
    rx_power_dbm: -1.1,
    bias_ma: 7.4,
    temperature_c: 41.0,
    sensitivity_dbm: -7.2,
    floor_log10: PAM4_FLOOR,
    tx_limits_dbm: limits(5.0, -8.5, 4.0, -6.5),
    rx_limits_dbm: limits(5.0, -7.5, 4.0, -6.5),
    bias_limits_ma: limits(13.0, 2.0, 12.0, 3.0),
};

pub(crate) static DR8_800G: Optic = Optic {
    description: "OSFP-800G-DR8",
    cable_type: "800GBASE DR8",
    part_number: "740-174933",
    fiber: Fiber::Single,
    wavelength: "1310 nm",
    lanes: 8,
    max_power_w: 16.5,
    makers: &[
        ("InnoLight", "T-OH8CNT-NJP"),
        ("Eoptolink", "EOLO-138HG-02-J"),
    ],
    tx_power_dbm: 2.1,
    rx_power_dbm: 0.2,
    bias_ma: 92.0,
    temperature_c: 52.0,
    sensitivity_dbm: -5.4,
    floor_log10: PAM4_FLOOR,
    tx_limits_dbm: limits(5.5, -4.9, 4.5, -2.4),
    rx_limits_dbm: limits(5.5, -5.8, 4.5, -4.8),
    bias_limits_ma: limits(150.0, 35.0, 140.0, 45.0),
};

pub(crate) static SR4_100G: Optic = Optic {
    description: "QSFP28-100GBASE-SR4",
    cable_type: "100GBASE SR4 T2",
    part_number: "740-061405",
    fiber: Fiber::Multi,
    wavelength: "850 nm",
    lanes: 4,
    max_power_w: 3.5,
    makers: &[
        ("AVAGO", "AFBR-89CDDZ-JU1"),
        ("FINISAR CORP.", "FTLC9551REPM-J1"),
    ],
    tx_power_dbm: -0.4,
    rx_power_dbm: -1.6,
    bias_ma: 6.6,
    temperature_c: 33.0,
    sensitivity_dbm: -10.6,
    floor_log10: NRZ_FLOOR,
    tx_limits_dbm: limits(3.4, -8.4, 2.4, -7.4),
    rx_limits_dbm: limits(3.4, -10.3, 2.4, -9.3),
    bias_limits_ma: limits(13.0, 2.0, 12.0, 3.0),
};

pub(crate) static LR4_100G: Optic = Optic {
    description: "QSFP28-100GBASE-LR4",
    cable_type: "100GBASE LR4",
    part_number: "740-058732",
    fiber: Fiber::Single,
    wavelength: "1310 nm",
    lanes: 4,
    max_power_w: 4.5,
    makers: &[
        ("FINISAR CORP.", "FTLC1152RGPL-J2"),
        ("OCLARO INC.", "TRB5E20FNF-LF1"),
    ],
    tx_power_dbm: 1.6,
    rx_power_dbm: -3.0,
    bias_ma: 41.0,
    temperature_c: 36.0,
    sensitivity_dbm: -11.9,
    floor_log10: NRZ_FLOOR,
    tx_limits_dbm: limits(5.5, -7.3, 4.5, -4.3),
    rx_limits_dbm: limits(5.5, -11.6, 4.5, -10.6),
    bias_limits_ma: limits(95.0, 15.0, 90.0, 20.0),
};

pub(crate) static SR_25G: Optic = Optic {
    description: "SFP28-25GBASE-SR",
    cable_type: "25GBASE SR",
    part_number: "740-083295",
    fiber: Fiber::Multi,
    wavelength: "850 nm",
    lanes: 1,
    max_power_w: 1.2,
    makers: &[
        ("FINISAR CORP.", "FTLF8536P4BCL-J1"),
        ("AVAGO", "AFBR-735ASMZ-JU1"),
    ],
    tx_power_dbm: -0.9,
    rx_power_dbm: -2.2,
    bias_ma: 6.9,
    temperature_c: 35.0,
    sensitivity_dbm: -12.7,
    floor_log10: NRZ_FLOOR,
    tx_limits_dbm: limits(3.4, -9.4, 2.4, -8.4),
    rx_limits_dbm: limits(3.4, -11.3, 2.4, -10.3),
    bias_limits_ma: limits(13.0, 2.0, 12.0, 3.0),
};

pub(crate) static LR_25G: Optic = Optic {
    description: "SFP28-25GBASE-LR",
    cable_type: "25GBASE LR",
    part_number: "740-083296",
    fiber: Fiber::Single,
    wavelength: "1310 nm",
    lanes: 1,
    max_power_w: 1.2,
    makers: &[
        ("FINISAR CORP.", "FTLF1436P3BCL-J1"),
        ("OEM", "SFP-25G-LR-10"),
    ],
    tx_power_dbm: 0.3,
    rx_power_dbm: -3.5,
    bias_ma: 38.0,
    temperature_c: 37.0,
    sensitivity_dbm: -15.7,
    floor_log10: NRZ_FLOOR,
    tx_limits_dbm: limits(3.0, -10.0, 2.0, -7.0),
    rx_limits_dbm: limits(3.0, -14.3, 2.0, -13.3),
    bias_limits_ma: limits(85.0, 10.0, 80.0, 15.0),
};

pub(crate) static LR_10G: Optic = Optic {
    description: "SFP+-10G-LR",
    cable_type: "10GBASE LR",
    part_number: "740-031981",
    fiber: Fiber::Single,
    wavelength: "1310 nm",
    lanes: 1,
    max_power_w: 1.0,
    makers: &[
        ("FINISAR CORP.", "FTLX1471D3BCL-J1"),
        ("OPNEXT,INC.", "TRS2000EN-S2C1"),
    ],
    tx_power_dbm: -2.1,
    rx_power_dbm: -4.8,
    bias_ma: 33.0,
    temperature_c: 31.0,
    sensitivity_dbm: -19.8,
    floor_log10: NRZ_FLOOR,
    tx_limits_dbm: limits(3.5, -12.2, 0.5, -8.2),
    rx_limits_dbm: limits(3.5, -18.4, 0.5, -14.4),
    bias_limits_ma: limits(85.0, 15.0, 80.0, 20.0),
};
