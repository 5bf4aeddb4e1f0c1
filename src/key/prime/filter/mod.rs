//! Filters: a base-2 test (see [`super::euler`]) of the candidates that survive trial division.
//!
//! A filter is *untrusted* because it can only discard. A prime discarded by mistake costs time; a
//! composite that passes by mistake meets `certify`. No filter decides whether a number is prime.

mod portable;

use std::sync::atomic::AtomicBool;

use super::sieve::Sieve;
#[cfg(target_arch = "x86_64")]
use super::vector;

/// The available filters, fastest first.
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
    /// Returns the filters that this CPU can run, fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::Ifma, Self::Avx2, Self::Portable].into_iter().filter(|filter| filter.is_available())
    }

    /// Returns the fastest filter that this CPU can run.
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

    /// Returns the number of candidates tested at a time.
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

    /// Tests up to [`Self::lanes`] numbers of 16, 24 or 32 words, least significant word first.
    /// They must be odd, with the highest bit set. Returns one bit per number, 1 if it may be
    /// prime.
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

/// A test that discards composites.
pub(super) trait Filter: Sync {
    /// Returns the number of candidates per batch, at most eight.
    fn lanes(&self) -> usize;

    /// Returns the trial division that pays off before this filter, for candidates of this length.
    fn sieve(&self, bits: usize) -> Sieve;

    /// Returns one bit per candidate, the first in the lowest bit: 1 if it may be prime. If
    /// `abandoned` is set, any bit may be 0.
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
