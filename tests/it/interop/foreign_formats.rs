//! Formats that are not read: each is named, and the command in the hint converts it.

use std::fs;
use std::path::Path;

use crate::support::home::Home;
use crate::support::run::Run;

/// Returns the commands in a hint.
fn commands(run: &Run) -> Vec<String> {
    let (_, hint) = run.stderr.split_once("hint: ").unwrap_or_else(|| panic!("{run}"));
    hint.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn refused(home: &Home, name: &str) -> Run {
    let mut last = None;
    for words in ["convert FILE --out out", "fingerprint FILE", "verify FILE", "import web FILE"] {
        let run = home.shell(&format!("keypair {words}")).fails_with(5);
        assert!(run.stderr.contains(name), "{name}\n{run}");
        last = Some(run);
    }
    last.unwrap()
}

/// Each kind: a script that writes FILE, the name in the message, and the options that replace the
/// prompts for passphrases, one string per command.
const WRITTEN: [(&str, &str, &[&str]); 13] = [
    (
        "openssl req -x509 -key rsa -subj /CN=x -out certificate
         openssl pkcs12 -export -inkey rsa -in certificate -passout pass:sesame -out FILE",
        "PKCS#12 files",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    (
        "openssl rsa -in rsa -outform PVK -pvk-strong -passout pass:sesame -out FILE -provider legacy -provider default",
        "PVK private keys",
        &["-passin pass:sesame"],
    ),
    ("openssl rsa -in rsa -outform MSBLOB -out FILE", "Microsoft key blobs", &[""]),
    (
        "node -e 'f=require(\"fs\");f.writeFileSync(\"FILE\",JSON.stringify(require(\"crypto\").createPrivateKey(f.readFileSync(\"rsa\")).export({format:\"jwk\"})))'",
        "JSON Web Keys",
        &[""],
    ),
    (
        "openssl rsa -in rsa -traditional -camellia256 -passout pass:sesame -out FILE",
        "unsupported cipher CAMELLIA-256-CBC",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    (
        "openssl rsa -in rsa -traditional -aria192 -passout pass:sesame -out FILE",
        "unsupported cipher ARIA-192-CBC",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    (
        "openssl rsa -in rsa -traditional -des -passout pass:sesame -out FILE -provider legacy -provider default",
        "unsupported cipher DES-CBC",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    (
        "openssl pkcs8 -topk8 -v1 PBE-MD5-DES -in rsa -passout pass:sesame -out FILE -provider legacy -provider default",
        "not encrypted with PBES2",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    (
        "openssl pkcs8 -topk8 -v2 camellia-256-cbc -in rsa -passout pass:sesame -out FILE",
        "unsupported cipher CAMELLIA-256-CBC",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    (
        "openssl pkcs8 -topk8 -v2 aria-192-cbc -in rsa -passout pass:sesame -out FILE",
        "unsupported cipher ARIA-192-CBC",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    (
        "openssl pkcs8 -topk8 -v2 des-cbc -in rsa -passout pass:sesame -out FILE -provider legacy -provider default",
        "unsupported cipher DES-CBC",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    (
        "openssl pkcs8 -topk8 -v2 seed-cbc -in rsa -passout pass:sesame -out FILE -provider legacy -provider default",
        "unsupported cipher SEED-CBC",
        &["-passin pass:sesame -passout pass:sesame"],
    ),
    ("openssl req -x509 -key rsa -subj /CN=x -out FILE", "X.509 certificate", &["-out NEW"]),
];

#[test]
fn hint_converts_files_of_other_formats() {
    let home = Home::new();
    home.write("pass", "sesame");
    home.shell("umask 077; openssl genrsa -traditional -out rsa 2048").success();
    let query = "--passphrase-file pass --query Keys[0].SHA256 --output text";
    let expected = home.shell(&format!("keypair fingerprint rsa {query}")).success();
    for (script, name, options) in WRITTEN {
        home.shell(&format!("rm -f FILE NEW; {script}")).success();
        let commands = commands(&refused(&home, name));
        assert_eq!(commands.len(), options.len(), "{commands:?}");
        for (command, options) in commands.iter().zip(options) {
            home.shell(&format!("{command} {options}")).success();
        }
        let run = home.shell(&format!("keypair fingerprint NEW {query}")).success();
        assert_eq!(run.text(), expected.text(), "{name}");
    }
}

#[test]
fn hint_of_another_program_converts_its_files() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/foreign");
    for (file, name, program, options) in [
        (
            "sshcom",
            "ssh.com private keys",
            "puttygen",
            &["--old-passphrase pass --new-passphrase pass"][..],
        ),
        ("dropbearkey-ed25519", "Dropbear private keys", "dropbearconvert", &[""]),
        (
            "jks",
            "Java key stores",
            "keytool",
            &[
                "-srcstorepass sesame -deststorepass sesame -noprompt",
                "-passin pass:sesame -passout pass:sesame",
            ],
        ),
        ("openpgp-ed", "OpenPGP keys", "gpg", &["", "> NEW"]),
    ] {
        let mut home = Home::new();
        home.set("GNUPGHOME", home.path("../home/gnupg"));
        home.shell("mkdir -m 700 $GNUPGHOME").success();
        let passphrase = if file == "jks" { "sesame" } else { "correct horse 7!" };
        home.write("pass", passphrase);
        home.write("FILE", fs::read(vectors.join(file)).unwrap());
        let commands = commands(&refused(&home, name));
        assert!(
            commands[0].starts_with(program) && commands.len() == options.len(),
            "{commands:?}"
        );
        for (command, options) in commands.iter().zip(options) {
            let command = command.replace("ID!", "3E9E72087F3E828A29FD4FFD7E7514841DF4DEEA!");
            // There is no terminal for the passphrase.
            let command = command
                .replace("gpg ", "gpg --batch --pinentry-mode loopback --passphrase-file pass ");
            home.shell(&format!("{command} {options}")).success();
        }
        home.shell("keypair fingerprint NEW --passphrase-file pass").success();
        home.shell("gpgconf --kill gpg-agent").success();
    }
}

#[test]
fn unsupported_key_types_are_named() {
    let home = Home::new();
    home.shell(
        "openssl genpkey -algorithm ED448 -out ed448; openssl genpkey -algorithm X25519 -out x25519
         openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss
         openssl ecparam -name prime256v1 -genkey -out ec; openssl pkey -in ec -out ec8
         ssh-keygen -q -t ecdsa -N '' -f ecdsa; timeout 30 puttygen ecdsa -o ppk
         ssh-keygen -q -t ed25519 -N '' -f ed; ssh-keygen -q -s ed -I id ed.pub",
    )
    .success();
    let blob = "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIA";
    home.write("sk", format!("sk-ssh-ed25519@openssh.com {blob} me\n"));
    home.write("pq", "ssh-mldsa44@openssh.com AAAA me\n");
    // A private key of ML-DSA-44.
    home.write("mldsa", "-----BEGIN PRIVATE KEY-----\nMBcCAQAwCwYJYIZIAWUDBAMRBAUEAwECAw==\n-----END PRIVATE KEY-----\n");
    for (file, name, hint) in [
        ("ed448", "unsupported key algorithm ED448", "EC2 accepts"),
        ("x25519", "unsupported key algorithm X25519", "EC2 accepts"),
        ("pss", "unsupported key algorithm RSASSA-PSS", "EC2 accepts"),
        ("ec", "ECDSA keys", "EC2 accepts"),
        ("ec8", "ECDSA keys", "EC2 accepts"),
        ("ecdsa", "ECDSA keys", "EC2 accepts"),
        ("ecdsa.pub", "ECDSA keys", "EC2 accepts"),
        ("ppk", "ECDSA keys", "EC2 accepts"),
        ("sk", "FIDO security keys", "cloud-init can install it"),
        ("pq", "post-quantum keys", "EC2 accepts"),
        ("mldsa", "post-quantum keys", "EC2 accepts"),
        ("ed-cert.pub", "OpenSSH certificate", "import the certified public key"),
    ] {
        home.shell(&format!("cp {file} FILE; chmod 600 FILE")).success();
        let run = refused(&home, name);
        assert!(run.stderr.contains(hint), "{run}");
    }
}
