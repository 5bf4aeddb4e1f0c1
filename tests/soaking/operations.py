"""The operations of the soak test, each with its valid results."""

import json
import time
import traceback

import private_keys
from worker import NEW, OLD, Pair, Violation, Worker, is_whole

FORMATS = ("pem", "pem", "ppk", "pkcs8", "openssh")


class Operator(Worker):
    def new_name(self):
        self.next += 1
        return f"{self.prefix}{self.next}"

    def kind_of_key(self):
        key_type = "rsa" if self.random.random() < 0.1 else "ed25519"
        return ["--type", key_type, "--format", self.random.choice(FORMATS)]

    def any_pair(self, condition):
        found = [pair for pair in self.pairs.values() if condition(pair)]
        return self.random.choice(found) if found else None

    def create(self):
        pair = Pair(*[self.new_name()] * 2)
        words, kind = ["create", pair.name, *self.kind_of_key(), "--out", pair.path], "create"
        if self.random.random() < 0.1:
            words, pair.expires = [*words, "--ttl", "1s"], time.time()
        ended = self.keypair(kind, *words)
        pair.due = time.time() + 2  # one second, rounded up to a full second
        self.settle(pair, ended, (NEW, NEW), [(None, None), (None, NEW)])
        if pair.file and not pair.registered and not pair.expires:
            self.keypair("create, in the way", "create", pair.name, "--out", pair.path, kill=False, expect=4)
            self.force(pair)

    def force(self, pair=None):
        """Creates a pair again that has a private key file but no registration."""
        pair = pair or self.any_pair(lambda pair: pair.file and not pair.expires)
        if not pair:
            return
        if pair.registered:
            self.delete(pair)
            if pair.registered:
                return
        words = ("create", pair.name, *self.kind_of_key(), "--force", "--out", pair.path)
        ended = self.keypair("create --force", *words)
        self.settle(pair, ended, (NEW, NEW), [(None, OLD), (None, NEW)])

    def overwrite(self):
        """Creates a pair with the file of another pair, and deletes the other pair."""
        old = self.any_pair(lambda pair: pair.registered and pair.file and not pair.expires)
        if not old:
            return
        pair = Pair(self.new_name(), old.path)
        pair.file = old.file
        words = ("create", pair.name, *self.kind_of_key(), "--force", "--out", pair.path)
        ended = self.keypair("create --force", *words)
        self.settle(pair, ended, (NEW, NEW), [(None, OLD), (None, NEW)])
        if self.ask(old.name) != (old.id, old.registered):
            raise Violation(f"{old.name} was deleted or replaced, after {ended}")
        if pair.file == old.file:
            del self.pairs[pair.name]
            return
        ended = self.keypair("delete", "delete", old.name, kill=False)
        if self.ask(old.name)[0]:
            raise Violation(f"{old.name} is still registered, after {ended}")
        del self.pairs[old.name]

    def race(self):
        """Creates one pair with two processes at the same time. The first may be killed."""
        pair = self.any_pair(lambda pair: pair.file and not pair.registered and not pair.expires)
        pair = pair or Pair(*[self.new_name()] * 2)
        words = ["create", pair.name, "--type", "ed25519", "--out", pair.path]
        if pair.file or self.random.random() < 0.5:
            words.append("--force")
        self.count["done: create, two at once"] += 1
        begun = time.monotonic()
        processes = [self.start(words), self.start(words)]
        first = self.finish("create", words, processes[0], begun, self.moment("create"))
        ended = [first, self.finish("race", words, processes[1], begun)]
        winners = [one for one in ended if one.code == 0]
        if any(one.code not in (0, 4, -9) for one in ended) or len(winners) > 1:
            raise Violation(f"two processes created one pair: {ended}")
        if not winners and not first.killed:
            raise Violation(f"neither process created the pair: {ended}")
        self.count["acknowledged"] += len(winners)
        # After a kill, either process may have registered the pair.
        last = winners[0] if winners else first
        same = OLD if pair.file else None
        self.settle(pair, last, (NEW, NEW), [(None, same), (None, NEW)])
        if first.killed:
            self.look_for_leftovers(pair.path)

    def series(self):
        stem, count = self.new_name(), self.random.choice((2, 5, 20, 150))
        words = ("create", stem, "--count", str(count), "--type", "ed25519", "--output", "jsonl")
        ended = self.keypair("create --count", *words)
        lines = [line for line in ended.stdout.split(b"\n")[:-1] if is_whole(line)]
        names = [f"{stem}-{number:0{len(str(count))}}" for number in range(1, count + 1)]
        there = {name: row for name, row in self.rows().items() if name.startswith(f"{stem}-")}
        told = [json.loads(line)["KeyName"] for line in lines]
        if list(there) != names[: len(there)] or told != names[: len(told)] or len(told) > len(there):
            raise Violation(f"a series has registered {list(there)} and reported {told}, after {ended}")
        if not ended.killed and len(told) != count:
            raise Violation(f"a series is incomplete: {ended}")
        self.count["pairs of series, acknowledged"] += len(told)
        for number, name_ in enumerate(names):
            pair = Pair(name_, f"{name_}.pem")
            pair.id, pair.registered = there.get(name_, (None, None))
            pair.file = self.key_in(pair.path)
            if pair.registered != pair.file and (pair.registered or number >= len(there) + 128):
                raise Violation(f"{name_}: {pair.registered} is registered, but the file has {pair.file}, after {ended}")
            if pair.registered:
                self.pairs[name_] = pair
            elif pair.file:
                self.count["left: a private key alone, in a series"] += 1
                (self.folder / "keys" / pair.path).unlink()

    def import_(self):
        source = self.any_pair(lambda pair: pair.registered and pair.file)
        if not source:
            return
        pair = Pair(self.new_name(), f"{self.prefix}no-file")
        ended = self.keypair("import", "import", pair.name, source.path)
        self.settle(pair, ended, (NEW, None), [(None, None)])
        if pair.registered not in (None, source.registered):
            raise Violation(f"{pair.name} differs from its file, after {ended}")

    def describe(self):
        if pair := self.any_pair(lambda pair: pair.registered and not pair.expires):
            ended = self.keypair("describe", "describe", pair.name, "--include-public-key")
            if not ended.killed and json.loads(ended.stdout)["KeyPairs"][0]["KeyPairId"] != pair.id:
                raise Violation(f"{pair.name} has another id: {ended}")

    def delete(self, pair=None):
        if pair := pair or self.any_pair(lambda pair: pair.registered and not pair.expires):
            ended = self.keypair("delete", "delete", pair.name)
            same = OLD if pair.file else None
            self.settle(pair, ended, (None, same), [(OLD, same)])

    def delete_many(self):
        """Deletes several pairs, either all or none of them."""
        found = [pair for pair in self.pairs.values() if pair.registered and not pair.expires]
        found = self.random.sample(found, min(len(found), self.random.randint(2, 40)))
        if not found:
            return
        ended = self.keypair("delete, many", "delete", *(pair.name for pair in found))
        rows = self.rows()
        left = [pair for pair in found if pair.name in rows]
        if left and (len(left) != len(found) or not ended.killed):
            raise Violation(f"{len(left)} of {len(found)} pairs still exist, after {ended}")
        for pair in found if not left else ():
            self.remove(pair)

    def remove(self, pair):
        """Removes a deleted pair from the journal, and deletes its file."""
        if pair.file:
            if self.key_in(pair.path) != pair.file:
                raise Violation(f"{pair.path} has another key")
            (self.folder / "keys" / pair.path).unlink()
        del self.pairs[pair.name]

    def delete_file(self):
        if pair := self.any_pair(lambda pair: pair.registered and pair.file and not pair.expires):
            words = ("delete", pair.name, "--private-key-file", pair.path)
            ended = self.keypair("delete --private-key-file", *words)
            self.settle(pair, ended, (None, None), [(OLD, OLD), (None, OLD)])

    def convert(self):
        """Converts a key, overwriting the previous result."""
        pair = self.any_pair(lambda pair: pair.file)
        if not pair:
            return
        out = f"{self.prefix}converted"
        words = ("--format", self.random.choice(FORMATS), "--force", "--out", out)
        before, ended = self.key_in(out), self.keypair("convert", "convert", pair.path, *words)
        found = self.key_in(out)
        if found != pair.file and not (ended.killed and found == before):
            raise Violation(f"{out} has another key, after {ended}")
        if ended.killed:
            self.look_for_leftovers(out)
        else:
            self.check_swept(out, ended)
        if self.key_in(pair.path) != pair.file:
            raise Violation(f"{pair.path} has another key, after {ended}")

    def exec(self):
        script = 'echo "$KEYPAIR_NAME"; cat "$KEYPAIR_PRIVATE_KEY_FILE"'
        words = ("--type", "ed25519", "--ttl", "1s", "--name-prefix", f"{self.prefix}exec-")
        ended = self.keypair("exec", "exec", *words, "--", "sh", "-c", script)
        if not ended.killed:
            told, _, key = ended.stdout.partition(b"\n")
            private_keys.public_blob(key)
            if self.ask(told.decode())[0]:
                raise Violation(f"{told} is still registered, after {ended}")

    def prune(self):
        due = [pair for pair in self.pairs.values() if pair.expires and pair.due < time.time()]
        ended = self.keypair("prune", "prune", "--expired", "--delete")
        rows = self.rows()
        for pair in due:
            if pair.name not in rows:
                self.remove(pair)
            elif not ended.killed:
                raise Violation(f"{pair.name} is still registered, after {ended}")

    def work(self, reports, stop):
        kinds = {
            self.create: 30, self.force: 12, self.overwrite: 5, self.race: 5, self.series: 4,
            self.import_: 8, self.describe: 6, self.delete: 10, self.delete_file: 10,
            self.delete_many: 2, self.convert: 8, self.exec: 6, self.prune: 3,
        }
        violation, looked = None, time.monotonic()
        try:
            while time.monotonic() < self.end and not stop.is_set():
                full = len(self.pairs) > self.most
                chosen = self.random.choices(list(kinds), list(kinds.values()))[0]
                (self.delete_many if full else chosen)()
                if time.monotonic() > looked + 10:
                    self.check_all()
                    for path in sorted(self.touched):
                        self.recover(path)
                    reports.put((self.prefix, self.count.copy(), False))
                    looked = time.monotonic()
            self.check_all()
            for path in sorted(self.touched):
                self.recover(path)
        except Exception:
            violation = traceback.format_exc() + "\n".join(self.events)
            stop.set()
        reports.put((self.prefix, self.count, violation or True))

    def recover(self, path):
        """Checks that the next command for a file deletes the temporary files of a killed one."""
        pair = next((pair for pair in self.pairs.values() if pair.path == path), None)
        if pair and pair.registered:
            self.keypair("delete", "delete", pair.name, kill=False, expect=0)
        pair = pair or Pair(self.new_name(), path)
        words = ["create", pair.name, "--type", "ed25519", "--out", path]
        if self.key_in(path):
            words.append("--force")
        ended = self.keypair("create, after a kill", *words, kill=False)
        self.check_swept(path, ended)
        words = ("delete", pair.name, "--private-key-file", path)
        self.keypair("delete --private-key-file", *words, kill=False)
        if self.key_in(path):
            raise Violation(f"{path} still exists")
        self.pairs.pop(pair.name, None)
