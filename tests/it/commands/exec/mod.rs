//! `exec`: a command with a temporary key pair, which is deleted when the command ends.

#[cfg(feature = "ec2")]
mod ec2;
mod prune;
mod signals;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::support::home::Home;
use crate::support::run::Launch;
use crate::support::sshd::Sshd;

/// Returns a home with a runtime directory.
fn home() -> Home {
    let mut home = Home::new();
    let runtime = home.path("../run");
    fs::DirBuilder::new().mode(0o700).create(&runtime).unwrap();
    home.set("XDG_RUNTIME_DIR", runtime.canonicalize().unwrap());
    home
}

/// Fails the test if a registration or a file of an earlier run remains.
#[track_caller]
fn assert_nothing_left(home: &Home) {
    let left = fs::read_dir(home.path("../run")).unwrap().count();
    assert_eq!(left, 0, "the runtime directory is not empty");
    let run = home.shell("keypair describe --query 'KeyPairs[].KeyName' --output text").success();
    assert_eq!(run.text().trim(), "");
}

fn bash(home: &Home, script: &str) -> Launch {
    home.launch("bash").args(["-c", script])
}

#[test]
fn exec_provides_pair_and_returns_exit_status() {
    let home = home();
    let run = home.shell(
        r#"keypair exec --type ed25519 --name-prefix ci/ --tag team=ops -- sh -c '
            stat -c "%a %F" "$(dirname "$KEYPAIR_PRIVATE_KEY_FILE")" "$KEYPAIR_PRIVATE_KEY_FILE"
            keypair verify "$KEYPAIR_PRIVATE_KEY_FILE" --key-name "$KEYPAIR_NAME" --query Match
            keypair describe --key-pair-ids "$KEYPAIR_ID" --include-public-key --query "KeyPairs[0].PublicKey" --output text
            cat "$KEYPAIR_PUBLIC_KEY_FILE"
            keypair describe "$KEYPAIR_NAME" --query "KeyPairs[0].Tags[].Key" --output text
            echo "$KEYPAIR_NAME"'"#,
    );
    let run = run.success();
    let lines: Vec<_> = run.text().lines().collect();
    let [folder, key, matches, registered, public, tags, name] = lines[..] else { panic!("{run}") };
    assert_eq!([folder, key, matches], ["700 directory", "400 regular file", "true"]);
    assert_eq!(registered.split(' ').nth(1), public.split(' ').nth(1));
    assert_eq!(tags, "team\tkeypair:expires-at\tkeypair:owner-host\tkeypair:owner-process");
    assert!(name.starts_with("ci/"), "{name}");
    assert!(run.stderr.is_empty(), "{run}");
    assert_nothing_left(&home);

    for (command, code) in [
        ("true", 0),
        ("sh -c 'exit 7'", 7),
        ("sh -c 'exit 255'", 255),
        ("sh -c 'kill -TERM $$'", 143),
        ("sh -c 'kill -KILL $$'", 137),
        ("no-such-command", 127),
        ("./no/such/command", 127),
        ("/", 126),
        ("./plain", 126),
        ("sh -c './script 7'", 7),
        ("./script 7", 7),
    ] {
        home.write("plain", "no program");
        home.write("script", "exit $1");
        home.shell("chmod +x script").success();
        let run = home.shell(&format!("keypair exec --type ed25519 -- {command}"));
        assert_eq!(run.code, Some(code), "{run}");
        assert_eq!(run.stderr.is_empty(), !matches!(code, 126 | 127), "{run}");
        assert_nothing_left(&home);
    }
    let run = home.launch("sh").args(["-c", "keypair exec -- cat"]).stdin("through").run();
    assert_eq!(run.success().text(), "through");
    assert_nothing_left(&home);
}

