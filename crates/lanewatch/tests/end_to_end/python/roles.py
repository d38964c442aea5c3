"""Gives keys for a while, as an instance's metadata, STS and a pod's agent do, and stands before the S3 server as a guard of their tokens.

    roles.py STORE-PORT FOLDER      prints `METADATA STS POD GUARD`, four addresses, and writes what happened to FOLDER/roles.log

The keys are those of the S3 server, which checks the signatures; each time they are given with another session token, which the guard
asks for and which ends after a while: after an hour, or after two seconds below `/brief`. `/silent` never answers. The certificate of
STS, which is asked over TLS alone, is in FOLDER/authority.pem.
"""

import datetime
import http.client
import http.server
import ipaddress
import json
import pathlib
import ssl
import sys
import threading
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from s3_client import ACCESS_KEY, SECRET_KEY

store_port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
IDENTITY = "the-token-of-the-pod"
lock, ends_at = threading.Lock(), {}


def note(line):
    with lock, open(folder / "roles.log", "a", encoding="utf-8") as log:
        print(line, file=log)


def given(to, is_brief):
    """Keys with a token of their own, which is noted."""
    end = time.time() + (2 if is_brief else 3600)
    with lock:
        token = f"session-{len(ends_at) + 1}"
        ends_at[token] = end
    note(f"gave {token} to {to}")
    until = datetime.datetime.fromtimestamp(end, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY, "Token": token, "Expiration": until}


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")


class Metadata(Quiet):
    """Version 2: nothing without a token that was fetched with PUT."""

    def do_PUT(self):
        if self.path.startswith("/silent"):
            time.sleep(600)
        note("metadata token")
        is_asked = self.path.endswith("/latest/api/token") and "X-aws-ec2-metadata-token-ttl-seconds" in self.headers
        self.answer(200, b"of-metadata") if is_asked else self.answer(400, b"")

    def do_GET(self):
        role = "/latest/meta-data/iam/security-credentials/"
        if self.headers.get("X-aws-ec2-metadata-token") != "of-metadata":
            note("metadata asked without a token")
            self.answer(401, b"")
        elif self.path.endswith(role):
            self.answer(200, b"lanewatch-runner")
        elif self.path.endswith(role + "lanewatch-runner"):
            keys = given("the instance", self.path.startswith("/brief"))
            self.answer(200, json.dumps({"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": keys["Expiration"], **keys}).encode())
        else:
            self.answer(404, b"")


class Sts(Quiet):
    def do_POST(self):
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query or self.body().decode())
        asked = {name: values[0] for name, values in asked.items()}
        wanted = {"Action": "AssumeRoleWithWebIdentity", "WebIdentityToken": IDENTITY, "RoleArn": "arn:aws:iam::1:role/lanewatch"}
        if not wanted.items() <= asked.items():
            note("STS refused")
            self.answer(400, b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code>"
                             b"<Message>no such identity</Message></Error></ErrorResponse>")
            return
        keys = given("the web identity", False)
        keys["SessionToken"] = keys.pop("Token")
        fields = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
        result = "AssumeRoleWithWebIdentity"
        self.answer(200, f'<{result}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{result}Result>'
                         f"<Credentials>{fields}</Credentials></{result}Result></{result}Response>".encode())


class Pod(Quiet):
    def do_GET(self):
        if self.headers.get("Authorization") != IDENTITY:
            note("pod refused")
            self.answer(401, b"")
            return
        self.answer(200, json.dumps(given("the pod", False)).encode())


class Guard(Quiet):
    """Lets through to the store what carries a token that has not ended, slowly."""

    def carry(self):
        body, token = self.body(), self.headers.get("x-amz-security-token")
        is_signed = "x-amz-security-token" in self.headers.get("Authorization", "")
        if not is_signed or ends_at.get(token, 0) < time.time():
            note(f"guard refused {token}")
            self.answer(400, b"<Error><Code>ExpiredToken</Code><Message>over</Message></Error>")
            return
        note(f"guard let {token} through")
        time.sleep(0.3)
        store = http.client.HTTPConnection("127.0.0.1", store_port)
        store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            store.putheader(name, value)
        store.endheaders(body)
        found = store.getresponse()
        headers = [(name, value) for name, value in found.getheaders() if name.lower() not in ("content-length", "transfer-encoding")]
        if self.command == "HEAD":
            self.send_response(found.status)
            for name, value in found.getheaders():
                self.send_header(name, value)
            self.end_headers()
        else:
            self.answer(found.status, found.read(), headers)
        store.close()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = carry


def certified(names):
    """A context with a certificate of an authority of its own."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def certificate(subject, issuer, key, signer, extensions):
        name = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        made = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        for extension in extensions:
            made = made.add_extension(extension, critical=False)
        return made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    (folder / "authority.pem").write_bytes(
        certificate("authority", "authority", authority, authority, [x509.BasicConstraints(ca=True, path_length=None)]))
    (folder / "sts.pem").write_bytes(
        certificate("sts", "authority", key, authority, [x509.SubjectAlternativeName(names)])
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "sts.pem")
    return context


addresses = []
for handler in (Metadata, Sts, Pod, Guard):
    server, scheme = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler), "http"
    if handler is Sts:
        context = certified([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        server.socket, scheme = context.wrap_socket(server.socket, server_side=True), "https"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses.append(f"{scheme}://127.0.0.1:{server.server_port}")
print(*addresses, flush=True)
sys.stdin.read()
