"""Sessions of ncclient: connect, host key, login, hello, one small RPC, close. Prints seconds of wall and of processor time."""

import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from ncclient import manager
from ncclient.xml_ import to_ele


def session(number):
    with manager.connect(
        host="127.0.0.1",
        port=ports[number % len(ports)],
        username=user,
        key_filename=key,
        ssh_config=ssh_config.name,
        hostkey_verify=True,
        allow_agent=False,
        look_for_keys=False,
        timeout=60,
    ) as device:
        reply = device.dispatch(to_ele("<get-system-information/>"))
        assert "system-information" in reply.xml


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


count, threads = int(sys.argv[1]), int(sys.argv[2])
user, key, known_hosts = sys.argv[3:6]
ports = [int(port) for port in sys.argv[6:]]
# How ncclient is told which file to check host keys against.
ssh_config = tempfile.NamedTemporaryFile("w")
ssh_config.write(f"UserKnownHostsFile {known_hosts}\n")
ssh_config.flush()
began, used = time.monotonic(), processor_seconds()
with ThreadPoolExecutor(threads) as pool:
    list(pool.map(session, range(count)))
print(time.monotonic() - began, processor_seconds() - used)
