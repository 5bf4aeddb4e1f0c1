//! Replaces what differs between two runs, as the records do, without changing its width.

/// Replaces the digits of times and the bytes of ids, fingerprints and public keys.
pub(super) fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = [id, time, fingerprint, key].iter().find_map(|find| find(rest));
        let (length, shown) = found.unwrap_or_else(|| (first.len_utf8(), first.to_string()));
        masked.push_str(&shown);
        rest = &rest[length..];
    }
    masked
}

fn id(text: &str) -> Option<(usize, String)> {
    let digits = text.strip_prefix("key-")?.get(..17)?;
    let is_id = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| (21, "key-IDIDIDIDIDIDIDIDI".to_owned()))
}

/// Omits the fraction of a second: it is missing if it is zero.
fn time(text: &str) -> Option<(usize, String)> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let is_shape = |(shape, byte): (&u8, u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        shape => *shape == byte,
    };
    let start = text.get(..SHAPE.len())?;
    if !SHAPE.iter().zip(start.bytes()).all(is_shape) {
        return None;
    }
    let (fraction, _) = text[SHAPE.len()..].split_once("+00:00")?;
    let is_fraction = fraction.is_empty() || fraction.len() == 7 && fraction.starts_with('.');
    let length = SHAPE.len() + fraction.len() + "+00:00".len();
    is_fraction.then(|| (length, "0000-00-00T00:00:00+00:00".to_owned()))
}

fn fingerprint(text: &str) -> Option<(usize, String)> {
    let end = text.find(|character: char| !(character.is_ascii_hexdigit() || character == ':'));
    let found = &text[..end.unwrap_or(text.len())];
    let is_fingerprint = found.len() >= 47 && found.split(':').all(|pair| pair.len() == 2);
    is_fingerprint.then(|| (found.len(), vec!["ff"; found.len() / 3 + 1].join(":")))
}

fn key(text: &str) -> Option<(usize, String)> {
    let is_base64 =
        |character: char| character.is_ascii_alphanumeric() || "+/=".contains(character);
    let end = text.find(|character| !is_base64(character)).unwrap_or(text.len());
    (text.starts_with("AAAA") && end > 12).then(|| (end, "AAAAKEYKEYKEY".to_owned()))
}

#[test]
fn mask_keeps_the_rest() {
    let ids = "a key-0123456789abcdef0 key-x 2026-11-29T10:23:47.680000+00:00, 10:23:47";
    assert_eq!(masked(ids), "a key-IDIDIDIDIDIDIDIDI key-x 0000-00-00T00:00:00+00:00, 10:23:47");
    let fingerprint = ["1f"; 16].join(":");
    assert_eq!(masked(&format!("|{fingerprint}|")), format!("|{}|", ["ff"; 16].join(":")));
    assert_eq!(masked("ssh-rsa AAAAB3NzaC1yc2EAA+/= c\n"), "ssh-rsa AAAAKEYKEYKEY c\n");
}
