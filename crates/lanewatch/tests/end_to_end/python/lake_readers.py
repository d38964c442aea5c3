"""pyarrow, pandas, duckdb and polars agree on rows, nulls and sums of every column of a lake of several days, runners and
two generations of the schema; given the program, the folder of its query engine and the statements for Spark, `lanewatch query` and
pyspark as well.

The older generation is made here: files without the columns that have been added since the first documents.
"""

import glob
import json
import os
import pathlib
import subprocess
import sys
import warnings

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from lake_page import summary

warnings.simplefilter("error")  # a reader that remarks on our files fails the test
warnings.filterwarnings("ignore", message="The behavior of DataFrame concatenation")

lake, *others = sys.argv[1:]
DOCUMENTED = {"intf-dom": 18, "lane-dom": 20, "intf-counters": 67}
for table, columns in DOCUMENTED.items():
    newest = sorted(glob.glob(f"{lake}/dt=*/hr=*/{table}/*.parquet"))[-1]
    old = pathlib.Path(lake, "dt=2025-12-31/hr=23", table, f"old_{table}.parquet")
    old.parent.mkdir(parents=True, exist_ok=True)
    rows = pq.ParquetFile(newest).read()
    pq.write_table(rows.select(rows.column_names[:columns]), old)



def asked(sql):
    """The one row of numbers that `lanewatch query` answers with, and the one of Spark."""
    program, engine = others[:2]
    command = [program, "query", "--lake", lake, "--format", "json", sql]
    environment = os.environ | {"PATH": f"{engine}:{os.environ['PATH']}"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, f"{sql}: {ran.stderr}"
    return json.loads(ran.stdout), spark.sql(sql).collect()[0].asDict()


if others:
    from pyspark.sql import SparkSession

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spark = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2").config("spark.sql.session.timeZone", "UTC")
            .getOrCreate()
        )
    for statement in pathlib.Path(others[2]).read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            spark.sql(statement.rstrip().rstrip(";"))

compared = 0
for table in DOCUMENTED:
    pattern = f"{lake}/dt=*/hr=*/{table}/*.parquet"
    files = sorted(glob.glob(pattern))
    schema = pq.read_schema(files[-1])
    assert all(schema.field(name).metadata[b"meaning"] for name in schema.names)

    by_arrow = ds.dataset(files, schema=schema).to_table()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        by_pandas = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    by_polars = pl.scan_parquet(pattern, hive_partitioning=True, missing_columns="insert", extra_columns="ignore").collect()
    by_polars_newest = pl.scan_parquet(files[-1:] + files[:-1], missing_columns="insert", extra_columns="ignore").collect()
    by_duckdb = duckdb.sql(f"SELECT * FROM read_parquet('{pattern}', hive_partitioning = true, union_by_name = true)")
    assert {"dt", "hr"} <= set(by_duckdb.columns) and {"dt", "hr"} <= set(by_polars.columns), by_polars.columns

    by_sql = {}
    if others:
        parts = ["count(*) AS number_of_rows"]
        for field in schema:
            parts.append(f"count({field.name}) AS n_{field.name}")
            if not pa.types.is_string(field.type):
                parts.append(f"sum(CAST({field.name} AS double)) AS s_{field.name}")
        ours, by_spark = asked(f"SELECT {', '.join(parts)} FROM {table.replace('-', '_')}")
        by_sql = {"lanewatch": ours, "pyspark": by_spark}

    for field in schema:
        numeric = not pa.types.is_string(field.type)
        arrow = by_arrow[field.name]
        frame = by_pandas[field.name]
        polars = by_polars_newest[field.name]
        total = f'sum("{field.name}")' if numeric else "NULL"
        # What an engine calls a number of an instant differs: all are asked for microseconds.
        instant = pa.types.is_timestamp(field.type)
        if instant:
            arrow = arrow.cast(pa.int64())
            since = pd.to_datetime(frame, utc=True) - pd.Timestamp(0, tz="UTC")
            frame = since / pd.Timedelta(microseconds=1)
            polars = polars.dt.epoch("us")
            total = f'sum(epoch_us("{field.name}"))'
        rows, nulls, sums = duckdb.sql(
            f'SELECT count(*), count(*) - count("{field.name}"), {total} FROM by_duckdb'
        ).fetchall()[0]
        said = {
            "pyarrow": summary(len(arrow), arrow.null_count, (pc.sum(arrow).as_py() or 0) if numeric else None),
            "pandas": summary(len(frame), int(frame.isna().sum()), float(frame.sum()) if numeric else None),
            "polars": summary(len(polars), polars.null_count(), float(polars.sum() or 0) if numeric else None),
            "duckdb": summary(rows, nulls, float(sums or 0) if numeric else None),
        }
        for who, values in by_sql.items():
            rows = values["number_of_rows"]
            total = float(values.get(f"s_{field.name}") or 0) if numeric else None
            if instant and who == "pyspark":  # its CAST gives seconds
                total *= 1_000_000
            said[who] = summary(rows, rows - values[f"n_{field.name}"], total)
        assert len(set(said.values())) == 1, f"{table}.{field.name}: {said}"
        compared += 1

    # A filter on a device skips row groups by their statistics; the page index is there.
    metadata = pq.read_metadata(files[-1])
    for group in range(metadata.num_row_groups):
        for name in ("device", "if_name", "timestamp"):
            column = metadata.row_group(group).column(schema.get_field_index(name))
            assert column.statistics.has_min_max and column.has_column_index and column.has_offset_index, name
    assert [column.column_index for column in metadata.row_group(0).sorting_columns], "no order is declared"
    device = by_arrow["device"][0].as_py()
    expected = pc.sum(pc.equal(by_arrow["device"], device)).as_py()
    assert ds.dataset(files, schema=schema).count_rows(filter=ds.field("device") == device) == expected
    assert duckdb.sql(f"SELECT count(*) FROM by_duckdb WHERE device = '{device}'").fetchall() == [(expected,)]

print(f"{compared} columns, the same to {len(said)} readers")
