//! What is left as it is and told: damaged files, files of others, files that do not fit.

use std::fs::{self, File};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use records::table::{Dataset, Table};
use sinks::Error;
use sinks::lake::{self, Compaction, Compression, UncompactedHour, Writer};

use super::*;

#[test]
fn a_damaged_file_keeps_its_hour_and_table_as_they_are_and_is_named() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    for number in [0, 1] {
        write(lake, number, 0);
    }
    let bad = lake.join("dt=1970-01-01/hr=00/fans/fans_19700101_000100_a_00000001.parquet");
    let whole = fs::read(&bad).unwrap();
    let mut page = whole.clone();
    page[4..60].fill(0xff);
    for content in [&whole[..whole.len() - 9], &page] {
        fs::write(&bad, content).unwrap();
        let done = compact(lake);
        let Compaction::Damaged(files) = &done[0] else {
            panic!("{done:?}");
        };
        assert_eq!(files.len(), 1);
        assert!(bad.ends_with(&files[0].0), "{files:?}");
        assert_eq!(fs::read(&bad).unwrap(), content);
        assert_eq!(names(lake, "fans").len(), 2);
    }
    assert_eq!(names(lake, "trays").len(), 1);
    assert!(is_clean(lake));
}

#[test]
fn a_file_that_is_put_back_by_hand_is_told_and_not_merged_twice() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    for number in [0, 1] {
        write(lake, number, 0);
    }
    let path = lake::files(lake).unwrap()[0].on_disk(lake);
    let bytes = fs::read(&path).unwrap();
    compact(lake);
    fs::write(&path, bytes).unwrap();
    let doubled = lake::doubled(lake, &lake::files(lake).unwrap());
    assert_eq!(doubled.len(), 1);
    assert!(path.ends_with(&doubled[0].0));
    let done = compact(lake);
    assert!(
        matches!(&done[0], Compaction::Damaged(files) if files[0].1.contains("as well")),
        "{done:?}"
    );
}

#[test]
fn rows_of_an_older_file_lack_what_it_lacks_and_one_that_does_not_fit_is_named() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    let names_of = DEVICES.map(str::to_owned);
    let mut older = Writer::begin(lake, run(0), names_of.clone(), Compression::Snappy).unwrap();
    for device in DEVICES {
        older
            .add(device, vec![rows_of("fans", device, 0, 0, true)])
            .unwrap();
    }
    older.finish().unwrap();
    write(lake, 1, 7);
    let before = rows(lake);
    assert!(compact(lake).iter().all(is_done));
    let after = rows(lake);
    assert_eq!(after, before);
    let nulls = after.iter().filter(|((.., value), _)| value.is_none());
    assert_eq!(nulls.map(|(_, count)| *count).sum::<usize>(), 6);
    all_whole(lake);

    let fields = vec![
        Field::new("device", DataType::Utf8, false),
        Field::new("run", DataType::Utf8, false),
    ];
    let dataset = Arc::new(Dataset::found("fans", fields));
    let column = || Arc::new(StringArray::from(vec!["a"])) as ArrayRef;
    let batch = RecordBatch::try_new(dataset.schema(), vec![column(), column()]).unwrap();
    let mut odd = Writer::begin(lake, run(2), names_of, Compression::Snappy).unwrap();
    odd.add("a", vec![Table { dataset, batch }]).unwrap();
    odd.finish().unwrap();
    let done = compact(lake);
    let Compaction::Damaged(files) = &done[0] else {
        panic!("{done:?}");
    };
    assert!(files[0].0.ends_with("_00000002.parquet"), "{files:?}");
    assert!(files[0].1.contains("its column run is Utf8"), "{files:?}");
    assert_eq!(names(lake, "fans").len(), 2);
}

#[test]
fn files_of_other_programs_stay_as_they_are() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    for number in [0, 1] {
        write(lake, number, 0);
    }
    let folder = lake.join("dt=1970-01-01/hr=00/fans");
    // Named as the Python scripts do, named otherwise, and no Parquet at all.
    let batch = rows_of("fans", "a", 5, 0, false).batch;
    let foreign = ["fans_19700101_000500_script.parquet", "mine.parquet"];
    for name in foreign {
        let file = File::create(folder.join(name)).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let before = rows(lake);
    let hours = UncompactedHour::find(lake, END).unwrap();
    assert_eq!(
        hours[0].others,
        [format!("dt=1970-01-01/hr=00/fans/{}", foreign[0])]
    );
    assert!(compact(lake).iter().all(is_done));
    let after = names(lake, "fans");
    assert_eq!(after.len(), 3, "{after:?}");
    assert!(
        foreign
            .iter()
            .all(|name| after.contains(&(*name).to_owned()))
    );
    assert_eq!(fs::read(folder.join("notes.txt")).unwrap(), b"mine");
    assert_eq!(rows(lake), before);

    fs::create_dir(folder.join("sub")).unwrap();
    write(lake, 2, 0);
    let done = compact(lake);
    assert!(
        matches!(&done[0], Compaction::Busy(why) if why.contains("folder, sub")),
        "{done:?}"
    );
    assert!(is_done(&done[1]));
}

#[test]
fn a_new_run_never_has_the_second_of_one_in_a_compacted_file() {
    let lake = tempfile::tempdir().unwrap();
    let lake = lake.path();
    for number in [0, 1] {
        write(lake, number, 0);
    }
    compact(lake);
    let mut new = run(1);
    new.run_id = "ffffffff".to_owned();
    let names = DEVICES.map(str::to_owned);
    let begun = Writer::begin_new(lake, new.clone(), names.clone(), Compression::Snappy);
    assert!(matches!(begun, Err(Error::RunExists { .. })), "{begun:?}");
    new.run_timestamp += 1;
    Writer::begin_new(lake, new, names, Compression::Snappy).unwrap();
}
