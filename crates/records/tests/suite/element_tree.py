"""What Python's ElementTree finds in Junos replies, at the paths of the contract, under Lanewatch's field names.

A witness that shares nothing with the parsers: it reads each reply into a tree and looks fields up by path. Only what is present
is reported, so a field that Lanewatch has and this has not is one that was invented.

    python3 witness.py FOLDER      every reply in FOLDER/<kind>/, as one JSON object by path
"""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

KINDS = {
    "chassis-inventory": "chassis_inventory",
    "interface-information": "interface_statistics",
    "optics-diagnostics": "optics_diagnostics",
    "pic-detail": "pic_detail",
    "system-information": "system_information",
}

MODULE = {
    "temperature": ("module-temperature", "celsius"),
    "voltage": ("module-voltage", "number"),
    "module_max_power_w": ("module-max-power", "number"),
}
for field, element, unit, kind in [
    ("temperature", "module-temperature", "", "celsius"),
    ("voltage", "module-voltage", "", "number"),
    ("tx_power", "laser-tx-power", "-dbm", "number"),
    ("rx_power", "laser-rx-power", "-dbm", "number"),
    ("tx_bias", "laser-bias-current", "", "number"),
]:
    for side in ("high", "low"):
        for level in ("alarm", "warn"):
            MODULE[f"{field}_{side}_{level}"] = (f"{element}-{side}-{level}-threshold{unit}", kind)

LIGHT = {
    "rx_power": ("laser-rx-optical-power-dbm", "number"),
    "rx_power_mw": ("laser-rx-optical-power", "number"),
    "tx_power": ("laser-output-power-dbm", "number"),
    "tx_power_mw": ("laser-output-power", "number"),
    "tx_bias": ("laser-bias-current", "number"),
}
LIGHT_OF_A_SINGLE_LANE = {
    **LIGHT,
    "rx_power": ("rx-signal-avg-optical-power-dbm", "number"),
    "rx_power_mw": ("rx-signal-avg-optical-power", "number"),
}

STATISTICS = {
    "description": ("description", "text"),
    "admin_status": ("admin-status", "text"),
    "oper_status": ("oper-status", "text"),
    "speed_bps": ("speed", "speed"),
    "interface_flapped_seconds": ("interface-flapped", "flapped"),
    "pcs_bit_error_seconds": ("ethernet-pcs-statistics/bit-error-seconds", "count"),
    "pcs_errored_blocks_seconds": ("ethernet-pcs-statistics/errored-blocks-seconds", "count"),
    "fec_ccw": ("ethernet-fec-statistics/fec_ccw_count", "count"),
    "fec_nccw": ("ethernet-fec-statistics/fec_nccw_count", "count"),
    "fec_ccw_rate": ("ethernet-fec-statistics/fec_ccw_error_rate", "number"),
    "fec_nccw_rate": ("ethernet-fec-statistics/fec_nccw_error_rate", "number"),
    "pre_fec_ber": ("ethernet-fec-statistics/pre-fec-ber", "text"),
}
for way in ("input", "output"):
    for what in ("bps", "pps", "bytes", "packets"):
        STATISTICS[f"{way}_{what}"] = (f"traffic-statistics/{way}-{what}", "count")

SYSTEM = {
    "hostname": ("host-name", "text"),
    "model": ("hardware-model", "text"),
    "os_name": ("os-name", "text"),
    "version": ("os-version", "text"),
    "serial_number": ("serial-number", "text"),
}
XCVR = {
    "part_number": ("part-number", "text"),
    "serial_number": ("serial-number", "text"),
    "revision": ("version", "text"),
    "description": ("description", "text"),
    "model_number": ("model-number", "text"),
}
PORT = {
    "vendor": ("sfp-vendor-name", "text"),
    "part_number": ("sfp-vendor-pno", "text"),
    "serial_number": ("sfp-vendor-sn", "text"),
    "firmware_version": ("sfp-vendor-fw-ver", "firmware"),
    "revision": ("sfp-jnpr-ver", "text"),
    "cable_type": ("cable-type", "text"),
    "fiber_mode": ("fiber-mode", "text"),
    "wavelength": ("wavelength", "text"),
}
NOTHING = {"", "n/a", "not supported", "not available", "none", "unknown", "-"}
SPEEDS = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}


def local(name):
    return name.rsplit("}", 1)[-1]


def attribute(element, name):
    return next((value for key, value in element.attrib.items() if local(key) == name), None)


def at(element, path):
    """The first element at the path of local names."""
    for name in path.split("/"):
        element = next((child for child in element if local(child.tag) == name), None)
        if element is None:
            return None
    return element


def every(element, name):
    return [found for found in element.iter() if local(found.tag) == name]


def number(text):
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if abs(value) != float("inf") and value == value else None


