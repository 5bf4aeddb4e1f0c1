//! Keys and data that are not accepted, and where the password goes.

use super::{ID, KEY, Machine, PASSWORD, World, cloud, encrypted, world};

const OTHER_KEY: &str = include_str!("../../../vectors/keys/rsa2048_p_lt_q_from_rust.pem");
const LARGER_KEY: &str = include_str!("../../../vectors/keys/rsa4096.pem");
const ED25519: &str = include_str!("../../../vectors/keys/ed25519.openssh");

#[test]
fn wrong_keys_fail() {
    let (_stub, home) = cloud(world());
    home.write("other", OTHER_KEY);
    home.write("larger", LARGER_KEY);
    home.write("ed", ED25519);
    home.write("web.pem", KEY);
    home.write("text", "nonsense");
    home.write("truncated", &KEY[..400]);
    home.shell("mkdir empty; mkfifo pipe").success();
    for (file, said) in [
        ("other", "one other private key"),
        ("larger", "one other private key"),
        ("ed", "one other private key"),
        ("text", "text: "),
        ("truncated", "truncated: "),
        ("empty", "it is not in empty"),
    ] {
        let run = home.keypair(["password", ID, "--key", file]).fails_with(5);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
    }
    for file in ["none", "pipe"] {
        home.keypair(["password", ID, "--key", file]).fails_with(255);
    }
    let sentence = "Unable to decrypt password data using provided private key file.";
    for file in ["other", "larger", "ed", "text", "truncated"] {
        let run =
            home.keypair(["get-password-data", "--instance-id", ID, "--priv-launch-key", file]);
        let run = run.fails_with(255);
        assert!(run.text().is_empty() && run.stderr.contains(sentence), "{run}");
    }
    for file in ["none", "pipe", "empty"] {
        let run =
            home.keypair(["get-password-data", "--instance-id", ID, "--priv-launch-key", file]);
        assert!(run.fails_with(255).stderr.contains("priv-launch-key should be a path"));
    }
    home.shell("keypair convert web.pem --public openssh --out web.pub").success();
    let run = home.keypair(["password", ID, "--key", "web.pub"]).fails_with(5);
    assert!(run.stderr.contains("web.pub"), "{run}");
}

#[test]
fn invalid_password_data_is_refused() {
    let short = encrypted(b"x", include_str!("../../../vectors/keys/rsa1024.pem"));
    let valid = encrypted(PASSWORD.as_bytes(), KEY);
    for (data, status, said) in [
        ("AAAA".to_owned(), 5, "encrypted with another key"),
        (short, 5, "encrypted with another key"),
        (encrypted(b"x", OTHER_KEY), 5, "encrypted with another key"),
        (valid[..valid.len() - 8].to_owned(), 5, "encrypted with another key"),
        (valid[..valid.len() - 5].to_owned(), 254, "not base64"),
        (valid.replace('=', "-"), 254, "not base64"),
        ("password".repeat(4000), 254, "not base64"),
        (encrypted(b"", KEY), 254, "invalid characters"),
        (encrypted(b"a\0b", KEY), 254, "invalid characters"),
        (encrypted(b"a\x1b[31mb", KEY), 254, "invalid characters"),
        (encrypted(b"a\nb", KEY), 254, "invalid characters"),
        (encrypted("é".as_bytes(), KEY), 254, "invalid characters"),
        (encrypted(b"\xff\xfe", KEY), 254, "invalid characters"),
    ] {
        let (_stub, home) = cloud(World { data: vec![data.clone()], ..world() });
        home.write("web.pem", KEY);
        let run = home.keypair(["password", ID, "--out", "o"]).fails_with(status);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{data} {run}");
        assert!(!home.path("o").exists());
    }
}

