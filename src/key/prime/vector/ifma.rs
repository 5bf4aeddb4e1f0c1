//! Tests eight candidates in eight 64-bit lanes with AVX-512 IFMA, which multiplies limbs of 52
//! bits.
//!
//! A number is an array of N vectors; vector i has the limbs i of all lanes. The products of five
//! by five limbs go to ten sums, which stay in registers while the window slides over the columns.
//! The instructions take the same time for all operands. No address or branch depends on a
//! candidate, and the digits of the exponent are shift counts of vector instructions.

#![expect(
    clippy::indexing_slicing,
    clippy::manual_memcpy,
    clippy::needless_range_loop,
    reason = "the bounds of the loops are those of the arrays, and copies are between registers"
)]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_mask_sub_epi64, _mm512_or_si512, _mm512_set_epi64,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_sllv_epi64, _mm512_srli_epi64,
    _mm512_srlv_epi64, _mm512_sub_epi64,
};
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroize;

use crate::key::prime::euler::{DIGIT, Plan, squarings};
use crate::key::prime::limbs::{bits, negated_inverse};

pub(super) const LANES: usize = 8;

const LIMB: usize = 52;
const MASK: i64 = (1 << LIMB) - 1;

/// Limbs per block: 5 × 5 products use 5 + 5 + 10 of the 32 registers.
const BLOCK: usize = 5;

/// The column sums of two blocks.
type Window = [__m512i; 2 * BLOCK];

struct Modulus<const N: usize> {
    limbs: [__m512i; N],
    /// −1 / n modulo 2^52.
    inverse: __m512i,
}

/// Returns one bit per candidate, 1 if it passes.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn euler<const L: usize>(candidates: &[[u64; L]; LANES], abandoned: &AtomicBool) -> u8 {
    match L {
        16 => euler_of::<L, 20, 40>(candidates, abandoned),
        24 => euler_of::<L, 30, 60>(candidates, abandoned),
        32 => euler_of::<L, 40, 80>(candidates, abandoned),
        // This filter lets candidates of unsupported lengths pass.
        _ => u8::MAX,
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn euler_of<const L: usize, const N: usize, const D: usize>(
    candidates: &[[u64; L]; LANES],
    abandoned: &AtomicBool,
) -> u8 {
    let zero = _mm512_setzero_si512();
    let slack = LIMB * N - 64 * L;
    let plans = candidates.each_ref().map(|candidate| Plan::new(candidate, slack));
    let mut modulus = Modulus {
        limbs: split(candidates),
        inverse: in_lanes(
            candidates.each_ref().map(|words| bits(&[negated_inverse(words[0])], 0, LIMB)),
        ),
    };
    let mut columns = [zero; D];
    let mut starts = plans.each_ref().map(|plan| plan.start);
    let limbs: [__m512i; N] = split(&starts);
    columns[N..].copy_from_slice(&limbs);
    starts.zeroize();
    let mut power = [zero; N];
    normalize(&mut power, &columns, in_lanes(plans.each_ref().map(|plan| plan.shift)));
    let mut done = u8::MAX;
    for left in (0..squarings(64 * L, slack) / DIGIT).rev() {
        if abandoned.load(Ordering::Relaxed) {
            done = 0;
            break;
        }
        for _ in 1..DIGIT {
            square(&mut power, &modulus, &mut columns, zero);
        }
        let digits = in_lanes(plans.each_ref().map(|plan| plan.digit(left)));
        square(&mut power, &modulus, &mut columns, digits);
    }
    // Leaves the Montgomery form; the result is at most n.
    columns.fill(zero);
    columns[..N].copy_from_slice(&power);
    reduce(&mut columns, &modulus);
    normalize(&mut power, &columns, zero);
    let signs = plans.each_ref().map(|plan| u64::from(plan.is_minus_one));
    let is_minus_one = _mm512_cmpeq_epi64_mask(in_lanes(signs), in_lanes([1; LANES]));
    let mut passes = done;
    for (i, (limb, of_modulus)) in power.iter().zip(&modulus.limbs).enumerate() {
        let one = _mm512_set1_epi64(i64::from(i == 0));
        let expected = _mm512_mask_sub_epi64(one, is_minus_one, *of_modulus, one);
        passes &= _mm512_cmpeq_epi64_mask(*limb, expected);
    }
    power.zeroize();
    columns.zeroize();
    modulus.limbs.zeroize();
    modulus.inverse.zeroize();
    passes
}

/// Puts a word into each lane.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn in_lanes(words: [u64; LANES]) -> __m512i {
    let [a, b, c, d, e, f, g, h] = words.map(u64::cast_signed);
    _mm512_set_epi64(h, g, f, e, d, c, b, a)
}