def read(element, kind):
    text = (element.text or "").strip()
    if kind == "text":
        return None if text.lower() in NOTHING else text
    if kind == "firmware":  # zeros stand for none
        return read(element, "text") if text.strip("0.") else None
    if kind == "celsius":
        celsius = number(attribute(element, "celsius") or "")
        return celsius if celsius is not None else number(text.split("degrees C")[0])
    if kind == "count":
        return int(text) if text.isdigit() else None
    if kind == "speed":
        match = re.fullmatch(r"([0-9.]+) *([kmgt])bps", text.lower())
        return int(float(match[1]) * SPEEDS[match[2]]) if match else None
    if kind == "flapped":
        seconds = attribute(element, "seconds")
        return int(seconds) if seconds and text.lower() != "never" else None
    return number(text)


def fields(element, table):
    found = {}
    for field, (path, kind) in table.items():
        leaf = at(element, path)
        value = read(leaf, kind) if leaf is not None else None
        if value is not None:
            found[field] = value
    return found


def on(element):
    """Elements of flags that are on."""
    flags = [child for child in element if re.search("-(alarm|warn)$", local(child.tag))]
    return sum((flag.text or "").strip().lower() == "on" for flag in flags)


def optics(root):
    interfaces, lanes = [], []
    for interface in every(root, "physical-interface"):
        name, block = at(interface, "name"), at(interface, "optics-diagnostics")
        if name is None:
            continue
        name = name.text.strip()
        if block is None:
            interfaces.append({"if_name": name})
            continue
        module = fields(block, MODULE)
        its_lanes = []
        for lane in (child for child in block if local(child.tag) == "optics-diagnostics-lane-values"):
            index = int(at(lane, "lane-index").text)
            temperature = fields(lane, {"laser_temperature": ("laser-temperature", "celsius")})
            its_lanes.append({"if_name": name, "lane": index, **fields(lane, LIGHT), **temperature, "on": on(lane)})
        single = fields(block, LIGHT_OF_A_SINGLE_LANE)
        if single and not its_lanes:
            module.update(single)
            its_lanes.append({"if_name": name, "lane": 0, **single, "on": on(block)})
        lit = any(lane.get("tx_bias") or lane.get("rx_power_mw") or lane.get("laser_temperature") for lane in its_lanes)
        if module.get("temperature") == 0 and module.get("voltage") == 0 and not lit:
            # An empty cage: whatever it sends is no measurement.
            module, its_lanes = {}, [{"if_name": name, "lane": lane["lane"], "on": 0} for lane in its_lanes]
        interfaces.append({"if_name": name, **module, "lane_count": len(its_lanes)})
        lanes += its_lanes
    return {"interfaces": interfaces, "lanes": lanes}


def statistics(root):
    interfaces = []
    for interface in every(root, "physical-interface"):
        name = at(interface, "name")
        if name is None:
            continue
        found = {"if_name": name.text.strip(), **fields(interface, STATISTICS)}
        for place in ("ethernet-fec-mode/enabled_fec_mode", "ethernet-fec-statistics/enabled_fec_mode"):
            mode = at(interface, place)
            if mode is not None and (mode.text or "").strip():
                found["fec_mode"] = mode.text.strip()
        interfaces.append(found)
    return {"interfaces": interfaces}


def chassis(root):
    transceivers = []

    def down(module, place):
        name = at(module, "name")
        name = (name.text or "").strip() if name is not None else ""
        kind, _, slot = name.partition(" ")
        if kind in ("FPC", "PIC", "Xcvr"):
            place = {**place, kind: int(slot)}
        if kind == "Xcvr":
            location = [place.get("FPC"), place.get("PIC"), place["Xcvr"]]
            transceivers.append({"location": location, **fields(module, XCVR)})
        for child in module:
            if re.fullmatch("chassis-.*module", local(child.tag)):
                down(child, place)

    boxes = every(root, "chassis")
    for box in boxes:
        down(box, {})
    serials = [read(serial, "text") for box in boxes if (serial := at(box, "serial-number")) is not None]
    return {"serial_number": next(iter(serials), None), "transceivers": transceivers}


def pics(root):
    lists = every(root, "port-information") or [[root] if local(root.tag) == "port" else []]
    ports = [port for ports in lists for port in ports if local(port.tag) == "port"]
    return {"ports": [{"port": int(at(port, "port-number").text), **fields(port, PORT)} for port in ports]}


def system(root):
    return {"system": [fields(found, SYSTEM) for found in every(root, "system-information")]}


READERS = {
    "chassis_inventory": chassis,
    "interface_statistics": statistics,
    "optics_diagnostics": optics,
    "pic_detail": pics,
    "system_information": system,
}


def main(folder):
    found = {}
    for kind, parser in KINDS.items():
        for path in sorted((folder / kind).glob("*.xml")):
            root = ElementTree.parse(path).getroot()
            found[f"{kind}/{path.name}"] = {"parser": parser, **READERS[parser](root)}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
