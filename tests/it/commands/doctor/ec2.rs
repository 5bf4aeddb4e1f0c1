//! AWS checks of `doctor`: environment and files by default, and with `--online` against moto and a
//! stub server.

use std::time::{Duration, Instant};

use super::{findings, finds, pair};
use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::stub::{Answer, Stub};

/// Returns a home with these configuration files of the AWS CLI.
fn home(config: &str, credentials: &str) -> Home {
    let home = Home::new();
    home.write("config", config);
    home.write("credentials", credentials);
    home.shell("mkdir $HOME/.aws; chmod 600 config credentials; mv config credentials $HOME/.aws")
        .success();
    home
}

const KEYS: &str = "aws_access_key_id = i\naws_secret_access_key = hunter2\n";

#[test]
fn doctor_reports_region_and_credentials_of_selected_profile() {
    let home = home("[default]\nregion = eu-west-1\n[profile bare]\n", &format!("[keys]\n{KEYS}"));
    let says = |words: &str, said: &str| {
        let run = home.shell(&format!("keypair doctor {words}")).success();
        assert!(run.text().ends_with(&format!("; for AWS {said}\n")), "{run}");
    };
    says("", "the region eu-west-1 by the profile default and no credentials");
    says("--profile keys", "no region and credentials of the profile keys (access keys)");
    says(
        "--region eu-west-2 --profile keys --registry ec2",
        "the region eu-west-2 by --region and credentials of the profile keys (access keys)",
    );
    let missing = pair("NoCredentials", "AWS");
    let both = findings(&home, "--registry ec2 --profile bare");
    assert_eq!(both, [pair("NoRegion", "AWS"), missing.clone()]);
    assert_eq!(findings(&home, "--registry ec2"), [missing]);
    let answer = home.shell("keypair doctor --profile keys --output json").success().json();
    assert_eq!(answer["Region"], serde_json::Value::Null);
    assert_eq!(answer["Credentials"], "the profile keys (access keys)");
    let run = finds(&home, "--registry ec2");
    assert!(
        run.text()
            .contains("no credentials found; this machine may have a role; run `aws configure`, "),
        "{run}"
    );
    assert!(run.text().contains("`keypair doctor --online --registry ec2` to check"), "{run}");
    let run = home.shell("AWS_EC2_METADATA_DISABLED=true keypair doctor --registry ec2");
    assert!(run.text().contains("AWS: no credentials found; "), "{run}");
}

#[test]
fn doctor_reports_invalid_aws_settings() {
    let home = home("[default]\nregion = eu-west-1\n", &format!("[default]\n{KEYS}"));
    home.shell("keypair doctor").success();
    assert_eq!(findings(&home, "--profile gone"), [pair("NoSuchProfile", "AWS")]);
    let run = home.shell("AWS_PROFILE=gone keypair doctor").fails_with(1);
    assert!(run.text().contains("AWS: cannot find the profile gone; "), "{run}");
    let run = home.shell("AWS_ACCESS_KEY_ID=i keypair doctor").fails_with(1);
    let said = "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY; set \
                AWS_SECRET_ACCESS_KEY, or unset AWS_ACCESS_KEY_ID";
    assert!(run.text().contains(said), "{run}");
    home.shell("chmod 644 $HOME/.aws/credentials").success();
    let run = finds(&home, "");
    assert!(run.text().contains("others can read this file with AWS credentials"), "{run}");
    assert!(!run.text().contains("hunter2"), "{run}");
    home.shell("keypair doctor --query 'Findings[].[Remedy]' --output text | sh; keypair doctor")
        .success();
    // A pipe in place of a file must not block.
    home.shell("rm $HOME/.aws/config; mkfifo $HOME/.aws/config").success();
    let found = findings(&home, "");
    assert_eq!(found[0].0, "UnreadableAwsFile", "{found:?}");
    home.shell("rm $HOME/.aws/config; echo '[default' > $HOME/.aws/config").success();
    let found = findings(&home, "");
    assert!(found[0].0 == "MalformedAwsFile" && found[0].1.ends_with("/.aws/config"), "{found:?}");
    for words in ["--region 'EU West'", "--endpoint-url x", "--no-verify-ssl"] {
        home.shell(&format!("keypair doctor {words}")).fails_with(252);
    }
}

/// `--online` causes exactly one request. The default causes none.
#[test]
fn doctor_online_makes_one_request() {
    let stub = Stub::start(|_| Answer::no_pairs());
    let mut home = home_of(&stub);
    home.set("AWS_EC2_METADATA_DISABLED", "false");
    for name in ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT"] {
        home.set(name, format!("{}/x", stub.url));
    }
    home.keypair(["doctor"]).success();
    home.shell("unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION; keypair doctor")
        .success();
    assert_eq!(stub.requests(), 0);
    let run = home.keypair(["doctor", "--online"]).success();
    assert!(run.text().contains("; EC2 with no pairs\n"), "{run}");
    assert_eq!((stub.requests(), stub.count("DescribeKeyPairs")), (1, 1));
}

#[test]
fn doctor_online_reports_weak_and_expired_pairs() {
    let account = Account::new();
    let home = account.home();
    home.shell(
        "openssl genrsa -out short.pem 1024 2> /dev/null; chmod 400 short.pem
         keypair import short short.pem --registry ec2
         keypair create web --type ed25519 --registry ec2
         keypair create old --type ed25519 --registry ec2 \
             --tag keypair:expires-at=2020-01-01T00:00:00Z",
    )
    .success();
    home.shell("keypair doctor --registry ec2").success();
    let found = findings(home, "--registry ec2 --online");
    assert_eq!(found, [pair("WeakKeyPair", "short"), pair("ExpiredKeyPair", "old")]);
    let run = finds(home, "--registry ec2 --online");
    assert!(
        run.text().contains("`keypair delete short --registry ec2` to delete this one"),
        "{run}"
    );
    assert!(run.text().ends_with("; EC2 with 3 pairs\n"), "{run}");
    // Another registry is selected.
    let run = home.keypair(["doctor", "--online", "--output", "json"]).success();
    assert_eq!(run.json()["Ec2KeyPairs"], 3);
}

#[test]
fn doctor_online_reports_ec2_errors_in_time() {
    let denied = |_: &str| Answer::error(403, "UnauthorizedOperation", "You are not authorized.");
    let home = home_of(&Stub::start(denied));
    let run = finds(&home, "--online");
    let said = "attention: EC2: An error occurred (UnauthorizedOperation) when calling the \
                DescribeKeyPairs operation: You are not authorized.; ";
    assert!(run.text().contains(said), "{run}");
    let home = home_of(&Stub::start(|_| Answer::Hang));
    let start = Instant::now();
    let run = finds(&home, "--online --cli-read-timeout 0");
    assert!(run.text().contains("no response within 20 seconds"), "{run}");
    assert!(start.elapsed() < Duration::from_secs(40));
    let run = home.shell("env -u AWS_REGION -u AWS_DEFAULT_REGION keypair doctor --online");
    let run = run.fails_with(1);
    assert!(
        run.text().contains("EC2: You must specify a region.; pass `--region REGION`"),
        "{run}"
    );
    let run = home.shell("AWS_RETRY_MODE=x keypair doctor --online").fails_with(1);
    let said = "EC2: invalid value for AWS_RETRY_MODE: `x`; expected standard or adaptive";
    assert!(run.text().contains(said), "{run}");
    assert!(run.text().contains("setting: region: eu-west-1, by AWS_REGION\n"), "{run}");
}
