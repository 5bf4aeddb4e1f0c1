//! Round trips of keys through all formats.

use std::iter;

use crypto_bigint::{BoxedUint, ConcatenatingMul, Gcd, NonZero, Odd, Resize};
use crypto_primes::{Flavor, random_prime};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use super::made::passphrase;
use super::numbers;
use crate::format::{Comment, CostOptions, Encryption, PpkVersion, PrivateFormat, PublicFormat};
use crate::format::{read_private, read_public, write_private, write_public};
use crate::key::composites;
use crate::key::{Ed25519PrivateKey, KeyError, PrivateKey, PublicKey, RsaNumbers, RsaPrivateKey};
use crate::secret::Seed;

const FORMATS: [PrivateFormat; 5] = [
    PrivateFormat::Pem,
    PrivateFormat::Openssh,
    PrivateFormat::Pkcs8,
    PrivateFormat::Ppk(PpkVersion::V2),
    PrivateFormat::Ppk(PpkVersion::V3),
];

/// Returns the key of two factors, with d modulo φ(n) or, if `least`, the least common multiple of
/// p − 1 and q − 1.
fn from_factors(
    prime1: &BoxedUint,
    prime2: &BoxedUint,
    exponent: u64,
    least: bool,
) -> Option<Result<RsaPrivateKey, KeyError>> {
    let bits = prime1.bits_precision().max(prime2.bits_precision()) * 2;
    let wide = |number: &BoxedUint| number.resize(bits);
    let one = BoxedUint::one_with_precision(bits);
    let (prime1, prime2) = (wide(prime1), wide(prime2));
    let order1 = prime1.wrapping_sub(&one);
    let order2 = prime2.wrapping_sub(&one);
    let mut order = order1.wrapping_mul(&order2);
    if least {
        let common = NonZero::new(order1.gcd(&order2)).unwrap();
        order = order.div_rem(&common).0;
    }
    let order = NonZero::new(order).unwrap();
    let public_exponent = BoxedUint::from(exponent).resize(bits);
    let private_exponent = public_exponent.invert_mod(&order).into_option()?;
    let odd = Odd::new(prime1.clone()).unwrap();
    let coefficient = prime2.rem(odd.as_nz_ref()).invert_odd_mod(&odd).into_option()?;
    let modulus = prime1.wrapping_mul(&prime2);
    let bytes = |number: &BoxedUint| number.to_be_bytes().into_vec();
    Some(RsaPrivateKey::from_numbers(&RsaNumbers {
        modulus: &bytes(&modulus),
        public_exponent: &bytes(&public_exponent),
        private_exponent: &bytes(&private_exponent),
        prime1: &bytes(&prime1),
        prime2: &bytes(&prime2),
        exponents: None,
        coefficient: &bytes(&coefficient),
    }))
}

/// Returns the key of two primes, or `None` if the exponent has no inverse.
fn rsa(prime1: &BoxedUint, prime2: &BoxedUint, exponent: u64, least: bool) -> Option<PrivateKey> {
    Some(PrivateKey::Rsa(from_factors(prime1, prime2, exponent, least)?.unwrap()))
}

/// Tests consistent numbers with a composite factor.
#[test]
fn composite_factors_are_rejected() {
    let mut random = StdRng::seed_from_u64(14);
    let mut prime = |bits| random_prime::<BoxedUint, _>(&mut random, Flavor::Any, bits);
    let composite = prime(256).concatenating_mul(&prime(257));
    let prime = prime(513);
    for (factors, fault) in [
        ([&composite, &prime], KeyError::RsaPrime1Composite),
        ([&prime, &composite], KeyError::RsaPrime2Composite),
    ] {
        let key = [65_537, 65_539, 17, 257].into_iter();
        let mut key =
            key.filter_map(|exponent| from_factors(factors[0], factors[1], exponent, true));
        assert_eq!(key.next().unwrap().unwrap_err(), fault);
    }
    // A strong pseudoprime to many bases, with a prime of the same length.
    let arnault = BoxedUint::from_be_slice_vartime(&composites::arnault().to_bytes_be());
    let prime = random_prime::<BoxedUint, _>(&mut random, Flavor::Any, arnault.bit_width());
    let mut key = [65_537, 65_539, 17, 257].into_iter();
    let key = key.find_map(|exponent| from_factors(&arnault, &prime, exponent, true));
    assert_eq!(key.unwrap().unwrap_err(), KeyError::RsaPrime1Composite);
}

