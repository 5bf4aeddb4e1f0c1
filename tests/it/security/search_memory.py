"""Searches the memory and the registers of a process for the private key of a pair.

Arguments: the id of the process, the file of the public key, and that of the private key. Without
the last one, the key is read from the locked memory of the process.

Prints one line for each place, without repeats: `locked` for a whole key in locked memory,
`locked: NAME` for a fragment of one of its numbers there, and `NAME in MAPPING` for a fragment
anywhere else. A fragment is 8 bytes of a number, in either byte order, at an address that is a
multiple of 8: any 16 bytes in a row contain one.
"""

import base64
import ctypes
import hashlib
import math
import os
import re
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

PTRACE_DETACH, PTRACE_GETREGSET, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4204, 0x4206, 0x4207
WALL = 0x40000000
# General registers, floating point, and the vector registers of x86: NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE.
REGISTER_SETS = [1, 2, 0x202]
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 2 + [ctypes.c_void_p] * 2


def main():
    process, public_file, *private_file = sys.argv[1:]
    threads = [int(thread) for thread in os.listdir(f"/proc/{process}/task")]
    for thread in threads:
        stop(thread)
    places = memory(process) + [("the registers of a thread", False, registers(thread)) for thread in threads]
    for thread in threads:
        libc.ptrace(PTRACE_DETACH, thread, None, None)
    public = load_ssh_public_key(open(public_file, "rb").read())
    locked = b"".join(data for _, is_locked, data in places if is_locked)
    key = from_file(private_file[0]) if private_file else from_locked(locked, public)
    numbers = rsa_numbers(*key) if isinstance(public, RSAPublicKey) else ed25519_numbers(key)
    whole = numbers[0][1]
    fragments = {word: name for name, number in numbers for word in words_of(number)}
    fragments |= {word: f"base64 of {name}" for name, number in numbers[:3] for word in base64_words(number)}
    assert len(fragments) > 60, len(fragments)
    found = ["locked"] * sum(data.count(whole) for _, is_locked, data in places if is_locked)
    for mapping, is_locked, data in places:
        words = memoryview(data[: len(data) // 8 * 8]).cast("Q")
        hits = sorted({fragments[word] for word in fragments.keys() & set(words)})
        found += [f"locked: {name}" if is_locked else f"{name} in {mapping}" for name in hits]
    print("\n".join(found))


def stop(thread):
    for request in [PTRACE_SEIZE, PTRACE_INTERRUPT]:
        if libc.ptrace(request, thread, None, None):
            sys.exit(f"cannot stop thread {thread}: {os.strerror(ctypes.get_errno())}: is this root?")
    os.waitpid(thread, WALL)


def registers(thread):
    result = b""
    for kind in REGISTER_SETS:
        buffer = ctypes.create_string_buffer(1 << 14)
        vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), len(buffer))
        if not libc.ptrace(PTRACE_GETREGSET, thread, kind, ctypes.addressof(vector)):
            result += buffer.raw[: vector[1]]
    assert result, f"the registers of thread {thread} cannot be read"
    return result


def memory(process):
    """Returns the name of each writable mapping, whether it is locked, and its contents."""
    result = []
    mappings = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", open(f"/proc/{process}/smaps").read(), flags=re.M)
    with open(f"/proc/{process}/mem", "rb", buffering=0) as file:
        for mapping in filter(None, mappings):
            head = mapping.split("\n", 1)[0].split(None, 5)
            start, end = (int(address, 16) for address in head[0].split("-"))
            if "w" not in head[1]:
                continue
            is_locked = re.search(r"^VmFlags:.* lo\b", mapping, re.M) is not None
            file.seek(start)
            data = b""
            while len(data) < end - start:
                data += file.read(end - start - len(data)) or sys.exit(f"cannot read {head}")
            result.append((head[5] if len(head) > 5 else "memory without a name", is_locked, data))
    return result


