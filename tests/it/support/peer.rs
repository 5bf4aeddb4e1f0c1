//! Locations of the other programs.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Returns the path of a program: the value of `KEYPAIR_TEST_PROGRAM` if set, else the first match
/// in [`search_path`].
#[track_caller]
pub(crate) fn find(program: &str) -> PathBuf {
    let variable = format!("KEYPAIR_TEST_{}", program.replace('-', "_").to_uppercase());
    if let Some(path) = env::var_os(variable) {
        return path.into();
    }
    env::split_paths(&search_path())
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!("this test needs `{program}`, which is not installed: run tests/run once")
        })
}

/// Returns the `PATH` for all programs: the directory of `keypair`, the peers of `tests/run`, the
/// caller's `PATH`, and the usual directories of `sshd`.
pub(crate) fn search_path() -> OsString {
    let keypair = Path::new(env!("CARGO_BIN_EXE_keypair"));
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders =
        [keypair.parent().unwrap().to_owned(), peers.join("bin"), peers.join("ppk/release")]
            .into_iter()
            .chain(env::split_paths(&path))
            .chain(["/usr/local/sbin".into(), "/usr/sbin".into()]);
    env::join_paths(folders).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_locates_every_peer() {
        for program in [
            "aws",
            "bash",
            "fish",
            "groff",
            "node",
            "openssl",
            "plink",
            "puttygen",
            "python",
            "read-ppk",
            "ssh",
            "ssh-add",
            "ssh-agent",
            "ssh-keygen",
            "sshd",
            "zsh",
        ] {
            assert!(find(program).is_file(), "{program}");
        }
    }

    #[test]
    #[should_panic(expected = "needs `no-such-peer`, which is not installed: run tests/run")]
    fn find_missing_peer_panics() {
        find("no-such-peer");
    }
}
