//! Errors in the formats of other services, in unknown formats, and long errors.

use crate::aws::ec2::home_of;
use crate::support::stub::{Answer, Stub};

const COMMANDS: [&str; 5] = [
    "describe",
    "create web --type ed25519",
    "create web --generate ec2",
    "delete-key-pair --key-name web",
    "get-parameter --name web",
];

#[test]
fn error_is_reported_in_every_format() {
    let error = "<Error><Type>Sender</Type><Code>OptInRequired</Code><Message>Sign &lt;up&gt;.\u{1b}</Message></Error>";
    for body in [
        error.to_owned(),
        format!(
            "<ErrorResponse xmlns=\"http://x/\">{error}<RequestId>r</RequestId></ErrorResponse>"
        ),
        format!("<?xml version=\"1.0\"?><Response><Errors>{error}</Errors></Response>"),
        r#"{"__type":"x#OptInRequired","message":"Sign <up>.\u001b"}"#.to_owned(),
        r#"{"Error":{"Code":"OptInRequired","Message":"Sign <up>.\u001b"}}"#.to_owned(),
    ] {
        let stub = Stub::start(move |_| Answer::Reply(403, body.clone()));
        for words in COMMANDS {
            let home = home_of(&stub);
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            let said = "error: An error occurred (OptInRequired) when calling the ";
            assert!(run.stderr.contains(said), "{run}");
            assert!(run.stderr.contains(" operation: Sign <up>.\\x1b\n"), "{run}");
            assert!(home.files().is_empty(), "{run}");
        }
    }
}

