//! The lake's commands on their own: a folder stands where the object store will.

use std::fs;

use crate::harness::{
    Fleet, RUN, RunFolder, files_below, lanewatch, run, verify, write_command, write_documents,
    write_run,
};

/// A lake of two hours and two runners below `folder`, in `lake`, and an empty remote, in `copy`.
fn lake(folder: &std::path::Path) {
    fs::create_dir(folder.join("copy")).unwrap();
    let documents = write_documents(&folder.join("documents"), 2, 3, 1);
    write_run(folder, &documents, "runner01", RUN);
    write_run(folder, &documents, "runner02", RUN + 60);
}

#[test]
fn a_lake_is_written_synced_checked_and_described() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let names: Vec<_> = files_below(&folder.join("lake"))
        .iter()
        .map(|path| path.strip_prefix(folder).unwrap().display().to_string())
        .collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert!(
        names[0].starts_with(
            "lake/dt=2026-02-03/hr=15/intf-counters/interface_counters_20260203_155950_runner01_"
        ),
        "{names:?}"
    );

    lanewatch(folder, &["lake", "status", "--lake", "lake"])
        .expect(0)
        .says(&["It was not synced to any remote"])
        .says(&["all", "6", "72"]);
    let sync = ["lake", "sync", "--lake", "lake", "--to", "copy"];
    lanewatch(folder, &sync)
        .expect(0)
        .says(&["6 files", "has everything"]);
    lanewatch(folder, &sync)
        .expect(0)
        .says(&["0 files", "has everything"]);
    for name in &names {
        let copy = name.replacen("lake/", "copy/", 1);
        assert_eq!(
            fs::read(folder.join(name)).unwrap(),
            fs::read(folder.join(copy)).unwrap()
        );
    }
    lanewatch(folder, &["lake", "status", "--lake", "lake"])
        .expect(0)
        .says(&["copy", "has everything"]);
    let verify = verify("copy");
    lanewatch(folder, &verify)
        .expect(0)
        .says(&["6 files", "72 rows", "all whole"]);

    // A state that is lost is no loss: everything is found there.
    fs::remove_dir_all(folder.join("lake/.lanewatch/sync")).unwrap();
    lanewatch(folder, &sync)
        .expect(0)
        .says(&["6 were there already"]);

    fs::write(folder.join(&names[1]), "no parquet").unwrap();
    lanewatch(folder, &verify)
        .expect(1)
        .says(&["cannot be read"]);
    fs::remove_file(folder.join(&names[1])).unwrap();
    lanewatch(folder, &verify).expect(0).says(&["5 files"]);
}

#[test]
fn what_the_remote_has_lost_since_is_found_and_brought_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let sync = ["lake", "sync", "--lake", "lake", "--to", "copy"];
    let verify = verify("copy");
    let status = ["lake", "status", "--lake", "lake"];
    lanewatch(folder, &sync).expect(0);
    let copies = files_below(&folder.join("copy"));
    let whole = fs::read(&copies[0]).unwrap();
    fs::remove_file(&copies[0]).unwrap();
    fs::write(&copies[1], "somebody else's").unwrap();
    lanewatch(folder, &sync)
        .expect(0)
        .says(&["0 files", "has everything"]);

    lanewatch(folder, &verify)
        .expect(5)
        .says(&["does not have it; `lanewatch lake sync` brings it"])
        .says(&["has other content"])
        .says(&["does NOT have all of them"]);
    lanewatch(folder, &status)
        .expect(0)
        .says(&["copy", "lacks 2 files"]);
    // What is gone comes back, what is different is told and stays.
    lanewatch(folder, &sync)
        .expect(5)
        .says(&["1 files", "other content there; it is behind"]);
    assert_eq!(fs::read(&copies[0]).unwrap(), whole);
    assert_eq!(fs::read(&copies[1]).unwrap(), b"somebody else's");
    lanewatch(folder, &[&sync[..], &["--replace"]].concat())
        .expect(0)
        .says(&["was replaced"]);
    lanewatch(folder, &verify).expect(0);
    lanewatch(folder, &status)
        .expect(0)
        .says(&["copy", "has everything"]);
}

