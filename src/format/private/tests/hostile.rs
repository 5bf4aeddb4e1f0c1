//! Files that no program writes. Each must be rejected with its own error, quickly, without a
//! panic.

use super::made::*;
use super::{numbers, refusal};
use crate::format::read_private;
use crate::key::{KeyError, PrivateKey, RsaPrivateKey};
use crate::vectors;

#[test]
fn invalid_encryption_is_named() {
    let pbkdf2 = algorithm(PBKDF2, &sequence(&[&octets(b"saltsalt"), &number(1)]));
    let vector = |length| algorithm(AES_256_CBC, &octets(&vec![7; length]));
    let aes = "DEK-Info: AES-128-CBC,000102030405060708090a0b0c0d0e0f\n";
    for (file, fault) in [
        (traditional("", &[1; 32]), "DekInfo"),
        (traditional("DEK-Info:\n", &[1; 32]), "DekInfo"),
        (traditional("DEK-Info: AES-128-CBC\n", &[1; 32]), "DekInfo"),
        (traditional("DEK-Info: AES-128-CBC,\n", &[1; 32]), "InitialVector"),
        (traditional("DEK-Info: AES-128-CBC,00\n", &[1; 32]), "InitialVector"),
        (traditional("DEK-Info: AES-128-CBC,0\n", &[1; 32]), "DekInfo"),
        (
            traditional("DEK-Info: AES-128-CBC,xyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxy\n", &[1; 32]),
            "DekInfo",
        ),
        (
            traditional("DEK-Info: DES-EDE3-CBC,000102030405060708090a0b0c0d0e0f\n", &[1; 32]),
            "InitialVector",
        ),
        (traditional("DEK-Info: AES-128-CBC,00,00\n", &[1; 32]), "DekInfo"),
        (traditional("DEK-Info: DES-CBC,0001020304050607\n", &[1; 32]), "PemCipher"),
        (traditional("DEK-Info: AES-128-GCM,00\n", &[1; 32]), "CipherUnknown"),
        (traditional(aes, &[]), "CipherBlocks"),
        (traditional(aes, &[1; 31]), "CipherBlocks"),
        (traditional(aes, &[1; 32]), "PassphraseWrong"),
        (pkcs8_with(&pbkdf2, &vector(0), &[9; 48]), "InitialVector"),
        (pkcs8_with(&pbkdf2, &vector(8), &[9; 48]), "InitialVector"),
        (pkcs8_with(&pbkdf2, &vector(17), &[9; 48]), "InitialVector"),
        (pkcs8_with(&pbkdf2, &algorithm(AES_256_CBC, b""), &[9; 48]), "Der {"),
        (pkcs8_with(&pbkdf2, &algorithm(AES_256_CBC, b"\x05\0"), &[9; 48]), "Der {"),
        (pkcs8_with(&pbkdf2, &algorithm(b"\x2a\x03", &octets(b"")), &[9; 48]), "CipherUnknown"),
        (pkcs8_with(&pbkdf2, &vector(16), &[]), "CipherBlocks"),
        (pkcs8_with(&pbkdf2, &vector(16), &[9; 47]), "CipherBlocks"),
        (pkcs8_with(&algorithm(PBKDF2, b""), &vector(16), &[9; 48]), "Der {"),
        (pkcs8_with(&algorithm(b"\x2a\x03", b""), &vector(16), &[9; 48]), "KeyDerivationUnknown"),
        (sequence(&[&algorithm(b"\x2a\x03", b""), &octets(&[9; 48])]), "Pkcs8Scheme"),
        (sequence(&[&algorithm(PBES2, b""), &octets(&[9; 48])]), "Der {"),
        (Container::encrypted("aes256-ctr", Vec::new()).file(), "WireTruncated"),
        (
            Container::encrypted("aes256-ctr", bcrypt(&[], 16)).file(),
            "KeyDerivationValue { parameter: \"bcrypt salt\" }",
        ),
        (
            Container::encrypted("aes256-ctr", [bcrypt(&[1], 16), vec![0]].concat()).file(),
            "WireTrailing",
        ),
        (Container::encrypted("rijndael", bcrypt(&[1], 16)).file(), "CipherUnknown"),
        (Container::encrypted("\u{fffd}", bcrypt(&[1], 16)).file(), "CipherUnknown"),
        (
            Container {
                derivation: "none",
                ..Container::encrypted("aes256-ctr", bcrypt(&[1], 16))
            }
            .file(),
            "OpensshCipher",
        ),
        (
            Container {
                derivation: "argon2",
                ..Container::encrypted("aes256-ctr", bcrypt(&[1], 16))
            }
            .file(),
            "KeyDerivationUnknown",
        ),
        (
            Container {
                section: vec![5; 159],
                ..Container::encrypted("aes256-ctr", bcrypt(&[1], 16))
            }
            .file(),
            "CipherBlocks",
        ),
        (
            Container { section: vec![], ..Container::encrypted("aes256-ctr", bcrypt(&[1], 16)) }
                .file(),
            "WireTruncated",
        ),
        (
            Container {
                after: vec![0; 16],
                ..Container::encrypted("aes256-ctr", bcrypt(&[1], 16))
            }
            .file(),
            "WireTrailing",
        ),
        (
            Container::encrypted("aes256-gcm@openssh.com", bcrypt(&[1], 16)).file(),
            "OpensshTag { length: 0 }",
        ),
        (
            Container {
                after: vec![0; 16],
                ..Container::encrypted("aes256-gcm@openssh.com", bcrypt(&[1], 16))
            }
            .file(),
            "PassphraseWrong",
        ),
        (
            Container {
                after: vec![0; 17],
                ..Container::encrypted("aes256-gcm@openssh.com", bcrypt(&[1], 16))
            }
            .file(),
            "WireTrailing",
        ),
        (
            Container {
                after: vec![0; 16],
                ..Container::encrypted("chacha20-poly1305@openssh.com", bcrypt(&[1], 16))
            }
            .file(),
            "PassphraseWrong",
        ),
    ] {
        refusal(&file, fault);
    }
}

