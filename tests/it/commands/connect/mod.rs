//! `connect`: ssh with a temporary key, to a real SSH server that a stub of EC2 Instance Connect opens.

mod host_keys;
mod kills;
mod refused;
mod ssh_config;

use std::fs;
use std::os::unix::fs::DirBuilderExt;

use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::instance_connect::{self, ID, pushes};
use crate::support::run::Run;
use crate::support::ssh_agent::SshAgent;
use crate::support::sshd::Sshd;
use crate::support::stub::Stub;

/// A user, a server, and the services that open it.
struct World {
    home: Home,
    sshd: Sshd,
    stub: Stub,
}

impl World {
    fn new() -> Self {
        let sshd = Sshd::with_instance_connect();
        let stub = instance_connect::start(&sshd);
        let mut home = home_of(&stub);
        let runtime = home.path("../run");
        fs::DirBuilder::new().mode(0o700).create(&runtime).unwrap();
        home.set("XDG_RUNTIME_DIR", runtime.canonicalize().unwrap());
        home.write("known_hosts", sshd.known_as(ID));
        let options = format!(
            "-F none -p {} -o BatchMode=yes -o ConnectTimeout=20 -o GlobalKnownHostsFile=none \
             -o StrictHostKeyChecking=yes -o UserKnownHostsFile={}",
            sshd.port(),
            home.path("known_hosts").canonicalize().unwrap().display()
        );
        home.set("SSH_OPTIONS", options);
        home.set("SSH_USER", sshd.user());
        home.set("SSH_PORT", sshd.port().to_string());
        home.set("MINUTE", sshd.pushed_keys().minute());
        Self { home, sshd, stub }
    }

    /// Runs `keypair connect` for the user of the server, with these words after ssh's options.
    #[track_caller]
    fn connect(&self, words: &str) -> Run {
        self.home.shell(&format!("keypair connect \"$SSH_USER\"@web $SSH_OPTIONS {words}"))
    }

    /// Fails the test if a file of an earlier run remains.
    #[track_caller]
    fn assert_nothing_left(&self) {
        let left = fs::read_dir(self.home.path("../run")).unwrap().count();
        assert_eq!(left, 0, "the runtime directory is not empty");
    }
}

#[test]
fn connect_runs_command_and_returns_its_status() {
    let world = World::new();
    for (words, code, output) in [
        ("-- echo hello", 0, "hello\n"),
        ("-v -- 'echo -n \"$0 %h\"' 2> /dev/null", 0, "%h"),
        ("-- exit 7", 7, ""),
        ("-v -- -x 2>&1 | grep -o 'Sending command: -x'", 0, "Sending command: -x\n"),
        ("-T -- 'tr a-z A-Z' < word", 0, "WORD\n"),
        ("-T < script", 3, "from stdin\n"),
    ] {
        world.home.write("word", "word\n");
        world.home.write("script", "echo from stdin; exit 3\n");
        let run = world.connect(words);
        assert_eq!(run.code, Some(code), "{words}\n{run}");
        assert!(run.text().ends_with(output), "{words}\n{run}");
        world.assert_nothing_left();
    }
    let pushes = pushes(&world.stub);
    assert_eq!(pushes.len(), 6);
    let keys: std::collections::BTreeSet<_> =
        pushes.iter().map(|push| push["SSHPublicKey"].to_string()).collect();
    assert_eq!(keys.len(), 6, "each run has its own key");
}

/// The server is on this machine, so the remote command can look.
#[test]
fn private_key_is_in_no_file() {
    let world = World::new();
    let folder = world.home.path("../run").canonicalize().unwrap();
    let run = world
        .connect(&format!("-- 'cd {}/keypair-exec-* && ls -A && cat key.pub'", folder.display()));
    let run = run.success();
    let lines: Vec<_> = run.text().lines().collect();
    let [".keypair-exec", ".keypair-exec-user", "agent", "key.pub", public] = lines[..] else {
        panic!("{run}")
    };
    assert!(pushes(&world.stub).iter().any(|push| push["SSHPublicKey"] == public.trim()));
    world.assert_nothing_left();
}

