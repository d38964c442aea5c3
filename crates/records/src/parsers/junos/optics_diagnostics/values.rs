//! Powers, bias and laser temperature, as sent for a lane or for a whole single-lane module.

use super::temperature;
use crate::light::{Milliwatts, light};
use crate::model::{COHERENT, Coherent, OpticalPower, TransmitReceive};
use crate::note::ReplyNotes;
use crate::value::{Quantity, Reading, State, absence, expected, number};
use crate::xml::{Cursor, Damage, Element};

/// What was sent; `None` for what was not.
#[derive(Debug, Default)]
pub(super) struct SentValues {
    rx_dbm: Option<Reading<f64>>,
    rx_mw: Option<Milliwatts>,
    tx_dbm: Option<Reading<f64>>,
    tx_mw: Option<Milliwatts>,
    bias: Option<Reading<f64>>,
    laser_temperature: Option<Reading<f64>>,
    /// Made when the first such value comes: few modules are coherent.
    coherent: Option<Box<Coherent>>,
}

/// The quantities that every kind of module may measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Common {
    RxDbm,
    RxMw,
    TxDbm,
    TxMw,
    Bias,
    LaserTemperature,
}

/// What an element with one of these names holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ValueElement {
    Value(Common),
    NotAvailable(Common),
    /// By its place in [`COHERENT`].
    Coherent(usize),
}

impl ValueElement {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "laser-bias-current" => Self::Value(Common::Bias),
            "laser-output-power" | "laser-tx-optical-power" => Self::Value(Common::TxMw),
            "laser-output-power-dbm" | "laser-tx-optical-power-dbm" => Self::Value(Common::TxDbm),
            "laser-rx-optical-power" | "rx-signal-avg-optical-power" => Self::Value(Common::RxMw),
            "laser-rx-optical-power-dbm" | "rx-signal-avg-optical-power-dbm" => {
                Self::Value(Common::RxDbm)
            }
            "laser-temperature" => Self::Value(Common::LaserTemperature),
            "laser-bias-current-not-available" => Self::NotAvailable(Common::Bias),
            "laser-tx-power-not-available" => Self::NotAvailable(Common::TxDbm),
            "laser-rx-power-not-available" => Self::NotAvailable(Common::RxDbm),
            name => Self::Coherent(Coherent::place(name)?),
        })
    }
}

