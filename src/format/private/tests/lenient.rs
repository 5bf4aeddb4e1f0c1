//! Files in odd encodings that other programs read.

use super::made::*;
use super::numbers;
use crate::format::{FormatError, read_private, read_public};
use crate::key::KeyError;
use crate::vectors;

#[test]
fn odd_encodings_have_same_key() {
    let of = |name: &str| vectors::read(&format!("people/{name}"));
    let key = |name: &str| numbers(&read_private(&of(name), None).expect(name).key);
    let rsa = key("p8_trailing_zero");
    for name in ["p1_nonminimal_len", "p8_ber_indef", "rsa_extra_zeros"] {
        assert_eq!(key(name), rsa, "{name}");
    }
    assert_eq!(key("ed_v2_ring"), key("ed_v1_with_public"));
    for name in ["rsa_neg_all", "forge-putty-padded-d.ppk", "ppk3.doublespaced"] {
        key(name);
    }
    let public = |name: &str| read_public(&of(name)).expect(name).key;
    assert_eq!(public("rsa_pub_neg_n_spki"), public("rsa_neg_all"));
}

#[test]
fn wrong_crt_numbers_are_computed() {
    let of = |name: &str| vectors::read(&format!("people/{name}"));
    let right = numbers(&read_private(&of("p8_trailing_zero"), None).unwrap().key);
    for name in ["rsa_bad_iqmp", "os_rsa_bad_iqmp"] {
        let read = read_private(&of(name), None).unwrap();
        assert_eq!(
            (numbers(&read.key), read.flaw),
            (right.clone(), Some(KeyError::RsaCoefficientWrong))
        );
    }
    let missing = read_private(&of("rsa_only_ned"), None).unwrap_err();
    assert!(matches!(missing, FormatError::Key(KeyError::RsaPrimesMissing)), "{missing:?}");
    let public = |name: &str| read_public(&of(name)).unwrap().key;
    assert_eq!(public("rsa_only_ned"), public("rsa_bad_iqmp"));
}

#[test]
fn ed25519_pkcs8_of_every_writer_is_read() {
    let point = &vectors::read_pem("keys/ed25519.openssh")[62..94];
    let other = &vectors::read_pem("keys/edge_lead91.openssh")[62..94];
    let container = vectors::read_pem("keys/ed25519.openssh");
    let seed = octets(&octets(&container[161..193]));
    let bits = |point: &[u8]| [&[0], point].concat();
    let tagged = |point: &[u8]| element(0x81, &[&bits(point)]);
    let of_ring = |point: &[u8]| element(0xa1, &[&element(3, &[&bits(point)])]);
    let attributes = element(0xa0, &[&sequence(&[])]);
    let file = |version: u128, rest: &[u8]| {
        sequence(&[&number(version), &algorithm(ED25519, b""), &seed, rest])
    };
    let key = numbers(&read_private(&vectors::read("keys/ed25519.openssh"), None).unwrap().key);
    for version in [0, 1] {
        for rest in [
            Vec::new(),
            tagged(point),
            of_ring(point),
            attributes.clone(),
            [&attributes[..], &tagged(point)].concat(),
            [&attributes[..], &of_ring(point)].concat(),
        ] {
            let read = read_private(&file(version, &rest), None).unwrap();
            assert_eq!(numbers(&read.key), key, "{version} {rest:02x?}");
        }
        for rest in [tagged(other), of_ring(other)] {
            let fault = read_private(&file(version, &rest), None).unwrap_err();
            assert!(matches!(fault, FormatError::HalvesDiffer), "{fault:?}");
        }
    }
}

#[test]
fn comment_of_any_bytes_is_read() {
    let container = vectors::read_pem("keys/ed25519.openssh");
    let (point, pair) = (&container[62..94], &container[161..225]);
    // The other fields leave five bytes of a block for the comment and the padding.
    for (comment, expected) in [
        (&b"laptop\r"[..], &b"laptop"[..]),
        (b"a\nb", b"a b"),
        (b"a\0b\0", b"a b"),
        (b"\xff\xfe", b"\xff\xfe"),
    ] {
        let padding = (1_u8..).take((13 - comment.len()) % 8).collect::<Vec<_>>();
        let file = Container::of_fields([b"ssh-ed25519", point, pair, comment], &padding).file();
        let private = read_private(&file, None).unwrap().comment.unwrap();
        let public = read_public(&file).unwrap().comment.unwrap();
        assert_eq!(private, public);
        assert_eq!(private.as_bytes(), expected);
        assert_eq!(private.is_changed(), comment != expected);
    }
}
