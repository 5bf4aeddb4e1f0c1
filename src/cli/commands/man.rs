//! `man`.

use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueHint};

use crate::cli::error::{ExitStatus, Failure};
use crate::cli::man;
use crate::cli::output_file::warn_of_old_versions;
use crate::cli::terminal::Terminal;
use crate::file::{Access, Draft, Existing, FileError, Target};
use crate::operations::OperationError;

/// `man`.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// Command to print the page of [default: the page of keypair]
    #[arg(value_name = "COMMAND", conflicts_with = "out_folder")]
    page: Option<String>,
    /// Write all pages to this directory instead, as keypair.1, keypair-create.1, …
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    out_folder: Option<PathBuf>,
    /// Replace existing pages
    #[arg(long)]
    force: bool,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair man create | man -l -
  keypair man --out-folder ~/.local/share/man/man1 --force";

impl ManArgs {
    /// Prints or writes the manual pages of `program`.
    pub fn run(self, program: Command, terminal: Terminal) -> Result<ExitStatus, Failure> {
        let Self { page, out_folder, force } = self;
        let pages = man::pages(program).map_err(OperationError::Output)?;
        match out_folder {
            Some(folder) => {
                let old = write_pages(&pages, &folder, force).map_err(OperationError::File)?;
                warn_of_old_versions(&old, terminal);
            }
            None => {
                let page = man::find(pages, page.as_deref())?;
                terminal.print(&page.text).map_err(OperationError::Output)?;
            }
        }
        Ok(ExitStatus::Success)
    }
}

/// Writes all pages, or none if one already exists. Returns old versions that a killed command had
/// replaced.
fn write_pages(pages: &[man::Page], folder: &Path, force: bool) -> Result<Vec<PathBuf>, FileError> {
    let existing = if force { Existing::Replace } else { Existing::Keep };
    let target = |page: &man::Page| Target::new(&folder.join(&page.file), existing);
    let targets: Vec<Target> = pages.iter().map(target).collect::<Result<_, _>>()?;
    let mut old = Vec::new();
    for (page, target) in pages.iter().zip(targets) {
        old.extend(Draft::write(&target, Access::Everyone, &page.text)?.publish()?.keep());
    }
    Ok(old)
}
