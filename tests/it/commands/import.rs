//! `import` and `import-key-pair`: valid keys in every format, and keys that EC2 rejects.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::home::Home;
use crate::support::run::Run;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn fingerprints() -> Value {
    serde_json::from_slice(&fs::read(vectors().join("fingerprints.json")).unwrap()).unwrap()
}

/// The ways to pass a key file.
const WAYS: [fn(&Home, &str, &str) -> Run; 5] = [
    |home, name, file| home.keypair(["import", name, file]),
    |home, name, file| home.shell(&format!("keypair import {name} - < {file}")),
    |home, name, file| {
        let material = format!("fileb://{file}");
        let options = ["--key-name", name, "--public-key-material", &material];
        home.keypair(["import-key-pair"].into_iter().chain(options))
    },
    |home, name, file| {
        let material = format!("file://{file}");
        home.keypair(["import", name, "--public-key-material", &material])
    },
    |home, name, file| home.keypair(["import", "--key-name", name, file]),
];

#[test]
fn import_corpus_matches_verdicts_for_every_source() {
    let verdicts = fs::read_to_string(vectors().join("import/VERDICTS.tsv")).unwrap();
    let verdicts: Vec<_> = verdicts.lines().map(|line| line.split_once('\t').unwrap()).collect();
    assert_eq!(verdicts.len(), 43);
    for (number, way) in WAYS.into_iter().enumerate() {
        let mut home = Home::new();
        // A slower import is killed.
        home.set_processor_limit(1);
        for (file, verdict) in &verdicts {
            let path = vectors().join("import").join(file);
            let run = way(&home, &format!("n{file}"), path.to_str().unwrap());
            match *verdict {
                "accept" => drop(run.success()),
                "refuse" => {
                    let run = run.fails_with(5);
                    assert_eq!(run.text(), "");
                    let beginning = "keypair: error: An error occurred (InvalidKey.Format) when \
                                     calling the ImportKeyPair operation: ";
                    let fault = run.stderr.strip_prefix(beginning).unwrap();
                    assert!(fault.contains(if number == 1 { "stdin: " } else { file }), "{run}");
                }
                _ => assert!([Some(0), Some(5)].contains(&run.code), "{run}"),
            }
        }
        let accepted = verdicts.iter().filter(|(_, verdict)| *verdict == "accept").count();
        let pairs = home.keypair(["describe"]).success().json();
        assert!(pairs["KeyPairs"].as_array().unwrap().len() >= accepted);
    }
}

#[test]
fn refused_import_creates_no_registry() {
    let home = Home::new();
    home.write("k", "ssh-dss AAAAB3NzaC1kc3M=");
    home.keypair(["import", "k", "k"]).fails_with(5);
    home.keypair(["import", "k", "none"]).fails_with(255);
    home.keypair(["import", "k"]).fails_with(252);
    home.keypair(["import", "", "k"]).fails_with(5);
    home.keypair(["import-key-pair", "--key-name", "k"]).fails_with(252);
    home.keypair(["import", "k", "k", "--key-name", "l"]).fails_with(252);
    home.shell("head -c 2000000 /dev/zero | keypair import k -").fails_with(5);
    assert_eq!(home.files(), [Path::new("work/k")]);
}

#[test]
fn import_fingerprints_match_ec2() {
    let home = Home::new();
    let table = fingerprints();
    for row in table["files_in_keys"].as_array().unwrap() {
        let (name, public) = (row["key"].as_str().unwrap(), row["public"].as_str().unwrap());
        let run = home.keypair(["import", name, "--public-key-material", public]).success();
        assert_eq!(run.json()["KeyFingerprint"], row["ec2_imported"]);
        assert_eq!(run.json()["KeyType"], row["type"]);
    }
    let printed = table["printed_by_real_aws"].as_array().unwrap();
    assert_eq!(printed.len(), 2);
    for (number, row) in printed.iter().enumerate() {
        let options = ["--public-key-material", row["public"].as_str().unwrap()];
        let name = format!("aws{number}");
        let run = home.keypair(["import-key-pair", "--key-name", &name].into_iter().chain(options));
        let answer = run.success().json();
        assert_eq!(answer["KeyFingerprint"], row["ec2_imported"]);
        let members: Vec<_> = answer.as_object().unwrap().keys().collect();
        assert_eq!(members, ["KeyFingerprint", "KeyName", "KeyPairId", "Tags"]);
    }
}

