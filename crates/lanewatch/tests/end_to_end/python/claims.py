"""The remote lake has every row that a run.json claims, and every row once.

Without a run.json below the folder (`lake write` leaves none) each run that is on the disk counts as claimed.
"""

import collections
import glob
import io
import json
import pathlib
import sys

import pyarrow.parquet as pq
import s3_client

endpoint, place, folder = sys.argv[1:]
bucket, prefix = place.split("/", 1)
client = s3_client.client(endpoint)
lake = pathlib.Path(folder) / "lake"

claimed = {}
for report in glob.glob(f"{folder}/output/2*/run.json"):
    with open(report, encoding="utf-8") as file:
        for written in json.load(file)["files"]:
            path = pathlib.Path(folder, written["path"]).relative_to(lake)
            claimed[str(path)] = written["rows"]
for path in lake.glob("dt=*/**/*.parquet"):
    claimed.setdefault(str(path.relative_to(lake)), pq.read_metadata(path).num_rows)
assert claimed, "nothing was claimed"

rows = collections.Counter()
for path, expected in claimed.items():
    body = client.get_object(Bucket=bucket, Key=f"{prefix}/{path}")["Body"].read()
    table = pq.read_table(io.BytesIO(body))
    assert table.num_rows == expected, f"{path}: {expected} rows claimed, {table.num_rows} there"
    names = [name for name in ("run_timestamp", "runner_name", "device", "if_name", "lane") if name in table.column_names]
    dataset = path.split("/")[2]
    rows.update((dataset, *row.values()) for row in table.select(names).to_pylist())
extra = s3_client.keys(client, bucket, prefix) - {f"{prefix}/{path}" for path in claimed}
assert not extra, f"there and claimed by nobody: {extra}"
again = [row for row, times in rows.items() if times != 1]
assert not again, f"more than once: {again[:5]}"
print(f"{len(claimed)} files, {len(rows)} rows, each once")
