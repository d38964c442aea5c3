//! A finding: what is wrong with a lane or an interface, how bad it is, and the key by which it is known from run to run.

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To be known, and nothing to be done: an idle port with a module.
    Info,
    /// Worth a look.
    Warning,
    /// Losing traffic, about to, or dark.
    Alarm,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Self; 3] = [Self::Alarm, Self::Warning, Self::Info];

    /// The word for it, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }
}

/// What is wrong. The set is closed: what is acknowledged, what is new and what is counted goes by it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Code words that FEC cannot correct: frames are lost.
    FecUncorrected,
    /// The receiver sees no light.
    RxDark,
    /// The laser sends no light.
    TxDark,
    /// The bit error rate before FEC is beyond the limit of the FEC mode, or near it.
    PreFecBer,
    /// Received power is beyond a threshold of the module.
    RxPower,
    /// Transmitted power is beyond a threshold of the module.
    TxPower,
    /// The laser's bias current is beyond a threshold of the module.
    LaserBias,
    /// The laser's temperature is beyond a threshold of the module.
    LaserTemperature,
    /// The module's temperature is beyond a threshold of the module.
    ModuleTemperature,
    /// The module's supply voltage is beyond a threshold of the module.
    SupplyVoltage,
    /// The device raises a flag that no value explains.
    DeviceFlag,
    /// A version of Lanewatch without kinds wrote it, or one with more kinds.
    #[default]
    #[serde(other)]
    Unclassified,
}

impl Kind {
    /// All, in the order in which they are told where all else is equal.
    pub const ALL: [Self; 12] = [
        Self::FecUncorrected,
        Self::RxDark,
        Self::TxDark,
        Self::PreFecBer,
        Self::RxPower,
        Self::TxPower,
        Self::LaserBias,
        Self::LaserTemperature,
        Self::ModuleTemperature,
        Self::SupplyVoltage,
        Self::DeviceFlag,
        Self::Unclassified,
    ];

    /// Its name, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FecUncorrected => "fec-uncorrected",
            Self::RxDark => "rx-dark",
            Self::TxDark => "tx-dark",
            Self::PreFecBer => "pre-fec-ber",
            Self::RxPower => "rx-power",
            Self::TxPower => "tx-power",
            Self::LaserBias => "laser-bias",
            Self::LaserTemperature => "laser-temperature",
            Self::ModuleTemperature => "module-temperature",
            Self::SupplyVoltage => "supply-voltage",
            Self::DeviceFlag => "device-flag",
            Self::Unclassified => "unclassified",
        }
    }

    /// What it means, as a sentence without its full stop.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::FecUncorrected => "FEC could not correct code words: frames are lost",
            Self::RxDark => "The receiver sees no light",
            Self::TxDark => "The laser sends no light",
            Self::PreFecBer => {
                "The bit error rate before FEC is beyond the limit of the FEC mode, or near it"
            }
            Self::RxPower => "Received power is beyond a threshold of the module",
            Self::TxPower => "Transmitted power is beyond a threshold of the module",
            Self::LaserBias => "The laser's bias current is beyond a threshold of the module",
            Self::LaserTemperature => "The laser's temperature is beyond a threshold of the module",
            Self::ModuleTemperature => {
                "The module's temperature is beyond a threshold of the module"
            }
            Self::SupplyVoltage => {
                "The module's supply voltage is beyond a threshold of the module"
            }
            Self::DeviceFlag => "The device raises a flag that no value explains",
            Self::Unclassified => "A version of Lanewatch without this kind wrote or reads it",
        }
    }
}

/// What makes two findings of one device the same in two runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The name of the interface.
    pub interface: String,
    /// None: the interface as a whole.
    pub lane: Option<u32>,
    /// What is wrong.
    pub kind: Kind,
}

