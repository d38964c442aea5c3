"""The same answer as CSV, JSON lines and Parquet holds the same rows; Parquet has the columns' units."""

import csv
import json
import sys

import pyarrow.parquet as pq

stem = sys.argv[1]
table = pq.ParquetFile(f"{stem}.parquet").read()
rows = table.to_pylist()
assert len(rows) == 300, len(rows)
with open(f"{stem}.jsonl", encoding="utf-8") as file:
    objects = [json.loads(line) for line in file]
assert objects == [{key: value for key, value in row.items() if value is not None} for row in rows]
with open(f"{stem}.csv", encoding="utf-8", newline="") as file:
    cells = list(csv.DictReader(file))
assert [row["device"] for row in cells] == [row["device"] for row in rows]
assert [float(row["rx_power"]) if row["rx_power"] else None for row in cells] == [row["rx_power"] for row in rows]
assert any(row["rx_power"] is None for row in rows), "no null: the test shows nothing"
assert table.schema.field("rx_power").metadata[b"unit"] == b"dBm", table.schema.field("rx_power").metadata
assert str(table.schema.field("device").type) == "string", table.schema
print("ok")
