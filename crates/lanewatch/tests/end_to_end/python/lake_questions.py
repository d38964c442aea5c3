"""The generated DDL: DuckDB's is run, Athena's and Trino's are parsed. The questions of docs/data-lake.md: DuckDB, Polars and
pandas give the same answers, and Athena's grammar takes the SQL."""

import sys
import warnings

import duckdb
import lake_page
import sqlglot

lake, *statements = sys.argv[1:]
athena, trino, for_duckdb = [open(path, encoding="utf-8").read() for path in statements]
warnings.filterwarnings("ignore", category=FutureWarning)

for dialect, text in (("athena", athena), ("trino", trino)):
    tables = [tree for tree in sqlglot.parse(text, dialect=dialect) if tree]
    assert len(tables) == 3 and all(isinstance(tree, sqlglot.exp.Create) for tree in tables), (dialect, tables)
    for tree in tables:
        assert len(list(tree.find_all(sqlglot.exp.ColumnDef))) > 30, dialect

connection = duckdb.connect()
connection.execute(for_duckdb)
names = lake_page.setup(lake)
asked = 0
for title, sql, polars, pandas in lake_page.questions():
    assert isinstance(sqlglot.parse_one(sql, dialect="athena"), sqlglot.exp.Select), title
    by_sql = lake_page.canonical(connection.execute(sql).fetchall())
    by_polars = lake_page.canonical(eval(polars.strip(), names).rows())
    by_pandas = lake_page.canonical(eval(pandas.strip(), names).itertuples(index=False, name=None))
    assert by_sql == by_polars, f"{title}\n{by_sql}\n{by_polars}"
    assert by_sql == by_pandas, f"{title}\n{by_sql}\n{by_pandas}"
    assert by_sql or "lost codewords" in title or "no light" in title, f"{title}: no answer"
    asked += 1
assert asked == 10, asked
print("ten questions, three answers each, all the same")
