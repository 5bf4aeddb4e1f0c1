//! Keys as secret stores, `.env` files and mail change them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::home::Home;

const KEYS: [&str; 7] = ["pkcs1", "pkcs8", "traditional", "openssh", "ppk", "line", "rfc4716"];

fn home() -> Home {
    let home = Home::new();
    home.write("pass", "sesame");
    home.shell(
        "umask 077; openssl genrsa -traditional -out pkcs1 2048 2> said
         openssl pkcs8 -topk8 -nocrypt -in pkcs1 -out pkcs8
         openssl rsa -in pkcs1 -traditional -aes128 -passout file:pass -out traditional 2> said
         ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f openssh; cp openssh.pub line
         timeout 30 puttygen openssh -o ppk; ssh-keygen -e -f openssh > rfc4716",
    )
    .success();
    home
}

/// Returns the text in each way, with a word of the note.
fn wrapped(text: &str) -> Vec<(String, &'static str)> {
    let escaped = text.replace('\n', "\\n");
    let json = escaped.replace('"', "\\\"");
    let base64 = STANDARD.encode(text);
    let lines = |width: usize| {
        let lines = base64.as_bytes().chunks(width).map(String::from_utf8_lossy);
        lines.fold(String::new(), |text, line| text + &line + "\n")
    };
    let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
    vec![
        (escaped.clone(), "`\\n`"),
        (text.replace('\n', "\\r\\n"), "`\\n`"),
        (text.replace('\n', "\\\\n"), "`\\n`"),
        (format!("\"{text}\""), "quotation marks"),
        (format!("'{escaped}'\n"), "quotation marks, then `\\n`"),
        (format!("KEY=\"{escaped}\"\n"), "the text before the key"),
        (
            format!(
                "key: |\n{}",
                text.lines().map(|line| format!("  {line}\n")).collect::<String>()
            ),
            "",
        ),
        (base64.clone(), "base64"),
        (lines(76), "base64"),
        (base64.trim_end_matches('=').to_owned(), "base64"),
        (STANDARD.encode(&base64), "base64"),
        (format!("{{\"KeyMaterial\": \"{json}\", \"KeyName\": \"web\"}}\n"), "JSON"),
        (
            format!(
                "{{\"Parameter\": {{\"Name\": \"/ec2/keypair/key-0\", \"Value\": \"{json}\"}}}}"
            ),
            "JSON",
        ),
        (format!("{{\"SecretString\": \"{json}\"}}"), "JSON"),
        (quoted, "mail"),
    ]
}

#[test]
fn wrapped_keys_are_read_with_a_note() {
    let home = home();
    for key in KEYS {
        let query = "--passphrase-file pass --query Keys[0].SHA256 --output text";
        let expected = home.shell(&format!("keypair fingerprint {key} {query}")).success();
        assert_eq!(expected.stderr, "");
        let text = String::from_utf8(home.read(key)).unwrap();
        let mut files = wrapped(&text);
        if key != "line" {
            files.push((text.trim_end().replace('\n', " "), "spaces"));
        }
        for (file, note) in files {
            home.write("file", &file);
            let run = home.shell(&format!("keypair fingerprint file {query}")).success();
            assert_eq!(run.text(), expected.text(), "{file}");
            let is_noted = run.stderr.starts_with("keypair: note: read file after undoing ");
            assert!(run.stderr.contains(note) && (is_noted || note.is_empty()), "{file}{run}");
            home.shell("keypair import web file --dry-run --passphrase-file pass").success();
            home.shell("keypair verify file --passphrase-file pass").fails_with(1);
            let words = "--public spki --passphrase-file pass";
            let spki = home.shell(&format!("keypair convert file {words}")).success();
            let expected = home.shell(&format!("keypair convert {key} {words}")).success();
            assert_eq!(spki.text(), expected.text());
        }
    }
}

