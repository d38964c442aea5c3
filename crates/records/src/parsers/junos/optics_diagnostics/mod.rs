//! `get-interface-optics-diagnostics-information`: what every module measures.
//!
//! [`interface`] reads one physical interface; [`values`] the powers and currents that stand either in a lane or, for
//! single-lane modules, at module level; [`limits`] flags and thresholds, whose names are built from the same parts.

mod interface;
mod limits;
mod temperature;
mod values;

use crate::note::ReplyNotes;
use crate::parsers::parser::{Arrival, Parser};
use crate::snapshot::Snapshot;
use crate::unread::Unread;
use crate::xml::{Meanings, Outcome, Shape, walk};

pub(super) const PARSER: Parser = Parser {
    name: "optics_diagnostics",
    read,
};

const SHAPE: Shape<'_> = Shape {
    container: "interface-information",
    items: &["physical-interface"],
    restart_at: Some("physical-interface"),
};

fn read(reply: &str, arrival: Arrival, snapshot: &mut Snapshot) -> Outcome {
    let Snapshot { optics, notes, .. } = snapshot;
    let before = optics.len();
    let mut meanings = Meanings::default();
    let mut unread = Unread::default();
    let outcome = walk(reply, &SHAPE, |cursor, element, engine| {
        let mut book = ReplyNotes {
            rpc: PARSER.name,
            notes,
            unread: &mut unread,
        };
        let read = interface::read(cursor, element, &mut meanings, &mut book)?;
        if let Some(mut interface) = read {
            interface.routing_engine = engine.cloned();
            interface.timestamp = arrival.at;
            optics.push(interface);
        }
        Ok(())
    });
    let outcome = Outcome {
        unread,
        ..outcome.of_named(optics.len() - before)
    };
    if outcome.payload_seen {
        snapshot.arrivals.set(PARSER.name, arrival.at);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::COHERENT;
    use crate::value::State;

    fn parsed(inside: &str) -> (Snapshot, Outcome) {
        let reply = format!(
            "<physical-interface><name>et-0/0/1</name><optics-diagnostics>{inside}</optics-diagnostics></physical-interface>"
        );
        let mut snapshot = Snapshot::default();
        let outcome = PARSER.parse(reply.as_bytes(), 9, &mut snapshot);
        (snapshot, outcome)
    }

    #[test]
    fn a_limit_is_read_with_its_unit_and_once() {
        let parsed = |limits: &str| {
            let (snapshot, _) = parsed(&format!("<module-voltage>3.3</module-voltage>{limits}"));
            let limits = snapshot.optics[0].thresholds.rx_power_dbm;
            (limits.high_alarm, limits.low_alarm, snapshot.notes.len())
        };
        let in_mw = "<laser-rx-power-high-alarm-threshold>1.4125 mW</laser-rx-power-high-alarm-threshold>\
            <laser-rx-power-low-alarm-threshold>0.1000</laser-rx-power-low-alarm-threshold>";
        assert_eq!(parsed(in_mw), (Some(1.5), Some(-10.0), 0));
        let high = |dbm: &str| {
            format!(
                "<laser-rx-power-high-alarm-threshold-dbm>{dbm}</laser-rx-power-high-alarm-threshold-dbm>"
            )
        };
        let twice = parsed(&(high("3.00") + &high("-5.00")));
        assert_eq!(twice, (Some(3.0), None, 1));
        let again = parsed(&(high("3.00") + &high("3.0 dBm") + &high("n/a")));
        assert_eq!(again, (Some(3.0), None, 0));
    }

    #[test]
    fn a_temperature_is_not_supported_where_the_device_says_so_of_its_parts() {
        let parts = "<module-voltage>3.3</module-voltage>\
            <tx-module-temperature-not-available>Not Supported</tx-module-temperature-not-available>\
            <rx-module-temperature-not-available>Not Supported</rx-module-temperature-not-available>";
        for (more, value, state) in [
            ("", None, State::NotSupported),
            (
                "<rx-module-temperature>51 degrees C</rx-module-temperature>",
                Some(51.0),
                State::Ok,
            ),
            (
                "<module-temperature>49 degrees C</module-temperature>",
                Some(49.0),
                State::Ok,
            ),
        ] {
            let (snapshot, _) = parsed(&format!("{parts}{more}"));
            let optics = &snapshot.optics[0];
            assert_eq!(
                (optics.temperature_c, optics.temperature_state),
                (value, state),
                "{more}"
            );
        }
    }

    #[test]
    fn powers_of_coherent_optics_follow_the_rule_of_all_light() {
        let module = "<module-temperature>40 degrees C</module-temperature><module-voltage>3.3</module-voltage>";
        for (sent, dbm, state, notes, unread) in [
            (
                "<input-power>0.1225</input-power><input-power-dbm>-9.12</input-power-dbm>",
                Some(-9.12),
                State::NotPresent,
                0,
                0,
            ),
            (
                "<input-power-dbm>-9.12</input-power-dbm>",
                Some(-9.12),
                State::NotPresent,
                0,
                0,
            ),
            // In mW alone there is no column for it.
            (
                "<input-power>0.1225</input-power>",
                None,
                State::NotPresent,
                0,
                1,
            ),
            (
                "<input-power>0.1225</input-power><input-power-dbm>n/a</input-power-dbm>",
                None,
                State::NotPresent,
                0,
                1,
            ),
            (
                "<input-power>0.0000</input-power>",
                None,
                State::NoLight,
                0,
                0,
            ),
            // A logarithm that was not taken is no measured 0 dBm.
            (
                "<input-power-dbm>0.00</input-power-dbm><input-power>0.0000</input-power>",
                None,
                State::NoLight,
                1,
                0,
            ),
            (
                "<input-power-dbm>- Inf</input-power-dbm><input-power>0.0</input-power>",
                None,
                State::NoLight,
                0,
                0,
            ),
        ] {
            let (snapshot, outcome) = parsed(&format!("{module}{sent}"));
            let input = COHERENT
                .iter()
                .position(|found| found.name == "input_power")
                .unwrap();
            let lane = snapshot.optics[0].lanes.first();
            let found = lane.and_then(|lane| lane.coherent.as_ref()?.0[input]);
            let rx = lane.map_or(State::NotPresent, |lane| lane.values.rx.state);
            assert_eq!(
                (
                    found,
                    rx,
                    snapshot.notes.len(),
                    outcome.unread.iter().count()
                ),
                (dbm, state, notes, unread),
                "{sent}"
            );
        }
    }

    #[test]
    fn a_cage_where_everything_is_zero_is_empty_however_the_zeros_are_written() {
        let zeros = "<module-temperature celsius=\"0.0\">0 degrees C / 32 degrees F</module-temperature>\
            <module-voltage>0.0000</module-voltage>";
        let lane = |dbm: &str| {
            format!(
                "<optics-diagnostics-lane-values><lane-index>0</lane-index><laser-bias-current>0.000</laser-bias-current>\
                 <laser-rx-optical-power-dbm>{dbm}</laser-rx-optical-power-dbm></optics-diagnostics-lane-values>"
            )
        };
        for (dbm, state) in [
            ("0.00", State::NotPresent),
            ("-0.00", State::NotPresent),
            ("-40.00", State::NotPresent),
            ("-2.00", State::Ok),
        ] {
            let (snapshot, _) = parsed(&format!("{zeros}{}", lane(dbm)));
            assert_eq!(snapshot.optics[0].state, state, "{dbm}");
        }
    }
}
