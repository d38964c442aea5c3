//! Devices with one address, port and route: two names of the same device, or an address that was copied and not changed.

use std::collections::BTreeMap;

use netconf::ssh::Route;

use super::device_plan::DevicePlan;

/// How many devices of one address a warning names, and how many addresses are told.
const MOST_NAMED: usize = 3;
const MOST_TOLD: usize = 5;

/// A line for each address that several devices have.
pub(super) fn warnings(devices: &[DevicePlan]) -> Vec<String> {
    let mut places: BTreeMap<(String, String), Vec<&DevicePlan>> = BTreeMap::new();
    for device in devices {
        let endpoint = device.target.endpoint.to_string();
        let place = (endpoint, way(&device.target.route));
        places.entry(place).or_default().push(device);
    }
    let shared = places.iter().filter(|(_, devices)| devices.len() > 1);
    let mut warnings: Vec<String> = shared
        .map(|((endpoint, _), devices)| {
            let named = devices.iter().take(MOST_NAMED);
            let names: Vec<&str> = named.map(|device| device.name.as_str()).collect();
            let more = match devices.len().saturating_sub(names.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let is_secret = devices.iter().any(|device| device.from_vault.address);
            let shown = if is_secret { "a secret one" } else { endpoint };
            format!(
                "{}{more} have the same address and port, {shown}: the device is asked once for each",
                names.join(", ")
            )
        })
        .collect();
    let more = warnings.len().saturating_sub(MOST_TOLD);
    warnings.truncate(MOST_TOLD);
    if more > 0 {
        warnings.push(format!(
            "{more} more addresses are those of several devices"
        ));
    }
    warnings
}

/// The same text for the same route.
fn way(route: &Route) -> String {
    match route {
        Route::Direct => String::new(),
        Route::ProxyCommand(command) => command.clone(),
        Route::Jump(hops) => {
            let hops = hops.iter().map(|hop| hop.endpoint.to_string());
            hops.collect::<Vec<_>>().join(",")
        }
    }
}
