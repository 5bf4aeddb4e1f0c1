//! Recognizes formats that are not read, by their first line or magic number.

use super::foreign::ForeignFormat;
use super::text;
use super::wire::WireReader;

/// Returns the format of a file that has the magic number or the first line of one.
pub(super) fn format_of(file: &[u8]) -> Option<ForeignFormat> {
    match file {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Some(ForeignFormat::Jks),
        [0x1e, 0xf1, 0xb5, 0xb0, ..] => Some(ForeignFormat::Pvk),
        [6 | 7, 2, 0, 0, _, 0x24 | 0xa4, 0, 0, ..] => Some(ForeignFormat::MsBlob),
        [0, 0, 0, ..] if is_dropbear(file) => Some(ForeignFormat::Dropbear),
        [b'0', ..] => of_der(file),
        [0x80..=0xff, ..] if is_openpgp(file) => Some(ForeignFormat::OpenPgp),
        _ => of_text(file),
    }
}

fn of_text(text: &[u8]) -> Option<ForeignFormat> {
    if text.starts_with(b"SSH PRIVATE KEY FILE FORMAT 1.1\n") {
        return Some(ForeignFormat::Ssh1);
    }
    let trimmed = text.trim_ascii();
    if matches!(trimmed, [b'{', .., b'}']) && has_key_type(trimmed) {
        return Some(ForeignFormat::Jwk);
    }
    text::lines(text).map(<[u8]>::trim_ascii).find_map(|line| match line {
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----" | b"-----BEGIN PGP PUBLIC KEY BLOCK-----" => {
            Some(ForeignFormat::OpenPgp)
        }
        b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----" => Some(ForeignFormat::SshCom),
        b"-----BEGIN PKCS12-----" => Some(ForeignFormat::Pkcs12),
        _ => None,
    })
}

/// Returns the format of a DER or BER structure: PKCS#12 is a SEQUENCE of the INTEGER 3 and a
/// PKCS#7 ContentInfo, which begins with its object identifier.
pub(super) fn of_der(der: &[u8]) -> Option<ForeignFormat> {
    const PKCS7: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
    let fields = after_header(der)?;
    match fields.strip_prefix(b"\x02\x01\x03") {
        Some(content) => after_header(content)?.starts_with(PKCS7).then_some(ForeignFormat::Pkcs12),
        None => fields.starts_with(PKCS7).then_some(ForeignFormat::Pkcs7),
    }
}

/// Returns the contents of a SEQUENCE.
fn after_header(der: &[u8]) -> Option<&[u8]> {
    match der {
        [b'0', length @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        [b'0', _, rest @ ..] => Some(rest),
        _ => None,
    }
}

/// Returns whether the file is a key of Dropbear: a public key blob with private numbers.
fn is_dropbear(file: &[u8]) -> bool {
    let mut reader = WireReader::new(file);
    let Ok(name) = reader.string() else { return false };
    let length = reader.string().map(<[u8]>::len);
    match name {
        // The seed and the point together.
        b"ssh-ed25519" => length.is_ok_and(|length| length == 64),
        // After the public numbers.
        b"ssh-rsa" => length.is_ok() && reader.string().is_ok() && reader.string().is_ok(),
        b"ssh-dss" => true,
        _ => name.starts_with(b"ecdsa-sha2-"),
    }
}

/// Returns whether the file begins with a key packet (RFC 9580 section 4.2 and 5.5.2).
fn is_openpgp(file: &[u8]) -> bool {
    let version = match file {
        // The old form has lengths of 1, 2 and 4 bytes.
        [0x94 | 0x98, _, version, ..]
        | [0x95 | 0x99, _, _, version, ..]
        | [0x96 | 0x9a, _, _, _, _, version, ..]
        | [0xc5 | 0xc6, ..=191, version, ..]
        | [0xc5 | 0xc6, 192..=223, _, version, ..]
        | [0xc5 | 0xc6, 255, _, _, _, _, version, ..] => *version,
        _ => return false,
    };
    (3..=6).contains(&version)
}

/// Returns whether JSON has the member `kty`.
fn has_key_type(json: &[u8]) -> bool {
    json.windows(5).any(|window| window == b"\"kty\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognized_by_their_beginning() {
        use ForeignFormat::*;
        for (file, expected) in [
            (&b"\xfe\xed\xfe\xed\0\0\0\x02"[..], Some(Jks)),
            (b"\xce\xce\xce\xce\0\0\0\x02", Some(Jks)),
            (b"\x1e\xf1\xb5\xb0\0\0\0\0", Some(Pvk)),
            (b"\x07\x02\0\0\0\xa4\0\0RSA2", Some(MsBlob)),
            (b"\0\0\0\x07ssh-rsa\0\0\0\x01\x03\0\0\0\x01\x05\0\0\0\x01\x07", Some(Dropbear)),
            (b"\0\0\0\x07ssh-rsa\0\0\0\x01\x03\0\0\0\x01\x05", None),
            (b"\0\0\0\x0bssh-ed25519\0\0\0\x20", None),
            (b"\x95\x03\x98\x04", Some(OpenPgp)),
            (b"\xc5\x58\x06", Some(OpenPgp)),
            (b"\x95\x03\x98\x00", None),
            (b"0\x82\x09\x5f\x02\x01\x030\x82\x09\x05\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", Some(Pkcs12)),
            (b"0\x80\x02\x01\x030\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", Some(Pkcs12)),
            (b"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", Some(Pkcs7)),
            (b"0\x82\x09\x5f\x02\x01\x000\x82\x09\x05", None),
            (b"{\"kty\": \"RSA\"}\n", Some(Jwk)),
            (b"{\"k\": \"RSA\"}", None),
            (b"SSH PRIVATE KEY FILE FORMAT 1.1\n\0", Some(Ssh1)),
            (b"text\n---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n", Some(SshCom)),
            (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", Some(OpenPgp)),
            (b"-----BEGIN RSA PRIVATE KEY-----\n", None),
            (b"", None),
        ] {
            assert_eq!(format_of(file), expected, "{file:?}");
        }
    }

    #[test]
    fn private_files_are_told_from_public_ones() {
        for (file, expected) in [
            (&b"\x95\x03\x98\x04"[..], true),
            (b"\x99\x03\x98\x04", false),
            (b"{\"kty\":\"RSA\",\"n\":\"\"}", false),
            (b"{\"kty\":\"RSA\",\"d\":\"\"}", true),
            (b"-----BEGIN PGP PUBLIC KEY BLOCK-----", false),
            (b"\x06\x02\0\0\0\xa4\0\0RSA1", false),
        ] {
            let format = format_of(file).unwrap();
            assert_eq!(format.is_private(file), expected, "{file:?}");
        }
    }
}
