"""Azure's blob storage asked with its own signatures: `create ENDPOINT` makes the container, `compare ENDPOINT LAKE` compares each blob.

The account and its key are those that every emulator of Azure's storage is delivered with.
"""

import base64
import email.utils
import hashlib
import hmac
import pathlib
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
CONTAINER = "lake"
task, endpoint = sys.argv[1:3]


def ask(method, path, **query):
    """The answer to a request that is signed as the documentation of the service's REST interface says."""
    headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    path = f"/{ACCOUNT}/{CONTAINER}{urllib.parse.quote(path)}"
    lines = [method, *[""] * 11, *(f"{name}:{value}" for name, value in headers.items())]
    # The account stands in the path of an emulator, and again before it.
    lines += [f"/{ACCOUNT}{path}", *(f"{name}:{value}" for name, value in sorted(query.items()))]
    signature = hmac.new(base64.b64decode(KEY), "\n".join(lines).encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signature).decode()}"
    address = f"{endpoint}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
    return urllib.request.urlopen(urllib.request.Request(address, method=method, headers=headers))


if task == "create":
    assert ask("PUT", "", restype="container").status == 201
else:
    prefix = "data/lake/"
    listed = xml.etree.ElementTree.fromstring(ask("GET", "", restype="container", comp="list", prefix=prefix).read())
    blobs = {name.text for name in listed.iter("Name")}
    lake = pathlib.Path(sys.argv[3])
    files = {prefix + str(path.relative_to(lake)): path for path in lake.glob("dt=*/**/*.parquet")}
    assert files and blobs == files.keys(), blobs ^ files.keys()
    for name, path in files.items():
        found = ask("GET", f"/{name}")
        body = found.read()
        assert body == path.read_bytes(), name
        assert found.headers["x-ms-meta-sha256"] == hashlib.sha256(body).hexdigest(), name
    print(f"{len(files)} files are the same on both sides")
