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
    /// The powers among them, which may come in mW too. Made when the first comes.
    coherent_powers: Option<Box<[SentPower; COHERENT_POWERS.len()]>>,
}

/// One power as it was sent, in dBm, in mW or in both.
#[derive(Debug, Clone, Copy, Default)]
struct SentPower {
    dbm: Option<Reading<f64>>,
    mw: Option<Milliwatts>,
}

/// The powers that coherent optics measure: the element in mW and the column, which is in dBm.
const COHERENT_POWERS: [(&str, &str); 4] = [
    ("input-power", "input_power"),
    ("input-total-power", "input_total_power"),
    ("output-power", "output_power"),
    ("per-wave-rx-optical-power", "per_wave_rx_power"),
];

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
    /// In mW, by its place in [`COHERENT_POWERS`].
    CoherentMw(usize),
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
            name => match COHERENT_POWERS.iter().position(|(mw, _)| *mw == name) {
                Some(place) => Self::CoherentMw(place),
                None => Self::Coherent(Coherent::place(name)?),
            },
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
            ValueElement::CoherentMw(place) => {
                let field = COHERENT_POWERS[place].1;
                let sent = &mut self.coherent_powers.get_or_insert_default()[place];
                keep_milliwatts(&mut sent.mw, &text, field, notes);
            }
        }
        Ok(())
    }

    /// What was sent, judged once everything has been read. A power that contradicts itself costs a note.
    pub(super) fn judged(mut self, notes: &mut ReplyNotes<'_>) -> Values {
        if let Some(sent) = self.coherent_powers.take() {
            for (sent, (element, column)) in sent.iter().zip(COHERENT_POWERS) {
                self.judge_coherent_power(*sent, element, column, notes);
            }
        }
        let mut power = |dbm: Option<Reading<f64>>, mw: Option<Milliwatts>, field| {
            let power = judged_power(dbm, mw, field, notes).0;
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
            "dBm" => {
                let reading = read_number(text, Quantity::PowerDbm, quantity.name, notes);
                let is_this = |(_, column): &(&str, &str)| *column == quantity.name;
                if let Some(place) = COHERENT_POWERS.iter().position(is_this) {
                    let sent = self.coherent_powers.get_or_insert_default();
                    keep(&mut sent[place].dbm, reading);
                    return;
                }
                reading
            }
            unit => read_number(text, Quantity::In(unit), quantity.name, notes),
        };
        if let Reading::Measured(value) = reading {
            let measured = &mut self.coherent.get_or_insert_default().0[place];
            *measured = measured.or(Some(value));
        }
    }

    /// One rule for all light. A power that comes in mW alone has no column; it is counted as unread.
    fn judge_coherent_power(
        &mut self,
        sent: SentPower,
        element: &str,
        column: &'static str,
        notes: &mut ReplyNotes<'_>,
    ) {
        let (power, is_contradictory) = judged_power(sent.dbm, sent.mw, column, notes);
        if power.state == State::NoLight {
            // A module that says darkness here alone is as dark as any other.
            let dark = Reading::Absent(State::NoLight);
            match column {
                "output_power" => keep(&mut self.tx_dbm, dark),
                "input_power" | "input_total_power" => keep(&mut self.rx_dbm, dark),
                _ => {}
            }
        } else if let Some(dbm) = power.dbm {
            let place = COHERENT.iter().position(|found| found.name == column);
            if let Some(place) = place {
                self.coherent.get_or_insert_default().0[place] = Some(dbm);
            }
        } else if power.mw.is_some() && !is_contradictory {
            notes.unread.add(element);
        }
    }
}

/// The power that two readings of it say. Where they contradict each other it costs a note, and true stands beside it.
fn judged_power(
    dbm: Option<Reading<f64>>,
    mw: Option<Milliwatts>,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) -> (OpticalPower, bool) {
    let (power, is_contradictory) = light(dbm, mw);
    if is_contradictory {
        let in_words = |reading: Option<Reading<f64>>| match reading {
            Some(Reading::Measured(value)) => value.to_string(),
            _ => "- Inf".to_owned(),
        };
        let (dbm, mw) = (in_words(dbm), in_words(mw.map(|mw| mw.reading)));
        let found = format!("{dbm} dBm beside {mw} mW");
        notes.unreadable(field, &found, "the same power in dBm and in mW");
    }
    (power, is_contradictory)
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
        // 0.00 dBm is what a zero is written as; light is seldom exactly 1 mW.
        let lit = |power: OpticalPower| {
            power.dbm.is_some_and(|dbm| dbm != 0.0)
                || power.state != State::NoLight && power.mw.is_some_and(|mw| mw > 0.0)
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
