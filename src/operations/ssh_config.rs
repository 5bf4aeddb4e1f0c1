//! Maintains blocks in a configuration file of ssh.

use std::path::PathBuf;

use super::OperationError;
use super::connect::SshFault;
use super::edit::{BEGIN, END, Edited, SshFile, begin, edit, marked, with_block};
use super::key_search::KeySearch;
use super::launch_key::{self, LaunchKey};
use super::user_names::{LoginUser, user_names_of};
use crate::registry::{Instance, InstanceId, InstanceReference, InstanceRegistry, OsUser};

/// The private key file to log in with.
#[derive(Debug)]
pub enum KeyChoice {
    File(PathBuf),
    /// The first file with the launch key of the instance.
    Search(KeySearch),
}

/// An instance, and how to log in.
#[derive(Debug)]
pub struct Login {
    pub instance: Instance,
    /// The private key file, or the launch key if no file has it.
    pub key: Result<PathBuf, LaunchKey>,
    pub user: LoginUser,
}

/// Looks up an instance with SSH, which need not run.
pub fn find(
    reference: &InstanceReference,
    key: &KeyChoice,
    user: Option<&OsUser>,
    registry: &mut dyn InstanceRegistry,
) -> Result<Login, OperationError> {
    let instance = launch_key::instance(reference, registry)?;
    if instance.is_windows {
        return Err(OperationError::NoSsh { id: instance.id, fault: SshFault::Windows });
    }
    let key = match key {
        KeyChoice::File(path) => Ok(path.clone()),
        KeyChoice::Search(search) => {
            let launch_key = LaunchKey::of(&instance, registry)?;
            search.of_launch_key(&launch_key).wanted.into_iter().next().ok_or(launch_key)
        }
    };
    // The user may be known without the permission to describe images.
    let image_users = match user {
        Some(_) => Vec::new(),
        None => user_names_of(&instance, registry).unwrap_or_default(),
    };
    Ok(Login { instance, key, user: LoginUser::new(user, &image_users) })
}

/// The configuration of one instance.
#[derive(Debug)]
pub struct Block {
    pub id: InstanceId,
    /// The other host name.
    pub name: Option<String>,
    /// The complete lines after that with the host names.
    pub lines: String,
}

impl Block {
    /// Returns the lines between their marks.
    pub fn marked(&self) -> String {
        marked(self.id.as_str(), &self.lines(&[]))
    }

    /// Returns all lines. Without a name, those of an earlier block stay.
    fn lines(&self, earlier: &[&str]) -> String {
        let Self { id, name, lines } = self;
        let names = name.as_ref().map_or(earlier.to_vec(), |name| vec![name]);
        let hosts = [&[id.as_str()], &names[..]].concat().join(" ");
        format!("{HOST}{hosts}\n{lines}")
    }
}

/// Replaces the blocks of these instances in a file, or adds them at its end. ssh takes the first
/// value of each option, so earlier lines of the user stay in force. Blocks of other instances
/// lose the names, which may have belonged to instances that were replaced.
pub fn append(file: &SshFile, blocks: &[Block]) -> Result<Edited, OperationError> {
    edit(file, |old| {
        blocks.iter().try_fold(old.to_vec(), |text, block| {
            let text = match &block.name {
                Some(name) => without_host(&text, name),
                None => text,
            };
            let id = block.id.as_str();
            with_block(&text, id, &block.lines(&names(&text, id)))
                .map_err(|line| OperationError::MarkUnpaired { path: file.path.clone(), line })
        })
    })
}

/// Returns the host names in the block of an instance, other than its ID.
fn names<'a>(text: &'a [u8], id: &str) -> Vec<&'a str> {
    let lines = text.split(|byte| *byte == b'\n');
    let mut lines = lines.map(|line| str::from_utf8(line).unwrap_or_default().trim());
    let is_marked = lines.by_ref().any(|line| line == begin(id));
    let block = lines.take_while(|line| is_marked && !line.starts_with(END));
    let hosts = block.filter_map(|line| line.strip_prefix(HOST)).next().unwrap_or_default();
    hosts.split_ascii_whitespace().filter(|host| *host != id).collect()
}

/// Removes a name from the `Host` lines between marks. Other lines stay.
fn without_host(text: &[u8], name: &str) -> Vec<u8> {
    let mut is_marked = false;
    let mut new = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let content = str::from_utf8(line).unwrap_or_default().trim();
        is_marked = content.starts_with(BEGIN) || is_marked && !content.starts_with(END);
        let hosts = content.strip_prefix(HOST).filter(|_| is_marked);
        match hosts.filter(|hosts| hosts.split(' ').skip(1).any(|host| host == name)) {
            Some(hosts) => {
                let kept: Vec<_> = hosts.split(' ').filter(|host| *host != name).collect();
                new.extend_from_slice(format!("{HOST}{}\n", kept.join(" ")).as_bytes());
            }
            None => new.extend_from_slice(line),
        }
    }
    new
}

/// The beginning of the line with the host names.
const HOST: &str = "Host ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_without_name_keeps_earlier_names() {
        let id = "i-01234567";
        let marks = |hosts: &str| format!("# keypair begin {id}\n{hosts}# keypair end {id}\n");
        let other = "# keypair begin i-1\nHost i-1 db\n# keypair end i-1\n";
        for (text, name, expected) in [
            (String::new(), None, vec![]),
            (marks("Host i-01234567 web\n"), None, vec!["web"]),
            (marks("Host i-01234567 web\n"), Some("new"), vec!["new"]),
            (marks("Host i-01234567 web web2\r\n"), None, vec!["web", "web2"]),
            (marks("Host web i-01234567\nHost db\n"), None, vec!["web"]),
            (marks("    User x\n") + "Host i-01234567 web\n", None, vec![]),
            (marks("") + other, None, vec![]),
            (other.to_owned() + &marks("Host i-01234567 web\n"), None, vec!["web"]),
            (other.to_owned(), None, vec![]),
        ] {
            let name = name.map(str::to_owned);
            let block = Block { id: InstanceId::new(id).unwrap(), name, lines: "x\n".to_owned() };
            let expected = [&[id], &expected[..]].concat().join(" ");
            let lines = block.lines(&names(text.as_bytes(), id));
            assert_eq!(lines, format!("Host {expected}\nx\n"), "{text}");
        }
    }

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
