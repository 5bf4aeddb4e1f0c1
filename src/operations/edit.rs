//! Changes the configuration and the known_hosts file of ssh.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::OperationError;
use crate::file::{self, Draft, Existing, FileError, Target};
use crate::interrupt;
use crate::secret::Secret;

/// A file of ssh.
#[derive(Debug)]
pub struct SshFile {
    pub path: PathBuf,
    /// The file is in `~/.ssh`, which may not exist yet.
    pub is_default: bool,
}

/// The outcome of [`edit`].
#[derive(Debug, Default)]
pub struct Edited {
    pub is_changed: bool,
    /// Files of killed commands, which got a number after their name.
    pub recovered: Vec<PathBuf>,
}

/// Replaces a file with its changed text, in one step and with the same permissions. A missing file
/// counts as an empty one.
///
/// # Errors
///
/// [`FileError::ChangedByOther`] if other programs keep changing the file.
pub(super) fn edit(
    SshFile { path, is_default }: &SshFile,
    mut change: impl FnMut(&[u8]) -> Result<Vec<u8>, OperationError>,
) -> Result<Edited, OperationError> {
    if *is_default && let Some(folder) = path.parent() {
        file::create_private_directory(folder)?;
    }
    let path = file::replaceable(path)?;
    let mut attempts = 1..MAX_ATTEMPTS;
    loop {
        match edit_once(&path, &mut change) {
            Err(OperationError::File(FileError::ChangedByOther { .. }))
                if attempts.next().is_some() => {}
            edited => return edited,
        }
    }
}

fn edit_once(
    path: &Path,
    change: &mut impl FnMut(&[u8]) -> Result<Vec<u8>, OperationError>,
) -> Result<Edited, OperationError> {
    let old = read(path)?;
    let new = change(old.expose())?;
    if new == old.expose() {
        return Ok(Edited::default());
    }
    let guard = interrupt::defer_signals();
    let target = Target::new(path, Existing::Replace)?;
    let draft = Draft::rewrite(&target, &new)?;
    let is_unchanged = || match read(path)?.expose() == old.expose() {
        true => Ok(()),
        false => Err(OperationError::File(FileError::ChangedByOther { path: path.to_owned() })),
    };
    let recovered = draft.overwrite_after(is_unchanged)?;
    drop(guard);
    Ok(Edited { is_changed: true, recovered })
}

fn read(path: &Path) -> Result<Secret, OperationError> {
    match file::read_regular(path, MAX_BYTES) {
        Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            Ok(Secret::default())
        }
        read => Ok(read?),
    }
}

/// Each time that one process fails, another has succeeded.
const MAX_ATTEMPTS: u32 = 32;

/// Far more than a hundred thousand hosts in a known_hosts file.
const MAX_BYTES: usize = 1 << 26;

/// Replaces the block of a name between its marks, or adds it at the end. All other bytes stay.
///
/// # Errors
///
/// The number of the line with an unexpected mark.
pub(super) fn with_block(text: &[u8], name: &str, block: &str) -> Result<Vec<u8>, usize> {
    let (mut place, mut start, mut offset) = (None, None, 0);
    for (number, line) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
        let content = line.trim_ascii();
        if content == begin(name).as_bytes() {
            if start.is_some() || place.is_some() {
                return Err(number);
            }
            start = Some((number, offset));
        } else if start.is_some() && content.starts_with(BEGIN.as_bytes()) {
            return Err(number);
        } else if content == end(name).as_bytes() {
            let (_, start) = start.take().ok_or(number)?;
            place = Some(start..offset + line.len());
        }
        offset += line.len();
    }
    if let Some((number, _)) = start {
        return Err(number);
    }
    let (before, after) = match place {
        Some(place) => (text.get(..place.start), text.get(place.end..)),
        None => (Some(text), None),
    };
    let mut new = before.unwrap_or_default().to_vec();
    if new.last().is_some_and(|byte| *byte != b'\n') {
        new.push(b'\n');
    }
    new.extend_from_slice(marked(name, block).as_bytes());
    new.extend_from_slice(after.unwrap_or_default());
    Ok(new)
}

/// Returns the block with its marks.
pub(super) fn marked(name: &str, block: &str) -> String {
    format!("{}\n{block}{}\n", begin(name), end(name))
}

pub(super) fn begin(name: &str) -> String {
    format!("{BEGIN}{name}")
}

fn end(name: &str) -> String {
    format!("{END}{name}")
}

/// The marks before the name of a block.
pub(super) const BEGIN: &str = "# keypair begin ";
pub(super) const END: &str = "# keypair end ";

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn concurrent_edits_lose_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = SshFile { path: folder.path().join("config"), is_default: false };
        let add = |line: String| {
            edit(&file, |old| Ok([old, line.as_bytes()].concat())).unwrap();
        };
        thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || (0..4).for_each(|count| add(format!("{number} {count}\n"))));
            }
        });
        let text = read(&file.path).unwrap();
        let mut lines: Vec<_> = str::from_utf8(text.expose()).unwrap().lines().collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 32);
    }

    #[test]
    fn file_that_keeps_changing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = SshFile { path: folder.path().join("config"), is_default: false };
        let mut attempts = 0;
        let edited = edit(&file, |old| {
            attempts += 1;
            let target = Target::new(&file.path, Existing::Replace)?;
            let draft = Draft::rewrite(&target, &[old, b"x"].concat())?;
            let recovered = draft.overwrite_after(|| Ok::<_, OperationError>(()))?;
            assert!(recovered.is_empty());
            Ok(b"mine".to_vec())
        });
        let changed = OperationError::File(FileError::ChangedByOther { path: file.path.clone() });
        assert_eq!(edited.unwrap_err().to_string(), changed.to_string());
        assert_eq!(attempts, MAX_ATTEMPTS);
        assert_eq!(read(&file.path).unwrap().expose(), vec![b'x'; 32]);
    }

    #[test]
    fn block_is_replaced_and_other_bytes_stay() {
        let block = "# keypair begin x\nnew\n# keypair end x\n";
        for (old, expected) in [
            (String::new(), block.to_owned()),
            ("Host a".to_owned(), format!("Host a\n{block}")),
            ("Host a\r\n\n\n".to_owned(), format!("Host a\r\n\n\n{block}")),
            (
                "a\n# keypair begin x\nold\nolder\n# keypair end x\nb".to_owned(),
                format!("a\n{block}b"),
            ),
            ("\t# keypair begin x\r\n# keypair end x".to_owned(), block.to_owned()),
            (
                "# keypair begin y\n# keypair end y\n".to_owned(),
                format!("# keypair begin y\n# keypair end y\n{block}"),
            ),
        ] {
            let new = with_block(old.as_bytes(), "x", "new\n").unwrap();
            assert_eq!(String::from_utf8(new.clone()).unwrap(), expected, "{old:?}");
            assert_eq!(with_block(&new, "x", "new\n").unwrap(), new);
        }
    }

    #[test]
    fn unpaired_marks_are_found() {
        let (begin, end) = ("# keypair begin x\n", "# keypair end x\n");
        for (text, line) in [
            (format!("a\n{begin}b\n"), 2),
            (format!("{end}{begin}"), 1),
            (format!("{begin}{begin}{end}"), 2),
            (format!("{begin}# keypair begin y\nmine\n{end}"), 2),
            (format!("{begin}{end}{begin}{end}"), 3),
            (format!("{begin}{end}{end}"), 3),
        ] {
            assert_eq!(with_block(text.as_bytes(), "x", "new\n"), Err(line), "{text:?}");
        }
    }
}
