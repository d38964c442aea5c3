//! Compaction of an hour: every row stays and is there once, whoever is killed, comes late or is written again, and readers never count wrong.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; clippy knows this of test functions only, not of what they stand on"
)]

mod killed;
mod left_alone;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use arrow_array::{Array as _, ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use records::table::{Dataset, Table};
use sinks::RunIdentity;
use sinks::lake::{
    self, Compaction, Compactor, Compression, Layout, SavedRuns, UncompactedHour, Writer,
};

const DEVICES: [&str; 2] = ["a", "b"];
/// The second at which the first hour has ended.
const END: i64 = 3600;

fn run(number: i64) -> RunIdentity {
    RunIdentity {
        runner_name: "a".to_owned(),
        run_id: format!("{number:08x}"),
        run_timestamp: number * 60,
    }
}

fn dataset(table: &str, is_older: bool) -> Arc<Dataset> {
    let mut fields = vec![
        Field::new("device", DataType::Utf8, false),
        Field::new("run", DataType::Int64, false),
        Field::new("value", DataType::Int64, true),
    ];
    if is_older {
        fields.pop();
    }
    Arc::new(Dataset::found(table, fields))
}

/// Three rows of one device in a table.
fn rows_of(table: &str, device: &str, number: i64, value: i64, is_older: bool) -> Table {
    let dataset = dataset(table, is_older);
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![device; 3])),
        Arc::new(Int64Array::from(vec![number; 3])),
        Arc::new(Int64Array::from(vec![value, value + 1, value + 2])),
    ];
    columns.truncate(dataset.schema().fields().len());
    Table {
        batch: RecordBatch::try_new(dataset.schema(), columns).unwrap(),
        dataset,
    }
}

fn begin(lake: &Path, number: i64) -> Writer {
    let names = DEVICES.map(str::to_owned);
    Writer::begin(lake, run(number), names, Compression::Snappy).unwrap()
}

fn add(writer: &mut Writer, device: &str, number: i64, value: i64) {
    let tables = ["fans", "trays"].map(|table| rows_of(table, device, number, value, false));
    writer.add(device, tables.to_vec()).unwrap();
}

fn write(lake: &Path, number: i64, value: i64) {
    let mut writer = begin(lake, number);
    for device in DEVICES {
        add(&mut writer, device, number, value);
    }
    writer.finish().unwrap();
}

fn write_in_two_parts(lake: &Path, number: i64) {
    let mut writer = begin(lake, number);
    add(&mut writer, "b", number, 0);
    writer.publish_delivered().unwrap();
    add(&mut writer, "a", number, 0);
    writer.finish().unwrap();
}

fn compact(lake: &Path) -> Vec<Compaction> {
    let (done, compactor) = begin_compaction(lake);
    compactor.finish();
    done
}

/// The same without waiting for readers that are listing a folder.
fn begin_compaction(lake: &Path) -> (Vec<Compaction>, Compactor) {
    let hours = UncompactedHour::find(lake, END).unwrap();
    let mut compactor = Compactor::begin(lake, Compression::Snappy).unwrap();
    let hours = hours.iter();
    let done = hours.map(|hour| compactor.compact(hour).unwrap());
    (done.collect(), compactor)
}

fn is_done(compaction: &Compaction) -> bool {
    matches!(compaction, Compaction::Done { .. })
}

/// Each row of the lake, with its number: table, run, device, value.
type Rows = BTreeMap<(String, i64, String, Option<i64>), usize>;

fn rows_in(path: &Path, table: &str, rows: &mut Rows) -> std::io::Result<()> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?).unwrap();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let numbers = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<Int64Array>()
        };
        let devices = batch.column(0).as_any().downcast_ref::<StringArray>();
        for at in 0..batch.num_rows() {
            let value = numbers("value").filter(|values| values.is_valid(at));
            let key = (
                table.to_owned(),
                numbers("run").unwrap().value(at),
                devices.unwrap().value(at).to_owned(),
                value.map(|values| values.value(at)),
            );
            *rows.entry(key).or_default() += 1;
        }
    }
    Ok(())
}

/// The rows as a reader finds them that lists the folders and then opens the files.
fn try_rows(lake: &Path) -> std::io::Result<Rows> {
    let mut rows = Rows::new();
    for file in lake::files(lake).unwrap() {
        let table = file.path.split('/').nth(2).unwrap();
        rows_in(&file.on_disk(lake), table, &mut rows)?;
    }
    Ok(rows)
}

fn rows(lake: &Path) -> Rows {
    try_rows(lake).unwrap()
}

fn names(lake: &Path, table: &str) -> Vec<String> {
    let files = lake::files(lake).unwrap().into_iter();
    let files = files.filter(|file| file.path.contains(table));
    let name = |path: String| path.rsplit_once('/').unwrap().1.to_owned();
    files.map(|file| name(file.path)).collect()
}

