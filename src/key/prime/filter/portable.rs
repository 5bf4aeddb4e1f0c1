//! Tests one candidate at a time in plain Rust. CPUs without the vector instructions need it, and
//! the vector filters are compared with it.
//!
//! Limbs have 60 or 61 bits, so a column of products always fits 128 bits, and carries can wait
//! until the end. N limbs make at most 2 N products per column: 34 · 2^122, 52 · 2^122 and 70 ·
//! 2^120 are below 2^128.

#![expect(clippy::indexing_slicing, reason = "the bounds of the loops are those of the arrays")]

use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroize;

use crate::key::prime::euler::{DIGIT, Plan, squarings};
use crate::key::prime::limbs::{self, bits, low};

/// Number of product rows added to a column at once.
const ROWS: usize = 4;

/// Returns whether the candidate passes, or `false` once `abandoned` is set.
pub(super) fn passes<const L: usize>(candidate: &[u64; L], abandoned: &AtomicBool) -> bool {
    match L {
        16 => euler::<L, 17, 34>(candidate, abandoned),
        24 => euler::<L, 26, 52>(candidate, abandoned),
        32 => euler::<L, 35, 70>(candidate, abandoned),
        // This filter lets candidates of unsupported lengths pass.
        _ => true,
    }
}

/// Returns the number of bits per limb, for numbers of this many limbs.
const fn limb_bits(limbs: usize) -> usize {
    if limbs > 32 { 60 } else { 61 }
}

struct Modulus<const N: usize> {
    limbs: [u64; N],
    /// −1 / n modulo 2^64.
    inverse: u64,
}

fn euler<const L: usize, const N: usize, const D: usize>(
    candidate: &[u64; L],
    abandoned: &AtomicBool,
) -> bool {
    let limb = limb_bits(N);
    let plan = Plan::new(candidate, limb * N - 64 * L);
    let split =
        |words: &[u64; L]| -> [u64; N] { std::array::from_fn(|i| bits(words, limb * i, limb)) };
    let mut modulus =
        Modulus { limbs: split(candidate), inverse: limbs::negated_inverse(candidate[0]) };
    let mut columns = [0; D];
    let mut power = split(&plan.start);
    shift(&mut power, plan.shift);
    let mut done = true;
    for left in (0..squarings(64 * L, limb * N - 64 * L) / DIGIT).rev() {
        if abandoned.load(Ordering::Relaxed) {
            done = false;
            break;
        }
        for _ in 0..DIGIT {
            square(&mut power, &modulus, &mut columns);
        }
        shift(&mut power, plan.digit(left));
    }
    // Leaves the Montgomery form; the result is at most n.
    columns.fill(0);
    for (column, &limb) in columns.iter_mut().zip(&power) {
        *column = limb.into();
    }
    reduce(&mut power, &modulus, &mut columns);
    let mut difference = 0;
    for (i, (limb, of_modulus)) in power.iter().zip(&modulus.limbs).enumerate() {
        let one = u64::from(i == 0);
        let expected = if plan.is_minus_one { of_modulus - one } else { one };
        difference |= limb ^ expected;
    }
    power.zeroize();
    columns.zeroize();
    modulus.limbs.zeroize();
    modulus.inverse.zeroize();
    done && difference == 0
}

/// Shifts left by fewer bits than a limb has.
fn shift<const N: usize>(number: &mut [u64; N], count: u64) {
    let limb = u64::try_from(limb_bits(N)).unwrap_or_default();
    let mut below = 0;
    for digit in number {
        let whole = *digit;
        *digit = (whole << count | below >> (limb - count)) & ((1 << limb) - 1);
        below = whole;
    }
}

fn times(one: u64, other: u64) -> u128 {
    u128::from(one) * u128::from(other)
}

