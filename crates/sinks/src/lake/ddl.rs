//! What an engine must be told to read the lake as tables.
//!
//! All tables share each `hr=` folder, so that an engine that is given the root mixes them. Athena and Trino get partition
//! projection and a location template for each table: no crawler, no `MSCK REPAIR`, and a new hour is there when its files
//! are. Spark and DuckDB find partitions by themselves and get globs.
//!
//! The layout with a folder for each device holds several tables in one folder and tells them apart by their file names alone. Spark and
//! DuckDB read it by a glob; Athena and Trino, which read whole folders, cannot.

use arrow_schema::{DataType, Field};
use records::table::Dataset;

use super::ddl_views;
use super::engine::Engine;
use super::layout::DEVICE_COLUMN;

/// The first day that projected partitions begin with.
const FIRST_DAY: &str = "2024-01-01";
/// Spark's words for text, 32 and 64 bits, floating point, truth and instants.
const SPARK_TYPES: [&str; 6] = ["STRING", "INT", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP"];

/// The views of a lake at this location that has a folder for each device; `None` if the engine cannot read that layout.
pub fn ddl_per_device<'d>(
    engine: Engine,
    datasets: impl IntoIterator<Item = &'d Dataset>,
    location: &str,
) -> Option<String> {
    if !engine.reads_per_device() {
        return None;
    }
    let location = engine.quoted(location.trim_end_matches('/'));
    let views = datasets.into_iter().map(|dataset| {
        let table = dataset.name.replace('-', "_");
        let glob = format!("{location}/dt=*/device=*/{}_*.parquet", dataset.per_device_stem);
        if engine == Engine::DuckDb {
            return format!(
                "CREATE OR REPLACE VIEW {table} AS\nSELECT * FROM read_parquet('{glob}',\n  hive_partitioning = true, \
                 hive_types = {{'dt': VARCHAR, 'device': VARCHAR}}, union_by_name = true);\n"
            );
        }
        let schema = dataset.schema();
        let fields = schema.fields().iter().map(AsRef::as_ref);
        let in_files = fields.filter(|field: &&Field| field.name() != DEVICE_COLUMN);
        let columns = columns(engine, in_files, "`", SPARK_TYPES);
        format!(
            "CREATE OR REPLACE TEMPORARY VIEW {table} (\n{columns},\n  dt STRING,\n  device STRING\n)\nUSING parquet\n\
             OPTIONS (\n  path '{glob}',\n  basePath '{location}'\n);\n"
        )
    });
    Some(views.collect::<Vec<_>>().join("\n"))
}

/// The statements that make the tables, or the views, of a lake at this location that has a folder for each hour: a folder or
/// `s3://bucket/prefix`.
pub fn ddl<'d>(
    engine: Engine,
    datasets: impl IntoIterator<Item = &'d Dataset>,
    location: &str,
) -> String {
    let location = location.trim_end_matches('/');
    let mut text = String::new();
    let mut tables = Vec::new();
    for dataset in datasets {
        let table = dataset.name.replace('-', "_");
        let template = format!("{location}/dt=${{dt}}/hr=${{hr}}/{}/", dataset.name);
        tables.push(table.clone());
        let schema = dataset.schema();
        let fields = schema.fields().iter().map(AsRef::as_ref);
        if !text.is_empty() {
            text.push('\n');
        }
        text += &match engine {
            Engine::Athena => format!(
                "CREATE EXTERNAL TABLE IF NOT EXISTS {table} (\n{}\n)\nPARTITIONED BY (dt string, hr string)\nSTORED AS PARQUET\n\
                 LOCATION '{}/'\nTBLPROPERTIES (\n  'projection.enabled' = 'true',\n  'projection.dt.type' = 'date',\n  \
                 'projection.dt.format' = 'yyyy-MM-dd',\n  'projection.dt.range' = '{FIRST_DAY},NOW',\n  \
                 'projection.hr.type' = 'integer',\n  'projection.hr.range' = '0,23',\n  'projection.hr.digits' = '2',\n  \
                 'storage.location.template' = '{}'\n);\n",
                columns(
                    engine,
                    fields,
                    "`",
                    ["string", "int", "bigint", "double", "boolean", "timestamp"]
                ),
                engine.quoted(location),
                engine.quoted(&template),
            ),
            Engine::Trino => format!(
                "CREATE TABLE IF NOT EXISTS {table} (\n{},\n  dt varchar WITH (partition_projection_type = 'DATE', \
                 partition_projection_format = 'yyyy-MM-dd', partition_projection_range = ARRAY['{FIRST_DAY}', 'NOW']),\n  \
                 hr varchar WITH (partition_projection_type = 'INTEGER', partition_projection_range = ARRAY['0', '23'], \
                 partition_projection_digits = 2)\n)\nWITH (\n  format = 'PARQUET',\n  external_location = '{}/',\n  \
                 partitioned_by = ARRAY['dt', 'hr'],\n  partition_projection_enabled = true,\n  \
                 partition_projection_location_template = '{}'\n);\n",
                columns(
                    engine,
                    fields,
                    "\"",
                    [
                        "varchar",
                        "integer",
                        "bigint",
                        "double",
                        "boolean",
                        "timestamp"
                    ]
                ),
                engine.quoted(location),
                engine.quoted(&template),
            ),
            Engine::Spark => format!(
                "CREATE OR REPLACE TEMPORARY VIEW {table} (\n{},\n  dt STRING,\n  hr STRING\n)\nUSING parquet\nOPTIONS (\n  \
                 path '{}/dt=*/hr=*/{}/*.parquet',\n  basePath '{}'\n);\n",
                columns(engine, fields, "`", SPARK_TYPES),
                engine.quoted(location),
                dataset.name,
                engine.quoted(location),
            ),
            Engine::DuckDb => format!(
                "CREATE OR REPLACE VIEW {table} AS\nSELECT * FROM read_parquet('{}/dt=*/hr=*/{}/*.parquet',\n  \
                 hive_partitioning = true, hive_types = {{'dt': VARCHAR, 'hr': VARCHAR}}, union_by_name = true);\n",
                engine.quoted(location),
                dataset.name,
            ),
        };
    }
    text + &ddl_views::views(engine, tables.iter().map(String::as_str))
}

