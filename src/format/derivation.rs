//! The cost of deriving a key from a passphrase. An attacker pays it for each guess.
//!
//! # The rule for new files
//!
//! A new file costs at least the default of its key derivation function. A replacement also costs
//! at least the same multiple of the default as the old file. For example, 48 rounds of bcrypt,
//! twice the default, become twice the default of Argon2 or PBKDF2. So the cost never falls between
//! two files with the same function. Argon2 also keeps the memory of the old file. The only upper
//! limit is that of the readers, so every written file can be read.

use std::fmt;

/// OpenSSH 9.4 and newer use 24 rounds by default, older versions 16.
const DEFAULT_BCRYPT_ROUNDS: u32 = 24;
/// Hardened keys use 100 to 500 rounds. A round takes about 8 ms.
pub(super) const MAX_BCRYPT_ROUNDS: u32 = 1000;

/// OWASP's recommendation for PBKDF2 with HMAC-SHA-256
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>).
const DEFAULT_PBKDF2_ROUNDS: u32 = 600_000;
/// About a second with the slowest hash function. OpenSSL uses 2048 rounds by default.
pub(super) const MAX_PBKDF2_ROUNDS: u32 = 2_000_000;
/// The ratio of OWASP's recommendations: 210,000 rounds of HMAC-SHA-512, 600,000 of HMAC-SHA-256.
const SHA512_ROUND: u32 = 3;

/// PuTTYgen's default.
const DEFAULT_ARGON2_KIBIBYTES: u32 = 8 << 10;
/// PuTTYgen uses as many passes as fit into a tenth of a second: 21 on a current machine.
const DEFAULT_ARGON2_PASSES: u32 = 21;
/// 64 MiB, eight times PuTTYgen's default.
pub(super) const MAX_ARGON2_KIBIBYTES: u32 = 64 << 10;
/// Memory times passes: 1 GiB, six times the default, takes less than a second.
pub(super) const MAX_ARGON2_KIBIBYTES_PASSED: u32 = 1 << 20;

/// N r p of OpenSSL's default.
const DEFAULT_SCRYPT_STEPS: u64 = 1 << 17;

/// The cost of a key derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivationCost {
    /// Argon2, in version 3 of PuTTY's format.
    Argon2 {
        /// The memory in KiB.
        memory: u32,
        /// The number of passes over the memory.
        passes: u32,
    },
    /// bcrypt, in OpenSSH's container.
    Bcrypt {
        /// The number of rounds.
        rounds: u32,
    },
    /// A single hash, of negligible cost: version 2 of PuTTY's format, and traditional PEM.
    Digest,
    /// PBKDF2, in PKCS#8.
    Pbkdf2 {
        /// The equivalent number of rounds of HMAC-SHA-256.
        rounds: u32,
    },
    /// scrypt, in PKCS#8. It is only read, never written.
    Scrypt {
        /// The memory in KiB.
        memory: u32,
        /// N r p.
        steps: u64,
    },
}

impl DerivationCost {
    /// Returns the cost of PBKDF2. A round of SHA-384 or SHA-512 costs about three rounds of
    /// SHA-256.
    pub(super) fn of_pbkdf2(rounds: u32, is_sha512: bool) -> Self {
        let factor = if is_sha512 { SHA512_ROUND } else { 1 };
        Self::Pbkdf2 { rounds: rounds.saturating_mul(factor) }
    }

    /// Returns whether a guess costs a smaller multiple of the default than with `other`.
    #[must_use]
    pub fn is_below(self, other: Self) -> bool {
        let ((cost, default), (other_cost, other_default)) = (self.ratio(), other.ratio());
        cost.saturating_mul(other_default) < other_cost.saturating_mul(default)
    }

    /// Returns the cost and the default cost, in a unit of the function.
    fn ratio(self) -> (u64, u64) {
        match self {
            Self::Argon2 { memory, passes } => (passed(memory, passes), default_passed()),
            Self::Bcrypt { rounds } => (rounds.into(), DEFAULT_BCRYPT_ROUNDS.into()),
            Self::Digest => (0, 1),
            Self::Pbkdf2 { rounds } => (rounds.into(), DEFAULT_PBKDF2_ROUNDS.into()),
            Self::Scrypt { memory: _, steps } => (steps, DEFAULT_SCRYPT_STEPS),
        }
    }

