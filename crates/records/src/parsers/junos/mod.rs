//! Parsers of Junos replies: one file for each RPC, and the list of them.
//!
//! To add an RPC: one new file, and two adjacent lines here.

mod chassis_inventory;
mod interface_statistics;
mod optics_diagnostics;
mod pic_detail;
mod system_information;
mod text;
mod unread;

use crate::parsers::parser::Parser;

/// The parsers, sorted by name.
pub static PARSERS: &[Parser] = &[
    chassis_inventory::PARSER,
    interface_statistics::PARSER,
    optics_diagnostics::PARSER,
    pic_detail::PARSER,
    system_information::PARSER,
];
