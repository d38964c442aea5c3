//! Samples by family, written in the text exposition format (version 0.0.4).

use std::collections::BTreeMap;

/// What a family's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gauge,
    Counter,
}

/// Every family, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Families(BTreeMap<String, Family>);

#[derive(Debug, Clone)]
struct Family {
    kind: Kind,
    help: String,
    samples: String,
}

impl Families {
    /// A sample of a value that goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        self.sample(name, Kind::Gauge, help, labels, value);
    }

    /// Adds a sample; a value that is no number is none. The first to name a family says what it is.
    pub(super) fn sample(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        if !value.is_finite() {
            return;
        }
        let family = match self.0.get_mut(name) {
            Some(family) => family,
            None => self.0.entry(name.to_owned()).or_insert_with(|| Family {
                kind,
                help: help.to_owned(),
                samples: String::new(),
            }),
        };
        let samples = &mut family.samples;
        samples.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            samples.push(if at == 0 { '{' } else { ',' });
            samples.push_str(label);
            samples.push_str("=\"");
            escape(text, samples);
            samples.push('"');
        }
        if !labels.is_empty() {
            samples.push('}');
        }
        samples.push_str(&format!(" {value}\n"));
    }

    pub(super) fn into_text(self) -> String {
        let mut text = String::new();
        for (name, family) in self.0 {
            let kind = match family.kind {
                Kind::Gauge => "gauge",
                Kind::Counter => "counter",
            };
            let help = family.help.replace('\\', "\\\\").replace('\n', "\\n");
            text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
            text.push_str(&family.samples);
        }
        text
    }
}

fn escape(text: &str, into: &mut String) {
    for letter in text.chars() {
        match letter {
            '\\' => into.push_str("\\\\"),
            '"' => into.push_str("\\\""),
            '\n' => into.push_str("\\n"),
            letter => into.push(letter),
        }
    }
}

/// The text that was escaped.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            (letter, false) => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_in_one_piece_and_what_is_no_number_is_left_out() {
        let mut families = Families::default();
        families.gauge("b", "two\nlines", &[("x", "1")], 0.000_000_1);
        families.sample("a", Kind::Counter, "counts", &[], 18_446_744_073.0);
        families.gauge("b", "other", &[("x", "2"), ("y", "z")], f64::NAN);
        families.gauge("b", "other", &[("x", "3"), ("y", "\"\\")], -2.5);
        let expected = "# HELP a counts\n# TYPE a counter\na 18446744073\n# HELP b two\\nlines\n# TYPE b gauge\nb{x=\"1\"} 0.0000001\n\
                        b{x=\"3\",y=\"\\\"\\\\\"} -2.5\n";
        assert_eq!(families.into_text(), expected);
        assert_eq!(unescape("a\\\"b\\\\c\\nd"), "a\"b\\c\nd");
    }
}