#[test]
fn what_is_no_whole_parquet_file_is_left_out_of_a_sync_and_the_others_go() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let files = parquet_files(&folder.join("lake"));
    let whole = fs::read(&files[0]).unwrap();
    // Another program's file that is still growing, and something else with that ending.
    fs::write(&files[0], &whole[..whole.len() - 9]).unwrap();
    fs::write(files[1].with_file_name("notes.parquet"), "some text").unwrap();
    fs::write(files[1].with_file_name("empty.parquet"), "").unwrap();
    let sync = ["lake", "sync", "--lake", "lake", "--to", "copy"];
    lanewatch(folder, &sync)
        .expect(5)
        .says(&["notes.parquet was left out: it is no whole Parquet file"])
        .says(&["empty.parquet was left out"])
        .says(&["5 files", "3 left out", "it is behind"]);
    assert_eq!(files_below(&folder.join("copy")).len(), 5);

    fs::write(&files[0], &whole).unwrap();
    for name in ["notes.parquet", "empty.parquet"] {
        fs::remove_file(files[1].with_file_name(name)).unwrap();
    }
    lanewatch(folder, &sync).expect(0).says(&["1 files"]);
}

#[test]
fn a_file_that_its_disk_has_changed_never_takes_the_place_of_the_good_copy() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let sync = ["lake", "sync", "--lake", "lake", "--to", "copy"];
    lanewatch(folder, &sync).expect(0);
    let file = parquet_files(&folder.join("lake")).remove(0);
    let copy = parquet_files(&folder.join("copy")).remove(0);
    let whole = fs::read(&file).unwrap();
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let mut bytes = whole.clone();
    bytes[8] ^= 1;
    fs::write(&file, bytes).unwrap();
    let opened = fs::File::options().append(true).open(&file).unwrap();
    opened.set_modified(written).unwrap();

    let verify = verify("copy");
    lanewatch(folder, &verify)
        .expect(1)
        .says(&["has changed on this disk since it was brought"]);
    // Nor does it go when room is made.
    lanewatch(
        folder,
        &[
            &sync[..],
            &["--replace", "--prune-after", "7d", "--prune-on-same-disk"],
        ]
        .concat(),
    )
    .expect(0)
    .says(&["stays: it has changed on this disk"]);
    assert!(file.exists());
    assert_eq!(fs::read(&copy).unwrap(), whole);
}

#[test]
fn other_content_at_the_remote_is_told_and_replaced_on_request_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let sync = ["lake", "sync", "--lake", "lake", "--to", "copy"];
    lanewatch(folder, &sync).expect(0);
    fs::remove_dir_all(folder.join("lake/.lanewatch/sync")).unwrap();
    let copy = files_below(&folder.join("copy")).remove(0);
    fs::write(&copy, "somebody else's").unwrap();
    lanewatch(folder, &sync)
        .expect(5)
        .says(&["other content", "left alone"]);
    assert_eq!(fs::read(&copy).unwrap(), b"somebody else's");
    let replace = [
        "lake",
        "sync",
        "--lake",
        "lake",
        "--to",
        "copy",
        "--replace",
    ];
    lanewatch(folder, &replace)
        .expect(0)
        .says(&["was replaced"]);
    lanewatch(folder, &verify("copy")).expect(0);
}

#[test]
fn old_files_go_from_this_disk_when_the_remote_has_them_whole() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let prune = [
        "lake",
        "sync",
        "--lake",
        "lake",
        "--to",
        "copy",
        "--prune-after",
        "7d",
        "--prune-on-same-disk",
    ];
    // One copy is damaged without its size giving it away.
    lanewatch(folder, &prune[..6]).expect(0);
    let copy = files_below(&folder.join("copy")).remove(0);
    let mut bytes = fs::read(&copy).unwrap();
    bytes[8] ^= 1;
    fs::write(&copy, bytes).unwrap();
    lanewatch(folder, &prune)
        .expect(5)
        .says(&["5 files"])
        .says(&["stays: the remote has other content"])
        .says(&["has lost or changed 1 files"]);
    let left = parquet_files(&folder.join("lake"));
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].file_name(), copy.file_name());
    // It is in doubt from then on: the next sync tells it, and still nothing is freed.
    lanewatch(folder, &prune)
        .expect(5)
        .says(&["other content and was left alone"])
        .says(&["stays: it was not synced"]);
    assert_eq!(parquet_files(&folder.join("lake")).len(), 1);
}

