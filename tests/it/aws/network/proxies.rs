//! Local endpoints together with a proxy for all other requests.

use super::{home_of, take_credentials_from};
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
