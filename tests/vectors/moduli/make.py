"""Creates the public keys in this directory. Each has the weakness in its name."""

import base64
import math
import random

RANDOM = random.Random("keypair: broken RSA moduli")
SMALL = [p for p in range(2, 1 << 12) if all(p % d for d in range(2, math.isqrt(p) + 1))]


def is_prime(number):
    """Runs 40 rounds of the Miller-Rabin test."""
    if any(number % p == 0 for p in SMALL):
        return number in SMALL
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(40):
        power = pow(RANDOM.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def next_prime(number):
    number |= 1
    while not is_prime(number):
        number += 2
    return number


def prime(bits):
    return next_prime(3 << bits - 2 | RANDOM.getrandbits(bits - 2))


def roca_prime(bits):
    """Generates a prime in the way of Infineon's RSALib (Nemec and others, CCS 2017)."""
    modulus = math.prod(SMALL[:126])
    while True:
        least = (3 << bits - 2) // modulus + 1
        factor = RANDOM.randrange(least, (1 << bits) // modulus)
        number = factor * modulus + pow(65537, RANDOM.getrandbits(64), modulus)
        if is_prime(number):
            return number


def write(name, modulus, exponent=65537):
    fields = [b"ssh-rsa"]
    for number in exponent, modulus:
        fields.append(number.to_bytes(number.bit_length() // 8 + 1, "big"))
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    with open(f"{name}.pub", "w") as file:
        file.write(f"ssh-rsa {base64.b64encode(blob).decode()} {name}\n")


half = prime(1024)
write("small_factor_3", 3 * prime(2046))
write("small_factor_65521", 65521 * prime(2033))
write("small_factors", 3 * 3 * 101 * 65519 * prime(2028))
write("small_factor_of_composite", 7 * prime(1023) * prime(1023))
write("prime", prime(2048))
write("square", half * half)
write("cube", prime(683) ** 3)
write("close_primes", half * next_prime(half + 2))
write("close_primes_32_steps", half * next_prime(half + (1 << 516)))
write("roca", roca_prime(1024) * roca_prime(1024))
sound = prime(2048) * prime(2048)
write("exponent_65_bits", sound, (1 << 64) + 13)
write("sound", sound)
