//! What the lake promises: sorted, complete or absent, its own files and nobody else's.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; clippy knows this of test functions only, not of what they stand on"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression as Codec;
use records::table::{DATASETS, Dataset, Table};
use sinks::RunIdentity;
use sinks::lake::{Compression, Writer, Written};

fn run(runner_name: &str, run_id: &str) -> RunIdentity {
    RunIdentity {
        runner_name: runner_name.to_owned(),
        run_id: run_id.to_owned(),
        run_timestamp: 1_770_132_645,
    }
}

fn lanes() -> Arc<Dataset> {
    let lanes = DATASETS.iter().find(|dataset| dataset.name == "lane-dom");
    Arc::clone(lanes.unwrap())
}

/// Rows of one device: two interfaces of four lanes.
fn rows_of(device: &str) -> Table {
    const ROWS: usize = 8;
    let schema = lanes().schema();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match (field.name().as_str(), field.data_type()) {
            ("device", _) => Arc::new(StringArray::from(vec![device; ROWS])) as ArrayRef,
            ("if_name", _) => Arc::new(StringArray::from_iter_values(
                (0..ROWS).map(|row| format!("et-0/0/{}", row / 4)),
            )),
            ("lane", _) => Arc::new(Int32Array::from_iter_values(
                (0..ROWS).map(|row| i32::try_from(row % 4).unwrap()),
            )),
            ("rx_power", _) => Arc::new(Float64Array::from_iter(
                (0..ROWS).map(|row| (row != 3).then_some(-2.5)),
            )),
            (_, DataType::Int64) if !field.is_nullable() => {
                Arc::new(Int64Array::from(vec![7; ROWS]))
            }
            (_, DataType::Utf8) if !field.is_nullable() => {
                Arc::new(StringArray::from(vec!["x"; ROWS]))
            }
            (_, kind) => new_null_array(kind, ROWS),
        })
        .collect();
    Table {
        dataset: lanes(),
        batch: RecordBatch::try_new(schema, columns).unwrap(),
    }
}

fn write(lake: &Path, run: RunIdentity, order: &[&str], compression: Compression) -> Vec<Written> {
    let mut writer = Writer::begin(
        lake,
        run,
        order.iter().map(|name| (*name).to_owned()),
        compression,
    )
    .unwrap();
    for device in order {
        writer.add(device, vec![rows_of(device)]).unwrap();
    }
    writer.finish().unwrap()
}

fn devices_in(path: &Path) -> Vec<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap())
        .unwrap()
        .build()
        .unwrap();
    let mut devices: Vec<String> = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        let column = batch
            .column_by_name("device")
            .unwrap()
            .as_any()
            .downcast_ref::<StringArray>()
            .unwrap();
        devices.extend((0..column.len()).map(|row| column.value(row).to_owned()));
    }
    devices
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found.sort();
    found
}

#[test]
fn rows_are_sorted_by_device_in_whatever_order_the_devices_answer() {
    let lake = tempfile::tempdir().unwrap();
    let written = write(
        lake.path(),
        run("a", "0000000a"),
        &["c", "a", "b"],
        Compression::Snappy,
    );
    assert_eq!(written.len(), 1, "a dataset without rows has no file");
    assert_eq!(written[0].rows, 24);
    assert_eq!(
        written[0].bytes,
        std::fs::metadata(&written[0].path).unwrap().len()
    );
    let devices = devices_in(&written[0].path);
    assert!(devices.is_sorted(), "{devices:?}");
    assert_eq!(devices.len(), 24);
}

#[test]
fn a_device_that_never_came_does_not_hold_back_the_others() {
    let lake = tempfile::tempdir().unwrap();
    let names = ["a", "b", "c"].map(str::to_owned);
    let mut writer = Writer::begin(
        lake.path(),
        run("a", "0000000a"),
        names,
        Compression::Snappy,
    )
    .unwrap();
    writer.add("c", vec![rows_of("c")]).unwrap();
    writer.add("b", Vec::new()).unwrap();
    writer.add("b", vec![rows_of("b")]).unwrap();
    writer.add("nobody", vec![rows_of("nobody")]).unwrap();
    let written = writer.finish().unwrap();
    assert_eq!(devices_in(&written[0].path), ["c"; 8]);
}

