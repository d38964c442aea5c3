"""The questions of docs/data-lake.md, as its readers would copy them."""

import pathlib
import re

PAGE = pathlib.Path("../../docs/data-lake.md")
TABLES = {"intf_dom": "intf-dom", "lane_dom": "lane-dom", "intf_counters": "intf-counters"}


def questions():
    """Yields each question's title with its SQL, Polars and pandas."""
    text = PAGE.read_text(encoding="utf-8")
    for part in re.split(r"^### (?=\d)", text, flags=re.M)[1:]:
        title = part.splitlines()[0]
        part = part.split("\n## ")[0]
        blocks = dict(re.findall(r"^```(sql|python polars|python pandas)\n(.*?)^```", part, flags=re.M | re.S))
        yield title, blocks["sql"], blocks["python polars"], blocks["python pandas"]


def setup(lake):
    """The names that the Python of the page uses."""
    text = PAGE.read_text(encoding="utf-8")
    code = re.search(r"^```python setup\n(.*?)^```", text, flags=re.M | re.S).group(1)
    names = {"LAKE": lake}
    exec(code, names)
    return names


def canonical(rows):
    """Rows as engines agree on them: numbers rounded, whole floats as integers, nothing as None."""
    return [tuple(cell(value) for value in row) for row in rows]


def cell(value):
    """One value."""
    if value is None or value != value:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        value = round(float(value), 6)
        return int(value) if value == int(value) else value
    # Partitions are text, dates or numbers, as each engine likes it.
    text = str(value)
    return int(text) if text.isdigit() and len(text) == 2 else text


def summary(rows, nulls, sums):
    """A column's numbers, rounded so that the order of addition does not show."""
    return rows, nulls, None if sums is None else float(f"{sums:.9g}")
