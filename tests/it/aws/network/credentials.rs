//! Expired credentials, and sources that provide no credentials.

use super::{SOURCES, configure, home_of, take_credentials_from};
use crate::support::stub::{Answer, Stub};

const PAST: &str = "2020-01-02T03:04:05Z";
const SHOWN: &str = "expired at 2020-01-02T03:04:05.000Z\n";

#[test]
fn expired_credentials_are_rejected() {
    let ec2 = Stub::start(|_| Answer::no_pairs());
    for (source, name) in [
        ("STS", "the role arn:aws:iam::123456789012:role/x of the profile `sts`"),
        ("SSO", "the SSO session of the profile `sso`"),
        ("container", "the container endpoint http://127.0.0.1:"),
    ] {
        let server = Stub::start_with_heads(move |head, _| {
            let body = super::responses::credentials(source, head);
            let body = body.replace("2099-01-01T00:00:00Z", PAST);
            // The time is in milliseconds.
            Answer::Reply(200, body.replace("4070908800000", "1577934245000"))
        });
        let mut home = home_of(&ec2);
        take_credentials_from(&mut home, source, &server.url);
        let run = home.keypair(["describe"]).fails_with(253);
        let said = format!("cannot use the credentials of {name}");
        assert!(run.stderr.contains(&said) && run.stderr.contains(SHOWN), "{source}: {run}");
        assert!(run.stderr.contains("hint: "), "{run}");
        let run = home.keypair(["create", "web", "--type", "ed25519"]).fails_with(253);
        assert!(run.stderr.contains(SHOWN) && !home.path("web.pem").exists(), "{run}");
    }
    assert_eq!(ec2.requests(), 0);
}