    fn memory(self) -> u32 {
        match self {
            Self::Argon2 { memory, .. } | Self::Scrypt { memory, .. } => memory,
            Self::Bcrypt { .. } | Self::Digest | Self::Pbkdf2 { .. } => 0,
        }
    }
}

impl fmt::Display for DerivationCost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Argon2 { memory, passes } => {
                write!(formatter, "Argon2 with {} and {passes} passes", Size(memory))
            }
            Self::Bcrypt { rounds } => write!(formatter, "bcrypt with {rounds} rounds"),
            Self::Digest => formatter.write_str("a single hash"),
            Self::Pbkdf2 { rounds } => write!(formatter, "PBKDF2 with {rounds} rounds"),
            Self::Scrypt { memory, .. } => write!(formatter, "scrypt with {}", Size(memory)),
        }
    }
}

/// An amount of memory, in KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(u32);

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            kibibytes if kibibytes % 1024 == 0 => write!(formatter, "{} MiB", kibibytes / 1024),
            kibibytes => write!(formatter, "{kibibytes} KiB"),
        }
    }
}

/// The user's choice of parameters for a new file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostOptions {
    /// The rounds of bcrypt or PBKDF2, or the passes of Argon2.
    pub rounds: Option<u32>,
    /// The memory of Argon2, in KiB.
    pub memory: Option<u32>,
}

/// Why a new file cannot have the chosen parameters.
#[expect(missing_docs, reason = "the messages describe the variants")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    #[error("version 2 of PuTTY's format has a fixed key derivation")]
    Fixed,
    #[error("{function} uses a fixed amount of memory")]
    MemoryFixed { function: &'static str },
    /// Below the default, or above the limit of the reader.
    #[error("expected {min} to {max} for Argon2")]
    Memory { min: Size, max: Size },
    /// Below the default cost, or above the limit of the reader.
    #[error("expected {min} to {max} for {function}")]
    Rounds {
        /// The function, with its memory if that matters.
        function: DerivationName,
        min: u64,
        max: u64,
    },
}

/// A function, with the memory that determines its number of rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerivationName {
    function: &'static str,
    memory: Option<Size>,
}

impl fmt::Display for DerivationName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.memory {
            Some(memory) => write!(formatter, "{} with {memory}", self.function),
            None => formatter.write_str(self.function),
        }
    }
}

/// The key derivation functions of written files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derivation {
    Argon2,
    Bcrypt,
    Digest,
    Pbkdf2,
}

impl Derivation {
    fn name(self) -> &'static str {
        match self {
            Self::Argon2 => "Argon2",
            Self::Bcrypt => "bcrypt",
            Self::Digest => "SHA-1",
            Self::Pbkdf2 => "PBKDF2",
        }
    }

    /// Returns the cost of a new file, which may replace a file with the cost `replaced`.
    pub(super) fn cost(
        self,
        options: CostOptions,
        replaced: Option<DerivationCost>,
    ) -> Result<DerivationCost, CostError> {
        let replaced = replaced.unwrap_or(DerivationCost::Digest);
        if self == Self::Digest {
            let is_asked = options != CostOptions::default();
            return if is_asked { Err(CostError::Fixed) } else { Ok(DerivationCost::Digest) };
        }
        if options.memory.is_some() && self != Self::Argon2 {
            return Err(CostError::MemoryFixed { function: self.name() });
        }
        let rounds = |memory, min: u64, scaled: u64, max: u64| match options.rounds {
            Some(asked) if !(min..=max).contains(&asked.into()) => {
                let function = DerivationName { function: self.name(), memory };
                Err(CostError::Rounds { function, min, max })
            }
            Some(asked) => Ok(asked),
            None => Ok(u32::try_from(scaled.min(max)).unwrap_or(u32::MAX)),
        };
        let plain = |default: u32, max: u32| {
            let default = default.into();
            rounds(None, default, scaled(default, replaced), max.into())
        };
        Ok(match self {
            Self::Bcrypt => {
                DerivationCost::Bcrypt { rounds: plain(DEFAULT_BCRYPT_ROUNDS, MAX_BCRYPT_ROUNDS)? }
            }
            Self::Pbkdf2 => {
                DerivationCost::Pbkdf2 { rounds: plain(DEFAULT_PBKDF2_ROUNDS, MAX_PBKDF2_ROUNDS)? }
            }
            Self::Argon2 => {
                let (min, max) = (DEFAULT_ARGON2_KIBIBYTES, MAX_ARGON2_KIBIBYTES);
                let memory = match options.memory {
                    Some(asked) if !(min..=max).contains(&asked) => {
                        return Err(CostError::Memory { min: Size(min), max: Size(max) });
                    }
                    Some(asked) => asked,
                    None => replaced.memory().clamp(min, max),
                };
                let passes = |total: u64| total.div_ceil(u64::from(memory));
                let passes = rounds(
                    Some(Size(memory)),
                    passes(default_passed()),
                    passes(scaled(default_passed(), replaced)),
                    u64::from(MAX_ARGON2_KIBIBYTES_PASSED / memory),
                )?;
                DerivationCost::Argon2 { memory, passes }
            }
            Self::Digest => DerivationCost::Digest,
        })
    }
}

