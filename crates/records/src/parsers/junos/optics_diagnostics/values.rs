//! Powers, bias and laser temperature, as sent for a lane or for a whole single-lane module.

use crate::model::{COHERENT, Coherent, OpticalPower, TransmitReceive};
use crate::note::ReplyNotes;
use crate::value::{Quantity, Reading, State, absence, number, temperature};
use crate::xml::{Cursor, Damage, Element};

/// At or below this a power is the floor of what modules resolve (0.1 µW): no evidence of light.
const FLOOR_DBM: f64 = -40.0;
/// The same in mW.
const FLOOR_MW: f64 = 1e-4;

/// What was sent; `None` for what was not.
#[derive(Debug, Default)]
pub(super) struct SentValues {
    rx_dbm: Option<Reading<f64>>,
    rx_mw: Option<Reading<f64>>,
    tx_dbm: Option<Reading<f64>>,
    tx_mw: Option<Reading<f64>>,
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
    /// Where the value goes, its quantity and its field's name.
    fn slot(&mut self, of: Common) -> (&mut Option<Reading<f64>>, Quantity, &'static str) {
        match of {
            Common::RxDbm => (&mut self.rx_dbm, Quantity::PowerDbm, "rx_power"),
            Common::RxMw => (&mut self.rx_mw, Quantity::PowerMw, "rx_power_mw"),
            Common::TxDbm => (&mut self.tx_dbm, Quantity::PowerDbm, "tx_power"),
            Common::TxMw => (&mut self.tx_mw, Quantity::PowerMw, "tx_power_mw"),
            Common::Bias => (&mut self.bias, Quantity::CurrentMa, "tx_bias"),
            Common::LaserTemperature => (
                &mut self.laser_temperature,
                Quantity::TemperatureC,
                "laser_temperature",
            ),
        }
    }

    /// Reads an element with such a name.
    pub(super) fn read<'a>(
        &mut self,
        name: ValueElement,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        notes: &mut ReplyNotes<'_>,
    ) -> Result<(), Damage> {
        let text = cursor.text(element)?;
        let (slot, quantity, field) = match name {
            ValueElement::Value(common) => self.slot(common),
            ValueElement::NotAvailable(common) => {
                // Absence with the device's reason.
                let why = absence(&text).unwrap_or(State::NotSupported);
                self.slot(common).0.get_or_insert(Reading::Absent(why));
                return Ok(());
            }
            ValueElement::Coherent(place) => {
                self.set_coherent(place, element, &text, notes);
                return Ok(());
            }
        };
        let reading = if quantity == Quantity::TemperatureC {
            temperature(element.attribute("celsius").as_deref(), &text)
        } else {
            number(&text, quantity)
        };
        if reading == Reading::Invalid {
            notes.unreadable(field, &text, quantity.expected());
        }
        // Two names may carry the same value; the first that was measured stays.
        if !matches!(slot, Some(Reading::Measured(_))) {
            *slot = Some(reading);
        }
        Ok(())
    }

    fn set_coherent(
        &mut self,
        place: usize,
        element: &Element<'_>,
        text: &str,
        notes: &mut ReplyNotes<'_>,
    ) {
        let reading = match COHERENT[place].unit {
            "Cel" => temperature(element.attribute("celsius").as_deref(), text),
            "dBm" => number(text, Quantity::PowerDbm),
            unit => number(text, Quantity::In(unit)),
        };
        match reading {
            Reading::Measured(value) => {
                let measured = &mut self.coherent.get_or_insert_default().0[place];
                *measured = measured.or(Some(value));
            }
            Reading::Absent(State::Invalid) => {
                notes.unreadable(COHERENT[place].name, text, "a number");
            }
            Reading::Absent(_) => {}
        }
    }

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
        [
            &self.rx_dbm,
            &self.rx_mw,
            &self.tx_dbm,
            &self.tx_mw,
            &self.bias,
        ]
        .iter()
        .any(|slot| slot.is_some())
    }

    /// True when light or current was measured: what an empty cage cannot show.
    pub(super) fn shows_life(&self) -> bool {
        let above = |slot: &Option<Reading<f64>>, floor: f64| matches!(slot, Some(Reading::Measured(v)) if *v > floor);
        above(&self.rx_dbm, FLOOR_DBM)
            || above(&self.tx_dbm, FLOOR_DBM)
            || above(&self.rx_mw, FLOOR_MW)
            || above(&self.tx_mw, FLOOR_MW)
            || above(&self.bias, 0.0)
            || matches!(self.laser_temperature, Some(Reading::Measured(value)) if value != 0.0)
    }

    /// The states of everything sent.
    pub(super) fn states(&self) -> impl Iterator<Item = State> + '_ {
        [
            &self.rx_dbm,
            &self.rx_mw,
            &self.tx_dbm,
            &self.tx_mw,
            &self.bias,
            &self.laser_temperature,
        ]
        .into_iter()
        .filter_map(|slot| slot.as_ref().map(Reading::state))
        .chain(self.is_coherent().then_some(State::Ok))
    }

    pub(super) fn values(&self) -> TransmitReceive {
        TransmitReceive {
            rx: power(self.rx_dbm, self.rx_mw),
            tx: power(self.tx_dbm, self.tx_mw),
            tx_bias_ma: self.bias.and_then(Reading::value),
            tx_bias_state: self
                .bias
                .map_or(State::NotSupported, |reading| reading.state()),
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

/// The state speaks of the dBm value. A device that sends mW alone does not offer dBm, and none is computed for it; but
/// 0 mW says the same as `- Inf`.
fn power(dbm: Option<Reading<f64>>, mw: Option<Reading<f64>>) -> OpticalPower {
    let state = match (dbm, mw) {
        (Some(dbm), _) => dbm.state(),
        (None, Some(Reading::Measured(0.0))) => State::NoLight,
        (None, Some(Reading::Measured(_)) | None) => State::NotSupported,
        (None, Some(Reading::Absent(state))) => state,
    };
    OpticalPower {
        dbm: dbm.and_then(Reading::value),
        mw: mw.and_then(Reading::value),
        state,
    }
}