#[cfg(target_os = "linux")]
#[test]
fn exec_without_runtime_directory_uses_memory() {
    let home = Home::new();
    let script = "keypair exec --type ed25519 -- sh -c 'stat -f -c %T \"$KEYPAIR_PRIVATE_KEY_FILE\"; dirname \"$KEYPAIR_PRIVATE_KEY_FILE\"'";
    let run = home.shell(script).success();
    let (kind, folder) = run.text().trim().split_once('\n').unwrap();
    assert_eq!(kind, "tmpfs");
    assert!(!Path::new(folder).exists());
}

#[test]
fn exec_invalid_options_create_nothing() {
    let home = home();
    for (words, code, said) in [
        ("", 252, "COMMAND"),
        ("--", 252, "COMMAND"),
        ("--ttl 0s -- true", 252, "--ttl"),
        ("--ttl 99999d -- true", 252, "--ttl"),
        ("--ttl -1h -- true", 252, "--ttl"),
        ("--ttl soon -- true", 252, "--ttl"),
        ("--bits 512 -- true", 252, "--bits"),
        ("--type ed25519 --bits 2048 -- true", 252, "--bits"),
        ("--name-prefix ' x' -- true", 5, "key name"),
        ("--name-prefix clé -- true", 5, "key name"),
    ] {
        let run = home.shell(&format!("keypair exec {words}")).fails_with(code);
        assert!(run.stderr.contains(said), "{run}");
    }
    assert_nothing_left(&home);
    let mut home = home;
    home.set("KEYPAIR_REGISTRY_FILE", "/dev/null/registry");
    let run = home.shell("keypair exec -- touch ran");
    assert_eq!(run.code, Some(253), "{run}");
    assert!(!home.path("ran").exists());
    assert_eq!(fs::read_dir(home.path("../run")).unwrap().count(), 0);
}

#[test]
fn exec_key_works_with_ssh_and_scp() {
    let mut home = home();
    let server = Sshd::open();
    server.introduce_to(&mut home);
    home.write("build.tar", "build output");
    for key in ["rsa", "ed25519"] {
        let target = home.path(format!("copied-{key}"));
        home.set("TARGET", &target);
        let script = format!(
            r#"keypair exec --type {key} -- sh -c '
                cat "$KEYPAIR_PUBLIC_KEY_FILE" > "$AUTHORIZED_KEYS"
                ssh $SSH_OPTIONS -o IdentitiesOnly=yes -p "$SSH_PORT" -l "$SSH_USER" \
                    -i "$KEYPAIR_PRIVATE_KEY_FILE" 127.0.0.1 "echo in" < /dev/null &&
                scp -q $SSH_OPTIONS -o IdentitiesOnly=yes -P "$SSH_PORT" -i "$KEYPAIR_PRIVATE_KEY_FILE" \
                    build.tar "$SSH_USER@127.0.0.1:$TARGET"'"#
        );
        let run = home.shell(&script).success();
        assert_eq!(run.text(), "in\n");
        assert_eq!(fs::read_to_string(target).unwrap(), "build output");
        assert_nothing_left(&home);
    }
}

/// With `--agent` the key is not in a file, and the agent ends with the command.
#[test]
fn exec_agent_logs_in_without_key_file() {
    let mut home = home();
    home.set("SSH_AUTH_SOCK", "/nowhere");
    home.set("KEYPAIR_PRIVATE_KEY_FILE", "/nowhere");
    let server = Sshd::open();
    server.introduce_to(&mut home);
    for key in ["rsa", "ed25519"] {
        let script = format!(
            r#"keypair exec --agent --type {key} -- sh -c '
                cat "$KEYPAIR_PUBLIC_KEY_FILE" > "$AUTHORIZED_KEYS"
                ssh $SSH_OPTIONS -p "$SSH_PORT" -l "$SSH_USER" 127.0.0.1 "echo in" < /dev/null
                ssh-add -L | cmp - "$KEYPAIR_PUBLIC_KEY_FILE" && echo same
                ls "$(dirname "$SSH_AUTH_SOCK")"
                grep -rls "PRIVATE KEY" "$XDG_RUNTIME_DIR" "$TMPDIR"
                echo "file: $KEYPAIR_PRIVATE_KEY_FILE"
                stat -c %a "$SSH_AUTH_SOCK"
                echo "$SSH_AUTH_SOCK" > socket'"#
        );
        let run = home.shell(&script).success();
        assert_eq!(run.text(), "in\nsame\nagent\nkey.pub\nfile: \n600\n", "{run}");
        assert_nothing_left(&home);
        let gone = home.shell("SSH_AUTH_SOCK=$(cat socket) ssh-add -l");
        assert_eq!(gone.code, Some(2), "{gone}");
    }
    for (end, code) in [("exit 7", 7), ("kill -TERM $$", 143)] {
        let run = home.shell(&format!("keypair exec --agent --type ed25519 -- sh -c '{end}'"));
        assert_eq!(run.code, Some(code), "{run}");
        assert_nothing_left(&home);
    }
    let run = home.shell("keypair exec --agent -- no-such-command").fails_with(127);
    assert!(run.stderr.contains("no-such-command"), "{run}");
    assert_nothing_left(&home);
}

