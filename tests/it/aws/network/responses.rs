//! Truncated responses.

use super::{SOURCES, configure, home_of, take_credentials_from};
use crate::aws::ec2;
use crate::support::stub::{Answer, Stub};

const PAIRS: &str = "<?xml version=\"1.0\"?>\n<DescribeKeyPairsResponse xmlns=\"x\"><requestId>r</requestId>\
    <keySet><item><keyPairId>key-1</keyPairId><keyName>a</keyName></item>\
    <item><keyPairId>key-2</keyPairId><keyName>b</keyName></item></keySet></DescribeKeyPairsResponse>";

/// The ways in which a response ends, correct or not.
const TRANSPORTS: [&str; 4] = ["whole", "closed", "chunked", "short"];

fn response(transport: &str, status: u16, body: &str) -> Answer {
    let length = body.len();
    let (header, body) = match transport {
        "whole" => (format!("Content-Length: {length}\r\nConnection: close"), body.to_owned()),
        "closed" => ("Connection: close".to_owned(), body.to_owned()),
        "chunked" => ("Transfer-Encoding: chunked".to_owned(), format!("{length:x}\r\n{body}\r\n")),
        _ => (format!("Content-Length: {}", length + 1), body.to_owned()),
    };
    Answer::Raw(format!("HTTP/1.1 {status} Status\r\n{header}\r\n\r\n{body}").into_bytes())
}

/// Returns a server that truncates its responses, with no length known to the client.
fn cutting(body: &'static str, status: u16, transport: &'static str, length: usize) -> Stub {
    Stub::start(move |_| response(transport, status, &body[..length]))
}

#[test]
fn truncated_list_is_an_error() {
    let whole = cutting(PAIRS, 200, "whole", PAIRS.len());
    let mut home = ec2::home_of(&whole);
    home.set("AWS_MAX_ATTEMPTS", "1");
    let run = home.keypair(["describe", "--output", "json"]).success();
    assert_eq!(run.json()["KeyPairs"].as_array().unwrap().len(), 2);
    let after = |part: &str| PAIRS.find(part).unwrap() + part.len();
    let cuts = [
        0,
        after("?>"),
        after("\"x\">"),
        after("<keySet>"),
        after("<keyName>a"),
        after("</item>"),
        after("<keyName>b</keyName></item>"),
        after("</keySet>"),
        PAIRS.len() - 1,
    ];
    for transport in TRANSPORTS {
        for (number, cut) in cuts.into_iter().enumerate() {
            let stub = cutting(PAIRS, 200, transport, cut);
            let endpoint = format!("--endpoint-url {}", stub.url);
            let run = home.shell(&format!("keypair describe {endpoint}")).fails_with(254);
            assert_eq!(run.text(), "", "{transport} {cut}: {run}");
            if number > 1 && transport == "whole" {
                assert!(run.stderr.contains("</DescribeKeyPairsResponse> is missing"), "{run}");
            }
        }
    }
    // Retries send another request without a different result.
    home.set("AWS_MAX_ATTEMPTS", "2");
    let stub = cutting(PAIRS, 200, "closed", PAIRS.len() - 1);
    home.shell(&format!("keypair describe --endpoint-url {}", stub.url)).fails_with(254);
    assert_eq!(stub.count("DescribeKeyPairs"), 2);
}

#[test]
fn truncated_error_is_not_a_refusal() {
    const ERROR: &str = "<Response><Errors><Error><Code>InvalidKeyPair.NotFound</Code><Message>m\
        </Message></Error></Errors><RequestID>r</RequestID></Response>";
    let mut home = ec2::home_of(&cutting(ERROR, 400, "whole", ERROR.len()));
    home.set("AWS_MAX_ATTEMPTS", "1");
    home.shell("keypair describe a").fails_with(3);
    for transport in TRANSPORTS {
        for (status, cut) in
            [(400, ERROR.len() - 1), (400, ERROR.find("<Message>").unwrap()), (503, 9)]
        {
            let stub = cutting(ERROR, status, transport, cut);
            let endpoint = format!("--endpoint-url {}", stub.url);
            home.shell(&format!("keypair describe a {endpoint}")).fails_with(254);
        }
    }
    // A request with side effects may have been executed.
    let stub = cutting(ERROR, 400, "closed", ERROR.len() - 1);
    let create = "keypair create a --type ed25519";
    let run = home.shell(&format!("{create} --endpoint-url {}", stub.url)).fails_with(254);
    assert!(run.stderr.contains("incomplete"), "{run}");
}

#[test]
fn truncated_instance_list_keeps_pair_in_use() {
    let instances = "<reservationSet><item><instancesSet><item><keyName>a</keyName></item>\
        </instancesSet></item></reservationSet></DescribeInstancesResponse>";
    let instances = format!("<DescribeInstancesResponse>{instances}");
    for cut in ["<reservationSet>", "</reservationSet>"] {
        let cut = instances.find(cut).unwrap() + cut.len();
        let instances = instances[..cut].to_owned();
        let stub = Stub::start(move |body| match body {
            body if body.starts_with("Action=DescribeKeyPairs&") => response("whole", 200, PAIRS),
            body if body.starts_with("Action=DescribeInstances&") => {
                response("closed", 200, &instances)
            }
            _ => Answer::response("DescribeLaunchTemplateVersions", ""),
        });
        let mut home = ec2::home_of(&stub);
        home.set("AWS_MAX_ATTEMPTS", "1");
        home.shell("keypair prune --unused --delete").fails_with(254);
        assert_eq!(stub.count("DeleteKeyPair"), 0);
    }
}

