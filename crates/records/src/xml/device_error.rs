//! What the device says instead of data, or beside it.
//!
//! `rpc-error` (at any depth), `xnm:error` and `xnm:warning`, a bare `error`, and plain text in `output`. All become
//! [`DeviceError`] with the device's own words. They are outcomes of an RPC, not errors of this program.

use std::fmt;
use std::sync::Arc;

use super::cursor::{Cursor, Damage, Element};
use crate::note::shortened;

/// The most messages kept from one reply.
const MAX_ERRORS: usize = 100;

/// How the device put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// `rpc-error`, the form of the protocol.
    RpcError,
    /// `xnm:error`, `xnm:warning` or a bare `error`.
    Error,
    /// Text in `output`, where XML was expected.
    Output,
}

/// How serious the device says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Something was not done.
    Error,
    /// Something was done in spite of it.
    Warning,
}

/// One message of the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceError {
    /// The form of the message.
    pub kind: ErrorKind,
    /// `error` unless the device says `warning`.
    pub severity: Severity,
    /// The device's own words, shortened; made of tag and bad element when there is no message.
    pub message: String,
    /// `error-tag`, such as `operation-failed`.
    pub tag: Option<String>,
    /// `bad-element` of `error-info`.
    pub bad_element: Option<String>,
    /// The routing engine (node, member) that said it.
    pub routing_engine: Option<Arc<str>>,
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.routing_engine {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.bad_element {
            Some(element) if !self.message.contains(element.as_str()) => write!(f, " ({element})"),
            _ => Ok(()),
        }
    }
}

/// True for names that mean an error wherever they stand; `error` and `output` alone could be data elsewhere.
pub(super) fn is_certain(name: &str) -> bool {
    name.ends_with("rpc-error") || name == "xnm:error"
}

/// Collects the element if it is a message of the device; says whether it was one.
#[inline]
pub(super) fn collect<'a>(cursor: &mut Cursor<'a>, element: &Element<'a>) -> Result<bool, Damage> {
    let (kind, severity) = match element.name() {
        "rpc-error" => (ErrorKind::RpcError, Severity::Error),
        "error" => (ErrorKind::Error, Severity::Error),
        "warning" => (ErrorKind::Error, Severity::Warning),
        "output" => (ErrorKind::Output, Severity::Error),
        _ => return Ok(false),
    };
    if cursor.in_message {
        return Ok(false);
    }
    collect_message(cursor, element, kind, severity)?;
    Ok(true)
}

#[cold]
fn collect_message<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    kind: ErrorKind,
    mut severity: Severity,
) -> Result<(), Damage> {
    cursor.in_message = true;
    let read = if kind == ErrorKind::Output {
        cursor
            .text(element)
            .map(|text| (text.into_owned(), None, None))
    } else {
        details(cursor, element, &mut severity)
    };
    cursor.in_message = false;
    let (message, tag, bad_element) = read?;
    // A list entry that happens to be called `error` (as PIC detail has) holds none of these and is not a message.
    if message.is_empty() && tag.is_none() && bad_element.is_none() {
        return Ok(());
    }
    let message = if message.is_empty() {
        [tag.as_deref(), bad_element.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": ")
    } else {
        shortened(&message.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    if cursor.errors.len() < MAX_ERRORS {
        cursor.errors.push(DeviceError {
            kind,
            severity,
            message,
            tag,
            bad_element,
            routing_engine: None,
        });
    }
    Ok(())
}

type Details = (String, Option<String>, Option<String>);

fn details<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    severity: &mut Severity,
) -> Result<Details, Damage> {
    let (mut message, mut tag, mut bad_element) = (String::new(), None, None);
    let own = cursor.each_child_with_text(element, |cursor, child| {
        match child.name() {
            "error-message" | "message" => message = cursor.text(child)?.into_owned(),
            "error-tag" => tag = Some(cursor.text(child)?.into_owned()),
            "error-severity" if cursor.text(child)?.eq_ignore_ascii_case("warning") => {
                *severity = Severity::Warning
            }
            "error-info" => cursor.each_child(child, |cursor, child| {
                if child.name() == "bad-element" {
                    bad_element = Some(cursor.text(child)?.into_owned());
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    })?;
    let given = |text: &String| !text.is_empty();
    Ok((
        if message.is_empty() { own } else { message },
        tag.filter(given),
        bad_element.filter(given),
    ))
}