def from_file(path):
    text = open(path, "rb").read()
    if b"OPENSSH" in text:
        key = load_ssh_private_key(text, None)
        return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    numbers = load_pem_private_key(text, None).private_numbers()
    return numbers.d, numbers.p, numbers.q


def from_locked(data, public):
    if not isinstance(public, RSAPublicKey):
        seed = data[:32]
        point = Ed25519PrivateKey.from_private_bytes(seed).public_key()
        raw = [key.public_bytes(Encoding.Raw, PublicFormat.Raw) for key in (point, public)]
        assert raw[0] == raw[1], "the locked memory does not begin with the seed"
        return seed
    numbers = []
    for _ in range(3):
        (length,) = struct.unpack_from(">I", data)
        numbers.append(int.from_bytes(data[4 : 4 + length], "big"))
        data = data[4 + length :]
    assert numbers[1] * numbers[2] == public.public_numbers().n, "the locked memory does not begin with the numbers"
    return numbers


def ed25519_numbers(seed):
    digest = hashlib.sha512(seed).digest()
    clamped = bytes([digest[0] & 248, *digest[1:31], digest[31] & 63 | 64])
    scalar = int.from_bytes(clamped, "little")
    reduced = scalar % ED25519_ORDER
    return [
        ("the seed", seed),
        ("the first half of its hash", digest[:32]),
        ("the second half of its hash", digest[32:]),
        ("the scalar", clamped),
        ("the reduced scalar", reduced.to_bytes(32, "little")),
        *[("the limbs of the scalar", limbs(number, 52)) for number in (scalar, reduced)],
        *[("the digits of the scalar", digits(number)) for number in (scalar, reduced)],
    ]


def rsa_numbers(d, p, q):
    length = (p.bit_length() + 63) // 64 * 8
    base = 1 << 8 * length
    named = [("p", p), ("q", q), ("d", d), ("d mod (p - 1)", d % (p - 1)), ("d mod (q - 1)", d % (q - 1))]
    named += [("1 / q mod p", pow(q, -1, p)), ("1 / p mod q", pow(p, -1, q)), ("lcm(p - 1, q - 1)", math.lcm(p - 1, q - 1))]
    for name, prime in [("p", p), ("q", q)]:
        named += [
            (f"{name} - 1", prime - 1),
            (f"{name} / 2", prime // 2),
            (f"-{name}", base - prime),
            (f"R^2 mod {name}", base**2 % prime),
            (f"-1 / {name} mod 2^64", -pow(prime, -1, 1 << 64) % (1 << 64)),
        ]
    numbers = [(name, number.to_bytes((number.bit_length() + 7) // 8, "big")) for name, number in named]
    return numbers + [(f"the limbs of {name}", limbs(prime, 52)) for name, prime in named[:2]]


def limbs(number, bits):
    """Returns a number in limbs of fewer bits than the words that they are in."""
    result = b""
    while number >> 40:
        result += struct.pack("<Q", number & (1 << bits) - 1)
        number >>= bits
    return result


def digits(number):
    """Returns the signed digits in base 16, one a byte, lowest first."""
    result, carry = [], 0
    for place in range(64):
        digit = (number >> 4 * place & 15) + carry
        carry = digit + 8 >> 4
        result.append(digit - 16 * carry)
    return struct.pack("64b", *result)


def words_of(number):
    """Returns each 8 bytes of a number, in both byte orders. With five zeros, they may be anything."""
    for at in range(len(number) - 7):
        window = number[at : at + 8]
        if window.count(0) < 5:
            yield int.from_bytes(window, "little")
            yield int.from_bytes(window, "big")


def base64_words(number):
    for before in range(3):
        text = base64.b64encode(bytes(before) + number)[4 : (len(number) - 2) // 3 * 4]
        for at in range(len(text) - 7):
            yield int.from_bytes(text[at : at + 8], "little")


main()
