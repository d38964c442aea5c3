//! One row group in the making.
//!
//! Rows wait until there are some thousands of them; then column after column is encoded, by as many threads as there are processors. A
//! column's dictionary is then in the processor's cache for all of those rows: encoding device by device would fetch each dictionary anew
//! every few hundred values, and takes three times as long.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::errors::{ParquetError, Result};

/// Rows that wait before their columns are encoded: about a page of each.
const WAITING_ROWS: usize = 16 * 1024;
/// Below so many rows a thread costs more than it saves.
const ROWS_FOR_THREADS: usize = 2 * 1024;
/// More threads than this only wait for each other.
const MAX_THREADS: usize = 4;

/// A row group that grows.
pub(super) struct RowGroup {
    schema: SchemaRef,
    columns: Vec<ArrowColumnWriter>,
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    rows: usize,
}

impl RowGroup {
    pub(super) fn new(schema: SchemaRef, columns: Vec<ArrowColumnWriter>) -> Self {
        Self {
            schema,
            columns,
            waiting: Vec::new(),
            waiting_rows: 0,
            rows: 0,
        }
    }

    /// Rows in it, those that wait among them.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<()> {
        // Nearly always it is the same object; to compare a hundred columns with all that is said of them takes as long as to encode some.
        let is_same = Arc::ptr_eq(batch.schema_ref(), &self.schema);
        if !is_same && batch.schema_ref().fields() != self.schema.fields() {
            return Err(ParquetError::General(
                "the rows have other columns than the file".to_owned(),
            ));
        }
        self.rows += batch.num_rows();
        self.waiting_rows += batch.num_rows();
        self.waiting.push(batch);
        if self.waiting_rows >= WAITING_ROWS {
            self.encode()?;
        }
        Ok(())
    }

    /// The encoded columns, in their order.
    pub(super) fn close(mut self) -> Result<Vec<ArrowColumnChunk>> {
        self.encode()?;
        self.columns
            .into_iter()
            .map(ArrowColumnWriter::close)
            .collect()
    }

    fn encode(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let rows = std::mem::take(&mut self.waiting_rows);
        let fields = self.schema.fields().iter();
        let columns = self.columns.iter_mut().zip(fields).enumerate();
        let columns = Mutex::new(columns);
        // Whoever is free takes the next column.
        let work = || -> Result<()> {
            loop {
                let next = columns
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .next();
                let Some((at, (writer, field))) = next else {
                    return Ok(());
                };
                for batch in &waiting {
                    for leaf in compute_leaves(field, batch.column(at))? {
                        writer.write(&leaf)?;
                    }
                }
            }
        };
        let threads = match thread::available_parallelism() {
            Ok(processors) if rows >= ROWS_FOR_THREADS => processors.get().min(MAX_THREADS),
            _ => 1,
        };
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                done = done.and(match other.join() {
                    Ok(done) => done,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
            }
            done
        })
    }
}