#[test]
fn wrapped_key_is_written_plain() {
    let home = home();
    for (key, format) in
        [("pkcs1", "pem"), ("pkcs8", "pkcs8"), ("openssh", "openssh"), ("ppk", "ppk")]
    {
        let text = String::from_utf8(home.read(key)).unwrap();
        for (file, _) in wrapped(&text) {
            home.shell("rm -f file").success();
            home.write("file", &file);
            let words = format!("--format {format} --out plain --force");
            home.shell(&format!("keypair convert file {words}")).success();
            if key == "openssh" {
                // The check number is random.
                home.shell("ssh-keygen -y -f plain").success();
            } else {
                home.shell(&format!("cmp plain {key}")).success();
            }
        }
    }
}

#[test]
fn two_wrapped_keys_are_refused() {
    let home = home();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f other").success();
    let text = |file: &str| String::from_utf8(home.read(file)).unwrap();
    for key in ["openssh", "line"] {
        let other = text(if key == "line" { "other.pub" } else { "other" });
        let both = format!("{}{other}", text(key));
        let escaped = |text: &str| text.replace('\n', "\\n");
        for file in [
            escaped(&both),
            format!("\"{both}\""),
            STANDARD.encode(&both),
            format!("[\"{}\", \"{}\"]", escaped(&text(key)), escaped(&other)),
            both.lines().map(|line| format!("> {line}\n")).collect(),
        ] {
            home.write("file", &file);
            let run = home.shell("keypair fingerprint file").fails_with(5);
            assert!(run.stderr.contains("more than one key"), "{file}{run}");
        }
    }
}

#[test]
fn invisible_characters_are_refused_with_their_place() {
    let home = home();
    let text = String::from_utf8(home.read("pkcs1")).unwrap();
    let line = String::from_utf8(home.read("line")).unwrap();
    for (file, place) in [
        (
            format!("\u{200b}{text}"),
            "line 1, column 1: invisible character U+200B (zero width space)",
        ),
        (
            text.replace('\n', "\u{a0}\n"),
            "line 1, column 32: invisible character U+00A0 (no-break space)",
        ),
        (
            text.replacen("\nM", "\nM\u{feff}", 1),
            "line 2, column 2: invisible character U+FEFF (byte order mark)",
        ),
        (format!("{text}\u{feff}{text}"), "line 28, column 1: invisible character U+FEFF"),
        (format!("{text}\0"), "line 28, column 1: invisible character U+0000 (NUL)"),
        (line.replacen(' ', "\u{a0}", 1), "line 1, column 12: invisible character U+00A0"),
        (format!("\u{202a}{line}"), "line 1, column 1: invisible character U+202A"),
    ] {
        home.write("file", &file);
        for words in
            ["fingerprint file", "verify file", "convert file --out out", "import web file"]
        {
            let run = home.shell(&format!("keypair {words}")).fails_with(5);
            assert!(run.stderr.contains(place), "{place}\n{run}");
        }
    }
    // In a comment, they are not in the way.
    home.write("file", line.replace("a comment", "a\u{a0}comment\u{200b}"));
    home.shell("keypair fingerprint file").success();
}

/// `openssl` accepts a private exponent that is not reduced.
#[test]
fn unreduced_private_exponent_is_reduced() {
    let home = Home::new();
    home.shell("openssl genrsa -traditional -out rsa 2048").success();
    home.write(
        "change.py",
        "import subprocess, sys
def number(i):
    data = i.to_bytes(i.bit_length() // 8 + 1, 'big')
    return element(2, data)
def element(tag, data):
    size = len(data)
    if size < 128: return bytes([tag, size]) + data
    return bytes([tag, 0x82]) + size.to_bytes(2, 'big') + data
text = subprocess.run(['openssl', 'asn1parse', '-in', 'rsa'], capture_output=True, text=True).stdout
n, e, d, p, q, dp, dq, c = [int(l.rsplit(':', 1)[1], 16) for l in text.splitlines() if 'INTEGER' in l][1:]
d += int(sys.argv[1]) * (p - 1) * (q - 1)
sys.stdout.buffer.write(element(48, b''.join(map(number, [0, n, e, d, p, q, dp, dq, c]))))
",
    );
    for times in [1, 5, 1000] {
        home.shell(&format!(
            "python3 change.py {times} > changed; openssl rsa -in changed -check -noout"
        ))
        .success();
        home.shell("keypair convert changed --out same --force && cmp same rsa").success();
    }
}