#[test]
fn nothing_is_pruned_to_the_lakes_own_disk_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let sync = [
        "lake",
        "sync",
        "--lake",
        "lake",
        "--to",
        "copy",
        "--prune-after",
        "7d",
    ];
    lanewatch(folder, &sync)
        .expect(5)
        .says(&["6 files", "has everything"])
        .says(&[
            "is on the same file system as the lake",
            "--prune-on-same-disk",
        ]);
    assert_eq!(parquet_files(&folder.join("lake")).len(), 6);
    lanewatch(folder, &[&sync[..], &["--prune-on-same-disk"]].concat()).expect(0);
    assert_eq!(parquet_files(&folder.join("lake")).len(), 0);
}

#[test]
fn writing_a_collected_runs_documents_gives_the_files_that_the_run_gave() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let fleet = Fleet::simulated(&folder.join("sim"), 2);
    fs::create_dir(folder.join("copy")).unwrap();
    let collect = ["collect", "-i", fleet.inventory(), "--sync-to", "copy"];
    lanewatch(folder, &collect)
        .expect(0)
        .says(&["3 files", "has everything"]);
    let run = RunFolder::latest(&folder.join("output"));
    let written = [
        "lake",
        "write",
        "--metrics-dir",
        "output",
        "--base-dir",
        "again",
    ];
    lanewatch(folder, &written)
        .expect(0)
        .says(&["2 devices read"]);
    let lake = folder.join("raw_ml_data");
    for file in parquet_files(&lake) {
        let again = folder.join("again").join(file.strip_prefix(&lake).unwrap());
        assert_eq!(
            fs::read(&file).unwrap(),
            fs::read(&again).unwrap(),
            "{} of {:?}",
            file.display(),
            run.path
        );
    }
}

#[test]
fn what_scripts_wrote_is_taken_with_its_reasons_and_what_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, json: &str| fs::write(folder.join(name), json).unwrap();
    write(
        "a_optics_diagnostics_metrics.json",
        r#"{"interfaces": [], "lanes": [{"if_name": "et-0/0/0", "lane": 0, "rx_power": "- Inf"}]}"#,
    );
    write(
        "a_interface_statistics_metrics.json",
        r#"{"et-0/0/0": {"fec_ccw": -4}}"#,
    );
    write("b_optics_diagnostics_metrics.json", "[]");
    let arguments = ["lake", "write", "--metrics-dir", ".", "--runner-name", "r"];
    let ran = lanewatch(folder, &arguments).expect(3);
    insta::assert_snapshot!(ran.stderr, @r#"
    warning: a: interface_statistics: et-0/0/0: fec_ccw: found "-4", expected a whole number from 0 on, of 63 bits
    error: b: ./b_optics_diagnostics_metrics.json: found an empty list, expected an object with the lists `interfaces` and `lanes`, whose objects name their interface
    "#);
    assert_eq!(parquet_files(&folder.join("raw_ml_data")).len(), 2);
    lanewatch(
        folder,
        &[&arguments[..], &["--partition-dir", "dt=2026-02-03/hr=7"]].concat(),
    )
    .expect(2)
    .says(&["dt=2026-02-03/hr=7", "two digits"]);
}

fn parquet_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let files = files_below(folder).into_iter();
    files
        .filter(|path| path.extension().is_some_and(|end| end == "parquet"))
        .collect()
}

#[test]
fn a_disk_that_is_almost_full_stops_a_run_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = crate::harness::write_inventory(
        &folder.path().join("inventory.yaml"),
        &[crate::harness::Host {
            name: "a",
            port: crate::harness::closed_port(),
            variables: &[("ansible_user", "u"), ("ansible_password", "p")],
        }],
    );
    let inventory = inventory.to_str().unwrap();
    lanewatch(
        folder.path(),
        &[
            "collect",
            "-i",
            inventory,
            "--host-keys",
            "off",
            "--min-free-space",
            "900000TB",
        ],
    )
    .expect(2)
    .says(&["are free for", "nothing was contacted"]);
    assert!(!folder.path().join("output").exists());
}

