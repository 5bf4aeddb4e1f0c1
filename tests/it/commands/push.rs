//! `push` and `send-ssh-public-key`, with a stub of EC2 Instance Connect.

use serde_json::{Value, json};

use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::stub::{Answer, Stub};

const ID: &str = "i-0123456789abcdef0";

/// Returns a server with the instances `web` and two `twin`, and the answer to a push.
fn server(success: bool) -> Stub {
    Stub::start(move |body| {
        if body.starts_with("Action=DescribeInstances&") {
            return instances(body);
        }
        let sent: Value = serde_json::from_str(body).unwrap();
        assert!(sent["SSHPublicKey"].as_str().unwrap().len() >= 80, "{sent}");
        if sent["InstanceId"] == "i-ffffffffffffffff0" {
            let unknown =
                r#"{"__type":"EC2InstanceNotFoundException","Message":"Instance not found"}"#;
            return Answer::Reply(400, unknown.into());
        }
        Answer::Reply(200, json!({"RequestId": "r-1", "Success": success}).to_string())
    })
}

fn instances(body: &str) -> Answer {
    let instance = |id: &str, name: &str| {
        format!(
            "<item><instancesSet><item><instanceId>{id}</instanceId><instanceState><code>16</code>\
             <name>running</name></instanceState><tagSet><item><key>Name</key><value>{name}</value>\
             </item></tagSet></item></instancesSet></item>"
        )
    };
    let found = match body {
        body if body.contains("=web&") => instance(ID, "web"),
        body if body.contains("=twin&") => {
            instance("i-00000001", "twin") + &instance("i-00000002", "twin")
        }
        _ => String::new(),
    };
    Answer::response("DescribeInstances", &format!("<reservationSet>{found}</reservationSet>"))
}

fn pushed_keys(stub: &Stub) -> Vec<Value> {
    let bodies = stub.bodies();
    bodies.iter().filter_map(|body| serde_json::from_str(body).ok()).collect()
}

fn key_files(home: &Home) {
    home.shell(
        "ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f ed
         ssh-keygen -q -t ed25519 -N secret -f locked
         ssh-keygen -q -t rsa -b 2048 -N '' -m PEM -f rsa
         ssh-keygen -q -t rsa -b 3072 -N '' -f rsa3072
         ssh-keygen -q -t ecdsa -N '' -f ecdsa
         ssh-keygen -e -f ed.pub > ed.4716
         keypair convert ed --format ppk --out ed.ppk",
    )
    .success();
}

#[test]
fn pushed_key_is_bare_line_of_any_format() {
    let stub = server(true);
    let home = home_of(&stub);
    key_files(&home);
    let line = |file: &str| {
        let text = String::from_utf8(home.read(file)).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ").trim().to_owned()
    };
    for (file, public) in [
        ("ed", "ed.pub"),
        ("ed.pub", "ed.pub"),
        ("ed.4716", "ed.pub"),
        ("ed.ppk", "ed.pub"),
        ("- < ed.ppk", "ed.pub"),
        ("locked", "locked.pub"),
        ("rsa", "rsa.pub"),
    ] {
        let run = home.shell(&format!("keypair push {ID} --os-user ec2-user {file}")).success();
        assert_eq!(run.json()["ValidForSeconds"], 60, "{run}");
        let sent = pushed_keys(&stub).pop().unwrap();
        assert_eq!(
            sent,
            json!({"InstanceId": ID, "InstanceOSUser": "ec2-user", "SSHPublicKey": line(public)}),
            "{file}"
        );
    }
    // An ID needs no permission to describe instances.
    assert_eq!(stub.count("DescribeInstances"), 0);
    let run = home.shell("keypair push web ed.pub --os-user ubuntu").success();
    assert_eq!(run.json()["InstanceId"], ID);
    assert!(stub.heads().iter().any(|head| head.contains("SendSSHPublicKey")));
}

