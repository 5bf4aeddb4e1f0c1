//! The public key file of RFC 4716, also known as SSH2 or SECSH. Hand-written because no crate
//! supports it.

use super::blob;
use super::comment::Comment;
use super::encoding;
use super::error::FormatError;
use super::foreign::ForeignFormat;
use super::text;
use crate::key::PublicKey;

const BEGIN: &[u8] = b"---- BEGIN SSH2 PUBLIC KEY ----";
const END: &[u8] = b"---- END SSH2 PUBLIC KEY ----";
const PRIVATE_BEGIN: &[u8] = b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----";

/// The maximum line length of section 3.2. PuTTYgen writes base64 lines of 64.
const MAX_LINE_BYTES: usize = 72;
const BASE64_COLUMNS: usize = 64;

/// The maximum length of a header value (section 3.3).
const MAX_COMMENT_BYTES: usize = 1024;

/// Returns the complete file, with the comment quoted as by PuTTYgen.
pub fn write(key: &PublicKey, comment: &Comment) -> Result<Vec<u8>, FormatError> {
    let (length, max) = (comment.as_bytes().len(), MAX_COMMENT_BYTES);
    if length > max {
        return Err(FormatError::CommentTooLong { length, max });
    }
    let mut file = [BEGIN, b"\n"].concat();
    if !comment.is_empty() {
        push_comment(&mut file, comment);
    }
    let base64 = encoding::base64(&blob::encode(key));
    for line in base64.expose().chunks(BASE64_COLUMNS) {
        file.extend_from_slice(line);
        file.push(b'\n');
    }
    file.extend_from_slice(END);
    file.push(b'\n');
    Ok(file)
}

/// Appends the header in lines of at most 72 bytes. All lines but the last end in `\`.
fn push_comment(file: &mut Vec<u8>, comment: &Comment) {
    let mut header = b"Comment: \"".to_vec();
    for &byte in comment.as_bytes() {
        if b"\"\\".contains(&byte) {
            header.push(b'\\');
        }
        header.push(byte);
    }
    header.push(b'"');
    let mut rest = header.as_slice();
    while rest.len() > MAX_LINE_BYTES {
        let (line, after) = rest.split_at(MAX_LINE_BYTES - 1);
        file.extend_from_slice(line);
        file.extend_from_slice(b"\\\n");
        rest = after;
    }
    file.extend_from_slice(rest);
    file.push(b'\n');
}

/// Returns whether `line` begins an SSH2 key.
pub(super) fn is_begin(line: &[u8]) -> bool {
    line == BEGIN || line == PRIVATE_BEGIN
}

/// Returns whether any line begins an SSH2 key.
pub(super) fn is_rfc4716(text: &[u8]) -> bool {
    text::lines(text).map(<[u8]>::trim_ascii).any(is_begin)
}

/// Reads the single key. Accepts any line lengths, any headers, and text before and after.
pub(super) fn read(text: &[u8]) -> Result<(PublicKey, Option<Comment>), FormatError> {
    let mut lines = text::lines(text).zip(1..);
    let mut begins = lines.by_ref().map(|(line, _)| line.trim_ascii());
    match begins.find(|line| [BEGIN, PRIVATE_BEGIN].contains(line)) {
        Some(BEGIN) => {}
        Some(_) => return Err(FormatError::Foreign(ForeignFormat::SshCom)),
        None => return Err(FormatError::Unrecognized),
    }
    let mut comment = None;
    let mut base64 = Vec::new();
    loop {
        let (line, number) = lines.next().ok_or(FormatError::EndMissing)?;
        if line.trim_ascii() == END {
            break;
        }
        let Some((tag, value)) = split_colon(line) else {
            base64.extend_from_slice(line);
            continue;
        };
        if !base64.is_empty() {
            return Err(FormatError::Rfc4716Header { line: number });
        }
        // Blanks may follow the backslash.
        let mut value = value.trim_ascii_end().to_vec();
        while value.last() == Some(&b'\\') {
            value.pop();
            let (more, _) = lines.next().ok_or(FormatError::EndMissing)?;
            value.extend_from_slice(more.trim_ascii_end());
        }
        if tag.eq_ignore_ascii_case(b"comment") {
            comment = Some(Comment::new(unquoted(value.trim_ascii()))?);
        }
    }
    if lines.any(|(line, _)| line.trim_ascii() == BEGIN) {
        return Err(FormatError::SeveralKeys);
    }
    if base64.is_empty() {
        return Err(FormatError::BlobMissing);
    }
    let blob = encoding::from_base64_lines(&base64)?;
    Ok((blob::decode(blob.expose())?, comment))
}

