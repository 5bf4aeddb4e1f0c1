#!/usr/bin/env python3
"""Times whole processes that make a key pair, side by side.

Usage: benches/processes.py [RUNS]

Every round runs each program once, in turn, so that a machine whose speed drifts treats all alike.
A run counts from before the process is started until after it has ended, with the key file written.
Prints the mean and its standard error in milliseconds, and the versions.
"""

import math
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEYPAIR = os.path.join(ROOT, "target", "release", "keypair")


def contestants(folder):
    """Returns for each kind of key the commands that make one; `{}` is a fresh path."""
    registry = os.path.join(folder, "registry.sqlite3")
    out = os.path.join(folder, "{}")
    no_passphrase = os.path.join(folder, "empty")
    open(no_passphrase, "w").close()

    def keypair(*options):
        return [KEYPAIR, "create", "{}", "--out", out, "--registry-file", registry, *options]

    def ssh_keygen(*options):
        return ["ssh-keygen", "-q", "-N", "", "-f", out, *options]

    def puttygen(*options):
        return ["puttygen", "-q", "-o", out, "--new-passphrase", no_passphrase, *options]

    kinds = {
        "ed25519": {
            "keypair": keypair("--type", "ed25519"),
            "keypair, PPK": keypair("--type", "ed25519", "--format", "ppk"),
            "ssh-keygen": ssh_keygen("-t", "ed25519"),
            "openssl genpkey": ["openssl", "genpkey", "-algorithm", "ed25519", "-out", out],
            "puttygen": puttygen("-t", "ed25519"),
        }
    }
    for bits in ("2048", "3072", "4096"):
        kinds["rsa " + bits] = {
            "keypair": keypair("--bits", bits),
            "ssh-keygen": ssh_keygen("-t", "rsa", "-b", bits),
            "openssl genpkey": [
                *("openssl", "genpkey", "-quiet", "-algorithm", "rsa"),
                *("-pkeyopt", "rsa_keygen_bits:" + bits, "-out", out),
            ],
            "puttygen": puttygen("-t", "rsa", "-b", bits),
        }
    # OpenSSL before 3.1 has no -quiet.
    if subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "ed25519"],
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        for commands in kinds.values():
            commands["openssl genpkey"] = [
                word for word in commands["openssl genpkey"] if word != "-quiet"
            ]
    return kinds


def milliseconds(command, name):
    command = [word.replace("{}", name) for word in command]
    start = time.perf_counter()
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    elapsed = (time.perf_counter() - start) * 1000
    if ended.returncode != 0:
        sys.exit(f"{command}: exit {ended.returncode}: {ended.stderr.decode()}")
    return elapsed


def first_line(command):
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return ended.stdout.decode().splitlines()[0]


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    for command in ([KEYPAIR, "--version"], ["ssh", "-V"], ["openssl", "version"],
                    ["puttygen", "--version"]):
        print(first_line(command))
    print(f"{runs} interleaved runs each; mean ± standard error in ms\n")
    folder = tempfile.mkdtemp(prefix="keypair-bench-", dir=os.path.join(ROOT, "target"))
    try:
        for kind, commands in contestants(folder).items():
            times = {name: [] for name in commands}
            for run in range(-1, runs):
                for number, (name, command) in enumerate(commands.items()):
                    elapsed = milliseconds(command, f"{kind.replace(' ', '-')}-{number}-{run + 1}")
                    # The first round warms the caches.
                    if run >= 0:
                        times[name].append(elapsed)
            for name, values in times.items():
                mean = sum(values) / len(values)
                variance = sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)
                error = math.sqrt(variance / len(values))
                print(f"{kind:9} {name:16} {mean:9.2f} ± {error:.2f}")
            print()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
