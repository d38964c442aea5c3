//! A Parquet file that takes rows of other files: whole row groups as they stand, byte for byte, wherever the columns are the same.
//!
//! Where a source has other columns, because it is older, its rows are read and encoded anew, and what it lacks is null. A row group never
//! holds rows of two sources.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{RecordBatch, new_null_array};
use arrow_schema::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{
    KeyValue, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, SortingColumn,
};
use parquet::file::writer::SerializedFileWriter;

use super::check::Damage;
use super::file::{self, Compression};
use super::row_group::RowGroup;
use crate::{Error, Result};

/// Rows that are read at once where they are encoded anew.
const ROWS_AT_ONCE: usize = 16 * 1024;

/// A file whose rows are taken.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    reader: ArrowReaderMetadata,
}

impl Source {
    /// Reads the footer.
    pub(super) fn open(path: PathBuf) -> std::result::Result<Self, Damage> {
        let read = File::open(&path).map_err(ParquetError::from);
        let read =
            read.and_then(|file| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()));
        match read {
            Ok(reader) => Ok(Self { path, reader }),
            Err(error) => Err(Damage(format!("it cannot be read: {error}"))),
        }
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }

    /// The names of the columns that the rows of each row group are sorted by.
    fn sort_columns(&self) -> Vec<&str> {
        let groups = self.metadata().row_groups();
        let sorted = groups.first().and_then(|group| group.sorting_columns());
        let fields = self.reader.schema().fields();
        let names = sorted.into_iter().flatten().map_while(|column| {
            let is_ascending = !column.descending && !column.nulls_first;
            let at = usize::try_from(column.column_idx).ok()?;
            let field = fields.get(at).filter(|_| is_ascending)?;
            Some(field.name().as_str())
        });
        names.collect()
    }
}

/// The columns of the file that the rows of all sources fit into. A schema only grows: those of the source with the most, and the latter one
/// of two.
///
/// # Errors
///
/// Which source does not fit, and why.
pub(super) fn common_schema(
    sources: &[Source],
) -> std::result::Result<SchemaRef, (PathBuf, Damage)> {
    let fields = |source: &Source| source.reader.schema().fields().clone();
    let Some(widest) = sources.iter().max_by_key(|source| fields(source).len()) else {
        return Ok(Arc::new(Schema::empty()));
    };
    let mut nullable = BTreeSet::new();
    for source in sources {
        let columns = fields(source);
        for field in fields(widest).iter() {
            let there = columns.iter().find(|there| there.name() == field.name());
            if there.is_none_or(|there| there.is_nullable()) {
                nullable.insert(field.name().clone());
            }
        }
        for field in columns.iter() {
            let why = match widest.reader.schema().field_with_name(field.name()) {
                Ok(there) if there.data_type() == field.data_type() => continue,
                Ok(there) => format!(
                    "its column {} is {}, and that of {} is {}",
                    field.name(),
                    field.data_type(),
                    widest.path.display(),
                    there.data_type()
                ),
                Err(_) => format!(
                    "it has a column {}, and {}, which has more columns, lacks it",
                    field.name(),
                    widest.path.display()
                ),
            };
            return Err((source.path.clone(), Damage(why)));
        }
    }
    let columns = fields(widest);
    let columns = columns.iter().map(|field| {
        let is_nullable = nullable.contains(field.name());
        field.as_ref().clone().with_nullable(is_nullable)
    });
    Ok(Arc::new(Schema::new(columns.collect::<Vec<Field>>())))
}

/// What all sources say that each of their row groups is sorted by.
pub(super) fn common_order(sources: &[Source], schema: &Schema) -> Vec<SortingColumn> {
    let mut orders = sources.iter().map(Source::sort_columns);
    let Some(first) = orders.next() else {
        return Vec::new();
    };
    if orders.any(|order| order != first) {
        return Vec::new();
    }
    let names: Vec<_> = first.into_iter().map(str::to_owned).collect();
    file::sorting_columns(schema, &names)
}

/// The growing file.
pub(super) struct MergingFile {
    path: PathBuf,
    table: String,
    schema: SchemaRef,
    writer: SerializedFileWriter<File>,
    columns: ArrowRowGroupWriterFactory,
}