fn split_colon(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (tag, value) = line.split_at(colon);
    Some((tag, value.strip_prefix(b":")?))
}

/// Returns the text between quotation marks, with `\"` and `\\` unescaped, or else the value
/// itself.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let inner = value.strip_prefix(b"\"");
    let Some(inner) = inner.and_then(|inner| inner.strip_suffix(b"\"")) else {
        return value.to_vec();
    };
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = (byte == b'\\').then(|| bytes.next_if(|next| b"\"\\".contains(next)));
        text.push(escaped.flatten().unwrap_or(byte));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE64: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJDIvapkpxytROJuVIxqagIJx3ZiTt+2j82syOzzZhy7";

    fn file(headers: &str) -> String {
        let (begin, end) = (text(BEGIN), text(END));
        format!("{begin}\n{headers}{BASE64}\n{end}\n")
    }

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn comments_round_trip() {
        let (key, _) = read(file("").as_bytes()).unwrap();
        let long = "a word \\ and \"quotes\" ".repeat(40);
        for comment in ["x", "a \"b\" \\ c", "ends in \\", "\"", " ", long.as_str()] {
            let comment = Comment::new(comment).unwrap();
            let written = write(&key, &comment).unwrap();
            assert!(text::lines(&written).all(|line| line.len() <= MAX_LINE_BYTES));
            let (read_key, read_comment) = read(&written).unwrap();
            assert_eq!((read_key, read_comment), (key.clone(), Some(comment)));
        }
        let bare = write(&key, &Comment::default()).unwrap();
        assert_eq!(read(&bare).unwrap(), (key, None));
    }

    #[test]
    fn files_of_other_programs_are_read() {
        for (headers, comment) in [
            ("Comment: plain\n", "plain"),
            ("comment: \"quoted\"\nSubject: me\nx-foo: bar\n", "quoted"),
            ("COMMENT: \"DOMAIN\\user\"\n", "DOMAIN\\user"),
            ("Subject: a\\\nb: c\nComment: one \\\ntwo\n", "one two"),
            ("Comment: one \\ \ntwo \n", "one two"),
        ] {
            for file in [
                file(headers),
                file(headers).replace('\n', "\r\n"),
                format!("before\n{}after\n", file(headers)),
                file(headers).replace("AAAA", "AA\nAA"),
            ] {
                let (_, found) = read(file.as_bytes()).unwrap();
                assert_eq!(found.unwrap().as_bytes(), comment.as_bytes());
            }
        }
    }

    #[test]
    fn file_faults_are_named() {
        let whole = file("");
        for (file, error) in [
            (whole.replace("---- END", "---- FIN"), "EndMissing"),
            (file("Comment: a\\\n").replace(&format!("{BASE64}\n"), ""), "EndMissing"),
            (whole.replace(BASE64, ""), "BlobMissing"),
            (whole.replace(BASE64, "AAAA*"), "Base64Character { offset: 4 }"),
            (whole.replace("\n---- END", "\nX: y\n---- END"), "Rfc4716Header { line: 3 }"),
            (whole.repeat(2), "SeveralKeys"),
            (whole.replace("PUBLIC", "ENCRYPTED PRIVATE"), "Foreign(SshCom)"),
        ] {
            let fault = read(file.as_bytes()).unwrap_err();
            assert_eq!(format!("{fault:?}"), error, "{file}");
        }
    }
}
