//! A login that trusts only the lines of `known-hosts`.

use std::fs;

use super::World;
use crate::support::instance_connect::ID;

#[test]
fn login_trusts_lines_of_known_hosts_only() {
    let world = World::new();
    world.home.shell("ssh-keygen -q -t ed25519 -N '' -f own").success();
    fs::write(world.sshd.authorized_keys(), world.home.read("own.pub")).unwrap();
    let logins = || {
        let plain = "ssh $SSH_OPTIONS -i own -o IdentitiesOnly=yes \"$SSH_USER@127.0.0.1\" true";
        [world.connect("-- true"), world.home.shell(plain)]
    };
    let append = "keypair known-hosts web --append=known_hosts";
    let refused = "Host key verification failed";
    world.home.write("known_hosts", "");
    for run in logins() {
        assert!(run.fails_with(255).stderr.contains(refused));
    }
    for words in ["keypair known-hosts web >> known_hosts", &format!("rm known_hosts; {append}")] {
        world.home.shell(words).success();
        for run in logins() {
            run.success();
        }
    }
    world.sshd.change_host_key();
    let before = world.home.read("known_hosts");
    for run in logins() {
        assert!(run.fails_with(255).stderr.contains(refused));
    }
    let run = world.home.shell(append).fails_with(5);
    assert!(run.stderr.contains(&format!("line 1 has another key for {ID}")), "{run}");
    assert_eq!(world.home.read("known_hosts"), before);
    world.home.shell(&format!("ssh-keygen -R {ID} -f known_hosts; {append}")).success();
    for run in logins() {
        run.success();
    }
}
