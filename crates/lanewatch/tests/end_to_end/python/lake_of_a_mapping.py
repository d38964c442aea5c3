"""Makes a lake that holds nothing but the table of a mapping, in two generations."""

import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq

lake = sys.argv[1]
generations = {
    "2026-02-03": pa.table({"device": ["leaf-01"]}),
    "2026-02-04": pa.table({"device": ["leaf-01"], "drops": pa.array([7], pa.int64())}),
}
for day, table in generations.items():
    folder = f"{lake}/dt={day}/hr=05/queue-stats"
    os.makedirs(folder)
    pq.write_table(table, f"{folder}/queue_stats_1.parquet")