/// Rows of each run and table as `lake metrics` reads them: by name and part.
fn by_run(lake: &Path) -> BTreeMap<(String, String), Vec<usize>> {
    let tables = ["fans", "trays"].map(|table| dataset(table, false));
    let runs = SavedRuns::find(lake, &tables, (0, i64::MAX)).unwrap();
    assert_eq!(runs.others, [""; 0]);
    let mut found: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for part in runs.parts {
        for table in &tables {
            for rows in part.rows(table, 1000).unwrap().into_iter().flatten() {
                let key = (part.name.clone(), table.name.clone());
                let rows = rows.unwrap().batch.num_rows();
                found.entry(key).or_default().push(rows);
            }
        }
    }
    found
}

fn is_clean(lake: &Path) -> bool {
    fs::read_dir(lake.join(".lanewatch/writing"))
        .unwrap()
        .next()
        .is_none()
}

fn all_whole(lake: &Path) {
    let files = lake::files(lake).unwrap();
    assert_eq!(lake::doubled(lake, &files), []);
    for file in &files {
        lake::check_file(&file.on_disk(lake), None).unwrap();
    }
}

#[test]
fn an_hour_becomes_one_file_a_table_with_every_row_of_every_run_and_part() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    for number in [0, 1, 59, 60] {
        write(lake, number, 10 * number);
    }
    write_in_two_parts(lake, 2);
    let (before, runs_before) = (rows(lake), by_run(lake));
    assert_eq!(before.len(), 5 * 2 * 2 * 3);
    assert_eq!(names(lake, "fans").len(), 6);

    let done = compact(lake);
    assert_eq!(done.len(), 2);
    for done in done {
        let Compaction::Done { runs, rows, .. } = done else {
            panic!("{done:?}");
        };
        assert_eq!((runs, rows), (4, 4 * 2 * 3));
    }
    assert_eq!(rows(lake), before);
    assert_eq!(
        by_run(lake),
        runs_before,
        "runs are read out of the file as they were"
    );
    // The hour that has not ended has its own.
    let after = names(lake, "fans");
    assert_eq!(after.len(), 2, "{after:?}");
    assert!(
        after[0].starts_with("fans_19700101_00_compacted_"),
        "{after:?}"
    );
    assert_eq!(after[1], "fans_19700101_010000_a_0000003c.parquet");
    all_whole(lake);

    // Again, there is nothing to do.
    assert_eq!(UncompactedHour::find(lake, END).unwrap(), []);
    assert_eq!(names(lake, "fans"), after);
    assert!(is_clean(lake));
}

#[test]
fn the_footer_lists_the_runs_and_no_row_group_holds_two() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    for number in [0, 1] {
        let mut writer =
            begin(lake, number).labelled([("cluster_name".to_owned(), "lab".to_owned())]);
        for device in DEVICES {
            add(&mut writer, device, number, 0);
        }
        writer.finish().unwrap();
    }
    compact(lake);
    let path = lake::files(lake).unwrap()[0].on_disk(lake);
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let footer = reader.metadata().file_metadata();
    let pairs = footer.key_value_metadata().unwrap();
    let runs = pairs.iter().find(|pair| pair.key == "lanewatch.runs");
    let runs: serde_json::Value =
        serde_json::from_str(runs.unwrap().value.as_ref().unwrap()).unwrap();
    let expected = |number: i64| {
        serde_json::json!({
            "file": format!("fans_19700101_000{number}00_a_0000000{number}.parquet"),
            "run_id": format!("0000000{number}"), "runner_name": "a", "run_timestamp": number * 60,
            "labels": {"cluster_name": "lab"}, "row_groups": 1, "rows": 6,
        })
    };
    assert_eq!(runs, serde_json::json!([expected(0), expected(1)]));
    assert_eq!(reader.metadata().num_row_groups(), 2);
}

#[test]
fn a_run_that_comes_late_is_merged_by_the_next_compaction() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    write(lake, 0, 0);
    write(lake, 1, 0);
    compact(lake);
    write(lake, 2, 0);
    let before = rows(lake);
    assert_eq!(names(lake, "trays").len(), 2);
    assert!(compact(lake).iter().all(is_done));
    assert_eq!(names(lake, "trays").len(), 1);
    assert_eq!(rows(lake), before);
    assert_eq!(by_run(lake).len(), 6);
    all_whole(lake);
}

