//! Counting what is not read: an element's own number, and all in it.

use crate::unread::Unread;
use crate::value::absence;
use crate::xml::{Cursor, Damage, Element};

/// How deep an unknown element is looked into.
const MAX_DEPTH: usize = 8;

/// Counts every element in this one that holds a number, itself included.
pub(super) fn count<'a>(
    unread: &mut Unread,
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<(), Damage> {
    count_to(unread, cursor, element, MAX_DEPTH)
}

fn count_to<'a>(
    unread: &mut Unread,
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    depth: usize,
) -> Result<(), Damage> {
    if depth == 0 {
        return Ok(());
    }
    let text = cursor.each_child_with_text(element, |cursor, child| {
        count_to(unread, cursor, child, depth - 1)
    })?;
    if is_measurement(&text) {
        unread.add(element.name());
    }
    Ok(())
}

/// True for what begins as a number does.
fn is_measurement(text: &str) -> bool {
    let number = text.trim_start_matches(['-', '+', ' ']);
    absence(text).is_none()
        && (number.starts_with(|first: char| first.is_ascii_digit())
            || number.len() < text.len() && number.to_ascii_lowercase().starts_with("inf"))
}
