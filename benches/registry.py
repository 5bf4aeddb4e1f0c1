#!/usr/bin/env python3
"""Times processes on registries of increasing size, and the list of all pairs.

Usage: benches/registry.py [--runs N] [--sizes N,N,…] [--at-once N] [--aws PATH] [--list N]

Needs a Python with `cryptography`. tests/run installs one as target/peers/bin/python. Each registry is created
by one `keypair create` and filled through SQL, with ED25519 keys and two tags per pair, one of them unique. Every
round runs each command once on each registry, so that a drift of the machine's speed affects all equally. A round
deletes the pairs that it created. Lists go to /dev/null. Prints Markdown tables with the mean and its standard
error in milliseconds, and the peak memory of a run.

With --at-once N, N processes use a new registry at the same time, until N times --runs commands of each kind are
done.

With --aws, the AWS CLI also prints a list of --list pairs. EC2 responds with all pairs at once. A server in this
program does the same from memory, so that only the client's time counts. keypair prints the list from that server,
if it was built with the feature `ec2`, and from the registry.
"""

import argparse
import base64
import datetime
import hashlib
import http.server
import itertools
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from xml.sax.saxutils import escape

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEYPAIR = os.environ.get("KEYPAIR", os.path.join(ROOT, "target", "release", "keypair"))
LINE_HEADER = b"\0\0\0\x0bssh-ed25519\0\0\0 "
NEW = 1_770_000_000_000


def in_child(work, *arguments):
    """Runs a function in a child process. Child processes inherit the peak memory of this process."""
    child = os.fork()
    if child == 0:
        work(*arguments)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status != 0:
        sys.exit(f"{work.__name__}: status {status}")


def rows(count):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    for number in range(count):
        key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        blob = LINE_HEADER + key
        yield (number + 1, "key-0" + os.urandom(8).hex(), f"pair-{number}", "ed25519", 256,
               "ssh-ed25519 " + base64.b64encode(blob).decode(),
               base64.b64encode(hashlib.sha256(blob).digest()).decode(), "created", NEW + number)


