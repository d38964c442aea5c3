//! A Parquet file while it grows, and its layout.
//!
//! What a reader needs to skip what it does not want: rows sorted by device, row groups of some hundred devices, statistics of
//! each, and a page index, so that a filter on device, interface or time touches few pages. What a reader needs to know: each
//! column's unit, meaning and role in the schema, and whose run it was in the footer.
//!
//! Few values come again and again in most columns, and a dictionary holds them once a row group. Counters are the exception: all
//! are different, and near their neighbours; they are written as differences, which every reader of today knows (Parquet 2). Serial
//! numbers are all different as well, and modules that were bought together begin alike: each is written as what differs from the one before.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::basic::{Encoding, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{FileMetaData, KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use records::table::{Dataset, Role, Table};

use super::merged;
use super::row_group::RowGroup;
use crate::{Error, Result, RunIdentity};

/// Rows in a row group: some hundred devices. Engines that know no page index skip by these, and three of them are in memory,
/// encoded. Each has dictionaries of its own, so that smaller ones make larger files.
pub(super) const ROW_GROUP_ROWS: usize = 256 * 1024;
/// Rows in a page, the least that a reader with a page index reads: some dozen devices.
const PAGE_ROWS: usize = 16 * 1024;

/// Labels that a dictionary would hold once and use once.
const ALL_DIFFERENT: &[&str] = &["serial_number"];

/// In the footer of a file of a run that is, or was, published in two parts. A file without it holds all rows of its table and run.
const PART_KEY: &str = "lanewatch.part";
const RUN_ID_KEY: &str = "lanewatch.run_id";
pub(super) const DATASET_KEY: &str = "lanewatch.dataset";

/// Which rows of its table and run a file holds, as its footer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FooterPart {
    /// All of them.
    All,
    /// All of them, of a run that had two parts when it was written before.
    Both,
    /// Those of the devices that had come when the first part was published.
    First,
    /// Those of the devices that came later.
    Late,
    /// The file is none of ours.
    Unknown,
}

impl FooterPart {
    fn text(self) -> Option<&'static str> {
        match self {
            Self::Both => Some("both"),
            Self::First => Some("first"),
            Self::Late => Some("late"),
            Self::All | Self::Unknown => None,
        }
    }

    pub(super) fn of_footer(metadata: &FileMetaData) -> Self {
        let pairs = metadata.key_value_metadata();
        let value = |key: &str| {
            let mut pairs = pairs.into_iter().flatten();
            let pair = pairs.find(|pair| pair.key == key)?;
            Some(pair.value.as_deref().unwrap_or_default())
        };
        if value(RUN_ID_KEY).is_none() {
            return Self::Unknown;
        }
        match value(PART_KEY) {
            None => Self::All,
            Some(text) => [Self::Both, Self::First, Self::Late]
                .into_iter()
                .find(|part| part.text() == Some(text))
                .unwrap_or(Self::Unknown),
        }
    }
}

/// How the pages of a Parquet file are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Fast, and read by every engine: the default.
    #[default]
    Snappy,
    /// Smaller at little cost.
    Zstd,
    /// For readers that know nothing newer.
    Gzip,
    /// No compression.
    None,
}

impl Compression {
    fn of_parquet(self) -> parquet::basic::Compression {
        use parquet::basic::Compression as Parquet;
        match self {
            Self::Snappy => Parquet::SNAPPY,
            Self::Zstd => Parquet::ZSTD(ZstdLevel::default()),
            Self::Gzip => Parquet::GZIP(GzipLevel::default()),
            Self::None => Parquet::UNCOMPRESSED,
        }
    }
}

/// The growing file of one dataset.
pub(super) struct GrowingFile {
    pub(super) dataset: Arc<Dataset>,
    writer: SerializedFileWriter<File>,
    columns: ArrowRowGroupWriterFactory,
    group: Option<RowGroup>,
    path: PathBuf,
    /// Its place below the lake's root.
    pub(super) target: PathBuf,
    rows: usize,
}

/// A file that only lacks its name.
#[derive(Debug)]
pub(super) struct WholeFile {
    pub(super) dataset: Arc<Dataset>,
    pub(super) path: PathBuf,
    pub(super) target: PathBuf,
    pub(super) rows: usize,
    pub(super) bytes: u64,
}

