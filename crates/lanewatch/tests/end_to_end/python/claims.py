"""The remote lake has every row that was claimed, every row once, and of each run all tables or none.

The folder has `claims.json`, which the test wrote from what the runs claimed when they ended, whatever has become of their files on the
disk since, and beside it each file as it was then.
"""

import collections
import datetime
import io
import json
import os
import pathlib
import sys

import pyarrow.parquet as pq
import s3_client

endpoint, place, folder = sys.argv[1:]
bucket, prefix = place.split("/", 1)
client = s3_client.client(endpoint)
folder = pathlib.Path(folder)
noted = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
claimed, begun = noted["rows"], noted["begun"]
assert claimed, "nothing was claimed"

there = {key.removeprefix(f"{prefix}/") for key in s3_client.keys(client, bucket, prefix)}
lost = sorted(set(claimed) - there)
assert not lost, f"{len(lost)} files of {len(claimed)} are lost: {lost[:5]}"
odd = [path for path in there - set(claimed) if not any(part in path.split("/")[-1] for part in begun)]
assert not odd, f"there, and of no run: {odd[:5]}"

rows, tables = collections.Counter(), collections.defaultdict(set)
for path in sorted(there):
    body = client.get_object(Bucket=bucket, Key=f"{prefix}/{path}")["Body"].read()
    copy = folder / path
    assert not copy.exists() or copy.read_bytes() == body, f"{path}: not the content that was claimed"
    table = pq.read_table(io.BytesIO(body))
    expected = claimed.get(path, table.num_rows)
    assert table.num_rows == expected, f"{path}: {expected} rows claimed, {table.num_rows} there"
    day, hour, dataset, name = path.split("/")
    # `lane_dom_20260203_155950_runner_0badcafe`: what follows the table is the run.
    run = name.removesuffix(".parquet").split("_", 2)[2]
    tables[run].add(dataset)
    began = {datetime.datetime.fromtimestamp(at, datetime.timezone.utc) for at in table["run_timestamp"].to_pylist()}
    assert {f"{at:dt=%Y-%m-%d/hr=%H}" for at in began} == {f"{day}/{hour}"}, f"{path}: a run of another hour"
    assert {f"{at:%Y%m%d_%H%M%S}" for at in began} == {run[:15]}, f"{path}: a run of another second"
    names = [name for name in ("device", "if_name", "lane") if name in table.column_names]
    rows.update((dataset, run, *row.values()) for row in table.select(names).to_pylist())
again = [row for row, times in rows.items() if times != 1]
assert not again, f"more than once: {again[:5]}"
whole = set().union(*tables.values())
parts = {run: has for run, has in tables.items() if has != whole}
assert not parts, f"runs without all of {whole}: {parts}"
print(f"{len(claimed)} files claimed, {len(there)} there, {len(rows)} rows, each once", flush=True)
# Threads of pyarrow that are still about abort a process that ends in the usual way, now and then.
os._exit(0)
