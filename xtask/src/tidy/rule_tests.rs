//! What the tests of several rules need: workspaces of their own making.

use std::path::PathBuf;

use crate::workspace::{Member, Workspace};

/// A workspace for rules that do not ask it anything.
pub(super) fn nowhere() -> Workspace {
    workspace_of(&[])
}

/// A workspace of these crates with these dependencies.
pub(super) fn workspace_of(members: &[(&str, &[&str])]) -> Workspace {
    let member = |(name, dependencies): &(&str, &[&str])| Member {
        name: (*name).to_owned(),
        manifest: format!("crates/{name}/Cargo.toml"),
        dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
    };
    Workspace {
        root: PathBuf::new(),
        target: PathBuf::new(),
        members: members.iter().map(member).collect(),
    }
}
