//! The manual pages, as rendered by groff.

use crate::support::home::Home;

#[test]
fn manual_pages_have_no_groff_warnings() {
    let home = Home::new();
    home.shell("mkdir pages; keypair man --out-folder pages").success();
    let run = home.shell("cd pages; groff -man -ww -Tutf8 *.1").success();
    assert!(run.stderr.is_empty() && run.stdout.len() > 10_000, "{run}");
    let page = home.shell("keypair man create | groff -man -Tascii -P -cbou").success();
    for text in [
        "keypair create [OPTIONS] [NAME]",
        "--type <KEY_TYPE>",
        "\n         keypair create --type ed25519 --format ppk         for PuTTY\n",
        "\nSEE ALSO\n       keypair(1)\n",
    ] {
        assert!(page.text().contains(text), "{text} is not in {page}");
    }
    let page = home.shell("keypair man | groff -man -Tascii -P -cbou").success();
    assert!(page.text().contains("\nEXIT STATUS\n         0    done\n"), "{page}");
    assert!(page.text().contains("keypair-create(1)\n"), "{page}");
}

#[test]
fn man_overwrites_pages_only_with_force() {
    let home = Home::new();
    let run = home.shell("keypair man --out-folder pages").fails_with(255);
    assert!(run.stderr.contains("run `mkdir -p pages` to make it"), "{run}");
    home.shell("mkdir pages; touch pages/keypair-verify.1").success();
    home.shell("keypair man --out-folder pages").fails_with(4);
    assert_eq!(home.files().len(), 1);
    home.shell("keypair man --out-folder pages --force").success();
    home.shell("keypair man --out-folder pages --force").success();
    assert_eq!(home.mode("pages/keypair-verify.1"), 0o644);
    let page = home.keypair(["man", "verify"]).success();
    assert_eq!(home.read("pages/keypair-verify.1"), page.stdout);
    home.keypair(["man", "complete"]).fails_with(252);
    home.keypair(["man", "verify", "--out-folder", "pages"]).fails_with(252);
    home.shell("env -u HOME -u XDG_DATA_HOME keypair man").success();
}
