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
use arrow_schema::{DataType, Field};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression as Codec, Encoding};
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use records::table::{Dataset, Table};
use records::tables::DATASETS;
use sinks::RunIdentity;
use sinks::lake::{self, Compression, Layout, Tables, Writer, Written, check_file, rows_in};

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

/// Rows of one device with so many lanes, for tests of size.
fn many_rows_of(device: &str, rows: usize) -> Table {
    let one = rows_of(device);
    let columns = one
        .batch
        .columns()
        .iter()
        .map(|column| {
            let take: Vec<&dyn Array> = vec![column.as_ref(); rows / 8];
            arrow_select::concat::concat(&take).unwrap()
        })
        .collect();
    Table {
        batch: RecordBatch::try_new(one.dataset.schema(), columns).unwrap(),
        dataset: one.dataset,
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
    writer.finish().unwrap().files
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

/// Every file below a folder but for locks: the lake's own stays.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != "lock" {
            found.push(path);
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
    let written = writer.finish().unwrap().files;
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
    assert_eq!(lake::files(lake.path()).unwrap(), []);
    let growing = files(lake.path());
    assert!(!growing.is_empty());
    for path in growing {
        assert!(path.starts_with(lake.path().join(".lanewatch")), "{path:?}");
        assert_eq!(path.extension().unwrap(), "tmp");
    }
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
fn a_slow_device_at_the_head_does_not_pile_the_others_up_in_memory() {
    let lake = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..40).map(|number| format!("d{number:02}")).collect();
    let mut writer = Writer::begin(
        lake.path(),
        run("a", "0000000a"),
        names.iter().cloned(),
        Compression::Snappy,
    )
    .unwrap();
    let mut on_disk = 0;
    for name in names.iter().skip(1).rev() {
        writer.add(name, vec![many_rows_of(name, 8_000)]).unwrap();
        on_disk = files(lake.path()).len();
    }
    assert!(
        on_disk > 5,
        "what does not fit waits on the disk: {on_disk} files"
    );
    writer.add("d00", vec![many_rows_of("d00", 8_000)]).unwrap();
    let written = writer.finish().unwrap().files;
    assert_eq!(written[0].rows, 40 * 8_000);
    let devices = devices_in(&written[0].path);
    assert!(devices.is_sorted());
    assert_eq!(devices.len(), 40 * 8_000);
    assert_eq!(files(lake.path()).len(), 1, "nothing of the wait is left");
}

#[test]
fn a_reader_that_wants_one_device_can_skip_the_others() {
    let lake = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..20).map(|number| format!("d{number:02}")).collect();
    let mut writer = Writer::begin(
        lake.path(),
        run("a", "0000000a"),
        names.iter().cloned(),
        Compression::Snappy,
    )
    .unwrap();
    for name in &names {
        writer.add(name, vec![many_rows_of(name, 32_000)]).unwrap();
    }
    let written = writer.finish().unwrap().files;
    let file = std::fs::File::open(&written[0].path).unwrap();
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let metadata = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .unwrap()
        .metadata()
        .clone();
    assert!(
        metadata.num_row_groups() >= 3,
        "{}",
        metadata.num_row_groups()
    );
    let pages = metadata.offset_index().unwrap()[0][0]
        .page_locations()
        .len();
    assert!(pages >= 8, "{pages} pages in the first row group");
    for name in ["device", "if_name", "timestamp"] {
        let at = lanes().schema().index_of(name).unwrap();
        assert!(
            !matches!(
                metadata.column_index().unwrap()[0][at],
                ColumnIndexMetaData::NONE
            ),
            "{name}"
        );
    }
    let footer = metadata.file_metadata().key_value_metadata().unwrap();
    let of_run = footer.iter().find(|pair| pair.key == "lanewatch.run_id");
    assert_eq!(of_run.unwrap().value.as_deref(), Some("0000000a"));
}

