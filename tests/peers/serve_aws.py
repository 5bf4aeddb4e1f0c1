"""Plays the services of AWS on loopback until standard input closes, and records the requests.

The servers are A and B (HTTP), PROXY (answers CONNECT with 502 and forwards nothing), TLS
(certificate and key in the first two arguments) and TLS-CA (in the next two). The first line of
output has their ports. Each line of input starts a recording: the number of DescribeKeyPairs
requests to throttle first, or "-" to end it, which prints the requests.
"""

import json
import os
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

LOCK = threading.Lock()
STATE = {"failures": 0, "requests": []}
EMPTY = (
    '<DescribeKeyPairsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
    "<requestId>r</requestId><keySet/></DescribeKeyPairsResponse>"
)
THROTTLED = (
    "<Response><Errors><Error><Code>RequestLimitExceeded</Code>"
    "<Message>Request limit exceeded.</Message></Error></Errors><RequestID>r</RequestID></Response>"
)
LATER = "2099-01-01T00:00:00Z"


def assumed(operation, key):
    return (
        f'<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<{operation}Result><Credentials><AccessKeyId>{key}</AccessKeyId>"
        f"<SecretAccessKey>s</SecretAccessKey><SessionToken>ststok</SessionToken>"
        f"<Expiration>{LATER}</Expiration></Credentials><AssumedRoleUser>"
        f"<AssumedRoleId>i</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/x/y</Arn>"
        f"</AssumedRoleUser></{operation}Result><ResponseMetadata><RequestId>r</RequestId>"
        f"</ResponseMetadata></{operation}Response>"
    )


def keys(key, token, **more):
    names = {"AccessKeyId": key, "SecretAccessKey": "s", "Token": token, "Expiration": LATER}
    return json.dumps(names | more)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, text, status=200, kind="text/xml"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def record(self, what, form=None):
        form = form or {}
        authorization = self.headers.get("Authorization") or ""
        scope = authorization.partition("Credential=")[2].partition("/aws4_request")[0]
        # An access key ID may contain spaces.
        key, *rest = scope.rsplit("/", 3) if scope else ("",)
        request = {
            "method": self.command,
            "at": self.server.name,
            "what": what,
            "path": self.path,
            "access_key_id": key or None,
            "region": rest[1] if len(rest) > 1 else None,
            "session_token": self.headers.get("X-Amz-Security-Token"),
            "role": form.get("RoleArn"),
            "external_id": form.get("ExternalId"),
            "web_identity_token": form.get("WebIdentityToken"),
            "duration": form.get("DurationSeconds"),
            "serial": form.get("SerialNumber"),
            "token_code": form.get("TokenCode"),
            "session_name": form.get("RoleSessionName"),
            "container_token": authorization if self.path.startswith("/creds") else None,
            "user_agent": self.headers.get("User-Agent"),
        }
        with LOCK:
            STATE["requests"].append(request)

    def do_CONNECT(self):
        self.record(self.path)
        self.answer("", 502)
        self.close_connection = True

    def do_PUT(self):
        self.record(self.path)
        self.send_response(200)
        self.send_header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"token")

    def do_GET(self):
        self.record(self.path)
        roles = "/latest/meta-data/iam/security-credentials"
        path = self.path.partition("?")[0]
        if path.startswith("/creds") or path.startswith("/v2/"):
            self.answer(keys("AKCONTAINER", "ctoken"), kind="application/json")
        elif path.rstrip("/") == roles:
            self.answer("role1", kind="text/plain")
        elif path == roles + "/role1":
            text = keys("AKIMDS", "imdstoken", Code="Success", Type="AWS-HMAC")
            self.answer(text, kind="application/json")
        elif path.startswith("/latest/meta-data/placement/availability-zone"):
            self.answer("ap-south-1b", kind="text/plain")
        elif path == "/latest/meta-data/placement/region":
            self.answer("ap-south-1", kind="text/plain")
        elif path == "/federation/credentials":
            credentials = {
                "accessKeyId": "AKSSO",
                "secretAccessKey": "s",
                "sessionToken": "ssotoken",
                "expiration": 4070908800000,
            }
            self.answer(json.dumps({"roleCredentials": credentials}), kind="application/json")
        else:
            self.answer("", 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = {name: values[0] for name, values in parse_qs(body, True).items()}
        action = form.get("Action", self.path)
        self.record(action, form)
        if action == "DescribeKeyPairs":
            with LOCK:
                fails = STATE["failures"] > 0
                STATE["failures"] -= fails
            self.answer(THROTTLED if fails else EMPTY, 503 if fails else 200)
        elif action == "AssumeRole":
            self.answer(assumed(action, "AKROLE-" + form["RoleArn"].rpartition("/")[2]))
        elif action == "AssumeRoleWithWebIdentity":
            self.answer(assumed(action, "AKWEB"))
        else:
            self.answer("", 404)

    def log_message(self, *_):
        pass


def serve(name, files=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.name = name
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


certificates = sys.argv[1:]
ports = {name: serve(name) for name in ["A", "B", "proxy"]}
ports["TLS"] = serve("TLS", certificates[:2])
ports["TLS-CA"] = serve("TLS-CA", certificates[2:4])
print(json.dumps(ports), flush=True)
for line in sys.stdin:
    with LOCK:
        if line.strip() == "-":
            print(json.dumps(STATE["requests"]), flush=True)
        else:
            STATE.update(failures=int(line), requests=[])
os._exit(0)
