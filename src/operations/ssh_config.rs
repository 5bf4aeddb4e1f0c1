//! Maintains blocks in a configuration file of ssh.

use std::path::Path;

use super::OperationError;
use super::edit::{edit, marked, with_block};
use crate::file;
use crate::registry::InstanceId;

/// The configuration of one instance.
#[derive(Debug)]
pub struct Block {
    pub id: InstanceId,
    /// Complete lines.
    pub lines: String,
}

impl Block {
    /// Returns the lines between their marks.
    pub fn marked(&self) -> String {
        marked(self.id.as_str(), &self.lines)
    }
}

/// Replaces the blocks of these instances in a file, or adds them at its end: ssh takes the first
/// value of each option, so what the user wrote before them stays in force. Returns false if nothing
/// changes.
pub fn append(path: &Path, blocks: &[Block], makes_folder: bool) -> Result<bool, OperationError> {
    if makes_folder && let Some(folder) = path.parent() {
        file::create_private_directory(folder)?;
    }
    edit(path, |old| {
        blocks.iter().try_fold(old.to_vec(), |text, Block { id, lines }| {
            with_block(&text, id.as_str(), lines)
                .map_err(|line| OperationError::MarkUnpaired { path: path.to_owned(), line })
        })
    })
}
