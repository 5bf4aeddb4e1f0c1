//! The registry file on Windows.

use std::fs;

use crate::support::home::{Home, assert_intact};

#[test]
fn registry_is_in_local_app_data() {
    let home = Home::new();
    assert!(home.keypair("describe").success().json()["KeyPairs"].as_array().unwrap().is_empty());
    assert!(!home.registry().parent().unwrap().exists());
    let run = home.keypair("create web --type ed25519").success();
    assert!(run.stderr.is_empty(), "{run}");
    assert_intact(&home.registry());
    let run = home.keypair("describe --debug").success();
    assert_eq!(run.json()["KeyPairs"][0]["KeyName"], "web");
    // Neither in the roaming profile nor in the place used on Unix.
    let user = home.path(r"..\user");
    assert_eq!(fs::read_dir(user).unwrap().count(), 1);
}

#[test]
fn variable_selects_registry_file() {
    let mut home = Home::new();
    let place = home.path(r"..\user\other place\reg");
    home.set("KEYPAIR_REGISTRY_FILE", &place);
    home.keypair("create a --type ed25519").success();
    assert_intact(&place);
    assert!(!home.registry().exists());
    home.set("KEYPAIR_REGISTRY_FILE", r"below\é\reg");
    home.keypair("create a --type ed25519 --out b.pem").success();
    assert_intact(&home.path(r"below\é\reg"));
    home.keypair("create c --type ed25519 --registry-file C:reg --out c.pem").success();
    let verbatim = format!(r"\\?\{}", home.path("verbatim").display());
    let create = ["create", "d", "--type", "ed25519", "--registry-file", &verbatim];
    home.keypair_with(create).success();
    assert_intact(&home.path("verbatim"));
    let run = home.keypair_with(["describe", "--registry-file", &verbatim]).success();
    assert_eq!(run.json()["KeyPairs"][0]["KeyName"], "d");
}

#[test]
fn registry_falls_back_to_user_profile() {
    let mut home = Home::new();
    home.set("LOCALAPPDATA", "");
    // Shells ported from Unix set it, with a Unix path.
    home.set("HOME", "/c/Users/me");
    home.keypair("create a --type ed25519").success();
    assert_intact(&home.registry());
    home.set("USERPROFILE", "");
    home.keypair("describe").fails_with(253).says(&["--registry-file"]);
    home.keypair("create b --type ed25519").fails_with(253);
    assert_eq!(home.names_in(""), ["a.pem"]);
}

#[test]
fn invalid_registry_is_not_changed() {
    let home = Home::new();
    let text = "this is no database, but it is long enough to be one. ".repeat(100);
    home.write("text", &text);
    fs::create_dir(home.path("folder")).unwrap();
    for path in ["text", "folder", r"text\below", "."] {
        for line in ["describe", "create k --type ed25519", "delete k", "prune --delete"] {
            home.keypair(&format!("{line} --registry-file {path}")).fails_with(253);
        }
        home.keypair(&format!("doctor --registry-file {path}")).ends_with(1);
    }
    assert_eq!(home.read("text"), text.as_bytes());
    assert_eq!(home.names_in(""), ["folder", "text"]);
}

#[test]
fn read_only_registry_is_not_changed() {
    let home = Home::new();
    home.keypair("create a --type ed25519").success();
    let before = fs::read(home.registry()).unwrap();
    let mut permissions = fs::metadata(home.registry()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(home.registry(), permissions).unwrap();
    for line in ["create b --type ed25519", "delete a", "create c --count 2 --type ed25519"] {
        home.keypair(line).fails_with(253);
    }
    assert_eq!(fs::read(home.registry()).unwrap(), before);
    assert_eq!(home.names_in(""), ["a.pem"]);
}
