//! The Python environments: clients and readers that nobody here wrote.
//!
//! Three of them, under the target folder: PyEZ pins another ncclient, and Ansible is judged alone. Each remembers the requirements that it was
//! made from and is made anew when they change; a half-made one never looks finished, because that note is written last.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Availability, debian};
use crate::process;
use crate::workspace::Workspace;

struct Environment {
    /// The folder under the target folder.
    folder: &'static str,
    /// The requirements, from the root.
    requirements: &'static str,
    /// A program that runs only if the packages are usable.
    proof: &'static str,
}

/// ncclient and the readers of Parquet.
const CLIENTS_AND_READERS: Environment = Environment {
    folder: "venv",
    requirements: "xtask/python-requirements.txt",
    proof: "import ncclient.manager, pyarrow.parquet, duckdb, yaml, pandas, polars, boto3, awscli, sqlglot, pyspark",
};

/// ansible-core, which judges inventories and vault values.
const ANSIBLE: Environment = Environment {
    folder: "venv-ansible",
    requirements: "xtask/python-requirements-ansible.txt",
    proof: "import ansible.cli.inventory, ansible.cli.vault",
};

const ENVIRONMENTS: &[Environment] = &[
    CLIENTS_AND_READERS,
    Environment {
        folder: "venv-pyez",
        requirements: "xtask/python-requirements-pyez.txt",
        proof: "import jnpr.junos",
    },
];

/// Makes the environments that are missing or out of date.
pub(super) fn prepare(workspace: &Workspace) -> Availability {
    for environment in ENVIRONMENTS {
        if let Err(message) = make(workspace, environment) {
            return Availability::Missing(format!("{}: {message}.", environment.requirements));
        }
    }
    Availability::Ready
}

/// Makes the environment of Ansible.
pub(super) fn prepare_ansible(workspace: &Workspace) -> Availability {
    match make(workspace, &ANSIBLE) {
        Ok(()) => Availability::Ready,
        Err(message) => Availability::Missing(format!("{}: {message}.", ANSIBLE.requirements)),
    }
}

/// Makes the one environment, if need be, and names its interpreter.
pub(super) fn with_clients_and_readers(workspace: &Workspace) -> Result<PathBuf, String> {
    let environment = &CLIENTS_AND_READERS;
    make(workspace, environment)
        .map_err(|message| format!("{}: {message}.", environment.requirements))?;
    Ok(python_of(&workspace.target.join(environment.folder)))
}

fn make(workspace: &Workspace, environment: &Environment) -> Result<(), String> {
    let wanted = fs::read_to_string(workspace.root.join(environment.requirements))
        .map_err(|error| error.to_string())?;
    let folder = workspace.target.join(environment.folder);
    let stamp = folder.join("made-from.txt");
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted)
        && is_usable(&folder, environment)
    {
        return Ok(());
    }
    println!(
        "making {} from {}",
        folder.display(),
        environment.requirements
    );
    create(&folder)?;
    let mut pip = Command::new(python_of(&folder));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--requirement",
    ]);
    process::run(pip.arg(workspace.root.join(environment.requirements)))?;
    if !is_usable(&folder, environment) {
        return Err(format!(
            "installed, but `{}` fails in {}",
            environment.proof,
            folder.display()
        ));
    }
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// An empty environment. Debian splits the module that makes one into a package of its own: as root, it is fetched.
fn create(folder: &Path) -> Result<(), String> {
    let venv = || {
        process::run(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(folder),
        )
    };
    venv().or_else(|first| {
        debian::install(&["python3", "python3-venv"])
            .map_err(|why| format!("{first}, and {why}"))?;
        venv()
    })
}

fn is_usable(folder: &Path, environment: &Environment) -> bool {
    process::succeeds(Command::new(python_of(folder)).args(["-c", environment.proof]))
}

fn python_of(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}
