"""`lanewatch query` answers the SQL of docs/data-lake.md as duckdb does."""

import json
import math
import os
import re
import subprocess
import sys

import duckdb

program, engine, lake, document = sys.argv[1:5]
for dataset in ("intf-dom", "lane-dom", "intf-counters"):
    files = f"{lake}/dt=*/hr=*/{dataset}/*.parquet"
    duckdb.sql(
        f"""CREATE VIEW {dataset.replace("-", "_")} AS
            SELECT * FROM read_parquet('{files}', union_by_name = true, hive_partitioning = true, hive_types_autocast = false)"""
    )


def same(one, other):
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and math.isclose(one, float(other), rel_tol=1e-9, abs_tol=1e-12)
    return one == other


with open(document, encoding="utf-8") as file:
    questions = re.findall(r"^```sql\n(.*?)^```", file.read(), flags=re.MULTILINE | re.DOTALL)
assert len(questions) >= 10, f"{document} has {len(questions)} questions in SQL"
for sql in questions:
    command = [program, "query", "--lake", lake, "--format", "json", sql]
    environment = os.environ | {"PATH": f"{engine}:{os.environ['PATH']}"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, f"{sql}: {ran.stderr}"
    ours = [json.loads(line) for line in ran.stdout.splitlines()]
    relation = duckdb.sql(sql)
    theirs = relation.fetchall()
    assert len(ours) == len(theirs), f"{sql}: {len(ours)} rows, duckdb {len(theirs)}"
    for row, expected in zip(ours, theirs):
        for name, value in zip(relation.columns, expected):
            assert same(row.get(name), value), f"{sql}: {name} is {row.get(name)}, duckdb {value}"
    print(f"ok {len(ours)} rows: {sql.splitlines()[0]}")
