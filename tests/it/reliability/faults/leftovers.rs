//! Files of killed commands, and failures after the last change.

use crate::support::home::Home;

/// Returns a home in which a process was killed after it had replaced the private key file of `old`
/// with that of `new`, and before it registered `new`.
fn half_replaced() -> Home {
    let home = Home::new();
    home.shell(
        "keypair create old --type ed25519 --out web.pem --output off
         cp web.pem copy; cp web.pem other.pem; chmod 600 copy
         strace -f -qq -o /dev/null -e inject=fdatasync:signal=KILL:when=1 \
             keypair create new --type ed25519 --out web.pem --force || true
         [ \"$(ls -A | grep -c '^[.]keypair-')\" = 1 ]
         ! cmp -s web.pem copy",
    )
    .success();
    home
}

#[test]
fn replaced_file_of_killed_command_is_kept() {
    for next in [
        "rm web.pem; keypair create new --type ed25519 --out web.pem",
        "keypair create new --type ed25519 --out web.pem --force",
        "keypair convert web.pem --in-place --format openssh",
        "keypair convert other.pem --format openssh --out web.pem --force",
        "keypair import new web.pem --output off; keypair delete new --private-key-file web.pem",
    ] {
        let home = half_replaced();
        let run = home.shell(next).success();
        assert!(run.stderr.contains("warning: kept web.pem.1: a killed command left it"), "{run}");
        let check = "cmp web.pem.1 copy; keypair verify web.pem.1 --key-name old --query Match";
        assert_eq!(home.shell(check).success().text(), "true\n", "{next}");
        assert_eq!(home.shell("ls -A | grep keypair- || true").text(), "", "{next}");
    }
}

#[test]
fn failing_command_reports_file_of_killed_one() {
    for (kill, words, code) in [
        (2, "create w --type ed25519 --out web.pem --force", 4),
        (1, "delete old --private-key-file web.pem", 255),
    ] {
        let home = Home::new();
        home.shell(&format!(
            "set -e; keypair create old --type ed25519 --out web.pem --output off; cp web.pem copy
             strace -f -qq -o /dev/null -e inject=unlinkat:signal=KILL:when={kill} \
                 keypair {words} || true
             [ \"$(ls -A | grep -c '^[.]keypair-')\" = 1 ]"
        ))
        .success();
        let run = home.shell(&format!("keypair {words}")).fails_with(code);
        assert!(run.stderr.contains("warning: kept web.pem.1: a killed command left it"), "{run}");
        home.shell("cmp web.pem.1 copy && ! ls -A | grep '^[.]keypair-'").success();
    }
}

#[test]
fn file_of_the_registry_is_never_written() {
    let home = Home::new();
    home.shell("keypair create a --type ed25519 --output off; ln -s r.db link.db").success();
    for (registry, path) in [
        ("r.db", "r.db"),
        ("r.db", "r.db-journal"),
        ("r.db", "./r.db-wal"),
        ("r.db", "r.db-shm"),
        ("link.db", "r.db-journal"),
        ("link.db", "link.db"),
    ] {
        home.shell(&format!(
            "keypair create k --type ed25519 --output off --registry-file {registry} --out k.pem"
        ))
        .success();
        let before = home.shell("sha256sum r.db").text().to_owned();
        for words in [
            format!("create b --type ed25519 --out {path} --force"),
            format!("create b --type ed25519 --out b.pem --public-out {path} --force"),
            format!("convert a.pem --format pkcs8 --out {path} --force"),
        ] {
            let run = home.shell(&format!("keypair {words} --registry-file {registry}"));
            let run = run.fails_with(252);
            assert!(run.stderr.contains("the registry uses this file"), "{run}");
        }
        assert_eq!(home.shell("sha256sum r.db").text(), before);
        home.shell(&format!("keypair delete k --registry-file {registry}; rm k.pem")).success();
    }
}

#[test]
fn unknown_outcome_of_batch_names_all_files() {
    let home = Home::new();
    home.shell("keypair create seed --type ed25519 --output off").success();
    let run = home.shell(
        "strace -f -qq -o /dev/null -e inject=fdatasync:error=EIO:when=5 \
             keypair create q --count 3 --type ed25519",
    );
    let run = run.fails_with(254);
    let kept = "; the private keys of 3 pairs are kept in q-1.pem to q-3.pem";
    assert!(run.stderr.contains(kept), "{run}");
    assert!(run.stderr.contains("0 of 3 pairs are known to be registered"), "{run}");
    let files = home.shell("for f in q-?.pem; do keypair verify $f --query Match; done");
    assert_eq!(files.success().text(), "true\ntrue\ntrue\n");
}

#[test]
fn removed_file_without_sync_is_not_to_remove() {
    let home = Home::new();
    let run = home.shell(
        "keypair create web --type ed25519 --output off; mkdir d; mv web.pem d
         strace -f -qq -o /dev/null -e inject=fsync:error=EIO:when=1 \
             keypair delete web --private-key-file d/web.pem",
    );
    let run = run.fails_with(255);
    assert!(run.stderr.contains("the private key file were deleted, but"), "{run}");
    assert!(!run.stderr.contains("rm "), "{run}");
    assert_eq!(home.shell("ls d").text(), "");
}
