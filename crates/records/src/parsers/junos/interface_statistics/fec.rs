//! FEC counters, rates, bit error ratio and mode, under all of their names.
//!
//! Devices write `fec_ccw_count` with underscores; documents of the format write `fec-ccw` with hyphens and without the
//! suffix. The mode stands in `ethernet-fec-mode` or among the statistics. All are accepted in all places.

use std::borrow::Cow;

use super::elements::{FecElement, counted};
use crate::model::Fec;
use crate::note::ReplyNotes;
use crate::parsers::junos::text::word;
use crate::value::{Quantity, Reading, State, absence, expected, number};
use crate::xml::{Cursor, Damage, Element};

/// What was sent; `None` for what was not.
#[derive(Debug, Default)]
pub(super) struct SentFec {
    ccw: Option<Reading<i64>>,
    nccw: Option<Reading<i64>>,
    ccw_rate: Option<Reading<f64>>,
    nccw_rate: Option<Reading<f64>>,
    pre_fec_ber: Option<(String, f64)>,
    pre_fec_ber_state: Option<State>,
    mode: Option<Cow<'static, str>>,
}

impl SentFec {
    /// Reads an element with such a name.
    pub(super) fn read<'a>(
        &mut self,
        name: FecElement,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        notes: &mut ReplyNotes<'_>,
    ) -> Result<(), Damage> {
        match name {
            FecElement::Ccw => {
                let reading = counted(cursor, element, "fec_ccw", notes)?;
                keep_first(&mut self.ccw, reading, "fec_ccw", notes);
            }
            FecElement::Nccw => {
                let reading = counted(cursor, element, "fec_nccw", notes)?;
                keep_first(&mut self.nccw, reading, "fec_nccw", notes);
            }
            FecElement::CcwRate => {
                let reading = rate(cursor, element, "fec_ccw_rate", notes)?;
                keep_first(&mut self.ccw_rate, reading, "fec_ccw_rate", notes);
            }
            FecElement::NccwRate => {
                let reading = rate(cursor, element, "fec_nccw_rate", notes)?;
                keep_first(&mut self.nccw_rate, reading, "fec_nccw_rate", notes);
            }
            FecElement::PreFecBer => {
                let text = cursor.text(element)?;
                let reading = number(&text, Quantity::Ratio);
                if self.pre_fec_ber.is_none() {
                    self.pre_fec_ber_state = Some(reading.state());
                }
                match reading {
                    Reading::Measured(value) => match &self.pre_fec_ber {
                        Some((_, first)) if *first != value => again(&text, "pre_fec_ber", notes),
                        Some(_) => {}
                        None => {
                            self.pre_fec_ber_state = Some(State::Ok);
                            self.pre_fec_ber = Some((text.into_owned(), value));
                        }
                    },
                    Reading::Absent(State::Invalid) => {
                        notes.unreadable("pre_fec_ber", &text, expected(&text, Quantity::Ratio));
                    }
                    Reading::Absent(_) => {}
                }
            }
            FecElement::Mode => {
                let text = cursor.text(element)?;
                // NONE is a mode: FEC is off.
                if absence(&text).is_none() || text.eq_ignore_ascii_case("none") {
                    self.mode = word(text);
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Fec {
        let readings = [self.ccw, self.nccw];
        let state =
            |wanted: fn(&State) -> bool| readings.iter().flatten().map(Reading::state).find(wanted);
        // A counter that could not be read is not missed behind one that could.
        let state = state(|s| *s == State::Invalid)
            .or_else(|| state(|s| *s == State::Ok))
            .or_else(|| state(|_| true))
            .unwrap_or(State::NotPresent);
        let (pre_fec_ber, pre_fec_ber_value) = self.pre_fec_ber.unzip();
        Fec {
            mode: self.mode,
            ccw: self.ccw.and_then(Reading::value),
            nccw: self.nccw.and_then(Reading::value),
            ccw_rate: self.ccw_rate.and_then(Reading::value),
            nccw_rate: self.nccw_rate.and_then(Reading::value),
            pre_fec_ber,
            pre_fec_ber_value,
            pre_fec_ber_state: self.pre_fec_ber_state.unwrap_or(State::NotPresent),
            state,
        }
    }
}

/// The first value that was read stays; another one costs a note.
pub(super) fn keep_first<T: Copy + PartialEq + ToString>(
    slot: &mut Option<Reading<T>>,
    reading: Reading<T>,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) {
    match (*slot, reading) {
        (Some(Reading::Measured(first)), Reading::Measured(value)) => {
            if first != value {
                again(&value.to_string(), field, notes);
            }
        }
        (Some(Reading::Measured(_)), _) => {}
        _ => *slot = Some(reading),
    }
}

fn again(text: &str, field: &'static str, notes: &mut ReplyNotes<'_>) {
    let found = format!("{text} beside another value");
    notes.unreadable(field, &found, "every value once");
}

fn rate<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) -> Result<Reading<f64>, Damage> {
    let text = cursor.text(element)?;
    let reading = number(&text, Quantity::Rate);
    if reading == Reading::Invalid {
        notes.unreadable(field, &text, expected(&text, Quantity::Rate));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::super::PARSER;
    use crate::snapshot::Snapshot;
    use crate::value::State;

    #[test]
    fn counters_that_are_sent_twice_are_those_that_came_first() {
        let block = |ccw: &str, lost: &str, ber: &str| {
            format!(
                "<ethernet-fec-statistics><fec_ccw_count>{ccw}</fec_ccw_count><fec_nccw_error_rate>{lost}</fec_nccw_error_rate>\
                 <pre-fec-ber>{ber}</pre-fec-ber></ethernet-fec-statistics>"
            )
        };
        for (blocks, notes) in [
            (block("7", "2", "1e-6") + &block("9", "0", "2e-6"), 3),
            (block("7", "2", "1e-6") + &block("7", "2.0", "1.0E-6"), 0),
            (block("7", "2", "1e-6") + &block("N/A", "", "-"), 0),
            (block("N/A", "", "-") + &block("7", "2", "1e-6"), 0),
            (
                block("7", "2", "1e-6") + &block("7", "18446744073709551615", "1e-6"),
                1,
            ),
        ] {
            let reply =
                format!("<physical-interface><name>et-0/0/1</name>{blocks}</physical-interface>");
            let mut snapshot = Snapshot::default();
            PARSER.parse(reply.as_bytes(), 9, &mut snapshot);
            let fec = &snapshot.statistics[0].fec;
            let found = (fec.ccw, fec.nccw_rate, fec.pre_fec_ber_value);
            assert_eq!(found, (Some(7), Some(2.0), Some(1e-6)), "{blocks}");
            assert_eq!(snapshot.notes.len(), notes, "{blocks}");
        }
    }

    #[test]
    fn one_unreadable_counter_makes_the_state_invalid_and_an_absent_one_does_not() {
        for (ccw, nccw, state) in [
            ("7", "9", State::Ok),
            ("7", "N/A", State::Ok),
            ("seven", "9", State::Invalid),
            ("7", "-9", State::Invalid),
        ] {
            let reply = format!(
                "<physical-interface><name>et-0/0/1</name><ethernet-fec-statistics><fec_ccw_count>{ccw}</fec_ccw_count>\
                 <fec_nccw_count>{nccw}</fec_nccw_count></ethernet-fec-statistics></physical-interface>"
            );
            let mut snapshot = Snapshot::default();
            PARSER.parse(reply.as_bytes(), 9, &mut snapshot);
            let fec = &snapshot.statistics[0].fec;
            assert_eq!(fec.state, state, "{ccw} {nccw}");
            assert_eq!(fec.ccw, ccw.parse().ok());
        }
    }
}