#[test]
fn a_run_that_is_written_again_takes_its_rows_out_of_the_compacted_file() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    for number in [0, 1] {
        write(lake, number, 0);
    }
    write_in_two_parts(lake, 2);
    compact(lake);
    for (number, value) in [(2, 70), (0, 80)] {
        let mut others = rows(lake);
        others.retain(|(_, run, ..), _| *run != number);
        let mut again = begin(lake, number);
        for device in DEVICES {
            add(&mut again, device, number, value);
        }
        assert_eq!(again.replaces().len(), 2, "{:?}", again.replaces());
        again.finish().unwrap();
        let mut now = rows(lake);
        assert!(now.values().all(|count| *count == 1), "{now:?}");
        let mut of_run = now.clone();
        of_run.retain(|(_, run, ..), _| *run == number);
        assert_eq!(of_run.len(), 2 * 2 * 3);
        assert!(of_run.keys().all(|(.., value)| *value >= Some(70)));
        now.retain(|(_, run, ..), _| *run != number);
        assert_eq!(now, others);
        all_whole(lake);
    }
    assert_eq!(names(lake, "fans").len(), 3);
    let before = rows(lake);
    compact(lake);
    assert_eq!(names(lake, "fans").len(), 1);
    assert_eq!(rows(lake), before);
    assert!(is_clean(lake));
}

#[test]
fn a_compacted_file_goes_when_all_of_its_runs_are_written_again() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    write_in_two_parts(lake, 0);
    compact(lake);
    assert!(names(lake, "fans")[0].contains("compacted"));
    write(lake, 0, 5);
    assert_eq!(
        names(lake, "fans"),
        ["fans_19700101_000000_a_00000000.parquet"]
    );
    assert!(rows(lake).values().all(|count| *count == 1));
}

#[test]
fn an_hour_into_which_a_run_may_still_write_stays_as_it_is() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    write(lake, 0, 0);
    write(lake, 1, 0);
    let is_busy = |lake: &Path| {
        let done = compact(lake);
        assert!(
            done.iter()
                .all(|done| !matches!(done, Compaction::Damaged(_)))
        );
        !done.iter().any(is_done)
    };
    // A run of that hour, a replay of one that is in it, and one whose rows go there by order.
    let elsewhere = Layout::Hourly {
        partition: Some("dt=1970-01-01/hr=00".into()),
    };
    let names = DEVICES.map(str::to_owned);
    let ordered = Writer::begin_with(
        lake,
        run(9000),
        names.clone(),
        Compression::Snappy,
        elsewhere,
    );
    for writer in [begin(lake, 30), begin(lake, 0), ordered.unwrap()] {
        assert!(is_busy(lake));
        drop(writer);
    }
    // Runs of other hours keep nothing: one at work, and one whose rows go elsewhere by order.
    let elsewhere = Layout::Hourly {
        partition: Some("dt=1970-01-01/hr=07".into()),
    };
    let _ordered = Writer::begin_with(lake, run(3), names, Compression::Snappy, elsewhere).unwrap();
    let mut other = begin(lake, 600);
    add(&mut other, "a", 600, 0);
    assert!(!is_busy(lake));
    other.finish().unwrap();
    assert_eq!(rows(lake).len(), 2 * 2 * 2 * 3 + 2 * 3);
}

#[test]
fn what_changes_while_it_is_merged_is_left_for_the_next_time() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    write(lake, 0, 0);
    write(lake, 1, 0);
    let hours = UncompactedHour::find(lake, END).unwrap();
    write(lake, 1, 50);
    write(lake, 2, 0);
    let mut compactor = Compactor::begin(lake, Compression::Snappy).unwrap();
    for hour in &hours {
        let done = compactor.compact(hour).unwrap();
        assert!(matches!(done, Compaction::Busy(_)), "{done:?}");
    }
    let before = rows(lake);
    // A run that came meanwhile is left beside.
    let hours = UncompactedHour::find(lake, END).unwrap();
    write(lake, 3, 0);
    for hour in &hours {
        assert!(is_done(&compactor.compact(hour).unwrap()));
    }
    assert_eq!(names(lake, "fans").len(), 2);
    assert_eq!(rows(lake).len(), before.len() + 12);
}

#[test]
fn a_reader_counts_right_at_every_moment_of_a_compaction() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    let stop = Arc::new(AtomicBool::new(false));
    write(lake, 0, 0);
    write(lake, 1, 0);
    let reader = {
        let (lake, stop) = (lake.to_owned(), Arc::clone(&stop));
        thread::spawn(move || {
            let (mut counted, mut last) = (0, 0);
            while !stop.load(Ordering::Relaxed) {
                // A file that went between the listing and its opening is an error, and no wrong count.
                let Ok(rows) = try_rows(&lake) else {
                    continue;
                };
                assert!(rows.values().all(|count| *count == 1), "{rows:?}");
                assert!(rows.len() >= last, "rows were missing");
                last = rows.len();
                counted += 1;
            }
            counted
        })
    };
    for number in 2..8 {
        assert!(compact(lake).iter().all(is_done));
        write(lake, number, 0);
    }
    stop.store(true, Ordering::Relaxed);
    assert!(reader.join().unwrap() > 0, "it never counted");
    assert_eq!(rows(lake).len(), 8 * 12);
}
