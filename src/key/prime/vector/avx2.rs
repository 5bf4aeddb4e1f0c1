//! Tests four candidates in four 64-bit lanes with AVX2, in limbs of 28 bits.
//!
//! A number is an array of N vectors; vector i has the limbs i of all lanes. A column is the sum of
//! at most 2 N products of 56 bits. It is below 2^64 up to N = 127, so carries can wait until the
//! end. As with IFMA, no timing, address or branch depends on a candidate.

#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "the bounds of the loops are those of the arrays, and the indices matter"
)]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi64, _mm256_and_si256, _mm256_castsi256_pd, _mm256_cmpeq_epi64,
    _mm256_movemask_pd, _mm256_mul_epu32, _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi64x,
    _mm256_setzero_si256, _mm256_sllv_epi64, _mm256_srli_epi64, _mm256_srlv_epi64,
    _mm256_sub_epi64,
};
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroize;

use crate::key::prime::euler::{DIGIT, Plan, squarings};
use crate::key::prime::limbs::{bits, negated_inverse};

pub(super) const LANES: usize = 4;

const LIMB: usize = 28;
const MASK: i64 = (1 << LIMB) - 1;

/// Number of product rows added to a column at once.
const ROWS: usize = 4;

struct Modulus<const N: usize> {
    limbs: [__m256i; N],
    /// −1 / n modulo 2^28.
    inverse: __m256i,
}

/// Returns one bit per candidate, 1 if it passes.
#[target_feature(enable = "avx2")]
pub(super) fn euler<const L: usize>(candidates: &[[u64; L]; LANES], abandoned: &AtomicBool) -> u8 {
    match L {
        16 => euler_of::<L, 37, 74>(candidates, abandoned),
        // 55 limbs would suffice, but have too little slack for a shift by three bits.
        24 => euler_of::<L, 56, 112>(candidates, abandoned),
        32 => euler_of::<L, 74, 148>(candidates, abandoned),
        // This filter lets candidates of unsupported lengths pass.
        _ => u8::MAX,
    }
}

