//! Numbers, as Python's `int` reads them.

/// Reads a number. White space around it, a sign and single underscores between the digits are
/// allowed, and the digits of every script. Limits a number that is too large.
#[must_use]
pub fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut number = 0_i64;
    for group in digits.split('_') {
        if group.is_empty() {
            return None;
        }
        for character in group.chars() {
            number = number.saturating_mul(10).saturating_add(digit(character)?);
        }
    }
    Some(if text.starts_with('-') { -number } else { number })
}

fn digit(character: char) -> Option<i64> {
    let code = u32::from(character);
    let mut values = ZEROS.iter().filter_map(|zero| code.checked_sub(*zero));
    values.find(|value| *value < 10).map(i64::from)
}

/// The zeros of all scripts. The other digits follow each of them
/// (<https://www.unicode.org/Public/14.0.0/ucd/extracted/DerivedGeneralCategory.txt>, `Nd`).
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are those of CPython.
    #[test]
    fn number_is_read_like_python_int() {
        for (text, expected) in [
            ("0", Some(0)),
            (" 3_600\n", Some(3600)),
            ("+2", Some(2)),
            ("-1_0", Some(-10)),
            ("007", Some(7)),
            ("\u{a0}5\u{2003}", Some(5)),
            ("\u{661}\u{662}\u{ff13}", Some(123)),
            ("\u{1d7d7}", Some(9)),
            ("99999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999", Some(-i64::MAX)),
            ("", None),
            ("+", None),
            ("+-1", None),
            ("+ 1", None),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("-_1", None),
            ("1.0", None),
            ("1e3", None),
            ("0x10", None),
            ("\u{b2}", None),
            ("\u{2460}", None),
            ("\u{4e00}", None),
        ] {
            assert_eq!(number(text), expected, "{text:?}");
        }
    }
}
