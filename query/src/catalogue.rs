//! Which tables and views can be asked, with their columns; and where a name that is none of them may have come from.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use datafusion::datasource::file_format::FileFormat as _;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::prelude::SessionContext;
use records::tables::DATASETS;

use crate::datafusion_error;
use crate::error::{Error, Result};
use crate::explain::Scans;
use crate::lake::{Lake, root_cause};
use crate::table::LakeTable;
use crate::views::{FIRST_NEWEST_DAY, NEWEST_DAYS, VIEWS, View};

/// What a name in a statement may stand for.
#[derive(Debug)]
pub(crate) struct Named {
    /// In SQL: `lane_dom`.
    pub(crate) name: String,
    /// A sentence.
    pub(crate) meaning: String,
    pub(crate) columns: Vec<Described>,
}

/// A column for people.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) data_type: String,
    pub(crate) unit: String,
    pub(crate) meaning: String,
}

/// Makes the tables of our own known to a session.
pub(crate) fn register(
    context: &SessionContext,
    lake: &Arc<Lake>,
    scans: &Arc<Scans>,
) -> Result<()> {
    let mut datasets = DATASETS.iter();
    datasets.try_for_each(|dataset| {
        register_table(context, lake, scans, &dataset.name, &dataset.schema())
    })
}

/// Makes those views known that a text names: planning all of them takes longer than many an answer.
pub(crate) async fn register_views_in(
    context: &SessionContext,
    lake: &Arc<Lake>,
    text: &str,
) -> Result<()> {
    let text = text.to_lowercase();
    let named: Vec<_> = VIEWS
        .iter()
        .filter(|view| text.contains(view.name))
        .collect();
    let is_needed = |view: &View| {
        let by_another = named.iter().any(|other| other.sql.contains(view.name));
        by_another || text.contains(view.name)
    };
    register_views(context, lake, is_needed).await
}

/// Makes views known, as far as they are not yet. A view stands behind those that it is made of.
pub(crate) async fn register_views(
    context: &SessionContext,
    lake: &Arc<Lake>,
    is_wanted: impl Fn(&View) -> bool,
) -> Result<()> {
    let known = names(context);
    let is_new = |view: &&View| is_wanted(view) && known.iter().all(|name| name != view.name);
    let new: Vec<&View> = VIEWS.iter().filter(is_new).collect();
    if new.is_empty() {
        return Ok(());
    }
    let days = lake.days().await?;
    let newest = days.iter().rev().take(NEWEST_DAYS).next_back();
    let first_newest_day = newest.map_or("", String::as_str);
    for view in new {
        let sql = view.sql.replace(FIRST_NEWEST_DAY, first_newest_day);
        let plan = context
            .sql(&sql)
            .await
            .map_err(|error| datafusion_error::of_ours(view.name, &error))?;
        let registered = context.register_table(view.name, plan.into_view());
        registered.map_err(|error| datafusion_error::of_ours(view.name, &error))?;
    }
    Ok(())
}

/// Looks for tables of mappings that have these names and makes them known. The newest day is looked into first, for there a
/// table has all the columns that it ever had. Names of nothing stay unknown.
pub(crate) async fn register_custom(
    context: &SessionContext,
    lake: &Arc<Lake>,
    scans: &Arc<Scans>,
    mut wanted: Wanted,
) -> Result<()> {
    for day in lake.days().await?.iter().rev() {
        for hour in lake.hours(vec![day.clone()]).await?.into_iter().rev() {
            for folder in lake.tables(&hour).await? {
                if !wanted.take(&folder) {
                    continue;
                }
                let files = lake.files(&folder, vec![hour.clone()]).await?;
                let Some((_, file)) = files.last() else {
                    continue;
                };
                let (state, file) = (context.state(), std::slice::from_ref(file));
                let format = ParquetFormat::default();
                let columns = format.infer_schema(&state, &lake.store, file).await;
                let columns = columns.map_err(|error| {
                    let why = root_cause(&error);
                    Error::Failed(format!(
                        "cannot read the columns of `{folder}` in dt={}/hr={}: {why}",
                        hour.dt, hour.hr
                    ))
                })?;
                register_table(context, lake, scans, &folder, &columns)?;
                wanted.found(&folder);
            }
            if wanted.is_done() {
                return Ok(());
            }
        }
        if matches!(wanted, Wanted::All(_)) {
            return Ok(());
        }
    }
    Ok(())
}

/// Which tables of mappings are looked for.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// All of the newest day but these, which are known.
    All(Vec<String>),
    /// Those of these names.
    Names(Vec<String>),
}

