//! The EC2 registry, with moto and the AWS CLI as a witness, and with a stub server.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::stub::{Answer, Stub};

/// Returns an account in which `keypair` uses EC2.
fn account() -> Account {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    account
}

/// Returns a home in which `keypair` uses this server as EC2.
pub(crate) fn home_of(stub: &Stub) -> Home {
    let mut home = Home::new();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL_EC2", &stub.url),
        ("AWS_ENDPOINT_URL_EC2_INSTANCE_CONNECT", &stub.url),
        ("AWS_ENDPOINT_URL_SSM", &stub.url),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("KEYPAIR_REGISTRY", "ec2"),
    ] {
        home.set(name, value);
    }
    home
}

fn names(account: &Account) -> Vec<String> {
    let query = ["ec2", "describe-key-pairs", "--query", "KeyPairs[].KeyName"];
    serde_json::from_str(account.aws(query).success().text()).unwrap()
}

#[test]
fn created_pair_is_visible_to_aws_cli() {
    let account = account();
    let home = account.home();
    for (name, options) in
        [("rsa", "--type rsa"), ("ed", "--type ed25519 --format ppk --tag team=ops")]
    {
        let run = home.shell(&format!("keypair create {name} {options}")).success();
        assert_eq!(run.stderr.contains("Windows"), name == "ed", "{run}");
        let file = run.json()["PrivateKeyFile"].as_str().unwrap().to_owned();
        assert_eq!(home.mode(&file), 0o400);
        let query = "--include-public-key --query KeyPairs[0].PublicKey --output text";
        let theirs =
            home.shell(&format!("aws ec2 describe-key-pairs --key-names {name} {query}")).success();
        let ours = home.shell(&format!("keypair convert {file} --public openssh --comment ''"));
        assert_eq!(theirs.text().trim_end(), ours.success().text().trim_end());
        let verified = home.shell(&format!("keypair verify {file}")).success().json();
        assert_eq!(verified["KeyPairs"][0]["KeyName"], *name);
    }
    // EC2 shows the fingerprint of an imported key, because the key was generated locally.
    let md5 = home.shell("openssl rsa -in rsa.pem -pubout -outform DER 2> /dev/null | openssl md5 -c | sed 's/.*= //'");
    let shown = home.shell("keypair describe rsa --query KeyPairs[0].KeyFingerprint --output text");
    assert_eq!(shown.success().text(), md5.success().text());
    let tagged = "keypair describe --filters Name=tag:team,Values=o* --query KeyPairs[].KeyName --output text";
    assert_eq!(home.shell(tagged).success().text(), "ed\n");
    home.shell("keypair delete rsa ed --private-key-file ed.ppk").fails_with(252);
    home.shell("keypair delete ed --private-key-file rsa.pem").fails_with(5);
    home.shell("keypair delete ed --private-key-file ed.ppk").success();
    assert!(!home.path("ed.ppk").exists());
    assert_eq!(names(&account), ["rsa"]);
}

#[test]
fn existing_and_unknown_pairs_fail_with_ec2_codes() {
    let account = account();
    let home = account.home();
    home.shell("keypair create web --type ed25519").success();
    let files = home.files();
    for (words, code, said) in [
        ("create web --out other.pem", 4, "(InvalidKeyPair.Duplicate)"),
        ("import web web.pem", 4, "(InvalidKeyPair.Duplicate)"),
        ("describe none", 3, "(InvalidKeyPair.NotFound)"),
        ("delete none", 3, "(InvalidKeyPair.NotFound)"),
        ("verify web.pem --key-name none", 3, "(InvalidKeyPair.NotFound)"),
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(code);
        assert!(run.stderr.contains(said) && run.stderr.contains("hint"), "{run}");
    }
    home.shell("keypair delete-key-pair --key-name none").success();
    assert_eq!(home.files(), files);
    assert_eq!(names(&account), ["web"]);
}

#[test]
fn dry_run_asks_ec2_and_changes_nothing() {
    let account = account();
    let home = account.home();
    home.shell("keypair create web --type ed25519").success();
    let files = home.files();
    for words in
        ["create x", "import x web.pem", "describe", "delete web", "delete-key-pair --key-name web"]
    {
        let run = home.shell(&format!("keypair {words} --dry-run")).success();
        assert!(run.text().is_empty() && run.stderr.contains("DryRunOperation"), "{run}");
    }
    assert_eq!(home.files(), files);
    assert_eq!(names(&account), ["web"]);
}