#[test]
fn each_device_can_have_files_of_its_own_without_the_column_that_their_path_has() {
    let lake = tempfile::tempdir().unwrap();
    let mut writer = Writer::begin_with(
        lake.path(),
        run("a", "0000000a"),
        ["x", "y"].map(str::to_owned),
        Compression::Snappy,
        Layout::PerDevice,
    )
    .unwrap();
    for name in ["y", "x"] {
        writer.add(name, vec![rows_of(name)]).unwrap();
    }
    let written = writer.finish().unwrap().files;
    let places: Vec<_> = written
        .iter()
        .map(|file| {
            file.path
                .strip_prefix(lake.path())
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        places,
        ["x", "y"].map(|device| format!(
            "dt=2026-02-03/device={device}/optical_metrics_20260203_153045_a_0000000a.parquet"
        ))
    );
    let file = std::fs::File::open(&written[0].path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert!(reader.schema().field_with_name("device").is_err());
    assert!(reader.schema().field_with_name("if_name").is_ok());
}

#[test]
fn a_damaged_file_is_told_from_a_whole_one() {
    let lake = tempfile::tempdir().unwrap();
    let written = write(lake.path(), run("a", "0000000a"), &["x"], Compression::None);
    let path = &written[0].path;
    let checked = check_file(path, Some(&lanes().schema())).unwrap();
    assert_eq!((checked.rows, checked.unknown_columns.len()), (8, 0));
    assert_eq!(rows_in(path).unwrap(), 8);
    let counters = &DATASETS[2];
    assert!(
        check_file(path, Some(&counters.schema())).is_ok(),
        "the columns that both have agree"
    );
    let whole = std::fs::read(path).unwrap();
    std::fs::write(path, &whole[..whole.len() - 9]).unwrap();
    assert!(check_file(path, None).is_err());
    let mut flipped = whole.clone();
    for byte in &mut flipped[4..200] {
        *byte ^= 0x5a;
    }
    std::fs::write(path, flipped).unwrap();
    assert!(
        check_file(path, None).is_err(),
        "the footer is good, a page is not"
    );
}

#[test]
fn a_table_that_no_list_describes_is_known_by_its_files() {
    let lake = tempfile::tempdir().unwrap();
    let write = |timestamp: i64, columns: Vec<(Field, ArrayRef)>| {
        let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let dataset = Arc::new(Dataset::found("fans", fields));
        let batch = RecordBatch::try_new(dataset.schema(), arrays).unwrap();
        let run = RunIdentity {
            run_timestamp: timestamp,
            ..run("a", "0000000a")
        };
        let names = ["x".to_owned()];
        let mut writer = Writer::begin(lake.path(), run, names, Compression::Snappy).unwrap();
        writer.add("x", vec![Table { dataset, batch }]).unwrap();
        writer.finish().unwrap();
    };
    let device = || {
        (
            Field::new("device", DataType::Utf8, false),
            Arc::new(StringArray::from(vec!["x"])) as ArrayRef,
        )
    };
    let rpm = |kind: DataType, value: ArrayRef| (Field::new("rpm", kind, true), value);
    let whole = || rpm(DataType::Int64, Arc::new(Int64Array::from(vec![7])));
    let tray = (
        Field::new("tray", DataType::Utf8, true),
        Arc::new(StringArray::from(vec!["t"])) as ArrayRef,
    );
    write(0, vec![device(), whole()]);
    write(86_400, vec![device(), tray, whole()]);
    let files = lake::files(lake.path()).unwrap();
    let given = || DATASETS.iter().cloned();
    let tables = Tables::of(lake.path(), &files, given());
    let fans = tables.iter().last().unwrap();
    assert_eq!((tables.iter().count(), fans.name.as_str()), (4, "fans"));
    let names: Vec<_> = fans
        .schema()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    assert_eq!(names, ["device", "tray", "rpm"], "as the newest has them");
    let check = |at: usize| {
        let files = lake::files(lake.path()).unwrap();
        let tables = Tables::of(lake.path(), &files, given());
        let columns = tables.columns_of(&files[at]).unwrap();
        check_file(&files[at].on_disk(lake.path()), Some(&columns))
    };
    assert!(check(0).is_ok() && check(1).is_ok());

    // A column that changes its type is what no engine reads.
    write(
        2 * 86_400,
        vec![
            device(),
            rpm(DataType::Float64, Arc::new(Float64Array::from(vec![7.5]))),
        ],
    );
    assert_eq!(
        check(0).unwrap_err().0,
        "its column rpm is Int64, and Float64 was expected"
    );
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
    for (column, field) in group.columns().iter().zip(lanes().schema().fields()) {
        let role = field.metadata()["role"].as_str();
        assert!(column.statistics().is_some(), "{}", field.name());
        assert_eq!(
            column.column_index_offset().is_some(),
            ["label", "time"].contains(&role),
            "{}",
            field.name()
        );
    }
    let serial_number = group
        .columns()
        .iter()
        .find(|column| column.column_path().string() == "serial_number")
        .unwrap();
    assert!(
        serial_number
            .encodings()
            .any(|encoding| encoding == Encoding::DELTA_BYTE_ARRAY)
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

/// The tables of docs/data-lake.md are made from the schemas; `UPDATE_DOCS=1` writes them anew.
#[test]
fn the_page_about_the_lake_lists_every_column() {
    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data-lake.md");
    let (from, to) = ("<!-- tables -->\n", "<!-- end of tables -->");
    let mut tables = String::from(
        "\nMade from the column lists in `crates/records/src/model` by `UPDATE_DOCS=1 cargo test -p sinks`; edit there.\n",
    );
    for dataset in DATASETS.iter() {
        tables += &format!("\n### `{}`\n\n", dataset.name);
        tables += "| column | type | unit | role | meaning |\n|---|---|---|---|---|\n";
        for field in dataset.schema().fields() {
            let of = |key: &str| field.metadata().get(key).cloned().unwrap_or_default();
            let null = if field.is_nullable() {
                ""
            } else {
                ", never null"
            };
            tables += &format!(
                "| `{}` | {}{null} | {} | {} | {} |\n",
                field.name(),
                match field.data_type() {
                    DataType::Utf8 => "string",
                    DataType::Int32 => "int32",
                    DataType::Int64 => "int64",
                    DataType::Float64 => "double",
                    DataType::Timestamp(..) => "timestamp",
                    other => unreachable!("{other}: a type that no column has yet"),
                },
                of("unit"),
                of("role"),
                of("meaning"),
            );
        }
    }
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (head, rest) = page.split_once(from).unwrap();
    let (_, tail) = rest.split_once(to).unwrap();
    let expected = format!("{head}{from}{tables}{to}{tail}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &expected).unwrap();
    }
    let page = std::fs::read_to_string(PAGE).unwrap();
    assert!(
        page == expected,
        "docs/data-lake.md is not what the schemas make: run with UPDATE_DOCS=1"
    );
}
