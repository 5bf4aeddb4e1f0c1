//! Servers that execute dry runs.

use super::{deleted, listed, operation};
use crate::aws::ec2::home_of;
use crate::commands::create::generate::PRIVATE_KEY;
use crate::support::stub::{Answer, Stub, member};

/// Returns a server that ignores the DryRun flag.
fn careless() -> Stub {
    Stub::start(|body| match operation(body).as_str() {
        "CreateKeyPair" => {
            let elements = format!("<keyMaterial>{PRIVATE_KEY}</keyMaterial>");
            Answer::registered("CreateKeyPair", body, "key-1", &elements)
        }
        "ImportKeyPair" => Answer::imported(body, "key-1"),
        "DeleteKeyPair" => deleted(),
        _ => Answer::no_pairs(),
    })
}

#[test]
fn executed_dry_run_fails_with_hint() {
    for (words, name, said) in [
        ("create web --type ed25519", "web", "was registered"),
        ("create web --type ed25519 --count 2 --out .", "web-1", "was registered"),
        ("import web k.pub", "web", "was registered"),
        ("import-key-pair --key-name web --public-key-material fileb://k.pub", "web", "was"),
        ("create web --generate ec2", "web", "was created, and its private key is lost"),
        ("create-key-pair --key-name web", "web", "was created, and its private key"),
    ] {
        let home = home_of(&careless());
        home.write("k.pub", include_str!("../../../vectors/keys/ed25519.openssh.pub"));
        let files = home.files();
        let run = home.shell(&format!("keypair {words} --dry-run")).fails_with(254);
        let said = format!("error: the server ignored the dry run: `{name}` {said}");
        // The id in the response may belong to another pair.
        let hint = format!("hint: run `keypair delete {name}` to delete it");
        assert!(run.stderr.contains(&said) && run.stderr.contains(&hint), "{run}");
        assert!(!run.stderr.contains("would have succeeded") && run.text().is_empty(), "{run}");
        assert_eq!(home.files(), files);
    }
}

/// The first deletion uses a name that no pair has.
#[test]
fn dry_run_deletion_probes_server_first() {
    for words in ["delete web", "delete web db", "delete-key-pair --key-pair-id key-1"] {
        let stub = careless();
        let run = home_of(&stub).shell(&format!("keypair {words} --dry-run")).fails_with(254);
        assert!(run.stderr.contains("ignored the dry run: nothing was changed"), "{run}");
        assert!(!run.stderr.contains("would have succeeded"), "{run}");
        assert_eq!(stub.count("DeleteKeyPair"), 1, "{run}");
    }
}

#[test]
fn executed_dry_run_deletion_stops_and_reports() {
    let stub = Stub::start(|body| match member(body, "KeyName") {
        Some(name) if name == "web" => deleted(),
        _ => Answer::error(412, "DryRunOperation", "Request would have succeeded."),
    });
    let run = home_of(&stub).shell("keypair delete db web api --dry-run").fails_with(254);
    assert!(run.stderr.contains("ignored the dry run: `web` was deleted"), "{run}");
    assert!(!run.stderr.contains("would have succeeded"), "{run}");
    assert_eq!(stub.count("DeleteKeyPair"), 3);
}

/// The error format of other services is accepted, too.
#[test]
fn dry_run_error_is_recognized_in_every_format() {
    let error = "<Error><Code>DryRunOperation</Code><Message>Request would have succeeded.</Message></Error>";
    for (begin, end) in
        [("<Response><Errors>", "</Errors></Response>"), ("<ErrorResponse>", "</ErrorResponse>")]
    {
        let refusal = format!("{begin}{error}{end}");
        let stub = Stub::start(move |body| match member(body, "DryRun") {
            Some(_) => Answer::Reply(412, refusal.clone()),
            None => listed("web", "key-1", ""),
        });
        for words in ["delete web", "describe"] {
            let run = home_of(&stub).shell(&format!("keypair {words} --dry-run")).success();
            assert!(run.stderr.contains("DryRunOperation"), "{run}");
        }
    }
}

/// EC2 accepts the deletion of a missing pair. Only the AWS CLI's spelling leaves it at that.
#[test]
fn dry_run_deletion_reports_missing_pair() {
    let stub = Stub::start(|body| match member(body, "DryRun") {
        Some(_) => Answer::error(412, "DryRunOperation", "Request would have succeeded."),
        None => listed("web", "key-1", ""),
    });
    let home = home_of(&stub);
    home.shell("keypair delete web --dry-run").success();
    for words in ["delete db", "delete web db", "delete --key-pair-id key-2"] {
        let run = home.shell(&format!("keypair {words} --dry-run")).fails_with(3);
        assert!(!run.stderr.contains("would have succeeded"), "{run}");
    }
    home.shell("keypair delete-key-pair --key-name db --dry-run").success();
}
