"""Compares the outputs of two builds of `lanewatch`, to show that a change of the code's layout moves none of them.

    cargo xtask compare OLD_BINARY NEW_BINARY [WORK_FOLDER]

Both binaries run the same commands on the same input, each in a folder of its own below WORK_FOLDER:

- `parse` on every fixture and `replay` on all of them, with both shipped mappings;
- `record`, by the new binary alone, of a simulated fleet of all models; that recording is served to both;
- `collect` (with faulty devices), `replay`, `lake write`, `plan`, `check`, `inventory`, `lake ddl`.

Compared are standard output, standard error, exit status and every file that is left: JSON documents and `run.json` by
key, Parquet files by schema (with the fields' metadata) and by value in the order of the rows, metrics by line.

Masked are clocks, durations, paths, run ids, versions and the sizes of lake files (which hold clocks): see `MASKED_KEYS`
and `MASKS`. Keys, metric families and files that only the new binary has are listed as *added*; everything else that
differs is *changed*, and the exit status is 1.
"""

import difflib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
DEVICES = 18
SAVED_AT = 1_770_132_640  # when fixtures "arrived", UTC
FAULTS = {  # by the place of the device in the fleet
    1: "port-closed",
    2: "refused-login",
    3: "changed-host-key",
    4: "no-hello",
    5: "rpc-error",
    6: "wrong-message-id",
    7: "garbage-framing",
    8: "cut-reply:20000",
    9: "black-hole",
}
TIMEOUTS = ["--version-exchange-timeout", "2s", "--hello-timeout", "2s", "--key-exchange-timeout", "10s"]

# Clocks, durations, ids, versions.
MASKED_KEYS = {
    "timestamp", "run_timestamp", "run_id", "finished", "arrived", "seconds", "paused_seconds", "lanewatch",
}
MASKS = [
    (re.compile(r"(?<![0-9])20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC)?"), "<clock>"),
    (re.compile(r"(?<![0-9])20\d{6}_\d{6}(?![0-9])"), "<clock>"),
    (re.compile(r"(?<![0-9a-z])dt=\d{4}-\d\d-\d\d/hr=\d\d"), "<partition>"),
    (re.compile(r"(?<![0-9.])1[67]\d{8}(?![0-9])"), "<clock>"),
    (re.compile(r"(?<=_compare_)[0-9a-f]{8}(?![0-9a-z])"), "<run id>"),
    (re.compile(r"(?<![0-9a-z.])\d+(\.\d+)? ?(s|ms|seconds)(?![a-z])"), "<duration>"),
    (re.compile(r"(?<=B) +\d+\.\d$", re.M), " <duration>"),  # in the table of `collect`
    (re.compile(r"(?<![0-9.])\d+\.\d kB"), "<size>"),  # of lake files: they hold clocks
]