/// A core dump and other processes of the user do not reveal the key.
#[cfg(target_os = "linux")]
#[test]
fn exec_agent_memory_is_protected() {
    let home = home();
    let script = "ulimit -c unlimited; keypair exec --agent --type ed25519 -- sh -c '
             stat -c %U /proc/$PPID/mem; kill -ABRT $PPID; sleep 1'; ls";
    let run = bash(&home, script).run();
    assert!(!run.text().contains("core"), "{run}");
    let script = "keypair exec -- sh -c 'grep -c . /proc/self/maps > /dev/null && test -r /proc/self/mem && echo mine'";
    assert_eq!(home.shell(script).success().text(), "mine\n");
}

/// The command can remove permissions from the directory, and it is deleted nevertheless.
#[test]
fn exec_deletes_directory_without_permissions() {
    let home = home();
    // Root ignores permissions, so a second user without other files runs the command.
    let is_root = rustix::process::geteuid().is_root();
    for mode in ["555", "000"] {
        let command = format!(
            "keypair exec --type ed25519 -- sh -c 'd=$(dirname \"$KEYPAIR_PRIVATE_KEY_FILE\"); mkdir -p $d/a/b; touch $d/a/b/c; chmod {mode} $d/a/b $d/a $d'"
        );
        home.shell(&command).success();
        assert_nothing_left(&home);
        if is_root {
            home.write("command", &command);
            // The other user may lack access to the build directory.
            let other = "cp \"$(command -v keypair)\" .; PATH=$PWD:$PATH; mkdir -m 777 other-home other-run; chmod 755 . ..; chown 65534:65534 other-run; chmod 700 other-run
                HOME=$PWD/other-home XDG_DATA_HOME=$PWD/other-home XDG_RUNTIME_DIR=$PWD/other-run \
                    setpriv --reuid=65534 --regid=65534 --clear-groups sh command
                status=$?; ls -A other-run; rm -rf other-run other-home; exit $status";
            let run = home.shell(&format!("chmod 755 ../..; {other}"));
            assert_eq!(run.success().text(), "");
        }
    }
}