/// Returns RSA keys of 1024 to 4096 bits: primes with and without the top bit of their first byte,
/// in both orders, and some short numbers.
fn rsa_keys(random: &mut StdRng) -> Vec<PrivateKey> {
    let mut prime = |bits| random_prime::<BoxedUint, _>(random, Flavor::Any, bits);
    let mut keys = Vec::new();
    // The product of two primes over 2^512 / √2 has 1024 bits.
    let large = |prime: &BoxedUint| prime.to_be_bytes()[0] >= 0xb6;
    let small: Vec<BoxedUint> = iter::repeat_with(|| prime(512)).filter(large).take(8).collect();
    for (one, prime1) in small.iter().enumerate() {
        for (other, prime2) in small.iter().enumerate().filter(|(other, _)| *other != one) {
            let exponent = [3, 17, 65_537, (1 << 33) + 1][(one + other) % 4];
            keys.extend(rsa(prime1, prime2, exponent, other % 2 == 0));
        }
    }
    for bits in [513, 515, 516, 520, 700, 768, 1024, 1025, 1536, 2048] {
        let (prime1, prime2) = (prime(bits), prime(bits));
        keys.extend(rsa(&prime1, &prime2, 65_537, false));
        keys.extend(rsa(&prime2, &prime1, 65_537, true));
    }
    // Some smart cards generate primes of unequal length.
    let (prime1, prime2) = (prime(600), prime(440));
    keys.extend(rsa(&prime1, &prime2, 65_537, false));
    keys.extend(rsa(&prime2, &prime1, 65_537, false));
    keys
}

fn ed25519_keys(random: &mut StdRng) -> Vec<PrivateKey> {
    let mut seeds = vec![[0; 32], [0xff; 32], [0x80; 32]];
    for (place, byte) in [(0, 0), (0, 0x80), (0, 0xff), (31, 0), (31, 0xff), (30, 0), (1, 0)] {
        let mut seed = [0; 32];
        random.fill_bytes(&mut seed);
        seed[place] = byte;
        seeds.push(seed);
    }
    seeds.extend((0..40).map(|_| random.random::<[u8; 32]>()));
    let key =
        |seed: [u8; 32]| PrivateKey::Ed25519(Ed25519PrivateKey::from_seed(Seed::copy_of(&seed)));
    seeds.into_iter().map(key).collect()
}

fn comments() -> impl Iterator<Item = Comment> {
    let comments =
        [&b""[..], b"a", b"a comment: \xc3\xa9", b"\xff\x1b[31m \"\\", b" x \t", &[b'y'; 1000]];
    comments.into_iter().cycle().map(|comment| Comment::new(comment).unwrap())
}

#[test]
fn private_keys_round_trip_in_every_format() {
    let mut random = StdRng::seed_from_u64(11);
    let mut keys = rsa_keys(&mut random);
    assert!(keys.len() > 50, "{}", keys.len());
    keys.extend(ed25519_keys(&mut random));
    for (key, comment) in keys.iter().zip(comments()) {
        for format in FORMATS {
            let file = write_private(key, format, &comment, None, &mut random).unwrap();
            let read = read_private(file.expose(), None).unwrap();
            assert!(!read.source.is_encrypted());
            assert_eq!(numbers(&read.key), numbers(key), "{format:?}");
            assert!(read.comment.is_none_or(|read| read == comment), "{format:?}");
            let again = write_private(&read.key, format, &comment, None, &mut random).unwrap();
            assert_eq!(again.expose(), file.expose(), "{format:?}");
            assert_eq!(read_public(file.expose()).unwrap().key, key.public());
        }
    }
}

#[test]
fn encrypted_private_keys_round_trip() {
    let mut random = StdRng::seed_from_u64(12);
    let rsa = rsa_keys(&mut random);
    let ed25519 = ed25519_keys(&mut random);
    for (number, key) in rsa.iter().step_by(12).chain(ed25519.iter().step_by(12)).enumerate() {
        let comment = comments().nth(number).unwrap();
        // Derivations are slow, so each key gets two of the four formats.
        for format in [FORMATS[1 + number % 2], FORMATS[3 + number % 2]] {
            let secret = passphrase();
            let encryption = Encryption::with(Some(&secret), CostOptions::default());
            let file = write_private(key, format, &comment, encryption, &mut random).unwrap();
            let read = read_private(file.expose(), Some(&secret)).unwrap();
            assert!(read.source.is_encrypted());
            assert_eq!(numbers(&read.key), numbers(key), "{format:?}");
            assert!(read.comment.is_none_or(|read| read == comment), "{format:?}");
        }
    }
}

#[test]
fn public_keys_round_trip_in_every_format() {
    let mut random = StdRng::seed_from_u64(13);
    let mut keys = rsa_keys(&mut random);
    keys.extend(ed25519_keys(&mut random));
    for (key, comment) in keys.iter().map(PrivateKey::public).zip(comments()) {
        for format in [
            PublicFormat::Openssh,
            PublicFormat::Rfc4716,
            PublicFormat::Spki,
            PublicFormat::Pkcs1,
            PublicFormat::Der,
        ] {
            if matches!((format, &key), (PublicFormat::Pkcs1, PublicKey::Ed25519(_))) {
                assert!(write_public(&key, format, &comment).is_err());
                continue;
            }
            let file = write_public(&key, format, &comment).unwrap();
            assert_eq!(read_public(&file).unwrap().key, key, "{format:?}");
        }
    }
}
