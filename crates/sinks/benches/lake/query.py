"""Asks DuckDB: `times views (sql answer)…`. Prints the seconds of the fastest answer to each; imports and views are not counted."""

import sys
import time

import duckdb

times, views, *questions = sys.argv[1:]
connection = duckdb.connect()
connection.execute(views)
for sql, answer in zip(questions[::2], questions[1::2]):
    fastest = float("inf")
    for _ in range(int(times)):
        began = time.perf_counter()
        connection.execute(sql).fetchall()
        fastest = min(fastest, time.perf_counter() - began)
    print(fastest)
    connection.sql(sql).write_csv(answer)