#[test]
fn what_cannot_be_a_remote_lake_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (url, says) in [
        ("ftp://x/y", "`ftp://` is not known"),
        ("s3://", "names no bucket"),
        ("s3://key:secret@bucket/x", "holds no credentials"),
        ("s3:/bucket/lake", "`s3://bucket/lake` was expected"),
        ("s3://lake/../up", "are no folders in a bucket"),
        (
            "bucket.example/lake",
            "a bucket is `s3://bucket.example/lake`",
        ),
        ("mnt/share/lake", "mount the share"),
    ] {
        let ran = lanewatch(folder, &["lake", "sync", "--to", url]).expect(2);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
        assert!(!ran.stderr.contains("secret@"), "{}", ran.stderr);
    }
    for (endpoint, says) in [
        ("127.0.0.1:9000", "does not begin"),
        ("http://a b", "blank"),
    ] {
        let sync = ["lake", "sync", "--to", "s3://b", "--s3-endpoint", endpoint];
        lanewatch(folder, &sync).expect(2).says(&[says]);
    }
    let made: Vec<_> = fs::read_dir(folder).unwrap().collect();
    assert!(made.is_empty(), "{made:?}");
    lanewatch(folder, &["lake", "sync"])
        .expect(2)
        .says(&["`--to s3://bucket/prefix`"]);
    lanewatch(
        folder,
        &["lake", "sync", "--to", "s3://b", "--s3-profile", "nobody"],
    )
    .expect(2)
    .says(&["no profile `nobody`"]);
}

#[test]
fn a_lake_that_is_not_there_is_an_error_to_whoever_asks_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("file"), "no folder").unwrap();
    for command in ["verify", "status", "ddl --engine duckdb", "forget copy"] {
        for (name, what) in [("none", "is not there"), ("file", "is not a folder")] {
            let words: Vec<_> = command.split(' ').collect();
            let arguments = [&["lake"], &words[..], &["--lake", name]].concat();
            lanewatch(folder, &arguments).expect(2).says(&[
                "the lake",
                name,
                what,
                "`--lake FOLDER`",
            ]);
        }
    }
    assert_eq!(files_below(folder).len(), 1);
}

#[test]
fn a_remote_that_was_mistyped_can_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    fs::create_dir(folder.join("cpoy")).unwrap();
    for to in ["cpoy", "copy"] {
        lanewatch(folder, &["lake", "sync", "--lake", "lake", "--to", to]).expect(0);
    }
    let forget = ["lake", "forget", "cpoy", "--lake", "lake"];
    lanewatch(folder, &forget)
        .expect(0)
        .says(&["cpoy is forgotten"]);
    let status = lanewatch(folder, &["lake", "status", "--lake", "lake"]).expect(0);
    status.says(&["copy", "has everything"]);
    assert!(!status.stdout.contains("cpoy"), "{}", status.stdout);
    lanewatch(folder, &forget)
        .expect(2)
        .says(&["was not synced to cpoy: it knows", "copy"]);
    assert_eq!(files_below(&folder.join("cpoy")).len(), 6);
}

