//! Files with the line breaks of Windows, CR LF, and without a final line break.

use crate::support::home::Home;

const FORMS: [&str; 10] = [
    "--format pem",
    "--format pkcs8",
    "--format openssh",
    "--format ppk",
    "--format ppk --ppk-version 2",
    "--public openssh",
    "--public rfc4716",
    "--public spki",
    "--format pkcs8 --new-passphrase-file pass",
    "--format ppk --new-passphrase-file pass",
];

#[test]
fn every_format_is_read_with_crlf() {
    let home = Home::new();
    home.write("pass", "hunter2\r\n");
    home.shell(
        "umask 077; ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f ed25519
         openssl genrsa -traditional -out rsa 2048 2> said",
    )
    .success();
    for key in ["ed25519", "rsa"] {
        let query = "--query Keys[0].SHA256 --output text";
        let plain = home.shell(&format!("keypair fingerprint {key} {query}")).success();
        let forms = FORMS.into_iter().chain((key == "rsa").then_some("--public pkcs1"));
        for form in forms {
            home.shell(&format!("umask 077; keypair convert {key} {form} --out - > unix"))
                .success();
            let text = String::from_utf8(home.read("unix")).unwrap();
            let windows = text.replace('\n', "\r\n");
            for (name, text) in
                [("crlf", &*windows), ("cut", windows.trim_end()), ("lf", text.trim_end())]
            {
                home.write("other", text);
                let words = format!("keypair fingerprint other --passphrase-file pass {query}");
                let run = home.shell(&words).success();
                assert_eq!(run.text(), plain.text(), "{key} {form} {name}");
                if !form.contains("--public") {
                    let words = "convert other --passphrase-file pass --no-passphrase --format pkcs8 --out -";
                    let run =
                        home.shell(&format!("keypair {words} | openssl pkey -pubout")).success();
                    let expected =
                        home.shell(&format!("keypair convert {key} --public spki")).success();
                    assert_eq!(run.text(), expected.text(), "{key} {form} {name}");
                }
            }
        }
    }
}

/// The output always has Unix line breaks.
#[test]
fn output_always_has_unix_line_breaks() {
    let home = Home::new();
    home.shell(
        "umask 077; ssh-keygen -q -t ed25519 -N '' -C c -f key; sed 's/$/\\r/' key > windows",
    )
    .success();
    for form in FORMS.into_iter().filter(|form| !form.contains("pass")) {
        home.shell(&format!("umask 077; keypair convert windows {form} --out - > one; keypair convert key {form} --out - > other")).success();
        let written = home.read("one");
        assert!(!written.contains(&b'\r') && written.ends_with(b"\n"), "{form}");
        if !form.contains("openssh") {
            assert_eq!(written, home.read("other"), "{form}");
        }
    }
}
