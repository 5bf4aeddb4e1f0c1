//! Regression tests for faults found by adversarial testing.

use std::fmt::Write as _;
use std::fs;

use crate::support::home::Home;
use crate::support::run::Run;

fn assert_hides(run: &Run, secret: &str) {
    for line in secret.lines().filter(|line| line.len() > 30 && !line.contains(' ')) {
        assert!(!run.stderr.contains(&line[..24]), "{run}");
    }
}

/// The text of a key in place of a file name is not repeated in any message.
#[test]
fn key_in_place_of_file_is_redacted() {
    let home = Home::new();
    home.shell(
        "openssl genrsa -traditional -out rsa 2048 2> /dev/null
         openssl genpkey -algorithm ed25519 -out ed; openssl pkey -in ed -outform DER | base64 -w0 > der
         chmod 600 rsa; timeout 30 puttygen rsa -o ppk",
    )
    .success();
    for key in ["rsa", "ed", "der", "ppk"] {
        let secret = String::from_utf8(home.read(key)).unwrap();
        for words in [
            "fingerprint KEY",
            "import y KEY",
            "import KEY y",
            "verify KEY",
            "convert KEY --out x",
            "convert rsa --out KEY",
            "convert rsa --passphrase-file KEY --out x",
            "convert rsa --format KEY",
            "create KEY",
            "create x --bits KEY",
            "create x --tag KEY",
            "create x --registry KEY",
            "create x --query KEY",
            "delete KEY",
            "describe --output KEY",
            "import-key-pair --key-name y KEY",
            "import-key-pair --key-name y --public-key-material file://KEY",
            "KEY",
            "--debug fingerprint KEY",
        ] {
            let words = words.replace("KEY", &format!("\"$(cat {key})\""));
            assert_hides(&home.shell(&format!("keypair {words}")), &secret);
        }
    }
    // The text is accepted as an argument that takes a key, with or without dashes.
    let import = "keypair import-key-pair --key-name z --public-key-material \"$(cat rsa)\"";
    home.shell(import).success();
    for words in ["--new-passphrase hunter2", "--new-passphrase=hunter2", "--no-passphrase=hunter2"]
    {
        let run = home.shell(&format!("keypair convert rsa --out x {words}")).fails_with(252);
        assert!(!run.stderr.contains("hunter2"), "{run}");
    }
}

#[test]
fn file_with_several_keys_is_rejected() {
    let home = Home::new();
    home.shell(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa -out certificate -subj /CN=test 2> /dev/null
         openssl pkey -in rsa -pubout -out rsa.spki; chmod 600 rsa; ssh-keygen -y -f rsa > rsa.pub
         ssh-keygen -q -t ed25519 -N '' -C '' -f ed
         openssl ecparam -name prime256v1 -genkey -out ec
         timeout 30 puttygen ed -o ppk; timeout 30 puttygen rsa.pub -O public -o rfc4716 || keypair convert rsa --public rfc4716 > rfc4716
         openssl pkcs12 -export -in certificate -inkey rsa -passout pass:x -out pfx
         openssl pkcs12 -in pfx -passin pass:x -nodes -out bag
         cat rsa certificate > key+certificate; cat certificate rsa > certificate+key
         cat rsa rsa.spki > key+public; openssl dhparam -dsaparam 512 2> /dev/null > dh; cat dh rsa > dh+key
         printf '\\n\\n' | cat - ppk > blank+ppk",
    )
    .success();
    let rsa = home.shell("keypair fingerprint rsa --query Keys[0].SHA256 --output text").success();
    for file in ["bag", "key+certificate", "certificate+key", "key+public", "dh+key"] {
        let query = "--query Keys[0].SHA256 --output text";
        let run = home.shell(&format!("keypair fingerprint {file} {query}")).success();
        assert_eq!(run.text(), rsa.text(), "{file}");
        home.shell(&format!("keypair convert {file} --format ppk --out - > /dev/stderr")).success();
    }
    home.shell("keypair fingerprint blank+ppk").success();
    // One key twice is still one key, and so is a key with its public half.
    home.shell(
        "cat ppk ppk > twice; chmod 600 twice; keypair fingerprint twice
         cat rfc4716 rsa > half; chmod 600 half; keypair fingerprint half",
    )
    .success();
    let run = home.shell("keypair fingerprint ec").fails_with(5);
    assert!(run.stderr.contains("ECDSA"), "{run}");
    let run = home.shell("keypair fingerprint certificate").fails_with(5);
    assert!(run.stderr.contains("X.509"), "{run}");
    for pair in [
        "ed.pub rsa",
        "rsa ed.pub",
        "rsa ppk",
        "ppk rsa",
        "rfc4716 ed.pub",
        "ed.pub rfc4716",
        "rfc4716 ed",
        "rsa ed",
        "ed rsa.spki",
        "rsa.spki rsa.spki rsa.spki ed",
        "ed.pub rsa.pub",
    ] {
        home.shell(&format!("cat {pair} > several")).success();
        for verb in ["fingerprint several", "import k several", "convert several --out x"] {
            let run = home.shell(&format!("keypair {verb}")).fails_with(5);
            assert!(run.stderr.contains("more than one key"), "{pair}: {run}");
        }
    }
}

