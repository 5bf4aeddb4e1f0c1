//! `doctor`: findings and remedies on Windows.

use serde_json::Value;

use crate::support::home::Home;

/// Makes a file world-readable. In Wine, icacls does nothing, but every file is world-readable.
fn make_world_readable(home: &Home, name: &str) {
    let run = home.launch_program("icacls").args([name, "/grant", "*S-1-1-0:R"]).run();
    run.success();
}

#[track_caller]
fn findings(response: &Value) -> Vec<(&str, &str)> {
    let found = response["Findings"].as_array().unwrap();
    found.iter().map(|f| (f["Code"].as_str().unwrap(), f["Subject"].as_str().unwrap())).collect()
}

#[test]
fn doctor_finds_and_changes_nothing() {
    let home = Home::new();
    let run = home.keypair("doctor").success();
    let expected = "nothing needs attention; checked: no registry yet; no files";
    assert!(run.text().starts_with(expected) && run.stderr.is_empty(), "{run}");
    home.keypair("create web --type ed25519 --public-out web.pub").success();
    home.keypair("create ci --count 2 --format ppk").success();
    home.write("notes", "nonsense");
    let before = home.names_in("");
    let run = home.keypair("doctor").success();
    let expected =
        "nothing needs attention; checked: a registry of 3 pairs; 5 files with 3 private keys";
    assert!(run.text().starts_with(expected), "{run}");
    let response = home.keypair("doctor --output json").success().json();
    assert_eq!(response["Healthy"], true);
    assert_eq!(response["PrivateKeyFiles"], 3);
    assert_eq!(findings(&response), []);
    assert_eq!(home.keypair("doctor --output jsonl").success().text(), "");
    assert_eq!(home.names_in(""), before);
}

#[test]
fn readable_private_key_is_found_with_remedy() {
    let home = Home::new();
    home.keypair("create web --type ed25519").success();
    for name in ["copy.pem", "with space.pem"] {
        home.write(name, home.read("web.pem"));
        make_world_readable(&home, name);
    }
    let run = home.keypair("doctor").ends_with(1);
    for line in [
        "attention: copy.pem: others can read this private key (access for ",
        r#"icacls copy.pem /inheritance:r /grant:r "%USERNAME%:R""#,
        r#"icacls "with space.pem" /inheritance:r /grant:r "%USERNAME%:R""#,
        "2 findings need attention; checked: a registry of 1 pair; 3 files with 3 private keys",
    ] {
        assert!(run.text().contains(line), "{line}: {run}");
    }
    assert!(!run.text().contains("web.pem: ") && !run.text().contains("chmod"), "{run}");
    let run = home.keypair("doctor --output json").ends_with(1);
    let response = run.json();
    let expected = ["copy.pem", "with space.pem"].map(|name| ("ExposedPrivateKey", name));
    assert_eq!(findings(&response), expected);
    assert_eq!(response["Healthy"], false);
    assert_eq!(response["Findings"][0]["Level"], "attention");
    assert!(response["Findings"][0]["Remedy"].as_str().unwrap().starts_with("icacls copy.pem "));
    home.keypair("doctor web.pem").success();
    home.keypair("doctor copy.pem").ends_with(1);
    home.keypair(r"doctor .\web.pem ..\work\web.pem").success();
    // `convert` can fix it.
    home.keypair("convert copy.pem --format pem --out copy.pem --force").success();
    home.keypair("doctor copy.pem").success();
}

#[test]
fn readable_registry_is_found() {
    let home = Home::new();
    home.write("reg", "");
    make_world_readable(&home, "reg");
    home.keypair("create web --type ed25519 --registry-file reg").success();
    let run = home.keypair("doctor --output json --registry-file reg").ends_with(1);
    let response = run.json();
    assert_eq!(findings(&response)[0], ("ExposedRegistry", "reg"), "{run}");
    let remedy = response["Findings"][0]["Remedy"].as_str().unwrap();
    let icacls = r#"icacls reg /inheritance:r /grant:r "%USERNAME%:F""#;
    assert!(remedy.starts_with(icacls), "{remedy}");
    // keypair creates the journal; SQLite would inherit the permissions of the directory.
    assert_eq!(findings(&response).len(), 1, "{run}");
}

#[test]
fn non_file_and_missing_file_are_reported() {
    let home = Home::new();
    for (path, expected) in [
        ("NUL", "remark: NUL: skipped: this is a device"),
        ("none", "none: cannot read this: "),
        (r"none\k.pem", r"none\k.pem: cannot read this: "),
        (r"C:\none\k.pem", r"C:\none\k.pem: cannot read this: "),
    ] {
        let code = i32::from(!expected.starts_with("remark"));
        let run = home.keypair(&format!("doctor {path}")).ends_with(code);
        assert!(run.text().contains(expected) && run.stderr.is_empty(), "{run}");
    }
}

#[test]
fn weak_and_expired_pairs_are_found() {
    let home = Home::new();
    let weak = crate::support::home::vector(r"keys\rsa1024.pem.pub");
    home.keypair_with(["import".as_ref(), "it's weak".as_ref(), weak.as_os_str()]).success();
    home.keypair("create old --type ed25519 --tag keypair:expires-at=2020-01-01T00:00:00Z")
        .success();
    let run = home.keypair("doctor").ends_with(1);
    for expected in [
        "it's weak: this RSA key has 1024 bits",
        r#"`keypair delete "it's weak"` removes this one"#,
        "old: this pair expired at 2020-01-01T00:00:00Z",
    ] {
        assert!(run.text().contains(expected), "{expected}: {run}");
    }
}