/// Scales the default of a function by the ratio of another file's cost to its default, at least 1.
fn scaled(default: u64, replaced: DerivationCost) -> u64 {
    let (cost, default_of_replaced) = replaced.ratio();
    default.saturating_mul(cost).div_ceil(default_of_replaced).max(default)
}

fn passed(memory: u32, passes: u32) -> u64 {
    u64::from(memory).saturating_mul(passes.into())
}

fn default_passed() -> u64 {
    passed(DEFAULT_ARGON2_KIBIBYTES, DEFAULT_ARGON2_PASSES)
}

#[cfg(test)]
mod tests {
    use super::DerivationCost::*;
    use super::*;

    const FUNCTIONS: [Derivation; 3] = [Derivation::Argon2, Derivation::Bcrypt, Derivation::Pbkdf2];

    fn cost(function: Derivation, rounds: Option<u32>, memory: Option<u32>) -> String {
        match function.cost(CostOptions { rounds, memory }, None) {
            Ok(cost) => cost.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn new_file_has_default_or_chosen_cost() {
        use Derivation as D;
        let mebibytes = |size: u32| Some(size << 10);
        for (function, rounds, memory, expected) in [
            (D::Bcrypt, None, None, "bcrypt with 24 rounds"),
            (D::Bcrypt, Some(1000), None, "bcrypt with 1000 rounds"),
            (D::Bcrypt, Some(23), None, "expected 24 to 1000 for bcrypt"),
            (D::Bcrypt, Some(1001), None, "expected 24 to 1000 for bcrypt"),
            (D::Bcrypt, None, mebibytes(64), "bcrypt uses a fixed amount of memory"),
            (D::Pbkdf2, None, None, "PBKDF2 with 600000 rounds"),
            (D::Pbkdf2, Some(2_000_000), None, "PBKDF2 with 2000000 rounds"),
            (D::Pbkdf2, Some(100), None, "expected 600000 to 2000000 for PBKDF2"),
            (D::Pbkdf2, Some(u32::MAX), None, "expected 600000 to 2000000 for PBKDF2"),
            (D::Argon2, None, None, "Argon2 with 8 MiB and 21 passes"),
            (D::Argon2, None, mebibytes(64), "Argon2 with 64 MiB and 3 passes"),
            (D::Argon2, Some(16), mebibytes(64), "Argon2 with 64 MiB and 16 passes"),
            (D::Argon2, Some(128), None, "Argon2 with 8 MiB and 128 passes"),
            (D::Argon2, Some(20), None, "expected 21 to 128 for Argon2 with 8 MiB"),
            (D::Argon2, Some(17), mebibytes(64), "expected 3 to 16 for Argon2 with 64 MiB"),
            (D::Argon2, Some(9), Some(10_001), "expected 18 to 104 for Argon2 with 10001 KiB"),
            (D::Argon2, None, mebibytes(65), "expected 8 MiB to 64 MiB for Argon2"),
            (D::Argon2, None, mebibytes(7), "expected 8 MiB to 64 MiB for Argon2"),
            (D::Digest, None, None, "a single hash"),
            (D::Digest, Some(1), None, "version 2 of PuTTY's format has a fixed key derivation"),
            (D::Digest, None, Some(1), "version 2 of PuTTY's format has a fixed key derivation"),
        ] {
            assert_eq!(
                cost(function, rounds, memory),
                expected,
                "{function:?} {rounds:?} {memory:?}"
            );
        }
    }

    #[test]
    fn replaced_file_sets_minimum_cost() {
        let argon2 = |memory, passes| Argon2 { memory, passes };
        for (old, [putty, openssh, pkcs8]) in [
            (Digest, [(8192, 21), (24, 0), (600_000, 0)]),
            (Bcrypt { rounds: 16 }, [(8192, 21), (24, 0), (600_000, 0)]),
            (Bcrypt { rounds: 48 }, [(8192, 42), (48, 0), (1_200_000, 0)]),
            (Bcrypt { rounds: 200 }, [(8192, 128), (200, 0), (2_000_000, 0)]),
            (Pbkdf2 { rounds: 2048 }, [(8192, 21), (24, 0), (600_000, 0)]),
            (Pbkdf2 { rounds: 900_001 }, [(8192, 32), (37, 0), (900_001, 0)]),
            (argon2(64 << 10, 13), [(64 << 10, 13), (119, 0), (2_000_000, 0)]),
            (argon2(1 << 10, 1000), [(8192, 125), (143, 0), (2_000_000, 0)]),
            (argon2(60_000, 17), [(60_000, 17), (143, 0), (2_000_000, 0)]),
            (
                Scrypt { memory: 16 << 10, steps: 1 << 18 },
                [(16 << 10, 21), (48, 0), (1_200_000, 0)],
            ),
        ] {
            let new =
                |function: Derivation| function.cost(CostOptions::default(), Some(old)).unwrap();
            assert_eq!(new(Derivation::Argon2), argon2(putty.0, putty.1), "{old}");
            assert_eq!(new(Derivation::Bcrypt), Bcrypt { rounds: openssh.0 }, "{old}");
            assert_eq!(new(Derivation::Pbkdf2), Pbkdf2 { rounds: pkcs8.0 }, "{old}");
        }
        let sha512 = DerivationCost::of_pbkdf2(500_000, true);
        assert_eq!(sha512, Pbkdf2 { rounds: 1_500_000 });
    }

    /// A replacement with the same function keeps every accepted cost, and readers accept every
    /// chosen cost.
    #[test]
    fn same_function_never_lowers_the_cost() {
        let mut old = Vec::new();
        old.extend((1..=MAX_BCRYPT_ROUNDS).map(|rounds| (0, Bcrypt { rounds })));
        old.extend((1..=MAX_PBKDF2_ROUNDS).step_by(997).map(|rounds| (1, Pbkdf2 { rounds })));
        for memory in (8..=MAX_ARGON2_KIBIBYTES).step_by(61).chain([MAX_ARGON2_KIBIBYTES]) {
            let max = MAX_ARGON2_KIBIBYTES_PASSED / memory;
            old.extend(
                [1, 2, 3, 7, max / 2, max]
                    .map(|passes| (2, Argon2 { memory, passes: passes.clamp(1, max) })),
            );
        }
        let same = [Derivation::Bcrypt, Derivation::Pbkdf2, Derivation::Argon2];
        for (function, old) in old {
            let new = same[function].cost(CostOptions::default(), Some(old)).unwrap();
            assert!(!new.is_below(old), "{old} became {new}");
            for function in FUNCTIONS {
                let new = function.cost(CostOptions::default(), Some(old)).unwrap();
                assert!(!new.is_below(function.cost(CostOptions::default(), None).unwrap()));
                assert!(match new {
                    Argon2 { memory, passes } => {
                        memory <= MAX_ARGON2_KIBIBYTES
                            && memory >= old.memory()
                            && passed(memory, passes) <= MAX_ARGON2_KIBIBYTES_PASSED.into()
                    }
                    Bcrypt { rounds } => rounds <= MAX_BCRYPT_ROUNDS,
                    Pbkdf2 { rounds } => rounds <= MAX_PBKDF2_ROUNDS,
                    Digest | Scrypt { .. } => false,
                });
            }
        }
    }
}
