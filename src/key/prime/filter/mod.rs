//! The filters: a base-2 test (see [`super::euler`]) of candidates without a small factor, which most fail.
//!
//! A filter is *untrusted*. It can only discard: a prime that it discards by mistake costs time, and a
//! composite that it lets pass meets `certify`. No filter has a say in what is a prime.

mod portable;

use std::sync::atomic::AtomicBool;

use super::sieve::Sieve;
#[cfg(target_arch = "x86_64")]
use super::vector;

/// The filters that there are, the fastest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrimeFilter {
    /// Eight candidates at a time with AVX-512 IFMA.
    Ifma,
    /// Four candidates at a time with AVX2.
    Avx2,
    /// One candidate at a time, on any CPU.
    Portable,
}

impl PrimeFilter {
    /// Returns those that this CPU can run, the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::Ifma, Self::Avx2, Self::Portable].into_iter().filter(|filter| filter.is_available())
    }

    /// Returns the fastest one that this CPU can run.
    #[must_use]
    pub fn fastest() -> Self {
        Self::available().next().unwrap_or(Self::Portable)
    }

    /// Returns its name: `ifma`, `avx2` or `portable`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ifma => "ifma",
            Self::Avx2 => "avx2",
            Self::Portable => "portable",
        }
    }

    /// Returns how many candidates it tests at a time.
    #[must_use]
    pub fn lanes(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => vector::IFMA_LANES,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => vector::AVX2_LANES,
            _ => 1,
        }
    }

    /// Tests up to so many numbers of 16, 24 or 32 words, the lowest word first, and returns a bit for
    /// each, which is 1 if it may be a prime. They are odd, and their highest bit is set.
    #[must_use]
    pub fn test<const L: usize>(self, numbers: &[[u64; L]]) -> u8 {
        Filter::pass(&self, numbers, &AtomicBool::new(false))
    }

    #[cfg(target_arch = "x86_64")]
    fn is_available(self) -> bool {
        match self {
            Self::Ifma => vector::has_ifma(),
            Self::Avx2 => vector::has_avx2(),
            Self::Portable => true,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_available(self) -> bool {
        self == Self::Portable
    }
}

/// What discards composites.
pub(super) trait Filter: Sync {
    /// Returns how many candidates it takes at a time, at most eight.
    fn lanes(&self) -> usize;

    /// Returns the trial division that pays before it, for candidates of so many bits.
    fn sieve(&self, bits: usize) -> Sieve;

    /// Returns a bit for each candidate, the first one's lowest, which is 1 if it may be a prime. When
    /// the work is `abandoned`, any bit may be 0.
    fn pass<const L: usize>(&self, candidates: &[[u64; L]], abandoned: &AtomicBool) -> u8;
}

impl Filter for PrimeFilter {
    fn lanes(&self) -> usize {
        Self::lanes(*self)
    }

    fn sieve(&self, bits: usize) -> Sieve {
        match (self, bits) {
            #[cfg(target_arch = "x86_64")]
            (Self::Ifma, ..=1024) => Sieve::in_lanes_up_to(1 << 16),
            #[cfg(target_arch = "x86_64")]
            (Self::Ifma, _) => Sieve::in_lanes_up_to(1 << 17),
            _ => Sieve::up_to(1 << 16),
        }
    }

    fn pass<const L: usize>(&self, candidates: &[[u64; L]], abandoned: &AtomicBool) -> u8 {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => vector::ifma(candidates, abandoned),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => vector::avx2(candidates, abandoned),
            _ => candidates.iter().rev().fold(0, |passed, candidate| {
                passed << 1 | u8::from(portable::passes(candidate, abandoned))
            }),
        }
    }
}

#[cfg(test)]
mod tests;