impl SentValues {
    /// Reads an element with such a name.
    pub(super) fn read<'a>(
        &mut self,
        name: ValueElement,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        notes: &mut ReplyNotes<'_>,
    ) -> Result<(), Damage> {
        let text = cursor.text(element)?;
        match name {
            ValueElement::Value(Common::LaserTemperature) => {
                let reading = temperature::read(element, &text, "laser_temperature", notes);
                keep_first(
                    &mut self.laser_temperature,
                    reading,
                    &text,
                    "laser_temperature",
                    notes,
                );
            }
            ValueElement::Value(Common::RxMw) => {
                keep_milliwatts(&mut self.rx_mw, &text, "rx_power_mw", notes);
            }
            ValueElement::Value(Common::TxMw) => {
                keep_milliwatts(&mut self.tx_mw, &text, "tx_power_mw", notes);
            }
            ValueElement::Value(Common::RxDbm) => {
                let reading = read_number(&text, Quantity::PowerDbm, "rx_power", notes);
                keep_first(&mut self.rx_dbm, reading, &text, "rx_power", notes);
            }
            ValueElement::Value(Common::TxDbm) => {
                let reading = read_number(&text, Quantity::PowerDbm, "tx_power", notes);
                keep_first(&mut self.tx_dbm, reading, &text, "tx_power", notes);
            }
            ValueElement::Value(Common::Bias) => {
                let reading = read_number(&text, Quantity::CurrentMa, "tx_bias", notes);
                keep_first(&mut self.bias, reading, &text, "tx_bias", notes);
            }
            ValueElement::NotAvailable(common) => {
                // Absence with the device's reason.
                let why = Reading::Absent(absence(&text).unwrap_or(State::NotSupported));
                let slot = match common {
                    Common::RxDbm | Common::RxMw => &mut self.rx_dbm,
                    Common::TxDbm | Common::TxMw => &mut self.tx_dbm,
                    Common::Bias => &mut self.bias,
                    Common::LaserTemperature => &mut self.laser_temperature,
                };
                slot.get_or_insert(why);
            }
            ValueElement::Coherent(place) => self.set_coherent(place, element, &text, notes),
        }
        Ok(())
    }

    /// What was sent, judged once everything has been read. A power that contradicts itself costs a note.
    pub(super) fn judged(self, notes: &mut ReplyNotes<'_>) -> Values {
        let mut power = |dbm: Option<Reading<f64>>, mw: Option<Milliwatts>, field| {
            let (power, is_contradictory) = light(dbm, mw);
            if is_contradictory {
                let dbm = dbm.and_then(Reading::value);
                let dbm = dbm.map_or("- Inf".to_owned(), |value| value.to_string());
                let mw = mw.and_then(|mw| mw.reading.value()).unwrap_or_default();
                let found = format!("{dbm} dBm beside {mw} mW");
                notes.unreadable(field, &found, "the same power in dBm and in mW");
            }
            let was_sent = dbm.is_some() || mw.is_some();
            (power, was_sent)
        };
        let (rx, rx_sent) = power(self.rx_dbm, self.rx_mw, "rx_power");
        let (tx, tx_sent) = power(self.tx_dbm, self.tx_mw, "tx_power");
        Values {
            rx,
            rx_sent,
            tx,
            tx_sent,
            bias: self.bias,
            laser_temperature: self.laser_temperature,
            coherent: self.coherent,
        }
    }

    fn set_coherent(
        &mut self,
        place: usize,
        element: &Element<'_>,
        text: &str,
        notes: &mut ReplyNotes<'_>,
    ) {
        let quantity = COHERENT[place];
        let reading = match quantity.unit {
            "Cel" => temperature::read(element, text, quantity.name, notes),
            "dBm" => read_number(text, Quantity::PowerDbm, quantity.name, notes),
            unit => read_number(text, Quantity::In(unit), quantity.name, notes),
        };
        // A module that says darkness here alone is as dark as any other.
        if reading == Reading::Absent(State::NoLight) {
            match quantity.name {
                "input_power" | "input_total_power" => keep(&mut self.rx_dbm, reading),
                "output_power" => keep(&mut self.tx_dbm, reading),
                _ => {}
            }
        }
        if let Reading::Measured(value) = reading {
            let measured = &mut self.coherent.get_or_insert_default().0[place];
            *measured = measured.or(Some(value));
        }
    }
}

/// What was sent, judged.
#[derive(Debug)]
pub(super) struct Values {
    rx: OpticalPower,
    rx_sent: bool,
    tx: OpticalPower,
    tx_sent: bool,
    bias: Option<Reading<f64>>,
    laser_temperature: Option<Reading<f64>>,
    coherent: Option<Box<Coherent>>,
}

impl Values {
    /// True when anything was measured that only coherent optics measure.
    pub(super) fn is_coherent(&self) -> bool {
        self.coherent.is_some()
    }

    /// Takes over what coherent optics measure where nothing was sent of it here.
    pub(super) fn add_coherent(&mut self, from: &mut Self) {
        match (&mut self.coherent, from.coherent.take()) {
            (Some(own), Some(other)) => {
                for (own, other) in own.0.iter_mut().zip(other.0) {
                    *own = own.or(other);
                }
            }
            (own, other) => *own = own.take().or(other),
        }
    }

    /// What coherent optics measure, if anything of it was sent.
    pub(super) fn take_coherent(&mut self) -> Option<Box<Coherent>> {
        self.coherent.take()
    }

    /// True when any power or bias element was there, whatever it held.
    pub(super) fn any_sent(&self) -> bool {
        self.rx_sent || self.tx_sent || self.bias.is_some()
    }

