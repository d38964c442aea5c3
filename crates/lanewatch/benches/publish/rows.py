"""Reads a lake with DuckDB while it is written.

    rows.py LAKE WANTED

Prints `ready`, then `readable` as soon as each table has rows of WANTED devices. Then, for each line on standard input, a line
`TABLE:DEVICES:ROWS:DISTINCT …`: how many devices a table has, how many rows, and how many of these have a key of their own.
"""

import sys
import time

import duckdb

KEYS = {
    "intf-dom": "device, if_name",
    "lane-dom": "device, if_name, lane",
    "intf-counters": "device, if_name",
}
PAUSE_SECONDS = 0.1


def ask(lake, table, question):
    """Zeros while there is no file."""
    try:
        return duckdb.sql(f"SELECT {question} FROM read_parquet('{lake}/dt=*/hr=*/{table}/*.parquet')").fetchall()[0]
    except duckdb.IOException:
        return 0, 0, 0


def main():
    lake, wanted = sys.argv[1], int(sys.argv[2])
    duckdb.sql("SET threads = 1")  # most of the machine belongs to the fleet and its collector
    print("ready", flush=True)
    while any(ask(lake, table, "count(DISTINCT device)")[0] < wanted for table in KEYS):
        time.sleep(PAUSE_SECONDS)
    print("readable", flush=True)
    for _ in sys.stdin:
        question = "count(DISTINCT device), count(*), count(DISTINCT ({}))"
        counted = {table: ask(lake, table, question.format(key)) for table, key in KEYS.items()}
        print(*(f"{table}:{':'.join(map(str, counts))}" for table, counts in counted.items()), flush=True)


main()