#[test]
fn nothing_is_visible_before_the_end_and_nothing_is_left_without_one() {
    let lake = tempfile::tempdir().unwrap();
    let mut writer = Writer::begin(
        lake.path(),
        run("a", "0000000a"),
        ["a".to_owned()],
        Compression::Snappy,
    )
    .unwrap();
    writer.add("a", vec![rows_of("a")]).unwrap();
    assert!(
        files(lake.path()).iter().all(|path| path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with('.'))
    );
    drop(writer);
    assert_eq!(files(lake.path()), [""; 0].map(PathBuf::from));
}

#[test]
fn a_rerun_replaces_its_own_file_and_nothing_else() {
    let lake = tempfile::tempdir().unwrap();
    write(
        lake.path(),
        run("a", "0000000a"),
        &["x"],
        Compression::Snappy,
    );
    write(
        lake.path(),
        run("a", "0000000b"),
        &["x"],
        Compression::Snappy,
    );
    write(
        lake.path(),
        run("b", "0000000a"),
        &["x"],
        Compression::Snappy,
    );
    let before = files(lake.path());
    assert_eq!(before.len(), 3);
    let again = write(
        lake.path(),
        run("a", "0000000a"),
        &["x", "y"],
        Compression::Snappy,
    );
    assert_eq!(files(lake.path()), before);
    assert_eq!(devices_in(&again[0].path).len(), 16);
}

#[test]
fn every_compression_reads_back_the_same() {
    let lake = tempfile::tempdir().unwrap();
    let codecs = [
        Compression::Snappy,
        Compression::Zstd,
        Compression::Gzip,
        Compression::None,
    ];
    for (id, compression) in codecs.into_iter().enumerate() {
        let written = write(
            lake.path(),
            run("a", &format!("{id:08x}")),
            &["x"],
            compression,
        );
        assert_eq!(devices_in(&written[0].path), ["x"; 8]);
        let file = std::fs::File::open(&written[0].path).unwrap();
        let metadata = ParquetRecordBatchReaderBuilder::try_new(file)
            .unwrap()
            .metadata()
            .clone();
        let codec = metadata.row_group(0).column(0).compression();
        let as_asked = match compression {
            Compression::Snappy => matches!(codec, Codec::SNAPPY),
            Compression::Zstd => matches!(codec, Codec::ZSTD(_)),
            Compression::Gzip => matches!(codec, Codec::GZIP(_)),
            Compression::None => matches!(codec, Codec::UNCOMPRESSED),
        };
        assert!(as_asked, "{compression:?}: {codec:?}");
    }
}

#[test]
fn readers_find_statistics_sort_order_and_what_each_column_means() {
    let lake = tempfile::tempdir().unwrap();
    let written = write(
        lake.path(),
        run("a", "0000000a"),
        &["x"],
        Compression::Snappy,
    );
    let file = std::fs::File::open(&written[0].path).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let group = builder.metadata().row_group(0);
    let sorted = group.sorting_columns().unwrap();
    let names: Vec<_> = sorted
        .iter()
        .map(|column| {
            group
                .column(usize::try_from(column.column_idx).unwrap())
                .column_path()
                .string()
        })
        .collect();
    assert_eq!(names, lanes().sort_columns);
    assert!(
        group
            .columns()
            .iter()
            .all(|column| column.statistics().is_some() && column.column_index_offset().is_some())
    );
    let power = builder.schema().field_with_name("rx_power").unwrap();
    assert_eq!(
        power.metadata().get("unit").map(String::as_str),
        Some("dBm")
    );
    assert!(power.metadata().contains_key("meaning") && power.metadata().contains_key("role"));
}

#[test]
fn a_lake_that_cannot_be_written_says_so_at_the_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lake");
    std::fs::write(&file, "").unwrap();
    let error = Writer::begin(
        &file,
        run("a", "0000000a"),
        ["x".to_owned()],
        Compression::Snappy,
    )
    .unwrap_err()
    .to_string();
    assert!(
        error.starts_with("cannot create the folder ")
            && error.contains(&file.display().to_string()),
        "{error}"
    );
}
