//! The private key is found and read in every format.

use super::{ID, KEY, PASSWORD, cloud, encrypted, world};
use crate::support::home::Home;
use crate::support::moto::Account;

/// Writes the key in every format that can be unencrypted, and in every encrypted one, with the
/// passphrase `pass`. Returns the names.
fn formats(home: &Home) -> Vec<&'static str> {
    home.write("k.pem", KEY);
    home.write("pass", "pass");
    let commands = "set -e; umask 077; mkdir plain locked
        for format in pem openssh pkcs8 ppk; do
            keypair convert k.pem --format $format --out plain/$format --no-passphrase
            keypair convert k.pem --format $format --out locked/$format --new-passphrase-file pass
        done
        keypair convert k.pem --format ppk --ppk-version 2 --out plain/ppk2
        keypair convert k.pem --format ppk --ppk-version 2 --out locked/ppk2 --new-passphrase-file pass
        openssl pkey -in k.pem -outform DER -out plain/der
        timeout 60 openssl rsa -in k.pem -aes128 -traditional -passout file:pass -out locked/traditional
        timeout 60 openssl pkcs8 -topk8 -in k.pem -v2 aes256 -passout file:pass -outform DER -out locked/der
        rm k.pem";
    home.shell(commands).success();
    vec![
        "plain/pem",
        "plain/openssh",
        "plain/pkcs8",
        "plain/ppk",
        "plain/ppk2",
        "plain/der",
        "locked/pem",
        "locked/openssh",
        "locked/pkcs8",
        "locked/ppk",
        "locked/ppk2",
        "locked/traditional",
        "locked/der",
    ]
}

#[test]
fn every_private_format_opens_the_password() {
    let (_stub, home) = cloud(world());
    for file in formats(&home) {
        for command in [
            format!("keypair password {ID} --key {file} --query Password --output text"),
            format!(
                "keypair get-password-data --instance-id {ID} --priv-launch-key {file} \
                 --query PasswordData --output text"
            ),
        ] {
            let run = home.shell(&format!("KEYPAIR_PASSPHRASE=pass {command}")).success();
            assert_eq!(run.text(), format!("{PASSWORD}\n"), "{file}");
            if file.starts_with("locked") {
                let run = home.shell(&format!("KEYPAIR_PASSPHRASE=wrong {command}"));
                let status = if command.contains("instance-id") { 255 } else { 5 };
                assert!(run.fails_with(status).text().is_empty(), "{file}");
                let run = home.shell(&format!("setsid {command} < /dev/null"));
                assert!(run.fails_with(252).stderr.contains("KEYPAIR_PASSPHRASE"), "{file}");
            }
        }
    }
}

#[test]
fn private_key_is_found_among_other_files() {
    let (_stub, home) = cloud(world());
    home.write("notes.txt", "text");
    home.shell(
        "umask 077; mkdir ~/.ssh keys; ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
         ssh-keygen -q -t rsa -N '' -f ~/.ssh/id_rsa; ssh-keygen -q -t rsa -N secret -f ~/.ssh/locked
         ssh-keygen -q -t rsa -m PEM -N secret -f ~/.ssh/hidden",
    )
    .success();
    let run = home.keypair(["password", "win"]).fails_with(5);
    assert!(run.stderr.contains("of the key pair `web`"), "{run}");
    // A file that is encrypted completely is compared by the .pub file next to it.
    assert!(!run.stderr.contains("hidden"), "{run}");
    home.write("keys/web.pem", KEY);
    for (from, to) in [("keys", "../home/.ssh"), ("../home/.ssh", ".")] {
        home.shell(&format!("mv {from}/web.pem {to}/web.pem")).success();
        let run = home.keypair(["password", "win"]).success();
        let json = run.json();
        let file = json["PrivateKeyFile"].as_str().unwrap();
        assert!(file.ends_with(if to == "." { "web.pem" } else { ".ssh/web.pem" }), "{run}");
        assert_eq!(json["Password"], PASSWORD);
        assert_eq!(json["InstanceId"], ID);
        assert_eq!(json["KeyName"], "web");
        assert_eq!(json["UserName"], "Administrator");
        assert_eq!(json["Timestamp"], "2026-11-29T12:34:56+00:00");
        assert!(run.stderr.is_empty(), "{run}");
    }
    home.keypair(["password", "win", "--key", "../home/.ssh"]).fails_with(5);
    home.keypair(["password", "win", "--key", "web.pem", "--key", "../home/.ssh"]).success();
}