/// Splits the numbers into limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn split<const L: usize, const N: usize>(numbers: &[[u64; L]; LANES]) -> [__m512i; N] {
    let mut limbs = [_mm512_setzero_si512(); N];
    for (i, limb) in limbs.iter_mut().enumerate() {
        *limb = in_lanes(numbers.each_ref().map(|words| bits(words, LIMB * i, LIMB)));
    }
    limbs
}

/// Squares a number in Montgomery form and shifts it left.
#[target_feature(enable = "avx512f,avx512ifma")]
fn square<const N: usize, const D: usize>(
    number: &mut [__m512i; N],
    modulus: &Modulus<N>,
    columns: &mut [__m512i; D],
    shift: __m512i,
) {
    let zero = _mm512_setzero_si512();
    let blocks = N / BLOCK;
    for i in 0..blocks {
        let rows = block(number, BLOCK * i);
        let mut window: Window = [zero; 2 * BLOCK];
        if i > 0 {
            for column in 0..BLOCK {
                window[column] = columns[2 * BLOCK * i + column];
            }
        }
        // Except for the last block, earlier rows have already added to the columns ahead.
        if i > 0 && i + 1 < blocks {
            for column in BLOCK..2 * BLOCK {
                window[column] = columns[2 * BLOCK * i + column];
            }
        }
        for row in 0..BLOCK {
            for other in row + 1..BLOCK {
                let column = row + other;
                window[column] = _mm512_madd52lo_epu64(window[column], rows[row], rows[other]);
                window[column + 1] =
                    _mm512_madd52hi_epu64(window[column + 1], rows[row], rows[other]);
            }
        }
        for j in i + 1..blocks {
            let is_new = i == 0 || j + 1 == blocks;
            slide(&mut window, columns, BLOCK * (i + j - 1), is_new);
            add_products(&mut window, &rows, &block(number, BLOCK * j));
        }
        put(columns, BLOCK * (i + blocks - 1), &window);
    }
    // Doubles the products of different limbs, and adds the squares.
    for i in 0..N {
        let limb = number[i];
        let low = _mm512_add_epi64(columns[2 * i], columns[2 * i]);
        let high = _mm512_add_epi64(columns[2 * i + 1], columns[2 * i + 1]);
        columns[2 * i] = _mm512_madd52lo_epu64(low, limb, limb);
        columns[2 * i + 1] = _mm512_madd52hi_epu64(high, limb, limb);
    }
    reduce(columns, modulus);
    normalize(number, columns, shift);
}

/// Adds multiples of n that make the lower half of the columns 0 modulo 2^(52 N). Carries go to the
/// upper half; the lower half is meaningless after that.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn reduce<const N: usize, const D: usize>(columns: &mut [__m512i; D], modulus: &Modulus<N>) {
    let zero = _mm512_setzero_si512();
    let mask = _mm512_set1_epi64(MASK);
    let blocks = N / BLOCK;
    let lowest = block(&modulus.limbs, 0);
    for i in 0..blocks {
        let mut window: Window = [zero; 2 * BLOCK];
        for column in 0..2 * BLOCK {
            window[column] = columns[BLOCK * i + column];
        }
        let mut rows = [zero; BLOCK];
        for row in 0..BLOCK {
            rows[row] = _mm512_madd52lo_epu64(zero, window[row], modulus.inverse);
            // The lowest limb of the multiple rounds this column up to a multiple of 2^52.
            let carry = _mm512_srli_epi64::<52>(_mm512_add_epi64(window[row], mask));
            window[row + 1] = _mm512_add_epi64(window[row + 1], carry);
            for limb in 1..BLOCK {
                let column = row + limb;
                window[column] = _mm512_madd52lo_epu64(window[column], rows[row], lowest[limb]);
            }
            for limb in 0..BLOCK {
                let column = row + limb + 1;
                window[column] = _mm512_madd52hi_epu64(window[column], rows[row], lowest[limb]);
            }
        }
        for j in 1..blocks {
            slide(&mut window, columns, BLOCK * (i + j - 1), false);
            add_products(&mut window, &rows, &block(&modulus.limbs, BLOCK * j));
        }
        put(columns, BLOCK * (i + blocks - 1), &window);
    }
}