#[test]
fn missing_aws_settings_are_reported_with_hint() {
    let mut home = Home::new();
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    for (environment, words, code, said) in [
        ("", "describe", 253, "You must specify a region"),
        ("AWS_REGION=eu-west-1", "describe", 253, "Unable to locate credentials"),
        ("", "describe --region eu-west-1", 253, "Unable to locate credentials"),
        ("AWS_REGION=eu-west-1", "describe --profile none", 253, "none"),
        ("AWS_REGION=eu-west-1", "describe --no-verify-ssl", 252, "--no-verify-ssl"),
    ] {
        let run = home.shell(&format!("{environment} keypair --registry ec2 {words}"));
        let run = run.fails_with(code);
        assert!(run.stderr.contains(said), "{run}");
        assert_eq!(run.stderr.contains("hint"), code == 253, "{run}");
    }
    // Local commands need no AWS settings and do not read them.
    home.shell("mkdir ../home/.aws; echo nonsense > ../home/.aws/config; keypair describe")
        .success();
}

#[test]
fn unreachable_server_changes_nothing() {
    let account = account();
    let home = account.home();
    let files = home.files();
    for url in ["http://127.0.0.1:1", "http://no.such.host.invalid", "https://127.0.0.1:1"] {
        let run = home.shell(&format!("keypair create web --endpoint-url {url}")).fails_with(254);
        assert!(run.stderr.contains("cannot reach AWS"), "{run}");
    }
    assert_eq!(home.files(), files);
}