#[test]
fn error_body_in_unknown_format_is_shown() {
    for (body, shown) in [
        ("Forbidden by\tproxy\r\n", "HTTP status 403: Forbidden by\\tproxy\n"),
        (
            "<html><body>Blocked\u{7}</body></html>",
            "HTTP status 403: <html><body>Blocked\\x07</body></html>\n",
        ),
        (r#"{"message":"Forbidden"}"#, "HTTP status 403: {\"message\":\"Forbidden\"}\n"),
        ("", "HTTP status 403: the body is empty\n"),
    ] {
        let stub = Stub::start(move |_| Answer::Reply(403, body.into()));
        for words in COMMANDS {
            let run = home_of(&stub).shell(&format!("keypair {words}")).fails_with(254);
            assert!(run.stderr.contains(shown), "{run}");
            assert!(run.stderr.contains("unexpected response from the registry: "), "{run}");
        }
    }
}

/// A captive portal returns its page with a success status.
#[test]
fn html_page_with_success_status_is_shown() {
    let stub = Stub::start(|_| Answer::Reply(200, "<!DOCTYPE html><p>Log in</p>".into()));
    let run = home_of(&stub).shell("keypair describe").fails_with(254);
    assert!(run.stderr.contains("HTTP status 200: <!DOCTYPE html><p>Log in</p>\n"), "{run}");
}

/// The body of a successful response may contain a private key.
#[test]
fn successful_response_body_is_not_shown() {
    for body in [
        "<CreateKeyPairResponse><keyMaterial>-----BEGIN PRIVATE KEY-----\nMC4C",
        "-----BEGIN PRIVATE KEY-----\nMC4C",
        r#"{"Parameter":{"Name":"web","Value":"-----BEGIN PRIVATE KEY-----\nMC4C"#,
    ] {
        let stub = Stub::start(move |_| Answer::Reply(200, body.into()));
        for words in COMMANDS {
            let run = home_of(&stub).shell(&format!("keypair {words} --debug"));
            assert!(!run.stderr.contains("MC4C"), "{run}");
        }
    }
}

#[test]
fn long_error_messages_are_truncated() {
    let message = "x".repeat(4 << 20);
    let error = |code: &str, message: &str| Answer::error(400, code, message);
    for answer in [
        error("No", &message),
        error(&message, "No."),
        Answer::Reply(
            400,
            format!(
                "<ErrorResponse><Error><Code>No</Code><Message>{message}</Message></Error></ErrorResponse>"
            ),
        ),
        Answer::Reply(400, format!(r#"{{"__type":"No","message":"{message}"}}"#)),
        Answer::Reply(500, message.clone()),
        Answer::Reply(400, message.clone()),
        Answer::Reply(200, format!("<{message}/>")),
        Answer::response("ImportKeyPair", &format!("<keyName>{message}</keyName>")),
    ] {
        let stub = Stub::start(move |_| answer.clone());
        for words in COMMANDS {
            let run = home_of(&stub).shell(&format!("AWS_MAX_ATTEMPTS=1 keypair {words} --debug"));
            assert!(
                run.code != Some(0) && run.stderr.len() < 6000,
                "{words}: {}",
                run.stderr.len()
            );
        }
    }
}

/// Errors of STS and of a container endpoint.
#[test]
fn long_credential_errors_are_truncated() {
    let message = "x".repeat(1 << 19);
    let error = format!("<Error><Code>No</Code><Message>{message}</Message></Error>");
    let sts =
        Stub::start(move |_| Answer::Reply(403, format!("<ErrorResponse>{error}</ErrorResponse>")));
    let container = Stub::start(move |_| {
        Answer::Reply(400, format!(r#"{{"code":"No","message":"{message}"}}"#))
    });
    let mut home = home_of(&Stub::start(|_| Answer::no_pairs()));
    home.set("AWS_ENDPOINT_URL_STS", &sts.url);
    home.set("AWS_MAX_ATTEMPTS", "1");
    home.set("FULL_URI", &container.url);
    home.shell(
        "mkdir ../home/.aws; printf '[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\n\
         source_profile = keys\n[profile keys]\naws_access_key_id = id\n\
         aws_secret_access_key = secret\n' > ../home/.aws/config",
    )
    .success();
    let without = "env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY";
    for environment in ["AWS_PROFILE=role", "AWS_CONTAINER_CREDENTIALS_FULL_URI=$FULL_URI"] {
        for words in COMMANDS {
            let run = home.shell(&format!("{environment} {without} keypair {words} --debug"));
            let run = run.fails_with(253);
            assert!(run.stderr.len() < 6000, "{words}: {}", run.stderr.len());
        }
    }
    assert!(sts.requests() > 0 && container.requests() > 0);
}

/// A server may repeat its request, or respond with the wrong object.
#[test]
fn private_keys_and_credentials_are_removed_from_errors() {
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE";
    let key = format!("-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\n{}", "A".repeat(2000));
    for end in ["\n-----END RSA PRIVATE KEY-----", ""] {
        let text = format!("before {SECRET} {TOKEN} {key}{end}");
        let json = text.replace('\n', "\\n");
        for answer in [
            Answer::error(403, "SignatureDoesNotMatch", &text),
            Answer::error(403, &text, "No."),
            Answer::Reply(400, format!(r#"{{"__type":"No","message":"{json}"}}"#)),
            Answer::Reply(404, text.clone()),
            Answer::Reply(500, text.clone()),
            Answer::Reply(200, format!("<html>{text}</html>")),
        ] {
            let stub = Stub::start(move |_| answer.clone());
            let mut home = home_of(&stub);
            home.set("AWS_MAX_ATTEMPTS", "1");
            home.set("AWS_SECRET_ACCESS_KEY", SECRET);
            home.set("AWS_SESSION_TOKEN", TOKEN);
            for words in COMMANDS {
                let run = home.shell(&format!("keypair {words} --debug"));
                assert_ne!(run.code, Some(0), "{run}");
                for part in [SECRET, TOKEN, "hunter2", "AAAA", "MII"] {
                    assert!(!run.stderr.contains(part), "{run}");
                }
            }
        }
    }
    let stub = Stub::start(move |_| Answer::error(403, "No", &format!("a {key}")));
    let run = home_of(&stub).keypair(["describe"]).fails_with(254);
    assert!(run.stderr.contains(": a (the text of a key)\n"), "{run}");
}