#[test]
fn inconsistent_openssh_containers_are_named() {
    let plain = Container::plain();
    let point = &plain.public[19..51];
    let pair = &plain.section[63..127];
    let other = vectors::read_pem("keys/edge_lead91.openssh")[62..94].to_vec();
    let other_pair = [&other[..], point].concat();
    let of = |fields: [&[u8]; 4], padding: &[u8]| Container::of_fields(fields, padding).file();
    let padding: Vec<u8> = (1..=20).collect();
    let ed25519 = b"ssh-ed25519";
    // 8 bytes of check numbers and 15, 36 and 68 bytes of fields leave 5 bytes of the block for the
    // comment.
    let file = of([ed25519, point, pair, b""], &padding[..5]);
    assert!(read_private(&file, None).is_ok());
    for (file, fault) in [
        (of([ed25519, point, pair, b""], b""), "CipherBlocks"),
        (of([ed25519, point, pair, b""], b"\x01\x02\x03\x04\x06"), "OpensshPadding"),
        (of([ed25519, point, pair, b""], &[0; 5]), "OpensshPadding"),
        (of([ed25519, point, pair, b""], &[&padding[..], b"\x15"].concat()), "OpensshPadding"),
        (of([b"ssh-rsa", point, pair, b""], b"\x01"), "HalvesDiffer"),
        (of([b"ssh-dss", point, pair, b""], b"\x01"), "Dsa"),
        (of([b"", point, pair, b""], &padding[..0]), "TypeUnknown"),
        (of([ed25519, &other, pair, b""], &padding[..5]), "HalvesDiffer"),
        (of([ed25519, point, &other_pair, b""], &padding[..5]), "HalvesDiffer"),
        (of([ed25519, point, &pair[..31], b""], &padding[..6]), "Ed25519Length { length: 31 }"),
        (of([ed25519, point, &pair[..32], b""], &padding[..5]), "HalvesDiffer"),
        (of([ed25519, point, &[pair, b"12345678"].concat(), b""], &padding[..5]), "HalvesDiffer"),
        (Container { keys: 0, ..Container::plain() }.file(), "SeveralKeys"),
        (Container { keys: u32::MAX, ..Container::plain() }.file(), "SeveralKeys"),
        (Container { public: vec![], ..Container::plain() }.file(), "WireTruncated"),
        (Container { section: vec![], ..Container::plain() }.file(), "WireTruncated"),
        (Container { options: vec![1], ..Container::plain() }.file(), "OpensshCipher"),
        (Container { after: vec![1], ..Container::plain() }.file(), "WireTrailing"),
        (Container { cipher: "", ..Container::plain() }.file(), "OpensshCipher"),
    ] {
        refusal(&file, fault);
    }
}

