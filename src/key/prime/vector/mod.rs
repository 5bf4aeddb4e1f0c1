//! Processes several candidates or divisors at a time with vector instructions.
//!
//! This is the only module of the search with `unsafe`. It is needed for one reason: a function
//! compiled for certain CPUs must not run on others. Arrays of vectors are accessed as arrays, not
//! through pointers.

#![expect(unsafe_code, reason = "see the module's documentation")]

mod avx2;
mod division;
mod divisions;
mod ifma;

use std::sync::atomic::AtomicBool;

pub(super) use self::divisions::Divisions;

/// Returns whether the CPU can run [`mod@ifma`].
pub(super) fn has_ifma() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
}

/// Returns whether the CPU can run [`mod@avx2`].
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
}

/// Tests up to eight candidates. Returns one bit per candidate, 1 if it passes.
pub(super) fn ifma<const L: usize>(candidates: &[[u64; L]], abandoned: &AtomicBool) -> u8 {
    if !has_ifma() {
        return u8::MAX;
    }
    let run = |lanes: &[[u64; L]; ifma::LANES]| {
        // SAFETY: has_ifma() has returned true above.
        unsafe { ifma::euler(lanes, abandoned) }
    };
    in_lanes(candidates, run)
}

/// Tests up to four candidates. Returns one bit per candidate, 1 if it passes.
pub(super) fn avx2<const L: usize>(candidates: &[[u64; L]], abandoned: &AtomicBool) -> u8 {
    if !has_avx2() {
        return u8::MAX;
    }
    let run = |lanes: &[[u64; L]; avx2::LANES]| {
        // SAFETY: has_avx2() has returned true above.
        unsafe { avx2::euler(lanes, abandoned) }
    };
    in_lanes(candidates, run)
}

/// Returns whether one of the primes divides the candidate.
pub(super) fn has_factor(words: &[u64], divisions: &Divisions) -> bool {
    if !has_ifma() {
        return false;
    }
    // SAFETY: has_ifma() has returned true above.
    unsafe { division::has_factor(words, divisions) }
}

pub(super) const IFMA_LANES: usize = ifma::LANES;
pub(super) const AVX2_LANES: usize = avx2::LANES;

/// Fills unused lanes with the first candidate.
fn in_lanes<const L: usize, const LANES: usize>(
    candidates: &[[u64; L]],
    run: impl FnOnce(&[[u64; L]; LANES]) -> u8,
) -> u8 {
    if let Ok(lanes) = candidates.try_into() {
        return run(lanes);
    }
    let Some(first) = candidates.first() else {
        return 0;
    };
    let mut lanes = zeroize::Zeroizing::new([*first; LANES]);
    for (lane, candidate) in lanes.iter_mut().zip(candidates) {
        *lane = *candidate;
    }
    run(&lanes)
}

/// Squares once in every lane and returns the limbs.
#[cfg(test)]
pub(super) fn squared_by_ifma<const L: usize, const W: usize, const N: usize, const D: usize>(
    moduli: &[[u64; L]],
    numbers: &[[u64; W]],
    shift: u64,
) -> Vec<Vec<u64>> {
    assert!(has_ifma());
    let (moduli, numbers) = (moduli.try_into().unwrap(), numbers.try_into().unwrap());
    // SAFETY: has_ifma() has returned true above.
    let limbs = unsafe { ifma::squared::<L, W, N, D>(moduli, numbers, shift) };
    let lanes = limbs.map(|limb| {
        // SAFETY: any 64 bytes are both a valid vector and eight valid words.
        unsafe { std::mem::transmute::<_, [u64; ifma::LANES]>(limb) }
    });
    (0..ifma::LANES).map(|lane| lanes.iter().map(|limb| limb[lane]).collect()).collect()
}

/// Squares once in every lane and returns the limbs.
#[cfg(test)]
pub(super) fn squared_by_avx2<const L: usize, const W: usize, const N: usize, const D: usize>(
    moduli: &[[u64; L]],
    numbers: &[[u64; W]],
    shift: u64,
) -> Vec<Vec<u64>> {
    assert!(has_avx2());
    let (moduli, numbers) = (moduli.try_into().unwrap(), numbers.try_into().unwrap());
    // SAFETY: has_avx2() has returned true above.
    let limbs = unsafe { avx2::squared::<L, W, N, D>(moduli, numbers, shift) };
    let lanes = limbs.map(|limb| {
        // SAFETY: any 32 bytes are both a valid vector and four valid words.
        unsafe { std::mem::transmute::<_, [u64; avx2::LANES]>(limb) }
    });
    (0..avx2::LANES).map(|lane| lanes.iter().map(|limb| limb[lane]).collect()).collect()
}
