//! Recognizes the text of a private key in any encoding.

use std::ops::Range;

/// Minimum lengths of a run that counts as a key. SHA-1 in hex has 40 characters. The seed of an
/// ED25519 key has 43 in base64 and 64 in hex.
const MIN_BASE64: usize = 40;
const MIN_HEX: usize = 41;
/// 32 bytes have 52 characters in base32.
const MIN_BASE32: usize = 52;
/// SHA-1 fingerprints have 20 bytes.
const MIN_BYTES: usize = 24;

/// Returns the parts of a text that look like a key.
pub fn keys(text: &str) -> Vec<Range<usize>> {
    let mut keys: Vec<Range<usize>> = tokens(text)
        .filter(|token| {
            let is_digest = text.get(..token.start).is_some_and(ends_in_digest_name);
            !is_digest && text.get(token.clone()).is_some_and(is_key)
        })
        .collect();
    keys.extend(byte_lists(text));
    keys
}

/// Returns the start of a key file in a text.
pub fn marker(text: &str) -> Option<usize> {
    MARKERS.iter().filter_map(|marker| text.find(marker)).min()
}

const MARKERS: [&str; 2] = ["-----BEGIN ", "PuTTY-User-Key-File-"];

/// Prefixes of base64 that encodes a key: DER, OpenSSH's private key format, a PEM file, a PuTTY
/// file, the private part of a PuTTY file.
const PREFIXES: [&str; 9] = [
    "MII",
    "MC4CAQ",
    "MFECAQ",
    "MFMCAQ",
    "b3BlbnNzaC1rZXk",
    "LS0tLS1CRUdJTi",
    "UHVUVFktVXNlci1LZXk",
    "AAAAI",
    "AAABA",
];

/// Prefixes of OpenSSH public keys: ED25519, and RSA with its usual exponents.
const PUBLIC_PREFIXES: [&str; 4] = [
    "AAAAC3NzaC1lZDI1NTE5AAAAI",
    "AAAAB3NzaC1yc2EAAAADAQAB",
    "AAAAB3NzaC1yc2EAAAABIw",
    "AAAAB3NzaC1yc2EAAAABJQ",
];
const PUBLIC_ED25519: usize = 68;

/// Returns the runs of base64 and hex characters, including percent-encoded and escaped ones.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+/_-%\\".contains(&byte);
    let mut start = 0;
    let ends = text.bytes().map(Some).chain([None]).enumerate();
    ends.filter_map(move |(end, byte)| {
        if byte.is_some_and(is_part) {
            return None;
        }
        let token = start..end;
        start = end + 1;
        Some(token).filter(|token| token.len() >= MIN_BASE64)
    })
}

/// Returns true if a text ends in the name of a digest, such as `sha256:`.
fn ends_in_digest_name(before: &str) -> bool {
    ["sha256:", "sha512:", "md5:"].iter().any(|name| {
        let start = before.len().checked_sub(name.len());
        let end = start.and_then(|start| before.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(name))
    })
}

/// Returns true if a token is a key, or decodes to one.
fn is_key(token: &str) -> bool {
    let mut text = token.as_bytes().to_vec();
    for _ in 0..3 {
        let runs = text.split(|byte| !byte.is_ascii_alphanumeric() && !b"+/_-".contains(byte));
        if runs.filter_map(|run| str::from_utf8(run).ok()).any(is_key_run) {
            return true;
        }
        let decoded = decode(&text);
        if decoded == text {
            break;
        }
        text = decoded;
    }
    false
}

/// Decodes percent-encoding and the escapes of string literals.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        let hex = match (first, behind) {
            (b'%', behind) => behind.get(..2),
            (b'\\', [b'x', behind @ ..]) => behind.get(..2),
            (b'\\', [b'u', b'0', b'0', behind @ ..]) => behind.get(..2),
            _ => None,
        };
        let hex = hex.and_then(|hex| str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(byte);
            let length = match (first, behind) {
                (b'%', _) => 2,
                (_, [b'x', ..]) => 3,
                _ => 5,
            };
            rest = behind.get(length..).unwrap_or_default();
        } else if let (b'\\', Some((escaped, behind))) = (first, behind.split_first()) {
            decoded.push(if b"nrt".contains(escaped) { b'\n' } else { *escaped });
            rest = behind;
        } else {
            decoded.push(first);
        }
    }
    decoded
}

/// Returns true if a run of base64, base32 or hex characters is a key.
fn is_key_run(run: &str) -> bool {
    if has_long_hex(run) || has_long_base32(run) {
        return true;
    }
    let text = run.trim_start_matches('/');
    if text.len() < MIN_BASE64 || is_public(text) || is_path(text) {
        return false;
    }
    PREFIXES.iter().any(|prefix| text.starts_with(prefix)) || is_random(text)
}

