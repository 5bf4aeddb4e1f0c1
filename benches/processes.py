#!/usr/bin/env python3
"""Times processes that create key pairs.

Usage: benches/processes.py [--runs N] [--only TEXT] [--aws PATH --moto PYTHON]

Every round runs each program once, so that a drift of the machine's speed affects all equally. A run is timed
from before the start of the process until after its end, with the key file written and, for keypair, the pair
registered. Prints Markdown tables: the mean and its standard error in milliseconds, the ratio to the first
program, and the peak memory of a run.

The start-up time is compared with a clap program that does nothing: `cargo build --release --bin empty
--manifest-path benches/Cargo.toml`. RSA keys of 3072 and 4096 bits get half of the runs. --aws names the AWS CLI
and --moto a Python with moto. Both keypair and the AWS CLI then use a local moto server. tests/run installs them as
target/peers/bin/aws and target/peers/bin/python.
"""

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEYPAIR = os.path.join(ROOT, "target", "release", "keypair")
MANY = 1000
EMPTY = os.path.join(ROOT, "benches", "target", "release", "empty")
FILTERS = ("avx2", "portable")


def contestants(folder, arguments):
    """Returns the number of runs and the programs for each task. A program is a command and its additional
    environment variables. `{}` stands for a new path."""
    registry = os.path.join(folder, "registry.sqlite3")
    out = os.path.join(folder, "{}")
    no_passphrase = os.path.join(folder, "empty")
    open(no_passphrase, "w").close()

    def keypair(*options):
        return [KEYPAIR, "create", "{}", "--out", out, "--registry-file", registry, *options], {}

    def ssh_keygen(*options):
        return ["ssh-keygen", "-q", "-N", "", "-f", out, *options], {}

    def openssl(*options):
        return ["openssl", "genpkey", *options, "-out", out], {}

    def puttygen(*options):
        return ["puttygen", "-q", "-o", out, "--new-passphrase", no_passphrase, *options], {}

    works = {}
    if os.path.exists(EMPTY):
        one = os.path.join(folder, "one")
        local = ["--registry-file", os.path.join(folder, "start.sqlite3")]
        subprocess.run([KEYPAIR, "create", "one", "--type", "ed25519", "--out", one, *local],
                       stdout=subprocess.DEVNULL, check=True)
        works["Start"] = arguments.runs, {
            "an empty program of clap": ([EMPTY, "nothing", "{}"], {}),
            "keypair --version": ([KEYPAIR, "--version"], {}),
            "keypair create --type ed25519": ([KEYPAIR, "create", "{}", "--type", "ed25519", "--out",
                                               out, *local], {}),
            "keypair import": ([KEYPAIR, "import", "{}", one, *local], {}),
            "keypair describe NAME": ([KEYPAIR, "describe", "one", *local], {}),
            "keypair fingerprint": ([KEYPAIR, "fingerprint", one], {}),
            "keypair convert": ([KEYPAIR, "convert", one, "--format", "ppk", "--out", out + ".ppk"], {}),
            "keypair verify": ([KEYPAIR, "verify", one, *local], {}),
        }
    works |= {
        "ED25519": (arguments.runs, {
            "keypair": keypair("--type", "ed25519"),
            "keypair, PPK": keypair("--type", "ed25519", "--format", "ppk"),
            "ssh-keygen": ssh_keygen("-t", "ed25519"),
            "openssl genpkey": openssl("-algorithm", "ed25519"),
            "puttygen": puttygen("-t", "ed25519"),
        })
    }
    for bits in ("2048", "3072", "4096"):
        makers = {"keypair": keypair("--bits", bits)}
        for name in FILTERS:
            command, _ = keypair("--bits", bits)
            makers[f"keypair, {name}"] = command, {"KEYPAIR_PRIME_FILTER": name}
        makers["ssh-keygen"] = ssh_keygen("-t", "rsa", "-b", bits)
        makers["openssl genpkey"] = openssl("-algorithm", "rsa", "-pkeyopt",
                                            "rsa_keygen_bits:" + bits)
        makers["puttygen"] = puttygen("-t", "rsa", "-b", bits)
        runs = arguments.runs if bits == "2048" else max(arguments.runs // 2, 1)
        works["RSA, " + bits] = runs, makers
    loop = f"i=0; while [ $i -lt {MANY} ]; do i=$((i + 1)); ssh-keygen -q -t ed25519 -N '' -f $0-$i; done"
    works[f"{MANY} of ED25519"] = max(arguments.runs // 20, 1), {
        "keypair --count": ([KEYPAIR, "create", "{}", "--count", str(MANY), "--type", "ed25519",
                             "--out", folder, "--registry-file", registry], {}),
        "ssh-keygen, in a loop": (["sh", "-c", loop, out], {}),
    }
    if arguments.aws:
        works["describe, in EC2"] = max(arguments.runs // 5, 1), {
            "keypair": ([KEYPAIR, "describe", "--registry", "ec2"], {}),
            "aws": ([arguments.aws, "ec2", "describe-key-pairs"], {}),
        }
        works["create, in EC2"] = max(arguments.runs // 5, 1), {
            "keypair": ([KEYPAIR, "create", "{}", "--out", out, "--registry", "ec2", "--type",
                         "ed25519"], {}),
            "aws": ([arguments.aws, "ec2", "create-key-pair", "--key-name", "aws-{}", "--key-type",
                     "ed25519", "--query", "KeyMaterial", "--output", "text"], {}),
        }
    return works


def run(command, added, name):
    """Runs a command once. Returns its time in milliseconds and its peak memory in MiB."""
    command = [word.replace("{}", name) for word in command]
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, {**os.environ, **added}, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    elapsed = (time.perf_counter() - start) * 1000
    if status != 0:
        sys.exit(f"{command}: status {status}")
    # macOS counts bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return elapsed, usage.ru_maxrss / unit


def table(work, runs, makers):
    times = {name: [] for name in makers}
    memory = dict.fromkeys(makers, 0.0)
    for number in range(-1, runs):
        for position, (name, (command, added)) in enumerate(makers.items()):
            file = f"{work}-{position}-{number + 1}".replace(" ", "").replace(",", "-")
            elapsed, peak = run(command, added, file)
            # The first round warms the caches.
            if number >= 0:
                times[name].append(elapsed)
                memory[name] = max(memory[name], peak)
    print(f"\n| {work}, n = {runs} | ms | times the first's | MiB |\n|---|---|---|---|")
    first = None
    for name, values in times.items():
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)
        error = math.sqrt(variance / len(values))
        first = first or mean
        print(f"| {name} | {mean:.2f} ± {error:.2f} | {mean / first:.1f} | {memory[name]:.0f} |",
              flush=True)


def first_line(command):
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return ended.stdout.decode().splitlines()[0]


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        return f"{len(names)} × {names[0]}"
    except (OSError, IndexError):
        return f"{os.cpu_count()} processors"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", default="", help="only tasks with this text in their name")
    parser.add_argument("--aws")
    parser.add_argument("--moto")
    arguments = parser.parse_args()
    versions = [[KEYPAIR, "--version"], ["ssh", "-V"], ["openssl", "version"],
                ["puttygen", "--version"]]
    if arguments.aws:
        versions.append([arguments.aws, "--version"])
    print(processor(), *map(first_line, versions), sep="  \n")
    folder = tempfile.mkdtemp(prefix="keypair-bench-", dir=os.path.join(ROOT, "target"))
    server = None
    try:
        if arguments.aws:
            script = os.path.join(ROOT, "tests", "peers", "serve_moto.py")
            server = subprocess.Popen([arguments.moto, "-I", script], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
            port = server.stdout.readline().decode().strip()
            os.environ.update({
                "AWS_ACCESS_KEY_ID": "100000000000",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            })
        for work, (runs, makers) in contestants(folder, arguments).items():
            if arguments.only in work:
                table(work, runs, makers)
    finally:
        if server:
            server.stdin.close()
            server.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
