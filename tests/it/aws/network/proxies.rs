//! Local endpoints together with a proxy for all other requests.

use super::{home_of, take_credentials_from};
use crate::aws::ec2;
use crate::support::stub::{Answer, Stub};

#[test]
fn local_credential_requests_bypass_the_proxy() {
    let proxy = Stub::start(|_| Answer::no_pairs());
    let unreachable = Stub::start(|_| Answer::Cut);
    for source in ["container", "container by name", "instance"] {
        let server = Stub::start_with_heads(|head, _| {
            let text = match head.split(' ').next() {
                Some("PUT") => "token",
                _ if head.starts_with("GET /latest/meta-data/iam/security-credentials/ ") => "role",
                _ => {
                    r#"{"Code": "Success", "AccessKeyId": "i", "SecretAccessKey": "s",
                        "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}"#
                }
            };
            let head = "HTTP/1.1 200 OK\r\nx-aws-ec2-metadata-token-ttl-seconds: 600";
            Answer::Raw(format!("{head}\r\nConnection: close\r\n\r\n{text}").into_bytes())
        });
        let url = match source {
            "container by name" => server.url.replace("127.0.0.1", "localhost"),
            _ => server.url.clone(),
        };
        let mut home = home_of(&unreachable);
        take_credentials_from(&mut home, source.trim_end_matches(" by name"), &url);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
            home.set(name, &proxy.url);
        }
        home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2");
        home.set("AWS_ENDPOINT_URL_EC2", "http://ec2.test");
        let before = proxy.requests();
        home.keypair(["describe"]).success();
        // Requests to EC2 pass the proxy.
        let heads = proxy.heads().split_off(before);
        assert!(heads.len() == 1 && heads[0].starts_with("POST http://ec2.test/ "), "{heads:?}");
        assert!(!heads[0].contains("hunter2"), "{heads:?}");
        assert!(server.requests() > 0, "{source}");
        let is_container = source != "instance";
        assert_eq!(server.heads()[0].contains("hunter2"), is_container, "{:?}", server.heads());
    }
}

#[test]
fn error_names_invalid_proxy_variable() {
    let ec2 = Stub::start(|_| Answer::no_pairs());
    let mut home = ec2::home_of(&ec2);
    // The name does not resolve, so a request without the proxy would fail.
    home.set("AWS_ENDPOINT_URL_EC2", "http://ec2.invalid:1");
    for (name, value, shown) in [
        ("HTTP_PROXY", "http://[::1", "http://[::1"),
        ("http_proxy", ":::", ":::"),
        ("HTTP_PROXY", "socks5://proxy:1080", "socks5://proxy:1080"),
        ("HTTP_PROXY", "http://", "http://"),
        ("http_proxy", "http://me:hunter2@proxy:99999", "\u{2026}"),
        ("http_proxy", "socks5://me:hunter2@proxy", "\u{2026}"),
    ] {
        let run = home.shell(&format!("{name}='{value}' keypair describe --debug")).fails_with(253);
        let said = format!("invalid value for {name}: `{shown}`; expected http://HOST:PORT or");
        assert!(run.stderr.contains(&said), "{run}");
        assert!(!run.stderr.contains("hunter2"), "{run}");
        let run = home.shell(&format!("{name}='{value}' keypair create web --type ed25519"));
        let run = run.fails_with(253);
        assert!(run.stderr.contains(&said) && home.files().is_empty(), "{run}");
    }
    let https = "AWS_ENDPOINT_URL_EC2=https://ec2.invalid:1";
    let run = home.shell(&format!("{https} https_proxy=::: keypair describe")).fails_with(253);
    assert!(run.stderr.contains("invalid value for https_proxy: `:::`"), "{run}");
    // The credentials of a role are requested through the proxy, too.
    super::configure(
        &home,
        "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = keys
[profile keys]\naws_access_key_id = i\naws_secret_access_key = s\n",
    );
    let sts = "AWS_ENDPOINT_URL_STS=http://sts.invalid:1 AWS_ENDPOINT_URL_EC2=http://127.0.0.1:1";
    let words = "http_proxy=::: keypair describe --profile role";
    let run = home.shell(&format!("{sts} {words}")).fails_with(253);
    assert!(run.stderr.contains("invalid value for http_proxy: `:::`"), "{run}");
}

/// Like curl and the AWS CLI.
#[test]
fn unused_invalid_proxy_is_ignored() {
    let server = Stub::start(|_| Answer::no_pairs());
    let mut home = ec2::home_of(&server);
    // A proxy for another scheme, and a variable that the AWS CLI does not read.
    home.shell("ALL_PROXY=::: HTTPS_PROXY=::: keypair describe").success();
    home.shell("http_proxy=::: NO_PROXY=127.0.0.1 keypair describe").success();
    home.shell("http_proxy= HTTP_PROXY=::: keypair describe").success();
    home.set("AWS_ENDPOINT_URL_EC2", "http://ec2.invalid:1");
    home.set("PROXY", &server.url);
    home.shell("HTTPS_PROXY=::: HTTP_PROXY=$PROXY keypair describe").success();
    // The lower-case variable wins.
    home.shell("http_proxy=$PROXY HTTP_PROXY=::: keypair describe").success();
    let proxy = "http_proxy=${PROXY#http://}/path";
    home.shell(&format!("{proxy} keypair describe")).success();
    let before = server.requests();
    for bypassed in ["NO_PROXY=ec2.invalid", "no_proxy='a, .invalid'"] {
        for proxy in [":::", "$PROXY"] {
            let run = home.shell(&format!("http_proxy={proxy} {bypassed} keypair describe"));
            let run = run.fails_with(254);
            assert!(run.stderr.contains("cannot reach AWS"), "{run}");
        }
    }
    assert_eq!(server.requests(), before);
}
