//! The command line: help, versions, and success, failure and misuse of every command.

use crate::support::home::Home;

#[test]
fn help_and_version_are_printed_on_stdout() {
    let home = Home::new();
    let run = home.keypair(["--version"]).success();
    assert_eq!(run.text(), concat!("keypair ", env!("CARGO_PKG_VERSION"), "\n"));
    for words in ["--help", "-h", "create --help", "import -h", "describe-key-pairs --help"] {
        let run = home.shell(&format!("keypair {words}")).success();
        assert!(run.text().contains("Usage: keypair") && run.stderr.is_empty(), "{run}");
    }
    let run = home.keypair(["--help"]).success();
    assert!(run.text().contains("Exit status:"), "{run}");
    home.shell("keypair --help | true").success();
}

#[test]
fn misuse_prints_error_and_suggestion() {
    let home = Home::new();
    let run = home.keypair([""; 0]).fails_with(252);
    assert!(run.text().is_empty() && run.stderr.contains("Usage: keypair"), "{run}");
    for (words, said) in [
        ("frob", "unrecognized subcommand 'frob'"),
        ("crate", "create"),
        ("create --typ rsa", "--type"),
        ("create --type", "a value is required"),
        ("verify", "required arguments were not provided: <FILE>"),
        ("describe --output", "a value is required"),
        ("describe --quiet --debug", "cannot be used with"),
        ("delete-key-pair", "the following arguments are required: --key-name or --key-pair-id"),
        ("delete-key-pair --key-name a --key-pair-id b", "may belong to different pairs"),
        ("create-key-pair", "the following arguments are required: --key-name"),
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(252);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
        assert!(run.stderr.lines().all(|line| line.starts_with("keypair: ")), "{run}");
        assert!(!run.stderr.contains("\\n"), "{run}");
    }
}

#[test]
fn unknown_option_has_no_value_suggestion() {
    let home = Home::new();
    for command in ["create", "describe", "delete", "verify", "describe-key-pairs"] {
        let run = home.shell(&format!("keypair {command} --max-items 5")).fails_with(252);
        let said = match command {
            "describe-key-pairs" => "Unknown options: --max-items, 5",
            _ => "unexpected argument '--max-items'",
        };
        assert!(run.stderr.contains(said), "{run}");
        assert!(!run.stderr.contains("as a value"), "{run}");
    }
    // A name may begin with a hyphen.
    let run = home.shell("keypair describe -web").fails_with(252);
    assert!(run.stderr.contains("use '-- -w"), "{run}");
}

/// As in the AWS CLI, the names of key pairs are options of these commands.
#[test]
fn aws_commands_accept_help_but_no_positionals() {
    let home = Home::new();
    for (command, required) in [
        ("create-key-pair", "--key-name a"),
        ("import-key-pair", "--key-name a --public-key-material a"),
        ("describe-key-pairs", ""),
        ("delete-key-pair", "--key-name a"),
        ("create-tags", "--tags Key=a --resources=key-1"),
        ("delete-tags", "--resources=key-1"),
        ("get-parameter", "--name a"),
        ("get-parameters", "--names=a"),
        ("get-password-data", "--instance-id i-1"),
    ] {
        for words in [
            format!("{command} help"),
            format!("{command} {required} help"),
            format!("--output text {command} --region eu-west-1 help"),
        ] {
            let run = home.shell(&format!("keypair {words}")).success();
            let usage = format!("Usage: keypair {command}");
            assert!(run.text().contains(&usage) && run.stderr.is_empty(), "{run}");
        }
        for words in [
            format!("{command} {required} web"),
            format!("{command} web {required}"),
            format!("{command} web help"),
            format!("{command} help {required} web"),
        ] {
            // A list of names takes all words that follow.
            let run = home.shell(&format!("keypair {words}")).fails_with(252);
            let is_missing = words.starts_with(&format!("{command} web help"))
                && run.stderr.contains("the following arguments are required: ");
            assert!(is_missing || run.stderr.contains("Unknown options: "), "{run}");
            assert!(run.text().is_empty(), "{run}");
        }
    }
    assert!(home.files().is_empty());
    home.shell("keypair create-key-pair --key-name help --key-type ed25519").success();
    home.shell("keypair describe-key-pairs --key-names help").success();
    home.shell("keypair delete-key-pair --key-name help").success();
}

