//! Is a file of the lake whole? Every page of it is read, not the footer alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow_schema::{DataType, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::SerializedFileReader;

use super::file::FooterPart;
use super::layout;
use super::local::LocalFile;
use super::merged::{self, Merged};
use crate::{Error, Result};

/// A file that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Rows that could be read.
    pub rows: u64,
    /// Columns that this version does not know: of a later one, or of a mapping that is not at hand.
    pub unknown_columns: Vec<String>,
}

/// What is wrong with a file, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage(pub String);

/// What a sync needs to know of a file.
#[derive(Debug)]
pub(super) struct Footer {
    /// Which part of its run it is.
    pub(super) part: FooterPart,
    /// Names in its folder that hold the same rows, or held them, and must not stand beside it at a remote.
    pub(super) supersedes: Vec<String>,
}

/// Looks whether an open file is Parquet and has been written to its end; no page is read.
pub(super) fn check_footer(file: &File) -> std::result::Result<Footer, Damage> {
    let damaged = |error: ParquetError| Damage(format!("it is no whole Parquet file: {error}"));
    let read = ParquetMetaDataReader::new().parse_and_finish(file);
    let metadata = read.map_err(damaged)?;
    Ok(Footer {
        part: FooterPart::of_footer(metadata.file_metadata()),
        supersedes: merged::superseded_names(&metadata).map_err(Damage)?,
    })
}

/// Reads the whole file and compares it with the columns that it should have.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check_file(path: &Path, columns: Option<&Schema>) -> std::result::Result<Checked, Damage> {
    let damaged = |error: &dyn std::fmt::Display| Damage(format!("it cannot be read: {error}"));
    let file = File::open(path).map_err(|error| damaged(&error))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(&error))?;
    Merged::of(builder.metadata()).map_err(Damage)?;
    let promised = builder.metadata().file_metadata().num_rows();
    let unknown_columns = match columns {
        Some(columns) => compare(builder.schema(), columns)?,
        None => Vec::new(),
    };
    let mut rows = 0_u64;
    for batch in builder.build().map_err(|error| damaged(&error))? {
        let batch = batch.map_err(|error| damaged(&error))?;
        rows += u64::try_from(batch.num_rows()).unwrap_or(0);
    }
    if u64::try_from(promised) != Ok(rows) {
        return Err(Damage(format!(
            "its footer promises {promised} rows, and {rows} are there"
        )));
    }
    Ok(Checked {
        rows,
        unknown_columns,
    })
}

/// A schema only grows: what both know has the same type, and what every row has is there.
fn compare(found: &Schema, known: &Schema) -> std::result::Result<Vec<String>, Damage> {
    for field in known.fields() {
        match found.field_with_name(field.name()) {
            Ok(there) if !is_same(there.data_type(), field.data_type()) => {
                return Err(Damage(format!(
                    "its column {} is {}, and {} was expected",
                    field.name(),
                    there.data_type(),
                    field.data_type()
                )));
            }
            Err(_) if !field.is_nullable() => {
                return Err(Damage(format!("it has no column {}", field.name())));
            }
            _ => {}
        }
    }
    let unknown = found.fields().iter().map(|field| field.name());
    let unknown = unknown.filter(|name| known.field_with_name(name).is_err());
    Ok(unknown.cloned().collect())
}

/// Other writers have their own sorts of text.
fn is_same(found: &DataType, expected: &DataType) -> bool {
    let is_text = |kind: &DataType| {
        matches!(
            kind,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        )
    };
    found == expected || (is_text(found) && is_text(expected))
}

/// Files whose rows stand in a compacted file as well, each with what is wrong: somebody has put a file back by hand. Lists of runs that cannot
/// be read are left to [`check_file`].
pub fn doubled(lake: &Path, files: &[LocalFile]) -> Vec<(String, Damage)> {
    let mut held: BTreeMap<String, Vec<&LocalFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| layout::is_compacted(&file.path)) {
        let lists = merged::read(&file.on_disk(lake)).unwrap_or_default();
        let folder = layout::table_folder(&file.path).unwrap_or_default();
        for run in lists.files {
            let path = format!("{folder}/{}", run.file);
            held.entry(path).or_default().push(file);
        }
    }
    let twice = held.iter().filter(|(_, holders)| holders.len() > 1);
    let twice = twice.flat_map(|(path, holders)| {
        let [first, others @ ..] = holders.as_slice() else {
            return Vec::new();
        };
        let why = Damage(format!("the rows of {path} are in {} as well", first.path));
        let all = others.iter().map(|file| (file.path.clone(), why.clone()));
        all.collect()
    });
    let beside = files.iter().filter_map(|file| {
        let holder = held.get(&file.path)?.first()?;
        let why = format!("its rows are in {} as well", holder.path);
        Some((file.path.clone(), Damage(why)))
    });
    beside.chain(twice).collect()
}

/// Rows of a file, by its footer.
///
/// # Errors
///
/// If it has none that can be read.
pub fn rows_in(path: &Path) -> Result<u64> {
    let file = File::open(path).map_err(Error::on("open", path))?;
    let reader = SerializedFileReader::new(file)
        .map_err(|error| Error::on("read the footer of", path)(std::io::Error::other(error)))?;
    Ok(u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0))
}
