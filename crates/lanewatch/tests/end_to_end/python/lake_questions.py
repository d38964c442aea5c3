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
    created = [tree for tree in sqlglot.parse(text, dialect=dialect) if tree]
    assert len(created) == 6 and all(isinstance(tree, sqlglot.exp.Create) for tree in created), (dialect, created)
    tables = [tree for tree in created if tree.kind == "TABLE"]
    assert [tree.kind for tree in created] == ["TABLE"] * 3 + ["VIEW"] * 3, dialect
    for tree in tables:
        assert len(list(tree.find_all(sqlglot.exp.ColumnDef))) > 30, dialect

connection = duckdb.connect()
connection.execute(for_duckdb)
# A row a lane that is there; margins against the module's own alarm; gains that are never negative.
lanes = connection.execute("SELECT count(*) FROM (SELECT DISTINCT device, if_name, lane FROM lane_dom)").fetchone()
assert connection.execute("SELECT count(*) FROM lane_latest").fetchone() == lanes and lanes[0] > 0
worst = connection.execute(
    "SELECT device, if_name, lane FROM lane_margin WHERE rx_margin_db IS NOT NULL ORDER BY rx_margin_db LIMIT 1"
).fetchone()
assert worst == ("spine-02", "et-0/0/12", 2), worst
gains = connection.execute("SELECT count(*), min(fec_ccw_delta) FROM fec_deltas WHERE previous_timestamp IS NOT NULL")
count, least = gains.fetchone()
assert count > 0 and least >= 0, (count, least)
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
