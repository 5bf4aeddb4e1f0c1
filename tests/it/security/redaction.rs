//! No message repeats a private key that was passed as another argument.

use std::collections::BTreeSet;
use std::thread;

use crate::support::home::Home;
use crate::support::run::Run;

/// Returns a new key in all common encodings, created by other programs.
fn encodings(home: &Home) -> Vec<String> {
    home.shell(
        "ssh-keygen -q -t ed25519 -N '' -C '' -f openssh; ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C '' -f rsa
         keypair convert openssh --format pkcs8 --out pkcs8; keypair convert openssh --format ppk --out ppk
         keypair convert rsa --format ppk --out rsa.ppk",
    )
    .success();
    let program = r"
import base64, json, urllib.parse
read = lambda name: open(name).read()
body = lambda text: ''.join(line for line in text.splitlines() if '-' not in line)
private = lambda text: text.split('Private-Lines: ')[1].splitlines()[1]
openssh, pkcs8, rsa = read('openssh'), read('pkcs8'), read('rsa')
der = base64.b64decode(body(pkcs8))
seed = der[-32:]
keys = [
    openssh, pkcs8, rsa,
    rsa.replace('\n', ' '), rsa.replace('\n', '\\n'), rsa.replace('\n', ''),
    openssh.replace('\n', '\r\n'), urllib.parse.quote(rsa), urllib.parse.quote(pkcs8, safe=''), json.dumps(rsa),
    body(openssh), body(pkcs8), body(rsa), body(rsa)[640:704],
    base64.b64encode(openssh.encode()).decode(), base64.b64encode(rsa.encode()).decode(),
    base64.urlsafe_b64encode(der).decode(), base64.urlsafe_b64encode(der).decode().rstrip('='),
    base64.b64encode(seed).decode(), repr(body(pkcs8)),
    private(read('ppk')), private(read('rsa.ppk')), read('ppk'),
    seed.hex(), seed.hex().upper(), der.hex(), '0x' + seed.hex(), seed.hex(':'), seed.hex(' '),
    base64.b64decode(body(rsa)).hex(),
]
print(json.dumps(keys))";
    home.shell("mkdir empty").success();
    let run = home.launch("python").args(["-c", program]).run().success();
    serde_json::from_slice(&run.stdout).unwrap()
}

/// Fails if a message contains sixteen consecutive characters of a key.
#[track_caller]
fn assert_hidden(key: &str, run: &Run) {
    let said = run.stderr.to_ascii_lowercase();
    let key = key.to_ascii_lowercase();
    let is_of_key = |part: &&str| {
        let of_file = [
            "--",
            "begin ",
            "private",
            "public-li",
            "putty",
            "file-3",
            "ssh-ed",
            "encryption",
            "comment",
        ];
        !of_file.iter().any(|word| part.contains(word)) && !part.contains(char::is_control)
    };
    let characters: Vec<char> = key.chars().collect();
    let parts: BTreeSet<String> =
        characters.windows(16).map(|part| part.iter().collect()).collect();
    let shown =
        parts.iter().map(String::as_str).filter(is_of_key).find(|part| said.contains(*part));
    assert_eq!(shown, None, "{run}");
}

/// Returns the options of a command that take a value, according to its help.
fn options(home: &Home, command: &str) -> Vec<String> {
    let help = home.keypair([command, "--help"]).success();
    let options = help.text().lines().filter_map(|line| {
        let (option, value) = line.trim().split_once(['<', '['])?;
        let option = option.trim_end_matches(['=', ' ']);
        (option.starts_with("--") && !value.is_empty()).then(|| option.to_owned())
    });
    options.collect()
}

const COMMANDS: [&str; 18] = [
    "create",
    "import",
    "describe",
    "delete",
    "prune",
    "doctor",
    "convert",
    "fingerprint",
    "verify",
    "fetch",
    "exec",
    "create-key-pair",
    "import-key-pair",
    "describe-key-pairs",
    "delete-key-pair",
    "get-parameter",
    "completions",
    "man",
];

