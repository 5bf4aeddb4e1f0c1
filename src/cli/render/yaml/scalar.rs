//! How a YAML scalar is written: plain where that is safe, in single quotes, in double quotes, or
//! as a literal block.

use crate::cli::render::buffer::Buffer;
use crate::cli::render::escape::is_hidden;
use crate::cli::render::number::Number;
use crate::cli::render::value::Value;

/// What becomes of characters that act on a terminal but are good YAML.
#[derive(Clone, Copy)]
pub(super) enum Hidden {
    /// They stay as they are.
    Kept,
    /// They become escapes.
    Escaped,
}

/// Appends a scalar or an empty container, and the end of the line. The lines of a block are
/// indented by `indentation` spaces.
pub(super) fn push(buffer: &mut Buffer, value: &Value, indentation: usize, hidden: Hidden) {
    match value {
        Value::Null => buffer.push("null"),
        Value::Bool(bool) => buffer.print(format_args!("{bool}")),
        Value::Number(number) => push_number(buffer, *number),
        Value::List(_) => buffer.push("[]"),
        Value::Object(_) => buffer.push("{}"),
        Value::Text(text) if is_block(text, hidden) => {
            return push_block(buffer, text, indentation);
        }
        Value::Text(text) => push_key(buffer, text, hidden),
    }
    buffer.push("\n");
}

/// Appends a text that has to be in one line.
pub(super) fn push_key(buffer: &mut Buffer, text: &str, hidden: Hidden) {
    if text.contains(|character| is_escaped(character, hidden)) {
        push_double_quoted(buffer, text, hidden);
    } else if is_plain(text) {
        buffer.push(text);
    } else {
        buffer.push("'");
        buffer.push_replacing(text, |character| character == '\'', |buffer, _| buffer.push("''"));
        buffer.push("'");
    }
}

fn push_number(buffer: &mut Buffer, number: Number) {
    match number {
        Number::Float(float) if float.is_nan() => buffer.push(".nan"),
        Number::Float(f64::INFINITY) => buffer.push(".inf"),
        Number::Float(f64::NEG_INFINITY) => buffer.push("-.inf"),
        Number::Integer(_) | Number::Float(_) => {
            let spelled = number.to_string();
            // YAML 1.1 knows a float by its point, with or without an exponent.
            match spelled.split_once('e') {
                Some((digits, exponent)) if !digits.contains('.') => {
                    buffer.print(format_args!("{digits}.0e{exponent}"));
                }
                _ => buffer.push(&spelled),
            }
        }
    }
}

fn push_double_quoted(buffer: &mut Buffer, text: &str, hidden: Hidden) {
    let escaped = |character| matches!(character, '"' | '\\') || is_escaped(character, hidden);
    buffer.push("\"");
    buffer.push_replacing(text, escaped, |buffer, character| match character {
        '"' | '\\' => buffer.print(format_args!("\\{character}")),
        '\n' => buffer.push("\\n"),
        '\r' => buffer.push("\\r"),
        '\t' => buffer.push("\\t"),
        '\0'..='\u{ffff}' => buffer.print(format_args!("\\u{:04x}", u32::from(character))),
        _ => buffer.print(format_args!("\\U{:08x}", u32::from(character))),
    });
    buffer.push("\"");
}

/// Returns whether `character` can be written in double quotes alone: whatever breaks a line or is
/// not printable (YAML 1.2.2 section 5.1), in version 1.1 (section 4.1.4) or in version 1.2.
fn is_escaped(character: char, hidden: Hidden) -> bool {
    match hidden {
        Hidden::Escaped if is_hidden(character) => true,
        _ => {
            character.is_control()
                || matches!(
                    character,
                    '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
                )
        }
    }
}

/// Returns whether a literal block (YAML 1.2.2 section 8.1.2) keeps `text` as it is without an
/// indentation indicator: at least two lines, none of them of white space alone at the edges.
fn is_block(text: &str, hidden: Hidden) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let blank = |line: &str| !line.is_empty() && line.trim().is_empty();
    text.contains('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && !body.ends_with('\n')
        && !body.is_empty()
        && !body.split('\n').any(blank)
        && !text.contains(|character| character != '\n' && is_escaped(character, hidden))
}

fn push_block(buffer: &mut Buffer, text: &str, indentation: usize) {
    let body = text.strip_suffix('\n');
    buffer.push(if body.is_some() { "|\n" } else { "|-\n" });
    for line in body.unwrap_or(text).split('\n') {
        buffer.repeat(" ", if line.is_empty() { 0 } else { indentation });
        buffer.push(line);
        buffer.push("\n");
    }
}

