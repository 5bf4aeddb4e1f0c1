//! Connections that fail, and the reasons that are given.

use std::fs;
use std::net::TcpListener;

use super::World;
use crate::support::instance_connect::{ID, pushes};

#[test]
fn invalid_connections_are_refused_before_ssh() {
    let world = World::new();
    world
        .home
        .shell(
            "ssh-keygen -q -t ed25519 -N '' -f k; keypair convert k --format ppk --out k.ppk
             echo nonsense > none; cp k 'k$HOME'",
        )
        .success();
    let long = "u".repeat(33);
    for (words, code, said) in [
        ("stopped", 1, "it is stopped"),
        ("windows", 1, "it runs Windows"),
        ("lonely", 1, "it has no address"),
        ("web --address ipv6", 1, "it has no IPv6 address"),
        ("web --address private", 1, "it has no private IPv4 address"),
        ("nobody", 3, "InvalidInstanceID.NotFound"),
        ("i-00000009", 3, "InvalidInstanceID.NotFound"),
        ("twin", 5, "i-00000004 (running, 127.0.0.1), i-00000005 (running, 127.0.0.1)"),
        ("-- -oProxyCommand=x", 252, "required"),
        ("-oProxyCommand=x", 252, "-o"),
        ("-l@web", 252, ""),
        ("'-l'@web", 252, ""),
        ("'a b'@web", 252, "invalid user `a b`"),
        (&format!("{long}@web"), 252, "invalid user"),
        ("''", 252, "invalid instance ``"),
        ("web uptime", 252, "put `--` before the command"),
        ("web -l root", 252, "`connect` sets the user itself"),
        ("web -v --region x", 252, "pass the options of keypair before those of ssh"),
        ("web --key k.ppk", 5, "keypair convert --format openssh k.ppk"),
        ("web --key none", 5, "none: "),
        ("web --key 'k$HOME'", 252, "cannot write ./k$HOME in a configuration of ssh"),
        ("web --key missing", 255, "missing"),
        ("web --registry local", 252, "EC2"),
        ("--proxy web", 252, "invalid PORT"),
        ("--proxy web 0", 252, "invalid PORT"),
        ("--proxy web 22 23", 252, "invalid PORT"),
        ("--proxy web 22 --push k.pub", 252, ""),
        ("--proxy --push k.pub --os-user -x web 22", 252, "invalid user `-x`"),
        ("--proxy --push none --os-user x web 22", 5, "none: "),
        ("--proxy stopped 22", 1, "it is stopped"),
    ] {
        let run = world.home.shell(&format!("keypair connect {words}")).fails_with(code);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{words}\n{run}");
        world.assert_nothing_left();
    }
    assert!(pushes(&world.stub).is_empty());
}

#[test]
fn missing_ssh_is_reported() {
    let mut world = World::new();
    world.home.shell("mkdir only && ln -s \"$(command -v keypair)\" only/keypair").success();
    world.home.set("PATH", world.home.path("only"));
    let run = world.home.shell("keypair connect web").fails_with(127);
    assert!(run.stderr.contains("cannot run `ssh`"), "{run}");
    world.assert_nothing_left();
}

/// A login as another user fails, and ssh's own message stays as it is.
#[test]
fn denied_login_has_causes_and_users() {
    let world = World::new();
    let run = world.home.shell("keypair connect nobody@web $SSH_OPTIONS -- true").fails_with(255);
    assert!(run.stderr.contains("Permission denied (publickey)"), "{run}");
    for said in ["if ssh said `Permission denied`", "ec2-instance-connect", "no user nobody"] {
        assert!(run.stderr.contains(said), "{run}");
    }
    world.assert_nothing_left();
}

#[test]
fn refused_push_is_told() {
    let world = World::new();
    let run = world.home.shell("keypair connect forbidden@web $SSH_OPTIONS -- true");
    let run = run.fails_with(255);
    assert!(run.stderr.contains("(AuthException) when calling the SendSSHPublicKey"), "{run}");
    world.assert_nothing_left();
}

/// The minute of a key must not pass before the server listens.
#[test]
fn key_is_pushed_once_server_listens() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let run = world.home.shell(&format!("keypair connect web -p {port} -F none -- true"));
    let run = run.fails_with(255);
    assert!(run.stderr.contains(&format!("cannot connect to 127.0.0.1:{port}")), "{run}");
    assert!(pushes(&world.stub).is_empty());
    // The proxy passes ssh's time-out on: a server that never answers ends it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let words = format!("keypair connect web -p {port} -F none -o ConnectTimeout=1 -- true");
    world.home.shell(&words).fails_with(255);
    world.assert_nothing_left();
}

#[test]
fn changed_host_key_is_refused() {
    let world = World::new();
    world.home.shell("ssh-keygen -q -t ed25519 -N '' -f other").success();
    let other = fs::read_to_string(world.home.path("other.pub")).unwrap();
    world.home.write("known_hosts", format!("{ID} {other}"));
    let run = world.connect("-- true").fails_with(255);
    assert!(run.stderr.contains("Host key verification failed"), "{run}");
}
