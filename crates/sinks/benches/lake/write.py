"""Writes the tables of a lake again with pyarrow, from memory: `seconds bytes peak-kilobytes`."""

import glob
import os
import pathlib
import resource
import sys
import time

import pyarrow.parquet as pq

lake, target = sys.argv[1:]
os.makedirs(target, exist_ok=True)
tables = {path: pq.ParquetFile(path).read() for path in glob.glob(f"{lake}/dt=*/hr=*/*/*.parquet")}
began = time.perf_counter()
written = []
for path, table in tables.items():
    written.append(f"{target}/{pathlib.Path(path).name}")
    with open(written[-1], "wb") as file:
        pq.write_table(table, file, compression="snappy")
        file.flush()
        os.fsync(file.fileno())
seconds = time.perf_counter() - began
print(seconds, sum(os.path.getsize(path) for path in written), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
