//! The FEC of the optic itself, as coherent modules have it, beside that of the Ethernet port.

use super::elements::counted;
use crate::model::OpticFec;
use crate::note::ReplyNotes;
use crate::parsers::junos::unread;
use crate::value::{Quantity, Reading, expected, number};
use crate::xml::{Cursor, Damage, Element};

/// Reads one of the containers of its statistics. Two are known; a device sends one of them.
pub(super) fn read<'a>(
    fec: &mut OpticFec,
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    notes: &mut ReplyNotes<'_>,
) -> Result<(), Damage> {
    cursor.each_child(element, |cursor, leaf| {
        match leaf.name() {
            "fec-corrected-errors" => {
                fec.corrected = counted(cursor, leaf, "optic_fec_corrected", notes)?.value();
            }
            "fec-uncorrected-words" => {
                fec.uncorrected = counted(cursor, leaf, "optic_fec_uncorrected", notes)?.value();
            }
            "fec-corrected-error-rate" => {
                fec.corrected_rate = measured(
                    cursor,
                    leaf,
                    Quantity::Rate,
                    "optic_fec_corrected_rate",
                    notes,
                )?;
            }
            "fec-uncorrected-error-rate" => {
                fec.uncorrected_rate = measured(
                    cursor,
                    leaf,
                    Quantity::Rate,
                    "optic_fec_uncorrected_rate",
                    notes,
                )?;
            }
            "fec-corrected-error-ratio" | "optic-fec-corrected-error-ratio" => {
                fec.corrected_ratio = measured(
                    cursor,
                    leaf,
                    Quantity::Ratio,
                    "optic_fec_corrected_ratio",
                    notes,
                )?;
            }
            _ => unread::count(notes.unread, cursor, leaf)?,
        }
        Ok(())
    })
}

fn measured<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    quantity: Quantity,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) -> Result<Option<f64>, Damage> {
    let text = cursor.text(element)?;
    let reading = number(&text, quantity);
    if reading == Reading::Invalid {
        notes.unreadable(field, &text, expected(&text, quantity));
    }
    Ok(reading.value())
}
