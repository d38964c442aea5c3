//! What cargo knows of the workspace: where it lies, where it builds, and which crate declares which.
//!
//! Asked of `cargo metadata` rather than worked out here, so that a moved target folder, a configuration file or a new
//! member is seen the way cargo sees it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The manifests of the workspaces: the product's, the query engine's, the fuzz targets'.
pub(crate) const MANIFESTS: &[&str] = &["Cargo.toml", "query/Cargo.toml", "fuzz/Cargo.toml"];

/// The workspace that the task was started in.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the root manifest.
    pub(crate) root: PathBuf,
    /// Where cargo builds: `target`, or what `CARGO_TARGET_DIR` or the configuration says.
    pub(crate) target: PathBuf,
    /// The members, by name.
    pub(crate) members: Vec<Member>,
}

/// One crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The manifest, relative to the root, with forward slashes.
    pub(crate) manifest: String,
    /// The names of the crates that it declares, of every kind: a test that crosses a boundary crosses it all the same.
    pub(crate) dependencies: Vec<String>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self, String> {
        let output = cargo()
            .args(["metadata", "--format-version", "1", "--no-deps"])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("`cargo metadata` could not be started: {error}"))?;
        if !output.status.success() {
            return Err(format!(
                "`cargo metadata` failed ({}): see its message above.",
                output.status
            ));
        }
        let metadata = serde_json::from_slice(&output.stdout).map_err(|error| {
            format!("`cargo metadata` answered something that is not JSON: {error}")
        })?;
        Self::read(&metadata).ok_or_else(|| {
            "`cargo metadata` answered without the fields that are read here.".to_owned()
        })
    }

    fn read(metadata: &Value) -> Option<Self> {
        let root = PathBuf::from(metadata.get("workspace_root")?.as_str()?);
        let target = PathBuf::from(metadata.get("target_directory")?.as_str()?);
        let members = metadata.get("packages")?.as_array()?.iter().map(|package| {
            let manifest = PathBuf::from(package.get("manifest_path")?.as_str()?);
            let relative = manifest.strip_prefix(&root).unwrap_or(&manifest);
            let dependencies = package.get("dependencies")?.as_array()?.iter();
            Some(Member {
                name: package.get("name")?.as_str()?.to_owned(),
                manifest: relative.to_string_lossy().replace('\\', "/"),
                dependencies: dependencies
                    .filter_map(|dependency| dependency.get("name")?.as_str().map(str::to_owned))
                    .collect(),
            })
        });
        let members = members.collect::<Option<Vec<_>>>()?;
        Some(Self {
            root,
            target,
            members,
        })
    }

    /// A cargo command in the root.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }
}

/// Lets clippy stand in for the compiler of the workspace's own crates, warnings being errors: a build that also lints compiles the
/// dependencies once, where `cargo clippy` would check all of them a second time.
pub(crate) fn linted(cargo: &mut Command) {
    cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env(
        "CLIPPY_ARGS",
        "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__",
    );
}

/// The cargo that runs us, without what `cargo run` told us about our own package: build scripts watch those variables,
/// and `ring` would be built again at each turn from a plain `cargo build` to this task.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
            "CARGO_PRIMARY_",
        ];
        if ours.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_what_they_declare_are_read() {
        let metadata = serde_json::json!({
            "workspace_root": "/x", "target_directory": "/y/target",
            "packages": [{
                "name": "sinks", "manifest_path": "/x/crates/sinks/Cargo.toml",
                "dependencies": [{"name": "records", "kind": null}, {"name": "tempfile", "kind": "dev"}],
            }],
        });
        let workspace = Workspace::read(&metadata).unwrap();
        assert_eq!(workspace.target, PathBuf::from("/y/target"));
        assert_eq!(workspace.members[0].manifest, "crates/sinks/Cargo.toml");
        assert_eq!(workspace.members[0].dependencies, ["records", "tempfile"]);
    }
}
