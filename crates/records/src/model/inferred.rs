//! Words for what is inferred of a module: its fibre, where its wavelength and its name are from.

/// The kind of fibre that a module is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FiberType {
    /// Single-mode.
    SingleMode,
    /// Multi-mode.
    MultiMode,
    /// No fact tells; also copper and active cables.
    #[default]
    Unknown,
}

impl FiberType {
    /// The word used in JSON and in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SingleMode => "SM",
            Self::MultiMode => "MM",
            Self::Unknown => "Unknown",
        }
    }
}

/// The fact that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FiberRule {
    /// `fiber-mode` of PIC detail.
    FiberMode,
    /// `cable-type` of PIC detail.
    CableType,
    /// `wavelength` of PIC detail.
    Wavelength,
    /// A part number, the vendor's or Juniper's.
    PartNumber,
    /// The optic type in the chassis inventory.
    Description,
    /// None of them.
    #[default]
    Nothing,
}

impl FiberRule {
    /// What a column that holds it says of itself.
    pub const MEANING: &'static str = "Which fact decided fiber_type: fiber_mode, cable_type, wavelength, part_number, description, or nothing";

    /// The word used in JSON and in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiberMode => "fiber_mode",
            Self::CableType => "cable_type",
            Self::Wavelength => "wavelength",
            Self::PartNumber => "part_number",
            Self::Description => "description",
            Self::Nothing => "nothing",
        }
    }
}

/// The fact that gave the wavelength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WavelengthRule {
    /// `wavelength` of PIC detail.
    Wavelength,
    /// A number in a part number, a cable type or the optic type of the chassis inventory.
    PartNumber,
    /// The medium, by its standard.
    Medium,
    /// None of them.
    #[default]
    Nothing,
}

impl WavelengthRule {
    /// What a column that holds it says of itself.
    pub const MEANING: &'static str =
        "Which fact gave wavelength_nm: wavelength (the text), part_number, medium, or nothing";

    /// The word used in JSON and in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wavelength => "wavelength",
            Self::PartNumber => "part_number",
            Self::Medium => "medium",
            Self::Nothing => "nothing",
        }
    }
}

/// Where a name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameSource {
    /// The device reports an interface there.
    Device,
    /// Made up from the location, because it reports none.
    Derived,
}

impl NameSource {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Derived => "derived",
        }
    }
}
