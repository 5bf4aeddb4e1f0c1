//! Numbers with the arithmetic, the comparisons and the spelling of Python.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Number as Json, Value};

/// A number of a JSON value.
///
/// Python's integers are unbounded. These have 127 bits, and larger ones become floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Integer(i128),
    Float(f64),
}

/// Two to the power of 127, the smallest magnitude that is not a [`Number::Integer`].
const INTEGER_BOUND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

impl Number {
    /// Returns the number in a JSON value.
    pub(super) fn of(json: &Json) -> Self {
        // All numbers of JSON are numbers in Rust.
        Self::of_text(json.as_str()).unwrap_or(Self::Float(f64::NAN))
    }

    fn of_text(text: &str) -> Option<Self> {
        let integer = text.parse().ok().map(Self::Integer);
        integer.or_else(|| text.parse().ok().map(Self::Float))
    }

    /// Parses `text` like Python's `int()`, or else like its `float()`: allows white space around
    /// the number and single underscores between digits. Digits are ASCII only.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::of_text(&without_underscores(text.trim())?)
    }

    /// Returns the nearest float.
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "the conversion rounds to nearest"
    )]
    pub(super) fn to_float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    /// Returns a whole `float` as an integer, unless it is too large.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "within the bound, the conversion is exact"
    )]
    pub(super) fn from_whole(float: f64) -> Self {
        if float.abs() < INTEGER_BOUND { Self::Integer(float as i128) } else { Self::Float(float) }
    }

    /// Returns the sum. It is an integer if both summands are and it has 127 bits.
    pub(super) fn plus(self, other: Self) -> Self {
        if let (Self::Integer(left), Self::Integer(right)) = (self, other)
            && let Some(sum) = left.checked_add(right)
        {
            return Self::Integer(sum);
        }
        Self::Float(self.to_float() + other.to_float())
    }

    /// Compares by value, without rounding an integer. A NaN has no order.
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => Some(left.cmp(&right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(&right),
            (Self::Integer(left), Self::Float(right)) => compare_exactly(left, right),
            (Self::Float(left), Self::Integer(right)) => {
                compare_exactly(right, left).map(Ordering::reverse)
            }
        }
    }
}

fn compare_exactly(integer: i128, float: f64) -> Option<Ordering> {
    let floor = float.floor();
    match Number::from_whole(floor) {
        Number::Integer(whole) if floor < float => Some(integer.cmp(&whole).then(Ordering::Less)),
        Number::Integer(whole) => Some(integer.cmp(&whole)),
        Number::Float(_) => 0.0.partial_cmp(&float),
    }
}

/// JSON can express an infinity as a number that is too large for a float. It cannot express a NaN,
/// which becomes `null`.
impl From<Number> for Value {
    fn from(number: Number) -> Self {
        let json = match number {
            Number::Integer(integer) => Json::from_i128(integer),
            Number::Float(f64::INFINITY) => "1e999".parse().ok(),
            Number::Float(f64::NEG_INFINITY) => "-1e999".parse().ok(),
            Number::Float(float) => Json::from_f64(float),
        };
        json.map_or(Self::Null, Self::Number)
    }
}

/// Returns the text without underscores, or `None` if one of them is not between two digits.
fn without_underscores(text: &str) -> Option<String> {
    let between_digits = |position: usize| {
        let bytes = text.as_bytes();
        let digit = |position| bytes.get(position).is_some_and(u8::is_ascii_digit);
        position.checked_sub(1).is_some_and(digit) && digit(position + 1)
    };
    let mut underscores = text.match_indices('_');
    underscores.all(|(position, _)| between_digits(position)).then(|| text.replace('_', ""))
}