/// A line a column. `types` are the engine's words for text, 32 and 64 bits, floating point, truth and instants.
fn columns<'f>(
    engine: Engine,
    fields: impl Iterator<Item = &'f Field>,
    quote: &str,
    types: [&str; 6],
) -> String {
    let [text, int32, int64, float, boolean, instant] = types;
    let lines = fields.map(|field| {
        let kind = match field.data_type() {
            DataType::Int32 => int32,
            DataType::Int64 => int64,
            DataType::Float64 => float,
            DataType::Boolean => boolean,
            DataType::Timestamp(..) => instant,
            _ => text,
        };
        let meaning = field.metadata().get("meaning").map_or("", String::as_str);
        let unit = field.metadata().get("unit").filter(|unit| !unit.is_empty());
        let comment = match unit {
            Some(unit) => format!("{meaning} ({unit})"),
            None => meaning.to_owned(),
        };
        let comment = if !comment.is_empty() {
            format!(" COMMENT '{}'", engine.quoted(&comment))
        } else {
            String::new()
        };
        format!("  {quote}{}{quote} {kind}{comment}", field.name())
    });
    lines.collect::<Vec<_>>().join(",\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_own_folder_in_every_hour() {
        let lanes = &records::tables::DATASETS[1];
        for (engine, expected) in [
            (
                Engine::Athena,
                "'storage.location.template' = 's3://b/p/dt=${dt}/hr=${hr}/lane-dom/'",
            ),
            (
                Engine::Trino,
                "partition_projection_location_template = 's3://b/p/dt=${dt}/hr=${hr}/lane-dom/'",
            ),
            (
                Engine::Spark,
                "path 's3://b/p/dt=*/hr=*/lane-dom/*.parquet'",
            ),
            (
                Engine::DuckDb,
                "read_parquet('s3://b/p/dt=*/hr=*/lane-dom/*.parquet'",
            ),
        ] {
            let text = ddl(engine, [lanes.as_ref()], "s3://b/p/");
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_folder_for_each_device_is_read_by_the_names_of_its_files() {
        let lanes = &records::tables::DATASETS[1];
        let of = |engine| ddl_per_device(engine, [lanes.as_ref()], "s3://b/p/");
        for engine in [Engine::Spark, Engine::DuckDb] {
            let text = of(engine).unwrap();
            let glob = "'s3://b/p/dt=*/device=*/optical_metrics_*.parquet'";
            assert!(text.contains(glob), "{text}");
            assert!(!text.contains("hr="), "{text}");
        }
        let spark = of(Engine::Spark).unwrap();
        assert!(
            !spark.contains("`device`"),
            "it is in the path alone: {spark}"
        );
        assert_eq!((of(Engine::Athena), of(Engine::Trino)), (None, None));
    }

    #[test]
    fn a_quote_in_a_path_stays_inside_the_text() {
        let lanes = &records::tables::DATASETS[1];
        for (engine, expected) in [
            (Engine::DuckDb, "read_parquet('/it''s/dt="),
            (Engine::Spark, "basePath '/it\\'s'"),
        ] {
            let text = ddl(engine, [lanes.as_ref()], "/it's");
            assert!(text.contains(expected), "{text}");
        }
    }
}
