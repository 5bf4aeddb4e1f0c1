//! Runs the commands from hints in real shells. Each must act on the intended object, whatever its
//! name.
//!
//! A stand-in for each program in a hint comes first on the `PATH` and records its arguments.

mod lab;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lab::Lab;

use crate::support::home::Home;
use crate::support::run::Run;
#[cfg(feature = "ec2")]
use crate::support::stub::{Answer, Stub};

/// File names that are special to a shell or a terminal.
const NAMES: &[&[u8]] = &[
    b"=sh",
    b"==sh",
    b"=",
    b"=(touch pwned)",
    b"~",
    b"~root",
    b"~+",
    b"~-",
    b"~1",
    b"%self",
    b"%1",
    b"%",
    b"%s%n",
    b"-x",
    b"-",
    b"--",
    b"--help",
    b"-rf",
    b"-n",
    b"!x",
    b"!!",
    b"!$",
    b"!",
    b"a!b c",
    b"\"!x\"",
    b"#a",
    b"a #b",
    b"a'b",
    b"''",
    b"'; touch pwned; '",
    b"it's !x",
    b"\\'$(touch pwned)",
    b"\\';touch pwned;#",
    b"a\\'b",
    b"\\!x",
    b"\\'!x'",
    b"a\\\\b",
    b"\\",
    b"a\\",
    b"'\\",
    b"\\n",
    b"\\x41\\u0041\\c",
    b"a\"b",
    b"\"$(touch pwned)\"",
    b"a`touch pwned`b",
    b"$(touch pwned)",
    b"$HOME",
    b"$$",
    b"$",
    b"(touch pwned)",
    b"{a,b}",
    b"{",
    b"*",
    b"?(a)",
    b"[a]",
    b"!(a)",
    b"^x",
    b"^a^b",
    b"a&b",
    b"&touch pwned&",
    b";touch pwned",
    b"a|touch pwned",
    b"<x",
    b">pwned",
    b"1>pwned",
    b"<(touch pwned)",
    b"if",
    b"k=v",
    b" ",
    b" a  b ",
    b"a\nb",
    b"a\ntouch pwned\nb",
    b"a\rtouch pwned\r",
    b"\t",
    b"\x1b[2J\x1b]0;owned\x07",
    b"\x01\x7f\x08",
    b"\xc2\x9b2J",
    b"\xff\xfe",
    b"\xffa'b\\",
    b"\xe2\x80\xae gnp",
    b"\xe2\x80\xa8",
    b"\xc3\xa9\xe6\x97\xa5",
    b"\xe2\x80\x98a\xe2\x80\x99",
];

/// `$(…)` strips trailing line breaks in every shell. The hints quote these names in the syntax of
/// bash and zsh, which dash reads as a different name and fish rejects.
const ENDING_IN_LINE_BREAK: &[&[u8]] = &[b"a\n", b"\n", b"$(touch pwned)'\\\n"];

const SHELLS: [&str; 4] = ["bash", "dash", "zsh", "fish"];

