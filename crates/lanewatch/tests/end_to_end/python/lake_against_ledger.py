"""The demo's lake holds what the simulator's ledger says it sent, neither more nor less; two readers judge it.

The ledger has a line for each reply of a device. A device is asked once a run, so the n-th line of an RPC belongs to
its n-th run.
"""

import glob
import json
import sys
from collections import defaultdict

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

BINS = [f"histogram_bin_{n}" for n in range(16)]
LANE_COLUMNS = ["rx_power", "tx_power", "tx_bias"]
MODULE_COLUMNS = ["temperature", "voltage", "serial_number"]
COUNTER_COLUMNS = ["oper_status", "fec_ccw", "fec_nccw", "pre_fec_ber", *BINS]


def with_pyarrow(lake, dataset, columns):
    files = sorted(glob.glob(f"{lake}/dt=*/hr=*/{dataset}/*.parquet"))
    tables = [pq.ParquetFile(file).read(columns=columns) for file in files]
    return pa.concat_tables(tables).to_pylist()


def with_duckdb(lake, dataset, columns):
    files = f"{lake}/dt=*/hr=*/{dataset}/*.parquet"
    query = f"SELECT {', '.join(columns)} FROM read_parquet('{files}', hive_partitioning = true)"
    return [dict(zip(columns, row)) for row in duckdb.sql(query).fetchall()]


def received(reader, lake, dataset, key, values):
    """What the lake holds: the row's key with the number of the run, to its values."""
    rows = reader(lake, dataset, ["device", "run_timestamp", *key, *values])
    runs = defaultdict(set)
    for row in rows:
        runs[row["device"]].add(row["run_timestamp"])
    order = {device: sorted(times) for device, times in runs.items()}
    found = {}
    for row in rows:
        run = order[row["device"]].index(row["run_timestamp"])
        where = (row["device"], run, *(row[name] for name in key))
        assert where not in found, f"{dataset}: {where} is there twice"
        found[where] = tuple(row[name] for name in values)
    return found


def sent(ledger):
    """What the ledger holds, in the same form: lanes, modules, counters."""
    lanes, modules, counters = {}, {}, {}
    serials, asked = {}, defaultdict(int)
    with open(ledger, encoding="utf-8") as file:
        entries = [json.loads(line) for line in file]
    for entry in entries:
        device = entry["device"]
        for location, serial in entry.get("transceivers", {}).items():
            serials[device, location] = serial
    for entry in entries:
        device, rpc = entry["device"], entry["rpc"]
        run = asked[device, rpc]
        asked[device, rpc] += 1
        for name, said in entry.get("interfaces", {}).items():
            if rpc == "get-interface-information":
                bins = said.get("bins") or [None] * len(BINS)
                said_of_fec = (said.get("fec_ccw"), said.get("fec_nccw"), said.get("pre_fec_ber"))
                counters[device, run, name] = (said["oper"], *said_of_fec, *bins)
                continue
            location = name.split("-", 1)[1].split(":")[0]
            module = (said.get("temperature_c"), said.get("voltage_v"), serials.get((device, location)))
            modules[device, run, name] = module
            for lane in said.get("lanes", []):
                values = (lane.get("rx_power_dbm"), lane["tx_power_dbm"], lane["bias_ma"])
                lanes[device, run, name, lane["lane"]] = values
    return lanes, modules, counters


def compare(what, sent, found):
    assert sent, f"the ledger holds no {what}"
    missing, extra = sent.keys() - found.keys(), found.keys() - sent.keys()
    assert not missing, f"{what}: {len(missing)} sent and not there, such as {min(missing)}"
    assert not extra, f"{what}: {len(extra)} there and never sent, such as {min(extra)}"
    for where, values in sent.items():
        assert found[where] == values, f"{what} {where}: sent {values}, found {found[where]}"
    measured = sum(value is not None for values in sent.values() for value in values)
    print(f"ok {what}: {len(sent)} rows, {measured} values")


lake, ledger = sys.argv[1:3]
lanes, modules, counters = sent(ledger)
assert {run for _, run, *_ in lanes} == {0, 1}, "the demo makes two runs"
for reader in (with_pyarrow, with_duckdb):
    print(reader.__name__)
    compare("lanes", lanes, received(reader, lake, "lane-dom", ["if_name", "lane"], LANE_COLUMNS))
    compare("modules", modules, received(reader, lake, "intf-dom", ["if_name"], MODULE_COLUMNS))
    compare("counters", counters, received(reader, lake, "intf-counters", ["if_name"], COUNTER_COLUMNS))

misplaced = duckdb.sql(
    f"""SELECT count(*) FROM read_parquet('{lake}/dt=*/hr=*/*/*.parquet', hive_partitioning = true, union_by_name = true)
        WHERE strftime(make_timestamp(run_timestamp * 1000000), '%Y-%m-%d %H')
           <> strftime(CAST(dt AS DATE), '%Y-%m-%d') || ' ' || lpad(CAST(hr AS VARCHAR), 2, '0')"""
).fetchall()[0][0]
assert misplaced == 0, f"{misplaced} rows are in a partition that is not that of their run"
