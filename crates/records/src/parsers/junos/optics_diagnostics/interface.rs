//! One `physical-interface` of the optics reply.
//!
//! The order of its children does not matter: everything is gathered first and judged at the end, because only then is it
//! known whether there is a module at all.

use std::sync::Arc;

use super::limits;
use super::temperature;
use super::values::{self, keep_first, nothing};
use crate::model::{FlaggedQuantities, Halves, InterfaceOptics, Lane};
use crate::note::ReplyNotes;
use crate::parsers::junos::unread;
use crate::value::{Quantity, Reading, State, absence, expected, index, number};
use crate::xml::{Cursor, Damage, Element, Meanings};

/// More lanes than any module has. They are searched one by one, so a reply must not be able to hold very many.
const MOST_LANES: usize = 256;

/// Room for the lanes of nearly every module, made with the first.
const USUAL_LANES: usize = 8;

/// What an element of a module or of a lane is, by its name.
#[derive(Debug, Clone, Copy)]
pub(super) enum OpticsElement<'a> {
    Lane,
    LaneIndex,
    NotAvailable,
    Temperature,
    TemperatureNotAvailable,
    Voltage,
    TxTemperature,
    RxTemperature,
    TxVoltage,
    RxVoltage,
    LaneModuleTemperature,
    MaxPower,
    Limit(limits::LimitName<'a>),
    Value(values::ValueElement),
    /// Says again what another element says, or why something is not there.
    Known,
    NotRead,
}

impl<'a> OpticsElement<'a> {
    fn of(name: &'a str) -> Self {
        match name {
            "optics-diagnostics-lane-values" => Self::Lane,
            "lane-index" => Self::LaneIndex,
            "optic-diagnostics-not-available" | "optics-diagnostics-not-available" => {
                Self::NotAvailable
            }
            "module-temperature" => Self::Temperature,
            "module-temperature-not-available"
            | "tx-module-temperature-not-available"
            | "rx-module-temperature-not-available" => Self::TemperatureNotAvailable,
            "module-voltage" => Self::Voltage,
            "tx-module-temperature" => Self::TxTemperature,
            "rx-module-temperature" => Self::RxTemperature,
            "tx-module-voltage" => Self::TxVoltage,
            "rx-module-voltage" => Self::RxVoltage,
            "laser-module-temperature" => Self::LaneModuleTemperature,
            "module-max-power" => Self::MaxPower,
            _ => match (
                limits::LimitName::parse(name),
                values::ValueElement::parse(name),
            ) {
                (Some(limit), _) if limit.is_kept() => Self::Limit(limit),
                (Some(_), _) => Self::NotRead,
                (None, Some(value)) => Self::Value(value),
                (None, None) if name.ends_with("-not-available") => Self::Known,
                (None, None) => Self::NotRead,
            },
        }
    }
}

/// What stands at module level.
#[derive(Default)]
struct Module {
    not_available: Option<State>,
    temperature: Option<Reading<f64>>,
    voltage: Option<Reading<f64>>,
    halves: Halves,
    /// The hottest of what lanes say of the module.
    lane_temperature_c: Option<f64>,
    max_power_w: Option<f64>,
    values: values::SentValues,
    limits: limits::SentLimits,
    lanes: Vec<(u32, values::Values, limits::SentFlags)>,
}

/// Reads the interface; `None`, with a note, when it has no name or no optics block at all.
pub(super) fn read<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    meanings: &mut Meanings<OpticsElement<'a>>,
    notes: &mut ReplyNotes<'_>,
) -> Result<Option<InterfaceOptics>, Damage> {
    let first_note = notes.notes.len();
    let mut name: Option<Arc<str>> = None;
    let mut module = Module::default();
    let mut seen = false;
    cursor.each_child(element, |cursor, child| {
        match child.name() {
            "name" => {
                let text = cursor.text(child)?;
                if name.as_deref().is_some_and(|name| *name != *text) {
                    return Err(Damage::Malformed(format!(
                        "{text} stands inside another interface"
                    )));
                }
                name = if text.is_empty() {
                    None
                } else {
                    Some(Arc::from(&*text))
                };
            }
            "optics-diagnostics" => {
                seen = true;
                diagnostics(cursor, child, &mut module, meanings, notes)?;
            }
            "physical-interface" => {
                return Err(Damage::Malformed(
                    "a physical-interface inside another".to_owned(),
                ));
            }
            _ => unread::count(notes.unread, cursor, child)?,
        }
        Ok(())
    })?;
    let Some(name) = name else {
        notes.unreadable(
            "name",
            "a physical-interface without a name",
            "an interface name",
        );
        return Ok(None);
    };
    if !seen {
        module.not_available.get_or_insert(State::NotPresent);
    }
    let values = std::mem::take(&mut module.values).judged(notes);
    let interface = finish(Arc::clone(&name), module, values, notes);
    notes.notes.place(first_note, &name);
    Ok(Some(interface))
}

