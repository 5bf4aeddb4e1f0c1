//! Maintains blocks in a configuration file of ssh.

use std::path::Path;

use super::OperationError;
use super::edit::{BEGIN, END, edit, marked, with_block};
use crate::file;
use crate::registry::InstanceId;

/// The configuration of one instance.
#[derive(Debug)]
pub struct Block {
    pub id: InstanceId,
    /// The other host name in the lines.
    pub name: Option<String>,
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
/// value of each option, so what the user wrote before them stays in force. Blocks of other instances
/// lose the names, which may have belonged to instances that were replaced. Returns false if nothing
/// changes.
pub fn append(path: &Path, blocks: &[Block], makes_folder: bool) -> Result<bool, OperationError> {
    if makes_folder && let Some(folder) = path.parent() {
        file::create_private_directory(folder)?;
    }
    edit(path, |old| {
        blocks.iter().try_fold(old.to_vec(), |text, Block { id, name, lines }| {
            let text = match name {
                Some(name) => without_host(&text, name),
                None => text,
            };
            with_block(&text, id.as_str(), lines)
                .map_err(|line| OperationError::MarkUnpaired { path: path.to_owned(), line })
        })
    })
}

/// Removes a name from the `Host` lines between marks. Other lines stay.
fn without_host(text: &[u8], name: &str) -> Vec<u8> {
    let mut is_marked = false;
    let mut new = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let content = str::from_utf8(line).unwrap_or_default().trim();
        is_marked = content.starts_with(BEGIN) || is_marked && !content.starts_with(END);
        let hosts = content.strip_prefix("Host ").filter(|_| is_marked);
        match hosts.filter(|hosts| hosts.split(' ').skip(1).any(|host| host == name)) {
            Some(hosts) => {
                let kept: Vec<_> = hosts.split(' ').filter(|host| *host != name).collect();
                new.extend_from_slice(format!("Host {}\n", kept.join(" ")).as_bytes());
            }
            None => new.extend_from_slice(line),
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_removed_from_other_blocks_only() {
        let block = |hosts: &str| format!("# keypair begin i-1\nHost {hosts}\n# keypair end i-1\n");
        for (text, expected) in [
            (block("i-1 web"), block("i-1")),
            (block("i-1 web db"), block("i-1 db")),
            (block("i-1 db"), block("i-1 db")),
            ("Host i-1 web\n".to_owned(), "Host i-1 web\n".to_owned()),
            (block("i-1") + "Host x web\r\n", block("i-1") + "Host x web\r\n"),
        ] {
            let new = without_host(text.as_bytes(), "web");
            assert_eq!(String::from_utf8(new).unwrap(), expected);
        }
    }
}
