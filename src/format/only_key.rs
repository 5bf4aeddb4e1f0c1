//! Finds text around a key, which a file would lose if the key replaced it.

use super::der;

/// Returns whether a file contains one private key and nothing else.
pub fn is_only_key(file: &[u8]) -> bool {
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).trim_ascii();
    let count = |mark: &[u8]| text.windows(mark.len()).filter(|window| *window == mark).count();
    if text.starts_with(PEM) {
        let end = text.windows(END.len()).position(|window| window == END);
        let last = end.and_then(|end| text.get(end + END.len()..)).unwrap_or_default();
        let is_label =
            |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
        let label = last.strip_suffix(b"-----");
        return count(PEM) == 1 && label.is_some_and(|label| label.iter().all(is_label));
    }
    if text.starts_with(PPK) {
        let last = text.split(|byte| matches!(byte, b'\n' | b'\r')).next_back();
        return count(PPK) == 1 && last.is_some_and(|line| line.starts_with(b"Private-MAC: "));
    }
    der::split_first(file).is_ok_and(|(_, rest)| rest.is_empty())
}

const PEM: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const PPK: &[u8] = b"PuTTY-User-Key-File-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_contents_are_found() {
        const PEM: &str = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";
        const PPK: &str = "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-MAC: 00\n";
        for text in [PEM, PPK, &format!("\u{feff}\n {PEM} \r\n"), &PPK.replace('\n', "\r\n")] {
            assert!(is_only_key(text.as_bytes()), "{text}");
        }
        for text in [
            &format!("{PEM}{PEM}"),
            &format!("{PEM}PASSWORD=x\n"),
            &format!("{PEM}PASSWORD=x\n# -----"),
            &format!("# old\n{PEM}"),
            &format!("KEY=\"{}\"", PEM.replace('\n', "\\n")),
            &format!("{PPK}{PPK}"),
            &format!("{PPK}{PEM}"),
            "{\"KeyMaterial\": \"\"}",
            "",
        ] {
            assert!(!is_only_key(text.as_bytes()), "{text}");
        }
        for der in [&[0x30, 2, 5, 0][..], &[0x30, 0x81, 2, 5, 0], &[0x30, 0x82, 0, 2, 5, 0]] {
            assert!(is_only_key(der), "{der:?}");
            assert!(!is_only_key(&[der, der].concat()), "{der:?}");
            assert!(!is_only_key(der.split_last().unwrap().1), "{der:?}");
        }
    }
}