/// Creates readable private keys with these names. Returns the remedies of `doctor`.
fn remedies(home: &Home, names: &[&[u8]]) -> Vec<String> {
    home.shell("ssh-keygen -q -t ed25519 -N '' -f ../key").success();
    for name in names {
        let path = home.path(OsStr::from_bytes(name));
        fs::copy(home.path("../key"), &path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let run = home.keypair(["doctor", "--query", "Findings[].Remedy"]).fails_with(1);
    let remedies: Vec<String> = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(remedies.len(), names.len(), "{run}");
    remedies
}

/// Returns the expected arguments of the remedies.
fn expected(names: &[&[u8]]) -> BTreeSet<Vec<OsString>> {
    let operand = |name: &[u8]| match name.starts_with(b"-") {
        true => [b"./", name].concat(),
        false => name.to_vec(),
    };
    let words =
        |name: &&[u8]| vec!["chmod".into(), "400".into(), OsString::from_vec(operand(name))];
    names.iter().map(words).collect()
}

#[test]
fn remedy_passes_hostile_file_name_unchanged() {
    assert!(NAMES.len() >= 60);
    let lab = Lab::new(&["chmod"]);
    let remedies = remedies(&lab.home, NAMES);
    for remedy in &remedies {
        assert!(!remedy.contains(char::is_control), "{remedy:?}");
    }
    for shell in SHELLS {
        remedies.iter().for_each(|remedy| lab.script(shell, remedy));
        assert_eq!(lab.said(), expected(NAMES), "{shell}");
        lab.type_in(shell, &remedies);
        assert_eq!(lab.said(), expected(NAMES), "{shell} on a terminal");
        lab.assert_unharmed();
    }
}

#[test]
fn remedy_with_trailing_line_break_is_harmless() {
    let lab = Lab::new(&["chmod"]);
    let remedies = remedies(&lab.home, ENDING_IN_LINE_BREAK);
    for shell in SHELLS {
        remedies.iter().for_each(|remedy| lab.script(shell, remedy));
        let said = lab.said();
        match shell {
            "dash" => {
                let is_other = |words: &Vec<OsString>| words[2].as_bytes().starts_with(b"$");
                assert!(said.iter().all(is_other), "{said:?}");
            }
            "fish" => assert_eq!(said, BTreeSet::new()),
            shell => assert_eq!(said, expected(ENDING_IN_LINE_BREAK), "{shell}"),
        }
        lab.assert_unharmed();
    }
}

/// Returns the names that are valid for a key pair.
fn key_names() -> Vec<&'static str> {
    let names = NAMES.iter().filter_map(|name| std::str::from_utf8(name).ok());
    names.filter(|name| name.is_ascii() && name.trim_matches(' ') == *name).collect()
}

/// Returns the command in the hint about a file without a pair.
#[track_caller]
fn import_hint(run: &Run) -> String {
    let (_, hint) = run.stderr.split_once("hint: run `").unwrap();
    let (command, _) = hint.rsplit_once("` to register the key in it").unwrap();
    command.to_owned()
}

#[test]
fn import_hint_passes_hostile_names_unchanged() {
    let lab = Lab::new(&["keypair"]);
    lab.home.write("the key", "");
    let mut commands = Vec::new();
    let mut expected = BTreeSet::new();
    for name in key_names() {
        let options = [
            ("--registry-file", format!("{name} registry")),
            ("--profile", name.to_owned()),
            ("--endpoint-url", format!("`keypair {name}`")),
        ];
        let given = options.iter().map(|(option, value)| format!("{option}={value}"));
        let words = ["create", "--if-not-exists", "--out", "the key", "--type", "ed25519"];
        let launch = lab.home.launch("keypair").args(words).args(given).args(["--", name]);
        commands.push(import_hint(&launch.run().fails_with(4)));
        let shown = options.iter().flat_map(|(option, value)| match value.starts_with('-') {
            true => vec![format!("{option}={value}")],
            false => vec![(*option).to_owned(), value.clone()],
        });
        let operands = [name.to_owned(), "the key".to_owned()];
        let words: Vec<String> = match name.starts_with('-') {
            true => shown.chain(["--".to_owned()]).chain(operands).collect(),
            false => operands.into_iter().chain(shown).collect(),
        };
        let words = ["keypair".to_owned(), "import".to_owned()].into_iter().chain(words);
        expected.insert(words.map(OsString::from).collect::<Vec<_>>());
    }
    assert!(expected.len() >= 60, "{}", expected.len());
    for shell in SHELLS {
        commands.iter().for_each(|command| lab.script(shell, command));
        assert_eq!(lab.said(), expected, "{shell}");
        lab.assert_unharmed();
    }
}

/// The command has the promised effect.
#[test]
fn import_hint_registers_hostile_name() {
    let lab = Lab::new(&[]);
    lab.home.shell("ssh-keygen -q -t ed25519 -N '' -f key").success();
    for name in ["-x", "=sh", "a`b", "\\'!x", "$(touch pwned)", "\u{1b}[2J", "a\nb", "--help"] {
        let words = ["create", "--if-not-exists", "--out", "key", "--", name];
        let command = import_hint(&lab.home.keypair(words).fails_with(4));
        lab.script("zsh", &command);
        lab.home.keypair(["describe", "--", name]).success();
        lab.assert_unharmed();
    }
}

/// OpenSSL 3 supports most PBES1 schemes only with its legacy provider.
#[test]
fn openssl_hint_reads_every_pbes1_scheme() {
    let home = Home::new();
    home.shell("openssl genrsa -traditional -out key 2048").success();
    home.write("pass", "sesame\n");
    let schemes = [
        ("MD5-DES", true),
        ("MD5-RC2-64", true),
        ("SHA1-DES", true),
        ("SHA1-RC2-64", true),
        ("SHA1-RC4-128", true),
        ("SHA1-RC4-40", true),
        ("SHA1-RC2-128", true),
        ("SHA1-RC2-40", true),
        ("SHA1-3DES", false),
        ("SHA1-2DES", false),
    ];
    let forms = ["PEM", "DER"].into_iter().cycle();
    for ((scheme, is_legacy), form) in schemes.into_iter().zip(forms) {
        home.shell(&format!(
            "openssl pkcs8 -topk8 -v1 PBE-{scheme} -in key -passout file:pass -out FILE -outform {form} \
             -provider legacy -provider default"
        ))
        .success();
        let read = "keypair convert --out plain --force --no-passphrase --passphrase-file pass";
        let run = home.shell(&format!("{read} FILE")).fails_with(5);
        let (_, hint) = run.stderr.split_once("hint: run `").unwrap();
        let (command, _) = hint.split_once('`').unwrap();
        assert_eq!(command.contains("-provider legacy"), is_legacy, "{command}");
        home.shell(&format!("{command} -passin pass:sesame -passout pass:sesame")).success();
        home.shell(&format!("{read} NEW && cmp key plain")).success();
    }
}

/// Names and ids in the responses of a server.
#[cfg(feature = "ec2")]
#[test]
fn hint_quotes_hostile_names_from_server() {
    const ID: &str = "key-1;touch pwned;'\\#`";
    let stub = Stub::start(|body| match body {
        body if !body.starts_with("Action=ImportKeyPair&") => Answer::no_pairs(),
        body if body.contains("KeyName=a") => Answer::imported(body, "key-1"),
        body => Answer::imported(body, ID),
    });
    let mut lab = Lab::new(&["keypair"]);
    for (name, value) in [
        ("KEYPAIR_REGISTRY", "ec2"),
        ("AWS_ENDPOINT_URL", stub.url.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ] {
        lab.home.set(name, value);
    }
    for (words, expected) in [
        (
            &["create", "a;touch pwned", "--out", "k", "--type", "ed25519"][..],
            &["verify", "FILE", "--key-name", "a;touch pwned"][..],
        ),
        // The id is invalid.
        (
            &["create", "b;touch pwned", "--out", "l", "--type", "ed25519"],
            &["describe", "b;touch pwned"],
        ),
    ] {
        let run = lab.home.keypair(words);
        assert!(!run.stderr.contains(ID), "{run}");
        let (_, hint) = run.stderr.split_once("hint: run `").unwrap_or_else(|| panic!("{run}"));
        let (command, _) = hint.rsplit_once("` ").unwrap();
        for shell in SHELLS {
            lab.script(shell, command);
            let expected = ["keypair"].iter().chain(expected).map(OsString::from).collect();
            assert_eq!(lab.said(), BTreeSet::from([expected]), "{shell}: {command}");
        }
        lab.assert_unharmed();
    }
}

/// A command formatted as text would contain unquoted arguments.
#[test]
fn messages_never_format_commands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
    let mut found = Vec::new();
    for file in crate::support::home::files_below(&folder) {
        if file.extension() != Some(OsStr::new("rs")) {
            continue;
        }
        let text = fs::read_to_string(folder.join(&file)).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // Text between backticks in a literal that begins like a command.
            let spans = line.split('`').skip(1).step_by(2);
            let is_command = |span: &&str| {
                let program = span.split(' ').next().unwrap_or_default();
                span.contains(' ') && program.bytes().all(|byte| byte.is_ascii_lowercase())
            };
            for span in spans.filter(is_command) {
                let uses_registry = span.starts_with("keypair ")
                    && !["keypair --help", "keypair exec"].contains(&span);
                if span.contains('{') || uses_registry {
                    found.push(format!("{}: `{span}`", file.display()));
                }
            }
        }
    }
    assert!(found.is_empty(), "build these commands with ShellCommand: {found:#?}");
}
