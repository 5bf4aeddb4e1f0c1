//! Files that commands write.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::{Failure, Hint};
use super::output::visible;
use super::shell::ShellCommand;
use super::terminal::Terminal;
use crate::file;
use crate::local::SIDECAR_SUFFIXES;

impl Context {
    /// Checks that a new file is neither the file of a passphrase, nor the registry, nor one of
    /// SQLite's files for it.
    pub fn check_output_file<'a>(
        &self,
        path: &Path,
        passphrases: impl IntoIterator<Item = &'a PathBuf>,
    ) -> Result<(), Failure> {
        if passphrases.into_iter().any(|passphrase| file::is_same(path, passphrase)) {
            let path = path.display().to_string();
            return Err(Failure::usage(format!(
                "cannot write {}: the passphrase is in this file",
                visible(&path)
            ))
            .hint("choose another path"));
        }
        let Some(registry) = self.settings.registry.file() else { return Ok(()) };
        let is_named = |registry: &Path| {
            [""].iter().chain(&SIDECAR_SUFFIXES).any(|suffix| {
                let mut name = registry.as_os_str().to_owned();
                name.push(suffix);
                file::is_same_name(path, Path::new(&name))
            })
        };
        // SQLite resolves symbolic links first.
        let resolved = file::canonicalize(registry).ok();
        if file::is_same(path, registry)
            || is_named(registry)
            || resolved.as_deref().is_some_and(is_named)
        {
            let path = path.display().to_string();
            return Err(Failure::usage(format!(
                "cannot write {}: the registry uses this file",
                visible(&path)
            ))
            .hint("choose another path"));
        }
        Ok(())
    }

    /// Recovers the files that killed commands left for a path, and warns of them. A command that
    /// fails before it writes or deletes the file would not mention them.
    pub fn recover_files(&self, path: &Path) {
        self.warn_of_recovered_files(&file::recover(path));
    }

    /// Warns of files of killed commands, which got a number after their name. They may be private
    /// keys.
    pub fn warn_of_recovered_files(&self, files: &[PathBuf]) {
        for file in files {
            self.terminal.warn(format_args!(
                "kept {}: a killed command left it, and it may be the last copy of a key",
                visible(&file.display().to_string())
            ));
            let verify = ShellCommand::keypair("verify").path(file);
            self.hint(Hint::run(verify).text(" to find its pair"));
        }
    }
}

/// Warns of files of killed commands that are not private keys.
pub fn warn_of_old_versions(files: &[PathBuf], terminal: Terminal) {
    for file in files {
        let file = file.display().to_string();
        terminal.warn(format_args!("kept {}: a killed command had replaced it", visible(&file)));
    }
}