/// Returns whether a line without quotes means this text (YAML 1.2.2 section 7.3.3) and no other
/// type under any of the schemas in use.
fn is_plain(text: &str) -> bool {
    const INDICATORS: &[char] = &[
        '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@',
        '`',
    ];
    let edge_space = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    !text.is_empty()
        && !edge_space
        && !text.starts_with(INDICATORS)
        && !text.ends_with(':')
        && !text.contains(": ")
        && !text.contains(" #")
        && !is_word_of_a_schema(text)
        && !resembles_a_number(text)
        && !resembles_a_time(text)
}

/// Returns whether some schema reads `text` as nothing, a truth value, a merge key or a default.
fn is_word_of_a_schema(text: &str) -> bool {
    const WORDS: [&str; 13] =
        ["~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", "..."];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Returns whether some schema may read `text` as a number: decimal, hexadecimal, octal, binary,
/// sexagesimal or special.
fn resembles_a_number(text: &str) -> bool {
    let magnitude = text.strip_prefix(['+', '-']).unwrap_or(text);
    let special = [".inf", ".nan"].iter().any(|word| word.eq_ignore_ascii_case(magnitude));
    let based =
        |prefixes: [&str; 2]| prefixes.iter().find_map(|prefix| magnitude.strip_prefix(prefix));
    let digits = |text: &str, extra: &str| {
        text.chars().all(|character| character.is_ascii_digit() || extra.contains(character))
    };
    special
        || digits(magnitude, "_,.:eE+-")
        || based(["0x", "0X"]).is_some_and(|rest| digits(rest, "_abcdefABCDEF"))
        || based(["0o", "0O"]).or_else(|| based(["0b", "0B"])).is_some_and(|rest| digits(rest, "_"))
}

/// Returns whether some schema may read `text` as a date, with or without a time.
fn resembles_a_time(text: &str) -> bool {
    let (year, rest) = text.split_once('-').unwrap_or((text, ""));
    let in_time = |character: char| character.is_ascii_digit() || "-:.+ tTzZ".contains(character);
    year.len() == 4
        && year.chars().all(|character| character.is_ascii_digit())
        && rest.chars().all(in_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: impl Into<Value>) -> String {
        let mut buffer = Buffer::default();
        push(&mut buffer, &value.into(), 2, Hidden::Kept);
        buffer.into_text().to_string()
    }

    #[test]
    fn leaves_names_and_keys_plain() {
        for text in [
            "my-key",
            "key-0123456789abcdef0",
            "1f:51:ae:28:bf:89",
            "ssh-ed25519 AAAAC3Nz user@host",
            "a:b#c",
            "it's",
            "2014-10-17-backup",
            "日本",
            "=x",
            "0xyz",
        ] {
            assert_eq!(written(text), format!("{text}\n"));
        }
    }

    #[test]
    fn quotes_what_would_mean_something_else() {
        for text in [
            "",
            " a",
            "a ",
            "\u{a0}a",
            "a: b",
            "a:",
            "a #b",
            "- a",
            "-",
            "?",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "[a]",
            "{a}",
            "\"a\"",
            "~",
            "Null",
            "TRUE",
            "yes",
            "No",
            "on",
            "y",
            "=",
            "<<",
            "1",
            "-1",
            "+1",
            "1_000",
            "1,000",
            "0x1F",
            "0o17",
            "0b1",
            "017",
            "1e3",
            "1.5",
            ".5",
            "1.",
            ".inf",
            "-.Inf",
            ".NaN",
            "12:30:45",
            "190:20:30.15",
            "2014-10-17",
            "...",
            "---",
            "2014-10-17T15:07:08+00:00",
            "2001-12-14 21:59:43.10 -5",
            "2014",
        ] {
            assert_eq!(written(text), format!("'{text}'\n"));
        }
        assert_eq!(written("'a'"), "'''a'''\n");
    }

    #[test]
    fn escapes_what_no_other_style_can_hold() {
        assert_eq!(written("a\tb\\\"\r"), "\"a\\tb\\\\\\\"\\r\"\n");
        assert_eq!(
            written("\0\x1b\x7f\u{85}\u{9b}\u{2028}\u{feff}\u{ffff}é😀"),
            "\"\\u0000\\u001b\\u007f\\u0085\\u009b\\u2028\\ufeff\\uffffé😀\"\n"
        );
    }

    #[test]
    fn writes_a_block_only_where_it_is_lossless() {
        assert_eq!(written("a\n\n b \nc"), "|-\n  a\n\n   b \n  c\n");
        for text in ["\n", "a\n\n", " a\nb", "\na", "\ta\nb", "a\n \nb", "a\r\nb\n", "a\n "] {
            assert!(written(text).starts_with('"'), "{text:?}");
        }
    }

    #[test]
    fn writes_numbers_that_stay_numbers() {
        assert_eq!(written(7), "7\n");
        assert_eq!(written(1e16), "1.0e+16\n");
        assert_eq!(written(1.5e-7), "1.5e-07\n");
        assert_eq!(written(f64::NEG_INFINITY), "-.inf\n");
        assert_eq!(written(f64::NAN), ".nan\n");
    }
}
