//! The same arguments give the same output, messages and exit codes with both registries: a file,
//! and EC2 in the form of moto.
//!
//! Where moto's messages differ from EC2's, only the codes are compared. Other tests compare public
//! keys, because EC2 adds the name of the pair to them and moto does not, and the matching of
//! `verify`, because moto's fingerprints differ for non-RSA keys. Ids are not used, because moto
//! ignores them as a selection.

use crate::support::home::Home;
use crate::support::mask::masked;
use crate::support::moto::Account;
use crate::support::run::Run;

/// The arguments and the exit codes, executed in this order in one home.
const STEPS: [(&str, i32); 57] = [
    ("describe", 0),
    ("describe web", 3),
    ("describe --filters Name=key-name,Values=web", 0),
    ("create web --type ed25519", 0),
    ("create web --type ed25519", 4),
    ("create web --type ed25519 --out other.pem", 4),
    ("create other --out web.pem", 4),
    ("create db --bits 2048 --format ppk --tag team=ops --tag n=1 --public-out db.pub", 0),
    ("create api --type ed25519 --format openssh --output text", 0),
    ("create old --type ed25519 --format pkcs8 --tag 'k=é ' --output yaml", 0),
    ("create ' bad'", 5),
    ("create bits --bits 1000", 252),
    ("create bits --type ed25519 --bits 2048", 252),
    ("create tag --tag aws:x=y", 254),
    ("create tag --tag a=1 --tag a=2", 254),
    ("create dry --type ed25519 --dry-run", 0),
    ("create web --dry-run --out free.pem", 4),
    ("create-key-pair --key-name web --generate here", 4),
    ("create piped --type ed25519 --out - > piped.pem", 0),
    ("verify piped.pem --query '[Match,KeyPairs[].KeyName]'", 0),
    ("verify web.pem --key-name db", 1),
    ("verify web.pem --key-name web --query '[Match,KeyPairs[].KeyName]'", 0),
    ("verify web.pem --key-name wbe", 3),
    ("verify no-such-file", 255),
    ("import laptop web.pem", 0),
    ("import laptop web.pem", 4),
    ("import rsa db.pub --tag team=dev", 0),
    ("import ecdsa ecdsa.pub", 5),
    ("import empty /dev/null", 5),
    ("import dry db.pub --dry-run", 0),
    ("import laptop db.pub --dry-run", 4),
    ("import-key-pair --key-name fileb --public-key-material fileb://db.pub", 0),
    ("import-key-pair --key-name fileb --public-key-material fileb://db.pub", 4),
    ("import-key-pair --key-name none --public-key-material fileb://ecdsa.pub", 5),
    ("describe --output text", 0),
    ("describe rsa fileb --output table", 0),
    ("describe --output yaml", 0),
    ("describe web.pem", 3),
    ("describe WEB nothing-like-it", 3),
    ("describe --filters Name=tag:team,Values=o*", 0),
    ("describe --filters Name=tag-key,Values=team --query 'KeyPairs[].KeyName'", 0),
    ("describe --filters Name=nonsense,Values=x", 254),
    ("describe --filters nonsense", 252),
    ("describe --query 'KeyPairs[', --output text", 252),
    ("describe --dry-run", 0),
    ("delete nothing", 3),
    ("delete web nothing", 3),
    ("delete web --dry-run", 0),
    ("delete web --private-key-file db.ppk", 5),
    ("delete web --private-key-file web.pem", 0),
    ("delete web", 3),
    ("delete db api", 0),
    ("delete-key-pair --key-name old", 0),
    ("delete-key-pair --key-name old", 0),
    ("delete-key-pair", 252),
    ("describe", 0),
    ("convert db.ppk --public openssh --comment ''", 0),
];

#[test]
fn both_registries_give_the_same_results() {
    let file = Home::new();
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    let mut differences = String::new();
    for home in [&file, account.home()] {
        home.shell("ssh-keygen -q -t ecdsa -N '' -f ecdsa").success();
    }
    for (words, code) in STEPS {
        let [here, there] = [&file, account.home()].map(|home| {
            let run = home.shell(&format!("keypair {words}"));
            if run.code != Some(code) {
                differences.push_str(&format!("{words}: not {code}\n"));
            }
            // With EC2, `create` sends an import.
            let output = comparable_output(&run);
            match words.starts_with("create") {
                true => output.replace("calling the ImportKeyPair", "calling the CreateKeyPair"),
                false => output,
            }
        });
        if here != there {
            differences.push_str(&format!("{words}\n--- file\n{here}\n--- EC2\n{there}\n"));
        }
    }
    assert!(differences.is_empty(), "{differences}");
    let is_registry =
        |name: &std::ffi::OsString| name.to_string_lossy().starts_with("registry.sqlite3");
    let names = |home: &Home| {
        let mut names = home.files();
        names.sort();
        let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_owned();
        names.iter().map(name).filter(|name| !is_registry(name)).collect::<Vec<_>>()
    };
    assert_eq!(names(&file), names(account.home()));
}

/// Returns the output and messages of a run, without parts specific to EC2.
fn comparable_output(run: &Run) -> String {
    let said = run.stderr.lines().filter_map(|line| {
        // Only EC2 has regions and Windows instances.
        let is_its_own = line.contains("the region") || line.contains("Windows");
        (!is_its_own).then(|| without_moto_message(line))
    });
    let said: Vec<_> = said.collect();
    format!(
        "exit {:?}\n{}{}",
        run.code,
        masked(&String::from_utf8_lossy(&run.stdout)),
        said.join("\n")
    )
}

/// Removes moto's message after the code.
fn without_moto_message(line: &str) -> String {
    match line.split_once(" operation: ") {
        Some((head, _)) => head.replace("InvalidKeyPair.Format", "InvalidKey.Format"),
        None => line.to_owned(),
    }
}