/// A lane, or a whole interface, that looks bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the interface.
    pub interface: String,
    /// None: the interface as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<u32>,
    /// What is wrong.
    #[serde(default)]
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// As a person would say it.
    pub why: String,
    /// How far the value is beyond its limit: in dB for power and for the bit error rate, in hundredths of the limit for all else. None
    /// where there is no value, as of a lane without light.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<f64>,
    /// The received power of the lane, in dBm, where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rx_power_dbm: Option<f64>,
}

impl Finding {
    /// By what it is known again.
    pub fn key(&self) -> Key {
        Key {
            interface: self.interface.clone(),
            lane: self.lane,
            kind: self.kind,
        }
    }

    /// The lane's number, or what stands for all of them.
    pub fn lane_text(&self) -> String {
        self.lane
            .map_or_else(|| "all".to_owned(), |lane| lane.to_string())
    }

    /// Orders findings as one reads them: the worst severity first, then what has no value (darkness and lost frames, by kind), then
    /// what is furthest beyond its limit.
    pub fn rank(&self, other: &Self) -> std::cmp::Ordering {
        let beyond = |finding: &Self| finding.beyond.unwrap_or(f64::INFINITY);
        let worse = other.severity.cmp(&self.severity);
        worse
            .then_with(|| beyond(other).total_cmp(&beyond(self)))
            .then_with(|| self.kind.cmp(&other.kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_name_in_json_and_no_two_are_the_same() {
        for kind in Kind::ALL {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.name()));
        }
        for severity in Severity::ALL {
            let json = serde_json::to_string(&severity).unwrap();
            assert_eq!(json, format!("\"{}\"", severity.name()));
        }
        let mut names = Kind::ALL.map(Kind::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }

    #[test]
    fn the_page_of_findings_lists_every_kind_and_severity() {
        const PAGE: &str = include_str!("../../../docs/findings.md");
        let lines: Vec<_> = PAGE.lines().collect();
        for kind in Kind::ALL {
            let line = format!("| `{}` | {} |", kind.name(), kind.meaning());
            assert!(
                lines.contains(&line.as_str()),
                "docs/findings.md lacks: {line}"
            );
        }
        for severity in Severity::ALL {
            assert!(
                PAGE.contains(&format!("| `{}` |", severity.name())),
                "{severity:?}"
            );
        }
    }

    #[test]
    fn what_an_earlier_version_wrote_is_read() {
        let text = r#"{"interface": "et-0/0/1", "severity": "alarm", "why": "dark"}"#;
        let finding: Finding = serde_json::from_str(text).unwrap();
        assert_eq!(finding.kind, Kind::Unclassified);
        let later = text.replace("\"severity\"", "\"kind\": \"fan-noise\", \"severity\"");
        let finding: Finding = serde_json::from_str(&later).unwrap();
        assert_eq!(finding.kind, Kind::Unclassified);
    }

    #[test]
    fn the_worst_comes_first() {
        let of = |severity, kind, beyond| Finding {
            interface: "et-0/0/1".to_owned(),
            lane: None,
            kind,
            severity,
            why: String::new(),
            beyond,
            rx_power_dbm: None,
        };
        let mut all = [
            of(Severity::Info, Kind::RxDark, None),
            of(Severity::Warning, Kind::RxPower, Some(9.0)),
            of(Severity::Alarm, Kind::RxPower, Some(0.5)),
            of(Severity::Alarm, Kind::PreFecBer, Some(3.0)),
            of(Severity::Alarm, Kind::RxDark, None),
            of(Severity::Alarm, Kind::FecUncorrected, None),
        ];
        all.sort_by(Finding::rank);
        let order = all.map(|finding| (finding.severity, finding.kind));
        assert_eq!(
            order,
            [
                (Severity::Alarm, Kind::FecUncorrected),
                (Severity::Alarm, Kind::RxDark),
                (Severity::Alarm, Kind::PreFecBer),
                (Severity::Alarm, Kind::RxPower),
                (Severity::Warning, Kind::RxPower),
                (Severity::Info, Kind::RxDark),
            ]
        );
    }
}