#[test]
fn password_and_remote_desktop_go_to_files() {
    let (stub, home) = cloud(world());
    home.write("web.pem", KEY);
    let run = home.keypair(["password", "win", "--out", "p", "--rdp", "w.rdp"]).success();
    assert_eq!(home.read("p"), format!("{PASSWORD}\n").as_bytes());
    assert_eq!(home.mode("p"), 0o400);
    let settings = "auto connect:i:1\r\nfull address:s:ec2-192-0-2-1.example.com\r\n\
                    username:s:Administrator\r\n";
    assert_eq!(home.read("w.rdp"), settings.as_bytes());
    assert_eq!(run.json()["PasswordFile"], "p");
    assert_eq!(run.json()["RemoteDesktopFile"], "w.rdp");
    assert!(run.json().get("Password").is_none(), "{run}");
    let requests = stub.requests();
    home.keypair(["password", "win", "--out", "p"]).fails_with(4);
    home.keypair(["password", "win", "--rdp", "w.rdp"]).fails_with(4);
    assert_eq!(stub.requests(), requests);
    let run = home.keypair(["password", "win", "--out", "-", "--mask", "github"]).success();
    assert_eq!(run.text(), format!("{PASSWORD}\n"));
    assert!(run.stderr.starts_with(&format!("::add-mask::{}\n", PASSWORD.replace('%', "%25"))));
    // A runner masks the text as it is printed.
    for output in ["json", "jsonl", "yaml", "yaml-stream", "text", "table"] {
        let words = ["password", "win", "--mask", "github", "--output", output];
        let run = home.keypair(words).success();
        let masks = run.stderr.lines().filter_map(|line| line.strip_prefix("::add-mask::"));
        let masked = masks.fold(run.text().to_owned(), |text, mask| {
            text.replace(&mask.replace("%25", "%"), "***")
        });
        assert!(masked.contains("***") && !masked.contains("aB3"), "{run}");
    }
    let run = home.keypair(["password", "win", "--out", "p"]).fails_with(4);
    assert!(!run.stderr.contains("--force"), "{run}");
    home.keypair(["password", "win", "--out", "n", "--rdp", "n"]).fails_with(252);
    home.shell("keypair password win --out - >&-").fails_with(255);
    let run = home.keypair(["password", "win", "--debug", "--out", "q"]).success();
    assert!(!run.stderr.contains(PASSWORD) && !run.text().contains(PASSWORD), "{run}");
    home.shell("keypair password win | true").success();
    home.shell("keypair password win --out - > /dev/full").fails_with(255);
    home.shell("umask 022; keypair password win > public").success();
    let run = home.shell("umask 022; keypair password win --out - > public").success();
    assert!(
        run.stderr.contains("the password goes to stdout, a file that others can read"),
        "{run}"
    );
}

#[test]
fn file_of_killed_command_is_reported() {
    let (_stub, home) = cloud(world());
    home.write("web.pem", KEY);
    home.shell(
        "create() { keypair create $1 --type ed25519 --registry local --out p --output off; }
         create old; cp p copy
         strace -f -qq -o /dev/null -e inject=fdatasync:signal=KILL:when=1 \\
             keypair create new --type ed25519 --registry local --out p --force || rm p
         [ ! -e p ]",
    )
    .success();
    let run = home.keypair(["password", "win", "--out", "p"]).success();
    assert!(run.stderr.contains("warning: kept p.1: a killed command left it"), "{run}");
    assert_eq!(home.read("p.1"), home.read("copy"));
}

#[test]
fn remote_desktop_file_needs_an_address() {
    let rest = "<platform>windows</platform><keyName>web</keyName>".to_owned();
    let machines = vec![Machine { rest, ..Machine::windows() }];
    let (_stub, home) = cloud(World { machines, ..world() });
    home.write("web.pem", KEY);
    let run = home.keypair(["password", "win", "--out", "p", "--rdp", "r"]).fails_with(255);
    assert!(run.stderr.contains("has no address"), "{run}");
    assert!(!home.path("p").exists() && !home.path("r").exists());
}
