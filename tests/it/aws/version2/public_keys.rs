//! The records of `send-ssh-public-key`: the same arguments send the same request, print the same and
//! exit alike.

use serde_json::{Value, json};

use super::Record;
use crate::aws::ec2::home_of;
use crate::support::stub::{Answer, Stub};

/// The service of the records. Errors depend on the last digit of the instance's ID.
fn answer(body: &str) -> Answer {
    let error = |status, code, message| {
        Answer::Reply(status, format!(r#"{{"__type":"{code}","Message":"{message}"}}"#))
    };
    let sent: Value = serde_json::from_str(body).unwrap();
    match sent["InstanceId"].as_str().unwrap() {
        "i-0123456789abcdef1" => {
            let code = "com.amazonaws.aws.sshaccess#EC2InstanceNotFoundException";
            error(400, code, "Instance not found")
        }
        "i-0123456789abcdef2" => error(403, "AuthException", "not authorized"),
        "i-0123456789abcdef5" => {
            error(400, "EC2InstanceStateInvalidException", "Instance is not running")
        }
        "i-0123456789abcdef7" => {
            error(400, "InvalidArgsException", "Invalid SSH public key format")
        }
        id => {
            let is_success = id != "i-0123456789abcdef3";
            Answer::Reply(200, format!(r#"{{"RequestId":"r-1","Success":{is_success}}}"#))
        }
    }
}

#[test]
fn sent_keys_equal_those_of_version_2() {
    let stub = Stub::start(answer);
    let mut home = home_of(&stub);
    home.set("COLUMNS", "80");
    home.write("k.pub", include_str!("../../../vectors/keys/ed25519.openssh.pub"));
    home.write("empty", "");
    let input = json!({
        "InstanceId": "i-0123456789abcdef0",
        "InstanceOSUser": "u",
        "SSHPublicKey": KEY,
        "AvailabilityZone": "eu-west-1a",
    });
    home.write("in.json", input.to_string());
    let input =
        format!("InstanceId: i-0123456789abcdef0\nInstanceOSUser: u\nSSHPublicKey: {KEY}\n");
    home.write("in.yaml", input);
    let records = include_str!("../../../vectors/aws-cli-v2/send-ssh-public-key.json");
    let records: Vec<Value> = serde_json::from_str(records).unwrap();
    assert!(records.len() > 50);
    for value in &records {
        let record = Record::of(value);
        let earlier = stub.requests();
        let run = home.keypair(&record.arguments);
        let bodies = stub.bodies().split_off(earlier);
        let requests: Vec<Value> =
            bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
        assert_eq!(value["requests"], Value::from(requests), "{run}");
        assert_eq!(run.text(), record.stdout, "{run}");
        let code = run.code.map(|code| if code == 3 { 254 } else { code });
        assert_eq!(code.map(i64::from), Some(record.exit), "{run}");
        if record.exit == 254 {
            let theirs = value["aws_cli_2"]["stderr"].as_str().unwrap();
            let theirs = theirs.replace("\naws: [ERROR]: ", "keypair: error: ");
            assert!(run.stderr.starts_with(&theirs), "{run}\n{theirs}");
        }
    }
}

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILR+zNQbYY5ORuhYXGMTSnjRLzS9C5dUdWRKdlqi20q2";
