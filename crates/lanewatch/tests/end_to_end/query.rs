//! `lanewatch query` without the query engine: how it hands over. What it hands over to is tested in `with_query`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::harness::{program, run};

/// A program that says how it was called, in the engine's place.
fn stand_in(folder: &Path) -> std::path::PathBuf {
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    let path = bin.join("lanewatch-query");
    fs::write(
        &path,
        "#!/bin/sh\nprintf '%s\\n' \"lake=$LANEWATCH_LAKE\" \"at=$AWS_ENDPOINT_URL_S3 $AWS_REGION\" \"$@\"\nexit 7\n",
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

#[test]
fn arguments_the_settings_of_the_lake_and_the_exit_status_pass_through() {
    let folder = tempfile::tempdir().unwrap();
    let bin = stand_in(folder.path());
    fs::write(
        folder.path().join("lanewatch.toml"),
        "lake = 's3://of-the-file'\ns3_endpoint = 'http://127.0.0.1:1'\ns3_region = 'eu-central-1'\n",
    )
    .unwrap();
    let mut command = program(
        folder.path(),
        &["query", "--explain", "SELECT 1", "--help", "-o", "x y"],
    );
    let ran = run(command.env("PATH", bin)).expect(7);
    assert_eq!(
        ran.stdout,
        "lake=s3://of-the-file\nat=http://127.0.0.1:1 eu-central-1\n--explain\nSELECT 1\n--help\n-o\nx y\n"
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn where_the_engine_is_absent_it_is_said_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &["query", "SELECT 1"]);
    let ran = run(command.env("PATH", folder.path())).expect(2);
    insta::assert_snapshot!(ran.stderr, @"error: `lanewatch query` needs the program `lanewatch-query`, which is neither beside this one nor on the PATH: build it in a checkout of Lanewatch with `cargo install --path query` (some minutes, for it brings a query engine)");
}