impl fmt::Debug for GrowingFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GrowingFile")
            .field("target", &self.target)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl GrowingFile {
    pub(super) fn create(
        path: PathBuf,
        target: PathBuf,
        dataset: &Arc<Dataset>,
        run: &RunIdentity,
        labels: &[(String, String)],
        compression: Compression,
    ) -> Result<Self> {
        let file = File::create(&path).map_err(Error::on("create", &path))?;
        let schema = dataset.schema();
        let sorted = sorting_columns(&schema, &dataset.sort_columns);
        let footer = footer(dataset, run, labels);
        let properties = properties(&schema, sorted, footer, compression);
        let writer = ArrowWriter::try_new(file, dataset.schema(), Some(properties));
        let (writer, columns) = writer
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(|cause| failed(&dataset.name, &target, cause))?;
        Ok(Self {
            dataset: Arc::clone(dataset),
            writer,
            columns,
            group: None,
            path,
            target,
            rows: 0,
        })
    }

    pub(super) fn write(&mut self, table: &Table) -> Result<()> {
        self.put(&table.batch)
            .map_err(|cause| failed(&self.dataset.name, &self.target, cause))?;
        self.rows += table.batch.num_rows();
        Ok(())
    }

    fn put(&mut self, batch: &RecordBatch) -> parquet::errors::Result<()> {
        let mut at = 0;
        while at < batch.num_rows() {
            let group = match &mut self.group {
                Some(group) => group,
                None => {
                    let number = self.writer.flushed_row_groups().len();
                    let columns = self.columns.create_column_writers(number)?;
                    self.group
                        .insert(RowGroup::new(self.dataset.schema(), columns))
                }
            };
            let length = (batch.num_rows() - at).min(ROW_GROUP_ROWS - group.rows());
            group.push(match length == batch.num_rows() {
                true => batch.clone(),
                false => batch.slice(at, length),
            })?;
            at += length;
            if group.rows() == ROW_GROUP_ROWS {
                self.end_group()?;
            }
        }
        Ok(())
    }

    fn end_group(&mut self) -> parquet::errors::Result<()> {
        let Some(group) = self.group.take() else {
            return Ok(());
        };
        let chunks = group.close()?;
        let mut written = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut written)?;
        }
        written.close().map(drop)
    }

    /// Writes the footer and syncs. A full disk says so here at the latest. `replaces` names the compacted files that hold rows of an
    /// earlier write of the run.
    pub(super) fn complete(mut self, part: FooterPart, replaces: &[String]) -> Result<WholeFile> {
        self.end_group()
            .map_err(|cause| failed(&self.dataset.name, &self.target, cause))?;
        if let Some(part) = part.text() {
            let pair = KeyValue::new(PART_KEY.to_owned(), part.to_owned());
            self.writer.append_key_value_metadata(pair);
        }
        if let Some(pair) = merged::replaces_pair(replaces) {
            self.writer.append_key_value_metadata(pair);
        }
        let Self {
            dataset,
            writer,
            path,
            target,
            rows,
            ..
        } = self;
        let file = writer
            .into_inner()
            .map_err(|cause| failed(&dataset.name, &target, cause))?;
        file.sync_all().map_err(Error::on("write", &target))?;
        let bytes = file
            .metadata()
            .map_err(Error::on("read the size of", &path))?
            .len();
        Ok(WholeFile {
            dataset,
            path,
            target,
            rows,
            bytes,
        })
    }
}

/// An error of the Parquet writer: the disk's, if there is one inside it, else the rows'.
pub(super) fn failed(dataset: &str, path: &Path, cause: ParquetError) -> Error {
    let cause = match cause {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(cause) => return Error::on("write", path)(*cause),
            Err(inner) => ParquetError::External(inner),
        },
        cause => cause,
    };
    Error::Table {
        dataset: dataset.to_owned(),
        path: path.to_owned(),
        cause,
    }
}

/// The columns that rows are sorted by, as far as the schema has them.
pub(super) fn sorting_columns(schema: &Schema, names: &[String]) -> Vec<SortingColumn> {
    names
        .iter()
        .filter_map(|name| schema.index_of(name).ok())
        .filter_map(|index| i32::try_from(index).ok())
        .map(|column_idx| SortingColumn {
            column_idx,
            descending: false,
            nulls_first: false,
        })
        .collect()
}

/// What the footer of a run's file says of the run.
fn footer(dataset: &Dataset, run: &RunIdentity, labels: &[(String, String)]) -> Vec<KeyValue> {
    let footer = [
        (DATASET_KEY, dataset.name.clone()),
        (RUN_ID_KEY, run.run_id.clone()),
        ("lanewatch.runner_name", run.runner_name.clone()),
        ("lanewatch.run_timestamp", run.run_timestamp.to_string()),
    ];
    let labels = labels
        .iter()
        .map(|(key, value)| KeyValue::new(format!("lanewatch.{key}"), value.clone()));
    let footer = footer
        .into_iter()
        .map(|(key, value)| KeyValue::new(key.to_owned(), value));
    footer.chain(labels).collect()
}

/// How the file of a table is written.
pub(super) fn properties(
    schema: &Schema,
    sorted: Vec<SortingColumn>,
    footer: Vec<KeyValue>,
    compression: Compression,
) -> WriterProperties {
    let mut properties = WriterProperties::builder();
    for field in schema.fields() {
        let column = ColumnPath::from(field.name().as_str());
        let role = field.metadata().get("role").map(String::as_str);
        let differences = match field.data_type() {
            DataType::Int64 if role == Some(Role::Counter.as_str()) => {
                Some(Encoding::DELTA_BINARY_PACKED)
            }
            DataType::Utf8 if ALL_DIFFERENT.contains(&field.name().as_str()) => {
                Some(Encoding::DELTA_BYTE_ARRAY)
            }
            _ => None,
        };
        if let Some(encoding) = differences {
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column.clone(), encoding);
        }
        // What a row is about is sorted, or nearly, so that pages can be told apart by it. Of readings every page has high and low ones.
        if ![Role::Label, Role::Time]
            .map(|role| Some(role.as_str()))
            .contains(&role)
        {
            properties = properties.set_column_statistics_enabled(column, EnabledStatistics::Chunk);
        }
    }
    properties
        .set_created_by(concat!("lanewatch ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(compression.of_parquet())
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(1024) // the row limit of a page is looked at after each batch
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns(Some(sorted))
        .set_key_value_metadata(Some(footer))
        .build()
}