/// Carries the upper half of the columns into limbs, shifted left by less than a limb.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn normalize<const N: usize, const D: usize>(
    number: &mut [__m512i; N],
    columns: &[__m512i; D],
    shift: __m512i,
) {
    let mask = _mm512_set1_epi64(MASK);
    let back = _mm512_sub_epi64(_mm512_set1_epi64(52), shift);
    let mut carry = _mm512_setzero_si512();
    let mut below = _mm512_setzero_si512();
    for (limb, column) in number.iter_mut().zip(&columns[N..]) {
        let sum = _mm512_add_epi64(*column, carry);
        carry = _mm512_srli_epi64::<52>(sum);
        let whole = _mm512_and_si512(sum, mask);
        let shifted = _mm512_and_si512(_mm512_sllv_epi64(whole, shift), mask);
        *limb = _mm512_or_si512(shifted, _mm512_srlv_epi64(below, back));
        below = whole;
    }
}

/// Returns the block of limbs that starts at index `place`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn block<const N: usize>(limbs: &[__m512i; N], place: usize) -> [__m512i; BLOCK] {
    let mut block = [_mm512_setzero_si512(); BLOCK];
    for i in 0..BLOCK {
        block[i] = limbs[place + i];
    }
    block
}

/// Stores the window at index `place` of the columns.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn put<const D: usize>(columns: &mut [__m512i; D], place: usize, window: &Window) {
    for i in 0..2 * BLOCK {
        columns[place + i] = window[i];
    }
}

/// Stores the finished lower half of the window at index `place`, and loads the next block.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn slide<const D: usize>(
    window: &mut Window,
    columns: &mut [__m512i; D],
    place: usize,
    is_new: bool,
) {
    for i in 0..BLOCK {
        columns[place + i] = window[i];
        window[i] = window[BLOCK + i];
    }
    for i in BLOCK..2 * BLOCK {
        window[i] = if is_new { _mm512_setzero_si512() } else { columns[place + BLOCK + i] };
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn add_products(window: &mut Window, rows: &[__m512i; BLOCK], limbs: &[__m512i; BLOCK]) {
    for i in 0..BLOCK {
        for j in 0..BLOCK {
            window[i + j] = _mm512_madd52lo_epu64(window[i + j], rows[i], limbs[j]);
        }
        for j in 0..BLOCK {
            window[i + j + 1] = _mm512_madd52hi_epu64(window[i + j + 1], rows[i], limbs[j]);
        }
    }
}

/// Squares once and returns the limbs of each lane.
#[cfg(test)]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn squared<const L: usize, const W: usize, const N: usize, const D: usize>(
    moduli: &[[u64; L]; LANES],
    numbers: &[[u64; W]; LANES],
    shift: u64,
) -> [__m512i; N] {
    let inverses = moduli.each_ref().map(|words| bits(&[negated_inverse(words[0])], 0, LIMB));
    let modulus = Modulus::<N> { limbs: split(moduli), inverse: in_lanes(inverses) };
    let mut number = split(numbers);
    let mut columns = [_mm512_set1_epi64(-1); D];
    square(&mut number, &modulus, &mut columns, in_lanes([shift; LANES]));
    number
}