/// The server allows two attempts, and the user's agent has nine keys.
#[test]
fn foreign_keys_in_agent_are_not_tried() {
    let mut world = World::new();
    let _agent = SshAgent::start(&mut world.home);
    world
        .home
        .shell(
            "for i in 1 2 3 4 5 6 7 8 own; do ssh-keygen -q -t ed25519 -N '' -f k$i; done
             ssh-add -q k1 k2 k3 k4 k5 k6 k7 k8 kown",
        )
        .success();
    world.connect("-- true").success();
    fs::write(world.sshd.authorized_keys(), world.home.read("kown.pub")).unwrap();
    let ssh = "ssh $SSH_OPTIONS -o HostKeyAlias=\"$ID\" \"$SSH_USER@127.0.0.1\" true";
    let run = world.home.shell(&format!("ID={ID}; {ssh}")).fails_with(255);
    assert!(run.stderr.contains("Too many authentication failures"), "{run}");
    let connect = "keypair connect \"$SSH_USER\"@web --key";
    world.home.shell(&format!("{connect} kown $SSH_OPTIONS -- true")).success();
    // The private key is in the agent only.
    let script = format!("rm kown; {connect} kown.pub $SSH_OPTIONS -- true");
    world.home.shell(&script).success();
    world.home.shell(&format!("{connect} k1 $SSH_OPTIONS -- true")).fails_with(255);
}

#[test]
fn session_outlives_its_key() {
    let world = World::new();
    let run = world.connect("-- \"sh '$MINUTE'; echo done\"").success();
    assert_eq!(run.text(), "done\n");
    world.connect("-- true").success();
}

/// Each connection of another program pushes its key through the ProxyCommand.
#[test]
fn proxy_pushes_for_each_connection() {
    let world = World::new();
    let script = format!(
        "ssh-keygen -q -t ed25519 -N '' -f k
         echo content > file
         for i in 1 2 3; do
             scp -q ${{SSH_OPTIONS%-p *}} -P \"$SSH_PORT\" -i k -o IdentitiesOnly=yes \
                 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=known_hosts \
                 -o HostKeyAlias={ID} -o User=\"$SSH_USER\" \
                 -o ProxyCommand='keypair connect --proxy --push k.pub --os-user %r {ID} %p' \
                 file web:\"$PWD/copy$i\" || exit
             sh \"$MINUTE\"
         done
         cat copy1 copy2 copy3"
    );
    let run = world.home.shell(&script).success();
    assert_eq!(run.text(), "content\ncontent\ncontent\n", "{run}");
    assert_eq!(pushes(&world.stub).len(), 3);
}

#[test]
fn own_key_is_used_without_push() {
    let world = World::new();
    world.home.shell("ssh-keygen -q -t ed25519 -N '' -f mine.pem; mkdir -p ~/.ssh").success();
    let public = world.home.read("mine.pem.pub");
    fs::write(world.sshd.authorized_keys(), public).unwrap();
    let connect = "keypair connect \"$SSH_USER\"@web --key";
    // ssh would expand this to another name.
    world.home.shell("cp mine.pem 'own%h'").success();
    for key in ["mine.pem", "mine", "./mine.pem", "'own%h'"] {
        world.home.shell(&format!("{connect} {key} $SSH_OPTIONS -- true")).success();
    }
    world.home.shell("mv mine.pem ~/.ssh/").success();
    world.home.shell(&format!("{connect} mine $SSH_OPTIONS -- true")).success();
    assert!(pushes(&world.stub).is_empty());
    world.assert_nothing_left();
}

#[test]
fn killed_parts_leave_nothing_behind() {
    let world = World::new();
    let sleep = "rm -f up; keypair connect \"$SSH_USER\"@web $SSH_OPTIONS -- 'echo up; exec sleep 20' > up &
                 until grep -qs up up; do sleep 0.05; done";
    // ssh
    let run = world.home.shell(&format!("{sleep}; kill -9 $(pgrep -P $! -x ssh); wait $!"));
    assert_eq!(run.code, Some(137), "{run}");
    world.assert_nothing_left();
    // The proxy.
    let run = world
        .home
        .shell(&format!("{sleep}; kill -9 $(pgrep -P $(pgrep -P $! -x ssh) keypair); wait $!"));
    assert_eq!(run.code, Some(255), "{run}");
    world.assert_nothing_left();
    // keypair itself: its private key is gone at once, and the next run removes the rest.
    let killed =
        format!("{sleep}; S=$(pgrep -P $! -x ssh); kill -9 $!; wait $!; kill $S; sleep 0.2");
    world.home.shell(&killed).success();
    let left: Vec<_> = fs::read_dir(world.home.path("../run")).unwrap().collect();
    assert_eq!(left.len(), 1);
    world.connect("-- true").success();
    world.assert_nothing_left();
}
