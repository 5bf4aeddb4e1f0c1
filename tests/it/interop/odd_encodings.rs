//! Generated files in the encodings of old and careless writers, judged by the programs that read
//! them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sha2::Sha256;

use crate::support::home::Home;

/// Prints a name, a tab and the public key for each file that a program reads. PuTTYgen waits
/// forever for the end of some files, and prints public halves without checking the MAC.
const OPENSSL: &str = "for f in [0-9]?? [0-9]??.pub; do printf '%s\\t' $f
    case $f in
        1*.pub) timeout 9 openssl rsa -RSAPublicKey_in -in $f -pubout 2>> said;;
        *.pub) timeout 9 openssl pkey -pubin -in $f -pubout 2>> said;;
        *) timeout 9 openssl pkey -in $f -pubout 2>> said;;
    esac | tr -d '\\n'; echo; done";
const SSH_KEYGEN: &str = "for f in [0-9]??; do printf '%s\\t' $f
    timeout 9 ssh-keygen -y -P '' -f $f < /dev/null 2>> said | cut -d ' ' -f 1,2 | tr -d '\\n'; echo; done";
const PUTTYGEN: &str = "for f in [0-9]??; do printf '%s\\t' $f
    case $f in [56]*) timeout 9 puttygen $f -O private-openssh -o said.key < /dev/null 2>> said || { echo; continue; };; esac
    timeout 9 puttygen -L $f < /dev/null 2>> said | cut -d ' ' -f 1,2 | tr -d '\\n'; echo; done";

#[test]
fn odd_encodings_are_read_like_other_programs() {
    let home = Home::new();
    home.write("rsa", include_bytes!("../../vectors/keys/rsa1024.pem"));
    home.write("ed25519", include_bytes!("../../vectors/keys/ed25519.openssh"));
    home.shell(
        "chmod 600 rsa ed25519
         keypair convert ed25519 --format pkcs8 --out ed25519.p8 > said
         keypair convert rsa --format pkcs8 --out rsa.p8 > said
         for key in rsa ed25519; do
             openssl pkey -in $key.p8 -outform DER -out $key.der
             openssl pkey -in $key.p8 -pubout -outform DER -out $key.pub.der
             keypair convert $key --format ppk --out $key.ppk > said
         done
         openssl rsa -in rsa -traditional -outform DER -out rsa.pkcs1
         openssl rsa -in rsa -RSAPublicKey_out -outform DER -out rsa.pub.pkcs1",
    )
    .success();
    let files = written(&home);
    home.shell("chmod 600 [0-9]??").success();

    let [rsa, ed25519] = ["rsa", "ed25519"].map(|key| Key::read(&home, key));
    let mut readers = BTreeMap::<String, usize>::new();
    for script in [OPENSSL, SSH_KEYGEN, PUTTYGEN] {
        let run = home.shell(script);
        for (file, found) in run.text().lines().filter_map(|line| line.split_once('\t')) {
            let key = if files[file] == "rsa" { &rsa } else { &ed25519 };
            if !found.is_empty() {
                assert!(found == key.pem || found == key.line, "{file}: {found}");
                *readers.entry(file.to_owned()).or_default() += 1;
            }
        }
    }
    assert!(readers.len() >= 150, "other programs read {} of {}", readers.len(), files.len());

    let run = home.shell("keypair fingerprint [0-9]?? [0-9]??.pub");
    let read = run.json()["Keys"].as_array().unwrap().clone();
    let read: BTreeMap<_, _> =
        read.iter().map(|key| (key["File"].as_str().unwrap(), key)).collect();
    for (file, name) in &files {
        let key = if name == "rsa" { &rsa } else { &ed25519 };
        match read.get(&**file) {
            Some(found) => {
                assert_eq!(found["SHA256"], key.sha256, "{file}");
                // It is the digest of the private half.
                if !file.ends_with(".pub") {
                    assert_eq!(found["CreatedFingerprint"], key.created, "{file}");
                }
            }
            None => assert!(!readers.contains_key(file), "{file}: {}", run.stderr),
        }
    }
}

/// A key as the programs print it.
struct Key {
    pem: String,
    line: String,
    sha256: String,
    created: String,
}

impl Key {
    fn read(home: &Home, key: &str) -> Self {
        let printed = |script: String| home.shell(&script).success().text().trim_end().to_owned();
        let member = |member| {
            printed(format!("keypair fingerprint {key} --query Keys[0].{member} --output text"))
        };
        Self {
            pem: printed(format!("openssl pkey -in {key}.p8 -pubout | tr -d '\\n'")),
            line: printed(format!("ssh-keygen -y -f {key} | cut -d ' ' -f 1,2")),
            sha256: member("SHA256"),
            created: member("CreatedFingerprint"),
        }
    }
}

