//! Keeps private keys out of the logs of CI services.

use super::output::Value;
use crate::secret::Secret;

/// Returns the commands that make a GitHub runner log `***` for each line of a text.
///
/// A runner looks for them on both standard streams of a step, does not log them, and masks line by
/// line (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>). The
/// value is escaped as in `escapeData` of the toolkit, to keep it on one line
/// (<https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>). Empty lines are
/// omitted: a runner rejects an empty mask. A line with quotation marks or backslashes is also masked
/// as JSON and YAML show it.
pub fn github(text: &Secret) -> Secret {
    let mut commands = Secret::with_capacity(text.len() * 2);
    for line in lines(text) {
        push_mask(&mut commands, line);
        let json = with_before(line, b"\"\\", b'\\');
        let yaml = with_before(line, b"'", b'\'');
        for shown in [json, yaml].iter().filter(|shown| shown.expose() != line) {
            push_mask(&mut commands, shown.expose());
        }
    }
    commands
}

/// Returns the text with a byte before each of the special ones.
fn with_before(text: &[u8], special: &[u8], before: u8) -> Secret {
    let mut escaped = Secret::with_capacity(text.len() * 2);
    for byte in text {
        if special.contains(byte) {
            escaped.push(&[before]);
        }
        escaped.push(&[*byte]);
    }
    escaped
}

fn push_mask(commands: &mut Secret, line: &[u8]) {
    commands.push(b"::add-mask::");
    let mut rest = line;
    while let Some((place, escape)) = first_to_escape(rest) {
        let (before, from) = rest.split_at(place);
        commands.push(before);
        commands.push(escape);
        rest = from.get(1..).unwrap_or_default();
    }
    commands.push(rest);
    commands.push(b"\n");
}

/// Returns true if a response has a line of a private key that is too long for a coincidence.
pub fn shows(response: &Value, key: &Secret) -> bool {
    response.any_text(|text| {
        let is_in = |line: &[u8]| std::str::from_utf8(line).is_ok_and(|line| text.contains(line));
        lines(key).any(|line| (line.len() >= MIN_LINE || line.len() == key.len()) && is_in(line))
    })
}

fn lines(text: &Secret) -> impl Iterator<Item = &[u8]> {
    text.expose().split(|&byte| byte == b'\n').filter(|line| !line.is_empty() && *line != b"\r")
}

fn first_to_escape(text: &[u8]) -> Option<(usize, &'static [u8])> {
    text.iter().enumerate().find_map(|(place, byte)| {
        let escape: &[u8] = match byte {
            b'%' => b"%25",
            b'\r' => b"%0D",
            b'\n' => b"%0A",
            _ => return None,
        };
        Some((place, escape))
    })
}

/// Minimum length of a line to look for. The lines of base64 in a private key have 64 to 76
/// characters, except the last.
const MIN_LINE: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let commands = github(&Secret::copy_of(text.as_bytes()));
        String::from_utf8(commands.expose().to_vec()).unwrap()
    }

    #[test]
    fn every_line_is_masked_and_escaped() {
        assert_eq!(
            masked("-----BEGIN-----\nAB+/=\n"),
            "::add-mask::-----BEGIN-----\n::add-mask::AB+/=\n"
        );
        assert_eq!(masked("a\r\n\r\n\n b \n"), "::add-mask::a%0D\n::add-mask:: b \n");
        assert_eq!(masked("100%\n%25\r%0A"), "::add-mask::100%25\n::add-mask::%2525%0D%250A\n");
        assert_eq!(masked("::x::é"), "::add-mask::::x::é\n");
        assert_eq!(
            masked(r#"a"b\"#),
            concat!(r#"::add-mask::a"b\"#, "\n", r#"::add-mask::a\"b\\"#, "\n")
        );
        assert_eq!(masked("it's"), "::add-mask::it's\n::add-mask::it''s\n");
        assert_eq!(masked("\n"), "");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn key_in_response_is_detected() {
        let line = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";
        let key = Secret::from(format!("short\n{line}\nQ==\n"));
        let response = |text: &str| Value::object([("A", Value::list(["x", text]))]);
        assert!(shows(&response(&format!("a\\n{line}\\n")), &key));
        assert!(shows(&Value::from(line), &key));
        assert!(!shows(&response("short Q=="), &key));
        assert!(!shows(&Value::from(None::<&str>), &key));
        assert!(shows(&response("one"), &Secret::copy_of(b"one")));
    }
}
