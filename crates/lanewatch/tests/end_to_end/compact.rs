//! `lanewatch lake compact`: what every other command finds before and after it is the same.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{RUN, files_below, lanewatch, read_back, verify, write_documents, write_run};

const COMPACT: [&str; 4] = ["lake", "compact", "--lake", "lake"];
const SYNC: [&str; 6] = ["lake", "sync", "--lake", "lake", "--to", "copy"];

/// A lake with two runs in one hour and one in the next, and an empty remote. Returns the documents of the runs.
fn lake(folder: &Path) -> PathBuf {
    fs::create_dir(folder.join("copy")).unwrap();
    let documents = write_documents(&folder.join("documents"), 2, 3, 1);
    write_run(folder, &documents, "runner01", RUN);
    write_run(folder, &documents, "runner02", RUN - 60);
    write_run(folder, &documents, "runner01", RUN + 60);
    documents
}

/// The series of all runs, as `lake metrics` reads them.
fn series(folder: &Path) -> String {
    let metrics = ["lake", "metrics", "--lake", "lake", "--all-series"];
    lanewatch(folder, &metrics).expect(0).stdout
}

fn names(folder: &Path) -> Vec<String> {
    let files = files_below(folder).into_iter();
    files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "parquet")
        })
        .map(|path| path.strip_prefix(folder).unwrap().display().to_string())
        .collect()
}

#[test]
fn an_hour_is_compacted_and_no_command_finds_other_rows() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let documents = lake(folder);
    let before = series(folder);
    lanewatch(folder, &SYNC).expect(0).says(&["9 files"]);

    lanewatch(folder, &[&COMPACT[..], &["--dry-run"]].concat())
        .expect(0)
        .says(&["dt=2026-02-03/hr=15/lane-dom", "2"])
        .says(&["all", "6"])
        .says(&["nothing was changed"]);
    assert_eq!(names(&folder.join("lake")).len(), 9);
    lanewatch(folder, &COMPACT)
        .expect(0)
        .says(&["6 files", "became 3 files"]);
    let compacted = names(&folder.join("lake"));
    assert_eq!(compacted.len(), 6, "{compacted:?}");
    assert!(
        compacted[1]
            .starts_with("dt=2026-02-03/hr=15/intf-dom/interface_dom_20260203_15_compacted_"),
        "{compacted:?}"
    );
    lanewatch(folder, &COMPACT).expect(0).says(&["nothing"]);
    lanewatch(folder, &["lake", "status", "--lake", "lake"])
        .expect(0)
        .says(&["all", "6", "108"])
        .says(&["lacks 3 files"]);
    assert_eq!(series(folder), before);

    // The remote gets the new files in place of the old ones.
    lanewatch(folder, &verify("copy"))
        .expect(5)
        .says(&["does not have it; `lanewatch lake sync` brings it"]);
    lanewatch(folder, &SYNC).expect(0).says(&["3 files"]);
    assert_eq!(names(&folder.join("copy")), compacted);
    lanewatch(folder, &read_back("copy"))
        .expect(0)
        .says(&["6 files", "108 rows", "all whole"]);

    // A run that is in the compacted files is written again: its rows are there once, here and there.
    write_run(folder, &documents, "runner02", RUN - 60);
    assert_eq!(names(&folder.join("lake")).len(), 9);
    assert_eq!(series(folder), before);
    lanewatch(folder, &SYNC).expect(0).says(&["6 files"]);
    assert_eq!(names(&folder.join("copy")), names(&folder.join("lake")));
    lanewatch(folder, &read_back("copy"))
        .expect(0)
        .says(&["9 files", "108 rows", "all whole"]);
    lanewatch(folder, &COMPACT).expect(0);
    assert_eq!(series(folder), before);
    lanewatch(folder, &SYNC).expect(0);
    assert_eq!(names(&folder.join("copy")), names(&folder.join("lake")));
}

#[test]
fn a_damaged_file_keeps_its_hour_as_it_is_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let bad = folder.join("lake").join(&names(&folder.join("lake"))[0]);
    let whole = fs::read(&bad).unwrap();
    fs::write(&bad, &whole[..whole.len() - 9]).unwrap();
    let name = bad.file_name().unwrap().to_str().unwrap();
    for arguments in [&[&COMPACT[..], &["--dry-run"]].concat()[..], &COMPACT] {
        lanewatch(folder, arguments)
            .expect(1)
            .says(&[name, "cannot be read", "stay as they are"]);
    }
    assert_eq!(names(&folder.join("lake")).len(), 7);
    fs::write(&bad, whole).unwrap();
    lanewatch(folder, &COMPACT).expect(0);
    assert_eq!(names(&folder.join("lake")).len(), 6);
}

#[test]
fn a_file_that_is_put_back_beside_its_compacted_rows_is_found_by_verify() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let path = folder.join("lake").join(&names(&folder.join("lake"))[0]);
    let bytes = fs::read(&path).unwrap();
    lanewatch(folder, &COMPACT).expect(0);
    let check = ["lake", "verify", "--lake", "lake"];
    lanewatch(folder, &check).expect(0);
    fs::write(&path, bytes).unwrap();
    lanewatch(folder, &check)
        .expect(1)
        .says(&["its rows are in", "as well"]);
}

#[test]
fn an_hour_that_has_not_ended_long_ago_and_a_lake_that_is_not_there_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lake(folder);
    let long_ago = [&COMPACT[..], &["--older-than", "36500d"]].concat();
    lanewatch(folder, &long_ago).expect(0).says(&["nothing"]);
    assert_eq!(names(&folder.join("lake")).len(), 9);
    lanewatch(folder, &["lake", "compact", "--lake", "nowhere"])
        .expect(2)
        .says(&["nowhere is not there"]);
}