class Comparison:
    """Gathers what differs, the same difference at many places once."""

    def __init__(self):
        self.changed, self.added, self.compared = Counter(), Counter(), Counter()
        self.examples = {}

    def note(self, into, kind, example):
        into[kind] += 1
        self.examples.setdefault(kind, example)

    def text(self, what, where, old, new):
        self.compared[what] += 1
        old, new = (masked(text).splitlines() for text in (old, new))
        for line in difflib.unified_diff(old, new, n=0, lineterm=""):
            if line[:1] in "+-" and line[:3] not in ("+++", "---"):
                self.note(self.changed, f"{what}: {line}", where)

    def metrics(self, where, old, new):
        self.compared["metrics"] += 1
        (old, old_families), (new, new_families) = (read_metrics(text) for text in (old, new))
        for family in new_families.keys() - old_families.keys():
            self.note(self.added, f"metrics: family {family}", where)
        for family, told in old_families.items():
            if told != new_families.get(family):
                self.note(self.changed, f"metrics: {told} became {new_families.get(family)}", where)
        for series in old.keys() | new.keys():
            family, labels = series[0], [name for name, _ in series[1]]
            if series not in new:
                self.note(self.changed, f"metrics: {family}{labels} is gone", f"{where} {series[1]}")
            elif series not in old and family in old_families:
                self.note(self.changed, f"metrics: {family}{labels} is new", f"{where} {series[1]} {new[series]}")
            elif series in old and old[series] != new[series]:
                values = f"{old[series]} became {new[series]}"
                self.note(self.changed, f"metrics: {family}{labels} has another value", f"{where} {series} {values}")
        self.compared["metric series"] += len(old)

    def metrics_of_one_device(self, where, old, new):
        """To the byte, in the same order: what only the new binary has is left out, and clocks are."""
        known = read_metrics(old)[1]
        lines = lambda text: [
            re.sub(r"(_seconds(\{.*\})?) \S+$", r"\1 <clock>", line)
            for line in text.splitlines()
            if re.match(r"(?:# \S+ )?(\w+)", line).group(1) in known
        ]
        self.text("metrics of one device", where, "\n".join(lines(old)), "\n".join(lines(new)))

    def json(self, what, where, old, new, path=""):
        if isinstance(old, dict) and isinstance(new, dict):
            for key in old.keys() | new.keys():
                inner = f"{path}.{key}"
                if key not in old:
                    self.note(self.added, f"{what}: key {general(inner)}", f"{where}{inner} = {new[key]!r}")
                elif key not in new:
                    self.note(self.changed, f"{what}: key {general(inner)} is gone", f"{where}{inner} = {old[key]!r}")
                elif key not in MASKED_KEYS and not (key == "bytes" and path.startswith(".files[")):
                    self.json(what, where, old[key], new[key], inner)
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for at, (one, other) in enumerate(zip(old, new)):
                self.json(what, where, one, other, f"{path}[{at}]")
        elif masked_value(old) != masked_value(new):
            self.note(self.changed, f"{what}: {general(path)}: {short(old)} became {short(new)}", f"{where}{path}")

    def parquet(self, where, old, new):
        self.compared["lake files"] += 1
        old, new = pq.ParquetFile(old).read(), pq.ParquetFile(new).read()
        shape = lambda table: [(f.name, str(f.type), f.nullable, f.metadata) for f in table.schema]
        if shape(old) != shape(new):
            differing = [pair for pair in zip(shape(old), shape(new)) if pair[0] != pair[1]]
            self.note(self.changed, f"lake: schema of {Path(where).parts[-2]}: {differing[:3]}", where)
        keys = lambda table: sorted((table.schema.metadata or {}).keys())
        if keys(old) != keys(new):
            self.note(self.changed, f"lake: footer keys {keys(old)} became {keys(new)}", where)
        rows = lambda table: table.drop_columns([n for n in table.column_names if n in MASKED_KEYS]).to_pylist()
        old, new = rows(old), rows(new)
        self.compared["lake rows"] += len(old)
        if len(old) != len(new):
            self.note(self.changed, f"lake: {len(old)} rows became {len(new)}", where)
        for at, (one, other) in enumerate(zip(old, new)):
            self.json("lake", where, one, other, f" row {at}: ")

    def report(self):
        print("compared:", ", ".join(f"{number} {what}" for what, number in sorted(self.compared.items())))
        for title, differences in (("added", self.added), ("CHANGED", self.changed)):
            print(f"\n{title}: {len(differences)}")
            for kind, times in sorted(differences.items()):
                print(f"  {kind}\n      {times} times; first in {self.examples[kind]}")


def masked(text):
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def masked_value(value):
    return masked(value) if isinstance(value, str) else value


