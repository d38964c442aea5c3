"""Reads an Ansible inventory the way Ansible merges it: the nearer variable wins."""

import yaml


def hosts(path):
    """Yields each host's name and variables."""
    with open(path, encoding="utf-8") as file:
        groups = yaml.safe_load(file)
    for group in groups.values():
        yield from _hosts_of(group, {})


def _hosts_of(group, inherited):
    group = group or {}
    variables = inherited | (group.get("vars") or {})
    for name, own in (group.get("hosts") or {}).items():
        yield name, variables | (own or {})
    for child in (group.get("children") or {}).values():
        yield from _hosts_of(child, variables)