#[test]
fn nearly_valid_der_is_named() {
    let seed = octets(&octets(&[3; 32]));
    let ed25519 = algorithm(ED25519, b"");
    let key = |parts: &[&[u8]]| sequence(parts);
    let other = &vectors::read_pem("keys/edge_lead91.openssh")[62..94];
    let nested = (0..2000).fold(Vec::new(), |inside, _| sequence(&[&inside]));
    assert!(read_private(&key(&[&number(0), &ed25519, &seed]), None).is_ok());
    for (file, fault) in [
        (key(&[&number(5), &ed25519, &seed]), "Der {"),
        (key(&[&number(0), &algorithm(ED25519, b"\x05\0"), &seed]), "AlgorithmUnknown"),
        (key(&[&number(0), &algorithm(b"\x2b\x65\x71", b""), &seed]), "AlgorithmUnsupported"),
        (key(&[&number(0), &algorithm(RSA, b"\x05\0"), &octets(b"")]), "Der {"),
        (key(&[&number(0), &algorithm(RSA, b"\x05\0"), &seed]), "Der {"),
        (key(&[&number(0), &ed25519, &octets(&octets(&[3; 31]))]), "Ed25519Length { length: 31 }"),
        (key(&[&number(0), &ed25519, &octets(&octets(&[3; 33]))]), "Ed25519Length { length: 33 }"),
        (key(&[&number(0), &ed25519, &octets(&[3; 32])]), "Der {"),
        (key(&[&number(1), &ed25519, &seed, b"\x81\x21\0", other]), "HalvesDiffer"),
        (key(&[&number(1), &ed25519, &seed, b"\x81\x01\0"]), "Ed25519Length { length: 0 }"),
        (b"\x30\x80\x02\x01\0\0\0".to_vec(), "DerUnknown"),
        (b"\x30\x81\x05\x02\x01\0\x05\0".to_vec(), "DerUnknown"),
        (b"\x30\x84\x7f\xff\xff\xff\x02\x01\0".to_vec(), "Der {"),
        (b"\x30\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01".to_vec(), "Der {"),
        (nested, "Der {"),
        (pem("PRIVATE KEY", "", b""), "Der {"),
        (pem("OPENSSH PRIVATE KEY", "", b""), "OpensshMagic"),
    ] {
        refusal(&file, fault);
    }
}

