//! From text to a plan that only reads.

use datafusion::config::Dialect;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;

use crate::datafusion_error;
use crate::error::{Error, Result};
use crate::place::Place;

/// The longest statement that is read: the planner works through it by recursion, and a long chain of conditions is as deep as
/// it is long.
pub(crate) const LONGEST: usize = 16 * 1024;

/// A statement that asks and changes nothing.
#[derive(Debug)]
pub(crate) struct Question {
    statement: Statement,
    /// The tables that it names, that are not its own.
    pub(crate) tables: Vec<String>,
    /// Whether it asks which tables there are.
    pub(crate) is_about_tables: bool,
}

/// Reads a statement.
///
/// # Errors
///
/// If it is none, too long, or one that would change something.
pub(crate) fn read(context: &SessionContext, text: &str) -> Result<Question> {
    let wrong = |message: String| Error::Statement {
        message,
        place: None,
    };
    if text.trim().is_empty() {
        return Err(wrong(
            "the statement is empty: expected SQL such as `SELECT * FROM lane_latest LIMIT 10`"
                .to_owned(),
        ));
    }
    if text.len() > LONGEST {
        let found = text.len();
        return Err(wrong(format!(
            "the statement is too long: {found} bytes; at most {LONGEST} are read"
        )));
    }
    let state = context.state();
    let parsed = state.sql_to_statement(text, &Dialect::Generic);
    let statement = parsed.map_err(|error| datafusion_error::of_statement(text, &error))?;
    if let Some(verb) = other_than_asking(&statement) {
        return Err(Error::Statement {
            message: format!(
                "`{verb}` is not taken: the lake is only read, with SELECT, EXPLAIN, SHOW and DESCRIBE"
            ),
            place: Place::of_word(text, &verb),
        });
    }
    let references = state.resolve_table_references(&statement);
    let references = references.map_err(|error| datafusion_error::of_statement(text, &error))?;
    let is_about_tables = references
        .iter()
        .any(|table| table.schema() == Some("information_schema"));
    let functions = state.table_functions();
    let tables = references
        .iter()
        .filter(|table| !functions.contains_key(table.table()))
        .filter(|table| table.schema().is_none_or(|schema| schema == "public"))
        .map(|table| table.table().to_owned());
    Ok(Question {
        tables: tables.collect(),
        is_about_tables,
        statement,
    })
}

impl Question {
    /// The plan.
    pub(crate) async fn plan(self, context: &SessionContext, text: &str) -> Result<LogicalPlan> {
        let planned = context.state().statement_to_plan(self.statement).await;
        let plan = planned.map_err(|error| datafusion_error::of_statement(text, &error))?;
        let reading_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        reading_only
            .verify_plan(&plan)
            .map_err(|_| Error::Statement {
                message: "the lake is only read: the statement would change something".to_owned(),
                place: None,
            })?;
        Ok(plan)
    }
}

/// The verb of a statement that does something else than asking.
fn other_than_asking(statement: &Statement) -> Option<String> {
    let asks = match statement {
        Statement::Statement(statement) => matches!(
            **statement,
            Sql::Query(_)
                | Sql::Explain { .. }
                | Sql::ExplainTable { .. }
                | Sql::ShowTables { .. }
                | Sql::ShowColumns { .. }
                | Sql::ShowFunctions { .. }
        ),
        Statement::Explain(explained) => return other_than_asking(&explained.statement),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => false,
    };
    let said = statement.to_string();
    let verb = said.split_whitespace().next().unwrap_or_default();
    (!asks).then(|| verb.to_owned())
}