/// Each command creates a public key of `rsa` or `ed` in the file `out`, with another program.
const FOREIGN: [(&str, &str); 12] = [
    ("rsa", "cp rsa.pub out"),
    ("ed", "cp ed.pub out"),
    ("rsa", "ssh-keygen -e -f rsa.pub > out"),
    ("ed", "ssh-keygen -e -f ed.pub > out"),
    ("rsa", "ssh-keygen -e -m PEM -f rsa.pub > out"),
    ("rsa", "ssh-keygen -e -m PKCS8 -f rsa.pub > out"),
    ("rsa", "openssl rsa -in rsa -pubout -outform DER > out"),
    ("rsa", "openssl rsa -in rsa -pubout -outform DER | openssl base64 > out"),
    ("rsa", "openssl rsa -in rsa -RSAPublicKey_out -outform DER | openssl base64 -A > out"),
    ("rsa", "timeout 30 puttygen rsa -O public -o out"),
    ("ed", "timeout 30 puttygen ed -O public -o out"),
    ("ed", "timeout 30 puttygen ed -o out"),
];

#[test]
fn import_reads_public_keys_of_other_programs() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C 'a comment' -f rsa").success();
    home.shell("ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f ed").success();
    for (number, (key, command)) in FOREIGN.into_iter().enumerate() {
        home.shell(&format!("rm -f out; {command}")).success();
        let name = format!("n{number}");
        home.shell(&format!("keypair import {name} out")).success();
        let query = "--include-public-key --query KeyPairs[0].PublicKey --output text";
        let described = home.shell(&format!("keypair describe {name} {query}")).success();
        let expected = home.read(&format!("{key}.pub"));
        let expected = String::from_utf8(expected).unwrap().replace("a comment", &name);
        assert_eq!(described.text(), expected, "{command}");
    }
    let base64 =
        "keypair import-key-pair --key-name b --public-key-material \"$(base64 < ed.pub)\"";
    home.shell(base64).success();
}

#[test]
fn import_private_key_stores_only_public_key() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f pem").success();
    home.shell("ssh-keygen -q -t ed25519 -N secret -f encrypted").success();
    home.shell("openssl pkcs8 -topk8 -nocrypt -in pem -out pkcs8").success();
    home.shell("timeout 30 puttygen pem -o ppk").success();
    for file in ["pem", "encrypted", "pkcs8", "ppk"] {
        let run = home.keypair(["import", file, file]).success();
        assert!(run.stderr.contains("only its public half was used"), "{run}");
    }
    let registry = fs::read(home.path("../home/.local/share/keypair/registry.sqlite3")).unwrap();
    for file in ["pem", "encrypted", "pkcs8", "ppk"] {
        let text = String::from_utf8(home.read(file)).unwrap();
        let private = text.lines().rev().nth(3).unwrap().as_bytes();
        assert!(private.len() > 30);
        assert!(!registry.windows(private.len()).any(|window| window == private), "{file}");
    }
}

#[test]
fn import_undocumented_rsa_length_prints_warning() {
    let home = Home::new();
    for (bits, warned) in [("1024", false), ("2048", false), ("3072", true), ("2050", true)] {
        home.shell(&format!("openssl genrsa {bits} 2> /dev/null | openssl rsa -pubout > k"))
            .success();
        let run = home.keypair(["import", bits, "k"]).success();
        assert_eq!(run.stderr.contains(&format!("the key has {bits} bits")), warned, "{run}");
    }
}

