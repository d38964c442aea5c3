//! The units that a mapping's field may have: what a device writes behind the number, and what Prometheus calls it.

/// A unit.
#[derive(Debug, PartialEq, Eq)]
pub struct Unit {
    /// As in UCUM: what stands in the schema's metadata and in a catalogue.
    pub code: &'static str,
    /// How devices write it behind a number, in lower case.
    pub(crate) words: &'static [&'static str],
    /// The end of a Prometheus name.
    pub suffix: &'static str,
}

const fn unit(code: &'static str, words: &'static [&'static str], suffix: &'static str) -> Unit {
    Unit {
        code,
        words,
        suffix,
    }
}

/// Every unit that is known. Numbers are never converted: the unit says in which one the device sends them.
pub static UNITS: &[Unit] = &[
    unit("%", &["%", "percent"], "percent"),
    unit("1", &[], ""),
    unit("A", &["a", "amp", "amps", "ampere", "amperes"], "amperes"),
    unit("By", &["b", "byte", "bytes"], "bytes"),
    unit(
        "Cel",
        &["c", "°c", "degc", "degrees c", "celsius"],
        "celsius",
    ),
    unit("GBy", &["gb", "gbytes", "gib"], "gigabytes"),
    unit("Hz", &["hz"], "hertz"),
    unit("MBy", &["mb", "mbytes", "mib"], "megabytes"),
    unit("V", &["v", "volt", "volts"], "volts"),
    unit("W", &["w", "watt", "watts"], "watts"),
    unit("bit/s", &["bps", "bit/s", "bits/s"], "bits_per_second"),
    unit("d", &["day", "days"], "days"),
    unit("dB", &["db"], "db"),
    unit("dBm", &["dbm"], "dbm"),
    unit("h", &["hour", "hours"], "hours"),
    unit("kBy", &["kb", "kbytes", "kib"], "kilobytes"),
    unit("mA", &["ma"], "milliamps"),
    unit("mV", &["mv"], "millivolts"),
    unit("mW", &["mw"], "milliwatts"),
    unit("ms", &["ms", "msec", "milliseconds"], "milliseconds"),
    unit("nm", &["nm"], "nanometers"),
    unit("{packets}", &["packets", "pkts"], "packets"),
    unit("{packets}/s", &["pps"], "packets_per_second"),
    unit("r/min", &["rpm"], "rpm"),
    unit("s", &["s", "sec", "second", "seconds"], "seconds"),
    unit("us", &["us", "usec", "microseconds"], "microseconds"),
];

impl Unit {
    /// The unit with this code.
    pub fn of_code(code: &str) -> Option<&'static Self> {
        UNITS.iter().find(|unit| unit.code == code)
    }

    /// True for the words that a device may write for it, its own code among them.
    pub(crate) fn allows(&self, word: &str) -> bool {
        self.code.eq_ignore_ascii_case(word)
            || self
                .words
                .iter()
                .any(|known| known.eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_one_unit_and_a_suffix_is_part_of_a_name() {
        for (at, unit) in UNITS.iter().enumerate() {
            assert!(
                UNITS[..at].iter().all(|other| other.code != unit.code),
                "{}",
                unit.code
            );
            assert!(
                unit.suffix
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            );
            assert_eq!(Unit::of_code(unit.code), Some(unit));
            assert!(
                unit.allows(unit.code),
                "{}: a device may write the code",
                unit.code
            );
        }
        assert_eq!(Unit::of_code("C"), None);
    }
}
