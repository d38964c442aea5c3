//! Any text as each kind of value: what is read is finite, in range, and reads the same with white space around it.
#![no_main]

use records::port::PortName;
use records::value::{self, Quantity, Reading, State};

const QUANTITIES: [Quantity; 8] = [
    Quantity::PowerDbm,
    Quantity::PowerMw,
    Quantity::CurrentMa,
    Quantity::VoltageV,
    Quantity::PowerW,
    Quantity::TemperatureC,
    Quantity::Rate,
    Quantity::Ratio,
];

libfuzzer_sys::fuzz_target!(|text: &str| {
    let padded = format!("\n  {text}\t\n");
    for quantity in QUANTITIES {
        let reading = value::number(text, quantity);
        match reading {
            Reading::Measured(value) => assert!(value.is_finite(), "{text:?} as {quantity:?}"),
            Reading::Absent(state) => assert_ne!(state, State::Ok, "{text:?} as {quantity:?}"),
        }
        if quantity == Quantity::Ratio
            && let Reading::Measured(ratio) = reading
        {
            assert!((0.0..=1.0).contains(&ratio), "{text:?}");
        }
        assert_eq!(
            reading,
            value::number(&padded, quantity),
            "{text:?} as {quantity:?}"
        );
    }
    for read in [value::counter, value::speed] {
        let reading = read(text);
        assert!(reading.value().is_none_or(|count| count >= 0), "{text:?}");
        assert_eq!(reading, read(&padded), "{text:?}");
    }
    if let Reading::Measured(celsius) = value::temperature(None, text) {
        assert!(celsius.is_finite(), "{text:?}");
    }
    assert!(
        value::index(text).is_none_or(|index| i32::try_from(index).is_ok()),
        "{text:?}"
    );
    if let Some(label) = value::label(text) {
        assert!(!label.is_empty() && label.trim() == label, "{text:?}");
    }
    if let Some(name) = PortName::parse(text) {
        assert!(
            text.starts_with(name.prefix) && text.starts_with(name.base),
            "{text:?}"
        );
    }
});
