//! From the command line to the answer.

use std::io::Read as _;
use std::sync::Arc;

use comfy_table::CellAlignment;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use futures::StreamExt as _;

use crate::answer::{Answer, Format, lines};
use crate::arguments::Arguments;
use crate::catalogue::{self, Named, Wanted};
use crate::error::{Error, Result};
use crate::explain::{self, Scans};
use crate::lake::{Days, Lake};
use crate::quantity::count;
use crate::statement::{self, LONGEST};
use crate::{printer, refusal, session};

/// The statement's text, from wherever it comes.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn statement(arguments: &Arguments) -> Result<String> {
    // One byte more than is taken, so that too long a file is told from one that just fits.
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    let (read, from) = match (&arguments.file, arguments.statement.as_deref()) {
        (Some(path), _) => {
            let file = std::fs::File::open(path);
            (
                file.and_then(|file| file.take(most).read_to_string(&mut text)),
                path.display().to_string(),
            )
        }
        (None, Some("-")) => (
            std::io::stdin().take(most).read_to_string(&mut text),
            "standard input".to_owned(),
        ),
        (None, given) => return Ok(given.unwrap_or_default().to_owned()),
    };
    read.map_err(|error| Error::Usage(format!("cannot read the statement from {from}: {error}")))?;
    Ok(text)
}

/// Answers.
///
/// # Errors
///
/// Why there is no answer; a file that was asked for is then absent.
pub(crate) async fn answer(arguments: &Arguments, text: &str) -> Result<()> {
    let within = Days {
        since: arguments.since.clone(),
        until: arguments.until.clone(),
    };
    let lake = Arc::new(Lake::open(&arguments.lake, within)?);
    let scans = Arc::new(Scans::default());
    let context = session::context(&lake, arguments.memory)?;
    catalogue::register(&context, &lake, &scans, text).await?;
    if arguments.tables {
        catalogue::register_views(&context, &lake, |_| true).await?;
        catalogue::register_custom(&context, &lake, &scans, Wanted::All(Vec::new())).await?;
        printer::answer(&list(&catalogue::described(&context).await?));
        return Ok(());
    }

    let question = statement::read(&context, text)?;
    let unknown = |context: &SessionContext| -> Vec<String> {
        let known = catalogue::names(context);
        question
            .tables
            .iter()
            .filter(|table| !known.contains(table))
            .cloned()
            .collect()
    };
    let not_ours = unknown(&context);
    if question.is_about_tables {
        catalogue::register_views(&context, &lake, |_| true).await?;
        catalogue::register_custom(&context, &lake, &scans, Wanted::All(Vec::new())).await?;
    } else if !not_ours.is_empty() {
        catalogue::register_custom(&context, &lake, &scans, Wanted::Names(not_ours)).await?;
    }
    if let Some(name) = unknown(&context).first() {
        // What was meant may be a table of a mapping; where they cannot be listed there is one hint less.
        catalogue::register_views(&context, &lake, |_| true).await?;
        let all = Wanted::All(Vec::new());
        catalogue::register_custom(&context, &lake, &scans, all)
            .await
            .ok();
        return Err(refusal::unknown_table(
            text,
            name,
            &catalogue::names(&context),
        ));
    }
    let plan = question.plan(&context, text).await?;
    let state = context.state();
    let planned = state.create_physical_plan(&plan).await;
    let plan = planned.map_err(|error| refusal::of_statement(text, &error))?;
    if arguments.explain {
        let rows = run(&context, &plan, arguments, |_| Ok(())).await?;
        printer::answer(&explain::report(&scans.all(), &plan, rows));
        return Ok(());
    }

    let format = arguments.format();
    let mut answer = Answer::begin(
        format,
        arguments.output.as_deref(),
        &plan.schema(),
        arguments.limit(),
    )?;
    run(&context, &plan, arguments, |batch| answer.add(batch)).await?;
    let (rows, beyond) = answer.finish()?;
    if beyond > 0 {
        printer::note(&more(beyond, format));
    } else if format == Format::Table && arguments.output.is_none() {
        let noun = if rows == 1 { "row" } else { "rows" };
        printer::note(&format!("{} {noun}", count(rows)));
    }
    Ok(())
}

/// Runs the plan, gives each batch to `take` and says how many rows there were.
async fn run(
    context: &SessionContext,
    plan: &Arc<dyn ExecutionPlan>,
    arguments: &Arguments,
    mut take: impl FnMut(&arrow::record_batch::RecordBatch) -> Result<()>,
) -> Result<usize> {
    let failed = |error| refusal::of_execution(&error, arguments.memory);
    let mut batches = execute_stream(Arc::clone(plan), context.task_ctx()).map_err(failed)?;
    let mut rows = 0;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(failed)?;
        rows += batch.num_rows();
        take(&batch)?;
    }
    Ok(rows)
}

fn more(beyond: usize, format: Format) -> String {
    let hint = match format {
        Format::Table => "--limit 0 shows all, --format csv suits many",
        _ => "--limit says how many are written",
    };
    format!("… {} more rows; {hint}", count(beyond))
}

/// What can be asked, for people.
fn list(named: &[Named]) -> String {
    let one = |named: &Named| {
        let rows = named.columns.iter().map(|column| {
            let type_and_unit = match column.unit.as_str() {
                "" => column.data_type.clone(),
                unit => format!("{} [{unit}]", column.data_type),
            };
            vec![
                format!("  {}", column.name),
                type_and_unit,
                column.meaning.clone(),
            ]
        });
        let table = lines::table(
            &["  Column", "Type [unit]", "Meaning"],
            &[CellAlignment::Left; 3],
            rows,
        );
        format!("{}: {}\n\n{table}\n", named.name, named.meaning)
    };
    named.iter().map(one).collect::<Vec<_>>().join("\n")
}
