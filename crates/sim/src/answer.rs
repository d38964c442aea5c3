//! Answers requests to a simulated device: selects the readings and renders the reply.

use std::path::Path;

use crate::{
    conditions::PortLocation,
    error::Error,
    ledger::{Ledger, LedgerEntry, ReplyValues},
    model::{Device, Epoch},
    operation::Operation,
    pattern::Pattern,
    platform::SystemInterface,
    pyez_facts,
    render::{
        self, chassis_inventory, environment,
        interface_information::{self, Depth},
        optics_diagnostics, pic_detail, route_engine, rpc_error, system_information, system_uptime,
    },
    spec::Model,
};

/// The reply of a simulated device at one instant, without a network, for benchmarks and tests of parsers.
///
/// `operation` is the operation as in a request, `<get-system-information/>`; `started_at` and `utc` are UTC seconds, of the
/// clock's start (two answers of one device have it in common) and of the answer; `ledger` is the file that the ledger is written
/// to, anew.
pub fn reply(
    name: &str,
    model: &Model,
    operation: &str,
    (started_at, utc): (i64, i64),
    ledger: &Path,
) -> Result<String, Error> {
    let failed = |source| Error::File {
        path: ledger.to_owned(),
        source,
    };
    let simulated = SimulatedDevice {
        device: Device::build(name, model, model.seed, Epoch { start: started_at })?,
        user: "fleet".to_owned(),
    };
    let ledger_file = Ledger::create(ledger).map_err(failed)?;
    simulated
        .reply("message-id=\"1\"", operation, utc, &ledger_file)
        .map_err(failed)
}

/// A simulated device without a network, for histories: it answers at any second, and no ledger is kept.
#[derive(Debug)]
pub struct StillDevice(SimulatedDevice);

impl StillDevice {
    /// The device of this name; `started_at` is the UTC second at which its clock started, from which lanes fail.
    ///
    /// # Errors
    ///
    /// If the model has a condition on a port that its platform lacks.
    pub fn new(name: &str, model: &Model, started_at: i64) -> Result<Self, Error> {
        let epoch = Epoch { start: started_at };
        Ok(Self(SimulatedDevice {
            device: Device::build(name, model, model.seed, epoch)?,
            user: "fleet".to_owned(),
        }))
    }

    /// The reply to an operation, `<get-system-information/>`, at a UTC second.
    pub fn reply(&self, operation: &str, utc: i64) -> String {
        let answered = self.0.answer("message-id=\"1\"", operation, utc, None);
        // Only a ledger can fail.
        answered.unwrap_or_default()
    }

    /// Its ports, those of a PIC one after the other.
    pub fn ports(&self) -> impl Iterator<Item = PortLocation> {
        let sockets = self.0.device.sockets.iter();
        sockets.map(|socket| socket.location)
    }
}

/// A simulated device with its user.
#[derive(Debug)]
pub(crate) struct SimulatedDevice {
    pub(crate) device: Device,
    pub(crate) user: String,
}

impl SimulatedDevice {
    /// The whole reply to a request, after its line in the ledger.
    ///
    /// An error comes from the ledger: a reply that could not be recorded is not sent.
    pub(crate) fn reply(
        &self,
        attributes: &str,
        operation: &str,
        utc: i64,
        ledger: &Ledger,
    ) -> std::io::Result<String> {
        self.answer(attributes, operation, utc, Some(ledger))
    }

    fn answer(
        &self,
        attributes: &str,
        operation: &str,
        utc: i64,
        ledger: Option<&Ledger>,
    ) -> std::io::Result<String> {
        let payload = match Operation::parse(operation) {
            Ok(operation) => self.payload(&operation, utc, ledger)?,
            Err(reason) => rpc_error(&format!("syntax error: {reason}"), None),
        };
        Ok(render::reply(
            attributes,
            self.device.blueprint.reply_namespace,
            &payload,
        ))
    }

