//! Which table a file of the lake belongs to, and which columns that table has.
//!
//! The built-in tables and those of a catalogue's mappings are given. A lake may hold more: tables of mappings that are not at hand.
//! Of those the files themselves are asked, newest first: a schema only grows, so that the newest has all columns in order.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use records::table::Dataset;

use super::layout;
use super::local::LocalFile;

/// The tables of a lake.
#[derive(Debug)]
pub struct Tables(Vec<Arc<Dataset>>);

impl Tables {
    /// The tables that are given, in their order, and those that only the files tell of, by name. A file that cannot be read tells
    /// nothing.
    pub fn of(
        lake: &Path,
        files: &[LocalFile],
        given: impl IntoIterator<Item = Arc<Dataset>>,
    ) -> Self {
        let mut tables: Vec<_> = given.into_iter().collect();
        let mut found: BTreeMap<&str, Vec<Field>> = BTreeMap::new();
        for file in files.iter().rev() {
            let Some(name) = layout::table_of(&file.path).filter(|name| is_name(name)) else {
                continue;
            };
            if tables.iter().any(|table| table.name == name) {
                continue;
            }
            let Some(schema) = schema_of(&file.on_disk(lake)) else {
                continue;
            };
            let columns = found.entry(name).or_default();
            for field in schema.fields() {
                if columns.iter().all(|known| known.name() != field.name()) {
                    // Older files may lack it.
                    columns.push(field.as_ref().clone().with_nullable(true));
                }
            }
        }
        let found = found.into_iter();
        tables.extend(found.map(|(name, columns)| Arc::new(Dataset::found(name, columns))));
        Self(tables)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Dataset> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The columns that a file should have: those of its table, less what its path says. None for what belongs to no table.
    pub fn columns_of(&self, file: &LocalFile) -> Option<SchemaRef> {
        let name = layout::table_of(&file.path)?;
        let schema = self.0.iter().find(|table| table.name == name)?.schema();
        let keys: Vec<_> = file
            .path
            .split('/')
            .filter_map(|part| Some(part.split_once('=')?.0))
            .collect();
        let columns = schema.fields().iter();
        let columns = columns.filter(|field| !keys.contains(&field.name().as_str()));
        Some(Arc::new(Schema::new(columns.cloned().collect::<Vec<_>>())))
    }
}

fn schema_of(path: &Path) -> Option<SchemaRef> {
    let file = File::open(path).ok()?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).ok()?;
    Some(Arc::clone(metadata.schema()))
}

/// Whether a folder's name can be a table's: mappings have no others.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
