//! What a guess at a passphrase is to cost.

use clap::Args;

use crate::format::CostOptions;

/// What a guess at the passphrase of a new private key is to cost.
#[derive(Args, Clone, Copy, Debug)]
pub struct CostArguments {
    /// The rounds of bcrypt or PBKDF2, or passes of Argon2, that derive the key from the passphrase
    /// [default: 24, 600000 or 21, and never a lower cost than that of a file that is converted]
    #[arg(long, value_name = "N", conflicts_with = "no_passphrase")]
    pub kdf_rounds: Option<u32>,
    /// The memory of Argon2 in a PPK file: 8M to 64M [default: 8M, or that of a file that is converted]
    #[arg(long, value_name = "SIZE", conflicts_with = "no_passphrase", value_parser = kibibytes)]
    pub kdf_memory: Option<u32>,
}

impl CostArguments {
    /// Returns what was chosen.
    pub fn options(self) -> CostOptions {
        CostOptions { rounds: self.kdf_rounds, memory: self.kdf_memory }
    }
}

/// Reads a size such as 64M or 65536K.
fn kibibytes(size: &str) -> Result<u32, &'static str> {
    let digits = size.trim_end_matches(|character: char| !character.is_ascii_digit());
    let factor = match size.get(digits.len()..).unwrap_or_default() {
        "K" | "k" | "KiB" => 1,
        "M" | "m" | "MiB" => 1 << 10,
        _ => return Err(EXPECTED),
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_number { digits.parse::<u32>().ok() } else { None };
    number.and_then(|number| number.checked_mul(factor)).ok_or(EXPECTED)
}

const EXPECTED: &str = "expected a size such as 64M or 65536K";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_has_a_number_and_a_unit() {
        for (size, expected) in [
            ("64M", Ok(65536)),
            ("8m", Ok(8192)),
            ("32MiB", Ok(32768)),
            ("10000K", Ok(10000)),
            ("10000KiB", Ok(10000)),
            ("8", Err(EXPECTED)),
            ("M", Err(EXPECTED)),
            ("", Err(EXPECTED)),
            ("-8M", Err(EXPECTED)),
            ("+8M", Err(EXPECTED)),
            ("8 M", Err(EXPECTED)),
            ("8MB", Err(EXPECTED)),
            ("1G", Err(EXPECTED)),
            ("8.5M", Err(EXPECTED)),
            ("4194304M", Err(EXPECTED)),
            ("4294967296K", Err(EXPECTED)),
            ("8\u{663}M", Err(EXPECTED)),
        ] {
            assert_eq!(kibibytes(size), expected, "{size}");
        }
    }
}