/// Squares a number in Montgomery form.
fn square<const N: usize, const D: usize>(
    number: &mut [u64; N],
    modulus: &Modulus<N>,
    columns: &mut [u128; D],
) {
    columns.fill(0);
    let twice = number.map(|limb| limb << 1);
    let whole = N - N % ROWS;
    for i in (0..whole).step_by(ROWS) {
        let rows: [u64; ROWS] = std::array::from_fn(|row| number[i + row]);
        for row in 0..ROWS {
            columns[2 * (i + row)] += times(rows[row], rows[row]);
            for other in row + 1..ROWS {
                columns[2 * i + row + other] += times(rows[row], twice[i + other]);
            }
        }
        let above = &twice[i + ROWS..];
        let columns = &mut columns[2 * i + ROWS..];
        if above.len() >= ROWS {
            add_rows(columns, &rows, above);
        } else {
            for (row, limb) in rows.iter().enumerate() {
                for (column, &other) in columns[row..].iter_mut().zip(above) {
                    *column += times(*limb, other);
                }
            }
        }
    }
    for i in whole..N {
        columns[2 * i] += times(number[i], number[i]);
        for other in i + 1..N {
            columns[i + other] += times(number[i], twice[other]);
        }
    }
    reduce(number, modulus, columns);
}

/// Adds the products of `rows` and `limbs`. There must be at least as many limbs as rows.
#[inline(always)]
fn add_rows(columns: &mut [u128], rows: &[u64; ROWS], limbs: &[u64]) {
    for (j, column) in columns[..ROWS - 1].iter_mut().enumerate() {
        for row in 0..=j {
            *column += times(rows[row], limbs[j - row]);
        }
    }
    for (column, limbs) in columns[ROWS - 1..].iter_mut().zip(limbs.windows(ROWS)) {
        let mut sum = *column;
        for row in 0..ROWS {
            sum += times(rows[row], limbs[ROWS - 1 - row]);
        }
        *column = sum;
    }
    let end = limbs.len();
    for (j, column) in columns[end..end + ROWS - 1].iter_mut().enumerate() {
        for row in j + 1..ROWS {
            *column += times(rows[row], limbs[end + j - row]);
        }
    }
}

/// Reduces the columns of a product into `number`: Montgomery reduction without the final
/// subtraction.
fn reduce<const N: usize, const D: usize>(
    number: &mut [u64; N],
    modulus: &Modulus<N>,
    columns: &mut [u128; D],
) {
    let limb = limb_bits(N);
    let mask = (1 << limb) - 1;
    let Modulus { limbs, inverse } = modulus;
    let whole = N - N % ROWS;
    for i in (0..whole).step_by(ROWS) {
        // Multiples of n that make the lowest columns 0.
        let mut rows = [0; ROWS];
        for row in 0..ROWS {
            let mut sum = columns[i + row];
            for other in 0..row {
                sum += times(rows[other], limbs[row - other]);
            }
            rows[row] = low(sum).wrapping_mul(*inverse) & mask;
            columns[i + row + 1] += (sum + times(rows[row], limbs[0])) >> limb;
        }
        let columns = &mut columns[i + ROWS..];
        for (column, limbs) in columns.iter_mut().zip(limbs[1..].windows(ROWS)) {
            let mut sum = *column;
            for row in 0..ROWS {
                sum += times(rows[row], limbs[ROWS - 1 - row]);
            }
            *column = sum;
        }
        for (j, column) in columns[N - ROWS..N - 1].iter_mut().enumerate() {
            for row in j + 1..ROWS {
                *column += times(rows[row], limbs[N + j - row]);
            }
        }
    }
    for i in whole..N {
        let multiple = low(columns[i]).wrapping_mul(*inverse) & mask;
        columns[i + 1] += (columns[i] + times(multiple, limbs[0])) >> limb;
        for (column, &limb) in columns[i + 1..].iter_mut().zip(&limbs[1..]) {
            *column += times(multiple, limb);
        }
    }
    let mut carry = 0;
    for (digit, column) in number.iter_mut().zip(&columns[N..]) {
        carry += column;
        *digit = low(carry) & mask;
        carry >>= limb;
    }
}

/// Squares once and returns the limbs.
#[cfg(test)]
pub(super) fn squared<const L: usize, const W: usize, const N: usize, const D: usize>(
    candidate: &[u64; L],
    number: &[u64; W],
    count: u64,
) -> Vec<u64> {
    let limb = limb_bits(N);
    let modulus = Modulus::<N> {
        limbs: std::array::from_fn(|i| bits(candidate, limb * i, limb)),
        inverse: limbs::negated_inverse(candidate[0]),
    };
    let mut number: [u64; N] = std::array::from_fn(|i| bits(number, limb * i, limb));
    square(&mut number, &modulus, &mut [u128::MAX; D]);
    shift(&mut number, count);
    number.to_vec()
}
