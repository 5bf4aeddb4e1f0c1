"""Reads unencrypted private key files with the standard library only, to detect truncated, mixed or damaged
files independently of the program that wrote them.
"""

import base64
import binascii
import hashlib
import hmac
import struct


def public_blob(text):
    """Returns the public key of a private key file, in the format of RFC 4253, section 6.6. Raises ValueError
    unless the file is complete and its private and public keys match."""
    try:
        if text.startswith(b"PuTTY-User-Key-File-"):
            return of_putty(text)
        label, body = armour(text)
        if label == b"OPENSSH PRIVATE KEY":
            return of_openssh(body)
        if label == b"RSA PRIVATE KEY":
            return of_pkcs1(body)
        if label == b"PRIVATE KEY":
            return of_pkcs8(body)
    except (struct.error, IndexError, binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    raise ValueError(f"unknown label: {label!r}")


def require(condition, message):
    if not condition:
        raise ValueError(message)


def armour(text):
    lines = text.split(b"\n")
    require(lines.pop() == b"", "the final line break is missing")
    first, last = lines[0], lines[-1]
    require(first.startswith(b"-----BEGIN ") and first.endswith(b"-----"), "the first line is invalid")
    label = first[11:-5]
    require(last == b"-----END " + label + b"-----", "the last line is invalid")
    return label, base64.b64decode(b"".join(lines[1:-1]), validate=True)


class Wire:
    """A sequence of strings and numbers in the format of RFC 4251."""

    def __init__(self, rest):
        self.rest = rest

    def bytes(self, count):
        require(len(self.rest) >= count, "the file is truncated")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def uint32(self):
        return struct.unpack(">I", self.bytes(4))[0]

    def string(self):
        return self.bytes(self.uint32())

    def number(self):
        return int.from_bytes(self.string(), "big", signed=True)

    def end(self):
        require(not self.rest, "unexpected data at the end")


def string(value):
    return struct.pack(">I", len(value)) + value


def number(value):
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big") if value else b"")


def rsa(n, e, d, p, q, inverse):
    require(p * q == n and p > 1 and q > 1, "p times q is not n")
    require(e * d % (p - 1) == 1 and e * d % (q - 1) == 1, "d is not the inverse of e")
    require(inverse * q % p == 1, "the coefficient is not the inverse of q")
    return string(b"ssh-rsa") + number(e) + number(n)


def ed25519(seed):
    require(len(seed) == 32, "a seed has 32 bytes")
    return string(b"ssh-ed25519") + string(ed25519_public(seed))


def of_openssh(body):
    outer = Wire(body)
    require(outer.bytes(15) == b"openssh-key-v1\0", "not an OpenSSH key")
    require(outer.string() == b"none" and outer.string() == b"none", "it is encrypted")
    require(outer.string() == b"" and outer.uint32() == 1, "not a single unencrypted key")
    told, inner = outer.string(), Wire(outer.string())
    outer.end()
    require(inner.uint32() == inner.uint32(), "the check numbers differ")
    kind = inner.string()
    if kind == b"ssh-ed25519":
        public, both = inner.string(), inner.string()
        require(both[32:] == public, "the public keys differ")
        found = ed25519(both[:32])
    else:
        n, e, d, inverse, p, q = (inner.number() for _ in range(6))
        found = rsa(n, e, d, p, q, inverse)
    inner.string()
    padding = inner.rest
    require(padding == bytes(range(1, len(padding) + 1)) and len(padding) < 8, "bad padding")
    require(found == told, "the private and public keys do not match")
    return found


def of_putty(text):
    lines = text.decode("ascii").split("\n")
    require(lines.pop() == "", "the final line break is missing")
    fields = {}
    while lines:
        key, _, value = lines.pop(0).partition(": ")
        if key.endswith("-Lines"):
            count = int(value)
            require(len(lines) >= count, "the file is truncated")
            value, lines = base64.b64decode("".join(lines[:count]), validate=True), lines[count:]
        fields[key] = value
    version = "3" if "PuTTY-User-Key-File-3" in fields else "2"
    kind = fields.get(f"PuTTY-User-Key-File-{version}", "").encode()
    require({"Encryption", "Comment", "Public-Lines", "Private-Lines", "Private-MAC"} <= fields.keys(), "a field is missing")
    public, private = fields["Public-Lines"], fields["Private-Lines"]
    told = [kind, fields["Encryption"].encode(), fields["Comment"].encode(), public, private]
    key = b"" if version == "3" else hashlib.sha1(b"putty-private-key-file-mac-key").digest()
    algorithm = "sha256" if version == "3" else "sha1"
    found = hmac.new(key, b"".join(map(string, told)), algorithm).hexdigest()
    require(found == fields["Private-MAC"], "the MAC is wrong")
    inner, outer = Wire(private), Wire(public)
    require(outer.string() == kind, "the key types differ")
    if kind == b"ssh-ed25519":
        found = ed25519(inner.string())
    else:
        e, n = outer.number(), outer.number()
        d, p, q, inverse = (inner.number() for _ in range(4))
        found = rsa(n, e, d, p, q, inverse)
    require(found == public, "the private and public keys do not match")
    return found


def element(wire, tag):
    """Reads a DER element with this tag."""
    require(wire.bytes(1)[0] == tag, "unexpected DER tag")
    length = wire.bytes(1)[0]
    if length & 0x80:
        length = int.from_bytes(wire.bytes(length & 0x7F), "big")
    return Wire(wire.bytes(length))


INTEGER, OCTETS, OBJECT, SEQUENCE = 0x02, 0x04, 0x06, 0x30


def of_pkcs1(body):
    outer = Wire(body)
    numbers = element(outer, SEQUENCE)
    outer.end()
    found = [int.from_bytes(element(numbers, INTEGER).rest, "big") for _ in range(9)]
    numbers.end()
    version, n, e, d, p, q, d_of_p, d_of_q, inverse = found
    require(version == 0, "unsupported version")
    require((d_of_p, d_of_q) == (d % (p - 1), d % (q - 1)), "the CRT exponents do not match d")
    return rsa(n, e, d, p, q, inverse)


def of_pkcs8(body):
    outer = Wire(body)
    information = element(outer, SEQUENCE)
    outer.end()
    element(information, INTEGER)
    kind = element(element(information, SEQUENCE), OBJECT).rest
    inner = element(information, OCTETS)
    if kind == bytes.fromhex("2a864886f70d010101"):
        return of_pkcs1(inner.rest)
    require(kind == bytes.fromhex("2b6570"), "unsupported key type")
    seed = element(inner, OCTETS).rest
    inner.end()
    return ed25519(seed)


# RFC 8032, section 6, with the points of section 5.1.4.
PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME


def add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % PRIME
    c = 2 * one[3] * other[3] * D % PRIME
    d = 2 * one[2] * other[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def doublings_of_base():
    y = 4 * pow(5, -1, PRIME) % PRIME
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if x & 1:
        x = PRIME - x
    point = (x, y, 1, x * y % PRIME)
    for _ in range(256):
        yield point
        point = add(point, point)


BASE = list(doublings_of_base())


def ed25519_public(seed):
    scalar = bytearray(hashlib.sha512(seed).digest()[:32])
    scalar[0] &= 248
    scalar[31] = scalar[31] & 127 | 64
    scalar = int.from_bytes(scalar, "little")
    point = (0, 1, 1, 0)
    for bit, power in enumerate(BASE):
        if scalar >> bit & 1:
            point = add(point, power)
    inverse = pow(point[2], -1, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")
