//! Credentials of a remote lake that are slow, wrong or not wanted: no device waits for them, and nothing is asked for in vain.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::harness::{Fleet, RUN, closed_port, program, run, write_documents, write_run};

const TO: &str = "s3://lake/data";

/// A command that finds this AWS configuration, and no other.
fn with_config(folder: &Path, config: &str, arguments: &[&str]) -> Command {
    let path = folder.join("aws-config");
    fs::write(&path, config).unwrap();
    let mut command = program(folder, arguments);
    let of_aws = std::env::vars().map(|(name, _)| name);
    for name in of_aws.filter(|name| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .env("AWS_CONFIG_FILE", path)
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env(
            "AWS_ENDPOINT_URL",
            format!("http://127.0.0.1:{}", closed_port()),
        );
    command
}

#[test]
fn a_credential_process_that_hangs_keeps_no_device_waiting_and_the_sync_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let fleet = Fleet::simulated(&folder.join("sim"), 2);
    let collect = [
        "collect",
        "-i",
        fleet.inventory(),
        "--lake",
        "lake",
        "--sync-to",
        TO,
        "--sync-timeout",
        "2s",
    ];
    let config = "[default]\ncredential_process = sleep 600\n";
    let began = Instant::now();
    run(&mut with_config(folder, config, &collect))
        .expect(5)
        .says(&["2 of 2 devices delivered"])
        .says(&["the time for it was over", "are safe in"]);
    // The credentials' own limit is twenty seconds.
    assert!(
        began.elapsed() < Duration::from_secs(18),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_credential_process_that_fails_is_told_after_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let fleet = Fleet::simulated(&folder.join("sim"), 1);
    let collect = [
        "collect",
        "-i",
        fleet.inventory(),
        "--lake",
        "lake",
        "--sync-to",
        TO,
    ];
    let config = "[default]\ncredential_process = echo s3cret; exit 7\n";
    let ran = run(&mut with_config(folder, config, &collect)).expect(5);
    ran.says(&["1 of 1 devices delivered"]).says(&[
        "the `credential_process` of the AWS profile `default` ended with exit status: 7",
        "are safe in",
    ]);
    assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
}

#[test]
fn exported_keys_are_used_beside_a_default_profile_that_needs_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let documents = write_documents(&folder.join("documents"), 1, 1, 1);
    write_run(folder, &documents, "runner01", RUN);
    let ran_file = folder.join("was-run");
    let process = format!("credential_process = touch {}", ran_file.display());
    for default in [
        "sso_session = corp",
        "role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = nobody",
        &process,
    ] {
        let sync = [
            "lake",
            "sync",
            "--lake",
            "lake",
            "--to",
            TO,
            "--attempts",
            "1",
        ];
        let mut command = with_config(folder, &format!("[default]\n{default}\n"), &sync);
        command
            .env("AWS_ACCESS_KEY_ID", "AK")
            .env("AWS_SECRET_ACCESS_KEY", "SK");
        // Nobody listens there: that the store is asked at all shows that there were keys.
        run(&mut command).expect(5).says(&["Connection refused"]);
    }
    assert!(
        !ran_file.exists(),
        "a program was run whose keys are not used"
    );
}