impl Wanted {
    fn take(&self, folder: &str) -> bool {
        let name = sql_name(folder);
        let is_taken = DATASETS.iter().any(|dataset| dataset.name == folder)
            || VIEWS.iter().any(|view| view.name == name);
        if is_taken || folder.starts_with(['.', '_']) {
            return false;
        }
        match self {
            Self::All(found) => !found.contains(&name),
            Self::Names(names) => names.contains(&name),
        }
    }

    fn found(&mut self, folder: &str) {
        let name = sql_name(folder);
        match self {
            Self::All(found) => found.push(name),
            Self::Names(names) => names.retain(|wanted| *wanted != name),
        }
    }

    fn is_done(&self) -> bool {
        matches!(self, Self::Names(names) if names.is_empty())
    }
}

/// A folder's name in SQL.
fn sql_name(folder: &str) -> String {
    folder.replace('-', "_").to_lowercase()
}

fn register_table(
    context: &SessionContext,
    lake: &Arc<Lake>,
    scans: &Arc<Scans>,
    folder: &str,
    columns: &Schema,
) -> Result<()> {
    let name = sql_name(folder);
    let table = LakeTable::new(Arc::clone(lake), folder, columns, Arc::clone(scans));
    let registered = context.register_table(name.as_str(), Arc::new(table));
    registered
        .map(drop)
        .map_err(|error| datafusion_error::of_ours(&name, &error))
}

/// All that can be asked, tables first.
pub(crate) async fn described(context: &SessionContext) -> Result<Vec<Named>> {
    let built_in: Vec<String> = DATASETS
        .iter()
        .map(|dataset| sql_name(&dataset.name))
        .collect();
    let mut named = Vec::new();
    let mut custom = names(context);
    custom.retain(|name| !built_in.contains(name) && !VIEWS.iter().any(|view| view.name == name));
    for (name, dataset) in built_in.iter().zip(DATASETS.iter()) {
        named.push(describe(context, name, &dataset.meaning, None).await?);
    }
    for name in &custom {
        named.push(describe(context, name, "The table of a mapping", None).await?);
    }
    for view in VIEWS {
        named.push(describe(context, view.name, view.meaning, Some(view)).await?);
    }
    Ok(named)
}

/// The names of everything that can be asked.
pub(crate) fn names(context: &SessionContext) -> Vec<String> {
    let schema = context
        .catalog("datafusion")
        .and_then(|catalog| catalog.schema("public"));
    let mut names = schema
        .map(|schema| schema.table_names())
        .unwrap_or_default();
    names.sort();
    names
}

async fn describe(
    context: &SessionContext,
    name: &str,
    meaning: &str,
    view: Option<&View>,
) -> Result<Named> {
    let table = context
        .table(name)
        .await
        .map_err(|error| datafusion_error::of_ours(name, &error))?;
    let columns = table
        .schema()
        .fields()
        .iter()
        .map(|field| described_column(field, view));
    Ok(Named {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        columns: columns.collect(),
    })
}

fn described_column(field: &Field, view: Option<&View>) -> Described {
    let own = view.and_then(|view| view.columns.iter().find(|(name, ..)| name == field.name()));
    let said = |key: &str| field.metadata().get(key).cloned().unwrap_or_default();
    let (unit, meaning) = match own {
        Some((_, unit, meaning)) => ((*unit).to_owned(), (*meaning).to_owned()),
        None => (said("unit"), said("meaning")),
    };
    Described {
        name: field.name().clone(),
        data_type: type_name(field),
        unit,
        meaning,
    }
}

/// A column's type as SQL calls it.
fn type_name(field: &Field) -> String {
    use arrow::datatypes::DataType as Type;
    match field.data_type() {
        Type::Utf8 | Type::Utf8View | Type::LargeUtf8 => "text".to_owned(),
        Type::Int32 => "int".to_owned(),
        Type::Int64 => "bigint".to_owned(),
        Type::Float64 => "double".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::Days;
    use crate::session;

    #[tokio::test]
    async fn every_column_of_every_table_and_view_says_what_it_means() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Arc::new(Lake::open(folder.path().to_str().unwrap(), Days::default()).unwrap());
        let scans = Arc::new(Scans::default());
        let context = session::context(&lake, 100_000_000).unwrap();
        register(&context, &lake, &scans).unwrap();
        register_views(&context, &lake, |_| true).await.unwrap();
        let all = described(&context).await.unwrap();
        assert_eq!(all.len(), 3 + VIEWS.len());
        for named in &all {
            for column in &named.columns {
                assert!(
                    !column.meaning.is_empty(),
                    "{}.{} says nothing",
                    named.name,
                    column.name
                );
            }
        }
        for view in VIEWS {
            let named = all.iter().find(|named| named.name == view.name).unwrap();
            for (name, ..) in view.columns {
                assert!(
                    named.columns.iter().any(|column| column.name == *name),
                    "{}.{name} is not there",
                    view.name
                );
            }
        }
    }
}
