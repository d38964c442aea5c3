//! The reorder buffer: rows of devices that answered before a device whose name sorts first. It holds them in memory up to a bound
//! and spills the rest to the run's staging folder.
//!
//! One slow device at the head of the alphabet must not make a run of thousands hold the fleet in memory. A spill is a file of Arrow
//! streams, read back when its device is next and then removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use records::table::{Dataset, Table};

use super::staging::Staging;
use crate::{Error, Result};

/// The rows of devices that are not yet next.
#[derive(Debug)]
pub(super) struct ReorderBuffer {
    /// Bytes of rows that may be in memory.
    limit_bytes: usize,
    held_bytes: usize,
    devices: BTreeMap<String, Waiting>,
    spills: usize,
}

#[derive(Debug)]
enum Waiting {
    InMemory(Vec<Table>, usize),
    OnDisk(PathBuf, Vec<Arc<Dataset>>),
}

impl ReorderBuffer {
    pub(super) fn with_limit(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            held_bytes: 0,
            devices: BTreeMap::new(),
            spills: 0,
        }
    }

    pub(super) fn contains(&self, device: &str) -> bool {
        self.devices.contains_key(device)
    }

    pub(super) fn names(&self) -> BTreeSet<String> {
        self.devices.keys().cloned().collect()
    }

    /// Keeps the rows of a device until they are taken.
    pub(super) fn put(
        &mut self,
        device: &str,
        tables: Vec<Table>,
        staging: &Staging,
    ) -> Result<()> {
        let bytes = tables
            .iter()
            .map(|table| table.batch.get_array_memory_size())
            .sum();
        let waiting = if self.held_bytes + bytes <= self.limit_bytes {
            self.held_bytes += bytes;
            Waiting::InMemory(tables, bytes)
        } else {
            let path = staging.path(&format!("spill_{}", self.spills));
            self.spills += 1;
            tracing::debug!(
                device,
                bytes,
                "rows that wait for a slower device are spilled to the disk"
            );
            write(&path, &tables).map_err(|error| failed("write", &path, error))?;
            Waiting::OnDisk(
                path,
                tables.into_iter().map(|table| table.dataset).collect(),
            )
        };
        self.devices.insert(device.to_owned(), waiting);
        Ok(())
    }

    /// The rows of a device, if they are here.
    pub(super) fn take(&mut self, device: &str) -> Result<Option<Vec<Table>>> {
        match self.devices.remove(device) {
            None => Ok(None),
            Some(Waiting::InMemory(tables, bytes)) => {
                self.held_bytes -= bytes;
                Ok(Some(tables))
            }
            Some(Waiting::OnDisk(path, datasets)) => {
                let tables = read(&path, datasets).map_err(|error| failed("read", &path, error))?;
                fs::remove_file(&path).map_err(Error::on("remove", &path))?;
                Ok(Some(tables))
            }
        }
    }
}

/// The tables one after the other, each a stream of its own.
fn write(path: &Path, tables: &[Table]) -> std::result::Result<(), ArrowError> {
    let mut file = BufWriter::new(File::create(path)?);
    for table in tables {
        let mut stream = StreamWriter::try_new(&mut file, &table.batch.schema())?;
        stream.write(&table.batch)?;
        stream.finish()?;
    }
    file.flush()?;
    Ok(())
}

fn read(path: &Path, datasets: Vec<Arc<Dataset>>) -> std::result::Result<Vec<Table>, ArrowError> {
    let mut file = BufReader::new(File::open(path)?);
    let mut tables = Vec::with_capacity(datasets.len());
    for dataset in datasets {
        let stream = StreamReader::try_new(&mut file, None)?;
        for batch in stream {
            // The dataset's own schema: the writer compares it with its own, and that one is cheap to compare.
            let batch = RecordBatch::try_new(dataset.schema(), batch?.columns().to_vec())?;
            tables.push(Table {
                dataset: Arc::clone(&dataset),
                batch,
            });
        }
    }
    Ok(tables)
}

fn failed(action: &'static str, path: &Path, error: ArrowError) -> Error {
    let cause = match error {
        ArrowError::IoError(_, cause) => cause,
        error => std::io::Error::other(error),
    };
    Error::on(action, path)(cause)
}
