//! What the device says instead of data, or beside it.
//!
//! `rpc-error` (at any depth), `xnm:error` and `xnm:warning`, a bare `error`, and plain text in `output`. All become
//! [`DeviceError`] with the device's own words. They are outcomes of an RPC, not errors of this program.

use std::fmt;
use std::sync::Arc;

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