fn diagnostics<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    module: &mut Module,
    meanings: &mut Meanings<OpticsElement<'a>>,
    notes: &mut ReplyNotes<'_>,
) -> Result<(), Damage> {
    cursor.each_child(element, |cursor, child| {
        match child.meaning(meanings, OpticsElement::of) {
            OpticsElement::Lane => return lane(cursor, child, module, meanings, notes),
            OpticsElement::NotAvailable => {
                let text = cursor.text(child)?;
                module.not_available = Some(absence(&text).unwrap_or(State::NotSupported));
            }
            OpticsElement::TemperatureNotAvailable => {
                let text = cursor.text(child)?;
                module.temperature.get_or_insert(Reading::Absent(
                    absence(&text).unwrap_or(State::NotSupported),
                ));
            }
            OpticsElement::Temperature => {
                let text = cursor.text(child)?;
                let reading = temperature::read(child, &text, "temperature", notes);
                keep_first(
                    &mut module.temperature,
                    reading,
                    &text,
                    "temperature",
                    notes,
                );
            }
            OpticsElement::TxTemperature => {
                let text = cursor.text(child)?;
                let reading = temperature::read(child, &text, "tx_temperature", notes);
                module.halves.tx_temperature_c = reading.value();
                why_none(&mut module.temperature, reading);
            }
            OpticsElement::RxTemperature => {
                let text = cursor.text(child)?;
                let reading = temperature::read(child, &text, "rx_temperature", notes);
                module.halves.rx_temperature_c = reading.value();
                why_none(&mut module.temperature, reading);
            }
            OpticsElement::TxVoltage => {
                let text = cursor.text(child)?;
                let reading = voltage(&text, "tx_voltage", notes);
                module.halves.tx_voltage_v = reading.value();
                why_none(&mut module.voltage, reading);
            }
            OpticsElement::RxVoltage => {
                let text = cursor.text(child)?;
                let reading = voltage(&text, "rx_voltage", notes);
                module.halves.rx_voltage_v = reading.value();
                why_none(&mut module.voltage, reading);
            }
            OpticsElement::LaneModuleTemperature => lane_temperature(cursor, child, module, notes)?,
            OpticsElement::Voltage => {
                let text = cursor.text(child)?;
                let reading = voltage(&text, "voltage", notes);
                keep_first(&mut module.voltage, reading, &text, "voltage", notes);
            }
            OpticsElement::MaxPower => {
                let text = cursor.text(child)?;
                let reading = number(&text, Quantity::PowerW);
                if reading == Reading::Invalid {
                    let expected = expected(&text, Quantity::PowerW);
                    notes.unreadable("module_max_power_w", &text, expected);
                }
                module.max_power_w = reading.value();
            }
            OpticsElement::Limit(name) => module.limits.read(name, cursor, child, notes)?,
            OpticsElement::Value(name) => module.values.read(name, cursor, child, notes)?,
            OpticsElement::NotRead => unread::count(notes.unread, cursor, child)?,
            OpticsElement::LaneIndex | OpticsElement::Known => {}
        }
        Ok(())
    })
}

/// A part of the module says why it has no value: that is the module's reason too where it says nothing itself.
fn why_none(slot: &mut Option<Reading<f64>>, of_part: Reading<f64>) {
    if of_part.value().is_none() {
        slot.get_or_insert(of_part);
    }
}

fn voltage(text: &str, field: &'static str, notes: &mut ReplyNotes<'_>) -> Reading<f64> {
    let reading = number(text, Quantity::VoltageV);
    if reading == Reading::Invalid {
        notes.unreadable(field, text, expected(text, Quantity::VoltageV));
    }
    reading
}