/// Replaces each number of a key with one that is inconsistent with the others.
#[test]
fn wrong_rsa_numbers_are_named() {
    let der = vectors::read_pem("keys/rsa1024.pem");
    let key = crate::format::der::read_pkcs1_private(&der).unwrap();
    let parts = |key: &RsaPrivateKey| -> [Vec<u8>; 8] {
        [
            key.public().modulus(),
            key.public().exponent(),
            key.private_exponent(),
            key.prime1(),
            key.prime2(),
            key.exponent1(),
            key.exponent2(),
            key.coefficient(),
        ]
        .map(integer)
    };
    let file = |version: u128, parts: &[Vec<u8>]| {
        let fields = [vec![number(version)], parts.to_vec()].concat();
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        pem("RSA PRIVATE KEY", "", &sequence(&fields))
    };
    let right = parts(&key);
    let key = PrivateKey::Rsa(key);
    assert_eq!(numbers(&read_private(&file(0, &right), None).unwrap().key), numbers(&key));
    let huge = integer(&[0xff; 128]);
    let [n, e, d, p, q, dp, dq, qinv] = [0, 1, 2, 3, 4, 5, 6, 7];
    for (place, value, fault) in [
        (n, number(0), "Key(RsaTooShort { bits: 0 })"),
        (n, huge.clone(), "Key(RsaModulusNotProduct)"),
        (n, integer(&[0xff; 1025]), "Key(RsaTooLong { bits: 8200 })"),
        (n, b"\x02\x01\x80".to_vec(), "Key(RsaTooShort { bits: 8 })"),
        (e, number(0), "Key(RsaExponentInvalid)"),
        (e, number(1), "Key(RsaExponentInvalid)"),
        (e, number(65536), "Key(RsaExponentInvalid)"),
        (e, number(3), "Key(RsaPrivateExponentWrong)"),
        (e, huge.clone(), "Key(RsaExponentTooLarge)"),
        (d, number(0), "Key(RsaPrivateExponentWrong)"),
        (d, number(1), "Key(RsaPrivateExponentWrong)"),
        (d, huge.clone(), "Key(RsaPrivateExponentWrong)"),
        (p, number(0), "Key(RsaModulusNotProduct)"),
        (p, number(1), "Key(RsaModulusNotProduct)"),
        (p, right[q].clone(), "Key(RsaModulusNotProduct)"),
        (q, number(0), "Key(RsaModulusNotProduct)"),
        (q, huge.clone(), "Key(RsaModulusNotProduct)"),
    ] {
        let mut wrong = right.clone();
        wrong[place] = value;
        refusal(&file(0, &wrong), fault);
    }
    for (place, value, flaw) in [
        (dp, number(0), KeyError::RsaExponent1Wrong),
        (dq, number(0), KeyError::RsaExponent2Wrong),
        (qinv, number(0), KeyError::RsaCoefficientWrong),
        (qinv, number(1), KeyError::RsaCoefficientWrong),
        (qinv, huge.clone(), KeyError::RsaCoefficientWrong),
    ] {
        let mut wrong = right.clone();
        wrong[place] = value;
        let read = read_private(&file(0, &wrong), None).unwrap();
        assert_eq!((numbers(&read.key), read.flaw), (numbers(&key), Some(flaw)));
    }
    let zeros = vec![number(0); 5];
    refusal(&file(0, &[&right[..p], &zeros].concat()), "Key(RsaPrimesMissing)");
    let wrong = [right[n].clone(), right[e].clone(), number(3)];
    refusal(&file(0, &[&wrong[..], &zeros].concat()), "Key(RsaPrivateExponentWrong)");
    refusal(&file(1, &right), "Der {");
    refusal(&file(2, &right), "Der {");
    refusal(&file(0, &right[..7]), "Der {");
    let more = sequence(&[&sequence(&[&number(3), &number(3), &number(3)])]);
    refusal(&file(1, &[&right[..], std::slice::from_ref(&more)].concat()), "RsaMultiPrime");
    refusal(&file(0, &[&right[..], &[more]].concat()), "Der {");
}

/// Input that could take a naive reader very long: a mebibyte of one repeated unit.
#[test]
fn mebibyte_of_repeated_input_fails_at_once() {
    for (unit, before, after) in [
        ("-----BEGIN ", "", ""),
        ("-----BEGIN A-----\n", "", ""),
        ("-----END A-----\n", "-----BEGIN A-----\n", ""),
        ("-----", "-----BEGIN A-----\n", ""),
        ("A", "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n"),
        ("A: b\n", "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n"),
        (":", "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n"),
        ("\n", "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n"),
        (
            "Proc-Type: 4,ENCRYPTED\n",
            "-----BEGIN PRIVATE KEY-----\n",
            "\nAAAA\n-----END PRIVATE KEY-----\n",
        ),
        (
            "b3BlbnNzaC1r",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n",
            "\n-----END OPENSSH PRIVATE KEY-----\n",
        ),
        ("A", "PuTTY-User-Key-File-3: ", ""),
        (
            "A\n",
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: \nPublic-Lines: 5461\n",
            "",
        ),
        ("9", "PuTTY-User-Key-File-", ": ssh-rsa"),
        ("MIIB", "", ""),
        (" ", "", "ssh-rsa"),
        ("\r", "", ""),
        ("\u{feff}", "", ""),
        ("\0", "", ""),
        ("0", "", ""),
    ] {
        let room = (1 << 20) - before.len() - after.len();
        let file = [before, &unit.repeat(room / unit.len()), after].concat().into_bytes();
        refusal(&file, "");
        let wide: Vec<u8> = file[..file.len() / 2 - 8].iter().flat_map(|&byte| [byte, 0]).collect();
        refusal(&[b"\xff\xfe", &wide[..]].concat(), "");
    }
    refusal(&vec![b'A'; (1 << 20) + 1], "TooLong { limit: 1048576 }");
}
