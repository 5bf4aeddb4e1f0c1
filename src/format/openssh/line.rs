//! The public key line `TYPE BASE64 COMMENT`, as in `id_rsa.pub` (sshd(8), "AUTHORIZED_KEYS FILE
//! FORMAT").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::format::blob;
use crate::format::comment::Comment;
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::text;
use crate::key::PublicKey;

/// Returns the line `TYPE BASE64 COMMENT` without a line end. An empty comment adds no space.
#[must_use]
pub fn write(key: &PublicKey, comment: &Comment) -> Vec<u8> {
    let mut line = write_bare(key).into_bytes();
    if !comment.is_empty() {
        line.push(b' ');
        line.extend_from_slice(comment.as_bytes());
    }
    line
}

/// Returns the line `TYPE BASE64`, which identifies the key.
#[must_use]
pub fn write_bare(key: &PublicKey) -> String {
    format!("{} {}", blob::type_name(key.key_type()), STANDARD.encode(blob::encode(key)))
}

/// Reads the single key line of `text`. Skips empty lines and lines that begin with `#`.
///
/// ssh-keygen writes comments with line breaks, and a space before each comment. Text after a line
/// with that space therefore belongs to the comment.
pub(in crate::format) fn read(text: &[u8]) -> Result<(PublicKey, Comment), FormatError> {
    let mut lines = text::lines(text)
        .map(<[u8]>::trim_ascii_start)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let line = lines.next().ok_or(FormatError::Empty)?;
    let (name, rest) = split_word(line);
    match blob::key_type(name) {
        Err(FormatError::TypeUnknown) => return Err(missing_type_fault(line)),
        found => found?,
    };
    let (base64, comment) = split_word(rest);
    let has_comment = base64.len() < rest.len();
    let mut comment = comment.trim_ascii_end().to_vec();
    for next in lines.map(<[u8]>::trim_ascii_end) {
        if next.split(u8::is_ascii_whitespace).any(is_type_name) {
            return Err(FormatError::SeveralKeys);
        }
        if !has_comment {
            return Err(FormatError::TextAfterKey);
        }
        comment.push(b'\n');
        comment.extend_from_slice(next);
    }
    if base64.is_empty() {
        return Err(FormatError::BlobMissing);
    }
    let blob = encoding::from_base64(base64)?;
    let key = blob::decode_named(name, blob.expose())?;
    Ok((key, Comment::in_file(&comment)))
}

/// Returns whether a line begins with a key type and the base64 of a key.
pub(in crate::format) fn is_line(line: &[u8]) -> bool {
    let (name, rest) = split_word(line);
    is_type_name(name) && rest.starts_with(b"AAAA")
}

/// Splits at the first run of whitespace.
fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(u8::is_ascii_whitespace);
    let (word, rest) = line.split_at(end.unwrap_or(line.len()));
    (word, rest.trim_ascii_start())
}

fn is_type_name(word: &[u8]) -> bool {
    !matches!(blob::key_type(word), Err(FormatError::TypeUnknown))
}

/// Returns the fault of a line that does not begin with a key type.
fn missing_type_fault(line: &[u8]) -> FormatError {
    let (first, rest) = split_word(line);
    if rest.split(u8::is_ascii_whitespace).any(is_type_name) {
        FormatError::Options
    } else if first.starts_with(b"ssh-") {
        FormatError::TypeUnknown
    } else {
        FormatError::Unrecognized
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE64: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJDIvapkpxytROJuVIxqagIJx3ZiTt+2j82syOzzZhy7";

    fn comment(line: &str) -> String {
        let (_, comment) = read(line.as_bytes()).unwrap();
        String::from_utf8(comment.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn line_round_trips() {
        for text in ["", "a b  c", "foo#bar", "é"] {
            let comment = Comment::new(text).unwrap();
            let line = format!("ssh-ed25519 {BASE64} {text}");
            let (key, read_comment) = read(line.as_bytes()).unwrap();
            assert_eq!(read_comment, comment);
            assert_eq!(write(&key, &comment), line.trim_end().as_bytes());
        }
    }

    #[test]
    fn whitespace_and_comment_lines_are_skipped() {
        for line in [
            format!("ssh-ed25519\t{BASE64}\ta b"),
            format!("  ssh-ed25519   {BASE64}   a b  "),
            format!("\r\n# one\n   # two\n\nssh-ed25519 {BASE64} a b\r\n\n# end"),
        ] {
            assert_eq!(comment(&line), "a b");
        }
        let bytes = [format!("ssh-ed25519 {BASE64} ").as_bytes(), b"caf\xe9"].concat();
        assert_eq!(read(&bytes).unwrap().1.as_bytes(), b"caf\xe9");
    }

    #[test]
    fn line_break_in_comment_is_replaced() {
        for (after, expected) in
            [(" a\nb\n", "a b"), (" \nb\n\n", "b"), (" a\r", "a"), (" a\rb", "a b")]
        {
            assert_eq!(comment(&format!("ssh-ed25519 {BASE64}{after}")), expected);
        }
    }

    #[test]
    fn line_faults_are_named() {
        for (line, error) in [
            (String::new(), "Empty"),
            ("# only\n\n".into(), "Empty"),
            ("<html>".into(), "Unrecognized"),
            ("ssh-rsa ".into(), "BlobMissing"),
            ("ssh-ed448 AAAA".into(), "TypeUnknown"),
            (format!("ssh-rsa {BASE64}"), "TypeMismatch"),
            (format!("rsa-sha2-256 {BASE64}"), "RsaSignatureName"),
            (format!("no-pty ssh-ed25519 {BASE64}"), "Options"),
            (format!("command=\"a b#c\" ssh-ed25519 {BASE64} x"), "Options"),
            (format!("ssh-ed25519 {BASE64}\nssh-dss AAAA"), "SeveralKeys"),
            (format!("ssh-ed25519 {BASE64}\nmore"), "TextAfterKey"),
            (format!("ssh-ed25519 {}", &BASE64[..66]), "Base64Padding"),
            (
                format!("ssh-ed25519 {}", &BASE64[..64]),
                "WireTruncated { offset: 19, needed: 32, left: 29 }",
            ),
            (format!("ssh-ed25519 {}", BASE64.replace('+', "-")), "Base64UrlSafe"),
        ] {
            let fault = read(line.as_bytes()).unwrap_err();
            assert_eq!(format!("{fault:?}"), error, "{line}");
        }
    }
}