#[test]
fn expired_credential_process_output_is_rejected() {
    let (ec2, sts) = (Stub::start(|_| Answer::no_pairs()), Stub::start(|_| Answer::Cut));
    let mut home = home_of(&ec2);
    home.set("AWS_ENDPOINT_URL_STS", &sts.url);
    configure(
        &home,
        "[default]\ncredential_process = sh -c 'cat $HOME/given'
[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n",
    );
    home.write(
        "given",
        format!(
            r#"{{"Version": 1, "AccessKeyId": "i", "SecretAccessKey": "s", "Expiration": "{PAST}"}}"#
        ),
    );
    home.shell("mv given $HOME").success();
    for words in ["describe", "describe --profile role", "get-parameter --name x"] {
        let run = home.shell(&format!("keypair {words}")).fails_with(253);
        let said = "cannot use the credentials of credential_process of the profile `default`: ";
        assert!(run.stderr.contains(&format!("{said}{SHOWN}")), "{run}");
    }
    assert_eq!((ec2.requests(), sts.requests()), (0, 0));
}

#[test]
fn expired_environment_credentials_are_rejected() {
    let ec2 = Stub::start(|_| Answer::no_pairs());
    let mut home = home_of(&ec2);
    configure(&home, "[profile keys]\naws_access_key_id = i\naws_secret_access_key = s\n");
    home.set("AWS_ACCESS_KEY_ID", "i");
    home.set("AWS_SECRET_ACCESS_KEY", "s");
    let with = |time: &str, words: &str| {
        home.shell(&format!("AWS_CREDENTIAL_EXPIRATION='{time}' keypair describe {words}"))
    };
    let run = with(PAST, "").fails_with(253);
    let said = format!("cannot use the credentials of the environment: {SHOWN}");
    assert!(run.stderr.contains(&said), "{run}");
    let run = with("soon", "").fails_with(253);
    assert!(run.stderr.contains("invalid value for AWS_CREDENTIAL_EXPIRATION: `soon`"), "{run}");
    assert_eq!(ec2.requests(), 0);
    for time in ["", "2099-01-01T00:00:00+01:00"] {
        with(time, "").success();
    }
    // The variable applies only to the keys in the environment.
    with(PAST, "--profile keys").success();
}

#[test]
fn expired_sso_token_is_rejected() {
    let mut home = home_of(&Stub::start(|_| Answer::no_pairs()));
    take_credentials_from(&mut home, "SSO", "http://127.0.0.1:1");
    let cache = "$HOME/.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";
    home.shell(&format!("sed -i s/2099-01-01T00:00:00Z/{PAST}/ {cache}")).success();
    let login = "hint: run `aws sso login --profile sso` to log in again\n";
    let run = home.keypair(["describe"]).fails_with(253);
    let said = "cannot use the credentials of the SSO session of the profile `sso`: ";
    assert!(run.stderr.contains(&format!("{said}{SHOWN}")), "{run}");
    assert!(run.stderr.contains(login), "{run}");
    home.shell(&format!("rm {cache}")).success();
    let run = home.keypair(["describe"]).fails_with(253);
    let said = "cannot get credentials from the SSO session of the profile `sso`: ";
    assert!(run.stderr.contains(said) && run.stderr.contains(login), "{run}");
}

#[test]
fn error_names_failing_credential_source() {
    let ec2 = Stub::start(|_| Answer::no_pairs());
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
        <Message>not for you</Message></Error></ErrorResponse>";
    let json = r#"{"__type": "ForbiddenException", "code": "Forbidden", "message": "not for you"}"#;
    for source in SOURCES {
        let body = if source == "STS" { denied } else { json };
        let server = Stub::start(move |_| Answer::Reply(403, body.to_owned()));
        let mut home = home_of(&ec2);
        take_credentials_from(&mut home, source, &server.url);
        let url = &server.url;
        let (said, reason) = match source {
            "STS" => (
                "assume the role arn:aws:iam::123456789012:role/x of the profile `sts`".to_owned(),
                "AccessDenied: not for you",
            ),
            "SSO" => (
                "get credentials from the SSO session of the profile `sso`".to_owned(),
                "Forbidden: not for you",
            ),
            "container" => (format!("get credentials from the container endpoint {url}/x"), "403"),
            _ => (format!("get credentials from the instance metadata service {url}"), ""),
        };
        for words in ["describe", "create web --type ed25519", "get-parameter --name x"] {
            let run = home.shell(&format!("keypair {words}")).fails_with(253);
            assert!(run.stderr.contains(&format!("error: cannot {said}: ")), "{source}: {run}");
            assert!(run.stderr.contains(reason), "{source}: {run}");
            assert!(!run.stderr.contains("Unable to locate"), "{run}");
            assert!(!home.path("web.pem").exists(), "{run}");
        }
    }
    assert_eq!(ec2.requests(), 0);
}

#[test]
fn error_names_role_of_web_identity() {
    let denied = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code>\
        <Message>no</Message></Error></ErrorResponse>";
    let sts = Stub::start(move |_| Answer::Reply(400, denied.to_owned()));
    let mut home = home_of(&Stub::start(|_| Answer::no_pairs()));
    home.set("AWS_ENDPOINT_URL_STS", &sts.url);
    home.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/x");
    home.write("token", "hunter2");
    let describe =
        |token| home.shell(&format!("AWS_WEB_IDENTITY_TOKEN_FILE={token} keypair describe"));
    let run = describe("token").fails_with(253);
    let said = "cannot assume the role arn:aws:iam::1:role/x: InvalidIdentityTokenException: no\n";
    assert!(run.stderr.contains(said) && !run.stderr.contains("hunter2"), "{run}");
    let run = describe("none").fails_with(253);
    let said = "cannot assume the role arn:aws:iam::1:role/x: cannot read none: ";
    assert!(run.stderr.contains(said), "{run}");
}

#[test]
fn error_names_broken_profile() {
    let home = home_of(&Stub::start(|_| Answer::no_pairs()));
    let role = "role_arn = arn:aws:iam::1:role/x\nsource_profile";
    let task = "role_arn = arn:aws:iam::1:role/x\ncredential_source = EcsContainer";
    configure(
        &home,
        &format!(
            "[profile one]\n{role} = two\n[profile two]\n{role} = one\n[profile lost]\n{role} = none
[profile task]\n{task}\n[profile bare]\n"
        ),
    );
    let loops = "error: Infinite loop in credential configuration detected. Attempting to load \
                 from profile one which has already been visited. Visited profiles: one, two (";
    let lost =
        "error: The source_profile \"none\" referenced in the profile \"lost\" does not exist (";
    let none = "error: Error when retrieving credentials from EcsContainer: No credentials found \
                in credential_source referenced in profile task\n";
    for (profile, said, hint) in [
        ("one", loops, "hint: correct line 6 of "),
        ("lost", lost, "hint: correct line 9 of "),
        ("task", none, "hint: set AWS_CONTAINER_CREDENTIALS_FULL_URI\n"),
    ] {
        let run = home.shell(&format!("AWS_PROFILE={profile} keypair describe")).fails_with(253);
        assert!(run.stderr.contains(said) && run.stderr.contains(hint), "{run}");
    }
    let run = home.shell("AWS_PROFILE=none keypair describe").fails_with(253);
    assert!(run.stderr.contains("The config profile (none) could not be found"), "{run}");
    for environment in ["", "AWS_PROFILE=bare"] {
        let run = home.shell(&format!("{environment} keypair describe")).fails_with(253);
        assert!(run.stderr.contains("Unable to locate credentials"), "{run}");
    }
}

#[test]
fn container_url_password_is_not_shown() {
    let ec2 = Stub::start(|_| Answer::no_pairs());
    for (name, values) in [
        (
            "FULL",
            &[
                "http://me:hunter2@127.0.0.1:1/x",
                "http://me:hunter2@10.0.0.1/x",
                "http://me:hunter2@[::1/x",
                "https://me:hunter2@example.invalid/x",
                "me:hunter2@host",
            ][..],
        ),
        ("RELATIVE", &["@me:hunter2", "me:hunter2@127.0.0.1/x", "http://me:hunter2@127.0.0.1/x"]),
    ] {
        let name = format!("AWS_CONTAINER_CREDENTIALS_{name}_URI");
        for value in values {
            let mut home = home_of(&ec2);
            home.set(&name, *value);
            for words in [&["describe"][..], &["describe", "--debug"], &["doctor", "--online"]] {
                let run = home.keypair(words);
                assert!(matches!(run.code, Some(1 | 253)), "{run}");
                let output = format!("{}{}", run.text(), run.stderr);
                assert!(!output.contains("hunter2"), "{run}");
                assert!(output.contains(&format!("invalid value for {name}: `…`; ")), "{run}");
            }
        }
    }
    // An address that the SDK rejects. The query may be a token.
    let mut home = home_of(&ec2);
    home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/x?token=hunter2");
    let run = home.keypair(["describe", "--debug"]).fails_with(253);
    assert!(run.stderr.contains("http://10.0.0.1/x\n"), "{run}");
    assert!(!run.stderr.contains("hunter2"), "{run}");
    // The container endpoint is not asked.
    home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://me:hunter2@10.0.0.1/x");
    home.set("AWS_ACCESS_KEY_ID", "i");
    home.set("AWS_SECRET_ACCESS_KEY", "s");
    home.keypair(["describe"]).success();
}

#[test]
fn malformed_sso_response_does_not_advise_login() {
    let ec2 = Stub::start(|_| Answer::no_pairs());
    let login = "hint: run `aws sso login --profile sso` to log in again\n";
    let refused = r#"{"__type": "UnauthorizedException", "message": "Session token not found"}"#;
    for (status, body, has_hint) in [
        (200, "", false),
        (200, "{}", false),
        (200, "hello", false),
        (200, r#"{"roleCredentials": {"#, false),
        (200, r#"{"roleCredentials": {"accessKeyId": 1}}"#, false),
        (401, refused, true),
    ] {
        let server = Stub::start(move |_| Answer::Reply(status, body.to_owned()));
        let mut home = home_of(&ec2);
        take_credentials_from(&mut home, "SSO", &server.url);
        let run = home.keypair(["describe"]).fails_with(253);
        assert_eq!(run.stderr.contains(login), has_hint, "{body}: {run}");
        assert!(server.requests() > 0, "{body}: {run}");
    }
}

#[test]
fn refusal_of_source_shows_no_credentials() {
    const SECRET: &str = "hunter2hunter2hunter2hunter2";
    let json = format!(r#""AccessKeyId": "i", "SecretAccessKey": "{SECRET}", "Token": "{SECRET}""#);
    for source in SOURCES {
        for (body, said) in [
            (format!("{{{json}}}"), "HTTP status 500"),
            (format!("{{{json}, \"Code\": \"Late\", \"Message\": \"Wait.\"}}"), "Late: Wait.\n"),
            (format!("aws_secret_access_key = {SECRET}"), "HTTP status 500"),
            ("busy".to_owned(), "HTTP status 500: busy\n"),
        ] {
            let server = Stub::start(move |_| Answer::Reply(500, body.clone()));
            let mut home = home_of(&Stub::start(|_| Answer::no_pairs()));
            take_credentials_from(&mut home, source, &server.url);
            let run = home.keypair(["describe", "--debug"]).fails_with(253);
            assert!(!run.stderr.contains("hunter2"), "{source}: {run}");
            assert!(run.stderr.contains(said), "{source}: {run}");
        }
    }
}

#[test]
fn credentials_of_service_need_expiration() {
    for (source, part, said) in [
        ("STS", "<Expiration>2099-01-01T00:00:00Z</Expiration>", "lacks Expiration"),
        ("STS", "<SessionToken>t</SessionToken>", "lacks a part of the credentials"),
        ("SSO", ", \"expiration\": 4070908800000", "lacks expiration"),
    ] {
        let server = Stub::start_with_heads(move |head, _| {
            let body = super::responses::credentials(source, head);
            assert!(body.contains(part));
            Answer::Reply(200, body.replace(part, ""))
        });
        let mut home = home_of(&Stub::start(|_| Answer::no_pairs()));
        take_credentials_from(&mut home, source, &server.url);
        let run = home.keypair(["describe"]).fails_with(253);
        assert!(run.stderr.contains(said), "{source}: {run}");
    }
}