impl MergingFile {
    pub(super) fn create(
        path: PathBuf,
        table: &str,
        schema: SchemaRef,
        order: Vec<SortingColumn>,
        compression: Compression,
    ) -> Result<Self> {
        let opened = File::create(&path).map_err(Error::on("create", &path))?;
        let of_table = KeyValue::new(file::DATASET_KEY.to_owned(), table.to_owned());
        let properties = file::properties(&schema, order, vec![of_table], compression);
        let writer = ArrowWriter::try_new(opened, Arc::clone(&schema), Some(properties));
        let (writer, columns) = writer
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(|cause| file::failed(table, &path, cause))?;
        Ok(Self {
            table: table.to_owned(),
            path,
            schema,
            writer,
            columns,
        })
    }

    /// Takes row groups of a source. Returns how many row groups of this file hold them.
    pub(super) fn take(&mut self, source: &Source, groups: Range<usize>) -> Result<usize> {
        let before = self.writer.flushed_row_groups().len();
        let has_same_columns = {
            let there = source.metadata().file_metadata().schema_descr();
            there.columns() == self.writer.schema_descr().columns()
        };
        let taken = match has_same_columns {
            true => self.copy(source, groups),
            false => self.encode(source, groups),
        };
        taken.map_err(|cause| file::failed(&self.table, &source.path, cause))?;
        Ok(self.writer.flushed_row_groups().len() - before)
    }

    /// Copies them byte for byte, with what their indexes say of their pages.
    fn copy(&mut self, source: &Source, groups: Range<usize>) -> ParquetResult<()> {
        let file = File::open(&source.path)?;
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .parse_and_finish(&file)?;
        for at in groups {
            let Some(group) = metadata.row_groups().get(at) else {
                return Err(ParquetError::General(format!("row group {at} is gone")));
            };
            let column_indexes = metadata.column_index().and_then(|groups| groups.get(at));
            let offset_indexes = metadata.offset_index().and_then(|groups| groups.get(at));
            let mut written = self.writer.next_row_group()?;
            for (number, column) in group.columns().iter().enumerate() {
                let closed = ColumnCloseResult {
                    bytes_written: u64::try_from(column.compressed_size()).unwrap_or(0),
                    rows_written: u64::try_from(group.num_rows()).unwrap_or(0),
                    metadata: column.clone(),
                    bloom_filter: Sbbf::read_from_column_chunk(column, &file)?,
                    column_index: column_indexes
                        .and_then(|columns| columns.get(number))
                        .cloned(),
                    offset_index: offset_indexes
                        .and_then(|columns| columns.get(number))
                        .cloned(),
                };
                written.append_column(&file, closed)?;
            }
            written.close()?;
        }
        Ok(())
    }

    /// Reads their rows and writes them with the columns of this file.
    fn encode(&mut self, source: &Source, groups: Range<usize>) -> ParquetResult<()> {
        let file = File::open(&source.path)?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)?
            .with_row_groups(groups.collect())
            .with_batch_size(ROWS_AT_ONCE)
            .build()?;
        let mut group: Option<RowGroup> = None;
        for batch in reader {
            let batch = self.fitted(&batch?)?;
            let mut growing = match group.take() {
                Some(group) => group,
                None => {
                    let number = self.writer.flushed_row_groups().len();
                    let columns = self.columns.create_column_writers(number)?;
                    RowGroup::new(Arc::clone(&self.schema), columns)
                }
            };
            growing.push(batch)?;
            match growing.rows() + ROWS_AT_ONCE > file::ROW_GROUP_ROWS {
                true => self.end_group(growing)?,
                false => group = Some(growing),
            }
        }
        group.map_or(Ok(()), |group| self.end_group(group))
    }

    fn fitted(&self, batch: &RecordBatch) -> ParquetResult<RecordBatch> {
        let columns = self.schema.fields().iter().map(|field| {
            let there = batch.column_by_name(field.name()).map(Arc::clone);
            there.unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()))
        });
        let fitted = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect());
        fitted.map_err(ParquetError::from)
    }

    fn end_group(&mut self, group: RowGroup) -> ParquetResult<()> {
        let chunks = group.close()?;
        let mut written = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut written)?;
        }
        written.close().map(drop)
    }

    /// Writes the footer and syncs. Returns the size in bytes.
    pub(super) fn complete(mut self, pairs: Vec<KeyValue>) -> Result<u64> {
        for pair in pairs {
            self.writer.append_key_value_metadata(pair);
        }
        let (path, table) = (self.path, self.table);
        let file = self
            .writer
            .into_inner()
            .map_err(|cause| file::failed(&table, &path, cause))?;
        file.sync_all().map_err(Error::on("write", &path))?;
        let metadata = file
            .metadata()
            .map_err(Error::on("read the size of", &path))?;
        Ok(metadata.len())
    }
}
