//! A run that is published in two parts: every row once, sorted, whatever the order, whoever is killed and however often it is written again.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; clippy knows this of test functions only, not of what they stand on"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use records::table::{Dataset, Table};
use sinks::RunIdentity;
use sinks::lake::{self, Committed, Compression, Tables, Writer, check_file};

fn run(run_id: &str, run_timestamp: i64) -> RunIdentity {
    RunIdentity {
        runner_name: "a".to_owned(),
        run_id: run_id.to_owned(),
        run_timestamp,
    }
}

/// Three rows of one device in a table.
fn rows_of(table: &str, device: &str) -> Table {
    let fields = vec![
        Field::new("device", DataType::Utf8, false),
        Field::new("number", DataType::Int64, false),
    ];
    let dataset = Arc::new(Dataset::found(table, fields));
    let columns: [ArrayRef; 2] = [
        Arc::new(StringArray::from(vec![device; 3])),
        Arc::new(Int64Array::from(vec![0, 1, 2])),
    ];
    Table {
        batch: RecordBatch::try_new(dataset.schema(), columns.to_vec()).unwrap(),
        dataset,
    }
}

fn begin(lake: &Path, run: RunIdentity, devices: &[&str]) -> Writer {
    let names = devices.iter().map(|device| (*device).to_owned());
    Writer::begin(lake, run, names, Compression::Snappy).unwrap()
}

fn add(writer: &mut Writer, device: &str) {
    let tables = ["fans", "trays"].map(|table| rows_of(table, device));
    writer.add(device, tables.to_vec()).unwrap();
}

/// The devices of a file, a name a row.
fn devices_in(path: &Path) -> Vec<String> {
    let file = fs::File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let batches = reader.build().unwrap().map(Result::unwrap);
    let names = batches.flat_map(|batch| {
        let names = batch.column(0).as_any().downcast_ref::<StringArray>();
        let names: Vec<_> = names.unwrap().iter().flatten().map(str::to_owned).collect();
        names
    });
    names.collect()
}

/// Rows of each device in each table of the lake.
fn counted(lake: &Path) -> BTreeMap<(String, String), usize> {
    let mut counted = BTreeMap::new();
    for file in lake::files(lake).unwrap() {
        let table = file.path.split('/').nth(2).unwrap().to_owned();
        let devices = devices_in(&file.on_disk(lake));
        assert!(devices.is_sorted(), "{}: {devices:?}", file.path);
        for device in devices {
            *counted.entry((table.clone(), device)).or_default() += 1;
        }
    }
    counted
}

fn names(lake: &Path) -> Vec<String> {
    let files = lake::files(lake).unwrap().into_iter();
    let name = |path: String| path.rsplit_once('/').unwrap().1.to_owned();
    files.map(|file| name(file.path)).collect()
}

fn paths(committed: &Committed) -> Vec<PathBuf> {
    assert!(committed.pending.is_none());
    committed
        .files
        .iter()
        .map(|file| file.path.clone())
        .collect()
}

#[test]
fn what_has_come_is_visible_and_the_stragglers_follow() {
    let lake = tempfile::tempdir().unwrap();
    let mut writer = begin(lake.path(), run("0000000a", 0), &["a", "b", "c", "d"]);
    // The first of the alphabet is a straggler: the others wait for it.
    for device in ["d", "b"] {
        add(&mut writer, device);
    }
    assert_eq!(names(lake.path()), [""; 0]);
    let first = paths(&writer.publish_delivered().unwrap());
    assert_eq!(
        names(lake.path()),
        [
            "fans_19700101_000000_a_0000000a.parquet",
            "trays_19700101_000000_a_0000000a.parquet",
        ]
    );
    assert_eq!(devices_in(&first[0]), ["b", "b", "b", "d", "d", "d"]);
    assert!(paths(&writer.publish_delivered().unwrap()).is_empty());

    for device in ["c", "b", "a"] {
        add(&mut writer, device); // one of them for the second time
    }
    let late = paths(&writer.finish().unwrap());
    assert_eq!(
        names(lake.path()),
        [
            "fans_19700101_000000_a_0000000a.parquet",
            "fans_19700101_000000_a_0000000a_late.parquet",
            "trays_19700101_000000_a_0000000a.parquet",
            "trays_19700101_000000_a_0000000a_late.parquet",
        ]
    );
    assert_eq!(devices_in(&late[0]), ["a", "a", "a", "c", "c", "c"]);
}

#[test]
fn readers_know_both_parts() {
    let lake = tempfile::tempdir().unwrap();
    let mut writer = begin(lake.path(), run("0000000a", 0), &["a", "b"]);
    add(&mut writer, "b");
    writer.publish_delivered().unwrap();
    add(&mut writer, "a");
    writer.finish().unwrap();
    let files = lake::files(lake.path()).unwrap();
    let tables = Tables::of(lake.path(), &files, []);
    assert_eq!(tables.iter().count(), 2);
    for file in &files {
        assert_eq!(file.partition(), "dt=1970-01-01/hr=00");
        assert_eq!(lake::partition_end(&file.path), Some(3600));
        let columns = tables.columns_of(file).unwrap();
        let checked = check_file(&file.on_disk(lake.path()), Some(&columns)).unwrap();
        assert_eq!(checked.rows, 3);
    }
}

