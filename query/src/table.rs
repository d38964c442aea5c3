//! A table of the lake, as DataFusion sees it.
//!
//! The three tables share each `hr=` folder, so that the listing that comes with DataFusion would take each other's files.
//! Here the folders are chosen first and then listed: a condition on `dt` and `hr` is settled before an hour is looked
//! into. What is left, row groups and pages, is skipped by the Parquet reader from the statistics in the files.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{
    DFSchema, DataFusionError, Result, ScalarValue, Statistics, project_schema,
};
use datafusion::datasource::file_format::FileFormat as _;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::listing::helpers::expr_applicable_for_cols;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::{TableSchema, TableSchemaBuilder};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use crate::explain::{Scan, Scans};
use crate::lake::{Hour, Lake};

/// The address under which DataFusion knows the lake.
pub(crate) const ADDRESS: &str = "lanewatch://lake/";

const PARTITION: [(&str, &str); 2] = [
    ("dt", "Day on which the run began, in UTC: 2026-02-03"),
    ("hr", "Hour in which the run began, in UTC: 00 to 23"),
];

/// A table of the lake.
#[derive(Debug)]
pub(crate) struct LakeTable {
    lake: Arc<Lake>,
    /// Its folder in each hour.
    folder: String,
    schema: TableSchema,
    scans: Arc<Scans>,
}

impl LakeTable {
    /// The table in the folders of this name, whose files have these columns or fewer.
    pub(crate) fn new(lake: Arc<Lake>, folder: &str, columns: &Schema, scans: Arc<Scans>) -> Self {
        let partition = PARTITION.map(|(name, meaning)| {
            let metadata = [("meaning", meaning), ("unit", ""), ("role", "label")];
            let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
            Arc::new(Field::new(name, DataType::Utf8, false).with_metadata(metadata.into()))
        });
        let schema = TableSchemaBuilder::new(as_read(columns))
            .with_table_partition_cols(partition.to_vec())
            .build();
        Self {
            lake,
            folder: folder.to_owned(),
            schema,
            scans,
        }
    }

    /// The files that a condition on day and hour leaves.
    async fn files(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<PartitionedFile>> {
        let days = self.lake.days().await.map_err(external)?;
        let of_day: Vec<Expr> = filters
            .iter()
            .filter(|filter| decided_by(filter, &["dt"]))
            .cloned()
            .collect();
        let all_days = days
            .iter()
            .map(|dt| Hour {
                dt: dt.clone(),
                hr: String::new(),
            })
            .collect();
        let wanted_days: Vec<Hour> = matching(state, &of_day, all_days)?;
        let (days_seen, days_read) = (days.len(), wanted_days.len());
        let hours = self
            .lake
            .hours(wanted_days.into_iter().map(|hour| hour.dt).collect());
        let hours = hours.await.map_err(external)?;
        let hours_seen = hours.len();
        let hours = matching(state, filters, hours)?;
        let hours_read = hours.len();
        let files = self
            .lake
            .files(&self.folder, hours)
            .await
            .map_err(external)?;
        self.scans.add(Scan {
            table: self.folder.replace('-', "_"),
            days: (days_read, days_seen),
            hours: (hours_read, hours_seen),
            files: files.len(),
            bytes: files.iter().map(|(_, file)| file.size).sum(),
        });
        let files = files.into_iter().map(|(hour, file)| {
            let mut file = PartitionedFile::from(file);
            file.partition_values = vec![ScalarValue::from(hour.dt), ScalarValue::from(hour.hr)];
            file
        });
        Ok(files.collect())
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let pushdown = |filter: &&Expr| {
            if decided_by(filter, &["dt", "hr"]) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(pushdown).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (of_partition, of_rows): (Vec<Expr>, Vec<Expr>) = filters
            .iter()
            .cloned()
            .partition(|filter| decided_by(filter, &["dt", "hr"]));
        let files = self.files(state, &of_partition).await?;
        if files.is_empty() {
            let schema = project_schema(&self.schema(), projection)?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        // The smaller side of a join is the one that is held in memory.
        let bytes = files.iter().map(|file| file.object_meta.size).sum::<u64>();
        let mut statistics = Statistics::new_unknown(&self.schema());
        statistics.total_byte_size =
            Precision::Inexact(usize::try_from(bytes).unwrap_or(usize::MAX));
        let format = ParquetFormat::default().with_options(state.default_table_options().parquet);
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let source = format.file_source(self.schema.clone());
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::parse(ADDRESS)?, source)
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            // A limit counts rows that pass; conditions on rows are checked above us.
            .with_limit(limit.filter(|_| of_rows.is_empty()))
            .build();
        format.create_physical_plan(state, config).await
    }
}

/// The columns as they are read: texts as views, which are neither copied nor limited to 2 GB a batch; and every one nullable,
/// because older files have fewer of them.
fn as_read(columns: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| {
        let data_type = match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            other => other.clone(),
        };
        field
            .as_ref()
            .clone()
            .with_data_type(data_type)
            .with_nullable(true)
    };
    Arc::new(Schema::new(
        columns.fields().iter().map(field).collect::<Vec<_>>(),
    ))
}

/// Whether these columns alone decide the condition.
fn decided_by(filter: &Expr, columns: &[&str]) -> bool {
    expr_applicable_for_cols(columns, filter)
}

/// Those of the partitions that all conditions leave. An hour that is not known yet is the empty text; no condition given here
/// then looks at it.
fn matching(state: &dyn Session, filters: &[Expr], partitions: Vec<Hour>) -> Result<Vec<Hour>> {
    let Some(filter) = conjunction(filters.iter().cloned()) else {
        return Ok(partitions);
    };
    if partitions.is_empty() {
        return Ok(partitions);
    }
    let fields = PARTITION.map(|(name, _)| Field::new(name, DataType::Utf8, false));
    let schema = Arc::new(Schema::new(fields.to_vec()));
    let condition =
        state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?)?;
    let texts = |text: fn(&Hour) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(partitions.iter().map(text)))
    };
    let batch = RecordBatch::try_new(schema, vec![texts(|hour| &hour.dt), texts(|hour| &hour.hr)])?;
    let decided = condition.evaluate(&batch)?.into_array(batch.num_rows())?;
    let decided = decided.as_boolean_opt().ok_or_else(|| {
        DataFusionError::Plan("a condition on `dt` and `hr` must be true or false".to_owned())
    })?;
    let kept = partitions.into_iter().zip(decided.iter());
    Ok(kept
        .filter(|(_, keep)| *keep == Some(true))
        .map(|(hour, _)| hour)
        .collect())
}

fn external(error: crate::error::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
