"""Two lakes hold the same rows, but for the times at which they were collected."""

import glob
import sys

import pyarrow as pa
import pyarrow.parquet as pq

TIMES = {"timestamp", "run_timestamp", "time"}


def rows(lake, dataset):
    files = sorted(glob.glob(f"{lake}/dt=*/hr=*/{dataset}/*.parquet"))
    assert files, f"no {dataset} in {lake}"
    # Each file by itself: with a folder, pyarrow would add the partition's columns.
    table = pa.concat_tables([pq.ParquetFile(file).read() for file in files])
    return table.drop_columns([name for name in table.column_names if name in TIMES])


first, second = sys.argv[1:3]
for dataset in ("intf-dom", "lane-dom", "intf-counters"):
    one, other = rows(first, dataset), rows(second, dataset)
    assert one.num_rows > 0, f"{dataset} is empty"
    assert one.schema.equals(other.schema), f"{dataset}: {one.schema} is not {other.schema}"
    for name in one.column_names:
        assert one[name].equals(other[name]), f"{dataset}: column {name} differs"
    print(f"ok {dataset}: {one.num_rows} rows, {one.num_columns} columns")