#[target_feature(enable = "avx2")]
fn euler_of<const L: usize, const N: usize, const D: usize>(
    candidates: &[[u64; L]; LANES],
    abandoned: &AtomicBool,
) -> u8 {
    let zero = _mm256_setzero_si256();
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
    let limbs: [__m256i; N] = split(&starts);
    columns[N..].copy_from_slice(&limbs);
    starts.zeroize();
    let mut power = [zero; N];
    normalize(&mut power, &columns, in_lanes(plans.each_ref().map(|plan| plan.shift)));
    let mut done = true;
    for left in (0..squarings(64 * L, slack) / DIGIT).rev() {
        if abandoned.load(Ordering::Relaxed) {
            done = false;
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
    let signs = plans.each_ref().map(|plan| u64::from(plan.is_minus_one).wrapping_neg());
    let is_minus_one = in_lanes(signs);
    let mut passes = _mm256_set1_epi64x(if done { -1 } else { 0 });
    for (i, (limb, of_modulus)) in power.iter().zip(&modulus.limbs).enumerate() {
        let one = _mm256_set1_epi64x(i64::from(i == 0));
        // 1 + (n − 2) = n − 1 in the lowest limb, and n in the others.
        let difference = _mm256_sub_epi64(_mm256_sub_epi64(*of_modulus, one), one);
        let expected = _mm256_add_epi64(one, _mm256_and_si256(is_minus_one, difference));
        passes = _mm256_and_si256(passes, _mm256_cmpeq_epi64(*limb, expected));
    }
    power.zeroize();
    columns.zeroize();
    modulus.limbs.zeroize();
    modulus.inverse.zeroize();
    u8::try_from(_mm256_movemask_pd(_mm256_castsi256_pd(passes))).unwrap_or(u8::MAX)
}

/// Puts a word into each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn in_lanes(words: [u64; LANES]) -> __m256i {
    let [a, b, c, d] = words.map(u64::cast_signed);
    _mm256_set_epi64x(d, c, b, a)
}

/// Splits the numbers into limbs.
#[inline]
#[target_feature(enable = "avx2")]
fn split<const L: usize, const N: usize>(numbers: &[[u64; L]; LANES]) -> [__m256i; N] {
    let mut limbs = [_mm256_setzero_si256(); N];
    for (i, limb) in limbs.iter_mut().enumerate() {
        *limb = in_lanes(numbers.each_ref().map(|words| bits(words, LIMB * i, LIMB)));
    }
    limbs
}

#[inline]
#[target_feature(enable = "avx2")]
fn plus_product(sum: __m256i, one: __m256i, other: __m256i) -> __m256i {
    _mm256_add_epi64(sum, _mm256_mul_epu32(one, other))
}

/// Squares a number in Montgomery form and shifts it left.
#[target_feature(enable = "avx2")]
fn square<const N: usize, const D: usize>(
    number: &mut [__m256i; N],
    modulus: &Modulus<N>,
    columns: &mut [__m256i; D],
    shift: __m256i,
) {
    let zero = _mm256_setzero_si256();
    columns.fill(zero);
    let mut twice = [zero; N];
    for (twice, limb) in twice.iter_mut().zip(&*number) {
        *twice = _mm256_add_epi64(*limb, *limb);
    }
    let whole = N - N % ROWS;
    for i in (0..whole).step_by(ROWS) {
        let rows: [__m256i; ROWS] = std::array::from_fn(|row| number[i + row]);
        for row in 0..ROWS {
            let column = 2 * (i + row);
            columns[column] = plus_product(columns[column], rows[row], rows[row]);
            for other in row + 1..ROWS {
                let column = 2 * i + row + other;
                columns[column] = plus_product(columns[column], rows[row], twice[i + other]);
            }
        }
        let above = &twice[i + ROWS..];
        let columns = &mut columns[2 * i + ROWS..];
        if above.len() >= ROWS {
            add_rows(columns, &rows, above);
        } else {
            for (row, limb) in rows.iter().enumerate() {
                for (column, &other) in columns[row..].iter_mut().zip(above) {
                    *column = plus_product(*column, *limb, other);
                }
            }
        }
    }
    for i in whole..N {
        columns[2 * i] = plus_product(columns[2 * i], number[i], number[i]);
        for other in i + 1..N {
            columns[i + other] = plus_product(columns[i + other], number[i], twice[other]);
        }
    }
    reduce(columns, modulus);
    normalize(number, columns, shift);
}

/// Adds the products of `rows` and `limbs`. There must be at least as many limbs as rows.
#[inline]
#[target_feature(enable = "avx2")]
fn add_rows(columns: &mut [__m256i], rows: &[__m256i; ROWS], limbs: &[__m256i]) {
    for (j, column) in columns[..ROWS - 1].iter_mut().enumerate() {
        for row in 0..=j {
            *column = plus_product(*column, rows[row], limbs[j - row]);
        }
    }
    for (column, limbs) in columns[ROWS - 1..].iter_mut().zip(limbs.windows(ROWS)) {
        let mut sum = *column;
        for row in 0..ROWS {
            sum = plus_product(sum, rows[row], limbs[ROWS - 1 - row]);
        }
        *column = sum;
    }
    let end = limbs.len();
    for (j, column) in columns[end..end + ROWS - 1].iter_mut().enumerate() {
        for row in j + 1..ROWS {
            *column = plus_product(*column, rows[row], limbs[end + j - row]);
        }
    }
}

/// Adds multiples of n that make the lower half of the columns 0 modulo 2^(28 N). Carries go to the
/// upper half; the lower half is meaningless after that.
#[target_feature(enable = "avx2")]
fn reduce<const N: usize, const D: usize>(columns: &mut [__m256i; D], modulus: &Modulus<N>) {
    let mask = _mm256_set1_epi64x(MASK);
    let Modulus { limbs, inverse } = modulus;
    let whole = N - N % ROWS;
    for i in (0..whole).step_by(ROWS) {
        // Multiples of n that make the lowest columns 0.
        let mut rows = [_mm256_setzero_si256(); ROWS];
        for row in 0..ROWS {
            let mut sum = columns[i + row];
            for other in 0..row {
                sum = plus_product(sum, rows[other], limbs[row - other]);
            }
            rows[row] = _mm256_and_si256(_mm256_mul_epu32(sum, *inverse), mask);
            let carry = _mm256_srli_epi64::<28>(plus_product(sum, rows[row], limbs[0]));
            columns[i + row + 1] = _mm256_add_epi64(columns[i + row + 1], carry);
        }
        let columns = &mut columns[i + ROWS..];
        for (column, limbs) in columns.iter_mut().zip(limbs[1..].windows(ROWS)) {
            let mut sum = *column;
            for row in 0..ROWS {
                sum = plus_product(sum, rows[row], limbs[ROWS - 1 - row]);
            }
            *column = sum;
        }
        for (j, column) in columns[N - ROWS..N - 1].iter_mut().enumerate() {
            for row in j + 1..ROWS {
                *column = plus_product(*column, rows[row], limbs[N + j - row]);
            }
        }
    }
    for i in whole..N {
        let multiple = _mm256_and_si256(_mm256_mul_epu32(columns[i], *inverse), mask);
        let carry = _mm256_srli_epi64::<28>(plus_product(columns[i], multiple, limbs[0]));
        columns[i + 1] = _mm256_add_epi64(columns[i + 1], carry);
        for (column, &limb) in columns[i + 1..].iter_mut().zip(&limbs[1..]) {
            *column = plus_product(*column, multiple, limb);
        }
    }
}

/// Carries the upper half of the columns into limbs, shifted left by less than a limb.
#[inline]
#[target_feature(enable = "avx2")]
fn normalize<const N: usize, const D: usize>(
    number: &mut [__m256i; N],
    columns: &[__m256i; D],
    shift: __m256i,
) {
    let mask = _mm256_set1_epi64x(MASK);
    let back = _mm256_sub_epi64(_mm256_set1_epi64x(28), shift);
    let mut carry = _mm256_setzero_si256();
    let mut below = _mm256_setzero_si256();
    for (limb, column) in number.iter_mut().zip(&columns[N..]) {
        let sum = _mm256_add_epi64(*column, carry);
        carry = _mm256_srli_epi64::<28>(sum);
        let whole = _mm256_and_si256(sum, mask);
        let shifted = _mm256_and_si256(_mm256_sllv_epi64(whole, shift), mask);
        *limb = _mm256_or_si256(shifted, _mm256_srlv_epi64(below, back));
        below = whole;
    }
}

/// Squares once and returns the limbs of each lane.
#[cfg(test)]
#[target_feature(enable = "avx2")]
pub(super) fn squared<const L: usize, const W: usize, const N: usize, const D: usize>(
    moduli: &[[u64; L]; LANES],
    numbers: &[[u64; W]; LANES],
    shift: u64,
) -> [__m256i; N] {
    let inverses = moduli.each_ref().map(|words| bits(&[negated_inverse(words[0])], 0, LIMB));
    let modulus = Modulus::<N> { limbs: split(moduli), inverse: in_lanes(inverses) };
    let mut number = split(numbers);
    let mut columns = [_mm256_set1_epi64x(-1); D];
    square(&mut number, &modulus, &mut columns, in_lanes([shift; LANES]));
    number
}
