//! `which`.

use serde_json::json;

use super::{KEY, Machine, World, cloud, world};
use crate::project::readme::examples;

#[test]
fn which_lists_files_and_user_names() {
    for (image, users) in [
        (Some("ubuntu/images/hvm-ssd/ubuntu-noble-24.04-amd64"), json!(["ubuntu"])),
        (Some("CentOS Stream 9"), json!(["centos", "ec2-user"])),
        (None, json!([])),
    ] {
        let (_stub, home) = cloud(World { image, ..world() });
        home.write("web.pem", KEY);
        home.write("pass", "pass");
        home.shell(
            "umask 077; mkdir ~/.ssh; ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
             keypair convert web.pem --format openssh --out ~/.ssh/web --new-passphrase-file pass
             keypair convert web.pem --format pkcs8 --out hidden --new-passphrase-file pass",
        )
        .success();
        let run = home.keypair(["which", "tux"]).success();
        let json = run.json();
        let files: Vec<_> = json["PrivateKeyFiles"].as_array().unwrap().iter().collect();
        assert_eq!(files[0], "web.pem", "{run}");
        assert!(files[1].as_str().unwrap().ends_with(".ssh/web") && files.len() == 2, "{run}");
        assert_eq!(json["UserNames"], users);
        assert_eq!(json["Name"], "tux");
        assert!(run.stderr.contains("cannot compare hidden"), "{run}");
        assert_eq!(run.stderr.contains("does not show its user name"), image.is_none(), "{run}");
        let run = home.keypair(["which", "win", "--key", "web.pem"]).success();
        assert_eq!(run.json()["UserNames"], json!(["Administrator"]));
    }
}

#[test]
fn ed25519_key_opens_a_linux_instance() {
    let line = include_str!("../../../vectors/keys/ed25519.openssh.pub").trim().to_owned();
    let (_stub, home) = cloud(World { public_key: Some(line), ..world() });
    home.write("e", include_str!("../../../vectors/keys/ed25519.openssh"));
    let run = home.keypair(["which", "tux"]).success();
    assert_eq!(run.json()["PrivateKeyFiles"], json!(["e"]));
}

#[test]
fn which_without_a_matching_file_fails() {
    let (_stub, home) = cloud(World { image: Some("debian-12"), ..world() });
    let run = home.keypair(["which", "tux"]).fails_with(5);
    assert_eq!(run.json()["UserNames"], json!(["admin"]));
    assert!(run.stderr.contains("the key pair `web`: it is not in . or "), "{run}");
    let (_stub, home) = cloud(World { public_key: None, ..world() });
    let run = home.keypair(["which", "tux"]).fails_with(5);
    assert!(run.stderr.contains("`web` is deleted"), "{run}");
    let rest = String::new();
    let (_stub, home) =
        cloud(World { machines: vec![Machine { rest, ..Machine::linux() }], ..world() });
    let run = home.keypair(["which", "tux"]).fails_with(5);
    assert!(run.stderr.contains("without a key pair"), "{run}");
}

/// A file of a cloned repository must not get into the configuration of ssh.
#[test]
fn ssh_config_searches_home_directory_only() {
    let (stub, home) = cloud(World { image: Some("debian-12"), ..world() });
    home.write("web.pem", KEY);
    let run = home.keypair(["ssh-config", "tux"]).fails_with(5);
    let searched = run.stderr.split_once("it is not in ").unwrap().1.lines().next().unwrap();
    assert!(searched.starts_with('/') && searched.ends_with("home/.ssh"), "{run}");
    let before = stub.bodies().len();
    let run = home.keypair(["ssh-config", "tux", "--key", "web"]).success();
    let file = home.path("web.pem").canonicalize().unwrap();
    assert!(run.text().contains(&format!("IdentityFile \"{}\"\n", file.display())), "{run}");
    let asked = &stub.bodies()[before..];
    assert!(!asked.iter().any(|body| body.contains("DescribeKeyPairs")), "{asked:?}");
    home.shell("mkdir -m 700 ~/.ssh; cp web.pem ~/.ssh/").success();
    let run = home.keypair(["ssh-config", "tux"]).success();
    assert!(run.text().contains("/.ssh/web.pem\"\n"), "{run}");
    home.shell("env -u HOME keypair ssh-config tux").fails_with(253);
}

#[test]
fn documented_examples_print_their_output() {
    let key = include_str!("../../../vectors/keys/ed25519.openssh.pub");
    let console = vec![super::known_hosts::console(&[key])];
    let image = Some("ubuntu/images/hvm-ssd/x");
    let (_stub, home) = cloud(World { image, console, ..world() });
    home.write("web.pem", KEY);
    let page = examples(include_str!("../../../../docs/instances.md"));
    let is_of_this_file = |command: &str| {
        ["keypair password", "keypair which", "keypair known-hosts"]
            .iter()
            .any(|start| command.starts_with(start))
    };
    let page: Vec<_> = page.iter().filter(|example| is_of_this_file(&example.command)).collect();
    assert!(page.len() >= 4);
    for example in page {
        let run = home.shell(&format!("exec 2>&1\n{}", example.command));
        assert_eq!(run.text(), example.output, "$ {}", example.command);
    }
}