/// Returns command lines with a key in every position.
fn lines(home: &Home, key: &str) -> Vec<Vec<String>> {
    let mut lines = vec![vec![key.to_owned()], vec![format!("--{key}")]];
    for command in COMMANDS {
        let begin = |words: &[&str]| {
            let small: &[&str] = if command == "create" { &["--type", "ed25519"] } else { &[] };
            let words =
                [command].into_iter().chain(small.iter().copied()).chain(words.iter().copied());
            words.map(ToOwned::to_owned).collect::<Vec<_>>()
        };
        for positions in 1..4 {
            lines.push(begin(&vec![key; positions]));
        }
        lines.push(begin(&["none", key]));
        lines.push(begin(&[&format!("file://{key}")]));
        lines.push(begin(&[&format!("--no-such-{key}")]));
        for option in options(home, command) {
            lines.push(begin(&[&option, key]));
            lines.push(begin(&[&format!("{option}=Name={key},Values={key}"), "none"]));
        }
        for hidden in ["--ca-bundle", "--cli-connect-timeout", "--cli-binary-format"] {
            lines.push(begin(&[hidden, key]));
        }
    }
    lines
}

#[test]
fn key_as_any_argument_is_redacted() {
    let mut home = Home::new();
    let keys = encodings(&home);
    for (name, value) in [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_MAX_ATTEMPTS", "1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ] {
        home.set(name, value);
    }
    // Tests all positions with few encodings, and all encodings in few positions.
    let few = [0, 12, 20, 23].map(|number| &keys[number]);
    let mut runs: Vec<(&str, Vec<String>)> = Vec::new();
    for (number, key) in few.into_iter().enumerate() {
        let lines = lines(&home, key).into_iter().enumerate();
        runs.extend(lines.filter(|(at, _)| at % 4 == number).map(|(_, line)| (key.as_str(), line)));
    }
    for key in &keys {
        for words in [
            &["fingerprint"][..],
            &["describe"],
            &["describe", "--query"],
            &["describe", "--filters"],
            &["create", "--tag"],
            &["create", "--type"],
            &["import", "web"],
            &["verify", "openssh", "--key-name"],
            &["convert", "openssh", "--out", "x", "--passphrase-file"],
            &["describe", "--registry", "ec2", "--profile"],
            &["describe", "--registry-file"],
            &["exec", "--type", "ed25519", "--"],
        ] {
            let words = words.iter().map(|word| (*word).to_owned()).chain([key.clone()]);
            runs.push((key, words.collect()));
        }
    }
    in_parallel(&runs, |(key, words)| {
        let debug = home.launch("keypair").args(["--debug"]).args(words).run();
        assert_hidden(key, &debug);
    });
}

#[test]
fn key_in_any_variable_is_redacted() {
    let mut home = Home::new();
    let keys = encodings(&home);
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home.set("AWS_MAX_ATTEMPTS", "1");
    let variables = [
        "KEYPAIR_REGISTRY",
        "KEYPAIR_REGISTRY_FILE",
        "KEYPAIR_PASSPHRASE",
        "KEYPAIR_PRIME_FILTER",
        "AWS_DEFAULT_OUTPUT",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_RETRY_MODE",
        "HTTP_PROXY",
        "SSH_AUTH_SOCK",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
        "HOME",
        "TMPDIR",
    ];
    let mut runs = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        for (at, variable) in variables.into_iter().enumerate() {
            runs.push((key, variable, "describe"));
            if (number + at) % 4 == 0 {
                runs.push((key, variable, "create k --type ed25519 --add-to-agent --dry-run"));
                runs.push((key, variable, "exec --type ed25519 -- true"));
                runs.push((key, variable, "doctor"));
                runs.push((
                    key,
                    variable,
                    "describe --registry ec2 --endpoint-url http://127.0.0.1:1",
                ));
            }
        }
    }
    in_parallel(&runs, |(key, variable, words)| {
        let launch = home.launch("keypair").folder(&home.path("empty")).args(["--debug"]);
        let run = launch.args(words.split(' ')).env(variable, key).run();
        assert_hidden(key, &run);
    });
}

/// Runs a function for all items, on two threads.
fn in_parallel<T: Sync>(all: &[T], run: impl Fn(&T) + Sync) {
    let (first, second) = all.split_at(all.len() / 2);
    thread::scope(|scope| {
        let other = scope.spawn(|| second.iter().for_each(&run));
        first.iter().for_each(&run);
        other.join().unwrap();
    });
}
