"""What a careful Python reader of the same fields takes, with ElementTree: one pass over the children of each element, local names
looked up once, values by table.

    python3 parse.py RPC FILE ROUNDS    milliseconds of the fastest of so many rounds, the import not counted
    python3 parse.py RPC FILE           reads the reply once, as a process that a playbook starts for each device
"""

import re
import sys
import time
import xml.etree.ElementTree as ElementTree

THRESHOLDS = {}
for field, element, suffix in [
    ("temperature", "module-temperature", ""),
    ("voltage", "module-voltage", ""),
    ("tx_power", "laser-tx-power", "-dbm"),
    ("rx_power", "laser-rx-power", "-dbm"),
    ("tx_bias", "laser-bias-current", ""),
]:
    for side in ("high", "low"):
        for level in ("alarm", "warn"):
            THRESHOLDS[f"{element}-{side}-{level}-threshold{suffix}"] = f"{field}_{side}_{level}"
MODULE = {"module-voltage": "voltage", "module-max-power": "module_max_power_w"}
LANE = {
    "laser-bias-current": "tx_bias",
    "laser-output-power": "tx_power_mw",
    "laser-output-power-dbm": "tx_power",
    "laser-rx-optical-power": "rx_power_mw",
    "laser-rx-optical-power-dbm": "rx_power",
    "rx-signal-avg-optical-power": "rx_power_mw",
    "rx-signal-avg-optical-power-dbm": "rx_power",
}
COUNTS = {
    "input-bps", "output-bps", "input-pps", "output-pps", "input-bytes", "output-bytes", "input-packets", "output-packets",
}
FEC = {
    "fec_ccw_count": "fec_ccw",
    "fec_nccw_count": "fec_nccw",
    "fec_ccw_error_rate": "fec_ccw_rate",
    "fec_nccw_error_rate": "fec_nccw_rate",
}
PCS = {"bit-error-seconds": "pcs_bit_error_seconds", "errored-blocks-seconds": "pcs_errored_blocks_seconds"}
SPEED = re.compile(r"([0-9.]+) *([kmgt])bps", re.IGNORECASE)
FACTORS = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
locals_ = {}


def local(tag):
    name = locals_.get(tag)
    if name is None:
        name = locals_[tag] = tag.rpartition("}")[2]
    return name


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def celsius(element):
    for key, value in element.items():
        if local(key) == "celsius":
            return number(value)
    return number((element.text or "").split("degrees C")[0])


def lane(element, found):
    for child in element:
        name = local(child.tag)
        if name in LANE:
            value = number(child.text)
            if value is not None:
                found[LANE[name]] = value
        elif name == "lane-index":
            found["lane"] = int(child.text)
        elif name == "laser-temperature":
            found["laser_temperature"] = celsius(child)
        elif name.endswith(("-alarm", "-warn")) and child.text and child.text.strip() in ("On", "on"):
            found.setdefault("alarms", []).append(name)
    return found


def optics(root):
    interfaces, lanes = [], []
    for interface in root.iter():
        if local(interface.tag) != "physical-interface":
            continue
        found, block = {}, None
        for child in interface:
            name = local(child.tag)
            if name == "name":
                found["if_name"] = child.text.strip()
            elif name == "optics-diagnostics":
                block = child
        if block is not None:
            for child in block:
                name = local(child.tag)
                if name == "optics-diagnostics-lane-values":
                    lanes.append(lane(child, {"if_name": found["if_name"]}))
                elif name in THRESHOLDS:
                    field = THRESHOLDS[name]
                    found[field] = celsius(child) if "temperature" in name else number(child.text)
                elif name == "module-temperature":
                    found["temperature"] = celsius(child)
                elif name in MODULE:
                    found[MODULE[name]] = number(child.text)
                elif name in LANE:
                    found[LANE[name]] = number(child.text)
                elif name.endswith(("-alarm", "-warn")) and child.text and child.text.strip() in ("On", "on"):
                    found.setdefault("alarms", []).append(name)
        interfaces.append(found)
    return len(interfaces), len(lanes)


def statistics(root):
    interfaces = {}
    for interface in root.iter():
        if local(interface.tag) != "physical-interface":
            continue
        found = {}
        for child in interface:
            name = local(child.tag)
            if name == "name":
                found["if_name"] = child.text.strip()
            elif name in ("description", "admin-status", "oper-status"):
                found[name.replace("-", "_")] = (child.text or "").strip()
            elif name == "speed":
                match = SPEED.fullmatch((child.text or "").strip())
                if match:
                    found["speed_bps"] = int(float(match[1]) * FACTORS[match[2].lower()])
            elif name == "interface-flapped":
                for key, value in child.items():
                    if local(key) == "seconds":
                        found["interface_flapped_seconds"] = int(value)
            elif name == "traffic-statistics":
                for leaf in child:
                    name = local(leaf.tag)
                    if name in COUNTS:
                        found[name.replace("-", "_")] = int(leaf.text)
            elif name == "ethernet-pcs-statistics":
                for leaf in child:
                    name = local(leaf.tag)
                    if name in PCS:
                        found[PCS[name]] = int(leaf.text)
            elif name in ("ethernet-fec-statistics", "ethernet-fec-mode"):
                for leaf in child:
                    name = local(leaf.tag)
                    if name in FEC:
                        found[FEC[name]] = int(leaf.text)
                    elif name == "pre-fec-ber":
                        found["pre_fec_ber"] = leaf.text.strip()
                        found["pre_fec_ber_value"] = number(leaf.text)
                    elif name == "enabled_fec_mode":
                        found["fec_mode"] = (leaf.text or "").strip()
            elif name == "ethernet-fechistogram-statistics":
                bins = {local(leaf.tag): int(leaf.text) for leaf in child}
                live, harvest = bins["sym-live-err"], bins["sym-harvest-err"]
                bin_number = bins["bin-num"]
                found[f"histogram_bin_{bin_number}"] = live + harvest
                found[f"histogram_bin_{bin_number}_live"] = live
                found[f"histogram_bin_{bin_number}_harvest"] = harvest
        interfaces[found["if_name"]] = found
    return len(interfaces), 0


READERS = {"optics_diagnostics": optics, "interface_statistics": statistics}


def main(rpc, path, rounds=None):
    reader = READERS[rpc]
    with open(path, "rb") as file:
        reply = file.read()
    best = float("inf")
    for _ in range(int(rounds or 1)):
        began = time.perf_counter()
        found = reader(ElementTree.fromstring(reply))
        best = min(best, time.perf_counter() - began)
    print(best * 1e3, *found)


if __name__ == "__main__":
    main(*sys.argv[1:])