fn is_public(run: &str) -> bool {
    match PUBLIC_PREFIXES.iter().position(|prefix| run.starts_with(prefix)) {
        Some(0) => run.len() == PUBLIC_ED25519,
        found => found.is_some(),
    }
}

/// Returns true if a run has more hex digits than a SHA-1 digest. A SHA-256 digest that names one
/// of several directories of a path is not a key.
fn has_long_hex(run: &str) -> bool {
    let parts: Vec<&str> = run.split('/').filter(|part| !part.is_empty()).collect();
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let others = parts.iter().filter(|part| !is_hex(part)).count();
    parts.iter().any(|part| {
        let is_folder = part.len() == 64 && !part.contains(|c: char| c.is_ascii_uppercase());
        let mut runs = part.split(|c: char| !c.is_ascii_hexdigit());
        runs.any(|run| run.len() >= MIN_HEX && is_varied(run)) && !(is_folder && others >= 2)
    })
}

/// Returns true if a run has base32 (RFC 4648 section 6) of at least a seed. Names in capitals are
/// shorter, or have other digits.
fn has_long_base32(run: &str) -> bool {
    let is_digit = |digit: u8| digit.is_ascii_uppercase() || (b'2'..=b'7').contains(&digit);
    let mut parts = run.split(['/', '+', '_', '-']);
    parts.any(|part| {
        part.len() >= MIN_BASE32
            && part.bytes().all(is_digit)
            && part.bytes().any(|digit| digit.is_ascii_digit())
            && is_varied(part)
    })
}

/// Returns true if there are about as many different digits as in random ones.
fn is_varied(digits: &str) -> bool {
    let mut different: Vec<u8> = digits.bytes().collect();
    different.sort_unstable();
    different.dedup();
    different.len() >= 8
}

/// Returns true if a run is base64 of random bytes and not words: upper and lower case are mixed,
/// and capitals do not begin words. The bounds miss about one in a thousand seeds, which have 43
/// characters, and no key file.
fn is_random(run: &str) -> bool {
    let count = |is: fn(&u8) -> bool| run.bytes().filter(is).count();
    let upper = count(u8::is_ascii_uppercase);
    let lower = count(u8::is_ascii_lowercase);
    let pairs = run.as_bytes().windows(2);
    let is_capital = |pair: &&[u8]| matches!(pair, [first, second] if first.is_ascii_uppercase() && second.is_ascii_lowercase());
    let capitals = pairs.filter(is_capital).count();
    upper * 7 >= run.len() && lower * 7 >= run.len() && upper.saturating_sub(capitals) * 8 > upper
}

/// Returns true if there are more slashes than in base64, where one character of 64 is a slash.
fn is_path(run: &str) -> bool {
    let parts = run.split('/');
    parts.clone().count() * 9 > run.len() + 9 && parts.map(str::len).max() < Some(16)
}

/// Returns the lists of bytes that are longer than a digest, such as `30:2e:02`, `0x30, 0x2e` or
/// `48, 46, 2`.
fn byte_lists(text: &str) -> Vec<Range<usize>> {
    let mut lists = Vec::new();
    let mut list = ByteList::default();
    for item in items(text) {
        let separator = text.get(list.range.end..item.start).unwrap_or_default().trim();
        let is_byte = text.get(item.clone()).is_some_and(is_byte);
        let continues = list.count == 1 || list.count > 1 && list.separator == separator;
        if is_byte && continues {
            let range = list.range.start..item.end;
            list = ByteList { range, separator, count: list.count + 1 };
            continue;
        }
        lists.extend(list.if_long());
        list = ByteList { range: item, separator: "", count: usize::from(is_byte) };
    }
    lists.extend(list.if_long());
    lists
}

#[derive(Default)]
struct ByteList<'a> {
    range: Range<usize>,
    separator: &'a str,
    count: usize,
}

impl ByteList<'_> {
    fn if_long(self) -> Option<Range<usize>> {
        (self.count >= MIN_BYTES).then_some(self.range)
    }
}

/// Returns the runs of letters and digits.
fn items(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let ends = text.bytes().map(Some).chain([None]).enumerate();
    ends.filter_map(move |(end, byte)| {
        if byte.is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let item = start..end;
        start = end + 1;
        Some(item).filter(|item| !item.is_empty())
    })
}

fn is_byte(item: &str) -> bool {
    let item = item.strip_prefix('0').filter(|rest| rest.starts_with('x')).unwrap_or(item);
    let digits = item.strip_prefix('x').unwrap_or(item);
    let is_hex = digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    !digits.is_empty() && is_hex || digits.parse::<u8>().is_ok()
}
