"""What the script that Lanewatch takes over from does, with the least that does it: json and pyarrow, no data frames.

    python3 hourly.py DOCUMENTS LAKE

Reads the documents with rows of all devices, gathers the rows of three tables, each with the columns that the script writes, adds
run and runner, and writes one file a table, compressed with Snappy.
"""

import json
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet

RUN = 1770132645
ABOUT = ["device", "inventory_instance", "origin_hostname", "origin_name", "device_profile", "if_name"]
MODULE = ["vendor", "part_number", "serial_number", "media_type", "cable_type", "wavelength", "fiber_type"]
COLUMNS = {
    "intf-dom": [*ABOUT, *MODULE, "temperature", "voltage"],
    "lane-dom": [*ABOUT, *MODULE, "lane", "rx_power", "tx_power", "tx_bias"],
    "intf-counters": [
        *ABOUT, "admin_status", "oper_status", "speed_bps", "input_bps", "input_pps", "output_bps", "output_pps",
        "fec_ccw", "fec_nccw", "fec_ccw_error_rate", "fec_nccw_error_rate", "pre_fec_ber",
    ],
}  # fmt: skip
TABLES = [
    ("_optics_diagnostics_metrics.json", "interfaces", "intf-dom"),
    ("_optics_diagnostics_metrics.json", "lanes", "lane-dom"),
    ("_interface_statistics_metrics.json", "interfaces", "intf-counters"),
]


def objects(document, key):
    """A list under a key, or the document itself, by interface."""
    found = document.get(key, document)
    return found.values() if isinstance(found, dict) else found


def main():
    folder, lake = Path(sys.argv[1]), Path(sys.argv[2])
    rows = {table: [] for table in COLUMNS}
    for path in sorted(folder.glob("*_metrics.json")):
        document = None
        for end, key, table in TABLES:
            if not path.name.endswith(end):
                continue
            if document is None:
                document = json.loads(path.read_bytes())
            for found in objects(document, key):
                row = {name: found.get(name) for name in COLUMNS[table]}
                row["timestamp"] = row["run_timestamp"] = RUN
                row["collection_timestamp"] = "2026-02-03T15:30:45Z"
                row["runner_name"] = "bench"
                rows[table].append(row)
    for table, found in rows.items():
        target = lake / "dt=2026-02-03/hr=15" / table
        target.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(found), target / f"{RUN}.parquet", compression="snappy")


main()