    fn payload(
        &self,
        operation: &Operation,
        utc: i64,
        ledger: Option<&Ledger>,
    ) -> std::io::Result<String> {
        let device = &self.device;
        if operation.name == "command" {
            return match Operation::of_command(&operation.text) {
                Some(meant) => self.payload(&meant, utc, ledger),
                None => {
                    let word = operation
                        .text
                        .split_whitespace()
                        .nth(1)
                        .unwrap_or("command");
                    Ok(rpc_error("syntax error", Some(word)))
                }
            };
        }
        if let Some(fact) = pyez_facts::reply(device, operation, &self.user) {
            return Ok(fact);
        }
        let write_ledger = |values: ReplyValues<'_>| match ledger {
            None => Ok(()),
            Some(ledger) => ledger.write(&LedgerEntry {
                time: utc,
                device: &device.name,
                rpc: &operation.name,
                values,
            }),
        };
        match operation.name.as_str() {
            "get-system-information" => Ok(system_information::render(device)),
            "get-system-uptime-information" => Ok(system_uptime::render(device, utc)),
            "get-chassis-inventory" => {
                write_ledger(ReplyValues::chassis(device))?;
                Ok(chassis_inventory::render(device))
            }
            "get-environment-information" => {
                let readings = device.environment(utc);
                write_ledger(ReplyValues::environment(&readings))?;
                Ok(environment::render(device, &readings))
            }
            "get-route-engine-information" => {
                let readings = device.route_engines(utc);
                write_ledger(ReplyValues::route_engines(&readings))?;
                Ok(route_engine::render(device, &readings, utc))
            }
            "get-pic-detail" => Ok(self.pic_detail(operation, utc)),
            "get-interface-optics-diagnostics-information" => {
                let mut readings = device.optics(utc);
                if let Some(name) = operation.argument("interface-name") {
                    let pattern = Pattern::new(name);
                    readings.retain(|reading| pattern.matches(&reading.interface));
                    if readings.is_empty() {
                        return Ok(not_found(name));
                    }
                }
                write_ledger(ReplyValues::optics(&readings))?;
                Ok(optics_diagnostics::render(device, &readings))
            }
            "get-interface-information" => {
                let mut readings = device.statistics(utc);
                let mut system: Vec<SystemInterface> = device.blueprint.system_interfaces.to_vec();
                if let Some(name) = operation.argument("interface-name") {
                    let pattern = Pattern::new(name);
                    readings.retain(|reading| pattern.matches(&reading.interface));
                    system.retain(|interface| pattern.matches(interface.name));
                    if readings.is_empty() && system.is_empty() {
                        return Ok(not_found(name));
                    }
                }
                let depth = depth(operation);
                if depth != Depth::Terse {
                    write_ledger(ReplyValues::statistics(&readings))?;
                }
                Ok(interface_information::render(
                    device, depth, &readings, &system, utc,
                ))
            }
            other => Ok(rpc_error("syntax error", Some(other))),
        }
    }

    fn pic_detail(&self, operation: &Operation, utc: i64) -> String {
        let slot = |name| operation.argument(name).map(str::parse);
        match (slot("fpc-slot"), slot("pic-slot")) {
            (Some(Ok(fpc)), Some(Ok(pic))) => pic_detail::render(&self.device, fpc, pic, utc),
            (Some(Ok(_)), Some(Err(_))) => rpc_error("invalid value", Some("pic-slot")),
            (Some(Err(_)), _) => rpc_error("invalid value", Some("fpc-slot")),
            (None, _) => rpc_error("missing mandatory argument", Some("fpc-slot")),
            (Some(Ok(_)), None) => rpc_error("missing mandatory argument", Some("pic-slot")),
        }
    }
}

/// `media` and `brief` change nothing that is simulated.
fn depth(operation: &Operation) -> Depth {
    let has = |flag| operation.argument(flag).is_some();
    if has("terse") {
        Depth::Terse
    } else if has("extensive") || has("detail") {
        Depth::Extensive
    } else {
        Depth::Normal
    }
}

/// As `ifinfo` says it: the error stands inside the payload's element.
fn not_found(name: &str) -> String {
    let error = rpc_error(&format!("device {name} not found"), None);
    let error = error.replace(
        "<rpc-error>\n",
        "<rpc-error>\n<source-daemon>ifinfo</source-daemon>\n",
    );
    format!("<interface-information>\n{error}</interface-information>\n")
}
