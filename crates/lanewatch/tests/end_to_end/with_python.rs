//! The simulator and the lake, judged by clients and readers that nobody here wrote.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Fleet, Python, RUN, judge, lanewatch, write_documents};
use crate::replay;

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn ncclient_in_junos_mode_gets_all_five_rpcs_of_each_platform() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(folder.path(), 4);
    let ran = judge(Python::Readers, "ncclient_rpcs.py", &[fleet.inventory()]);
    assert_eq!(
        ran.stdout
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count(),
        4,
        "{}",
        ran.stdout
    );
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn pyez_opens_a_device_with_facts_and_reads_its_optics() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(folder.path(), 4);
    let ran = judge(Python::PyEz, "pyez_facts.py", &[fleet.inventory()]);
    assert_eq!(
        ran.stdout
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count(),
        4,
        "{}",
        ran.stdout
    );
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn the_lake_of_the_demo_holds_what_the_simulator_says_it_sent() {
    let folder = tempfile::tempdir().unwrap();
    lanewatch(folder.path(), &["demo", "--folder", "shown"]).expect(0);
    let at = |name: &str| folder.path().join("shown").join(name);
    judge(
        Python::Readers,
        "lake_against_ledger.py",
        &[at("lake"), at("sim/ledger.jsonl")],
    );
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn a_run_served_again_and_collected_again_gives_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let first = replay::collect(&folder.path().join("first"), fleet.inventory());
    drop(fleet);
    let fleet = Fleet::serving(&folder.path().join("served"), &first.path);
    replay::collect(&folder.path().join("second"), fleet.inventory());
    let lake = |name: &str| Path::new(folder.path()).join(name).join("raw_ml_data");
    judge(
        Python::Readers,
        "same_rows.py",
        &[lake("first"), lake("second")],
    );
}

/// The statements of an engine for a lake, in a file. Those of an engine that reads no folders are for a copy of it in a bucket.
pub(crate) fn ddl(folder: &Path, engine: &str, lake: &Path) -> PathBuf {
    let lake = lake.to_str().unwrap();
    let location = match engine {
        "athena" | "trino" => "s3://bucket/lake",
        _ => lake,
    };
    let which = ["--engine", engine, "--lake", lake, "--location", location];
    let arguments = [&["lake", "ddl"], &which[..]].concat();
    let path = folder.join(format!("{engine}.sql"));
    fs::write(&path, lanewatch(folder, &arguments).expect(0).stdout).unwrap();
    path
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn four_readers_agree_on_a_lake_of_several_days_runners_and_schema_generations() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake_of_days_and_runners(folder.path());
    let ran = judge(Python::Readers, "lake_readers.py", &[&lake]);
    ran.says(&["columns, the same to 4 readers"]);
    lanewatch(
        folder.path(),
        &["lake", "verify", "--lake", lake.to_str().unwrap()],
    )
    .expect(0);
}

/// The demo's runs, and three days of another runner in other compressions.
pub(crate) fn lake_of_days_and_runners(folder: &Path) -> PathBuf {
    lanewatch(folder, &["demo", "--folder", "shown"]).expect(0);
    let lake = folder.join("shown/lake");
    let documents = write_documents(&folder.join("documents"), 3, 8, 1);
    for day in 0..3 {
        let at = (RUN + day * 86_400).to_string();
        let write = [
            "lake",
            "write",
            "--metrics-dir",
            documents.to_str().unwrap(),
            "--base-dir",
            lake.to_str().unwrap(),
            "--runner-name",
            "scripts",
            "--run-timestamp",
            &at,
            "--compression",
            ["zstd", "gzip", "none"][usize::try_from(day).unwrap()],
        ];
        lanewatch(folder, &write).expect(0);
    }
    lake
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn the_ddl_is_run_or_parsed_and_the_documented_questions_have_one_answer_each() {
    let folder = tempfile::tempdir().unwrap();
    lanewatch(folder.path(), &["demo", "--folder", "shown"]).expect(0);
    let lake = folder.path().join("shown/lake");
    let engines = ["athena", "trino", "duckdb"].map(|engine| ddl(folder.path(), engine, &lake));
    judge(
        Python::Readers,
        "lake_questions.py",
        &[&[lake.clone()][..], &engines[..]].concat(),
    );
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn a_vault_password_that_is_typed_is_taken_and_never_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("sealed.yml"), "ansible_password: sesame\n").unwrap();
    fs::write(path("lab.yaml"), "all: {hosts: {a: }}\n").unwrap();
    let (sealed, inventory, extra) = (
        path("sealed.yml"),
        path("lab.yaml"),
        format!("@{}", path("sealed.yml")),
    );
    let encrypt = ["vault", "encrypt", &sealed];
    let show = [
        "inventory",
        "host",
        "a",
        "--resolved",
        "-i",
        &inventory,
        "-e",
        &extra,
        "--ask-vault-pass",
    ];
    let view = ["vault", "view", &sealed];
    for (typed, command, said) in [
        (
            &["correct horse", "correct horse"][..],
            &encrypt[..],
            "is encrypted",
        ),
        (&["correct horse"], &show, "(secret)"),
        (&["correct horse"], &view, "ansible_password: sesame"),
    ] {
        let words = typed
            .iter()
            .chain(&["--", env!("CARGO_BIN_EXE_lanewatch")])
            .chain(command);
        let words: Vec<_> = words.collect();
        let ran = judge(Python::Readers, "types_at_terminal.py", &words);
        ran.says(&[said]);
        assert!(!ran.stdout.contains("horse"), "{}", ran.stdout);
    }
}

#[test]
#[ignore = "needs the Python environments: run by `cargo xtask test`"]
fn grafana_s_models_know_every_key_of_the_dashboards() {
    let grafana = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infrastructure/grafana");
    let dashboards: Vec<PathBuf> = ["dashboards", "dashboards-conventional"]
        .iter()
        .flat_map(|folder| fs::read_dir(grafana.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(dashboards.len(), 8, "{dashboards:?}");
    judge(Python::Readers, "dashboards.py", &dashboards);
}
