"""Reads dashboards with Grafana's own models and writes them again: what does not come back, Grafana does not know.

    dashboards.py FILE…
"""

import copy
import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

# Keys that Grafana reads and its models leave out: the identifier that an import sets, the text of a variable's query in the
# list of variables, and what the Prometheus data source adds to an annotation.
BEYOND_THE_MODELS = {
    "id",
    "definition",
    "step",
    "tagKeys",
    "textFormat",
    "titleFormat",
    "useValueForTime",
}


def lost(ours, theirs, at=""):
    """The places at which a key or a value of ours is not in theirs. What they add are defaults."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key in theirs:
                yield from lost(value, theirs[key], f"{at}/{key}")
            elif key not in BEYOND_THE_MODELS:
                yield f"{at}/{key}"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs)):
            yield from lost(one, other, f"{at}/{number}")
    elif ours != theirs:
        yield f"{at}: {ours!r} became {theirs!r}"


def round_trip(dashboard):
    return json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))


def main(paths):
    register_default_plugins()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            dashboard = json.load(file)
        found = list(lost(dashboard, round_trip(copy.deepcopy(dashboard))))
        assert not found, f"{path}: {found}"

        # The comparison does find a key that Grafana does not know.
        dashboard["panels"][1]["fieldConfigs"] = {}
        found = list(lost(dashboard, round_trip(copy.deepcopy(dashboard))))
        assert found == ["/panels/1/fieldConfigs"], f"{path}: {found}"
        print("ok", path)


main(sys.argv[1:])