/// A request without a response may have been executed.
#[test]
fn uncertain_registration_keeps_private_key() {
    let page = "<html>\n<body>503 Service Unavailable</body></html>";
    for (number, answer) in [
        || Answer::Cut,
        || Answer::Hang,
        || Answer::Reply(200, "<html>".into()),
        || Answer::Reply(500, String::new()),
        || Answer::error(500, "InternalError", "An internal error has occurred"),
        || Answer::error(408, "No", "No."),
        || Answer::error(400, "RequestTimeout", "The request took too long."),
        || Answer::Reply(404, "<html>".into()),
        || Answer::Reply(429, String::new()),
    ]
    .into_iter()
    .enumerate()
    {
        let stub = Stub::start(move |body| match body.starts_with("Action=ImportKeyPair&") {
            true => answer(),
            false => Answer::no_pairs(),
        });
        let home = home_of(&stub);
        let words = "create web --type ed25519 --cli-read-timeout 1";
        let run = home.shell(&format!("keypair {words}")).fails_with(254);
        assert!(run.stderr.contains("web.pem"), "{number}: {run}");
        assert_eq!(home.mode("web.pem"), 0o400);
        assert_eq!(stub.count("ImportKeyPair"), 1, "{number}");
        // The pair of the replaced file may still be registered.
        let old = home.read("web.pem");
        let run = home.shell(&format!("keypair {words} --force")).fails_with(254);
        let said = "web.pem, the file that it replaced in ";
        assert!(run.stderr.contains(said) && run.stderr.contains("web.pem.1"), "{number}: {run}");
        assert!(home.read("web.pem.1") == old && home.read("web.pem") != old, "{number}");
        // On stdout, the key is the only copy.
        let run = home.shell(&format!("keypair {words} --out -")).fails_with(254);
        assert!(run.text().starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"), "{number}: {run}");
        assert!(
            run.stderr.contains("could not confirm that `web` was registered"),
            "{number}: {run}"
        );
    }
    let stub = Stub::start(move |_| Answer::Reply(503, page.into()));
    let run = home_of(&stub).keypair(["describe", "--cli-read-timeout", "1"]).fails_with(254);
    let said = "unexpected response from the registry: HTTP status 503: <html>\\n<body>503 Service";
    assert!(run.stderr.contains(said), "{run}");
}

#[test]
fn refused_registration_changes_nothing() {
    for (status, code, requests) in [
        (403, "UnauthorizedOperation", 1),
        (400, "KeyPairLimitExceeded", 1),
        (400, "RequestExpired", 1),
        (503, "RequestLimitExceeded", 3),
    ] {
        let stub = Stub::start(move |body| match body.starts_with("Action=ImportKeyPair&") {
            true => Answer::error(status, code, "No."),
            false => Answer::no_pairs(),
        });
        let home = home_of(&stub);
        let files = home.files();
        let run = home.keypair(["create", "web", "--type", "ed25519"]).fails_with(254);
        let retries = match requests {
            1 => String::new(),
            _ => format!(" (reached max retries: {})", requests - 1),
        };
        let called = "when calling the ImportKeyPair operation";
        let said = format!("An error occurred ({code}) {called}{retries}: No.");
        assert!(run.stderr.contains(&said), "{run}");
        assert_eq!(home.files(), files, "{code}");
        assert_eq!(stub.count("ImportKeyPair"), requests, "{code}");
    }
}

#[test]
fn throttled_request_is_retried() {
    let requests = AtomicUsize::new(0);
    let stub = Stub::start(move |body| match body.starts_with("Action=ImportKeyPair&") {
        true if requests.fetch_add(1, Ordering::Relaxed) == 0 => {
            Answer::error(503, "RequestLimitExceeded", "Request limit exceeded.")
        }
        true => Answer::imported(body, "key-1"),
        false => Answer::no_pairs(),
    });
    let home = home_of(&stub);
    let run = home.keypair(["create", "web", "--type", "ed25519"]).success();
    assert_eq!(stub.count("ImportKeyPair"), 2);
    // Neither the fingerprint nor the list identifies the key.
    assert!(run.stderr.contains("could not verify which key"), "{run}");
}

#[test]
fn another_key_with_same_name_is_an_error() {
    let stub = Stub::start(|body| match body {
        body if body.starts_with("Action=ImportKeyPair&") => Answer::response(
            "ImportKeyPair",
            "<keyName>web</keyName><keyPairId>key-1</keyPairId><keyFingerprint>?</keyFingerprint>",
        ),
        body if body.contains("IncludePublicKey") => Answer::response(
            "DescribeKeyPairs",
            "<keySet><item><keyName>web</keyName><keyPairId>key-2</keyPairId>\
             <publicKey>ssh-ed25519 AAAA</publicKey></item></keySet>",
        ),
        _ => Answer::no_pairs(),
    });
    let home = home_of(&stub);
    let run = home.keypair(["create", "web", "--type", "ed25519"]).fails_with(254);
    let said = "could not confirm that `web` was registered: the response does not match the request: \
                another public key is registered under that name; the private key is kept in web.pem\n";
    assert!(run.stderr.contains(said), "{run}");
    assert!(run.stderr.contains("run `keypair describe web` to check"), "{run}");
    assert!(!run.stderr.contains("keypair delete"), "{run}");
    // EC2 is eventually consistent and may list an earlier key.
    assert_eq!(home.mode("web.pem"), 0o400);
}

/// Ctrl-C while waiting for the response: the key may be registered.
#[test]
fn interrupted_create_keeps_private_key() {
    let stub = Stub::start(|body| match body.starts_with("Action=ImportKeyPair&") {
        true => Answer::Hang,
        false => Answer::no_pairs(),
    });
    let home = home_of(&stub);
    let start = Instant::now();
    let script = "keypair create web --type ed25519 & sleep 2; kill -INT $!; wait $!";
    let run = home.launch("bash").args(["-c", script]).run();
    assert!(start.elapsed() < Duration::from_secs(20), "{run}");
    assert_ne!(run.code, Some(0));
    assert_eq!(home.mode("web.pem"), 0o400);
    assert!(run.stderr.contains("web.pem"), "{run}");
}

/// The most common mistakes: another region, another case, the name of the file.
#[test]
fn unknown_name_suggests_similar_names() {
    let account = account();
    let home = account.home();
    home.shell("keypair create web --type ed25519").success();
    for (words, said) in [
        ("describe web.pem", "did you mean `web`?"),
        ("describe WEB", "did you mean `web`?"),
        ("delete wbe", "did you mean `web`?"),
        ("verify web.pem --key-name we", "did you mean `web`?"),
        ("describe web --region eu-west-1", "looked in the region eu-west-1"),
        ("describe none", "looked in the region us-east-1"),
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(3);
        assert!(run.stderr.contains(said), "{run}");
    }
    let other = home.shell("keypair describe nothing").fails_with(3);
    assert!(!other.stderr.contains("did you mean"), "{other}");
}

/// After a kill at any moment, each registered pair has its private key: the file is written before
/// the request.
#[test]
fn killed_create_never_registers_without_private_key() {
    const KILLS: u32 = 60;
    let stub = Stub::start(|body| match body.starts_with("Action=ImportKeyPair&") {
        true => Answer::imported(body, "key-1"),
        false => Answer::no_pairs(),
    });
    let home = home_of(&stub);
    let start = Instant::now();
    home.shell("keypair create whole --type ed25519").success();
    let whole = start.elapsed();
    for number in 0..KILLS {
        let delay = (whole * number * 3 / KILLS / 2).as_secs_f64();
        let create = format!("keypair create killed-{number} --type ed25519");
        // No shell in between, because it would survive the kill.
        let script = format!("{create} > /dev/null 2>&1 & sleep {delay}; kill -KILL $!; wait $!");
        home.launch("bash").args(["-c", &script]).run();
    }
    let imported = stub.imported();
    for name in &imported {
        assert_eq!(home.mode(&format!("{name}.pem")), 0o400);
        home.shell(&format!("ssh-keygen -y -f {name}.pem")).success();
    }
    // Some kills must hit the middle of a run.
    assert!((2..=KILLS as usize).contains(&imported.len()), "{imported:?}");
    let is_stray = |path: &PathBuf| path.extension().is_none_or(|ending| ending != "pem");
    let strays: Vec<_> = home.files().into_iter().filter(is_stray).collect();
    assert!(strays.is_empty(), "{strays:?}");
}
