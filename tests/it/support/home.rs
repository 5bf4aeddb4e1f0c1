//! An isolated user for each test: home, working directory, environment and umask.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::RawMode;
use tempfile::TempDir;

use super::peer;
use super::run::{Launch, Run};

/// A temporary directory with the subdirectories `home`, `tmp` and `work`, the working directory of
/// all programs. It is deleted when the value is dropped.
pub(crate) struct Home {
    folder: TempDir,
    environment: Vec<(String, OsString)>,
    umask: RawMode,
    processor_seconds: Option<u64>,
}

impl Home {
    /// Creates the directories and a clean environment: `PATH`, `HOME`, `TMPDIR`, `LANG` and the
    /// `XDG` directories.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("keypair-test-").tempdir().unwrap();
        let mut home =
            Self { folder, environment: Vec::new(), umask: 0o022, processor_seconds: None };
        home.set("PATH", peer::search_path());
        home.set("LANG", "C.UTF-8");
        for (name, folder) in [
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("XDG_STATE_HOME", "home/.local/state"),
        ] {
            home.set(name, home.folder.path().join(folder));
        }
        for folder in ["home", "tmp", "work"] {
            fs::create_dir(home.folder.path().join(folder)).unwrap();
        }
        home
    }

    /// Sets an environment variable for all programs started later.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Sets the umask for all programs started later. The default is 022.
    pub(crate) fn set_umask(&mut self, mask: RawMode) {
        self.umask = mask;
    }

    /// Kills each process started later that uses more CPU time than this.
    pub(crate) fn set_processor_limit(&mut self, seconds: u64) {
        self.processor_seconds = Some(seconds);
    }

    /// Runs `keypair` with these arguments. New tests use this instead of [`Home::shell`], because
    /// it works on every platform.
    #[track_caller]
    pub(crate) fn keypair(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        self.launch("keypair").args(args).run()
    }

    /// Runs a shell script. `keypair` and the peers are on the `PATH`.
    #[track_caller]
    pub(crate) fn shell(&self, script: &str) -> Run {
        self.launch("sh").args(["-c", script]).run()
    }

    /// Prepares to run a program: `keypair`, a peer or a system tool.
    #[track_caller]
    pub(crate) fn launch(&self, program: &str) -> Launch {
        let start = Launch::new(&peer::find(program)).folder(&self.path(".")).umask(self.umask);
        let start = start.processor_seconds(self.processor_seconds);
        self.environment.iter().fold(start, |launch, (name, value)| launch.env(name, value))
    }

    /// Returns the path of a file in the working directory.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    #[track_caller]
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Returns the permission bits of a file.
    #[track_caller]
    pub(crate) fn mode(&self, name: &str) -> u32 {
        let metadata = fs::symlink_metadata(self.path(name));
        let metadata = metadata.unwrap_or_else(|error| panic!("{name}: {error}"));
        metadata.permissions().mode() & 0o7777
    }

    /// Executes SQL statements in the default registry file, for changes that no command makes.
    pub(crate) fn change_registry(&self, statements: &str) {
        let script = "import os, sqlite3, sys
c = sqlite3.connect(os.environ['XDG_DATA_HOME'] + '/keypair/registry.sqlite3')
c.executescript(sys.argv[1])
c.commit()";
        self.launch("python").args(["-c", script, statements]).run().success();
    }

    /// Returns the sorted paths of all files of this home, such as `work/k.pem`. An equal list
    /// proves that a command created and deleted nothing.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        files_below(self.folder.path())
    }
}

/// Returns the sorted paths of all files below `folder`, relative to it.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(current).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path().strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_clean_environment_and_set_variables() {
        let mut home = Home::new();
        home.set("KEYPAIR_REGISTRY", "local");
        let run = home.launch("env").run().success();
        let mut names: Vec<_> =
            run.text().lines().map(|line| line.split('=').next().unwrap()).collect();
        names.sort_unstable();
        let expected = [
            "HOME",
            "KEYPAIR_REGISTRY",
            "LANG",
            "PATH",
            "TMPDIR",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn path_finds_built_keypair() {
        let home = Home::new();
        let found = home.shell("command -v keypair").success();
        assert_eq!(found.text().trim(), env!("CARGO_BIN_EXE_keypair"));
        home.keypair(["--version"]).success();
    }

    #[test]
    fn files_are_listed_with_mode_and_content() {
        let mut home = Home::new();
        home.write("a", "one");
        home.set_umask(0o077);
        home.shell("cat a > b; mkdir sub; mktemp > /dev/null; touch sub/c \"$HOME/d\"").success();
        assert_eq!(home.read("b"), b"one");
        assert_eq!(home.mode("b"), 0o600);
        let files = home.files();
        let (temporary, others): (Vec<_>, Vec<_>) =
            files.iter().partition(|path| path.starts_with("tmp"));
        assert_eq!(temporary.len(), 1);
        assert_eq!(others, ["home/d", "work/a", "work/b", "work/sub/c"].map(Path::new));
    }
}
