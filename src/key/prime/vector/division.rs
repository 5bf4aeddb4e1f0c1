//! Trial division in eight 64-bit lanes with AVX-512 IFMA: one group of primes per lane, one 52-bit
//! limb of the candidate at a time.

#![expect(clippy::indexing_slicing, reason = "the bounds of the loops are those of the arrays")]

use std::arch::x86_64::{
    _mm512_cmple_epu64_mask, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_srli_epi64, _mm512_sub_epi64,
};

use zeroize::Zeroize;

use super::divisions::{BATCH, Division, Divisions};
use super::ifma::in_lanes;
use crate::key::prime::limbs::bits;

const LIMB: usize = 52;

/// Returns whether one of the primes divides the candidate.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn has_factor(words: &[u64], divisions: &Divisions) -> bool {
    match words.len() {
        16 => has_factor_of::<20>(words, divisions),
        24 => has_factor_of::<30>(words, divisions),
        32 => has_factor_of::<40>(words, divisions),
        // Candidates of unsupported lengths pass.
        _ => false,
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn has_factor_of<const N: usize>(words: &[u64], divisions: &Divisions) -> bool {
    let mut limbs = [0; N];
    for (place, limb) in limbs.iter_mut().enumerate() {
        *limb = bits(words, LIMB * place, LIMB);
    }
    let mut has_factor = false;
    for chunk in divisions.small {
        has_factor = divides(&limbs, chunk);
        if has_factor {
            break;
        }
    }
    if !has_factor {
        for chunk in divisions.large {
            has_factor = divides(&limbs, chunk);
            if has_factor {
                break;
            }
        }
    }
    limbs.zeroize();
    has_factor
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn divides<const N: usize, const K: usize>(limbs: &[u64; N], chunk: &[Division<K>; BATCH]) -> bool {
    let zero = _mm512_setzero_si512();
    let mut products = [zero; BATCH];
    let mut inverses = [zero; BATCH];
    for (i, division) in chunk.iter().enumerate() {
        products[i] = in_lanes(division.products);
        inverses[i] = in_lanes(division.inverses);
    }
    // The number plus c · 2^(52 N) is a multiple of M, with c in `rests`.
    let mut rests = [zero; BATCH];
    for limb in limbs {
        let limb = _mm512_set1_epi64(limb.cast_signed());
        for i in 0..BATCH {
            let difference = _mm512_sub_epi64(limb, rests[i]);
            let borrow = _mm512_srli_epi64::<63>(difference);
            let quotient = _mm512_madd52lo_epu64(zero, difference, inverses[i]);
            rests[i] = _mm512_madd52hi_epu64(borrow, quotient, products[i]);
        }
    }
    let mut dividing = 0;
    for (rest, division) in rests.iter().zip(chunk) {
        for primes in &division.primes {
            let quotient = _mm512_madd52lo_epu64(zero, *rest, in_lanes(primes.inverses));
            dividing |= _mm512_cmple_epu64_mask(quotient, in_lanes(primes.max_quotient));
        }
    }
    dividing != 0
}
