//! The private key file: complete, private to its owner, and never in place of another file.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::home::Home;

pub(super) fn names(home: &Home) -> Vec<String> {
    let run = home.keypair(["describe", "--query", "KeyPairs[].KeyName"]).success();
    let names = run.json();
    names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn private_file_has_mode_0400_for_any_umask() {
    let mut home = Home::new();
    for (name, umask) in [("open", 0), ("usual", 0o022), ("closed", 0o777)] {
        home.set_umask(umask);
        home.keypair(["create", name, "--type", "ed25519"]).success();
        assert_eq!(home.mode(&format!("{name}.pem")), 0o400);
    }
}

/// Watches the directory while keys are created in it.
#[test]
fn private_file_appears_complete_with_its_mode() {
    let home = Home::new();
    let done = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::SeqCst) {
                for entry in fs::read_dir(home.path("")).unwrap().flatten() {
                    let Ok(metadata) = fs::symlink_metadata(entry.path()) else { continue };
                    assert_eq!(metadata.permissions().mode() & 0o7777, 0o400, "{entry:?}");
                    let Ok(text) = fs::read_to_string(entry.path()) else { continue };
                    assert!(text.ends_with("-----END OPENSSH PRIVATE KEY-----\n"), "{entry:?}");
                    seen += 1;
                }
            }
            seen
        });
        for number in 0..60 {
            let name = format!("k{}", number % 6);
            let options = ["--type", "ed25519", "--force", "--out", &format!("{name}.pem")];
            home.keypair(["create"].into_iter().chain(options)).success();
        }
        done.store(true, Ordering::SeqCst);
        watcher.join().unwrap()
    });
    assert!(seen > 60, "{seen} sightings");
    assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 6);
}

#[test]
fn create_keeps_existing_files_and_fails() {
    let home = Home::new();
    home.write("file", "precious");
    fs::set_permissions(home.path("file"), fs::Permissions::from_mode(0o640)).unwrap();
    home.write("closed", "precious");
    fs::set_permissions(home.path("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    home.write("empty", "");
    symlink("file", home.path("link")).unwrap();
    symlink("nowhere", home.path("dangling")).unwrap();
    fs::create_dir(home.path("folder")).unwrap();
    home.shell("mkfifo pipe").success();
    let before = home.files();
    for name in ["file", "closed", "empty", "link", "dangling", "folder", "pipe"] {
        for option in ["--out", "--public-out"] {
            let other = if option == "--out" { "--public-out=p" } else { "--out=p" };
            let run = home.keypair(["create", "k", option, name, other]);
            let code = if ["folder", "pipe"].contains(&name) { 255 } else { 4 };
            let run = run.fails_with(code);
            assert!(run.stderr.contains(name), "{run}");
            assert_eq!(home.files(), before);
        }
    }
    for name in ["folder", "pipe", "/dev/null"] {
        home.keypair(["create", "k", "--force", "--out", name]).fails_with(255);
    }
    assert_eq!(home.files(), before);
    assert_eq!((home.read("file"), home.mode("file")), (b"precious".to_vec(), 0o640));
    assert_eq!(home.mode("closed"), 0);
    assert!(fs::metadata("/dev/null").unwrap().len() == 0 && !Path::new("/dev/null").is_file());
}

#[test]
fn force_replaces_file_or_symbolic_link() {
    let home = Home::new();
    home.write("elsewhere", "precious");
    home.write("old", "old");
    symlink("elsewhere", home.path("link")).unwrap();
    for name in ["old", "link", "new"] {
        home.keypair(["create", name, "--type", "ed25519", "--force", "--out", name]).success();
        assert_eq!(home.mode(name), 0o400);
        assert!(home.read(name).starts_with(b"-----BEGIN OPENSSH PRIVATE KEY-----\n"));
    }
    assert_eq!(home.read("elsewhere"), b"precious");
    assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 4);
}

#[test]
fn force_keeps_old_file_when_registration_fails() {
    let home = Home::new();
    home.keypair(["create", "a", "--type", "ed25519"]).success();
    let old = home.read("a.pem");
    home.keypair(["create", "a", "--force"]).fails_with(4);
    home.write("broken", "not a database, but long enough to be one".repeat(100));
    for registry in ["broken", "broken/below", "."] {
        let options = ["--force", "--out", "a.pem", "--registry-file", registry];
        home.keypair(["create", "b"].into_iter().chain(options)).fails_with(253);
    }
    assert_eq!((home.read("a.pem"), home.mode("a.pem")), (old, 0o400));
    assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 2);
}

