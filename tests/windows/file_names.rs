//! Names that do not mean a file on Windows.

use std::fs;

use crate::support::home::Home;

#[test]
fn pair_with_invalid_file_name_needs_out() {
    let home = Home::new();
    for name in [
        "NUL", "nul", "con", "PRN", "aux", "COM1", "lpt9", "con.a", "a:b", "a?b", "a*b", "a<b",
        "a>b", "a|b", "a\"b", "a/b", r"a\b", "x.", "a\tb", ".a",
    ] {
        let create = ["create", "--type", "ed25519", "--key-name", name];
        let run = home
            .keypair_with(create)
            .fails_with(5)
            .says(&["cannot be used as a file name", "--out"]);
        assert_eq!(run.text(), "");
        home.keypair_with(create.into_iter().chain(["--out", "k.pem"])).success();
        home.keypair_with(["delete", name, "--private-key-file", "k.pem"]).success();
    }
    assert_eq!(home.names_in(""), [""; 0]);
    // With a number appended, the name is valid.
    home.keypair("create con --type ed25519 --count 2").success();
    assert_eq!(home.names_in(""), ["con-1.pem", "con-2.pem"]);
}

#[test]
fn device_or_stream_is_rejected_for_key() {
    let home = Home::new();
    home.keypair("create own --type ed25519").success();
    home.write("key.pem", "precious");
    let before = (home.names_in(""), home.read("own.pem"));
    for (name, expected) in [
        ("NUL", "a device"),
        ("NUL.pem", "a device"),
        ("con", "a device"),
        ("COM1.pem", "a device"),
        ("key.pem:stream", "an alternate data stream"),
        ("new.pem:stream", "an alternate data stream"),
        ("new.pem::$DATA", "an alternate data stream"),
        ("new.", "drops a dot or space"),
        ("new.pem ", "drops a dot or space"),
        ("a?b", "cannot contain `?`"),
        ("a<b", "cannot contain `<`"),
    ] {
        let absolute = home.path("").join(name).into_os_string().into_string().unwrap();
        for path in [name, &absolute] {
            let invalid = format!("invalid path {path}: ");
            for options in [["--out", path], ["--public-out", path]] {
                for force in ["--no-force", "--force"] {
                    let create = ["create", "k", "--type", "ed25519"].into_iter();
                    let create = create.chain(options).chain((force == "--force").then_some(force));
                    home.keypair_with(create).fails_with(255).says(&[&invalid, expected]);
                }
            }
            let convert = ["convert", "own.pem", "--format", "ppk", "--out", path];
            home.keypair_with(convert).fails_with(255).says(&[&invalid, expected]);
        }
    }
    assert_eq!((home.names_in(""), home.read("own.pem")), before);
    assert_eq!(home.read("key.pem"), b"precious");
    assert!(fs::metadata(home.path("key.pem:stream")).is_err());
    assert_eq!(home.registered(), ["own"]);
}

#[test]
fn device_is_rejected_for_registry() {
    let home = Home::new();
    for path in ["NUL", "con", r"\\.\NUL"] {
        for line in ["create k --type ed25519", "describe", "delete k", "prune --delete"] {
            let run = home.keypair(&format!("{line} --registry-file {path}"));
            assert!(matches!(run.code, Some(253 | 3)) && !run.stderr.contains("panic"), "{run}");
        }
    }
    assert_eq!(home.names_in(""), [""; 0]);
}
