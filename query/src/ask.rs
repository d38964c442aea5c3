//! From the command line to the answer.

use std::io::Read as _;

use comfy_table::CellAlignment;

use crate::answer::{Answer, Format, lines};
use crate::arguments::Arguments;
use crate::catalogue::Named;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::lake::Days;
use crate::quantity::count;
use crate::statement::LONGEST;
use crate::{explain, printer};

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
    let engine = Engine::open(&arguments.lake, within, arguments.memory)?;
    if arguments.tables {
        printer::answer(&list(&engine.described().await?));
        return Ok(());
    }
    let plan = engine.plan(text).await?;
    if arguments.explain {
        let rows = engine.run(&plan, |_| Ok(())).await?;
        printer::answer(&explain::report(&engine.scans().all(), &plan, rows));
        return Ok(());
    }

    let format = arguments.format();
    let mut answer = Answer::begin(
        format,
        arguments.output.as_deref(),
        &plan.schema(),
        arguments.limit(),
    )?;
    engine.run(&plan, |batch| answer.add(batch)).await?;
    let (rows, beyond) = answer.finish()?;
    if beyond > 0 {
        printer::note(&more(beyond, format));
    } else if format == Format::Table && arguments.output.is_none() {
        let noun = if rows == 1 { "row" } else { "rows" };
        printer::note(&format!("{} {noun}", count(rows)));
    }
    Ok(())
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
