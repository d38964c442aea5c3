"""Makes a lake of several days, runners and two schema generations out of the demo's lake.

The demo's files stay as they are. The day before holds the same runs by other runners; the two days before that hold files
of an older generation, which lack the columns that have been added since.
"""

import datetime
import glob
import os
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DAY = 86400
# The last of the documented columns of each table: an older generation ends with it.
LAST_OF_OLD = "runner_name"
# Several pages a row group, so that there is something to skip in so small a lake.
SMALL_PAGES = {"write_page_index": True, "write_batch_size": 50, "data_page_size": 64, "use_dictionary": False}


def shifted(table, days):
    for name in ("timestamp", "run_timestamp"):
        at = table.column_names.index(name)
        field = table.schema.field(name)
        table = table.set_column(at, field, pc.subtract(table[name], days * DAY))
    instants = pc.multiply(table["timestamp"], 1_000_000).cast(table.schema.field("time").type)
    return table.set_column(table.column_names.index("time"), table.schema.field("time"), instants)


def renamed_runner(table, prefix):
    at = table.column_names.index("runner_name")
    field = table.schema.field("runner_name")
    return table.set_column(at, field, pc.binary_join_element_wise(prefix, table["runner_name"], ""))


demo, lake = sys.argv[1:3]
for file in glob.glob(f"{demo}/dt=*/hr=*/*/*.parquet"):
    dataset = os.path.basename(os.path.dirname(file))
    table = pq.ParquetFile(file).read()
    for days in range(4):
        made = shifted(table, days)
        if days == 1:
            made = renamed_runner(made, "other/")
        if days >= 2:
            made = made.select(made.column_names[: made.column_names.index(LAST_OF_OLD) + 1])
        run = datetime.datetime.fromtimestamp(made["run_timestamp"][0].as_py(), datetime.timezone.utc)
        folder = f"{lake}/dt={run:%Y-%m-%d}/hr={run:%H}/{dataset}"
        os.makedirs(folder, exist_ok=True)
        # A name as Lanewatch writes it for a runner with a slash.
        pq.write_table(made, f"{folder}/{days}%2F{os.path.basename(file)}", row_group_size=500, **SMALL_PAGES)
        open(f"{folder}/.{days}_half_written.parquet.tmp", "w").close()
print(f"made {lake}")