/// Writes the files. Returns the name of the key of each.
fn written(home: &Home) -> BTreeMap<String, String> {
    let mut random = StdRng::seed_from_u64(19);
    let mut files = BTreeMap::new();
    let mut write = |name: String, key: &str, contents: &[u8]| {
        home.write(&name, contents);
        files.insert(name, key.to_owned());
    };
    let der = |name: &str| home.read(name);
    for number in 0..40 {
        let [pkcs1, pkcs8] = ["rsa.pkcs1", "rsa.der"].map(|name| odd_file(&der(name), &mut random));
        write(format!("1{number:02}"), "rsa", &pem("RSA PRIVATE KEY", &pkcs1));
        write(format!("2{number:02}"), "rsa", &pem("PRIVATE KEY", &pkcs8));
        let ed25519 = odd_file(
            &ed25519_of_writer(&der("ed25519.der"), &der("ed25519.pub.der"), number),
            &mut random,
        );
        write(format!("3{number:02}"), "ed25519", &pem("PRIVATE KEY", &ed25519));
        if number < 15 {
            let [pkcs1, rsa, ed25519] = ["rsa.pub.pkcs1", "rsa.pub.der", "ed25519.pub.der"]
                .map(|name| odd_file(&der(name), &mut random));
            write(format!("1{number:02}.pub"), "rsa", &pem("RSA PUBLIC KEY", &pkcs1));
            write(format!("2{number:02}.pub"), "rsa", &pem("PUBLIC KEY", &rsa));
            write(format!("3{number:02}.pub"), "ed25519", &pem("PUBLIC KEY", &ed25519));
            let padded = padded_ppk(&home.read("rsa.ppk"), &mut random);
            write(format!("4{number:02}"), "rsa", &padded);
            for (digit, key) in [(5, "rsa"), (6, "ed25519")] {
                let spaced = spaced(&home.read(&format!("{key}.ppk")), &mut random);
                write(format!("{digit}{number:02}"), key, &spaced);
            }
            let container = padded_container(&der("rsa.pkcs1"), &mut random);
            write(format!("7{number:02}"), "rsa", &pem("OPENSSH PRIVATE KEY", &container));
        }
    }
    files
}

fn pem(label: &str, contents: &[u8]) -> Vec<u8> {
    let base64 = STANDARD.encode(contents);
    let lines = base64.as_bytes().chunks(64).map(|line| [line, b"\n"].concat());
    let body = lines.collect::<Vec<_>>().concat();
    [
        format!("-----BEGIN {label}-----\n").as_bytes(),
        &body,
        format!("-----END {label}-----\n").as_bytes(),
    ]
    .concat()
}

/// The liberties of one writer.
struct Style {
    pads_lengths: bool,
    is_indefinite: bool,
    pads_numbers: bool,
    drops_signs: bool,
    has_segments: bool,
}

/// Returns a DER structure in the encoding of a random writer.
fn odd_file(der: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut likes = || random.random_bool(0.4);
    let style = Style {
        pads_lengths: likes(),
        is_indefinite: likes(),
        pads_numbers: likes(),
        drops_signs: likes(),
        has_segments: likes(),
    };
    let mut file = odd(der, 0, &style, random);
    match random.random_range(0..6) {
        0 => file.extend_from_slice(&[0; 7]),
        1 => file.extend_from_slice(b"\nrest"),
        _ => {}
    }
    file
}

/// Encodes each element anew.
fn odd(mut der: &[u8], depth: usize, style: &Style, random: &mut StdRng) -> Vec<u8> {
    let mut output = Vec::new();
    while let [tag, ..] = *der {
        let (contents, rest) = split(der);
        der = rest;
        let contents = match (tag, contents) {
            (2, number) if depth == 1 && number.len() > 8 => odd_number(number, style, random),
            (0x30 | 0xa0 | 0xa1, fields) => odd(fields, depth + 1, style, random),
            // An `RSAPrivateKey`, a seed or an `RSAPublicKey`.
            (4, key @ [0x30 | 4, ..]) if depth == 1 => odd(key, 0, style, random),
            (3, [0, key @ ..]) if key.first() == Some(&0x30) => {
                [&[0], &odd(key, 0, style, random)[..]].concat()
            }
            (_, contents) => contents.to_vec(),
        };
        let has_segments = style.has_segments && tag == 4 && random.random();
        if has_segments {
            let half = contents.len() / 2;
            let mut segments = element(4, &contents[..half], style, random);
            segments.extend(element(4, &contents[half..], style, random));
            output.extend(element(0x24, &segments, style, random));
        } else {
            output.extend(element(tag, &contents, style, random));
        }
    }
    output
}

/// Splits after the first element. Returns its contents and the rest.
fn split(der: &[u8]) -> (&[u8], &[u8]) {
    let (start, length) = match der[1] {
        short @ ..0x80 => (2, usize::from(short)),
        long => {
            let start = 2 + usize::from(long - 0x80);
            (start, der[2..start].iter().fold(0, |length, &byte| length * 256 + usize::from(byte)))
        }
    };
    (&der[start..start + length], &der[start + length..])
}

fn odd_number(number: &[u8], style: &Style, random: &mut StdRng) -> Vec<u8> {
    match number {
        [0, unsigned @ ..] if style.drops_signs && random.random() => unsigned.to_vec(),
        number if style.pads_numbers && random.random() => {
            [&vec![0; random.random_range(1..40)], number].concat()
        }
        number => number.to_vec(),
    }
}