#[test]
fn only_matching_file_is_asked_for_its_passphrase() {
    let (_stub, home) = cloud(world());
    home.write("plain.pem", KEY);
    home.shell(
        "umask 077; ssh-keygen -q -t rsa -N other -f a; ssh-keygen -q -t ed25519 -N other -f b
         ssh-keygen -q -t rsa -N other -f z
         chmod 600 plain.pem; ssh-keygen -q -p -N pass -f plain.pem > /dev/null; mv plain.pem web",
    )
    .success();
    let mut terminal = home.launch("keypair").args(["password", "win"]).on_terminal();
    terminal.expect("Passphrase for web: ");
    terminal.type_hidden_line("pass");
    let run = terminal.finish().success();
    assert_eq!(run.text().matches("Passphrase for").count(), 1, "{run}");
    assert!(run.text().contains("Administrator"), "{run}");
}

#[test]
fn named_file_with_stale_public_file_is_tried() {
    let (_stub, home) = cloud(world());
    home.write("plain.pem", KEY);
    home.shell(
        "umask 077; openssl rsa -in plain.pem -aes128 -traditional -passout pass:pp -out enc
         rm plain.pem; ssh-keygen -q -t rsa -N '' -f other; cp other.pub enc.pub; rm other*",
    )
    .success();
    let words = "--query Password --output text";
    let run = home.shell(&format!("KEYPAIR_PASSPHRASE=pp keypair password win --key enc {words}"));
    assert_eq!(run.success().text(), format!("{PASSWORD}\n"));
}

#[test]
fn password_data_may_be_folded_and_framed() {
    let plain = encrypted(PASSWORD.as_bytes(), KEY);
    let folded: Vec<_> =
        plain.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    for data in [
        format!("\r\n{plain}\r\n"),
        folded.join("\n"),
        folded.join("\r\n"),
        format!("&#xd;\n{}&#xd;\n", folded.join("&#xd;\n")),
    ] {
        let (_stub, home) = cloud(super::World { data: vec![data], ..world() });
        home.write("web.pem", KEY);
        let run = home.keypair(["password", ID, "--query", "Password", "--output", "text"]);
        assert_eq!(run.success().text(), format!("{PASSWORD}\n"));
    }
}

#[test]
fn deleted_pair_makes_each_rsa_key_tried() {
    let (_stub, home) = cloud(super::World { public_key: None, ..world() });
    home.shell(
        "umask 077; ssh-keygen -q -t rsa -b 2048 -N '' -f a; ssh-keygen -q -t ed25519 -N '' -f b",
    )
    .success();
    let run = home.keypair(["password", "win"]).fails_with(5);
    assert!(run.stderr.contains("the key pair `web` is deleted"), "{run}");
    home.write("web.pem", KEY);
    let run = home.keypair(["password", "win"]).success();
    assert_eq!(run.json()["Password"], PASSWORD);
    assert!(run.stderr.contains("each RSA key is tried: 2 of them"), "{run}");
    // An encrypted file is not tried without its passphrase, unless it has the name of the pair.
    home.shell("chmod 600 web.pem; ssh-keygen -q -p -N pass -f web.pem > /dev/null; mv web.pem c")
        .success();
    let run = home.keypair(["password", "win"]).fails_with(5);
    assert!(run.stderr.contains("to be asked for its passphrase: c"), "{run}");
    home.shell("KEYPAIR_PASSPHRASE=pass keypair password win").success();
    home.shell("printf pass > p; keypair password win --key c --passphrase-file p").success();
}

/// moto has no decryptable passwords, but real instances.
#[test]
fn moto_instance_is_found_by_id_and_name() {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    let home = account.home();
    home.shell("keypair create web; keypair create other").success();
    let launch = |name: &str| {
        let run = format!(
            "aws ec2 run-instances --image-id ami-12c6146b --key-name web --tag-specifications \
             'ResourceType=instance,Tags=[{{Key=Name,Value={name}}}]' --query Instances[0].InstanceId \
             --output text"
        );
        home.shell(&run).success().text().trim().to_owned()
    };
    let (one, star) = (launch("one"), launch("o*"));
    for (reference, id) in [("one", &one), (one.as_str(), &one), ("o*", &star)] {
        let run = home.keypair(["which", reference]).success();
        assert_eq!(run.json()["InstanceId"], id.as_str());
        assert_eq!(run.json()["PrivateKeyFiles"], serde_json::json!(["web.pem"]));
    }
    let again = launch("one");
    let run = home.keypair(["which", "one"]).fails_with(5);
    assert!(run.stderr.contains(&one) && run.stderr.contains(&again), "{run}");
    home.shell(&format!("aws ec2 terminate-instances --instance-ids {one}")).success();
    let run = home.keypair(["which", "one"]).success();
    assert_eq!(run.json()["InstanceId"], again.as_str());
    let run = home.keypair(["which", "i-0123456789abcdef0"]).fails_with(3);
    assert!(run.stderr.contains("(InvalidInstanceID.NotFound)"), "{run}");
    assert!(run.stderr.contains("DescribeInstances"), "{run}");
    home.keypair(["which", "two"]).fails_with(3);
}
