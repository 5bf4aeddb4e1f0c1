//! Conversions from every format to every other, verified by OpenSSH, OpenSSL and PuTTY.

use std::fs;
use std::path::Path;

use crate::support::home::Home;

/// A private key format: its name here, its options, and whether it is encrypted.
const FORMS: [(&str, &str, bool); 9] = [
    ("pem", "--format pem", false),
    ("openssh", "--format openssh", false),
    ("openssh-encrypted", "--format openssh", true),
    ("pkcs8", "--format pkcs8", false),
    ("pkcs8-encrypted", "--format pkcs8", true),
    ("ppk2", "--format ppk --ppk-version 2", false),
    ("ppk2-encrypted", "--format ppk --ppk-version 2", true),
    ("ppk3", "--format ppk --ppk-version 3", false),
    ("ppk3-encrypted", "--format ppk --ppk-version 3", true),
];

/// Converts the file `$1` of format `$2` to the file `plain`, which ssh-keygen reads without a
/// passphrase, using other programs only. `ssh-keygen -Y` then proves that the private key matches
/// the public key in `public`, which `ssh-keygen -y` does not check.
const VERIFY: &str = r#"
set -eu
rm -f plain message.sig
case $2 in
    pem | openssh) cp "$1" plain ;;
    openssh-encrypted) cp "$1" plain; chmod 600 plain; ssh-keygen -q -p -P 'correct horse' -N '' -f plain ;;
    pkcs8) openssl pkey -in "$1" -check -noout; openssl pkey -in "$1" -out plain ;;
    pkcs8-encrypted)
        openssl pkey -in "$1" -passin file:pass -check -noout
        openssl pkey -in "$1" -passin file:pass -out plain ;;
    ppk*) timeout 30 puttygen "$1" --old-passphrase pass --new-passphrase none -O private-openssh -o plain ;;
esac
chmod 600 plain
# For a PEM file, ssh-keygen reads the public key from the .pub file.
cp public plain.pub
if [ "$2" = "${2#pkcs8}" ] || grep -q ^ssh-rsa public; then
    ssh-keygen -q -Y sign -f plain -n test message 2> /dev/null
    printf 'me %s' "$(cat public)" > signers
    ssh-keygen -q -Y verify -f signers -I me -n test -s message.sig < message > /dev/null
else
    # OpenSSH 9.2 does not read ED25519 in PKCS#8.
    openssl pkeyutl -sign -rawin -inkey plain -in message -out message.sig
    openssl pkeyutl -verify -rawin -pubin -inkey spki -in message -sigfile message.sig > /dev/null
fi
"#;

/// A user with a private key in the file `key`.
struct Converter(Home);

impl Converter {
    fn new(home: Home) -> Self {
        home.write("pass", "correct horse");
        home.write("none", "");
        home.write("message", "message");
        home.write("verify", VERIFY);
        home.shell(
            "set -eu; chmod 600 key; ssh-keygen -y -f key | cut -d ' ' -f 1,2 > public
             keypair convert public --public spki > spki; openssl pkey -pubin -in spki -noout",
        )
        .success();
        Self(home)
    }

    fn convert(&self, from: &str, options: &str, protected: bool, to: &str) {
        let new = if protected { "--new-passphrase-file pass" } else { "--no-passphrase" };
        let old = "KEYPAIR_PASSPHRASE='correct horse'";
        let convert = format!("{old} keypair convert {from} {options} {new} --comment 'a b'");
        self.0.shell(&format!("rm -f {to}; {convert} --out {to}")).success();
    }

    fn verify(&self, file: &str, form: &str) {
        self.0.shell(&format!("sh verify {file} {form}")).success();
    }

    /// Converts the key to every format. Each file is named like its format.
    fn verify_every_format(&self) {
        for (form, options, protected) in FORMS {
            self.convert("key", options, protected, form);
            assert_eq!(self.0.mode(form), 0o400);
            self.verify(form, form);
        }
    }

    /// Converts every format to every other. An unencrypted result must equal the verified file,
    /// and an encrypted one is verified again.
    fn verify_every_conversion(&self) {
        self.verify_every_format();
        for (from, _, _) in FORMS {
            for (to, options, protected) in FORMS {
                self.convert(from, options, protected, "out");
                if protected {
                    self.verify("out", to);
                } else {
                    assert!(self.0.read("out") == self.0.read(to), "{from} to {to}");
                }
            }
        }
    }
}

fn vector(name: &str) -> Converter {
    let home = Home::new();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/keys");
    home.write("key", fs::read(vectors.join(name)).unwrap());
    Converter::new(home)
}

/// PuTTY sorts the primes. Other programs ignore their order.
#[test]
fn rsa_key_with_swapped_primes_converts_between_formats() {
    vector("rsa2048_p_lt_q_from_rust.pem").verify_every_conversion();
}

#[test]
fn ed25519_key_with_high_byte_converts_between_formats() {
    vector("edge_lead91.openssh").verify_every_conversion();
}

#[test]
fn ed25519_edge_cases_convert_to_every_format() {
    for name in ["edge_lead00_01.openssh", "ed25519.openssh"] {
        vector(name).verify_every_format();
    }
    // Seeds of equal bytes: PuTTY before 0.75 dropped trailing zeros.
    for byte in [0, 0xff, 0x80] {
        let home = Home::new();
        let prefix = b"\x30\x2e\x02\x01\0\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        home.write("der", [&prefix[..], &[byte; 32]].concat());
        home.shell("keypair convert der --format openssh --out key").success();
        Converter::new(home).verify_every_format();
    }
}

#[test]
fn rsa_keys_of_all_lengths_convert_to_formats() {
    for name in ["rsa1024.pem", "rsa4096.pem"] {
        vector(name).verify_every_format();
    }
    for bits in [1032, 1536, 2049, 3072] {
        let home = Home::new();
        home.shell(&format!("openssl genrsa -traditional -out key {bits} 2> /dev/null")).success();
        Converter::new(home).verify_every_format();
    }
}
