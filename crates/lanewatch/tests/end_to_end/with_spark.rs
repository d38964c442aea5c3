//! The lake, read by Apache Spark.

use crate::harness::{Python, judge, lanewatch};
use crate::with_python::{ddl, lake_of_days_and_runners};
use crate::with_query::engine;

#[test]
#[ignore = "needs Spark: run by `cargo xtask test --full`"]
fn spark_takes_its_ddl_and_reads_what_duckdb_reads() {
    let folder = tempfile::tempdir().unwrap();
    lanewatch(folder.path(), &["demo", "--folder", "shown"]).expect(0);
    let lake = folder.path().join("shown/lake");
    let arguments = [
        lake.clone(),
        ddl(folder.path(), "spark", &lake),
        ddl(folder.path(), "duckdb", &lake),
    ];
    judge(Python::Spark, "lake_in_spark.py", &arguments);
}

#[test]
#[ignore = "needs Spark and lanewatch-query: run by `cargo xtask test --full`"]
fn five_readers_and_lanewatch_query_agree_on_every_column_of_days_runners_and_generations() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake_of_days_and_runners(folder.path());
    let arguments = [
        lake.clone(),
        env!("CARGO_BIN_EXE_lanewatch").into(),
        engine(),
        ddl(folder.path(), "spark", &lake),
    ];
    let ran = judge(Python::Spark, "lake_readers.py", &arguments);
    ran.says(&["columns, the same to 6 readers"]);
}