/// Every command of the local registry, with arguments that succeed, arguments that fail, and
/// invalid arguments.
const COMMANDS: [(&str, &str, (&str, i32), &str); 19] = [
    ("create", "new --type ed25519", ("taken", 4), "--bits"),
    ("import", "new k.pub", ("new k", 5), "--tag"),
    ("describe", "taken", ("none", 3), "--filters Name"),
    ("delete", "taken", ("none", 3), ""),
    ("tag", "taken a=b", ("none a=b", 3), "taken a"),
    ("untag", "taken a", ("none a", 3), "taken"),
    ("prune", "--name taken", ("--registry-file k", 253), "--older-than 7"),
    ("doctor", "taken.pem", ("--registry-file k", 1), "--online=x"),
    ("convert", "taken.pem --format ppk", ("k", 5), "taken.pem --format der"),
    ("fingerprint", "taken.pem", ("k", 5), ""),
    ("verify", "taken.pem", ("k", 5), ""),
    ("create-key-pair", "--key-name new", ("--key-name taken", 4), "--key-name"),
    (
        "import-key-pair",
        "--key-name new --public-key-material fileb://k.pub",
        ("--key-name new --public-key-material x", 5),
        "--key-name new",
    ),
    ("describe-key-pairs", "--key-names taken", ("--key-names none", 3), "--filters Name"),
    ("delete-key-pair", "--key-name taken", ("--key-pair-id key-0", 3), "--key-name"),
    (
        "create-tags",
        "--resources $ID --tags Key=a,Value=b",
        ("--resources key-0 --tags Key=a", 3),
        "--resources i-0 --tags Key=a",
    ),
    ("delete-tags", "--resources $ID", ("--resources key-0", 3), "--resources $ID --tags a"),
    (
        "wait key-pair-exists",
        "--key-names taken",
        ("--key-names taken --registry-file k", 253),
        "--frob",
    ),
    ("man", "verify", ("--out-folder none", 255), "frob"),
];

#[test]
fn every_command_has_all_exit_statuses() {
    for (command, success, (refusal, code), misuse) in COMMANDS {
        let home = Home::new();
        home.shell("keypair create taken --type ed25519 --public-out k.pub").success();
        home.write("k", "nonsense");
        let id = "ID=$(keypair describe taken --query 'KeyPairs[0].KeyPairId' --output text);";
        home.shell(&format!("keypair {command} {refusal}")).fails_with(code);
        home.shell(&format!("{id} keypair {command} {misuse}")).fails_with(252);
        home.shell(&format!("{id} keypair {command} {success}")).success();
    }
    let home = Home::new();
    let help = home.keypair(["--help"]).success();
    let (_, list) = help.text().split_once("Commands:\n").unwrap();
    let listed = list.lines().take_while(|line| !line.is_empty());
    let listed: Vec<_> = listed.map(|line| line.split_whitespace().next().unwrap()).collect();
    // The other commands have separate tests, which need a shell, a command, EC2 or Parameter
    // Store.
    let name = |command: &'static str| command.split(' ').next().unwrap();
    let mut expected = COMMANDS.map(|(command, ..)| name(command)).to_vec();
    expected.extend(["completions", "connect", "exec", "fetch", "get-parameter", "get-parameters"]);
    expected.extend(["get-password-data", "help", "known-hosts", "password", "push"]);
    expected.extend(["send-ssh-public-key", "ssh-config", "store", "which"]);
    expected.sort_unstable();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

/// Scripts for the AWS CLI pass these options. The local registry ignores them.
#[test]
fn local_registry_ignores_aws_connection_options() {
    let home = Home::new();
    home.shell(
        "keypair describe-key-pairs --region eu-west-1 --profile p --no-cli-pager --no-paginate \
         --endpoint-url http://x --no-verify-ssl --cli-binary-format raw-in-base64-out \
         --cli-read-timeout 5 --cli-connect-timeout 5 --no-sign-request --ca-bundle x",
    )
    .success();
    let run = home.shell("keypair --region eu-west-1 --output text describe-key-pairs").success();
    let said = "keypair: warning: `--region` has no effect with the local registry\n";
    assert_eq!(run.stderr, said);
}

#[test]
fn unsupported_prime_filter_is_rejected() {
    let home = Home::new();
    home.shell("KEYPAIR_PRIME_FILTER=portable keypair create slow --type rsa").success();
    home.shell("keypair fingerprint slow.pem").success();
    let run = home.shell("KEYPAIR_PRIME_FILTER=fast keypair create fast --type rsa");
    let run = run.fails_with(252);
    let said = "invalid KEYPAIR_PRIME_FILTER: `fast` is not a prime filter of this CPU";
    assert!(run.stderr.contains(said) && run.stderr.contains("portable"), "{run}");
    home.keypair(["describe", "fast"]).fails_with(3);
}