/// The module's temperature as one of its lanes says it.
fn lane_temperature<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    module: &mut Module,
    notes: &mut ReplyNotes<'_>,
) -> Result<(), Damage> {
    let text = cursor.text(element)?;
    let reading = temperature::read(element, &text, "temperature", notes);
    module.lane_temperature_c = hotter(module.lane_temperature_c, reading.value());
    Ok(())
}

fn hotter(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

/// One lane; without a readable number, or with one that was there before, it costs a note.
fn lane<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    module: &mut Module,
    meanings: &mut Meanings<OpticsElement<'a>>,
    notes: &mut ReplyNotes<'_>,
) -> Result<(), Damage> {
    let first_note = notes.notes.len();
    let (mut values, mut limits) = (values::SentValues::default(), limits::SentLimits::default());
    let mut number = None;
    let mut numbers = 0;
    cursor.each_child(element, |cursor, child| {
        match child.meaning(meanings, OpticsElement::of) {
            OpticsElement::LaneIndex => {
                numbers += 1;
                let text = cursor.text(child)?;
                number = index(&text);
                if number.is_none() {
                    notes.unreadable("lane", &text, "a lane number");
                }
            }
            // Limits are the module's; a device that sends them for a lane is told so.
            OpticsElement::Limit(name) if name.is_flag() => {
                limits.read(name, cursor, child, notes)?
            }
            OpticsElement::Value(name) => values.read(name, cursor, child, notes)?,
            OpticsElement::LaneModuleTemperature => lane_temperature(cursor, child, module, notes)?,
            OpticsElement::Known => {}
            // Whatever else stands in a lane, at module level it would be read.
            _ => unread::count(notes.unread, cursor, child)?,
        }
        Ok(())
    })?;
    let values = values.judged(notes);
    if module.lanes.len() >= MOST_LANES {
        notes.unreadable("lane", "another lane", "a module of at most 256 lanes");
        return Ok(());
    }
    match number {
        Some(number) if numbers == 1 && module.lanes.iter().all(|(index, ..)| *index != number) => {
            notes.notes.place_lane(first_note, number);
            if module.lanes.is_empty() {
                module.lanes.reserve(USUAL_LANES);
            }
            module.lanes.push((number, values, limits.flags));
        }
        Some(number) => {
            notes.unreadable("lane", &format!("lane {number} again"), "every lane once")
        }
        None if numbers == 0 => {
            notes.unreadable("lane", "a lane without lane-index", "a lane number")
        }
        None => {}
    }
    Ok(())
}