fn element(tag: u8, contents: &[u8], style: &Style, random: &mut StdRng) -> Vec<u8> {
    if tag & 0x20 != 0 && style.is_indefinite && random.random() {
        return [&[tag, 0x80], contents, &[0, 0]].concat();
    }
    let length = u32::try_from(contents.len()).unwrap().to_be_bytes();
    let zeros = length.iter().take_while(|&&byte| byte == 0).count().min(3);
    let pads = style.pads_lengths && random.random();
    let bytes = &length[if pads { random.random_range(0..=zeros) } else { zeros }..];
    match contents.len() {
        short @ ..0x80 if !pads => [&[tag, u8::try_from(short).unwrap()], contents].concat(),
        _ => [&[tag, 0x80 + u8::try_from(bytes.len()).unwrap()], bytes, contents].concat(),
    }
}

/// Returns PKCS#8 with another version, and with the public key that some writers add.
fn ed25519_of_writer(pkcs8: &[u8], spki: &[u8], number: u8) -> Vec<u8> {
    let point = &spki[spki.len() - 32..];
    let mut fields = pkcs8[2..].to_vec();
    fields[2] = number % 2;
    match number / 2 % 3 {
        0 => fields.extend([b"\x81\x21\0", point].concat()),
        1 => fields.extend([b"\xa1\x23\x03\x21\0", point].concat()),
        _ => {}
    }
    [&[0x30, u8::try_from(fields.len()).unwrap()], &fields[..]].concat()
}

/// Returns a PuTTY file with blank lines.
fn spaced(ppk: &[u8], random: &mut StdRng) -> Vec<u8> {
    let is_double = random.random_bool(0.8);
    let mut file = Vec::new();
    for line in ppk.split_inclusive(|&byte| byte == b'\n') {
        file.extend_from_slice(line);
        let blank = if is_double { 1 } else { random.random_range(0..3) };
        file.extend(vec![b'\n'; blank]);
    }
    file
}

/// Returns a PuTTY file with zeros before its private numbers.
fn padded_ppk(ppk: &[u8], random: &mut StdRng) -> Vec<u8> {
    let text = std::str::from_utf8(ppk).unwrap();
    let (before, after) = text.split_once("Private-Lines: ").unwrap();
    let (_, public) = before.split_once("Public-Lines: ").unwrap();
    let blob = |lines: &str| {
        let lines = lines.lines().skip(1).take_while(|line| !line.contains(':'));
        STANDARD.decode(lines.collect::<String>()).unwrap()
    };
    let (public, private) = (blob(public), blob(after));
    let mut rest = &private[..];
    let mut padded = Vec::new();
    while !rest.is_empty() {
        let number = take_string(&mut rest);
        padded.extend(string(&[&vec![0; random.random_range(0..3)], number].concat()));
    }
    let header = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_once(": ").unwrap().1.as_bytes()
    };
    let input = [header("PuTTY"), header("Encryption"), header("Comment"), &public, &padded];
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"").unwrap();
    let mac = mac.chain_update(input.map(string).concat()).finalize().into_bytes();
    let mac: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = STANDARD.encode(padded);
    let lines: Vec<_> = base64.as_bytes().chunks(64).collect();
    let count = lines.len().to_string();
    [
        before,
        "Private-Lines: ",
        &count,
        "\n",
        std::str::from_utf8(&lines.join(&b'\n')).unwrap(),
        "\nPrivate-MAC: ",
        &mac,
        "\n",
    ]
    .concat()
    .into_bytes()
}

/// Returns OpenSSH's container of an `RSAPrivateKey`, with numbers that begin with zeros.
fn padded_container(pkcs1: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut fields = split(pkcs1).0;
    let mut numbers = Vec::new();
    while !fields.is_empty() {
        let (number, rest) = split(fields);
        numbers.push(number);
        fields = rest;
    }
    let [_, n, e, d, p, q, _, _, coefficient] = numbers[..] else { panic!("nine numbers") };
    let mut padded =
        |number: &[u8]| string(&[&vec![0; random.random_range(0..3)], number].concat());
    let public = [string(b"ssh-rsa"), padded(e), padded(n)].concat();
    let private = [n, e, d, coefficient, p, q].map(&mut padded).concat();
    let mut section = [vec![7; 8], string(b"ssh-rsa"), private, string(b"a comment")].concat();
    section.extend((1..).take(8 - section.len() % 8));
    let names = [string(b"none"), string(b"none"), string(b"")].concat();
    [b"openssh-key-v1\0", &names[..], &[0, 0, 0, 1], &string(&public), &string(&section)].concat()
}

/// Returns a `string` of SSH's wire format.
fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn take_string<'a>(wire: &mut &'a [u8]) -> &'a [u8] {
    let (length, rest) = wire.split_at(4);
    let length = u32::from_be_bytes(length.try_into().unwrap());
    let (string, rest) = rest.split_at(usize::try_from(length).unwrap());
    *wire = rest;
    string
}
