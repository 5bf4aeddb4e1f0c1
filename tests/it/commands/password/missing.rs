//! Instances without a password, and instances that are not found.

use std::time::{Duration, Instant};

use super::{ID, KEY, Machine, PASSWORD, World, cloud, world};
use crate::support::home::Home;

/// Returns a home with an instance without a password.
fn without_password(state: &'static str, rest: &str) -> Home {
    let rest = format!("<platform>windows</platform>{rest}");
    let machines = vec![Machine { state, rest, ..Machine::windows() }];
    let (_, home) = cloud(World { machines, data: Vec::new(), ..world() });
    home.write("web.pem", KEY);
    home
}

const WEB: &str = "<keyName>web</keyName>";
const OLD: &str = "<keyName>web</keyName><launchTime>2024-01-01T00:00:00.000Z</launchTime>";

#[test]
fn missing_password_is_explained() {
    for (state, rest, said) in [
        ("running", "", "launched without a key pair"),
        ("running", WEB, "still starting"),
        ("pending", OLD, "still starting"),
        ("running", OLD, "its image does not create one"),
        ("stopped", OLD, "it is stopped"),
        ("terminated", OLD, "it is terminated"),
    ] {
        let home = without_password(state, rest);
        let run = home.keypair(["password", ID]).fails_with(1);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
    }
    for state in ["stopped", "terminated"] {
        let home = without_password(state, OLD);
        home.keypair(["password", ID, "--wait"]).fails_with(1);
    }
    let (stub, home) = cloud(world());
    let run = home.keypair(["password", "tux", "--wait"]).fails_with(1);
    assert!(run.stderr.contains("not a Windows instance"), "{run}");
    assert_eq!(stub.requests(), 1);
}

#[test]
fn ed25519_pair_has_no_password() {
    let line = include_str!("../../../vectors/keys/ed25519.openssh.pub").trim().to_owned();
    let (_stub, home) = cloud(World { public_key: Some(line), ..world() });
    let run = home.keypair(["password", ID]).fails_with(5);
    assert!(run.stderr.contains("ED25519"), "{run}");
}

#[test]
fn wait_ends_with_the_password_or_the_span() {
    let data = vec![String::new(), "\r\n".to_owned(), world().data[0].clone()];
    let (_stub, home) = cloud(World { data, ..world() });
    home.write("web.pem", KEY);
    let start = Instant::now();
    let run = home.keypair(["password", ID, "--wait=1m"]).success();
    assert!(start.elapsed() >= Duration::from_secs(9), "{run}");
    assert_eq!(run.json()["Password"], PASSWORD);
    assert!(run.stderr.contains("waiting for the password of"), "{run}");

    let home = without_password("running", OLD);
    let run = home.keypair(["password", ID, "--wait=1s"]).fails_with(1);
    assert!(run.stderr.contains("still has no password after 1s"), "{run}");
    home.shell("rm web.pem").success();
    // A wait for a password that no key opens would be in vain.
    let start = Instant::now();
    home.keypair(["password", ID, "--wait"]).fails_with(5);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn control_c_ends_the_wait() {
    let home = without_password("running", OLD);
    let mut terminal = home.launch("keypair").args(["password", ID, "--wait"]).on_terminal();
    terminal.expect("waiting for the password");
    terminal.press("\u{3}");
    // A shell shows this as 130.
    assert_eq!(terminal.finish().signal, Some(2));
}

#[test]
fn unknown_and_ambiguous_instances_are_refused() {
    let twin = Machine { id: "i-0123456789abcdef2", state: "stopped", ..Machine::windows() };
    let gone = Machine { id: "i-0123456789abcdef3", state: "terminated", ..twin.clone() };
    let machines = vec![Machine::windows(), twin, gone];
    let (_stub, home) = cloud(World { machines, ..world() });
    for command in ["password", "which"] {
        for unknown in ["i-0123456789abcdeff", "i-12", "none", "nothing", "WIN"] {
            let run = home.keypair([command, unknown]).fails_with(3);
            let said = format!("The instance ID '{unknown}' does not exist");
            assert!(run.stderr.contains(&said) && run.text().is_empty(), "{run}");
        }
        let run = home.keypair([command, "win"]).fails_with(5);
        assert!(run.stderr.contains("i-0123456789abcdef0 (running, 192.0.2.1)"), "{run}");
        assert!(run.stderr.contains("i-0123456789abcdef2 (stopped"), "{run}");
        assert!(!run.stderr.contains("i-0123456789abcdef3"), "{run}");
        for invalid in ["", "-oProxyCommand=x", "-", "a\u{1b}b", &"x".repeat(257)] {
            home.keypair([command, "--", invalid]).fails_with(252);
        }
        home.keypair([command]).fails_with(252);
        let run = home.keypair([command, "win", "--registry", "local"]).fails_with(252);
        assert!(run.stderr.contains("needs EC2"), "{run}");
    }
    for wait in ["--wait=0", "--wait=2d", "--wait=soon", "--wait="] {
        home.keypair(["password", "win", wait]).fails_with(252);
    }
}

#[test]
fn hostile_instances_are_refused() {
    for rest in [
        "<ipAddress>192.0.2.1\nHost *</ipAddress>",
        "<dnsName>-oProxyCommand=x</dnsName>",
        "<ipv6Address>x</ipv6Address>",
    ] {
        let home = without_password("running", rest);
        let run = home.keypair(["password", ID]).fails_with(254);
        assert!(run.stderr.contains("is invalid"), "{run}");
    }
    let id = Machine { id: "i-;touch pwned", ..Machine::windows() };
    let (_stub, home) = cloud(World { machines: vec![id], ..world() });
    home.keypair(["password", "win"]).fails_with(254);
    let (_stub, home) =
        cloud(World { machines: vec![Machine { state: "", ..Machine::windows() }], ..world() });
    home.write("web.pem", KEY);
    home.keypair(["password", ID]).success();
}
