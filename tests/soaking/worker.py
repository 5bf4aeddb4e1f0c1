"""A worker of the soak test. It runs and kills keypair, and compares the results with its journal."""

import base64
import collections
import hashlib
import json
import os
import random
import sqlite3
import stat
import subprocess
import time

import private_keys

LIMIT = 90  # seconds: longer than the program waits for a locked registry
MAX_PAIRS = 3000
NEW, OLD = "new", "old"


class Violation(Exception):
    """A state that no command may produce."""


class Pair:
    """The journal entry of a name: the registered key and the key in the file, or None."""

    def __init__(self, name, path):
        self.name, self.path = name, path
        self.registered = self.file = self.id = None
        self.expires = self.due = None  # when a prune may delete the registration, and when it must


Ended = collections.namedtuple("Ended", "code killed stdout stderr line")


class Worker:
    def __init__(self, number, seed, folder, binary, most, end):
        self.prefix = f"w{number}-"
        self.random = random.Random(f"{seed}-{number}")
        self.folder, self.binary, self.most, self.end = folder, binary, most, end
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
        }
        self.pairs = {}
        self.touched = set()  # files with a temporary file of a killed process
        self.read = {}  # public keys by the digest of the file
        self.usual = collections.defaultdict(lambda: 0.01)
        self.count = collections.Counter()
        self.events = collections.deque(maxlen=100)
        self.next = 0

    # Running commands

    def start(self, words):
        return subprocess.Popen(
            [self.binary, *words], cwd=self.folder / "keys", env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def finish(self, life, words, process, begun, kill_after=None):
        if kill_after is not None:
            time.sleep(max(0, begun + kill_after - time.monotonic()))
            process.kill()
        try:
            stdout, stderr = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Violation(f"still running after {LIMIT} seconds: {words}")
        killed = process.returncode == -9
        if kill_after is None:
            self.usual[life] += (time.monotonic() - begun - self.usual[life]) / 8
        ended = Ended(process.returncode, killed, stdout, stderr.decode(), " ".join(words))
        self.events.append(f"{ended.code} {ended.line} {ended.stderr.strip()}")
        self.count["processes"] += 1
        self.count["killed"] += killed
        if b"panicked" in stderr or not (killed or 0 <= ended.code < 128 or 252 <= ended.code):
            raise Violation(f"a crash: {ended}")
        return ended

    def moment(self, kind):
        """Returns when to kill a process, in seconds from its start, or None for half of the calls."""
        return self.random.uniform(0, 1.2 * self.usual[kind]) if self.random.random() < 0.5 else None

    def keypair(self, kind, *words, kill=True, expect=0):
        self.count[f"done: {kind}"] += 1
        # Commands of different duration have separate averages.
        life = (kind, *(word for word in words if word == "rsa" or word.isdigit()))
        ended = self.run(life, words, self.moment(life) if kill else None)
        if not ended.killed and ended.code != expect:
            raise Violation(f"exit status {ended.code}, expected {expect}: {ended}")
        if not ended.killed and expect == 0:
            self.count["acknowledged"] += 1
        return ended

    def run(self, life, words, kill_after=None):
        process = self.start(words)
        return self.finish(life, words, process, time.monotonic(), kill_after)

    # Reading the state

    def ask(self, name):
        """Returns the id and key of a name according to keypair."""
        words = ("describe", "--filters", f"Name=key-name,Values={name}", "--include-public-key")
        ended = self.run("ask", words)
        if ended.code != 0:
            raise Violation(f"the next command fails: {ended}")
        for pair in json.loads(ended.stdout)["KeyPairs"]:
            return pair["KeyPairId"], pair["PublicKey"].split()[1]
        return None, None

    def key_in(self, path):
        """Returns the public key of a private key file, or None if the file does not exist."""
        path = self.folder / "keys" / path
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(mode) or stat.S_IMODE(mode) != 0o400:
            raise Violation(f"{path.name} has mode {mode:o}")
        text = path.read_bytes()
        digest = hashlib.sha256(text).digest()
        if digest not in self.read:
            try:
                blob = private_keys.public_blob(text)
            except ValueError as error:
                raise Violation(f"{path.name} is not a complete private key: {error}")
            self.read[digest] = base64.b64encode(blob).decode()
            if len(self.read) > 4 * MAX_PAIRS:
                self.read.pop(next(iter(self.read)))
        return self.read[digest]

    def leftovers(self, path):
        """Returns the temporary files of keypair for a file."""
        beginning = f".keypair-{hashlib.sha256(path.encode()).hexdigest()[:8]}-"
        return [name for name in os.listdir(self.folder / "keys") if name.startswith(beginning)]

    def look_for_leftovers(self, path):
        if self.leftovers(path):
            self.touched.add(path)
            self.count["left: temporary files"] += 1

    def settle(self, pair, ended, after, between=()):
        """Checks a pair after a command and updates the journal. `after` is the state after success. The states
        in `between` are also valid if the command was killed before an acknowledgment. Each state is a pair of
        registration and file."""
        identity, registered = self.ask(pair.name)
        file = self.key_in(pair.path)
        told = [name(registered, pair.registered), name(file, pair.file)]
        acknowledged = not ended.killed
        if ended.killed and after == (NEW, NEW) and is_whole(ended.stdout):
            self.count["acknowledged"] += 1
            self.count["acknowledged, then killed"] += 1
            acknowledged = True
        allowed = [after] if acknowledged else [after, *between]
        if pair.expires and pair.expires < time.time():
            allowed = [*allowed, *((None, file) for _, file in allowed)]
        if tuple(told) not in allowed:
            raise Violation(f"{pair.name}: {told} is not in {allowed} after {ended}")
        if registered and file and registered != file:
            raise Violation(f"{pair.name}: the file and the registration have different keys, after {ended}")
        if acknowledged and NEW in after and not pair.expires:
            answer = json.loads(ended.stdout)
            if answer["KeyPairId"] != identity:
                raise Violation(f"{pair.name}: {identity} is registered, after {ended}")
        if ended.killed:
            kind = {(None, NEW): "a private key alone", (NEW, NEW): "a whole pair"}.get(tuple(told))
            self.count[f"left: {kind or 'the old or the final state'}"] += 1
            self.look_for_leftovers(pair.path)
        elif after[1] == NEW or pair.file and not file:
            self.check_swept(pair.path, ended)
        pair.id, pair.registered, pair.file = identity, registered, file
        if not registered and not file:
            self.pairs.pop(pair.name, None)
        else:
            self.pairs[pair.name] = pair

    def check_swept(self, path, ended):
        if path in self.touched and (left := self.leftovers(path)):
            raise Violation(f"{left} still exists after {ended}")
        self.touched.discard(path)
        self.take_numbered(path)

    def take_numbered(self, path):
        """Removes the files that killed commands had replaced, as a user would. Each is a complete key."""
        for number in range(1, 10):
            if self.key_in(f"{path}.{number}"):
                (self.folder / "keys" / f"{path}.{number}").unlink()
                self.count["kept: files that killed commands had replaced"] += 1

    # Checking all data

    def rows(self):
        """Returns the id and key of each name of this worker, in order of registration."""
        rows = select(self.folder, "SELECT key_name, key_pair_id, public_key FROM key_pair ORDER BY row")
        mine = [row for row in rows if row[0].startswith(self.prefix)]
        return {name_: (identity, line.split()[1]) for name_, identity, line in mine}

    def check_all(self):
        """Compares all pairs and files of this worker with the journal."""
        self.count["comparisons with the journal"] += 1
        check_registry(self.folder)
        rows, now = self.rows(), time.time()
        for name_ in list(rows):
            if name_.startswith(f"{self.prefix}exec-"):
                del rows[name_]  # prune deletes the pair of a killed exec
        for pair in self.pairs.values():
            identity, registered = rows.pop(pair.name, (None, None))
            if pair.expires and pair.expires < now and not registered:
                pair.registered = None
            elif (registered, identity if registered else None) != (pair.registered, pair.id if registered else None):
                raise Violation(f"{pair.name}: {identity} is registered, {pair.id} was acknowledged")
            if pair.file and self.key_in(pair.path) != pair.file:
                raise Violation(f"{pair.path} differs from the journal")
        if rows:
            raise Violation(f"unexpected registrations: {rows}")
        known = {pair.path for pair in self.pairs.values()} | {f"{self.prefix}converted"}
        for path in known:
            self.take_numbered(path)
        found = {entry.name for entry in (self.folder / "keys").glob(f"{self.prefix}*")}
        if found - known:
            raise Violation(f"unexpected files: {found - known}")


def name(found, before):
    return None if found is None else OLD if found == before else NEW


def is_whole(text):
    try:
        return bool(json.loads(text))
    except ValueError:
        return False


def select(folder, query):
    """Runs a query with SQLite. Until the first command ends, the registry is missing or empty."""
    path = folder / "data" / "keypair" / "registry.sqlite3"
    if not path.exists() or path.stat().st_size == 0:
        return []
    connection = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=LIMIT)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def check_registry(folder):
    data = folder / "data" / "keypair"
    found = select(folder, "PRAGMA integrity_check") + select(folder, "PRAGMA foreign_key_check")
    if found not in ([], [("ok",)]):
        raise Violation(f"the registry is damaged: {found}")
    if not data.exists():
        return
    for path, mode in [(data, 0o700), *((entry, 0o600) for entry in data.iterdir())]:
        if stat.S_IMODE(path.stat().st_mode) != mode:
            raise Violation(f"{path} has mode {path.stat().st_mode:o}")