def fill(path, size):
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    with database:
        database.execute("DELETE FROM key_pair")
        database.executemany("INSERT INTO key_pair VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows(size))
        tags = ((number, 0, "number", str(number)) for number in range(1, size + 1))
        database.executemany("INSERT INTO tag VALUES (?, ?, ?, ?)", tags)
        tags = ((number, 1, "team", f"team-{number % 10}") for number in range(1, size + 1))
        database.executemany("INSERT INTO tag VALUES (?, ?, ?, ?)", tags)
    database.close()


def make(folder, size):
    path = os.path.join(folder, f"registry-{size}.sqlite3")
    seed = os.path.join(folder, f"seed-{size}")
    subprocess.run([KEYPAIR, "create", "seed", "--type", "ed25519", "--out", seed, "--registry-file",
                    path], stdout=subprocess.DEVNULL, check=True)
    in_child(fill, path, size)
    return path


def answer(path):
    """Returns EC2's response to DescribeKeyPairs."""
    database = sqlite3.connect(path)
    tags = {}
    for row, key, value in database.execute("SELECT key_pair, key, value FROM tag ORDER BY position"):
        tags.setdefault(row, []).append(
            f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>")
    items = []
    for row, identifier, name, fingerprint, created in database.execute(
            "SELECT row, key_pair_id, key_name, fingerprint, created FROM key_pair ORDER BY row"):
        moment = datetime.datetime.fromtimestamp(created / 1000, datetime.timezone.utc)
        moment = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        items.append(f"<item><keyPairId>{identifier}</keyPairId><keyType>ed25519</keyType>"
                     f"<tagSet>{''.join(tags.get(row, []))}</tagSet><createTime>{moment}</createTime>"
                     f"<keyName>{escape(name)}</keyName><keyFingerprint>{fingerprint}</keyFingerprint>"
                     "</item>")
    return ('<?xml version="1.0" encoding="UTF-8"?><DescribeKeyPairsResponse xmlns="http://ec2.amazonaws'
            '.com/doc/2016-11-15/"><requestId>r</requestId><keySet>' + "".join(items)
            + "</keySet></DescribeKeyPairsResponse>").encode()


def serve(path):
    """Starts the server. Returns its process and port."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        with os.fdopen(reading) as port:
            return child, port.readline().strip()
    body = answer(path)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    os.write(writing, f"{server.server_port}\n".encode())
    server.serve_forever()
    os._exit(0)


def run(command, added):
    """Runs a command once. Returns its time in milliseconds and its peak memory in MiB."""
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, {**os.environ, **added}, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    elapsed = (time.perf_counter() - start) * 1000
    if status != 0:
        raise RuntimeError(f"{command}: status {status}")
    # macOS counts bytes.
    return elapsed, usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def mean(values):
    average = sum(values) / len(values)
    variance = sum((value - average) ** 2 for value in values) / max(len(values) - 1, 1)
    return average, math.sqrt(variance / len(values))


def commands(folder, registry, size, number):
    """Returns the commands of a round in order. They leave the registry as it was."""
    to = ["--registry-file", registry]
    some = size * (number * 37 % 100) // 100
    out = os.path.join(folder, f"key-{size}-{number}")
    return {
        "create --type ed25519": ["create", f"new-{number}", "--type", "ed25519", "--out", out, *to],
        "import": ["import", f"imported-{number}", out, *to],
        "describe NAME": ["describe", f"pair-{some}", *to],
        "describe, by a tag": ["describe", "--filters", f"Name=tag:number,Values={some + 1}", *to],
        "describe, by the beginning of a name": ["describe", "--filters",
                                                 f"Name=key-name,Values=new-{number}*", *to],
        "verify FILE": ["verify", out, *to],
        "delete NAME": ["delete", f"imported-{number}", *to],
        "delete NAME, the one created": ["delete", f"new-{number}", *to],
        "prune": ["prune", *to],
    }


def curve(folder, registries, runs):
    times, lists = {}, {}
    for number in range(runs + 1):
        for size, registry in registries.items():
            for name, command in commands(folder, registry, size, number).items():
                elapsed, _ = run([KEYPAIR, *command], {})
                # The first round warms the caches.
                if number > 0:
                    times.setdefault(name, {}).setdefault(size, []).append(elapsed)
    for number in range(max(runs // 10, 3) + 1):
        for size, registry in registries.items():
            measured = run([KEYPAIR, "describe", "--registry-file", registry], {})
            if number > 0:
                lists.setdefault(size, []).append(measured)
    print(f"\n| ms, n = {runs} |", " | ".join(f"{size:,}" for size in registries), "|")
    print("|---" * (len(registries) + 1) + "|")
    for name, sizes in times.items():
        cells = (f"{average:.2f} ± {error:.2f}" for average, error in map(mean, sizes.values()))
        print(f"| {name} |", " | ".join(cells), "|")
    cells = (mean([elapsed for elapsed, _ in measured]) for measured in lists.values())
    cells = (f"{average:.1f} ± {error:.1f}" for average, error in cells)
    print(f"| describe, n = {max(runs // 10, 3)} |", " | ".join(cells), "|")
    cells = (f"{max(memory for _, memory in measured):.0f}" for measured in lists.values())
    print("| its memory, MiB |", " | ".join(cells), "|", flush=True)


def crowd(folder, width, runs):
    """Prints the time of commands when many run at the same time."""
    registry = ["--registry-file", os.path.join(folder, "crowd.sqlite3")]
    key = os.path.join(folder, "crowd")
    subprocess.run([KEYPAIR, "create", "crowd", "--type", "ed25519", "--out", key, "--registry-file",
                    key + ".registry"], stdout=subprocess.DEVNULL, check=True)
    times = {}
    start = threading.Barrier(width + 1)

    def one(worker):
        start.wait()
        for number in range(runs):
            name = f"{worker}-{number}"
            for command in (["create", name, "--type", "ed25519", "--out", f"{key}-{name}"],
                            ["import", "i" + name, key], ["describe", name], ["delete", "i" + name]):
                elapsed, _ = run([KEYPAIR, *command, *registry], {})
                times.setdefault(command[0], []).append(elapsed)

    workers = [threading.Thread(target=one, args=(worker,)) for worker in range(width)]
    for worker in workers:
        worker.start()
    start.wait()
    begin = time.perf_counter()
    for worker in workers:
        worker.join()
    count = sum(map(len, times.values()))
    rate = count / (time.perf_counter() - begin)
    if count < width * runs * 4:
        sys.exit("not all commands succeeded")
    print(f"\n| {width} processes at once, {count:,} commands, {rate:.0f} a second | median, ms "
          "| 99 of 100, ms | longest, ms |\n|---|---|---|---|")
    for name, values in times.items():
        values.sort()
        parts = (values[len(values) // 2], values[len(values) * 99 // 100], values[-1])
        print(f"| {name} |", " | ".join(f"{part:.0f}" for part in parts), "|", flush=True)


def listing(registry, arguments):
    """Prints the time of the same list in both programs."""
    server, port = serve(registry)
    environment = {
        "AWS_ACCESS_KEY_ID": "100000000000",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    makers = {"keypair": [KEYPAIR, "describe", "--registry-file", registry]}
    has_ec2 = subprocess.run([KEYPAIR, "describe", "--registry", "ec2"], env={**os.environ, **environment},
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if has_ec2.returncode == 0:
        makers["keypair --registry ec2"] = [KEYPAIR, "describe", "--registry", "ec2"]
    makers["aws"] = [arguments.aws, "ec2", "describe-key-pairs"]
    runs = max(arguments.runs // 10, 3)
    measured = {name: [] for name in makers}
    for number, (name, command) in itertools.product(range(runs + 1), makers.items()):
        values = run(command, environment)
        if number > 0:
            measured[name].append(values)
    os.kill(server, 9)
    os.waitpid(server, 0)
    print(f"\n| a list of {arguments.list:,}, n = {runs} | ms | times keypair's | MiB |\n|---|---|---|---|")
    first = None
    for name, values in measured.items():
        average, error = mean([elapsed for elapsed, _ in values])
        first = first or average
        memory = max(memory for _, memory in values)
        print(f"| {name} | {average:.1f} ± {error:.1f} | {average / first:.1f} | {memory:.0f} |",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--sizes", default="10,1000,100000,1000000")
    parser.add_argument("--at-once", type=int, default=0)
    parser.add_argument("--aws")
    parser.add_argument("--list", type=int, default=10000)
    arguments = parser.parse_args()
    os.makedirs(os.path.join(ROOT, "target"), exist_ok=True)
    folder = tempfile.mkdtemp(prefix="keypair-bench-", dir=os.path.join(ROOT, "target"))
    try:
        sizes = [int(size) for size in arguments.sizes.split(",") if size]
        if sizes:
            curve(folder, {size: make(folder, size) for size in sizes}, arguments.runs)
        if arguments.at_once:
            crowd(folder, arguments.at_once, arguments.runs)
        if arguments.aws:
            listed = os.path.join(folder, "list")
            os.mkdir(listed)
            listing(make(listed, arguments.list), arguments)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