    /// True when light or current was measured: what an empty cage cannot show.
    pub(super) fn shows_life(&self) -> bool {
        let lit = |power: OpticalPower| {
            power.dbm.is_some() || power.state != State::NoLight && power.mw.is_some()
        };
        lit(self.rx)
            || lit(self.tx)
            || matches!(self.bias, Some(Reading::Measured(current)) if current > 0.0)
            || matches!(self.laser_temperature, Some(Reading::Measured(value)) if value != 0.0)
    }

    /// The states of everything sent.
    pub(super) fn states(&self) -> impl Iterator<Item = State> + '_ {
        let of_power = |sent: bool, power: OpticalPower| {
            let measured = power.dbm.is_some() || power.mw.is_some_and(|mw| mw > 0.0);
            let state = match power.state {
                State::NoLight | State::Invalid => power.state,
                _ if measured => State::Ok,
                state => state,
            };
            sent.then_some(state)
        };
        let others = [&self.bias, &self.laser_temperature];
        [
            of_power(self.rx_sent, self.rx),
            of_power(self.tx_sent, self.tx),
            self.is_coherent().then_some(State::Ok),
        ]
        .into_iter()
        .flatten()
        .chain(others.into_iter().flatten().map(Reading::state))
    }

    /// The values, and why they are there or not. What was not sent at all is not there.
    pub(super) fn values(&self) -> TransmitReceive {
        TransmitReceive {
            rx: self.rx,
            tx: self.tx,
            tx_bias_ma: self.bias.and_then(Reading::value),
            tx_bias_state: self
                .bias
                .map_or(State::NotPresent, |reading| reading.state()),
        }
    }

    pub(super) fn laser_temperature_c(&self) -> Option<f64> {
        self.laser_temperature.and_then(Reading::value)
    }
}

/// Nothing of it, and why.
pub(super) fn nothing(state: State) -> TransmitReceive {
    let power = OpticalPower {
        dbm: None,
        mw: None,
        state,
    };
    TransmitReceive {
        rx: power,
        tx: power,
        tx_bias_ma: None,
        tx_bias_state: state,
    }
}

/// A number of this quantity; a text that is none costs a note.
fn read_number(
    text: &str,
    quantity: Quantity,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) -> Reading<f64> {
    let reading = number(text, quantity);
    if reading == Reading::Invalid {
        notes.unreadable(field, text, expected(text, quantity));
    }
    reading
}

/// Two names may carry the same value; the first that was measured stays.
fn keep(slot: &mut Option<Reading<f64>>, reading: Reading<f64>) {
    if !matches!(slot, Some(Reading::Measured(_))) {
        *slot = Some(reading);
    }
}

/// What two readings of one quantity may be apart: they are rounded, and one is taken after the other.
const SAME_WITHIN: f64 = 1.0;

/// The same for a value with this text. One that says something else than the value before it costs a note.
pub(super) fn keep_first(
    slot: &mut Option<Reading<f64>>,
    reading: Reading<f64>,
    text: &str,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) {
    let is_another = match (*slot, reading) {
        (Some(Reading::Measured(first)), Reading::Measured(again)) => {
            (first - again).abs() > SAME_WITHIN
        }
        (Some(Reading::Measured(_)), Reading::Absent(State::NoLight))
        | (Some(Reading::Absent(State::NoLight)), Reading::Measured(_)) => true,
        _ => false,
    };
    if is_another {
        notes.unreadable(
            field,
            &format!("{text} beside another value"),
            "every value once",
        );
    }
    keep(slot, reading);
}

fn keep_milliwatts(
    slot: &mut Option<Milliwatts>,
    text: &str,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) {
    let reading = read_number(text, Quantity::PowerMw, field, notes);
    let is_measured = |sent: &Milliwatts| sent.reading.value().is_some();
    if !slot.as_ref().is_some_and(is_measured) {
        *slot = Some(Milliwatts::of(reading, text));
    }
}