#[test]
fn import_existing_name_keeps_old_pair() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f a; ssh-keygen -q -t ed25519 -N '' -f b")
        .success();
    let first = home.keypair(["import", "k", "a.pub", "--tag", "x=y"]).success().json();
    assert_eq!(first["Tags"][0]["Key"], "x");
    for key in ["a.pub", "b.pub"] {
        let run = home.keypair(["import", "k", key]).fails_with(4);
        assert!(run.stderr.contains("InvalidKeyPair.Duplicate"), "{run}");
        assert!(run.stderr.contains("The keypair 'k' already exists."), "{run}");
    }
    home.keypair(["import", "same-key-again", "a.pub"]).success();
    home.keypair(["import", "k", "a.pub", "--dry-run"]).fails_with(4);
    home.keypair(["import", "dry", "a.pub", "--dry-run"]).success();
    let run = home.shell("keypair import done a.pub > /dev/full").fails_with(255);
    assert!(run.stderr.contains("everything was done, but the response could not"), "{run}");
    home.keypair(["delete", "done"]).success();
    let pairs = home.keypair(["describe"]).success().json();
    assert_eq!(pairs["KeyPairs"].as_array().unwrap().len(), 2);
    assert_eq!(pairs["KeyPairs"][0]["KeyFingerprint"], first["KeyFingerprint"]);
}

/// PKCS#8 and traditional PEM encrypt the public key as well. The formats of OpenSSH and PuTTY do
/// not.
#[test]
fn import_encrypted_pem_requires_passphrase() {
    let home = Home::new();
    home.write("pass", "correct horse\n");
    home.write("wrong", "incorrect horse\n");
    home.shell(
        "openssl genrsa -traditional -out rsa 2048 2> /dev/null; chmod 600 rsa
         openssl rsa -traditional -aes256 -in rsa -passout file:pass -out traditional 2> /dev/null
         openssl pkcs8 -topk8 -in rsa -passout file:pass -out pkcs8
         printf 'correct horse' > bare; timeout 30 puttygen rsa -o ppk --new-passphrase bare
         ssh-keygen -y -f rsa > public",
    )
    .success();
    let expected = String::from_utf8(home.read("public")).unwrap();
    let registered = |name: &str| {
        let query = "--include-public-key --query KeyPairs[0].PublicKey --output text";
        let run = home.shell(&format!("keypair describe {name} {query}")).success();
        assert!(run.text().starts_with(expected.trim_end()), "{name}: {run}");
    };
    for file in ["traditional", "pkcs8"] {
        home.shell(&format!("keypair import {file}1 {file} --passphrase-file pass")).success();
        home.shell(&format!(
            "KEYPAIR_PASSPHRASE='correct horse' keypair import {file}2 - < {file}"
        ))
        .success();
        let import = format!("keypair import {file}3");
        let mut terminal =
            home.launch("sh").args(["-c", &format!("{import} {file}")]).on_terminal();
        terminal.expect(&format!("Passphrase for {file}: "));
        terminal.type_hidden_line("correct horse");
        assert_eq!(terminal.finish().code, Some(0));
        for number in 1..=3 {
            registered(&format!("{file}{number}"));
        }
        let run = home.shell(&format!("{import} {file} --passphrase-file wrong")).fails_with(5);
        assert!(run.stderr.contains("the passphrase is wrong"), "{run}");
        let run = home.shell(&format!("{import} {file}")).fails_with(252);
        assert!(run.stderr.contains("--passphrase-file"), "{run}");
        let aws = format!("import-key-pair --key-name k --public-key-material fileb://{file}");
        let run = home.shell(&format!("keypair {aws}")).fails_with(5);
        assert!(run.stderr.contains("keypair import NAME FILE"), "{run}");
    }
    home.shell("KEYPAIR_PASSPHRASE=wrong keypair import ppk ppk").fails_with(5);
    home.shell("keypair import ppk ppk").success();
    registered("ppk");
    home.shell("keypair import x - --passphrase-file - < pkcs8").fails_with(252);
}