/// Writes the number like Python's `repr`: the shortest digits that parse as the same number, an
/// exponent below 1e-4 and from 1e16, and `.0` after a whole float.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let float = match *self {
            Self::Integer(integer) => return write!(formatter, "{integer}"),
            Self::Float(float) if float.is_nan() => return formatter.write_str("nan"),
            Self::Float(float) => float,
        };
        let magnitude = float.abs();
        if float.is_infinite() || magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
            let point = if float.is_finite() && float.fract() == 0.0 { ".0" } else { "" };
            return write!(formatter, "{float}{point}");
        }
        let scientific = format!("{float:e}");
        match scientific.split_once("e-") {
            Some((digits, exponent)) => write!(formatter, "{digits}e-{exponent:0>2}"),
            None => formatter.write_str(&scientific.replace('e', "e+")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_like_python() {
        let spelled = |float| Number::Float(float).to_string();
        assert_eq!(spelled(1.0), "1.0");
        assert_eq!(spelled(-0.0), "-0.0");
        assert_eq!(spelled(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(spelled(9_999_999_999_999_998.0), "9999999999999998.0");
        assert_eq!(spelled(1e16), "1e+16");
        assert_eq!(spelled(1.5e300), "1.5e+300");
        assert_eq!(spelled(0.0001), "0.0001");
        assert_eq!(spelled(0.000_012_5), "1.25e-05");
        assert_eq!(spelled(-5e-324), "-5e-324");
        assert_eq!(spelled(f64::NEG_INFINITY), "-inf");
        assert_eq!(spelled(-f64::NAN), "nan");
    }

    #[test]
    fn json_numbers_keep_their_value() {
        for number in [
            Number::Integer(i128::MIN),
            Number::Integer(i128::MAX),
            Number::Float(-0.0),
            Number::Float(1e16),
            Number::Float(f64::INFINITY),
            Number::Float(f64::NEG_INFINITY),
        ] {
            let Value::Number(json) = number.into() else { panic!("{number}") };
            assert_eq!(Number::of(&json).to_string(), number.to_string());
        }
        assert_eq!(Value::from(Number::Float(f64::NAN)), Value::Null);
    }

    #[test]
    fn parse_accepts_python_numbers() {
        let integer = |integer| Some(Number::Integer(integer));
        assert_eq!(Number::parse("12"), integer(12));
        assert_eq!(Number::parse(" -0_7\n"), integer(-7));
        assert_eq!(Number::parse("1."), Some(Number::Float(1.0)));
        assert_eq!(Number::parse("1_0.5e1"), Some(Number::Float(105.0)));
        assert_eq!(Number::parse("Infinity"), Some(Number::Float(f64::INFINITY)));
        for text in ["", "_1", "1_", "1__0", "0x1", "1 2", "e5", "1e"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn compare_does_not_round_integers() {
        let order = |integer, float| Number::Integer(integer).compare(Number::Float(float));
        assert_eq!(order(1 << 53, 9_007_199_254_740_992.0), Some(Ordering::Equal));
        assert_eq!(order((1 << 53) + 1, 9_007_199_254_740_992.0), Some(Ordering::Greater));
        assert_eq!(order(-1, -1.5), Some(Ordering::Greater));
        assert_eq!(order(-2, -1.5), Some(Ordering::Less));
        assert_eq!(order(i128::MAX, 1e300), Some(Ordering::Less));
        assert_eq!(order(i128::MIN, -1e300), Some(Ordering::Greater));
        assert_eq!(order(0, f64::NAN), None);
        let (float, integer) = (Number::Float(0.5), Number::Integer(1));
        assert_eq!(float.compare(integer), Some(Ordering::Less));
    }

    #[test]
    fn plus_is_exact_for_integers() {
        let one = Number::Integer(1);
        assert_eq!(one.plus(Number::Integer(2)), Number::Integer(3));
        assert_eq!(one.plus(Number::Float(0.5)), Number::Float(1.5));
        let bound = Number::Integer(i128::MAX).plus(one);
        assert_eq!(bound, Number::Float(INTEGER_BOUND));
    }
}
