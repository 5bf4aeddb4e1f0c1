//! Servers that refuse, answer late or not at all.

use super::{Fault, cloud, locked, refused};
use crate::aws::ec2::home_of;
use crate::support::stub::Answer;

const CREATE: &str = "keypair create web --type ed25519 --cli-read-timeout 1 --store ssm";

#[test]
fn refused_parameter_undoes_the_registration() {
    for (code, status, puts, said) in [
        (
            "AccessDeniedException",
            254,
            1,
            "needs ssm:PutParameter for /ec2/keypair/key-web, and kms",
        ),
        ("InvalidKeyId", 254, 1, "`--kms-key-id` must name"),
        ("ParameterLimitExceeded", 254, 1, "quota"),
        ("TooManyUpdates", 254, 1, "run the command again"),
        ("ValidationException", 254, 1, "ValidationException"),
        ("HierarchyLevelLimitExceededException", 254, 1, "HierarchyLevelLimit"),
        ("ThrottlingException", 254, 3, "(reached max retries: 2)"),
        ("ParameterAlreadyExists", 4, 1, "choose another name"),
    ] {
        for out in ["", "--out none", "--public-out web.pub"] {
            let (stub, cloud) = cloud(move |operation| match operation {
                "PutParameter" => Fault::Before(refused(code)),
                _ => Fault::None,
            });
            let home = home_of(&stub);
            let run = home.shell(&format!("{CREATE} {out}")).fails_with(status);
            let called =
                format!("An error occurred ({code}) when calling the PutParameter operation");
            assert!(run.stderr.contains(&called) && run.stderr.contains(said), "{run}");
            assert!(run.stderr.contains("`web` was created, and deleted again"), "{run}");
            let cloud = locked(&cloud);
            assert!(cloud.pairs.is_empty() && cloud.parameters.is_empty(), "{run}");
            assert_eq!(cloud.calls.iter().filter(|call| *call == "PutParameter").count(), puts);
            assert!(home.files().is_empty(), "{run}");
        }
    }
}

#[test]
fn lost_answer_keeps_the_private_key() {
    for (number, answer) in [
        || Answer::Cut,
        || Answer::Hang,
        || Answer::Reply(500, String::new()),
        || Answer::Reply(200, "<html>".into()),
        || Answer::Reply(400, r#"{"__type":"RequestTimeout"}"#.into()),
    ]
    .into_iter()
    .enumerate()
    {
        for (out, denied) in [("", false), ("--out none", false), ("--out none", true)] {
            let (stub, cloud) = cloud(move |operation| match operation {
                "PutParameter" => Fault::Before(answer()),
                "GetParameter" if denied => Fault::Before(refused("AccessDeniedException")),
                _ => Fault::None,
            });
            let home = home_of(&stub);
            let run = home.shell(&format!("{CREATE} {out}")).fails_with(254);
            let said = "; `web` is registered, its private key is kept in web.pem\n";
            assert!(run.stderr.contains(said), "{number}: {run}");
            assert!(run.stderr.contains("run `keypair store web web.pem`"), "{run}");
            assert_eq!(home.mode("web.pem"), 0o400);
            let state = locked(&cloud);
            assert_eq!((state.pairs.len(), state.parameters.len()), (1, 0), "{number}");
            assert_eq!(state.calls.iter().filter(|call| *call == "PutParameter").count(), 1);
            assert!(!state.calls.contains(&"DeleteKeyPair".to_owned()));
        }
        // The request was executed: the value is there.
        let (stub, cloud) = cloud(move |operation| match operation {
            "PutParameter" => Fault::After(answer()),
            _ => Fault::None,
        });
        let home = home_of(&stub);
        home.shell(&format!("{CREATE} --out none")).success();
        assert!(home.files().is_empty());
        assert_eq!(locked(&cloud).parameters.len(), 1);
    }
}

/// A server may report a request as throttled and execute it.
#[test]
fn own_parameter_is_no_conflict() {
    let (stub, cloud) = cloud(|operation| match operation {
        "PutParameter" => Fault::After(refused("ParameterAlreadyExists")),
        _ => Fault::None,
    });
    let home = home_of(&stub);
    home.shell(&format!("{CREATE} --out none")).success();
    assert_eq!(locked(&cloud).pairs.len(), 1);
}

#[test]
fn failed_rollback_keeps_the_private_key() {
    let (stub, cloud) = cloud(|operation| match operation {
        "PutParameter" => Fault::Before(refused("AccessDeniedException")),
        "DeleteKeyPair" => Fault::Before(Answer::error(403, "UnauthorizedOperation", "No.")),
        _ => Fault::None,
    });
    let home = home_of(&stub);
    let run = home.shell(&format!("{CREATE} --out none")).fails_with(254);
    let said = "`web` is registered, but its private key is only in web.pem: An error occurred \
                (AccessDeniedException) when calling the PutParameter operation: No.";
    assert!(run.stderr.contains(said) && run.stderr.contains("keypair delete web"), "{run}");
    assert_eq!((home.mode("web.pem"), locked(&cloud).pairs.len()), (0o400, 1));
}

#[test]
fn lost_registration_stores_nothing() {
    let (stub, cloud) = cloud(|operation| match operation {
        "ImportKeyPair" => Fault::After(Answer::Cut),
        _ => Fault::None,
    });
    let home = home_of(&stub);
    let run = home.shell(&format!("{CREATE} --out none")).fails_with(254);
    assert!(run.stderr.contains("the private key is kept in web.pem"), "{run}");
    assert!(locked(&cloud).parameters.is_empty());
    // `store` completes the pair.
    home.shell("keypair store web web.pem && rm -f web.pem && keypair fetch web").success();
}

#[test]
fn undeleted_parameter_is_named() {
    for (fault, code, said) in [
        ("AccessDeniedException", 0, "warning: /ec2/keypair/key-web was not deleted: An error"),
        ("ThrottlingException", 254, "was deleted, but not /ec2/keypair/key-web: An error"),
        ("cut", 254, "was deleted, but not /ec2/keypair/key-web: the outcome"),
        ("ParameterNotFound", 0, "\"Parameter\": \"/ec2/keypair/key-web\""),
    ] {
        let (stub, cloud) = cloud(move |operation| match operation {
            "DeleteParameter" if fault == "cut" => Fault::Before(Answer::Cut),
            "DeleteParameter" => Fault::Before(refused(fault)),
            _ => Fault::None,
        });
        let home = home_of(&stub);
        home.shell(CREATE).success();
        let run = home.shell("exec 2>&1; keypair delete web --stored --private-key-file web.pem");
        assert!(run.code == Some(code) && run.text().contains(said), "{run}");
        let command = "run `aws ssm delete-parameter --name /ec2/keypair/key-web` to delete it";
        assert_eq!(run.text().contains(command), fault != "ParameterNotFound", "{run}");
        assert!(locked(&cloud).pairs.is_empty());
        assert!(!home.path("web.pem").exists());
    }
}
