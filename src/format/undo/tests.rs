//! Each change of a text, undone.

use super::*;
use crate::format::text;

const PEM: &str = "-----BEGIN PRIVATE KEY-----\nAQID\nBAU=\n-----END PRIVATE KEY-----\n";
const PPK: &str = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: a b\n\
                   Public-Lines: 2\nAAAA\nBBBB\nPrivate-Lines: 1\nCCCC\nPrivate-MAC: 00\n";
const LINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJDIvapkpxytROJuVIxqagIJx3ZiTt me@host\n";
const RFC4716: &str = "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"a b\"\nAAAAB3Nz\naC1y\n\
                       ---- END SSH2 PUBLIC KEY ----\n";
const DEK: &str = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\
                   DEK-Info: DES-EDE3-CBC,0011223344556677\n\nAQID\nBAU=\n\
                   -----END RSA PRIVATE KEY-----\n";
const KEYS: [&str; 5] = [PEM, PPK, LINE, RFC4716, DEK];

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8(crate::format::encoding::base64(bytes.as_ref()).expose().to_vec()).unwrap()
}

fn lines(text: &[u8]) -> Vec<String> {
    let lines =
        text::lines(text).map(|line| String::from_utf8(line.trim_ascii().to_vec()).unwrap());
    lines.filter(|line| !line.is_empty()).collect()
}

#[track_caller]
fn assert_undone(changed: &str, key: &str, expected: &[Undone]) {
    let (text, undone) = undo(changed.as_bytes());
    let text = text.unwrap_or_else(|| panic!("unchanged: {changed}"));
    let found = lines(text.expose());
    assert!(found.ends_with(&lines(key.as_bytes())), "{changed}\n{found:?}");
    assert_eq!(undone, expected, "{changed}");
}

#[test]
fn plain_keys_stay_as_they_are() {
    for key in KEYS {
        for text in [key.to_owned(), key.replace('\n', "\r\n"), format!("text\n\n {key}")] {
            let (changed, undone) = undo(text.as_bytes());
            assert!(changed.is_none() && undone.is_empty(), "{text}");
        }
    }
    for text in ["", "\\", "\"", "\"\"", "{}", "{\"", "[]", ">", "KEY=", "x: |", "-----BEGIN "] {
        let (changed, _) = undo(text.as_bytes());
        assert!(changed.is_none_or(|changed| lines(changed.expose()).concat().len() < 3), "{text}");
    }
}

#[test]
fn escapes_are_undone_in_all_formats() {
    for key in KEYS {
        for (line_end, count) in
            [("\\n", 1), ("\\r\\n", 1), ("\\\\n", 2), ("\\\\r\\\\n", 2), ("\\n\\\n", 1)]
        {
            let escaped = key.replace('\n', line_end);
            if key == LINE && line_end.ends_with('\n') {
                continue;
            }
            assert!(count < MAX_STEPS);
            assert_undone(&escaped, key, &[Undone::Escapes]);
            assert_undone(
                escaped.trim_end_matches(line_end),
                key,
                match key {
                    LINE => continue,
                    _ => &[Undone::Escapes],
                },
            );
        }
    }
    assert_undone(&PEM.replace('\n', "\\\n"), PEM, &[Undone::Escapes]);
    assert_undone(&PEM.replace('\n', "\\n").replace('=', "\\u003d"), PEM, &[Undone::Escapes]);
    let (unchanged, _) = undo(b"ssh-ed25519 AAAA DOMAIN\\name");
    assert!(unchanged.is_none());
    let (several, _) = undo(b"ssh-ed25519 AAAA a\\nssh-ed25519 AAAA b\\n");
    assert_eq!(lines(several.unwrap().expose()).len(), 2);
}

