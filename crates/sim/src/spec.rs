//! The specification of a fleet: devices, what answers for them, and the user that may log in.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use crate::{
    conditions::{Condition, PortLocation},
    faults::{Fault, Faults},
    platform::Platform,
    recorded::Recording,
    seed::Seed,
};

/// One device of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSpec {
    /// Its name in inventories, and its host name.
    pub name: String,
    /// The source of its replies.
    pub kind: DeviceKind,
    /// The faults of its connections.
    pub faults: Faults,
}

/// The source of a device's replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceKind {
    /// A simulated device.
    Simulated(Model),
    /// Saved replies.
    Recorded(Recording),
    /// Nothing: the port is taken but nobody listens, so every connection is refused.
    Unreachable,
}

/// A simulated device: its platform and the conditions of its ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The platform.
    pub platform: Platform,
    /// Makes this device different from others of its name in a fleet of the same seed.
    pub seed: u64,
    /// Ports that are not healthy.
    pub conditions: BTreeMap<PortLocation, Condition>,
}

impl Model {
    /// A device with all ports healthy.
    pub fn healthy(platform: Platform, seed: u64) -> Self {
        Self {
            platform,
            seed,
            conditions: BTreeMap::new(),
        }
    }

    /// A device with some ports in use: about one port in ten is empty, one in twenty dark, one in twenty has a copper cable. Port 0 of every PIC
    /// is healthy.
    pub fn lived_in(platform: Platform, seed: u64) -> Self {
        let ports = Seed::new(seed).named("conditions");
        let mut model = Self::healthy(platform, seed);
        for fpc in platform.blueprint().fpcs {
            for pic in fpc.pics {
                for port in pic.ports.iter().filter(|port| port.number > 0) {
                    let location = PortLocation::new(fpc.slot, pic.slot, port.number);
                    let condition = match ports.named(&location.to_string()).fraction() {
                        x if x < 0.10 => Condition::Empty,
                        x if x < 0.15 => Condition::Dark,
                        x if x < 0.20 => Condition::Copper,
                        _ => continue,
                    };
                    model.conditions.insert(location, condition);
                }
            }
        }
        model
    }

    /// This device with `condition` on a port, in place of what was there.
    pub fn with_condition(mut self, location: PortLocation, condition: Condition) -> Self {
        self.conditions.insert(location, condition);
        self
    }
}

impl DeviceSpec {
    /// A device without faults.
    pub fn new(name: impl Into<String>, kind: DeviceKind) -> Self {
        Self {
            name: name.into(),
            kind,
            faults: Faults::default(),
        }
    }

    /// A simulated device.
    pub fn simulated(name: impl Into<String>, model: Model) -> Self {
        Self::new(name, DeviceKind::Simulated(model))
    }

    /// Puts a fault between this device and its clients, in place of one of the same kind.
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.faults.add(fault);
        self
    }

    /// Puts `condition` on a port, if this device is simulated; others are left as they are.
    pub fn with_condition(mut self, location: PortLocation, condition: Condition) -> Self {
        if let DeviceKind::Simulated(model) = &mut self.kind {
            model.conditions.insert(location, condition);
        }
        self
    }
}

/// `count` simulated devices, dealt over the platforms in turn and named `qfx5220-01`, `qfx5240-01`, `qfx5120-01`, `mx480-01`,
/// `qfx5220-02`, …, each [lived in](Model::lived_in) in a way that `seed` and its name decide.
pub fn mixed(count: usize, seed: u64) -> Vec<DeviceSpec> {
    let platforms = Platform::ALL.into_iter().cycle();
    platforms
        .take(count)
        .enumerate()
        .map(|(index, platform)| {
            let number = index / Platform::ALL.len() + 1;
            let name = format!("{}-{number:02}", platform.name());
            let own = Seed::new(seed).named(&name).bits();
            DeviceSpec::simulated(name, Model::lived_in(platform, own))
        })
        .collect()
}

/// A fleet to start.
#[derive(Clone)]
pub struct FleetSpec {
    /// The devices; their names are unique.
    pub devices: Vec<DeviceSpec>,
    /// The one user that every device knows.
    pub user: String,
    /// The user's password; the key of [`Fleet::user_key`](crate::Fleet::user_key) is accepted as well.
    pub password: String,
    /// The address of all devices.
    pub address: IpAddr,
    /// The port of the first device, the next for the second and so on; without it, the system chooses.
    pub first_port: Option<u16>,
    /// Where keys, known hosts and the ledger are written; made if absent, and its files replaced if present.
    pub folder: PathBuf,
    /// Decides every random figure of the fleet.
    pub seed: u64,
}

impl FleetSpec {
    /// A fleet on 127.0.0.1, ports chosen by the system, user `lanewatch` with password `lanewatch`.
    pub fn new(devices: Vec<DeviceSpec>, folder: impl Into<PathBuf>, seed: u64) -> Self {
        Self {
            devices,
            user: "lanewatch".to_owned(),
            password: "lanewatch".to_owned(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            first_port: None,
            folder: folder.into(),
            seed,
        }
    }
}

impl fmt::Debug for FleetSpec {
    /// Everything but the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetSpec")
            .field("devices", &self.devices)
            .field("user", &self.user)
            .field("address", &self.address)
            .field("first_port", &self.first_port)
            .field("folder", &self.folder)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixed_fleet_cycles_the_platforms_and_names_them_apart() {
        let names: Vec<String> = mixed(6, 1).into_iter().map(|device| device.name).collect();
        let expected = [
            "qfx5220-01",
            "qfx5240-01",
            "qfx5120-01",
            "mx480-01",
            "qfx5220-02",
            "qfx5240-02",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_lived_in_box_has_some_of_everything_and_the_same_each_time() {
        let fleet = mixed(40, 3);
        assert_eq!(fleet, mixed(40, 3));
        assert_ne!(fleet, mixed(40, 4));
        let conditions: Vec<Condition> = fleet
            .iter()
            .filter_map(|device| match &device.kind {
                DeviceKind::Simulated(model) => Some(model.conditions.values().copied()),
                _ => None,
            })
            .flatten()
            .collect();
        for wanted in [Condition::Empty, Condition::Dark, Condition::Copper] {
            assert!(conditions.contains(&wanted), "{wanted:?}");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let mut spec = FleetSpec::new(Vec::new(), "folder", 0);
        spec.password = "pleiades".to_owned();
        assert!(!format!("{spec:?}").contains("pleiades"));
    }
}