#[test]
fn invalid_push_is_refused() {
    let stub = server(true);
    let home = home_of(&stub);
    key_files(&home);
    home.write("none", "nonsense");
    let long = "u".repeat(33);
    for (words, code, said) in [
        (format!("{ID} rsa3072 --os-user u"), 5, "does not accept RSA keys of 3072 bits"),
        (format!("{ID} ecdsa --os-user u"), 5, "ecdsa: "),
        (format!("{ID} none --os-user u"), 5, "none: "),
        (format!("{ID} missing --os-user u"), 255, "missing"),
        (format!("{ID} ed"), 252, "--os-user"),
        (format!("{ID} ed --os-user 'a b'"), 252, "invalid user `a b`"),
        (format!("{ID} ed --os-user -oProxyCommand=x"), 252, "invalid user `-oProxyCommand=x`"),
        (format!("{ID} ed --os-user {long}"), 252, "invalid user `uuu"),
        ("--os-user u -- -i-1 ed".to_owned(), 252, "invalid instance `-i-1`"),
        ("'' ed --os-user u".to_owned(), 252, "invalid instance ``"),
        ("nobody ed --os-user u".to_owned(), 3, "nobody"),
        ("i-ffffffffffffffff0 ed --os-user u".to_owned(), 3, "EC2InstanceNotFoundException"),
        ("twin ed --os-user u".to_owned(), 5, "i-00000001 (running), i-00000002 (running)"),
        (format!("{ID} ed --os-user u --registry local"), 252, "EC2"),
    ] {
        let run = home.shell(&format!("keypair push {words}")).fails_with(code);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{words}\n{run}");
    }
    let refusing = server(false);
    let run = home_of(&refusing).shell(&format!(
        "ssh-keygen -q -t ed25519 -N '' -f ed && keypair push {ID} ed --os-user u"
    ));
    let run = run.fails_with(254);
    assert!(run.stderr.contains(&format!("did not accept the key for {ID}")), "{run}");
}

#[test]
fn private_key_is_never_sent_as_public_key() {
    let stub = server(true);
    let home = home_of(&stub);
    key_files(&home);
    home.shell("base64 -w0 rsa > encoded; sed -z 's/\\n/\\\\n/g' ed > escaped").success();
    let words =
        "keypair send-ssh-public-key --instance-id i-0123456789abcdef0 --instance-os-user a";
    for key in ["ed", "locked", "rsa", "ed.ppk", "encoded", "escaped"] {
        for value in [format!("file://{key}"), format!("\"$(cat {key})\"")] {
            let run = home.shell(&format!("{words} --ssh-public-key {value}")).fails_with(252);
            assert!(run.stderr.contains("it contains a private key"), "{run}");
        }
    }
    assert_eq!(stub.requests(), 0);
    home.shell(&format!("{words} --ssh-public-key file://ed.pub")).success();
}

#[test]
fn short_parameters_are_refused_as_by_aws_cli() {
    let stub = server(true);
    let home = home_of(&stub);
    let run = home.keypair([
        "ec2-instance-connect",
        "send-ssh-public-key",
        "--instance-id=i-0",
        "--instance-os-user=",
        "--ssh-public-key=short",
        "--availability-zone=x",
    ]);
    let said = "Parameter validation failed: Invalid length for parameter InstanceId, value: 3, valid \
                min length: 10; Invalid length for parameter InstanceOSUser, value: 0, valid min \
                length: 1; Invalid length for parameter SSHPublicKey, value: 5, valid min length: 80; \
                Invalid length for parameter AvailabilityZone, value: 1, valid min length: 6\n";
    assert_eq!(run.fails_with(252).stderr, format!("keypair: error: {said}"));
    assert_eq!(stub.requests(), 0);
}

#[test]
fn skeleton_of_public_key_is_accepted_as_input() {
    let stub = server(true);
    let home = home_of(&stub);
    let send = "keypair send-ssh-public-key";
    let run = home.shell(&format!("{send} --generate-cli-skeleton")).success();
    let mut input = run.json();
    let key = format!("ssh-ed25519 {}", "A".repeat(68));
    for (name, value) in [("InstanceId", ID), ("InstanceOSUser", "u"), ("SSHPublicKey", &key)] {
        input[name] = value.into();
    }
    input["AvailabilityZone"] = "eu-west-1a".into();
    home.write("input.json", input.to_string());
    home.shell(&format!("{send} --cli-input-json file://input.json")).success();
    assert_eq!(pushed_keys(&stub), [input]);
    let sample = home.shell(&format!(
        "{send} --generate-cli-skeleton output --instance-id {ID} --instance-os-user u \
         --ssh-public-key x"
    ));
    assert_eq!(sample.success().json(), json!({"RequestId": "RequestId", "Success": true}));
}