def read_metrics(text):
    """({(name, labels): value}, {name: its HELP and TYPE}). The order of series is that in which devices came."""
    series, families = {}, {}
    for line in text.splitlines():
        if line.startswith("#"):
            name = line.split(" ", 3)[2]
            families[name] = families.get(name, "") + line
            continue
        named, value = line.rsplit(" ", 1)
        name, _, labels = named.partition("{")
        labels = tuple(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        assert (name, labels) not in series, line
        series[name, labels] = "<clock>" if name.endswith("_seconds") else value
    return series, families


def general(path):
    """The path without the names and numbers of one device."""
    return re.sub(r"\[\d+\]|row \d+", "[]", re.sub(r"\b[a-z]+-\d+/\d+/\d+(:\d+)?|\b[a-z0-9]+-\d+\b", "*", path))


def short(value):
    text = json.dumps(masked_value(value), default=str)
    return text if len(text) < 300 else text[:300] + "…"


class Side:
    """One of the binaries, with the folder in which it works."""

    def __init__(self, name, binary, work):
        self.name, self.binary, self.folder = name, Path(binary).resolve(), work / name
        (self.folder / "home").mkdir(parents=True)

    def run(self, *arguments):
        """(standard output, standard error and exit status) of a command. Its paths are relative: the same for both."""
        environment = {
            "HOME": str(self.folder / "home"), "PATH": os.environ["PATH"], "USER": "compare", "TZ": "UTC",
            "LANG": "C.UTF-8",
        }
        done = subprocess.run(
            [self.binary, *map(str, arguments)], cwd=self.folder, env=environment, capture_output=True, text=True,
            timeout=600, stdin=subprocess.DEVNULL,
        )
        return done.stdout, f"{done.stderr}\nexit status {done.returncode}\n"


class Simulator:
    """Devices that `binary sim` stands in for, while the block runs."""

    def __init__(self, binary, folder, *arguments):
        command = [binary, "sim", "--folder", folder, *arguments]
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
        self.inventory = folder / "inventory.yaml"
        for line in self.process.stdout:
            if line.startswith("ready"):
                break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


def fixtures():
    """(RPC, case, reply, extra arguments) of every fixture with one reply."""
    for reply in sorted(FIXTURES.glob("*/*/*/reply.xml")):
        family, rpc, case, _ = reply.relative_to(FIXTURES).parts
        mapping = ["--catalogue", ROOT / "mappings" / f"{rpc}.yml"] if family == "mappings" else []
        yield rpc, case, reply, mapping


def save(folder, name, reply):
    folder.mkdir(exist_ok=True, parents=True)
    copy = folder / name
    shutil.copyfile(reply, copy)
    os.utime(copy, (SAVED_AT, SAVED_AT))
    return copy


def slots_of(reply):
    """`_FPC_PIC` for the name of a saved reply to `pic_detail`."""
    slot = re.search(r"<slot>\s*(\d+)", reply.read_text(errors="replace"))
    pic = re.search(r"<pic-slot>\s*(\d+)", reply.read_text(errors="replace"))
    return f"_{slot.group(1) if slot else 0}_{pic.group(1) if pic else 0}"


def compare_outputs(comparison, what, where, sides, *arguments):
    """Runs a command with both; JSON on standard output is compared by key."""
    (old, old_told), (new, new_told) = (side.run(*arguments) for side in sides)
    assert old or old_told.count("\n") > 2, f"{what}, {where}: the old binary says nothing"
    try:
        old, new = json.loads(old), json.loads(new)
        comparison.compared[what] += 1
        comparison.json(what, where, old, new)
    except ValueError:
        comparison.text(what, where, old, new)
    comparison.text(f"{what}, standard error", where, old_told, new_told)


def compare_files(comparison, sides, folder):
    """Compares all files below the folder that both have made."""
    def files(side):
        found = (path.relative_to(side.folder) for path in (side.folder / folder).rglob("*") if path.is_file())
        # `latest` is a link to the run's own folder.
        return {masked(str(path)): path for path in found if "latest" not in path.parts}

    old, new = (files(side) for side in sides)
    for name in old.keys() - new.keys():
        comparison.note(comparison.changed, f"file {general(name)} is gone", name)
    for name in new.keys() - old.keys():
        comparison.note(comparison.added, f"file {general(name)}", name)
    for name in sorted(old.keys() & new.keys()):
        before, after = (side.folder / files[name] for side, files in zip(sides, (old, new)))
        if name.endswith(".parquet"):
            comparison.parquet(name, before, after)
        elif name.endswith(".json"):
            what = "run.json" if name.endswith("run.json") else "JSON documents"
            comparison.compared[what] += 1
            comparison.json(what, name, *(json.loads(path.read_text()) for path in (before, after)))
        elif name.endswith(".prom"):
            compare = comparison.metrics_of_one_device if folder == "one" else comparison.metrics
            compare(name, before.read_text(), after.read_text())
        elif before.read_bytes() != after.read_bytes():
            comparison.note(comparison.changed, f"raw file {general(name)}", name)


def of_fixtures(comparison, sides, work):
    saved = work / "fixtures"
    for rpc, case, reply, mapping in fixtures():
        slots = slots_of(reply) if rpc == "pic_detail" else ""
        # A device a fixture: the names of cases are unique within an RPC.
        copy = save(saved, f"{rpc.replace('_', '-')}.{case.replace('_', '-')}_{rpc}{slots}_raw.xml", reply)
        compare_outputs(
            comparison, "parse", f"{rpc}/{case}", sides,
            "parse", rpc, "-i", copy, "--run-timestamp", SAVED_AT, "--runner-name", "compare", *mapping,
        )
    for case in sorted((FIXTURES / "junos/join").iterdir()):
        replies = sorted(case.glob("*.xml"))
        for reply in replies:
            save(saved, f"join.{case.name.replace('_', '-')}_{reply.stem}_raw.xml", reply)
    compare_outputs(
        comparison, "replay", "all fixtures", sides,
        "replay", saved, "--output", "fixtures/output", "--lake", "fixtures/lake", "--run-timestamp", SAVED_AT,
        "--runner-name", "compare", *catalogues(),
    )
    compare_files(comparison, sides, "fixtures")


def catalogues():
    return [part for path in sorted((ROOT / "mappings").glob("*.yml")) for part in ("--catalogue", path)]


def of_fleet(comparison, sides, work):
    new = sides[1]
    recording = work / "recording"
    with Simulator(new.binary, work / "sim", "--devices", DEVICES, "--seed", 15) as fleet:
        names = re.findall(r'^\s+"?([a-z0-9]+-\d+)"?:\s*$', fleet.inventory.read_text(), re.M)
        assert len(names) == DEVICES, names
        new.run("record", "-o", recording, "-i", fleet.inventory, *catalogues())
    faults = [part for at, fault in FAULTS.items() for part in ("--fault", f"{names[at]}={fault}")]
    with Simulator(new.binary, work / "live", "--devices", DEVICES, "--seed", 15, *faults) as fleet:
        devices = ["-i", fleet.inventory, *catalogues()]
        for arguments in (["check"], ["check", "--json"]):
            compare_outputs(comparison, " ".join(arguments), "fleet", sides, *arguments, *devices, *TIMEOUTS)
        for arguments in (["plan"], ["plan", "--json"], ["plan", "--shard", "2/3"]):
            compare_outputs(comparison, "plan", "fleet", sides, *arguments, *devices, *TIMEOUTS)
        for arguments in (["list"], ["graph"], ["host", names[0]]):
            compare_outputs(comparison, "inventory", "fleet", sides, "inventory", *arguments, "-i", fleet.inventory)
    metric_names, first = {"default": [], "both": ["--metric-names", "both"]}, names[0]
    for run, faults in {"healthy": [], "faulty": faults}.items():
        with Simulator(new.binary, work / run, "--serve", recording, *faults) as fleet:
            for names in ("default", "both"):
                collect_with_both(comparison, sides, f"{run}-{names}", fleet, *metric_names[names])
            if not faults:
                collect_with_both(comparison, sides, "one", fleet, "--limit", first)
    compare_outputs(
        comparison, "replay", "recording", sides,
        "replay", recording, "--output", "replayed/output", "--lake", "replayed/lake", *catalogues(),
    )
    for layout in ("hive", "per-device"):
        compare_outputs(
            comparison, "lake write", layout, sides,
            "lake", "write", "--metrics-dir", "replayed/output", "--base-dir", f"replayed/{layout}",
            "--run-timestamp", SAVED_AT, "--runner-name", "compare", "--layout", layout,
        )
    compare_files(comparison, sides, "replayed")
    for engine in ("athena", "trino", "spark", "duckdb"):
        compare_outputs(comparison, "lake ddl", engine, sides, "lake", "ddl", "--engine", engine)


def collect_with_both(comparison, sides, folder, fleet, *arguments):
    for side in sides:
        (side.folder / folder).mkdir()
    compare_outputs(
        comparison, "collect", folder, sides,
        "collect", "-i", fleet.inventory, *catalogues(), *TIMEOUTS, "--attempts", 2, "--retry-pause", "10ms",
        "--runner-name", "compare", "--output-dir", f"{folder}/output", "--lake", f"{folder}/lake",
        "--metrics-file", f"{folder}/lanewatch.prom", *arguments,
    )
    compare_files(comparison, sides, folder)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    work = Path(sys.argv[3] if len(sys.argv) == 4 else "compare").resolve()
    shutil.rmtree(work, ignore_errors=True)
    sides = [Side(name, binary, work) for name, binary in zip(("old", "new"), sys.argv[1:3])]
    comparison = Comparison()
    of_fixtures(comparison, sides, work)
    of_fleet(comparison, sides, work)
    comparison.report()
    sys.exit(1 if comparison.changed else 0)


if __name__ == "__main__":
    main()
