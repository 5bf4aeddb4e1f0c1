//! Settings of the EC2 registry: options, environment variables and files.

use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::stub::{Answer, Stub};

/// Settings and credentials come from the same sources as in the AWS CLI: files, profiles,
/// programs, roles, and the container endpoint.
#[test]
fn settings_come_from_same_sources_as_aws_cli() {
    let account = Account::new();
    account.aws(["ec2", "create-key-pair", "--key-name", "web"]).success();
    let variable = |name: &str| {
        let run = account.home().shell(&format!("printf %s \"${name}\""));
        run.success().text().to_owned()
    };
    let (url, id) = (variable("AWS_ENDPOINT_URL"), variable("AWS_ACCESS_KEY_ID"));
    let keys = format!("aws_access_key_id = {id}\naws_secret_access_key = s\n");
    let given = format!(r#"{{"Version":1,"AccessKeyId":"{id}","SecretAccessKey":"s"}}"#);
    let container = {
        let (id, later) = (id.clone(), "2099-01-01T00:00:00Z");
        let answer = format!(
            r#"{{"AccessKeyId":"{id}","SecretAccessKey":"s","Token":"t","Expiration":"{later}"}}"#
        );
        Stub::start(move |_| Answer::Reply(200, answer.clone()))
    };
    let mut home = Home::new();
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home.set("KEYPAIR_REGISTRY", "ec2");
    home.write(
        "config",
        format!(
            "[default]\nregion = us-east-1\nservices = local\n{keys}
[profile elsewhere]\nregion = eu-west-1\nendpoint_url = {url}\n{keys}
[profile program]\nregion = us-east-1\nendpoint_url = {url}
credential_process = sh -c 'cat $HOME/given'
[profile role]\nregion = us-east-1\nendpoint_url = {url}
role_arn = arn:aws:iam::{id}:role/maker\nsource_profile = default
[profile bare]\nregion = us-east-1\nendpoint_url = {url}
[services local]\nec2 =\n  endpoint_url = {url}\n"
        ),
    );
    home.write("credentials", format!("[stored]\n{keys}"));
    home.shell("mkdir $HOME/.aws; mv config credentials $HOME/.aws").success();
    home.write("given", given);
    home.shell("mv given $HOME").success();
    let closed = "http://127.0.0.1:1";
    for (environment, words, shown) in [
        ("", "describe", "web"),
        ("AWS_PROFILE=elsewhere", "describe", ""),
        ("AWS_PROFILE=elsewhere", "describe --region us-east-1", "web"),
        (
            "AWS_PROFILE=elsewhere AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1",
            "describe",
            "web",
        ),
        ("", "describe --profile program", "web"),
        ("", "describe --profile role", "web"),
        ("", &format!("describe --profile stored --region us-east-1 --endpoint-url {url}"), "web"),
        (&format!("AWS_ENDPOINT_URL_EC2={url}"), "describe", "web"),
        (
            &format!("AWS_ENDPOINT_URL_EC2={closed}"),
            &format!("describe --endpoint-url {url}"),
            "web",
        ),
        (
            &format!("AWS_CONTAINER_CREDENTIALS_FULL_URI={}/x AWS_PROFILE=bare", container.url),
            "describe",
            "web",
        ),
    ] {
        let query = "--query KeyPairs[].KeyName --output text";
        let ours = home.shell(&format!("{environment} keypair {words} {query}")).success();
        assert_eq!(ours.text().trim(), shown, "{environment} {words}: {ours}");
        let words = words.replace("describe", "ec2 describe-key-pairs");
        let theirs = home.shell(&format!("{environment} aws {words} {query}")).success();
        assert_eq!(ours.text(), theirs.text(), "{environment} {words}");
    }
}

/// An explicit profile means its credentials, whatever the environment contains.
#[test]
fn explicit_profile_overrides_environment_credentials() {
    let account = Account::new();
    account.aws(["ec2", "create-key-pair", "--key-name", "web"]).success();
    let mut home = Home::new();
    for name in ["AWS_ENDPOINT_URL", "AWS_REGION"] {
        let value = account.home().shell(&format!("printf %s \"${name}\"")).success();
        home.set(name, value.text().to_owned());
    }
    let id = account.home().shell("printf %s $AWS_ACCESS_KEY_ID").success().text().to_owned();
    home.set("AWS_ACCESS_KEY_ID", "999999999999");
    home.set("AWS_SECRET_ACCESS_KEY", "s");
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home.set("KEYPAIR_REGISTRY", "ec2");
    let credentials = format!("[prod]\naws_access_key_id = {id}\naws_secret_access_key = s\n");
    home.write("credentials", credentials);
    home.shell("mkdir $HOME/.aws; mv credentials $HOME/.aws").success();
    let names = "--query KeyPairs[].KeyName --output text";
    let run = home.shell(&format!("keypair describe {names}")).success();
    assert_eq!(run.text().trim(), "");
    let run = home.shell(&format!("keypair describe --profile prod {names}")).success();
    assert_eq!(run.text().trim(), "web");
    let run = home.shell("keypair describe --profile nope").fails_with(253);
    assert!(run.stderr.contains("nope"), "{run}");
}

/// Some of these make the SDK panic.
#[test]
fn invalid_aws_settings_are_reported() {
    let stub = Stub::start(|_| Answer::no_pairs());
    let home = home_of(&stub);
    let config = "[profile quoted]\nregion = \"us-east-1\"
[profile local]\nendpoint_url = localhost:4566
[profile broken]\naws_access_key_id = i\naws_secret_access_key = s
aws_session_token = hunter2\n  more\n";
    home.write("config", config);
    home.write("text", "nonsense");
    home.shell("mkfifo pipe; mkdir folder; truncate -s 20M large folder/large").success();
    let refused = |name: &str, fault: &str| format!("invalid value for {name}: contains {fault}");
    home.shell("mkdir $HOME/.aws; mv config $HOME/.aws").success();
    for (environment, words, code, said) in [
        (
            "env -u AWS_ENDPOINT_URL_EC2 AWS_ENDPOINT_URL=foo",
            "",
            253,
            "invalid value for AWS_ENDPOINT_URL: `foo`; expected http://HOST",
        ),
        (
            "AWS_ENDPOINT_URL_EC2='http://[::1'",
            "",
            253,
            "invalid value for AWS_ENDPOINT_URL_EC2: `http://[::1`;",
        ),
        ("AWS_ENDPOINT_URL_EC2=http://me:hunter2@x", "", 253, "AWS_ENDPOINT_URL_EC2: `…`;"),
        ("AWS_ENDPOINT_URL_STS=foo", "", 253, "invalid value for AWS_ENDPOINT_URL_STS: `foo`;"),
        ("AWS_MAX_ATTEMPTS=0", "", 253, "for AWS_MAX_ATTEMPTS: `0`; expected a number greater"),
        ("AWS_MAX_ATTEMPTS=abc", "", 253, "for AWS_MAX_ATTEMPTS: `abc`; expected a number"),
        ("AWS_RETRY_MODE=abc", "", 253, "for AWS_RETRY_MODE: `abc`; expected standard or adaptive"),
        ("AWS_CA_BUNDLE=", "", 253, "invalid value for AWS_CA_BUNDLE: ``; expected the path of"),
        (
            "AWS_ACCESS_KEY_ID=\"$(printf 'hunter2\\r')\"",
            "",
            253,
            &refused("AWS_ACCESS_KEY_ID", "a line break"),
        ),
        (
            "AWS_ACCESS_KEY_ID=hunter2\u{e9}",
            "",
            253,
            &refused("AWS_ACCESS_KEY_ID", "a character that is not ASCII"),
        ),
        (
            "AWS_SECRET_ACCESS_KEY=\"$(printf 'hunter2\\nB')\"",
            "",
            253,
            &refused("AWS_SECRET_ACCESS_KEY", "a line break"),
        ),
        (
            "AWS_SESSION_TOKEN=\"$(printf 'hunter2\\nB')\"",
            "",
            253,
            &refused("AWS_SESSION_TOKEN", "a line break"),
        ),
        (
            "AWS_SESSION_TOKEN=\"$(printf 'hunter2\\033B')\"",
            "",
            253,
            &refused("AWS_SESSION_TOKEN", "a control character"),
        ),
        ("", "--profile broken", 253, "/.aws/config, line 8): contains a line break"),
        ("AWS_REGION=$(printf %070000d 1)", "", 253, "0000…`; expected the name of a region"),
        (
            "SSL_CERT_FILE=pipe",
            "",
            253,
            "certificate authorities in pipe (SSL_CERT_FILE): pipe is a pipe",
        ),
        ("SSL_CERT_FILE=/dev/zero", "", 253, "/dev/zero (SSL_CERT_FILE): /dev/zero is a device"),
        ("SSL_CERT_FILE=none", "", 253, "none (SSL_CERT_FILE): cannot read none"),
        ("SSL_CERT_FILE=", "", 253, "authorities in SSL_CERT_FILE: "),
        ("SSL_CERT_FILE=text", "", 253, "text (SSL_CERT_FILE): it contains no certificate"),
        ("SSL_CERT_FILE=large", "", 253, "large (SSL_CERT_FILE): "),
        ("SSL_CERT_DIR=pipe", "", 253, "pipe (SSL_CERT_DIR): pipe is not a directory"),
        ("SSL_CERT_DIR=none", "", 253, "none (SSL_CERT_DIR): the directory none does not exist"),
        ("SSL_CERT_DIR=none:folder", "", 253, "folder (SSL_CERT_DIR): folder/large"),
        ("AWS_REGION='EU West'", "", 253, "invalid value for AWS_REGION: `EU West`; expected the"),
        (
            "env -u AWS_REGION AWS_DEFAULT_REGION='\"us-east-1\"'",
            "",
            253,
            "invalid value for AWS_DEFAULT_REGION: `\"us-east-1\"`;",
        ),
        (
            "env -u AWS_REGION -u AWS_DEFAULT_REGION AWS_PROFILE=quoted",
            "",
            253,
            "/.aws/config, line 2): `\"us-east-1\"`; expected the name of a region",
        ),
        (
            "AWS_PROFILE=local env -u AWS_ENDPOINT_URL_EC2",
            "",
            253,
            "invalid value for endpoint_url in the profile local (",
        ),
        ("env -u AWS_ENDPOINT_URL_EC2 AWS_REGION=", "", 253, "invalid value for AWS_REGION: ``;"),
        ("", "--region 'EU West'", 252, "--region"),
        ("", "--endpoint-url ''", 252, "--endpoint-url"),
        ("", "--endpoint-url nonsense", 252, "--endpoint-url"),
        ("", "--endpoint-url http://", 252, "--endpoint-url"),
        ("", "--endpoint-url 'http://[::1'", 252, "--endpoint-url: `http://[::1`"),
        ("", "--endpoint-url http://me:hunter2@127.0.0.1:1 --debug", 252, "--endpoint-url"),
    ] {
        let run = home.shell(&format!("{environment} keypair describe {words}")).fails_with(code);
        assert!(run.stderr.contains(said), "{environment}: {run}");
        assert!(run.stderr.lines().count() <= 3 && run.stderr.len() < 700, "{run}");
        assert!(!run.stderr.contains("panicked") && !run.stderr.contains("hunter2"), "{run}");
    }
}

#[test]
fn configuration_with_too_many_lines_is_rejected() {
    let stub = Stub::start(|_| Answer::no_pairs());
    let home = home_of(&stub);
    // A large but plausible configuration.
    let profile =
        |number| format!("[profile p{number}]\nregion = eu-west-1\noutput = {}\n", "x".repeat(200));
    home.write("config", (0..40_000).map(profile).collect::<String>());
    home.shell("mkdir $HOME/.aws; mv config $HOME/.aws").success();
    home.shell("ulimit -v 600000; keypair describe").success();
    let keys: String = (0..1 << 20).map(|number| format!("a{number}=\n")).collect();
    home.write("config", format!("[default]\n{keys}"));
    home.shell("mv config $HOME/.aws").success();
    let run = home.shell("ulimit -v 400000; keypair describe").fails_with(253);
    assert!(run.stderr.contains("config: line 250001: more than 250000 settings"), "{run}");
    let run = home.shell("ulimit -v 400000; keypair doctor").fails_with(1);
    assert!(
        run.text().contains("cannot parse line 250001 of this file: more than 250000 settings"),
        "{run}"
    );
}

#[test]
fn hint_repeats_registry_options() {
    let stub = Stub::start(|_| Answer::error(400, "InvalidKeyPair.NotFound", "No."));
    let mut home = home_of(&stub);
    home.set("KEYPAIR_REGISTRY", "local");
    let words = "describe none --registry ec2 --region us-west-2";
    let run = home.shell(&format!("keypair {words}")).fails_with(3);
    let advice = "`keypair describe --registry ec2 --region us-west-2` to list";
    assert!(run.stderr.contains(advice), "{run}");
    let run = home.shell("keypair describe none").fails_with(3);
    assert!(run.stderr.contains("`keypair describe` to list"), "{run}");
}

#[test]
fn oversized_response_is_rejected() {
    let stub = Stub::start(|_| Answer::Reply(200, "x".repeat(80 << 20)));
    let home = home_of(&stub);
    // 80 MiB on top of the memory of the program itself.
    let run = home.shell("ulimit -v 400000; keypair describe").fails_with(254);
    assert!(run.stderr.contains("limit"), "{run}");
    let stub = Stub::start(|_| Answer::Reply(503, "<html>Service Unavailable</html>".into()));
    let run = home_of(&stub).shell("keypair describe").fails_with(254);
    assert!(run.stderr.contains("HTTP status 503"), "{run}");
}

/// The SDK reads the variable itself, and would send nothing.
#[test]
fn illegal_execution_environment_is_not_sent() {
    let stub = Stub::start(|_| Answer::no_pairs());
    let home = home_of(&stub);
    for (value, is_legal) in [("a b/\u{e9}", true), ("a\nb", false), ("x\u{7f}", false)] {
        let run = home.launch("keypair").args(["describe"]).env("AWS_EXECUTION_ENV", value).run();
        let run = run.success();
        let said = "warning: invalid value for AWS_EXECUTION_ENV: it is not sent\n";
        assert_eq!(run.stderr.contains(said), !is_legal, "{run}");
        let head = stub.heads().pop().unwrap();
        assert_eq!(head.contains(" exec-env/"), is_legal, "{head}");
        assert!(head.contains("x-amz-user-agent: aws-sdk-rust/"), "{head}");
    }
}
