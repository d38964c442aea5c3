//! Writing, beside pyarrow.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::DataType;
use records::table::{Dataset, Table};
use records::tables::DATASETS;
use sinks::RunIdentity;
use sinks::lake::{Compression, Writer};

use super::{Outcome, ROUNDS, WRITE, Written, met, peak_kb, said, script};

const DEVICES: usize = 3_125;
const INTERFACES: usize = 64;
const LANES: usize = 8;
/// Writes the tables into the lake, and again with pyarrow.
pub(super) fn compare(lake: &Path, again: &Path, python: Option<&Path>) -> Outcome<()> {
    let rows = (DEVICES * INTERFACES * (LANES + 2)) as f64;
    let show = |name: &str, written: &Written| {
        println!(
            "{name:<40} {:>10.2} {:>9.0}k rows {:>9.1} MB {:>8.0} MiB",
            written.seconds,
            rows / written.seconds / 1e3,
            written.bytes / 1e6,
            written.peak_kb / 1024.0
        );
    };
    let own = std::env::current_exe()?;
    let (mut ours, mut theirs) = (None, None);
    for _ in 0..ROUNDS {
        let mut write = Command::new(&own);
        ours = Some(said(write.arg(WRITE).arg(lake))?.or(ours));
        let Some(python) = python else { continue };
        let mut write = Command::new(python);
        write.args(["-B", script!("write.py")]).arg(lake).arg(again);
        theirs = Some(said(&mut write)?.or(theirs));
    }
    let ours = ours.ok_or("no round")?;
    show("three tables, lanewatch", &ours);
    let Some(theirs) = theirs else {
        return Ok(());
    };
    show("three tables, pyarrow", &theirs);
    let mut none_is_larger = true;
    for (table, here, there) in sizes(lake, again)? {
        println!(
            "{table:<40} {:>10} {:>14} {:>9.1} MB, {:.1} MB by pyarrow",
            "",
            "",
            here as f64 / 1e6,
            there as f64 / 1e6
        );
        none_is_larger &= here <= there;
    }
    println!(
        "bars: faster than pyarrow {}, no table larger {}, under 300 MiB {}\n",
        met(ours.seconds < theirs.seconds),
        met(none_is_larger),
        met(ours.peak_kb < 300.0 * 1024.0)
    );
    Ok(())
}

/// Each table's file in the lake and its size in bytes, with that of the file of the same name in the other folder.
fn sizes(lake: &Path, again: &Path) -> Outcome<Vec<(String, u64, u64)>> {
    let files = sinks::lake::files(lake)?.into_iter().map(|file| {
        let path = file.on_disk(lake);
        let other = again.join(path.file_name().ok_or("a file without a name")?);
        let table = path.parent().and_then(Path::file_name);
        let table = table.ok_or("a file outside of a table")?.to_string_lossy();
        Ok((
            table.into_owned(),
            file.size,
            std::fs::metadata(other)?.len(),
        ))
    });
    files.collect()
}

pub(super) fn in_this_process(lake: &Path) -> Outcome<()> {
    let names: Vec<String> = (0..DEVICES)
        .map(|number| format!("leaf-{number:05}.dc1.example.net"))
        .collect();
    let run = RunIdentity {
        runner_name: "bench".to_owned(),
        run_id: "00000001".to_owned(),
        run_timestamp: 1_770_132_645,
    };
    // Making the rows of a device is not writing them.
    let mut spent = Duration::ZERO;
    let mut watched = Instant::now();
    let mut writer = Writer::begin(lake, run, names.iter().cloned(), Compression::Snappy)?;
    spent += watched.elapsed();
    for (number, name) in names.iter().enumerate() {
        let tables = DATASETS.iter().map(|dataset| rows(dataset, name, number));
        let tables = tables.collect::<Outcome<_>>()?;
        watched = Instant::now();
        writer.add(name, tables)?;
        spent += watched.elapsed();
    }
    watched = Instant::now();
    let written = writer.finish()?.files;
    spent += watched.elapsed();
    let seconds = spent.as_secs_f64();
    let bytes: u64 = written.iter().map(|file| file.bytes).sum();
    println!("{seconds} {bytes} {}", peak_kb()?);
    Ok(())
}

/// Readings as modules give them: powers to a hundredth of a dBm, few vendors, counters that are all different.
fn rows(dataset: &Arc<Dataset>, device: &str, number: usize) -> Outcome<Table> {
    let is_lane = dataset.name == "lane-dom";
    let count = if is_lane {
        INTERFACES * LANES
    } else {
        INTERFACES
    };
    let port = |row: usize| if is_lane { row / LANES } else { row };
    let noise = |row: usize, salt: usize| {
        // SplitMix64: no pattern that a compressor could find.
        let mut mixed = ((number << 40) + (row << 20) + salt) as u64;
        for multiplier in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
            mixed = (mixed ^ (mixed >> 30)).wrapping_add(0x9e37_79b9_7f4a_7c15);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(multiplier);
        }
        (mixed ^ (mixed >> 31)) >> 40
    };
    let schema = dataset.schema();
    let columns = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(salt, field)| -> ArrayRef {
            match (field.name().as_str(), field.data_type()) {
                ("device" | "hostname", _) => Arc::new(StringArray::from_iter_values(
                    std::iter::repeat_n(device, count),
                )),
                ("if_name", _) => Arc::new(StringArray::from_iter_values(
                    (0..count).map(|row| format!("et-0/0/{:02}", port(row))),
                )),
                ("lane", _) => Arc::new(Int32Array::from_iter_values(
                    (0..count).map(|row| (row % LANES) as i32),
                )),
                ("timestamp" | "run_timestamp", _) => Arc::new(Int64Array::from_iter_values(
                    std::iter::repeat_n(1_770_132_645 + (number % 30) as i64, count),
                )),
                ("time", _) => {
                    let microseconds = (1_770_132_645 + (number % 30) as i64) * 1_000_000;
                    let times = std::iter::repeat_n(microseconds, count);
                    Arc::new(
                        TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"),
                    )
                }
                ("serial_number", _) => Arc::new(StringArray::from_iter_values(
                    (0..count).map(|row| format!("1ACP{:09}", number * 1000 + port(row))),
                )),
                ("pre_fec_ber", _) => {
                    Arc::new(StringArray::from_iter_values((0..count).map(|row| {
                        format!(
                            "{}.{:02}e-0{}",
                            noise(row, 1) % 9 + 1,
                            noise(row, 2) % 100,
                            noise(row, 3) % 4 + 6
                        )
                    })))
                }
                (_, DataType::Float64) => {
                    Arc::new(Float64Array::from_iter((0..count).map(|row| {
                        (noise(row, salt) % 50 != 0)
                            .then(|| (noise(row, salt + 7) % 800) as f64 / 100.0 - 8.0)
                    })))
                }
                (_, DataType::Int64) => Arc::new(Int64Array::from_iter((0..count).map(|row| {
                    (noise(row, salt) % 50 != 0).then(|| noise(row, salt + 9) as i64 * 1_000)
                }))),
                (_, DataType::Int32) => Arc::new(Int32Array::from_iter_values(
                    (0..count).map(|row| port(row) as i32),
                )),
                _ => Arc::new(StringArray::from_iter_values((0..count).map(|row| {
                    format!("{}-{}", field.name(), noise(port(row), salt) % 5)
                }))),
            }
        });
    Ok(Table {
        batch: RecordBatch::try_new(dataset.schema(), columns.collect())?,
        dataset: Arc::clone(dataset),
    })
}
