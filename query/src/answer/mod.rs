//! From batches of rows to what the user wanted: a table to read, or CSV, JSON lines or Parquet for a program.
//!
//! Rows pass through as they come; only the table to read is held, and it has an end. A file is complete or absent.

mod for_people;
pub(crate) mod lines;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use for_people::ForPeople;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Columns side by side, for people
    Table,
    /// With a header; what was not measured is empty
    Csv,
    /// An object a line; what was not measured has no key
    Json,
    /// As in the lake, with unit and meaning of each column
    Parquet,
}

impl Format {
    /// What a file's name asks for.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            "parquet" => Some(Self::Parquet),
            "txt" => Some(Self::Table),
            _ => None,
        }
    }
}

/// Where an answer goes: to standard output, or to a file that gets its name when it is complete.
enum Destination {
    Standard(BufWriter<io::Stdout>),
    File(BufWriter<NamedTempFile>, PathBuf),
}

impl Destination {
    fn open(output: Option<&Path>) -> Result<Self> {
        let Some(path) = output else {
            return Ok(Self::Standard(BufWriter::new(io::stdout())));
        };
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let staged = tempfile::Builder::new()
            .prefix(".lanewatch-query-")
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| {
                // The name of the temporary file means nothing to anybody.
                let why = error.to_string();
                let why = why.split(" at path ").next().unwrap_or_default();
                Error::Usage(format!("cannot write to {}: {why}", path.display()))
            })?;
        Ok(Self::File(BufWriter::new(staged), path.to_owned()))
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Standard(mut out) => out.flush().map_err(|error| cannot_write(&error)),
            Self::File(staged, path) => {
                let named = |error: io::Error| {
                    Error::Failed(format!("cannot write {}: {error}", path.display()))
                };
                let staged = staged
                    .into_inner()
                    .map_err(|error| named(error.into_error()))?;
                readable_by_others(staged.as_file()).map_err(named)?;
                staged.as_file().sync_all().map_err(named)?;
                staged.persist(&path).map_err(|error| named(error.error))?;
                Ok(())
            }
        }
    }
}

/// A temporary file is its owner's alone; an answer is an ordinary file.
fn readable_by_others(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::File(staged, _) => staged.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::File(staged, _) => staged.flush(),
        }
    }
}

/// Takes the rows of an answer.
pub(crate) struct Answer {
    writer: Writer,
    /// How many rows are still written; none: all.
    room: Option<usize>,
    written: usize,
    rows: usize,
}

enum Writer {
    Table(Box<ForPeople>, Destination),
    Csv(Box<arrow::csv::Writer<Destination>>),
    Json(arrow::json::LineDelimitedWriter<Destination>),
    Parquet(Box<ArrowWriter<Destination>>, SchemaRef),
}

impl Answer {
    /// Opens where the answer goes before the query runs: a folder that cannot be written to is better known now.
    pub(crate) fn begin(
        format: Format,
        output: Option<&Path>,
        schema: &Schema,
        limit: Option<usize>,
    ) -> Result<Self> {
        let to = Destination::open(output)?;
        let (writer, room) = match format {
            Format::Table => {
                let room = limit
                    .unwrap_or(for_people::MOST_ROWS)
                    .min(for_people::MOST_ROWS);
                (
                    Writer::Table(Box::new(ForPeople::new(schema)), to),
                    Some(room),
                )
            }
            Format::Csv => {
                let mut writer = arrow::csv::Writer::new(to);
                // The header of an answer without rows.
                writer
                    .write(&RecordBatch::new_empty(Arc::new(schema.clone())))
                    .map_err(|error| of_arrow(&error))?;
                (Writer::Csv(Box::new(writer)), limit)
            }
            Format::Json => (
                Writer::Json(arrow::json::LineDelimitedWriter::new(to)),
                limit,
            ),
            Format::Parquet => {
                let schema = as_stored(schema);
                let properties = WriterProperties::builder()
                    .set_created_by(
                        concat!("lanewatch-query ", env!("CARGO_PKG_VERSION")).to_owned(),
                    )
                    .set_compression(Compression::SNAPPY)
                    .build();
                let writer = ArrowWriter::try_new(to, Arc::clone(&schema), Some(properties));
                (
                    Writer::Parquet(
                        Box::new(writer.map_err(|error| of_parquet(&error))?),
                        schema,
                    ),
                    limit,
                )
            }
        };
        Ok(Self {
            writer,
            room,
            written: 0,
            rows: 0,
        })
    }

    /// Takes rows; those beyond the limit are counted only.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        let kept = self
            .room
            .map_or(batch.num_rows(), |room| room.min(batch.num_rows()));
        if let Some(room) = &mut self.room {
            *room -= kept;
        }
        self.written += kept;
        if kept == 0 {
            return Ok(());
        }
        let batch = batch.slice(0, kept);
        match &mut self.writer {
            Writer::Table(table, _) => table.add(&batch).map_err(|error| of_arrow(&error)),
            Writer::Csv(writer) => writer.write(&batch).map_err(|error| of_arrow(&error)),
            Writer::Json(writer) => writer.write(&batch).map_err(|error| of_arrow(&error)),
            Writer::Parquet(writer, schema) => {
                let columns = batch.columns().iter().zip(schema.fields());
                let columns = columns.map(|(column, field)| cast(column, field.data_type()));
                let columns: Result<Vec<ArrayRef>, _> = columns.collect();
                let batch =
                    columns.and_then(|columns| RecordBatch::try_new(Arc::clone(schema), columns));
                let batch = batch.map_err(|error| of_arrow(&error))?;
                writer.write(&batch).map_err(|error| of_parquet(&error))
            }
        }
    }

    /// Completes the answer. Says how many rows were written and how many there are beyond.
    pub(crate) fn finish(self) -> Result<(usize, usize)> {
        let Self {
            writer,
            written,
            rows,
            ..
        } = self;
        let to = match writer {
            Writer::Table(table, mut to) => {
                if table.has_columns() {
                    writeln!(to, "{}", table.render()).map_err(|error| cannot_write(&error))?;
                }
                to
            }
            Writer::Csv(writer) => writer.into_inner(),
            Writer::Json(mut writer) => {
                writer.finish().map_err(|error| of_arrow(&error))?;
                writer.into_inner()
            }
            Writer::Parquet(writer, _) => {
                writer.into_inner().map_err(|error| of_parquet(&error))?
            }
        };
        to.finish()?;
        Ok((written, rows - written))
    }
}

/// The columns as every engine reads them: texts as texts, not as views.
fn as_stored(schema: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8View => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8)),
        DataType::BinaryView => Arc::new(field.as_ref().clone().with_data_type(DataType::Binary)),
        _ => Arc::clone(field),
    };
    Arc::new(Schema::new(
        schema.fields().iter().map(field).collect::<Vec<_>>(),
    ))
}

fn of_arrow(error: &ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, cause) => cannot_write(cause),
        ArrowError::CsvError(message) if message.contains("Broken pipe") => Error::NobodyReads,
        other => Error::Failed(format!("the answer cannot be written: {other}")),
    }
}

fn of_parquet(error: &ParquetError) -> Error {
    if let ParquetError::External(cause) = error
        && let Some(cause) = cause.downcast_ref::<io::Error>()
    {
        return cannot_write(cause);
    }
    Error::Failed(format!("the answer cannot be written: {error}"))
}

fn cannot_write(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Error::NobodyReads,
        _ => Error::Failed(format!("the answer cannot be written: {error}")),
    }
}
