//! `keypair` with the command lines of `aws`, and under its name.

use super::ec2::home_of;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::run::Run;
use crate::support::stub::{Answer, Stub, member};

/// Runs a script in which `aws` is a link to `keypair`.
fn linked(home: &Home, script: &str) -> Run {
    let link = "mkdir -p bin; ln -sf \"$(command -v keypair)\" bin/aws; PATH=$PWD/bin:$PATH\n";
    home.shell(&format!("{link}{script}"))
}

#[test]
fn linked_aws_uses_ec2_unless_told_otherwise() {
    let mut account = Account::new();
    let create = "aws ec2 create-key-pair --key-name a --query KeyMaterial --output text > a.pem";
    linked(account.home(), create).success();
    let query = ["ec2", "describe-key-pairs", "--query", "KeyPairs[].KeyName", "--output", "text"];
    assert_eq!(account.aws(query).success().text(), "a\n");
    let run = linked(account.home(), &format!("aws {}", query.join(" "))).success();
    assert_eq!(run.text(), "a\n");
    let local = format!(
        "aws --registry local {}; KEYPAIR_REGISTRY=local aws {}",
        query.join(" "),
        query.join(" ")
    );
    assert_eq!(linked(account.home(), &local).success().text(), "");
    account.home_mut().set("KEYPAIR_REGISTRY", "local");
    linked(account.home(), "aws ec2 create-key-pair --key-name b > b").success();
    let own = account.home().keypair(["describe", "--query", "KeyPairs[].KeyName"]).success();
    assert_eq!(own.json(), serde_json::json!(["b"]));
}

/// `keypair` has finer exit statuses than the AWS CLI.
#[test]
fn linked_aws_has_exit_statuses_of_aws_cli() {
    let mut home = Home::new();
    home.set("KEYPAIR_REGISTRY", "local");
    linked(&home, "aws ec2 create-key-pair --key-name a > a").success();
    for (words, own, linked_status, said) in [
        ("create-key-pair --key-name a", 4, 254, "InvalidKeyPair.Duplicate"),
        ("describe-key-pairs --key-names no", 3, 254, "InvalidKeyPair.NotFound"),
        (
            "create-key-pair --key-name b --dry-run",
            0,
            254,
            "(DryRunOperation) when calling the CreateKeyPair operation: Request would",
        ),
        (
            "delete-key-pair --key-name a --dry-run",
            0,
            254,
            "(DryRunOperation) when calling the DeleteKeyPair operation: Request would",
        ),
        ("describe-key-pairs --dry-run", 0, 254, "DryRunOperation"),
        ("describe-key-pairs --frob", 252, 252, "--frob"),
        ("run-instances", 252, 252, "cannot run `"),
    ] {
        let run = linked(&home, &format!("aws ec2 {words}")).fails_with(linked_status);
        assert!(run.stderr.contains(said), "{run}");
        let run = home.shell(&format!("keypair ec2 {words}; echo $?")).success();
        assert_eq!(run.text().lines().last(), Some(own.to_string().as_str()), "{run}");
    }
    linked(&home, "aws ec2 delete-key-pair --key-name nosuch").success();
}

/// A dry run makes no key to show, and scripts look for the error of an existing pair.
#[test]
fn refused_output_follows_dry_run_and_duplicate() {
    let mut home = Home::new();
    home.set("KEYPAIR_REGISTRY", "local");
    linked(&home, "aws ec2 create-key-pair --key-name a > a").success();
    for (words, status, said) in [
        ("--key-name b --dry-run > /dev/null", 254, "(DryRunOperation)"),
        ("--key-name b --dry-run --query KeyName", 254, "(DryRunOperation)"),
        ("--key-name a > /dev/null", 254, "(InvalidKeyPair.Duplicate)"),
        ("--key-name a --query KeyName", 254, "(InvalidKeyPair.Duplicate)"),
        ("--key-name a --output off", 254, "(InvalidKeyPair.Duplicate)"),
        ("--key-name b > /dev/null", 255, "refusing to discard a private key"),
        ("--key-name b --query KeyName", 252, "--query"),
    ] {
        let run = linked(&home, &format!("aws ec2 create-key-pair {words}")).fails_with(status);
        assert!(run.stderr.contains(said), "{run}");
    }
    let names = "aws ec2 describe-key-pairs --query KeyPairs[].KeyName --output text";
    assert_eq!(linked(&home, names).success().text(), "a\n");
}

