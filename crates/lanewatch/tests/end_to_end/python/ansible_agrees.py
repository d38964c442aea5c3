"""Compares what Ansible makes of an inventory with what Lanewatch makes of it, host by host and variable by variable.

Usage: ansible_agrees.py FOLDER LISTING RESOLVED -- ARGUMENTS

FOLDER is where Ansible runs, LISTING and RESOLVED what `lanewatch inventory list --json` printed without and with `--resolved`, the
arguments are those that both programs take: `-i`, `-l`, `-e`, `--playbook-dir`. Secrets, which Lanewatch does not show, are compared by
name alone.
"""

import json
import os
import re
import subprocess
import sys

SECRET = "(secret)"
# Names that Ansible's debug task sets or hides by itself, so that they cannot be asked for there.
NOT_ASKED = {"ansible_connection", "ansible_network_os", "ansible_user", "ansible_password", "ansible_host", "ansible_port", "ansible_group_priority"}


def ansible(program, folder, arguments):
    environment = dict(os.environ, ANSIBLE_NOCOLOR="1", ANSIBLE_DEPRECATION_WARNINGS="False", ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_FORKS="1")
    program = os.path.join(os.path.dirname(sys.executable), program)
    done = subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{program} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def differences(path, theirs, ours):
    """Where two values differ. Python's True equals 1, so types are compared as well."""
    if ours == SECRET:
        return
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(theirs.keys() | ours.keys()):
            if key not in ours or key not in theirs:
                yield f"{path}.{key}: only {'Ansible' if key in theirs else 'Lanewatch'} has it"
            else:
                yield from differences(f"{path}.{key}", theirs[key], ours[key])
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for at, (one, other) in enumerate(zip(theirs, ours)):
            yield from differences(f"{path}[{at}]", one, other)
    elif type(theirs) is not type(ours) or theirs != ours:
        yield f"{path}: Ansible has {theirs!r}, Lanewatch {ours!r}"


def resolved_by_ansible(folder, arguments, listing):
    """Each host's variables as Ansible's debug action shows them."""
    names = sorted({name for variables in listing["_meta"]["hostvars"].values() for name in variables} - NOT_ASKED)
    # One task for all: a name that a host does not have is left out of its answer.
    asked = ", ".join(f"'{name}': {name} | default('(not set)')" for name in names)
    printed = ansible("ansible", folder, ["all", *arguments, "-e", "ansible_connection=local", "-m", "debug", "-a", f"msg={{{{ {{{asked}}} }}}}"])
    found = {}
    for match in re.finditer(r"^(\S+) \| SUCCESS => ", printed, re.M):
        answer, _ = json.JSONDecoder().raw_decode(printed, match.end())
        found[match.group(1)] = {name: value for name, value in answer["msg"].items() if value != "(not set)"}
    return found


def main():
    folder, listing, resolved = sys.argv[1:4]
    arguments = sys.argv[5:]
    ours, ours_resolved = (json.load(open(path)) for path in (listing, resolved))
    theirs = json.loads(ansible("ansible-inventory", folder, [*arguments, "--list"]))
    theirs["_meta"].pop("profile", None)
    wrong = list(differences("list", theirs, ours))
    hosts = resolved_by_ansible(folder, arguments, theirs)
    if not theirs["_meta"]["hostvars"].keys() <= hosts.keys():
        wrong.append(f"the debug task answered for {sorted(hosts)} only")
    for host, variables in hosts.items():
        mine = {name: value for name, value in ours_resolved["_meta"]["hostvars"].get(host, {}).items() if name not in NOT_ASKED}
        wrong.extend(differences(f"resolved.{host}", variables, mine))
    if wrong:
        sys.exit("\n".join(wrong[:60]) + f"\n{len(wrong)} differences")
    count = sum(len(variables) for variables in theirs["_meta"]["hostvars"].values())
    print(f"{len(hosts)} hosts, {count} variables agree")


main()