#[test]
fn concurrent_creates_of_one_file_register_one() {
    let home = Home::new();
    for round in 0..8 {
        let out = format!("k{round}.pem");
        let run = |name: String| {
            home.launch("keypair").args(["create", &name, "--type", "ed25519", "--out", &out]).run()
        };
        let mut codes: Vec<_> = thread::scope(|scope| {
            let runs =
                ["a", "b", "c"].map(|name| scope.spawn(move || run(format!("{name}{round}")).code));
            runs.map(|run| run.join().unwrap()).into()
        });
        codes.sort();
        assert_eq!(codes, [Some(0), Some(4), Some(4)]);
        let registered: Vec<_> =
            names(&home).into_iter().filter(|name| name.ends_with(&round.to_string())).collect();
        let [name] = &registered[..] else { panic!("{registered:?}") };
        let public = home.shell(&format!("ssh-keygen -y -f {out}")).success();
        let query = "--include-public-key --query KeyPairs[0].PublicKey --output text";
        let described = home.shell(&format!("keypair describe {name} {query}")).success();
        assert_eq!(public.text(), described.text());
    }
}

#[test]
fn create_in_missing_or_closed_directory_fails() {
    let home = Home::new();
    home.write("file", "");
    for (out, said) in [
        ("none/k.pem", "the directory none does not exist"),
        ("file/k.pem", "file is not a directory"),
        ("..", "invalid path .."),
        ("/proc/k.pem", "/proc/k.pem"),
    ] {
        let run = home.keypair(["create", "k", "--out", out]).fails_with(255);
        assert!(run.stderr.contains(said), "{run}");
    }
    fs::create_dir(home.path("closed")).unwrap();
    fs::set_permissions(home.path("closed"), fs::Permissions::from_mode(0o500)).unwrap();
    // Root ignores the mode.
    if home.shell("id -u").text() != "0\n" {
        let run = home.keypair(["create", "k", "--out", "closed/k.pem"]).fails_with(255);
        assert!(run.stderr.contains("Permission denied"), "{run}");
    }
    assert_eq!(names(&home), [""; 0]);
}

#[test]
fn file_size_limit_changes_nothing() {
    let home = Home::new();
    home.keypair(["create", "first", "--type", "ed25519"]).success();
    let before = home.files();
    // The limit is in blocks of 512 bytes, too few for the private key.
    let run = home.shell("ulimit -f 1; keypair create k --bits 4096").fails_with(255);
    assert!(run.stderr.contains("cannot write k.pem: File too large"), "{run}");
    assert_eq!(home.files(), before);
    let run = home.shell("ulimit -f 1; keypair create first --bits 4096 --force --out first.pem");
    run.fails_with(4);
    let run = home.shell("ulimit -f 1; keypair create k --bits 4096 --force --out first.pem");
    run.fails_with(255);
    // Enough for the key, but not for the registry.
    let run = home.shell("ulimit -f 8; keypair create k --type ed25519 --registry-file r/new");
    let run = run.fails_with(253);
    assert!(run.stderr.contains("cannot use the registry"), "{run}");
    assert!(!home.path("k.pem").exists());
    home.shell("ssh-keygen -y -f first.pem").success();
    assert_eq!(names(&home), ["first"]);
}

#[cfg(target_os = "linux")]
#[test]
fn full_file_system_changes_nothing() {
    let home = Home::new();
    home.write(
        "fill",
        "set -e
         mkdir small && mount -t tmpfs -o size=96k none small
         keypair create a --type ed25519 --out small/a --registry-file small/registry > /dev/null
         dd if=/dev/zero of=small/filler bs=1k 2> /dev/null || true
         before=$(ls -A small; cat small/a small/registry | cksum)
         ! keypair create b --out small/b --registry-file small/registry 2> said
         ! keypair create b --out small/a --force --registry-file small/registry 2>> said
         test \"$before\" = \"$(ls -A small; cat small/a small/registry | cksum)\"
         grep -c 'No space left on device' said",
    );
    let run = home.shell("unshare --user --map-root-user --mount sh fill").success();
    assert_eq!(run.text(), "2\n");
}