/// A directory that cannot be deleted is reported and does not contain the key.
#[test]
fn exec_deletes_key_in_deep_directory() {
    let home = home();
    let script = "ulimit -n 64; keypair exec --type ed25519 -- python -c '
import os
os.chdir(os.path.dirname(os.environ[\"KEYPAIR_PRIVATE_KEY_FILE\"]))
for _ in range(100):
    os.mkdir(\"d\")
    os.chdir(\"d\")'; echo $?; find \"$XDG_RUNTIME_DIR\" -name 'key*' -type f; keypair describe --query KeyPairs";
    let run = bash(&home, script).run().success();
    assert_eq!(run.text(), "255\n[]\n", "{run}");
    assert!(run.stderr.contains("Too many open files"), "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn exec_on_full_disk_changes_nothing() {
    let home = home();
    home.write(
        "fill",
        "mount -t tmpfs -o size=8k,mode=700 none \"$XDG_RUNTIME_DIR\" || exit 9
         cat /dev/zero > \"$XDG_RUNTIME_DIR/full\" 2> /dev/null
         keypair exec --type ed25519 -- touch ran
         echo $?
         ls \"$XDG_RUNTIME_DIR\"",
    );
    let run = home.shell("unshare --user --map-root-user --mount sh fill").success();
    assert_eq!(run.text(), "255\nfull\n", "{run}");
    assert!(run.stderr.contains("No space left on device"), "{run}");
    assert!(!home.path("ran").exists());
    assert_nothing_left(&home);
}

#[test]
fn exec_reports_failed_deletion_with_hint() {
    let mut home = home();
    home.set("KEYPAIR_REGISTRY_FILE", home.path("registry"));
    let spoil = "keypair exec --type ed25519 -- sh -c 'cp registry kept; echo no registry > registry; exit STATUS'";
    for (status, expected) in [(0, 253), (7, 7)] {
        let run = home.shell(&spoil.replace("STATUS", &status.to_string()));
        assert_eq!(run.code, Some(expected), "{run}");
        let advice = run.stderr.split("`keypair delete ").nth(1);
        let name = advice.and_then(|rest| rest.split('`').next());
        let name = name.unwrap_or_else(|| panic!("{run}"));
        assert!(run.stderr.contains("is still registered"), "{run}");
        fs::rename(home.path("kept"), home.path("registry")).unwrap();
        home.keypair(["delete", name]).success();
        assert_nothing_left(&home);
    }
    // The command may delete the pair itself.
    home.shell("keypair exec --type ed25519 -- sh -c 'keypair delete \"$KEYPAIR_NAME\"'").success();
    home.shell("keypair exec -- sh -c 'rm -rf \"$(dirname \"$KEYPAIR_PRIVATE_KEY_FILE\")\"'")
        .success();
    assert_nothing_left(&home);
}

#[test]
fn exec_tags_pair_with_ci_run() {
    let mut home = home();
    let query = "keypair exec --type ed25519 -- sh -c 'keypair describe $KEYPAIR_NAME --query \"KeyPairs[0].Tags[?Key==\\`keypair:owner-run\\`].Value\" --output text'";
    assert_eq!(home.shell(query).success().text().trim(), "");
    home.set("CI_JOB_URL", "https://gitlab.example/ops/-/jobs/7");
    assert_eq!(home.shell(query).success().text(), "https://gitlab.example/ops/-/jobs/7\n");
    for (name, value) in [
        ("GITHUB_SERVER_URL", "https://github.example"),
        ("GITHUB_REPOSITORY", "octo/cat"),
        ("GITHUB_RUN_ID", "42"),
    ] {
        home.set(name, value);
    }
    let address = "https://github.example/octo/cat/actions/runs/42\n";
    assert_eq!(home.shell(query).success().text(), address);
    // Tags are public in the account.
    home.set("GITHUB_SERVER_URL", "https://user:secret@github.example?token=secret");
    assert_eq!(home.shell(query).success().text(), address);
    home.set("GITHUB_SERVER_URL", "");
    home.set("CI_JOB_URL", "https://user:secret@gitlab.example/ops/-/jobs/7?token=secret#secret");
    assert_eq!(home.shell(query).success().text(), "https://gitlab.example/ops/-/jobs/7\n");
}

#[test]
fn exec_ignores_runtime_directory_others_can_write() {
    let mut home = home();
    home.shell("chmod 777 \"$XDG_RUNTIME_DIR\"").success();
    home.set("OTHER", home.path("../run"));
    let run = home
        .shell("keypair exec --type ed25519 -- sh -c 'echo $KEYPAIR_PRIVATE_KEY_FILE'")
        .success();
    assert!(
        !Path::new(run.text()).starts_with(home.path("../run").canonicalize().unwrap()),
        "{run}"
    );
    assert_nothing_left(&home);
}
