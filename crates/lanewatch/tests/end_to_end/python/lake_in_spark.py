"""Spark runs its DDL, agrees with DuckDB on rows, nulls and sums of every column, and answers the questions as DuckDB does."""

import sys

import duckdb
import lake_page
from pyspark.sql import SparkSession

lake, for_spark, for_duckdb = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "2").config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)
for statement in open(for_spark, encoding="utf-8").read().split(";\n"):
    if statement.strip():
        spark.sql(statement.rstrip().rstrip(";"))
connection = duckdb.connect()
connection.execute(open(for_duckdb, encoding="utf-8").read())

# Microseconds of an instant, as each engine says them.
MICROSECONDS = {"spark": "unix_micros", "duckdb": "epoch_us"}


def number(name, kind, engine):
    """What can be added up of a column, in an engine's words."""
    if kind == "VARCHAR":
        return "0"
    if kind.startswith("TIMESTAMP"):
        return f"sum(cast({MICROSECONDS[engine]}({name}) as double))"
    return f"sum(cast({name} as double))"


def asked_of(engine, table, fields):
    """The question to one engine: rows, and of each column how many are there and their sum."""
    parts = ["count(*)"]
    for name, kind in fields:
        parts += [f"count({name})", number(name, kind, engine)]
    return parts, f"SELECT {', '.join(parts)} FROM {table}"


columns = 0
for table in lake_page.TABLES:
    fields = [(name, kind) for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall() if name not in ("dt", "hr")]
    parts, sql = asked_of("duckdb", table, fields)
    by_duckdb = connection.execute(sql).fetchall()[0]
    by_spark = tuple(spark.sql(asked_of("spark", table, fields)[1]).collect()[0])
    rounded = [[None if value is None else float(f"{value:.9g}") for value in row] for row in (by_duckdb, by_spark)]
    assert rounded[0] == rounded[1], f"{table}: {[pair for pair in zip(parts, *rounded) if pair[1] != pair[2]]}"
    columns += len(fields)

asked = 0
for title, sql, *_ in lake_page.questions():
    by_duckdb = lake_page.canonical(connection.execute(sql).fetchall())
    by_spark = lake_page.canonical(spark.sql(sql).collect())
    assert by_duckdb == by_spark, f"{title}\n{by_duckdb}\n{by_spark}"
    asked += 1
assert asked == 10, asked
print(f"{columns} columns and ten questions, the same to Spark and DuckDB")
spark.stop()