#[test]
fn truncated_parameter_is_an_error() {
    const PARAMETER: &str = r#"{"Parameter": {"Name": "/x", "Type": "String", "Value": "v"}}"#;
    for transport in TRANSPORTS {
        for cut in [PARAMETER.len(), PARAMETER.len() - 1, PARAMETER.find(", \"Value\"").unwrap()] {
            let stub = cutting(PARAMETER, 200, transport, cut);
            let mut home = ec2::home_of(&stub);
            home.set("AWS_MAX_ATTEMPTS", "1");
            let run = home.keypair(["get-parameter", "--name", "/x"]);
            if cut == PARAMETER.len() && ["whole", "closed"].contains(&transport) {
                assert_eq!(run.success().json()["Parameter"]["Value"], "v");
            } else {
                run.fails_with(254);
            }
        }
    }
}

/// Returns the response of each source with credentials. The test truncates it.
pub(super) fn credentials(source: &str, request: &str) -> &'static str {
    match source {
        "STS" => {
            "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::1:x</Arn>\
             <AssumedRoleId>x</AssumedRoleId></AssumedRoleUser><Credentials>\
             <AccessKeyId>i</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
             </Credentials></AssumeRoleResult></AssumeRoleResponse>"
        }
        "SSO" => {
            r#"{"roleCredentials": {"accessKeyId": "i", "secretAccessKey": "s",
                "sessionToken": "t", "expiration": 4070908800000}}"#
        }
        "instance" if request.starts_with("PUT ") => "token",
        "instance" if request.starts_with("GET /latest/meta-data/iam/security-credentials/ ") => {
            "role"
        }
        _ => {
            r#"{"Code": "Success", "AccessKeyId": "i", "SecretAccessKey": "s", "Token": "t",
                "Expiration": "2099-01-01T00:00:00Z"}"#
        }
    }
}

#[test]
fn truncated_credentials_are_an_error() {
    let ec2 = Stub::start(|_| Answer::no_pairs());
    for source in SOURCES {
        for is_cut in [false, true] {
            let server = Stub::start_with_heads(move |head, _| {
                let whole = credentials(source, head);
                let is_cut = is_cut && whole.ends_with(['>', '}']);
                let body = if is_cut { &whole[..whole.len() - 1] } else { whole };
                let ttl = "x-aws-ec2-metadata-token-ttl-seconds: 600\r\n";
                let head = format!("HTTP/1.1 200 OK\r\n{ttl}Connection: close\r\n\r\n");
                Answer::Raw((head + body).into_bytes())
            });
            let mut home = home_of(&ec2);
            take_credentials_from(&mut home, source, &server.url);
            let run = home.keypair(["describe"]);
            if is_cut {
                let run = run.fails_with(253);
                assert!(run.stderr.contains("incomplete"), "{source}: {run}");
                assert!(run.stderr.contains("error: cannot "), "{source}: {run}");
            } else {
                run.success();
            }
            assert!(server.requests() > 0, "{source}");
        }
    }
}

/// The program of a profile takes part in a chain of roles, as in the SDK.
#[test]
fn credential_process_can_assume_roles() {
    let ec2 = Stub::start(|_| Answer::no_pairs());
    let sts = Stub::start(|_| response("whole", 200, credentials("STS", "")));
    let mut home = home_of(&ec2);
    configure(
        &home,
        "[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\nexternal_id = outside
[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = c\nrole_session_name = named
[profile c]\ncredential_process = sh -c 'cat $HOME/given'
[profile self]\nrole_arn = arn:aws:iam::1:role/s\nsource_profile = self
credential_process = sh -c 'cat $HOME/given'\n",
    );
    home.write("given", r#"{"Version": 1, "AccessKeyId": "i", "SecretAccessKey": "s"}"#);
    home.shell("mv given $HOME").success();
    home.set("AWS_ENDPOINT_URL_STS", &sts.url);
    home.shell("keypair describe --profile a").success();
    let bodies = sts.bodies();
    assert_eq!(bodies.len(), 2);
    assert!(bodies[0].contains("role%2Fb") && bodies[0].contains("=named"), "{bodies:?}");
    assert!(bodies[1].contains("role%2Fa") && bodies[1].contains("=outside"), "{bodies:?}");
    // Version 2 requires access keys in a profile that is its own source.
    let run = home.shell("AWS_PROFILE=self keypair describe").fails_with(253);
    assert!(run.stderr.contains("Infinite loop in credential configuration"), "{run}");
    assert_eq!(sts.requests(), 2);
}
