"""`read_keys.py PASSPHRASE FILE…`: reads key files with Python's libraries. Prints the numbers of each key in
the format of tests/it/interop/readers/programs.rs.
"""

import os
import sys

import asyncssh
import paramiko
from Cryptodome.PublicKey import ECC, RSA
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from paramiko.pkey import PublicBlob


def numbers_of_cryptography(key):
    if isinstance(key, rsa.RSAPublicKey):
        public = key.public_numbers()
        return {"n": public.n, "e": public.e}
    if isinstance(key, rsa.RSAPrivateKey):
        private = key.private_numbers()
        public = numbers_of_cryptography(key.public_key())
        return public | {"d": private.d, "p": private.p, "q": private.q}
    if hasattr(key, "private_bytes_raw"):
        public = numbers_of_cryptography(key.public_key())
        return public | {"seed": key.private_bytes_raw()}
    return {"public": key.public_bytes_raw()}


def numbers_of_pycryptodomex(key):
    if isinstance(key, RSA.RsaKey):
        names = "nedpq" if key.has_private() else "ne"
        return {name: int(getattr(key, name)) for name in names}
    public = {"public": key.public_key().export_key(format="raw")}
    return public | {"seed": key.seed} if key.has_private() else public


def first_that_reads(ways, *arguments):
    errors = []
    for way in ways:
        try:
            return way(*arguments)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
    raise ValueError("; ".join(errors))


def read_with_cryptography(file, passphrase, is_public):
    content = open(file, "rb").read()
    if is_public:
        ways = (
            serialization.load_pem_public_key,
            serialization.load_der_public_key,
            serialization.load_ssh_public_key,
        )
        return numbers_of_cryptography(first_that_reads(ways, content))
    ways = serialization.load_pem_private_key, serialization.load_ssh_private_key
    passphrase = passphrase and passphrase.encode()
    return numbers_of_cryptography(first_that_reads(ways, content, passphrase))


def read_with_asyncssh(file, passphrase, is_public):
    if is_public:
        return numbers_of_cryptography(asyncssh.read_public_key(file).pyca_key)
    return numbers_of_cryptography(asyncssh.read_private_key(file, passphrase).pyca_key)


def read_with_paramiko(file, passphrase, is_public):
    if is_public:
        blob = PublicBlob.from_file(file)
        key = paramiko.PKey.from_type_string(blob.key_type, blob.key_blob)
    else:
        ways = (
            paramiko.RSAKey.from_private_key_file,
            paramiko.Ed25519Key.from_private_key_file,
        )
        key = first_that_reads(ways, file, passphrase)
    if isinstance(key, paramiko.RSAKey):
        return numbers_of_cryptography(key.key)
    # PyNaCl has separate objects for the public key and the private key in the file.
    signing, verifying = key._signing_key, key._verifying_key
    public = {"public": bytes(verifying or signing.verify_key)}
    return public if is_public else public | {"seed": bytes(signing)}


def read_with_pycryptodomex(file, passphrase, is_public):
    content = open(file, "rb").read()
    ways = RSA.import_key, ECC.import_key
    key = first_that_reads(ways, content, passphrase)
    if key.has_private() == is_public:
        raise ValueError("a private key instead of a public one, or the reverse")
    return numbers_of_pycryptodomex(key)


readers = {
    "cryptography": read_with_cryptography,
    "asyncssh": read_with_asyncssh,
    "paramiko": read_with_paramiko,
    "pycryptodomex": read_with_pycryptodomex,
}


def hexadecimal(number):
    return number.hex() if isinstance(number, bytes) else f"{number:x}"


passphrase, *files = sys.argv[1:]
for file in files:
    is_public = os.path.basename(file).startswith("public-")
    for reader, read in readers.items():
        # Skips this file: the library derives the key in Python, which takes 15 seconds.
        if read is read_with_pycryptodomex and "pkcs8-encrypted" in file:
            continue
        try:
            numbers = read(file, passphrase if "-encrypted" in file else None, is_public)
            found = " ".join(f"{name}={hexadecimal(number)}" for name, number in numbers.items())
        except Exception as error:
            found = "! " + " ".join(f"{type(error).__name__}: {error}".split())
        print(reader, file, found, sep="\t")
