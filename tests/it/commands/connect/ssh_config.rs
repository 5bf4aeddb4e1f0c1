//! `ssh-config`: blocks that a real ssh uses.

use std::fs;

use super::World;
use crate::support::instance_connect::{ID, pushes};

/// Makes a key for the blocks, and known hosts for them.
pub(super) fn prepare(world: &World) {
    world
        .home
        .shell(
            "mkdir -p -m 700 ~/.ssh; ssh-keygen -q -t ed25519 -N '' -f 'my key'
             cp known_hosts ~/.ssh/known_hosts",
        )
        .success();
}

#[test]
fn block_makes_ssh_and_scp_work() {
    let world = World::new();
    prepare(&world);
    let script = format!(
        "keypair ssh-config web --key 'my key' --push --os-user \"$SSH_USER\" > config
         echo content > file
         for host in web {ID}; do
             ssh -F config -p \"$SSH_PORT\" -o UserKnownHostsFile=known_hosts -o BatchMode=yes $host echo hi || exit
             scp -q -F config -P \"$SSH_PORT\" -o UserKnownHostsFile=known_hosts -o BatchMode=yes file $host:\"$PWD/copy\" || exit
         done
         cat copy"
    );
    let run = world.home.shell(&script).success();
    assert_eq!(run.text(), "hi\nhi\ncontent\n", "{run}");
    assert_eq!(pushes(&world.stub).len(), 4);
    let config = String::from_utf8(world.home.read("config")).unwrap();
    assert!(config.starts_with(&format!("# keypair begin {ID}\nHost {ID} web\n")), "{config}");
    assert!(config.ends_with(&format!("\n# keypair end {ID}\n")), "{config}");
    // Without --push, the key must be authorized on the instance.
    fs::write(world.sshd.authorized_keys(), world.home.read("my key.pub")).unwrap();
    let script = "keypair ssh-config web --key 'my key' --os-user \"$SSH_USER\" > config
         ssh -F config -p \"$SSH_PORT\" -o UserKnownHostsFile=known_hosts -o BatchMode=yes web echo hi";
    assert_eq!(world.home.shell(script).success().text(), "hi\n");
    assert_eq!(pushes(&world.stub).len(), 4);
}

