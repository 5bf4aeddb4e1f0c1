//! OpenSSH, OpenSSL and PuTTY read the created key files.

use crate::support::home::Home;

/// `ssh-keygen -y` does not check the seed of an ED25519 key, but a signature does.
const SIGNS: &str = "
    ssh-keygen -y -f FILE > FILE.pub
    printf message > message
    rm -f message.sig
    ssh-keygen -q -Y sign -f FILE -n test message
    printf 'me %s' \"$(cat FILE.pub)\" > signers
    ssh-keygen -q -Y verify -f signers -I me -n test -s message.sig < message
";

fn registered(home: &Home, name: &str) -> String {
    let query = "--include-public-key --query KeyPairs[0].PublicKey --output text";
    let line = home.shell(&format!("keypair describe {name} {query}")).success().text().to_owned();
    line.strip_suffix(&format!(" {name}\n")).unwrap().to_owned()
}

#[test]
fn openssh_signs_with_created_keys() {
    let home = Home::new();
    for (number, options) in [
        "--type rsa",
        "--type ed25519",
        "--type ed25519 --format openssh",
        "--type rsa --format openssh",
        "--type rsa --format pkcs8",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("k{number}");
        home.shell(&format!("keypair create {name} {options}")).success();
        let file = format!("{name}.pem");
        home.shell(&format!("set -e\n{}", SIGNS.replace("FILE", &file))).success();
        let public = String::from_utf8(home.read(&format!("{file}.pub"))).unwrap();
        assert!(public.trim_end().starts_with(&registered(&home, &name)), "{options}");
    }
}

#[test]
fn openssl_accepts_created_keys_with_aws_fingerprints() {
    let home = Home::new();
    for bits in ["2048", "3072", "4096"] {
        let run = home.shell(&format!("keypair create rsa{bits} --bits {bits}")).success();
        home.shell(&format!("openssl rsa -in rsa{bits}.pem -check -noout")).success();
        let recipe = format!(
            "openssl pkcs8 -in rsa{bits}.pem -inform PEM -outform DER -topk8 -nocrypt \
             | openssl sha1 -c | sed 's/.*= //'"
        );
        let fingerprint = home.shell(&recipe).success();
        assert_eq!(fingerprint.text().trim_end(), run.json()["KeyFingerprint"]);
    }
    let run = home.shell("keypair create ed --type ed25519 --format pkcs8").success();
    home.shell("openssl pkey -in ed.pem -check -noout").success();
    let recipe = "keypair describe ed --include-public-key --query KeyPairs[0].PublicKey \
                  --output text > ed.pub; ssh-keygen -l -f ed.pub | cut -d ' ' -f 2";
    let sha256 = home.shell(recipe).success();
    let sha256 = sha256.text().trim_end().strip_prefix("SHA256:").unwrap().to_owned() + "=";
    assert_eq!(sha256, run.json()["KeyFingerprint"]);
    home.write("pass", "sesame");
    for (key_type, name) in [("rsa", "er"), ("ed25519", "ee")] {
        let options = "--format pkcs8 --passphrase-file pass";
        home.shell(&format!("keypair create {name} --type {key_type} {options}")).success();
        home.shell(&format!("openssl pkey -in {name}.pem -passin file:pass -check -noout"))
            .success();
    }
}

#[test]
fn puttygen_writes_identical_ppk_files() {
    let home = Home::new();
    home.write("pass", "correct horse");
    for (number, (key_type, version, encrypted)) in [
        ("rsa", "2", false),
        ("rsa", "3", false),
        ("ed25519", "2", false),
        ("ed25519", "3", false),
        ("rsa", "2", true),
        ("ed25519", "2", true),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("k{number}");
        let passphrase = if encrypted { "--passphrase-file pass" } else { "" };
        home.shell(&format!(
            "keypair create {name} --type {key_type} --format ppk --ppk-version {version} \
             --comment 'a comment: é' {passphrase}"
        ))
        .success();
        // puttygen prompts for a passphrase only if the file is encrypted, and then never ends.
        let old = if encrypted { "--old-passphrase pass --new-passphrase pass" } else { "" };
        home.shell(&format!(
            "timeout 30 puttygen {name}.ppk -O private --reencrypt -o again.ppk {old} \
             --ppk-param version={version} && cmp {name}.ppk again.ppk"
        ))
        .success();
        let public = home.shell(&format!("timeout 30 puttygen {name}.ppk -O public-openssh"));
        assert!(public.success().text().starts_with(&registered(&home, &name)));
    }
}

#[test]
fn puttygen_reads_argon2_encrypted_files() {
    let home = Home::new();
    home.write("pass", "correct horse");
    home.write("none", "");
    for key_type in ["rsa", "ed25519"] {
        home.shell(&format!(
            "keypair create {key_type} --type {key_type} --format ppk --passphrase-file pass"
        ))
        .success();
        let open = format!(
            "timeout 30 puttygen {key_type}.ppk --old-passphrase pass --new-passphrase none \
             -O private-openssh-new -o {key_type}"
        );
        home.shell(&open).success();
        home.shell(&format!("set -e\n{}", SIGNS.replace("FILE", key_type))).success();
        let public = String::from_utf8(home.read(&format!("{key_type}.pub"))).unwrap();
        assert!(public.starts_with(&registered(&home, key_type)));
        home.write("wrong", "incorrect horse");
        let wrong = open.replace("--old-passphrase pass", "--old-passphrase wrong");
        assert_ne!(home.shell(&wrong).code, Some(0));
    }
}