#[test]
fn a_run_that_is_published_when_all_have_come_is_the_same_to_the_byte() {
    let bytes = |publishes: bool| {
        let lake = tempfile::tempdir().unwrap();
        let mut writer = begin(lake.path(), run("0000000a", 0), &["a", "b"]);
        for device in ["b", "a"] {
            add(&mut writer, device);
        }
        if publishes {
            writer.publish_delivered().unwrap();
        }
        writer.finish().unwrap();
        let files = lake::files(lake.path()).unwrap().into_iter();
        let bytes = files.map(|file| (file.path.clone(), fs::read(file.on_disk(lake.path()))));
        bytes
            .map(|(path, bytes)| (path, bytes.unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(false).len(), 2);
    assert_eq!(bytes(true), bytes(false));
}

#[test]
fn a_run_of_which_nothing_had_come_by_then_is_one_file_a_table() {
    let lake = tempfile::tempdir().unwrap();
    let mut writer = begin(lake.path(), run("0000000a", 0), &["a", "b"]);
    writer.add("b", Vec::new()).unwrap();
    assert!(writer.publish_delivered().unwrap().files.is_empty());
    add(&mut writer, "a");
    writer.finish().unwrap();
    assert_eq!(
        names(lake.path()),
        [
            "fans_19700101_000000_a_0000000a.parquet",
            "trays_19700101_000000_a_0000000a.parquet"
        ]
    );
}

#[test]
fn stragglers_that_never_come_leave_no_late_file() {
    let lake = tempfile::tempdir().unwrap();
    let mut writer = begin(lake.path(), run("0000000a", 0), &["a", "b", "c"]);
    add(&mut writer, "b");
    writer.publish_delivered().unwrap();
    writer.add("a", Vec::new()).unwrap();
    // Only one table has late rows.
    writer.add("c", vec![rows_of("trays", "c")]).unwrap();
    assert_eq!(paths(&writer.finish().unwrap()).len(), 1);
    assert_eq!(names(lake.path()).len(), 3);
}

#[test]
fn a_writer_that_is_dropped_leaves_what_it_published_and_nothing_else() {
    let lake = tempfile::tempdir().unwrap();
    let mut writer = begin(lake.path(), run("0000000a", 0), &["a", "b", "c"]);
    add(&mut writer, "b");
    writer.publish_delivered().unwrap();
    add(&mut writer, "a");
    add(&mut writer, "c");
    drop(writer);
    assert_eq!(names(lake.path()).len(), 2);
    let writing = lake.path().join(".lanewatch/writing");
    assert_eq!(fs::read_dir(writing).unwrap().count(), 0);
}

#[test]
fn a_run_written_again_is_one_file_a_table_and_takes_both_parts_of_no_other() {
    let lake = tempfile::tempdir().unwrap();
    for run_id in ["0000000a", "0000000b"] {
        let mut writer = begin(lake.path(), run(run_id, 0), &["a", "b"]);
        add(&mut writer, "b");
        writer.publish_delivered().unwrap();
        add(&mut writer, "a");
        writer.finish().unwrap();
    }
    let mut again = begin(lake.path(), run("0000000a", 0), &["a", "b"]);
    for device in ["a", "b"] {
        add(&mut again, device);
    }
    let replaced = again.replaces();
    assert_eq!(replaced.len(), 4, "{replaced:?}");
    again.finish().unwrap();
    let of_a = names(lake.path());
    let of_a: Vec<_> = of_a.iter().filter(|name| name.contains("0a")).collect();
    assert_eq!(
        of_a,
        [
            "fans_19700101_000000_a_0000000a.parquet",
            "trays_19700101_000000_a_0000000a.parquet"
        ]
    );
    assert_eq!(names(lake.path()).len(), 6);
    assert!(counted(lake.path()).values().all(|rows| *rows == 6));
}

#[test]
fn a_writer_moves_to_a_thread_of_its_own() {
    fn moves<T: Send>(_: &T) {}
    let lake = tempfile::tempdir().unwrap();
    moves(&begin(lake.path(), run("0000000a", 0), &[]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_row_is_there_once_in_whatever_order_and_whenever_it_is_published(
        order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
        silent in proptest::collection::vec(any::<bool>(), 12),
        published_after in proptest::collection::vec(0_usize..13, 0..3),
        written_again in any::<bool>(),
    ) {
        let lake = tempfile::tempdir().unwrap();
        let all: Vec<_> = (0..12).map(|number| format!("d{number:02}")).collect();
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        let mut writer = begin(lake.path(), run("0000000a", 0), &all);
        let (mut files, mut visible) = (0, 0);
        for count in 0..=order.len() {
            if published_after.contains(&count) {
                files += writer.publish_delivered().unwrap().files.len();
                visible = counted(lake.path()).len();
                let come = order[..count].iter().filter(|device| !silent[**device]).count();
                prop_assert!(files == 0 || visible > 0);
                prop_assert!(visible <= 2 * come);
            }
            if let Some(device) = order.get(count).filter(|device| !silent[**device]) {
                add(&mut writer, all[*device]);
            }
        }
        files += writer.finish().unwrap().files.len();
        prop_assert_eq!(names(lake.path()).len(), files);
        let came = silent.iter().filter(|silent| !**silent).count();
        let check = || {
            let counted = counted(lake.path());
            counted.len() == 2 * came && counted.values().all(|rows| *rows == 3)
        };
        prop_assert!(check());
        if written_again && came > 0 {
            let mut writer = begin(lake.path(), run("0000000a", 0), &all);
            for device in (0..12).filter(|device| !silent[*device]) {
                add(&mut writer, all[device]);
            }
            writer.finish().unwrap();
            prop_assert!(check());
            prop_assert_eq!(names(lake.path()).len(), 2);
        }
        prop_assert!(visible <= 2 * came);
    }
}

const LAKE_OF_THE_KILLED: &str = "LANEWATCH_TEST_LAKE_OF_THE_KILLED";
const DEVICES: [&str; 4] = ["a", "b", "c", "d"];

/// What the test below kills: writes run after run in two parts, and every other one again in one.
#[test]
#[ignore = "a process that another test starts and kills"]
fn writes_in_two_parts_until_it_is_killed() {
    let lake = PathBuf::from(std::env::var_os(LAKE_OF_THE_KILLED).unwrap());
    let first = lake::files(&lake).unwrap().len();
    for number in first.. {
        let run = run(
            &format!("{number:08x}"),
            i64::try_from(number).unwrap() * 60,
        );
        let mut writer = begin(&lake, run.clone(), &DEVICES);
        add(&mut writer, "b");
        add(&mut writer, "d");
        writer.publish_delivered().unwrap();
        add(&mut writer, "c");
        add(&mut writer, "a");
        writer.finish().unwrap();
        // What ended is claimed.
        fs::write(lake.join(format!("claimed-{number}")), "").unwrap();
        if number % 2 == 0 {
            let mut again = begin(&lake, run, &DEVICES);
            for device in DEVICES {
                add(&mut again, device);
            }
            again.finish().unwrap();
        }
    }
}

#[test]
fn a_writer_killed_at_any_moment_between_and_within_its_parts_doubles_and_loses_nothing() {
    let trials = std::env::var("LOSS_TRIALS").ok();
    let trials = trials.and_then(|text| text.parse().ok()).unwrap_or(15);
    let lake = tempfile::tempdir().unwrap();
    for trial in 0..trials {
        let mut killed = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact"])
            .arg("writes_in_two_parts_until_it_is_killed")
            .env(LAKE_OF_THE_KILLED, lake.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It has begun; then some moment of the runs that follow.
        let before = lake::files(lake.path()).unwrap().len();
        let began = Instant::now();
        while lake::files(lake.path()).unwrap().len() == before {
            assert!(began.elapsed() < Duration::from_secs(60), "it never began");
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(
            u64::try_from(trial).unwrap() * 7919 % 50_000,
        ));
        killed.kill().unwrap();
        killed.wait().unwrap();
        lake::recover(lake.path()).unwrap();

        let mut runs: BTreeMap<String, BTreeMap<(String, String), usize>> = BTreeMap::new();
        for file in lake::files(lake.path()).unwrap() {
            let name = file.path.rsplit_once('/').unwrap().1;
            let (table, rest) = name.split_once("_1970").unwrap();
            let run_id = rest.split('_').nth(3).unwrap();
            let run_id = run_id.trim_end_matches(".parquet").to_owned();
            for device in devices_in(&file.on_disk(lake.path())) {
                let of_run = runs.entry(run_id.clone()).or_default();
                *of_run.entry((table.to_owned(), device)).or_default() += 1;
            }
        }
        for (run_id, rows) in &runs {
            assert!(
                rows.values().all(|rows| *rows == 3),
                "run {run_id}: {rows:?}"
            );
            let number = i64::from_str_radix(run_id, 16).unwrap();
            let is_claimed = lake.path().join(format!("claimed-{number}")).exists();
            // Both tables have the same parts: the first, or all.
            let whole = rows.len() == 2 * DEVICES.len();
            let first_part = rows.len() == 4 && rows.keys().all(|(_, name)| "bd".contains(name));
            assert!(
                whole || (first_part && !is_claimed),
                "run {run_id}: {rows:?}"
            );
        }
        let writing = lake.path().join(".lanewatch/writing");
        assert_eq!(fs::read_dir(writing).unwrap().count(), 0);
    }
}
