//! The clients of OpenSSH and PuTTY log in to a real sshd with created keys.

use crate::support::home::Home;
use crate::support::sshd::Sshd;

#[test]
fn openssh_and_plink_log_in_with_created_keys() {
    let home = Home::new();
    let keys = [
        ("rsa", "--type rsa", "rsa.pem"),
        ("ed", "--type ed25519", "ed.pem"),
        ("own", "--type rsa --format openssh", "own.pem"),
        ("eight", "--type rsa --format pkcs8", "eight.pem"),
        ("putty", "--type rsa --format ppk", "putty.ppk"),
        ("putty-ed", "--type ed25519 --format ppk", "putty-ed.ppk"),
        ("old-putty", "--type rsa --format ppk --ppk-version 2", "old-putty.ppk"),
        ("old-putty-ed", "--type ed25519 --format ppk --ppk-version 2", "old-putty-ed.ppk"),
    ];
    let mut authorized = String::new();
    for (name, options, _) in keys {
        home.shell(&format!("keypair create {name} {options}")).success();
        let query = "--include-public-key --query KeyPairs[0].PublicKey --output text";
        authorized += home.shell(&format!("keypair describe {name} {query}")).success().text();
    }
    home.shell("keypair create stranger --type ed25519").success();
    home.shell("keypair create stranger-putty --type ed25519 --format ppk").success();

    let sshd = Sshd::start(&authorized);
    for (_, options, file) in keys {
        let file = home.path(file);
        let logged_in = match options.contains("ppk") {
            true => sshd.login_with_plink(&file),
            false => sshd.login_with_openssh(&file),
        };
        assert!(logged_in, "{options}");
    }
    assert!(!sshd.login_with_openssh(&home.path("stranger.pem")));
    assert!(!sshd.login_with_plink(&home.path("stranger-putty.ppk")));
}
