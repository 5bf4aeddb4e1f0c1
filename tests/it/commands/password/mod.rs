//! `password`, `get-password-data`, `which` and `known-hosts`, with a server that knows instances.

mod faults;
mod formats;
mod kills;
mod known_hosts;
mod missing;
mod which;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::stub::{Answer, Stub, member};

/// A password with characters that JSON, text and XML treat specially.
const PASSWORD: &str = "aB3&<>%\"x!$(9)'";

/// The ID of the instance `win`.
const ID: &str = "i-0123456789abcdef0";

/// An instance in the answers of [`cloud`].
#[derive(Clone)]
struct Machine {
    id: &'static str,
    name: &'static str,
    state: &'static str,
    /// Elements of `instancesSet`.
    rest: String,
}

impl Machine {
    fn windows() -> Self {
        let rest = "<platform>windows</platform><keyName>web</keyName><imageId>ami-1</imageId>\
                    <dnsName>ec2-192-0-2-1.example.com</dnsName><ipAddress>192.0.2.1</ipAddress>\
                    <privateIpAddress>10.0.0.1</privateIpAddress>\
                    <launchTime>2024-01-01T00:00:00.000Z</launchTime>";
        Self { id: ID, name: "win", state: "running", rest: rest.to_owned() }
    }

    fn linux() -> Self {
        let rest = Self::windows().rest.replace("<platform>windows</platform>", "");
        Self { id: "i-0123456789abcdef1", name: "tux", rest, ..Self::windows() }
    }

    fn item(&self) -> String {
        let Self { id, name, state, rest } = self;
        format!(
            "<item><instanceId>{id}</instanceId><instanceState><name>{state}</name></instanceState>\
             <tagSet><item><key>Name</key><value>{name}</value></item></tagSet>{rest}</item>"
        )
    }
}

/// The data of the server.
#[derive(Clone, Default)]
struct World {
    machines: Vec<Machine>,
    /// The public key of the pair `web`.
    public_key: Option<String>,
    /// The password data of each request; the last one is repeated.
    data: Vec<String>,
    /// The console output of each request; the last one is repeated.
    console: Vec<String>,
    /// The name of the image `ami-1`.
    image: Option<&'static str>,
}

/// Starts a server with these instances. Its home is configured for it.
fn cloud(world: World) -> (Stub, Home) {
    let queue = |list: &Vec<String>| Arc::new(Mutex::new(VecDeque::from(list.clone())));
    let (data, console) = (queue(&world.data), queue(&world.console));
    let stub = Stub::start(move |body| answer(&world, &data, &console, body));
    let home = home_of(&stub);
    (stub, home)
}

type Queue = Mutex<VecDeque<String>>;

/// Returns the next text; repeats the last one.
fn next(queue: &Queue) -> String {
    let mut queue = queue.lock().unwrap();
    let next = queue.front().cloned().unwrap_or_default();
    if queue.len() > 1 {
        queue.pop_front();
    }
    next
}

fn answer(world: &World, data: &Queue, console: &Queue, body: &str) -> Answer {
    let value = |name| member(body, name);
    match value("Action").unwrap().as_str() {
        "DescribeInstances" => {
            let (id, name) = (value("InstanceId.1"), value("Filter.1.Value.1"));
            if let Some(id) = &id
                && !world.machines.iter().any(|machine| machine.id == id)
            {
                let message = format!("The instance ID '{id}' does not exist");
                return Answer::error(400, "InvalidInstanceID.NotFound", &message);
            }
            let is_asked_for = |machine: &&Machine| match &id {
                Some(id) => machine.id == id,
                // Like a server that ignores filters, except for one.
                None => name.as_deref() != Some("nothing"),
            };
            let found = world.machines.iter().filter(is_asked_for).map(Machine::item);
            let found: String = found.collect();
            let set = format!(
                "<reservationSet><item><instancesSet>{found}</instancesSet></item></reservationSet>"
            );
            Answer::response("DescribeInstances", &set)
        }
        "DescribeKeyPairs" => match &world.public_key {
            Some(line) => Answer::response(
                "DescribeKeyPairs",
                &format!(
                    "<keySet><item><keyPairId>key-1</keyPairId><keyName>web</keyName>\
                     <publicKey>{line}</publicKey></item></keySet>"
                ),
            ),
            None => {
                Answer::error(400, "InvalidKeyPair.NotFound", "The key pair 'web' does not exist")
            }
        },
        "GetConsoleOutput" => {
            let (id, next) = (value("InstanceId").unwrap(), next(console));
            Answer::response(
                "GetConsoleOutput",
                &format!("<instanceId>{id}</instanceId><output>{next}</output>"),
            )
        }
        "GetPasswordData" => {
            let next = next(data);
            let id = value("InstanceId").unwrap();
            Answer::response(
                "GetPasswordData",
                &format!(
                    "<instanceId>{id}</instanceId><timestamp>2026-11-29T12:34:56.000Z</timestamp>\
                     <passwordData>{next}</passwordData>"
                ),
            )
        }
        "DescribeImages" => match world.image {
            Some(name) => Answer::response(
                "DescribeImages",
                &format!(
                    "<imagesSet><item><imageId>ami-1</imageId><name>{name}</name></item></imagesSet>"
                ),
            ),
            None => Answer::error(400, "InvalidAMIID.NotFound", "The image id does not exist"),
        },
        action => panic!("{action}"),
    }
}

const KEY: &str = include_str!("../../../vectors/keys/rsa2048.pem");
const PUBLIC_KEY: &str = include_str!("../../../vectors/keys/rsa2048.pem.pub");

/// Encrypts a password as EC2 does, with OpenSSL. Returns base64.
fn encrypted(password: &[u8], key: &str) -> String {
    let home = Home::new();
    home.write("key", key);
    home.write("plain", password);
    let command = "timeout 60 openssl pkeyutl -encrypt -inkey key -in plain | openssl base64 -A";
    home.shell(command).success().text().to_owned()
}

/// Returns a world with [`PASSWORD`] for its Windows instance.
fn world() -> World {
    World {
        machines: vec![Machine::windows(), Machine::linux()],
        public_key: Some(PUBLIC_KEY.trim().to_owned()),
        data: vec![encrypted(PASSWORD.as_bytes(), KEY)],
        ..World::default()
    }
}
