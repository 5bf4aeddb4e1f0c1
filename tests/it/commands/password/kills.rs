//! Kills at many moments of a run.

use std::time::{Duration, Instant};

use super::{ID, KEY, PASSWORD, World, cloud, world};
use crate::support::kills::kill_all_over;

#[test]
fn killed_password_leaves_whole_files_or_none() {
    let (_stub, home) = cloud(world());
    home.write("web.pem", KEY);
    let words = ["password", ID, "--out", "password", "--rdp", "win.rdp"];
    let start = Instant::now();
    home.keypair(words).success();
    let whole = start.elapsed();
    let settings = home.read("win.rdp");
    kill_all_over(whole, 10, |moment| {
        home.shell("rm -f password win.rdp").success();
        let is_killed = home.launch("keypair").args(words).kill_after(moment);
        if home.path("password").exists() {
            assert_eq!(home.read("password"), format!("{PASSWORD}\n").as_bytes());
            assert_eq!(home.mode("password"), 0o400);
        }
        if home.path("win.rdp").exists() {
            assert_eq!(home.read("win.rdp"), settings);
        }
        home.shell("rm -f password win.rdp").success();
        home.keypair(words).success();
        assert!(!home.shell("ls -A . ~ ../tmp").success().text().contains(".keypair"));
        is_killed
    });
}

/// The wait has an opened key.
#[test]
fn killed_wait_leaves_nothing() {
    let (_stub, home) = cloud(World { data: vec![String::new()], ..world() });
    home.write("web.pem", KEY);
    let files = home.files();
    for moment in [0, 50, 200, 500, 900].map(Duration::from_millis) {
        let words = ["password", ID, "--wait", "--out", "password"];
        assert!(home.launch("keypair").args(words).kill_after(moment));
        assert_eq!(home.files(), files);
    }
}