#[test]
fn old_partitions_go_by_age_and_not_before_each_remote_was_given_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let here = || parquet_files(&folder.join("lake")).len();
    let prune = ["lake", "prune", "--lake", "lake", "--older-than", "1h"];
    let dry_run = [&prune[..], &["--dry-run"]].concat();
    lanewatch(folder, &dry_run)
        .expect(0)
        .says(&["dt=2026-02-03/hr=15", "3"])
        .says(&["all", "6"])
        .says(&["nothing was"]);
    assert_eq!(here(), 6);
    // A century ago there was nothing.
    lanewatch(folder, &[&prune[..4], &["--older-than", "36500d"]].concat())
        .expect(0)
        .says(&["0 files"]);
    assert_eq!(here(), 6);

    let sync = ["lake", "sync", "--lake", "lake", "--to", "copy"];
    lanewatch(folder, &sync).expect(0);
    write_run(folder, &folder.join("documents"), "runner03", RUN + 120);
    for refused in [&prune[..], &dry_run] {
        lanewatch(folder, refused)
            .expect(5)
            .says(&["nothing is pruned", "was not given 3 of the 9 old files"])
            .says(&["lanewatch lake sync", "lanewatch lake forget"]);
        assert_eq!(here(), 9);
    }
    lanewatch(folder, &sync).expect(0);
    lanewatch(folder, &prune)
        .expect(0)
        .says(&["Pruned", "9 files"]);
    assert_eq!(here(), 0);
    assert_eq!(files_below(&folder.join("copy")).len(), 9);
    lanewatch(folder, &sync).expect(0).says(&["0 files"]);
    assert_eq!(files_below(&folder.join("copy")).len(), 9);
}

#[test]
fn nothing_is_pruned_by_age_that_the_remote_of_the_settings_was_never_given() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    fs::write(folder.join("lanewatch.toml"), "sync_to = 'copy'\n").unwrap();
    let prune = ["lake", "prune", "--lake", "lake", "--older-than", "1h"];
    lanewatch(folder, &prune)
        .expect(5)
        .says(&["was never synced to", "`sync_to`"]);
    assert_eq!(parquet_files(&folder.join("lake")).len(), 6);
    lanewatch(folder, &["lake", "sync", "--lake", "lake"]).expect(0);
    lanewatch(folder, &prune).expect(0).says(&["6 files"]);
    for (age, says) in [("7", "an age such as"), ("0d", "an age such as")] {
        lanewatch(folder, &[&prune[..5], &[age]].concat())
            .expect(2)
            .says(&[says]);
    }
}

#[test]
fn what_is_hidden_to_readers_is_not_of_the_lake() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let file = parquet_files(&folder.join("lake")).remove(0);
    let hour = file.parent().unwrap().parent().unwrap();
    fs::create_dir_all(hour.join("_temporary/0")).unwrap();
    for hidden in [
        file.with_file_name("_unfinished.parquet"),
        file.with_file_name(".hidden.parquet"),
        hour.join("_temporary/0/part.parquet"),
    ] {
        fs::copy(&file, hidden).unwrap();
    }
    lanewatch(folder, &["lake", "sync", "--lake", "lake", "--to", "copy"])
        .expect(0)
        .says(&["6 files"]);
    assert_eq!(files_below(&folder.join("copy")).len(), 6);
    lanewatch(folder, &verify("copy"))
        .expect(0)
        .says(&["6 files"]);
}

#[test]
fn the_ddl_is_of_the_layout_that_is_there_and_of_a_place_that_the_engine_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let documents = write_documents(&folder.join("documents"), 2, 3, 1);
    let mut write = write_command(folder, &documents, "runner01");
    run(write.args(["--layout", "per-device"])).expect(0);
    let ddl = |engine, more: &[&str]| {
        let which = ["lake", "ddl", "--engine", engine, "--lake", "lake"];
        lanewatch(folder, &[&which[..], more].concat())
    };
    for engine in ["duckdb", "spark"] {
        let per_device = ddl(engine, &[]).expect(0);
        per_device.says(&["lake/dt=*/device=*/optical_metrics_*.parquet"]);
        assert!(!per_device.stdout.contains("hr=*"), "{}", per_device.stdout);
    }
    let bucket = ["--location", "s3://bucket/lake"];
    for engine in ["athena", "trino"] {
        ddl(engine, &bucket)
            .expect(2)
            .says(&["a folder for each device", "`--layout hourly`"]);
        let refused = ddl(engine, &[]).expect(2);
        refused.says(&["lake is not a location", "`--location`"]);
        assert_eq!(refused.stdout, "");
    }
    write_run(folder, &documents, "runner02", RUN);
    ddl("athena", &bucket)
        .expect(0)
        .says(&["has two layouts", "in folders of devices"])
        .says(&["LOCATION 's3://bucket/lake/'"]);
}