/// A pushed key opens the server for a minute, so each run of a program needs a push.
#[test]
fn each_run_of_a_program_pushes_the_key() {
    let world = World::new();
    prepare(&world);
    let script = format!(
        "set -e
         keypair ssh-config web --key 'my key' --push --os-user \"$SSH_USER\" > config
         printf '%s\\n' 'Host *' \"Port $SSH_PORT\" \"UserKnownHostsFile $PWD/known_hosts\" \
             'GlobalKnownHostsFile none' 'BatchMode yes' 'StrictHostKeyChecking yes' >> config
         pushes=0
         run() {{ \"$@\"; sh \"$MINUTE\"; pushes=$((pushes + 1)); }}
         echo content > file
         run ssh -F config web true
         run scp -q -F config file web:\"$PWD/a\"
         run scp -q -F config a {ID}:\"$PWD/b\"
         run scp -q -F config web:\"$PWD/b\" c
         echo \"put c d\" > batch
         run sftp -q -F config -b batch web:\"$PWD\" > sftp
         cat d
         run rsync -e 'ssh -F config' d web:\"$PWD/e\"
         cmp d e
         git init -q repository
         git -C repository -c user.name=n -c user.email=e commit -q --allow-empty -m first
         GIT_SSH_COMMAND='ssh -F config' run git clone -q web:\"$PWD/repository\" clone
         git -C clone log --format=%s > log
         grep -qx first log
         echo $pushes
         plain() {{
             ssh -F none -i 'my key' -o IdentitiesOnly=yes $SSH_OPTIONS -o HostKeyAlias={ID} \
                 \"$SSH_USER@127.0.0.1\" echo plain
         }}
         ! plain 2> refused
         ssh -F config web true
         plain
         sh \"$MINUTE\"
         ! plain 2>> refused
         grep -c 'Permission denied (publickey)' refused"
    );
    let run = world.home.shell(&script).success();
    let count = pushes(&world.stub).len();
    assert_eq!(count, 8);
    assert_eq!(run.text(), format!("content\n{}\nplain\n2\n", count - 1), "{run}");
}

#[test]
fn append_replaces_block_and_keeps_other_bytes() {
    let world = World::new();
    prepare(&world);
    let config = world.home.path("../home/.ssh/config");
    let old = "# mine \r\nHost other\n\tUser x\n\n\nHost last";
    fs::write(&config, old).unwrap();
    world.home.shell("chmod 640 ~/.ssh/config").success();
    let append = "keypair ssh-config --key 'my key' --append";
    let run = world.home.shell(&format!("{append} web")).success();
    assert_eq!(run.json()["Changed"], true, "{run}");
    let first = fs::read_to_string(&config).unwrap();
    assert!(first.starts_with(&format!("{old}\n# keypair begin {ID}\n")), "{first}");
    assert_eq!(world.home.mode("../home/.ssh/config"), 0o640);
    let run = world.home.shell(&format!("{append} web")).success();
    assert_eq!(run.json()["Changed"], false, "{run}");
    world.home.shell("echo 'Host after' >> ~/.ssh/config").success();
    world.home.shell(&format!("{append} web --os-user root")).success();
    let second = fs::read_to_string(&config).unwrap();
    assert!(second.starts_with(&format!("{old}\n# keypair begin {ID}\n")), "{second}");
    assert!(second.contains("    User root\n") && second.ends_with("\nHost after\n"), "{second}");
    assert_eq!(second.matches("# keypair begin").count(), 1, "{second}");
    // A name that was given once stays.
    world.home.shell(&format!("{append} {ID} --os-user root")).success();
    assert_eq!(fs::read_to_string(&config).unwrap(), second);
    // The name belonged to another instance.
    let stale = "# keypair begin i-1\nHost i-1 web\n    User x\n# keypair end i-1\n";
    fs::write(&config, stale).unwrap();
    world.home.shell(&format!("{append} web")).success();
    let third = fs::read_to_string(&config).unwrap();
    assert!(third.starts_with(&stale.replace(" web", "")), "{third}");
    assert_eq!(third.matches(" web\n").count(), 1, "{third}");
    // Another file, which is new.
    let run = world.home.shell("keypair ssh-config web --key 'my key' --append=new").success();
    assert_eq!(run.json()["File"], "new", "{run}");
    assert_eq!(world.home.mode("new"), 0o600);
    // A link stays one.
    world.home.shell("ln -s new link").success();
    world.home.shell("keypair ssh-config web --key 'my key' --os-user u --append=link").success();
    world.home.shell("test -L link && grep -q 'User u' new").success();
    let left = "find . ~/.ssh -name '.keypair*'";
    assert_eq!(world.home.shell(left).success().text(), "");
}

/// The file that a killed command moved away may be the only one.
#[test]
fn file_of_killed_command_is_recovered() {
    let world = World::new();
    prepare(&world);
    world.home.write("config", "Host new\n");
    let stale = ".keypair-$(printf config | sha256sum | cut -c 1-8)-4";
    let append = "keypair ssh-config web --key 'my key' --append=config";
    let run = world.home.shell(&format!("echo Host old > {stale}; {append}")).success();
    let warning = "warning: kept config.1: a killed command had replaced it\n";
    assert!(run.stderr.ends_with(warning), "{run}");
    assert_eq!(world.home.read("config.1"), b"Host old\n");
}

#[test]
fn hostile_names_are_not_host_names() {
    let world = World::new();
    prepare(&world);
    // The tag of this instance is `* \n ProxyCommand x`; only its ID becomes a host name.
    let ssh_config = "keypair ssh-config --key 'my key'";
    let run = world.home.shell(&format!("{ssh_config} i-0000000a")).success();
    assert!(run.text().contains("\nHost i-0000000a\n"), "{run}");
    assert!(!run.text().contains("touch"), "{run}");
    let run = world.home.shell(&format!("{ssh_config} 'a * b'")).success();
    assert!(run.text().contains("\nHost i-0000000b\n"), "{run}");
    assert!(run.stderr.contains("`a * b` cannot be a host name of ssh"), "{run}");
}

#[test]
fn invalid_blocks_are_refused() {
    let world = World::new();
    prepare(&world);
    world.home.write("open", format!("# keypair begin {ID}\nHost x\n"));
    world
        .home
        .shell("cp 'my key' 'a\"b'; keypair convert 'my key' --format ppk --out k.ppk")
        .success();
    for (words, code, said) in [
        ("", 252, "required"),
        ("windows --key 'my key'", 1, "it runs Windows"),
        ("nobody --key 'my key'", 3, "InvalidInstanceID.NotFound"),
        ("twin --key 'my key'", 5, "i-00000004"),
        ("web", 5, ""),
        ("web --push", 252, "--key"),
        ("web --key k.ppk", 5, "ssh cannot read keys in this format"),
        ("web --key 'a\"b'", 252, "cannot write"),
        ("web --key 'my key' --os-user -l", 252, "invalid user `-l`"),
        ("web --key 'my key' --append=open", 255, "open: unexpected mark of a block in line 1"),
        ("web --key 'my key' --append=none/config", 255, "none"),
        ("web --key 'my key' --append=.", 255, ""),
    ] {
        let run = world.home.shell(&format!("keypair ssh-config {words}")).fails_with(code);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{words}\n{run}");
    }
    assert_eq!(world.home.read("open"), format!("# keypair begin {ID}\nHost x\n").as_bytes());
}
