//! FEC counters, rates, bit error ratio and mode, under all of their names.
//!
//! Devices write `fec_ccw_count` with underscores; documents of the format write `fec-ccw` with hyphens and without the
//! suffix. The mode stands in `ethernet-fec-mode` or among the statistics. All are accepted in all places.

use std::borrow::Cow;

use crate::junos::word;
use crate::model::Fec;
use crate::note::Notebook;
use crate::value::{Quantity, Reading, State, absence, counter, number};
use crate::xml::{Cursor, Damage, Element};

/// What was sent; `None` for what was not.
#[derive(Debug, Default)]
pub(super) struct Sent {
    ccw: Option<Reading<i64>>,
    nccw: Option<Reading<i64>>,
    ccw_rate: Option<f64>,
    nccw_rate: Option<f64>,
    pre_fec_ber: Option<(String, f64)>,
    pre_fec_ber_state: Option<State>,
    mode: Option<Cow<'static, str>>,
}

impl Sent {
    /// Reads the element if it is one of these; says whether it was.
    pub(super) fn read<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        notes: &mut Notebook<'_>,
    ) -> Result<bool, Damage> {
        match element.name() {
            "fec_ccw_count" | "fec-ccw-count" | "fec-ccw" | "fec_ccw" => {
                self.ccw = Some(codewords(cursor, element, "fec_ccw", notes)?);
            }
            "fec_nccw_count" | "fec-nccw-count" | "fec-nccw" | "fec_nccw" => {
                self.nccw = Some(codewords(cursor, element, "fec_nccw", notes)?);
            }
            "fec_ccw_error_rate" | "fec-ccw-error-rate" | "fec-ccw-rate" | "fec_ccw_rate" => {
                self.ccw_rate = rate(cursor, element, "fec_ccw_rate", notes)?;
            }
            "fec_nccw_error_rate" | "fec-nccw-error-rate" | "fec-nccw-rate" | "fec_nccw_rate" => {
                self.nccw_rate = rate(cursor, element, "fec_nccw_rate", notes)?;
            }
            "pre-fec-ber" | "pre_fec_ber" => {
                let text = cursor.text(element)?;
                let reading = number(&text, Quantity::Ratio);
                if self.pre_fec_ber.is_none() {
                    self.pre_fec_ber_state = Some(reading.state());
                }
                match reading {
                    Reading::Measured(value) => self.pre_fec_ber = Some((text.into_owned(), value)),
                    Reading::Absent(State::Invalid) => {
                        notes.unreadable("pre_fec_ber", &text, Quantity::Ratio.expected());
                    }
                    Reading::Absent(_) => {}
                }
            }
            "enabled_fec_mode" | "enabled-fec-mode" | "fec-mode" => {
                let text = cursor.text(element)?;
                // NONE is a mode: FEC is off.
                if absence(&text).is_none() || text.eq_ignore_ascii_case("none") {
                    self.mode = word(text);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn finish(self) -> Fec {
        let readings = [self.ccw, self.nccw];
        let state =
            |wanted: fn(&State) -> bool| readings.iter().flatten().map(Reading::state).find(wanted);
        let state = state(|s| *s == State::Ok)
            .or_else(|| state(|s| *s == State::Invalid))
            .or_else(|| state(|_| true))
            .unwrap_or(State::NotSupported);
        let (pre_fec_ber, pre_fec_ber_value) = self.pre_fec_ber.unzip();
        Fec {
            mode: self.mode,
            ccw: self.ccw.and_then(Reading::value),
            nccw: self.nccw.and_then(Reading::value),
            ccw_rate: self.ccw_rate,
            nccw_rate: self.nccw_rate,
            pre_fec_ber,
            pre_fec_ber_value,
            pre_fec_ber_state: self.pre_fec_ber_state.unwrap_or(State::NotSupported),
            state,
        }
    }
}

fn codewords<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    field: &'static str,
    notes: &mut Notebook<'_>,
) -> Result<Reading<i64>, Damage> {
    let text = cursor.text(element)?;
    let reading = counter(&text);
    if reading == Reading::Invalid {
        notes.unreadable(field, &text, "a whole number of at most 63 bits");
    }
    Ok(reading)
}

fn rate<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    field: &'static str,
    notes: &mut Notebook<'_>,
) -> Result<Option<f64>, Damage> {
    let text = cursor.text(element)?;
    let reading = number(&text, Quantity::Rate);
    if reading == Reading::Invalid {
        notes.unreadable(field, &text, Quantity::Rate.expected());
    }
    Ok(reading.value())
}
