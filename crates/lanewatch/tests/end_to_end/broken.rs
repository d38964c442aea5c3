//! Broken configurations: what a person reads who wrote them. The snapshot beside this file is what is promised.
//!
//! In each, nothing may be contacted and nothing written, the exit status is 2, and each message names the file and the line.

use std::fmt::Write as _;
use std::fs;

use crate::harness::{files_below, program, run};

/// What is wrong, the files with their texts, the arguments, the variables.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

/// An inventory with nothing wrong in it.
const GOOD: (&str, &str) = (
    "lab.yaml",
    "all:\n  hosts:\n    leaf-01: {ansible_password: x}\n",
);
const COLLECT: &[&str] = &["collect", "-i", "lab.yaml"];
const WITH_CATALOGUE: &[&str] = &["collect", "-i", "lab.yaml", "--catalogue", "rpcs.yml"];

const CASES: &[Case] = &[
    (
        "a misspelt key of a group",
        &[(
            "lab.yaml",
            "all:\n  hosts:\n    a: {ansible_password: x}\n  childern:\n    leaf:\n",
        )],
        COLLECT,
        &[],
    ),
    (
        "a misspelt variable, with a password beside it",
        &[(
            "lab.yaml",
            "all:\n  hosts:\n    a:\n      ansible_password: hunter2\n      ansible_prot: 830\n",
        )],
        COLLECT,
        &[],
    ),
    (
        "a port that is none",
        &[(
            "lab.yaml",
            "all:\n  vars: {ansible_password: hunter2}\n  hosts:\n    a: {ansible_host: 192.0.2.1, ansible_port: 83O}\n",
        )],
        COLLECT,
        &[],
    ),
    (
        "hosts as a list",
        &[("lab.yaml", "all:\n  hosts:\n    - leaf-01\n    - leaf-02\n")],
        COLLECT,
        &[],
    ),
    (
        "a host that is a number",
        &[("lab.yaml", "all:\n  hosts:\n    a: 7\n")],
        COLLECT,
        &[],
    ),
    (
        "no hosts",
        &[("lab.yaml", "all:\n  children:\n    leaf:\n")],
        COLLECT,
        &[],
    ),
    (
        "no YAML",
        &[("lab.yaml", "all:\n  hosts: {a: [\n")],
        COLLECT,
        &[],
    ),
    (
        "an inventory that is not there",
        &[],
        &["collect", "-i", "nowhere.yaml"],
        &[],
    ),
    (
        "an interface filter with a space",
        &[(
            "lab.yaml",
            "all:\n  hosts:\n    a:\n      ansible_password: x\n      interface_filter: et 0\n",
        )],
        COLLECT,
        &[],
    ),
    (
        "a host-key policy that is none",
        &[(
            "lab.yaml",
            "all:\n  hosts:\n    a:\n      ansible_password: x\n      lanewatch_host_keys: lose\n",
        )],
        COLLECT,
        &[],
    ),
    (
        "a password that YAML changes",
        &[(
            "lab.yaml",
            "all:\n  hosts:\n    a:\n      ansible_password: 0123\n",
        )],
        COLLECT,
        &[],
    ),
    (
        "a parser that is none",
        &[
            GOOD,
            (
                "rpcs.yml",
                "rpc_commands:\n  - name: optics\n    rpc: get-interface-optics-diagnostics-information\n    parser: juniper/optics_diagnostic\n",
            ),
        ],
        WITH_CATALOGUE,
        &[],
    ),
    (
        "an element that is none",
        &[
            GOOD,
            (
                "rpcs.yml",
                "rpc_commands:\n  - name: optics\n    rpc: 'get-optics><x'\n    parser: optics_diagnostics\n",
            ),
        ],
        WITH_CATALOGUE,
        &[],
    ),
    (
        "a name that is given twice",
        &[
            GOOD,
            (
                "rpcs.yml",
                "- {name: s, rpc: get-a, parser: system_information}\n- {name: s, rpc: get-b, parser: system_information}\n",
            ),
        ],
        WITH_CATALOGUE,
        &[],
    ),
    (
        "a misspelt setting",
        &[
            GOOD,
            (
                "lanewatch.toml",
                "# ours\nconcurency = 5\noutput-dir = \"x\"\n",
            ),
        ],
        COLLECT,
        &[],
    ),
    (
        "a setting of the wrong kind",
        &[
            GOOD,
            (
                "lanewatch.toml",
                "device_timeout = \"forever\"\nkeep_runs = [1, 2]\nlake = { path = \"x\" }\n",
            ),
        ],
        COLLECT,
        &[],
    ),
    (
        "no TOML",
        &[GOOD, ("lanewatch.toml", "lake = \nuser = \"u\"\n")],
        COLLECT,
        &[],
    ),
    (
        "a password in lanewatch.toml",
        &[GOOD, ("lanewatch.toml", "password = \"hunter2\"\n")],
        COLLECT,
        &[],
    ),
    (
        "variables that cannot be read",
        &[GOOD],
        COLLECT,
        &[
            ("LANEWATCH_CONCURRENCY", "0"),
            ("LANEWATCH_RAW", "keeps"),
            ("LANEWATCH_SHARD", "6/5"),
        ],
    ),
    (
        "flags that cannot be read",
        &[GOOD],
        &[
            "collect",
            "-i",
            "lab.yaml",
            "--attempts",
            "x",
            "--host-keys",
            "stric",
            "--run-timeout",
            "0",
        ],
        &[],
    ),
    (
        "a flag that is misspelt",
        &[GOOD],
        &["collect", "-i", "lab.yaml", "--concurency", "3"],
        &[],
    ),
    (
        "a password file that is not there",
        &[GOOD],
        &["collect", "-i", "lab.yaml", "--password-file", "nowhere"],
        &[],
    ),
    (
        "something everywhere",
        &[
            ("lab.yaml", "all:\n  hosts:\n    a: {ansible_prot: 1}\n"),
            ("rpcs.yml", "- {name: s, rpc: r, parser: x}\n"),
            ("lanewatch.toml", "keep_runs = 0\n"),
        ],
        WITH_CATALOGUE,
        &[("LANEWATCH_ATTEMPTS", "0")],
    ),
];

#[test]
fn messages_read_well_and_name_the_right_line() {
    let mut said = String::new();
    for (what, files, arguments, variables) in CASES {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in *files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mut command = program(folder.path(), arguments);
        let ran = run(command.envs(variables.iter().copied())).expect(2);
        assert_eq!(
            files_below(folder.path()).len(),
            files.len(),
            "{what}: something was written"
        );
        let seen = [ran.stdout.as_str(), ran.stderr.as_str()].concat();
        assert!(!seen.contains("hunter2"), "{what}: {seen}");
        writeln!(said, "## {what}\n{seen}").unwrap();
    }
    insta::assert_snapshot!("broken", said);
}