fn finish(
    name: Arc<str>,
    mut module: Module,
    mut values: values::Values,
    notes: &mut ReplyNotes<'_>,
) -> InterfaceOptics {
    // A module that measures its parts apart is as hot as the hotter, and its supply as low as the lower.
    let is_measured =
        |reading: &Option<Reading<f64>>| matches!(reading, Some(Reading::Measured(_)));
    let halves = module.halves;
    if !is_measured(&module.temperature) {
        let hottest = hotter(halves.tx_temperature_c, halves.rx_temperature_c);
        let hottest = hotter(hottest, module.lane_temperature_c);
        module.temperature = hottest.map(Reading::Measured).or(module.temperature);
    }
    if !is_measured(&module.voltage) {
        let voltages = [halves.tx_voltage_v, halves.rx_voltage_v];
        let lowest = voltages.into_iter().flatten().reduce(f64::min);
        module.voltage = lowest.map(Reading::Measured).or(module.voltage);
    }
    let state = state(&module, &values);
    let mut interface = InterfaceOptics {
        name,
        routing_engine: None,
        state,
        temperature_c: None,
        temperature_state: state,
        voltage_v: None,
        voltage_state: state,
        halves: Halves::default(),
        max_power_w: None,
        module_values: None,
        thresholds: Default::default(),
        flags_sent: false,
        flagged: FlaggedQuantities::default(),
        alarms: Vec::new(),
        lanes: Vec::new(),
        timestamp: 0,
    };
    let single = module.lanes.is_empty() && (values.any_sent() || values.is_coherent());
    if state == State::NotPresent {
        // Whatever an empty cage sends is not a measurement; its lanes are still counted.
        let empty = |index| Lane {
            index,
            values: nothing(state),
            laser_temperature_c: None,
            coherent: None,
            flags_sent: false,
            flagged: FlaggedQuantities::default(),
            alarms: Vec::new(),
        };
        interface.lanes = module
            .lanes
            .iter()
            .map(|(index, ..)| empty(*index))
            .collect();
        if values.any_sent() {
            interface.module_values = Some(nothing(state));
        }
        if single {
            interface.lanes.push(empty(0));
        }
        return interface;
    }
    // What was not sent shares the reason of a module that measures nothing at all.
    let missing = match state {
        State::NotSupported => State::NotSupported,
        _ => State::NotPresent,
    };
    let why = |reading: Option<Reading<f64>>| reading.map_or(missing, |reading| reading.state());
    interface.temperature_c = module.temperature.and_then(Reading::value);
    interface.temperature_state = why(module.temperature);
    interface.voltage_v = module.voltage.and_then(Reading::value);
    interface.voltage_state = why(module.voltage);
    interface.max_power_w = module.max_power_w;
    interface.halves = halves;
    interface.module_values = if values.any_sent() {
        Some(values.values())
    } else {
        None
    };
    if single {
        interface.lanes.push(lane_zero(&module, &mut values));
    }
    interface.flagged = module.limits.flags.flagged;
    interface.flags_sent = module.limits.flags.sent;
    interface.alarms.clone_from(&module.limits.flags.on);
    interface.thresholds = module.limits.thresholds(notes);
    interface.lanes.reserve_exact(module.lanes.len());
    // Of a module with several lanes they stand at its first.
    if let Some((_, first, _)) = module.lanes.iter_mut().min_by_key(|(index, ..)| *index) {
        first.add_coherent(&mut values);
    }
    for (index, mut values, flags) in module.lanes {
        interface.flags_sent |= flags.sent;
        for alarm in &flags.on {
            if !interface.alarms.contains(alarm) {
                interface.alarms.push(alarm.clone());
            }
        }
        interface.lanes.push(Lane {
            index,
            values: values.values(),
            laser_temperature_c: values.laser_temperature_c(),
            coherent: values.take_coherent(),
            flags_sent: flags.sent,
            flagged: flags.flagged,
            alarms: flags.on,
        });
    }
    interface
}

/// A single-lane module's lane: its flags are the module's, less those of the module's own temperature and voltage.
fn lane_zero(module: &Module, values: &mut values::Values) -> Lane {
    let of_the_lane =
        |alarm: &&String| !alarm.starts_with("temperature_") && !alarm.starts_with("voltage_");
    Lane {
        index: 0,
        values: values.values(),
        laser_temperature_c: values.laser_temperature_c(),
        coherent: values.take_coherent(),
        flags_sent: module.limits.flags.sent,
        flagged: module.limits.flags.flagged,
        alarms: module
            .limits
            .flags
            .on
            .iter()
            .filter(of_the_lane)
            .cloned()
            .collect(),
    }
}

/// The module's state. 0 °C and 0 V together cannot come from a module that works, so without light or current there is
/// none, whatever its flags say. Otherwise one measurement is enough for `ok`.
fn state(module: &Module, values: &values::Values) -> State {
    let zero = |reading: &Option<Reading<f64>>| matches!(reading, Some(Reading::Measured(value)) if *value == 0.0);
    let halves = module.halves;
    let of_parts = [
        halves.tx_temperature_c,
        halves.rx_temperature_c,
        module.lane_temperature_c,
        halves.tx_voltage_v,
        halves.rx_voltage_v,
    ];
    let alive = values.shows_life()
        || of_parts.into_iter().flatten().any(|value| value != 0.0)
        || module
            .lanes
            .iter()
            .any(|(_, values, _)| values.shows_life());
    if zero(&module.temperature) && zero(&module.voltage) && !alive {
        return State::NotPresent;
    }
    let own = [&module.temperature, &module.voltage]
        .into_iter()
        .flatten()
        .map(Reading::state);
    let lanes = module
        .lanes
        .iter()
        .flat_map(|(_, values, _)| values.states());
    let mut best = None;
    for state in own.chain(values.states()).chain(lanes) {
        let rank = |state: State| match state {
            State::Ok => 4,
            State::NoLight => 3,
            State::Invalid => 2,
            State::NotPresent => 1,
            State::NotSupported => 0,
        };
        if best.is_none_or(|best| rank(state) > rank(best)) {
            best = Some(state);
        }
    }
    match best {
        Some(state @ (State::Ok | State::NoLight | State::Invalid)) => state,
        _ => module.not_available.or(best).unwrap_or(State::NotPresent),
    }
}