#[test]
fn passphrase_is_used_or_rejected() {
    let home = Home::new();
    home.write("bom", "\u{feff}secret\r\n");
    let wide: Vec<u8> = "\u{feff}secret\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    home.write("utf16", wide);
    home.shell(
        "openssl genrsa -traditional -out rsa 2048 2> /dev/null
         ssh-keygen -q -t ed25519 -N secret -C c -f ed; openssl pkcs8 -topk8 -in rsa -passout pass:secret -out pkcs8",
    )
    .success();
    // An unencrypted input gives an unencrypted output only on request.
    home.shell("KEYPAIR_PASSPHRASE=x keypair convert rsa --out -").fails_with(252);
    let run = home.shell("keypair convert rsa --passphrase-file bom --out -").success();
    assert!(run.stderr.contains("is not encrypted, and neither is the new file"), "{run}");
    let plain = home.shell("KEYPAIR_PASSPHRASE=x keypair convert rsa --no-passphrase --out -");
    assert_eq!(plain.success().text().as_bytes(), home.read("rsa"));
    // A wrong passphrase is an error even if the public key is readable without it.
    for words in [
        "fingerprint ed",
        "convert ed --public openssh",
        "import k ed",
        "verify ed",
        "fingerprint pkcs8",
    ] {
        let run = home.shell(&format!("KEYPAIR_PASSPHRASE=wrong keypair {words}")).fails_with(5);
        assert!(run.stderr.contains("unset KEYPAIR_PASSPHRASE"), "{run}");
    }
    for words in ["fingerprint ed", "convert ed --public openssh", "import k ed", "verify ed"] {
        home.shell(&format!("keypair {words}")).success();
        let words = words.replace(" k ", " l ");
        home.shell(&format!("KEYPAIR_PASSPHRASE=secret keypair {words}")).success();
    }
    home.write("wrong", "wrong");
    home.shell("keypair fingerprint ed --passphrase-file wrong").fails_with(5);
    // The byte order mark of Windows is not part of the passphrase.
    for file in ["bom", "utf16"] {
        home.shell(&format!(
            "rm -f x; keypair convert ed --passphrase-file {file} --no-passphrase --out x"
        ))
        .success();
        home.shell(&format!("rm -f y; keypair convert x --new-passphrase-file {file} --out y; ssh-keygen -y -P secret -f y"))
            .success();
    }
}

#[test]
fn comments_are_escaped_on_terminal() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -C x -f ed").success();
    let line = String::from_utf8(home.read("ed.pub")).unwrap();
    home.write("evil.pub", format!("{} \u{1b}]0;owned\u{7}\u{202e}\u{9b}2J", line.trim_end()));
    let raw = home.keypair(["convert", "evil.pub", "--public", "openssh"]).success();
    assert!(raw.text().contains('\u{1b}'));
    for words in ["--public openssh", "--public rfc4716"] {
        let script = format!("keypair convert evil.pub {words}");
        let terminal = home.launch("sh").args(["-c", &script]).on_terminal();
        let output = String::from_utf8(terminal.finish().stdout).unwrap();
        assert!(!output.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}']), "{output:?}");
        assert!(output.contains("owned"), "{output:?}");
    }
    let script = "keypair convert ed --public der";
    let terminal = home.launch("sh").args(["-c", script]).on_terminal();
    let ended = terminal.finish();
    assert_eq!(ended.code, Some(252), "{ended}");
}

#[test]
fn fingerprint_reports_each_file_separately() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -C '' -f a; ssh-keygen -q -t rsa -N '' -C '' -f b")
        .success();
    home.write("bad", "not a key");
    let run = home.keypair(["fingerprint", "a", "bad", "b", "none"]).fails_with(5);
    assert_eq!(run.json()["Keys"].as_array().unwrap().len(), 2);
    assert!(run.stderr.contains("bad: ") && run.stderr.contains("none"), "{run}");
    // A hundred files use no more memory than one.
    let mut files = String::new();
    for number in 0..200 {
        fs::copy(home.path("a.pub"), home.path(format!("{number}.pub"))).unwrap();
        write!(files, " {number}.pub").unwrap();
    }
    let measure = "import resource, subprocess, sys
subprocess.run(['keypair', 'fingerprint'] + sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> (10 if sys.platform == 'linux' else 20))";
    let run = home.shell(&format!("python -c \"{measure}\" {files}")).success();
    let mebibytes: u32 = run.text().trim_end().parse().unwrap();
    assert!(mebibytes < 100, "{mebibytes} MiB");
}

#[test]
fn convert_never_replaces_its_private_key_input() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f ed; ln -s ed link").success();
    let before = home.read("ed");
    for out in ["ed", "./ed", "link"] {
        home.shell(&format!("keypair convert ed --public openssh --out {out} --force"))
            .fails_with(252);
    }
    assert_eq!(home.read("ed"), before);
    let run = home.shell("keypair convert ed --out /dev/stdout --force | keypair fingerprint -");
    run.success();
    assert!(fs::symlink_metadata("/dev/stdout").unwrap().is_symlink());
}