#[test]
fn quotes_and_prefixes_are_undone_in_all_formats() {
    for key in KEYS {
        for quote in ["\"", "'", "`", "```", "\"\"\""] {
            assert_undone(&format!("{quote}{key}{quote}\n"), key, &[Undone::Quotes]);
        }
        let escaped = format!("\"{}\",", key.replace('\n', "\\n"));
        assert_undone(&escaped, key, &[Undone::Quotes, Undone::Escapes]);
        for name in ["KEY=", "export SSH_KEY=", "key: ", "key = ", "\"key\": "] {
            assert_undone(&format!("{name}{key}"), key, &[Undone::Prefix]);
            let quoted = format!("{name}'{key}'");
            assert_undone(&quoted, key, &[Undone::Prefix, Undone::Quotes]);
        }
        let block = format!("key: |-\n{key}");
        if !key.starts_with('-') {
            assert_undone(&block, key, &[Undone::Prefix]);
        }
    }
    let row = format!("1f:51:ae\t{}\tweb\tkey-0abc\n", PEM.trim_end());
    let (text, undone) = undo(row.as_bytes());
    assert_eq!(undone, [Undone::Prefix]);
    assert!(text.unwrap().expose().windows(12).any(|window| window == b"\n-----BEGIN "));
}

#[test]
fn json_strings_with_keys_are_taken() {
    for key in KEYS {
        let string = key.replace('"', "\\\"").replace('\n', "\\n");
        for json in [
            format!("{{\"KeyMaterial\": \"{string}\", \"KeyName\": \"web\"}}"),
            format!("{{\n \"Parameter\": {{\"Name\": \"x\", \"Value\": \"{string}\"}}\n}}\n"),
            format!("[\"{string}\"]"),
        ] {
            assert_undone(&json, key, &[Undone::Json]);
        }
        let inner = format!("{{\"key\": \"{string}\"}}").replace('\\', "\\\\").replace('"', "\\\"");
        let nested = format!("{{\"SecretString\": \"{inner}\"}}");
        assert_undone(&nested, key, &[Undone::Json]);
        let binary = format!("{{\"SecretBinary\": \"{}\"}}", encoded(key));
        assert_undone(&binary, key, &[Undone::Json, Undone::Base64]);
    }
    let two = format!("[\"{0}\", \"{0}\"]", PEM.replace('\n', "\\n"));
    let (text, _) = undo(two.as_bytes());
    assert_eq!(lines(text.unwrap().expose()).len(), 8);
}

#[test]
fn base64_is_undone_in_all_forms() {
    for key in KEYS {
        let whole = encoded(key);
        let wrapped: String = whole
            .as_bytes()
            .chunks(64)
            .map(|line| format!("{}\r\n", String::from_utf8_lossy(line)))
            .collect();
        for text in [
            whole.clone(),
            wrapped,
            whole.trim_end_matches('=').to_owned(),
            whole.replace('+', "-").replace('/', "_"),
            encoded(&whole),
            encoded(key.replace('\n', "\r\n")),
        ] {
            assert_undone(&text, key, &[Undone::Base64]);
        }
        assert_undone(&format!("'{whole}'\n"), key, &[Undone::Quotes, Undone::Base64]);
        assert_undone(&format!("KEY={whole}\n"), key, &[Undone::Prefix, Undone::Base64]);
        let utf16: Vec<u8> = key.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16 = crate::format::encoding::base64(&utf16);
        assert_undone(std::str::from_utf8(utf16.expose()).unwrap(), key, &[Undone::Base64]);
    }
}

#[test]
fn mail_marks_are_undone_in_all_formats() {
    for key in KEYS {
        for mark in ["> ", ">", ">> ", "> > "] {
            let quoted: String = key.lines().map(|line| format!("{mark}{line}\n")).collect();
            assert_undone(&quoted, key, &[Undone::MailMarks]);
            assert_undone(&format!("Dana wrote:\n{quoted}"), key, &[Undone::MailMarks]);
        }
    }
}

#[test]
fn lines_are_broken_again_in_all_formats() {
    for key in KEYS {
        let one_line = key.trim_end().replace('\n', " ");
        let (text, undone) = undo(one_line.as_bytes());
        if key == LINE {
            assert!(text.is_none());
            continue;
        }
        assert_eq!(undone, [Undone::OneLine], "{key}");
        let words = |text: &[u8]| lines(text).join(" ");
        assert_eq!(words(text.unwrap().expose()), words(key.as_bytes()));
    }
    let unspaced = DEK.replace('\n', "");
    assert_undone(&unspaced, &DEK.replace("AQID\n", "AQID"), &[Undone::OneLine]);
}