/// While another process locks the registry, the new file is in place but not registered.
#[test]
fn interrupted_replacement_restores_old_file() {
    let home = Home::new();
    home.keypair(["create", "seed", "--type", "ed25519", "--out", "k.pem"]).success();
    let old = home.read("k.pem");
    home.write(
        "holder",
        "import sqlite3, sys, time\n\
         connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
         connection.execute('BEGIN IMMEDIATE')\n\
         time.sleep(3)\n",
    );
    let python = std::env::var("KEYPAIR_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    for signal in ["INT", "TERM"] {
        let script = format!(
            "{python} holder \"$XDG_DATA_HOME/keypair/registry.sqlite3\" & sleep 0.5
             keypair create new --type ed25519 --out k.pem --force & writer=$!
             sleep 1; cmp -s k.pem seed.pem; kill -{signal} $writer; wait $writer; echo $?
             wait"
        );
        // A background process of a shell without job control ignores SIGINT.
        let run = home.launch("bash").args(["-c", &format!("set -m\n{script}")]).run().success();
        let code = if signal == "INT" { "130" } else { "143" };
        assert!(run.text().contains(code), "{run}");
        assert!(home.read("k.pem") == old, "the old private key is gone");
        let files: Vec<_> =
            fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files.len(), 2, "{files:?}");
        assert_eq!(names(&home), ["seed"]);
    }
}

/// Kills a slow creation at many moments.
#[test]
fn killed_create_leaves_no_partial_pair() {
    let home = Home::new();
    for round in 0..50 {
        let signal = if round % 2 == 0 { "KILL" } else { "INT" };
        let delay = f64::from(round) * 0.004;
        home.shell(&format!(
            "keypair create k{round} --bits 2048 > /dev/null 2>&1 & sleep {delay}; kill -{signal} $! 2> /dev/null; wait"
        ));
    }
    let files: Vec<_> = fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap()).collect();
    for file in &files {
        let name = file.file_name().into_string().unwrap();
        assert!(name.starts_with('k') && name.ends_with(".pem"), "{name} is stale");
        home.shell(&format!("openssl rsa -in {name} -check -noout")).success();
    }
    let registered = names(&home);
    assert!(registered.len() < 50, "nothing was killed");
    for name in registered {
        assert!(home.path(format!("{name}.pem")).exists(), "{name} has no private key");
    }
}

/// Two processes replaced one file. The second waited for the first, replaced the key that was
/// registered by then, and only then found the name taken. A kill before that left the pair without
/// its private key.
#[cfg(target_os = "linux")]
#[test]
fn replacement_checks_name_again_after_waiting() {
    let home = Home::new();
    home.shell(
        "keypair create old --type ed25519 --out k.pem; ssh-keygen -q -t ed25519 -N '' -f own",
    )
    .success();
    let before = home.read("k.pem");
    let script = "
import fcntl, os, sqlite3, subprocess, sys, time
file = open('k.pem')
fcntl.flock(file, fcntl.LOCK_EX)
waiting = subprocess.Popen(['keypair', 'create', 'k', '--type', 'ed25519', '--out', 'k.pem', '--force'])
def opened():
    for name in os.listdir(f'/proc/{waiting.pid}/fd'):
        try:
            yield os.readlink(f'/proc/{waiting.pid}/fd/{name}')
        except FileNotFoundError:
            pass
# It polls the lock.
while os.path.realpath('k.pem') not in opened():
    assert waiting.poll() is None
    time.sleep(0.01)
time.sleep(0.1)
subprocess.run(['keypair', 'import', 'k', 'own.pub'], check=True)
# A process that has replaced the file now waits for the registry.
registry = sqlite3.connect(sys.argv[1], isolation_level=None)
registry.execute('BEGIN IMMEDIATE')
fcntl.flock(file, fcntl.LOCK_UN)
try:
    sys.exit(waiting.wait(5))
finally:
    waiting.kill()
";
    home.write("script", script);
    let registry = "../home/.local/share/keypair/registry.sqlite3";
    let run = home.shell(&format!("python script {registry}")).fails_with(4);
    assert!(run.stderr.contains("Duplicate"), "{run}");
    assert_eq!(home.read("k.pem"), before);
    assert!(!home.files().iter().any(|file| file.to_string_lossy().contains(".keypair-")));
}
