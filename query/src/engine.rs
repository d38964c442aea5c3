//! A lake that is open for questions. The program asks one and ends; the benchmark asks again and again.

use std::fmt;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use futures::StreamExt as _;

use crate::catalogue::{self, Named, Wanted};
use crate::error::Result;
use crate::explain::Scans;
use crate::lake::{Days, Lake};
use crate::{datafusion_error, session, statement};

/// A lake and the session that reads it.
pub struct Engine {
    lake: Arc<Lake>,
    scans: Arc<Scans>,
    context: SessionContext,
    memory: usize,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("lake", &self.lake)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the lake in a folder or at `s3://bucket/prefix`, of which only these days are looked at; queries hold at most
    /// `memory` bytes of intermediate results. Nothing is read yet.
    ///
    /// # Errors
    ///
    /// If there is no such lake.
    pub fn open(lake: &str, within: Days, memory: usize) -> Result<Self> {
        let lake = Arc::new(Lake::open(lake, within)?);
        let scans = Arc::new(Scans::default());
        let context = session::context(&lake, memory)?;
        catalogue::register(&context, &lake, &scans)?;
        Ok(Self {
            lake,
            scans,
            context,
            memory,
        })
    }

    /// The rows that answer a statement, all in memory.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn answer(&self, text: &str) -> Result<Vec<RecordBatch>> {
        let plan = self.plan(text).await?;
        let mut batches = Vec::new();
        let keep = |batch: &RecordBatch| {
            batches.push(batch.clone());
            Ok(())
        };
        self.run(&plan, keep).await?;
        Ok(batches)
    }

    /// The looks at tables so far.
    pub(crate) fn scans(&self) -> &Scans {
        &self.scans
    }

    /// All that can be asked.
    pub(crate) async fn described(&self) -> Result<Vec<Named>> {
        self.register_all().await?;
        catalogue::described(&self.context).await
    }

    /// How a statement will be answered.
    pub(crate) async fn plan(&self, text: &str) -> Result<Arc<dyn ExecutionPlan>> {
        let context = &self.context;
        catalogue::register_views_in(context, &self.lake, text).await?;
        let question = statement::read(context, text)?;
        let unknown = || -> Vec<String> {
            let known = catalogue::names(context);
            question
                .tables
                .iter()
                .filter(|table| !known.contains(table))
                .cloned()
                .collect()
        };
        let not_ours = unknown();
        if question.is_about_tables {
            self.register_all().await?;
        } else if !not_ours.is_empty() {
            self.register_custom(Wanted::Names(not_ours)).await?;
        }
        if let Some(name) = unknown().first() {
            // What was meant may be a table of a mapping; where they cannot be listed there is one hint less.
            catalogue::register_views(context, &self.lake, |_| true).await?;
            self.register_custom(self.all_others()).await.ok();
            return Err(datafusion_error::unknown_table(
                text,
                name,
                &catalogue::names(context),
            ));
        }
        let plan = question.plan(context, text).await?;
        let planned = context.state().create_physical_plan(&plan).await;
        planned.map_err(|error| datafusion_error::of_statement(text, &error))
    }

    /// Runs the plan, gives each batch to `take` and says how many rows there were.
    pub(crate) async fn run(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        mut take: impl FnMut(&RecordBatch) -> Result<()>,
    ) -> Result<usize> {
        let failed = |error| datafusion_error::of_execution(&error, self.memory);
        let batches = execute_stream(Arc::clone(plan), self.context.task_ctx());
        let mut batches = batches.map_err(failed)?;
        let mut rows = 0;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(failed)?;
            rows += batch.num_rows();
            take(&batch)?;
        }
        Ok(rows)
    }

    async fn register_all(&self) -> Result<()> {
        catalogue::register_views(&self.context, &self.lake, |_| true).await?;
        self.register_custom(self.all_others()).await
    }

    /// The tables of mappings that are not known yet.
    fn all_others(&self) -> Wanted {
        Wanted::All(catalogue::names(&self.context))
    }

    async fn register_custom(&self, wanted: Wanted) -> Result<()> {
        catalogue::register_custom(&self.context, &self.lake, &self.scans, wanted).await
    }
}