#[test]
fn comments_are_not_undone() {
    let blob = LINE.split(' ').nth(1).unwrap();
    for comment in [
        "-----BEGIN K-----",
        "\"-----BEGIN K-----\\nA",
        "KEY=-----BEGIN K-----AA-----END K-----",
        "DOMAIN\\name",
        "> ssh-ed25519 AAAA",
        "{\"a\"}",
    ] {
        for key in [
            format!("ssh-ed25519 {blob}== {comment}\n"),
            PPK.replace("a b", comment),
            RFC4716.replace("a b", &format!("x={}", comment.replace('"', "'"))),
        ] {
            let (changed, undone) = undo(key.as_bytes());
            assert!(changed.is_none() && undone.is_empty(), "{key}{undone:?}");
        }
    }
}

/// The time must grow linearly: each text has the maximum length of a key file.
#[test]
fn repeated_beginnings_take_little_time() {
    for unit in [
        "-----BEGIN ",
        "---- BEGIN SSH2 ",
        "PuTTY-User-Key-File-",
        "\\n",
        "\"",
        ">",
        "= ",
        "\\\"",
        "-----BEGIN K----------END K-----",
        "\"-----BEGIN ",
        "> ssh-ed25519 AAAA\n",
        "[\"a\"]",
        "-----BEGIN K-----\\",
        "LS0tLS1CRUdJTi",
        " Encryption:",
        "ssh-rsa AAAA\\n",
        "{\"a\":",
        "-----END K-----",
        " Comment:",
        "---- BEGIN SSH2 K ---- ---- END SSH2 ",
        "\u{200b}",
        "\t",
    ] {
        for prefix in ["", "PuTTY-User-Key-File-3: a", "ssh-rsa AAAA ", "KEY=", "{", "\""] {
            let text =
                format!("{prefix}{}", unit.repeat(crate::format::MAX_BYTES / unit.len() / 16));
            let start = std::time::Instant::now();
            let _ = undo(text.as_bytes());
            let _ = crate::format::is_private(text.as_bytes());
            assert!(start.elapsed().as_secs() < 5, "{prefix}{unit}: {:?}", start.elapsed());
        }
    }
}

#[test]
fn largest_hostile_text_takes_little_time() {
    let half = crate::format::MAX_BYTES / 2;
    for text in [
        "0".repeat(half) + &"\n".repeat(half),
        "PuTTY-User-Key-File-".repeat(half / 10 - 10) + "Private-MAC:",
        "x PuTTY-User-Key-File-\n".repeat(half / 12) + "Private-MAC:",
        "---- BEGIN SSH2 ".repeat(half / 8 - 10) + "---- END SSH2 ",
        (" ".to_owned() + &"a".repeat(32)).repeat(half / 17),
        "a".repeat(32) + &"\\n".repeat(half - 32),
    ] {
        let start = std::time::Instant::now();
        let _ = crate::format::read_private(text.as_bytes(), None);
        assert!(start.elapsed().as_secs() < 5, "{}: {:?}", &text[..40], start.elapsed());
    }
}

/// `pkcs12.b64` is a common name of CI secrets.
#[test]
fn base64_of_other_formats_is_undone() {
    let pkcs12 = [
        &b"0\x82\x09\x5f\x02\x01\x030\x82\x09\x05\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"[..],
        &[1; 64],
    ]
    .concat();
    let base64 = crate::format::encoding::base64(&pkcs12);
    let fault = crate::format::read_private(base64.expose(), None).unwrap_err();
    assert_eq!(format!("{fault:?}"), "Foreign(Pkcs12)");
}

#[test]
fn numbers_that_spell_a_label_are_no_key() {
    const LABEL: &[u8; 15] = b"---- BEGIN SSH2";
    for start in 0..4 {
        let mut point = [0xff; 32];
        point[start..start + LABEL.len()].copy_from_slice(LABEL);
        point[start + LABEL.len()] = b' ';
        let spki = encoded([&b"0*0\x05\x06\x03+ep\x03!\0"[..], &point].concat());
        let blob = encoded([&b"\0\0\0\x0bssh-ed25519\0\0\0\x20"[..], &point].concat());
        for text in [
            spki.clone(),
            format!("-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n"),
            format!("ssh-ed25519 {blob}\n"),
            format!(
                "-----BEGIN OPENSSH PRIVATE KEY-----\n{blob}\n-----END OPENSSH PRIVATE KEY-----"
            ),
        ] {
            assert!(undo(text.as_bytes()).0.is_none(), "{text}");
        }
    }
}
