//! The playbook, run by Ansible itself: each host has its own result, and the second play brings the lake to S3.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::TO;
use crate::harness::{Fleet, Python, Ran, S3, give_keys, lanewatch_with_keys, run, verify};

/// Ansible with the playbook of the tree and the binary under test.
fn playbook(folder: &Path, server: &S3, inventory: &str, more: &[&str]) -> Ran {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ansible");
    let binary = env!("CARGO_BIN_EXE_lanewatch");
    let variables = serde_json::json!({
        "collect_program": binary,
        "lake_program": binary,
        "output_dir": folder.join("output"),
        "collect_lake": folder.join("lake"),
        "lake_root": folder.join("lake"),
        "lake_remote": TO,
    });
    let interpreter = Python::Ansible.interpreter();
    let mut command = Command::new(interpreter.with_file_name("ansible-playbook"));
    give_keys(&mut command, &server.endpoint());
    command
        .arg(tree.join("junos_telemetry.yml"))
        .args(["-i", inventory, "-e", &variables.to_string()])
        .args(more)
        .current_dir(&tree)
        .env("ANSIBLE_HOME", folder.join("ansible"))
        .env("ANSIBLE_RETRY_FILES_SAVE_PATH", folder)
        .env("ANSIBLE_NOCOLOR", "1");
    run(&mut command)
}

#[test]
#[ignore = "needs s3s-fs and ansible-core: run by `cargo xtask test`"]
fn the_playbook_fails_the_hosts_that_failed_and_brings_the_rest_to_s3() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let sick = Fleet::with_faults(
        &folder.path().join("sim"),
        4,
        &["qfx5220-01=port-closed", "mx480-01=refused-login"],
    );

    let checked = playbook(folder.path(), &server, sick.inventory(), &["--check", "-v"]);
    checked.expect(0).says(&["qfx5220-01", "127.0.0.1:"]);
    assert!(!folder.path().join("output").exists(), "a check collected");

    let ran = playbook(folder.path(), &server, sick.inventory(), &[]).expect(2);
    ran.says(&["msg:", "connect, after"]);
    ran.says(&["fatal: [qfx5220-01]"])
        .says(&["fatal: [mx480-01]"])
        .says(&["localhost", "ok=2 ", "changed=1 ", "failed=0 "]);
    for (host, failed) in [
        ("qfx5220-01", 1),
        ("qfx5240-01", 0),
        ("qfx5120-01", 0),
        ("mx480-01", 1),
    ] {
        let line = ran.stdout.lines().find(|line| {
            line.starts_with(host) && line.contains(&format!("unreachable=0    failed={failed}"))
        });
        assert!(line.is_some(), "{host}: {}", ran.stdout);
    }
    let retry = folder.path().join("junos_telemetry.retry");
    assert_eq!(
        fs::read_to_string(&retry).unwrap(),
        "mx480-01\nqfx5220-01\n"
    );

    drop(sick);
    let well = Fleet::with_faults(&folder.path().join("sim"), 4, &[]);
    let limit = format!("@{},localhost", retry.display());
    playbook(
        folder.path(),
        &server,
        well.inventory(),
        &["--limit", &limit],
    )
    .expect(0)
    .says(&["mx480-01", "ok=", "failed=0 "])
    .says(&["localhost", "ok=2 ", "changed=1 "]);
    lanewatch_with_keys(folder.path(), &server.endpoint(), &verify(TO))
        .expect(0)
        .says(&["6 files", "all whole"]);
}
