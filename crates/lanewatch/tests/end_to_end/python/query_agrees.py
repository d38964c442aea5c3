"""`lanewatch query`, duckdb and pyarrow agree on the rows, nulls and sums of every column of every table."""

import glob
import json
import math
import os
import subprocess
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TABLES = ["intf-dom", "lane-dom", "intf-counters"]


def asked(program, lake, sql):
    command = [program, "query", "--lake", lake, "--format", "json", sql]
    environment = os.environ | {"PATH": f"{engine}:{os.environ['PATH']}"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, f"{sql}: {ran.stderr}"
    return [json.loads(line) for line in ran.stdout.splitlines()]


def sum_of(name, data_type):
    if pa.types.is_string(data_type):
        return f'sum(length("{name}"))'
    if pa.types.is_boolean(data_type):
        return f'sum(CASE WHEN "{name}" THEN 1 ELSE 0 END)'
    if pa.types.is_timestamp(data_type):
        return f"sum(date_part('epoch', \"{name}\"))"
    return f'sum("{name}")'


def with_pyarrow(table):
    values = {"rows": table.num_rows}
    for name in table.column_names:
        column = table[name]
        values[f"n_{name}"] = table.num_rows - column.null_count
        if pa.types.is_string(column.type):
            column = pc.utf8_length(column)
        elif pa.types.is_boolean(column.type):
            column = column.cast(pa.int64())
        elif pa.types.is_timestamp(column.type):
            column = pc.divide(column.cast(pa.int64()).cast(pa.float64()), 1_000_000.0)
        values[f"s_{name}"] = pc.sum(column).as_py()
    return values


def same(one, other):
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-9)
    return one == other


program, engine, lake = sys.argv[1:4]
for dataset in TABLES:
    name = dataset.replace("-", "_")
    files = sorted(glob.glob(f"{lake}/dt=*/hr=*/{dataset}/*.parquet"))
    tables = [pq.ParquetFile(file).read() for file in files]
    widths = {table.num_columns for table in tables}
    assert len(widths) == 2, f"{dataset}: expected two schema generations, found columns {widths}"
    table = pa.concat_tables(tables, promote_options="default")
    expected = with_pyarrow(table)

    parts = ["count(*) AS rows"]
    for field in table.schema:
        parts.append(f'count("{field.name}") AS "n_{field.name}"')
        parts.append(f'{sum_of(field.name, field.type)} AS "s_{field.name}"')
    select = f"SELECT {', '.join(parts)} FROM "
    [ours] = asked(program, lake, select + name)
    glob_of_files = f"{lake}/dt=*/hr=*/{dataset}/*.parquet"
    relation = duckdb.sql(f"{select} read_parquet('{glob_of_files}', union_by_name = true)")
    theirs = dict(zip(relation.columns, relation.fetchall()[0]))

    nulls = 0
    for key, value in expected.items():
        assert same(value, ours.get(key)), f"{name}.{key}: pyarrow {value}, lanewatch {ours.get(key)}"
        duck = theirs[key]
        duck = float(duck) if isinstance(value, float) else duck and int(duck)
        assert same(value, duck), f"{name}.{key}: pyarrow {value}, duckdb {theirs[key]}"
        if key.startswith("n_"):
            nulls += expected["rows"] - value
    assert nulls > 0, f"{name} has no nulls: the test shows nothing"

    # The same by day and hour, which are no columns of the files.
    by_hour = asked(program, lake, f"SELECT dt, hr, count(*) AS n FROM {name} GROUP BY dt, hr ORDER BY dt, hr")
    relation = duckdb.sql(
        f"""SELECT dt, hr, count(*) FROM read_parquet('{glob_of_files}', hive_partitioning = true, hive_types_autocast = false)
            GROUP BY dt, hr ORDER BY dt, hr"""
    )
    assert [(row["dt"], row["hr"], row["n"]) for row in by_hour] == relation.fetchall(), f"{name} by hour"
    assert len({row["dt"] for row in by_hour}) >= 4
    print(f"ok {name}: {expected['rows']} rows, {table.num_columns} columns, {nulls} nulls, {len(files)} files")

# The views, against the same thing said in duckdb.
counters = f"read_parquet('{lake}/dt=*/hr=*/intf-counters/*.parquet', union_by_name = true)"
window = "OVER (PARTITION BY device, if_name ORDER BY timestamp, run_timestamp, runner_name)"
relation = duckdb.sql(
    f"""WITH before AS (
          SELECT *, lag(fec_ccw) {window} AS c, lag(fec_nccw) {window} AS n FROM {counters}),
        reset AS (SELECT *, coalesce(fec_ccw < c OR fec_nccw < n, false) AS back FROM before)
        SELECT count(*), sum(CASE WHEN back THEN fec_ccw ELSE fec_ccw - c END),
               sum(CASE WHEN back THEN fec_nccw ELSE fec_nccw - n END), sum(CASE WHEN back THEN 1 ELSE 0 END)
        FROM reset"""
)
expected = tuple(int(value) for value in relation.fetchall()[0])
[ours] = asked(
    program,
    lake,
    """SELECT count(*) AS n, sum(fec_ccw_delta) AS c, sum(fec_nccw_delta) AS u, sum(CASE WHEN counters_reset THEN 1 ELSE 0 END) AS r,
              min(fec_ccw_delta) AS least_c, min(fec_nccw_delta) AS least_n FROM fec_deltas""",
)
assert (ours["n"], ours["c"], ours["u"], ours["r"]) == expected, f"fec_deltas: duckdb {expected}, lanewatch {ours}"
assert ours["least_c"] >= 0 and ours["least_n"] >= 0, ours
assert ours["r"] > 0, "no counter was reset: the test shows nothing"

lanes = f"read_parquet('{lake}/dt=*/hr=*/lane-dom/*.parquet', union_by_name = true)"
relation = duckdb.sql(
    f"""SELECT count(*), sum(timestamp), sum(rx_power) FROM (
          SELECT *, row_number() OVER (PARTITION BY device, if_name, lane ORDER BY timestamp DESC, run_timestamp DESC, runner_name) AS n
          FROM {lanes}) WHERE n = 1"""
)
expected = relation.fetchall()[0]
[ours] = asked(program, lake, "SELECT count(*) AS n, sum(timestamp) AS t, sum(rx_power) AS p FROM lane_latest")
assert (ours["n"], ours["t"]) == (expected[0], int(expected[1])) and same(ours["p"], expected[2]), (expected, ours)
[all_lanes] = asked(program, lake, "SELECT count(*) AS n, count(fec_state) AS f FROM lane_fec")
joined = duckdb.sql(
    f"""SELECT count(*), count(c.fec_state) FROM {lanes} AS l LEFT JOIN {counters} AS c
        USING (device, if_name, run_timestamp, runner_name)"""
).fetchall()[0]
assert (all_lanes["n"], all_lanes["f"]) == joined, f"lane_fec: duckdb {joined}, lanewatch {all_lanes}"
[margins] = asked(program, lake, "SELECT count(*) AS n, count(rx_margin_db) AS m FROM lane_margin")
assert margins["n"] == expected[0] and margins["m"] > 0, (margins, expected)
print("ok views")
