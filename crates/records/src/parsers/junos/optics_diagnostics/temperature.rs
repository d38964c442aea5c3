//! A temperature element: its `celsius` attribute, else its text.

use std::borrow::Cow;

use crate::note::ReplyNotes;
use crate::value::{Quantity, Reading, expected, number, temperature};
use crate::xml::Element;

/// Reads the element with this text. An attribute that no temperature can be (a number that lost its sign) costs a note and
/// gives way to the text; a text that is none costs a note.
pub(super) fn read(
    element: &Element<'_>,
    text: &str,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) -> Reading<f64> {
    read_named(element, text, || field, notes)
}

/// The same for a field whose name is made for a note only.
pub(super) fn read_named<N: Into<Cow<'static, str>>>(
    element: &Element<'_>,
    text: &str,
    field: impl FnOnce() -> N,
    notes: &mut ReplyNotes<'_>,
) -> Reading<f64> {
    let celsius = element.attribute("celsius");
    let reading = temperature(celsius.as_deref(), text);
    if reading == Reading::Invalid {
        let degrees = text.split('/').next().unwrap_or_default();
        match celsius.as_deref() {
            // Each can be read, and they say different things.
            Some(celsius)
                if number(celsius, Quantity::TemperatureC) != Reading::Invalid
                    && number(degrees, Quantity::TemperatureC) != Reading::Invalid =>
            {
                let found = format!("{celsius} beside {text}");
                notes.unreadable(
                    field(),
                    &found,
                    "the same temperature in attribute and text",
                );
            }
            _ => notes.unreadable(field(), text, expected(degrees, Quantity::TemperatureC)),
        }
    } else if let Some(celsius) = celsius.as_deref()
        && number(celsius, Quantity::TemperatureC) == Reading::Invalid
    {
        let impossible = expected(celsius, Quantity::TemperatureC);
        if impossible != Quantity::TemperatureC.expected() {
            notes.unreadable(field(), celsius, impossible);
        }
    }
    reading
}
