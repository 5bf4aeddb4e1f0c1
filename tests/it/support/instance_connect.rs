//! A stub of EC2 with instances, and of EC2 Instance Connect: a pushed key opens an SSH server for a
//! minute.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::sshd::Sshd;
use super::stub::{Answer, Stub, member};

/// The running instance, with the name `web`.
pub(crate) const ID: &str = "i-0123456789abcdef0";

const LONELY: &str = "i-00000003";

/// Returns a server with these instances, all on loopback: `web`, `stopped`, `windows`, `lonely`
/// without an address, two `twin`, and each ID that begins with `i-c`. A key that is pushed for the user of `sshd` opens it. The
/// console of each instance except `lonely` shows its host key.
pub(crate) fn start(sshd: &Sshd) -> Stub {
    let (keys, user, host_key) = (sshd.pushed_keys(), sshd.user().to_owned(), sshd.host_key_file());
    Stub::start(move |body| {
        if body.starts_with("Action=DescribeInstances&") {
            return instances(body);
        }
        if body.starts_with("Action=DescribeImages&") {
            return images();
        }
        if body.starts_with("Action=GetConsoleOutput&") {
            return console(body, &host_key);
        }
        let push: Value = serde_json::from_str(body).unwrap();
        if push["InstanceOSUser"] == "forbidden" {
            let denied = json!({"__type": "AuthException", "Message": "not authorized"});
            return Answer::Reply(403, denied.to_string());
        }
        if push["InstanceOSUser"] == user.as_str() && push["InstanceId"] == ID {
            keys.admit(&user, push["SSHPublicKey"].as_str().unwrap());
        }
        Answer::Reply(200, json!({"RequestId": "r-1", "Success": true}).to_string())
    })
}

/// Returns the keys that were pushed.
pub(crate) fn pushes(stub: &Stub) -> Vec<Value> {
    let bodies = stub.bodies();
    bodies.iter().filter_map(|body| serde_json::from_str(body).ok()).collect()
}

fn console(body: &str, host_key: &Path) -> Answer {
    let id = member(body, "InstanceId").unwrap();
    let text = match id == LONELY {
        true => String::new(),
        false => format!(
            "-----BEGIN SSH HOST KEY KEYS-----\r\n{}\r\n-----END SSH HOST KEY KEYS-----\r\n",
            fs::read_to_string(host_key).unwrap().trim()
        ),
    };
    let output = STANDARD.encode(text);
    Answer::response(
        "GetConsoleOutput",
        &format!("<instanceId>{id}</instanceId><output>{output}</output>"),
    )
}

fn images() -> Answer {
    let image = "<item><imageId>ami-01234567</imageId><imageState>available</imageState>\
                 <name>ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server</name></item>";
    Answer::response("DescribeImages", &format!("<imagesSet>{image}</imagesSet>"))
}

fn instances(body: &str) -> Answer {
    let instance = |id: &str, name: &str, state: &str, more: &str| {
        format!(
            "<item><instancesSet><item><instanceId>{id}</instanceId><imageId>ami-01234567</imageId>\
             <instanceState><code>16</code><name>{state}</name></instanceState>{more}<tagSet><item>\
             <key>Name</key><value>{name}</value></item></tagSet></item></instancesSet></item>"
        )
    };
    let address = "<ipAddress>127.0.0.1</ipAddress>";
    let windows = format!("<platform>windows</platform>{address}");
    let found = match (member(body, "InstanceId.1"), member(body, "Filter.1.Value.1")) {
        (Some(id), _) if id == ID => instance(ID, "web", "running", address),
        (Some(id), _) if id == LONELY => instance(LONELY, "lonely", "running", ""),
        (Some(id), _) if id.starts_with("i-c") => instance(&id, "many", "running", address),
        (Some(id), _) if id == "i-0000000a" => {
            instance(&id, "*\nProxyCommand touch pwned", "running", address)
        }
        (Some(_), _) => {
            let message = "The instance ID does not exist";
            return Answer::error(400, "InvalidInstanceID.NotFound", message);
        }
        (None, Some(name)) => match name.as_str() {
            "web" => instance(ID, "web", "running", address),
            "stopped" => instance("i-00000001", "stopped", "stopped", ""),
            "windows" => instance("i-00000002", "windows", "running", &windows),
            r"a \* b" => instance("i-0000000b", "a * b", "running", address),
            "lonely" => instance(LONELY, "lonely", "running", ""),
            "twin" => {
                instance("i-00000004", "twin", "running", address)
                    + &instance("i-00000005", "twin", "running", address)
            }
            _ => String::new(),
        },
        (None, None) => String::new(),
    };
    Answer::response("DescribeInstances", &format!("<reservationSet>{found}</reservationSet>"))
}
