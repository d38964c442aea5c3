"""Fetches one schema with ncclient and writes its reply as it came: host port user key schema file."""

import sys

from ncclient import manager

host, port, user, key, schema, file = sys.argv[1:]
with manager.connect(
    host=host,
    port=int(port),
    username=user,
    key_filename=key,
    hostkey_verify=False,
    look_for_keys=False,
    allow_agent=False,
    timeout=60,
) as session:
    assert any("base:1.1" in capability for capability in session.server_capabilities)
    reply = session.get_schema(schema).xml
with open(file, "w", encoding="utf-8", newline="") as out:
    out.write(reply)
