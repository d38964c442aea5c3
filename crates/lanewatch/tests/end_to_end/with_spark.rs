//! The lake, read by Apache Spark.

use crate::harness::{Python, judge, lanewatch};
use crate::with_python::ddl;

#[test]
#[ignore = "needs Spark: run by `cargo xtask test`"]
fn spark_takes_its_ddl_and_reads_what_duckdb_reads() {
    let folder = tempfile::tempdir().unwrap();
    lanewatch(folder.path(), &["demo", "--folder", "shown"]).expect(0);
    let lake = folder.path().join("shown/lake");
    let arguments = [
        lake.clone(),
        ddl(folder.path(), "spark", &lake),
        ddl(folder.path(), "duckdb", &lake),
    ];
    judge(Python::Readers, "lake_in_spark.py", &arguments);
}