#[test]
fn version_of_linked_aws_can_be_parsed() {
    let home = Home::new();
    for script in [
        "aws --version 2>&1 | cut -d / -f 2 | cut -d ' ' -f 1",
        "aws --version | sed -E 's#^aws-cli/([0-9.]+).*#\\1#'",
        "aws --version | awk '{ print $1 }' | cut -d / -f 2",
        "aws --version | grep -oE '[0-9]+\\.[0-9]+\\.[0-9]+' | head -n 1",
    ] {
        assert_eq!(linked(&home, script).success().text(), "2.36.7\n");
    }
    let run = linked(&home, "aws --version").success();
    assert!(run.text().contains("keypair/"), "{run}");
}

/// As `keypair`, the statuses tell more.
#[test]
fn linked_aws_fails_as_version_2() {
    let home = home_of(&Stub::start(|_| Answer::no_pairs()));
    for (variables, words, own, linked_status, said) in [
        ("", "--profile nope", 253, 255, "The config profile (nope) could not be found"),
        (
            "env -u AWS_REGION -u AWS_DEFAULT_REGION",
            "",
            253,
            253,
            "An error occurred (NoRegion): You must specify a region.",
        ),
        (
            "env -u AWS_ACCESS_KEY_ID",
            "",
            253,
            253,
            "An error occurred (NoCredentials): Unable to locate credentials",
        ),
        ("env -u AWS_SECRET_ACCESS_KEY", "", 253, 255, "Partial credentials found in env"),
        ("AWS_RETRY_MODE=bogus", "", 253, 255, "invalid value for AWS_RETRY_MODE"),
        ("", "--region 'us east'", 252, 255, "invalid value for --region"),
        ("", "--endpoint-url foo", 252, 252, "(ParamValidation): invalid value for --endpoint-url"),
        ("", "--endpoint-url ftp://x", 252, 255, "invalid value for --endpoint-url"),
        ("", "--cli-read-timeout abc", 252, 255, "invalid value for --cli-read-timeout"),
        ("AWS_MAX_ATTEMPTS=1", "--endpoint-url http://127.0.0.1:1", 254, 255, "cannot reach AWS"),
        ("", "--query 'foo(@)'", 252, 255, "unknown JMESPath function: foo()"),
        ("", "--query '['", 252, 252, "(ParamValidation): invalid value for --query"),
        ("", "--filters foo", 252, 252, "(ParamValidation): Error parsing parameter '--filters'"),
        ("", "--filters Name=bogus,Values=x", 254, 254, "(InvalidParameterValue) when calling"),
        ("", "--frob", 252, 252, "aws: [ERROR]: Unknown options: --frob"),
        ("", "--frob --cli-error-format json", 252, 252, "aws: [ERROR]: Unknown options: --frob"),
        ("", "--output xml", 252, 252, "argument --output: Found invalid choice 'xml'"),
    ] {
        let run = linked(&home, &format!("{variables} aws ec2 describe-key-pairs {words}"));
        let run = run.fails_with(linked_status);
        assert!(run.stderr.starts_with("\naws: [ERROR]: ") && run.stderr.contains(said), "{run}");
        let run = home.shell(&format!("{variables} keypair ec2 describe-key-pairs {words}"));
        run.fails_with(own);
    }
}

#[test]
fn linked_aws_reads_options_as_version_2() {
    let home = home_of(&Stub::start(|body| {
        let names = (1..).map_while(|number| member(body, &format!("KeyName.{number}")));
        let pair =
            |name| format!("<item><keyName>{name}</keyName><keyPairId>key-1</keyPairId></item>");
        let pairs: String = names.map(pair).collect();
        Answer::response("DescribeKeyPairs", &format!("<keySet>{pairs}</keySet>"))
    }));
    for (words, expected) in [
        ("--key-names a b", "a\tb\n"),
        ("--key-names a --key-names b", "b\n"),
        ("--key-n a --reg us-east-1 b", "a\tb\n"),
        ("--key-names a --key-names", ""),
        ("--key-names=-a", "-a\n"),
    ] {
        let script = format!("aws ec2 describe-key-pairs {words} --o text --q KeyPairs[].KeyName");
        let run = linked(&home, &script).success();
        assert_eq!(run.text().trim_start_matches("None\n"), expected, "{run}");
    }
}
