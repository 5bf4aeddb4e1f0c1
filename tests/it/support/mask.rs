//! Replaces text that differs between runs: ids, times, fingerprints, key material and random
//! names.

/// Replaces every random word by `#`.
pub(crate) fn masked(text: &str) -> String {
    let text = &without_fractions(&without_epochs(text));
    // Separates color codes from the word that follows.
    let apart =
        ["0", "1", "2", "33", "34"].iter().fold(without_private_keys(text), |text, color| {
            let color = format!("\u{1b}[{color}m");
            text.replace(&color, &format!("{color}\0"))
        });
    let mut masked = String::new();
    for piece in apart.split_inclusive(|character| !is_word(character)) {
        let word = piece.trim_end_matches(|character| !is_word(character));
        masked.push_str(if is_random(word) { "#" } else { word });
        masked.push_str(&piece[word.len()..]);
    }
    masked
}

/// Replaces every Unix time with a fraction by `#`.
fn without_epochs(text: &str) -> String {
    let mut parts = text.split('.');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = |text: &str| text.bytes().rev().take_while(u8::is_ascii_digit).count();
        let fraction = part.bytes().take_while(u8::is_ascii_digit).count();
        if digits(&shown) == 10 && fraction > 0 {
            shown.truncate(shown.len() - 10);
            shown.push('#');
            shown.push_str(&part[fraction..]);
        } else {
            shown.push('.');
            shown.push_str(part);
        }
    }
    shown
}

/// Removes the microseconds of times. A time without them is a whole second.
fn without_fractions(text: &str) -> String {
    let mut parts = text.split('.');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_fraction =
            part.get(6..12) == Some("+00:00") && shown.ends_with(|c: char| c.is_ascii_digit());
        shown.push_str(if is_fraction { "" } else { "." });
        shown.push_str(if is_fraction { &part[6..] } else { part });
    }
    shown
}

/// Removes the content of private keys.
fn without_private_keys(text: &str) -> String {
    let mut parts = text.split(" PRIVATE KEY-----");
    let mut emptied = parts.next().unwrap_or_default().to_owned();
    for (number, part) in parts.enumerate() {
        emptied.push_str(" PRIVATE KEY-----");
        match part.find("-----END") {
            Some(end) if number % 2 == 0 => emptied.push_str(&part[end..]),
            _ => emptied.push_str(part),
        }
    }
    emptied
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-:+/=_".contains(character)
}

fn is_random(word: &str) -> bool {
    let hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = word.strip_prefix("key-").is_some_and(|id| id.len() == 17 && hexadecimal(id));
    let colons = word.len() >= 47 && hexadecimal(&word.replace(':', ""));
    let base64 = word.len() >= 43 && !word.contains("---") && !word.contains("===");
    let time = word.len() >= 16 && word.starts_with("20") && word.contains('T');
    let words: Vec<&str> = word.split('-').collect();
    let name = matches!(words[..], [_, _, number] if number.len() == 6 && hexadecimal(number));
    // The rest of a time after its seconds.
    let milliseconds = word.len() == 4 && word.ends_with('Z');
    id || colons || base64 || time || name || milliseconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mask_replaces_only_random_words() {
        let text = "\"KeyPairId\": \"key-0123456789abcdef0\",\n\"amber-otter-4f9c21.ppk\"";
        assert_eq!(masked(text), "\"KeyPairId\": \"#\",\n\"#.ppk\"");
        assert_eq!(masked("2026-11-23T23:46:26.001Z"), "#.#");
        assert_eq!(masked("2026-11-23T23:46:26.001000+00:00 2026-11-23T23:46:26+00:00"), "# #");
        let key = "a\n-----BEGIN X PRIVATE KEY-----\\nMIIE\\n-----END X PRIVATE KEY-----\nb";
        let empty = "a\n-----BEGIN X PRIVATE KEY----------END X PRIVATE KEY-----\nb";
        assert_eq!(masked(key), empty);
        assert_eq!(masked("\"a\": 1795647977.543,\n1.5"), "\"a\": #,\n1.5");
        let rule = "-".repeat(80);
        for text in ["key-pair", "--key-name", "a-b-c", "2048", "my-key-pair.pem", &rule] {
            assert_eq!(masked(text), text);
        }
    }
}
