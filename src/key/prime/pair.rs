//! The requirements of FIPS 186-5 A.1.3 on a pair of primes.

use zeroize::Zeroizing;

use super::candidate::Candidate;

/// Two primes with |p − q| > 2^(64 L − 100) (A.1.3 step 5.4), the larger first.
pub(in crate::key) struct Pair<const L: usize> {
    pub(in crate::key) larger: Candidate<L>,
    pub(in crate::key) smaller: Candidate<L>,
}

impl<const L: usize> Pair<L> {
    /// Orders two primes. Returns `None` if they are too close.
    pub(super) fn of(one: &Candidate<L>, other: &Candidate<L>) -> Option<Self> {
        let (over, is_less) = difference(&one.0, &other.0);
        let (under, _) = difference(&other.0, &one.0);
        let (over, under) = (Zeroizing::new(over), Zeroizing::new(under));
        let distance = Zeroizing::new(choose(is_less, &under, &over));
        let (_, is_far) = difference(&min_distance(), &distance);
        is_far.then(|| Self {
            larger: Candidate(choose(is_less, &other.0, &one.0)),
            smaller: Candidate(choose(is_less, &one.0, &other.0)),
        })
    }
}

/// Returns the difference modulo 2^(64 L), and whether the first number is smaller.
fn difference<const L: usize>(one: &[u64; L], other: &[u64; L]) -> ([u64; L], bool) {
    let mut borrow = false;
    let mut others = other.iter();
    let difference = one.map(|word| {
        let (partial, first) = word.overflowing_sub(others.next().copied().unwrap_or_default());
        let (whole, second) = partial.overflowing_sub(u64::from(borrow));
        borrow = first | second;
        whole
    });
    (difference, borrow)
}

/// Returns `yes` if `condition` holds, else `no`, without a branch.
fn choose<const L: usize>(condition: bool, yes: &[u64; L], no: &[u64; L]) -> [u64; L] {
    let mask = u64::from(condition).wrapping_neg();
    let mut yes = yes.iter();
    no.map(|no| no ^ mask & (no ^ yes.next().copied().unwrap_or_default()))
}

/// Returns 2^(64 L − 100), the exclusive lower bound of the distance.
fn min_distance<const L: usize>() -> [u64; L] {
    let mut place = 0;
    [0; L].map(|_: u64| {
        place += 1;
        if place + 1 == L { 1 << 28 } else { 0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_prime_comes_first() {
        let (small, large) = (Candidate([7, 0, 0, 1]), Candidate([1, 0, 0, 9]));
        for (one, other) in [(&small, &large), (&large, &small)] {
            let pair = Pair::of(one, other).unwrap();
            assert!(pair.larger == large && pair.smaller == small);
        }
    }

    #[test]
    fn close_primes_are_rejected() {
        let base = Candidate([5, 6, 7, 8]);
        // 2^(256 − 100) is bit 28 of the third word.
        let bound = 1 << 28;
        for (other, is_far) in [
            ([5, 6, 7, 8], false),
            ([4, 6, 7, 8], false),
            ([5, 6, 7 + bound, 8], false),
            ([6, 6, 7 + bound, 8], true),
            ([4, 6, 7 + bound, 8], false),
            ([5, 6, 7, 9], true),
            ([5, 6, 7, 7], true),
        ] {
            let other = Candidate(other);
            assert_eq!(Pair::of(&base, &other).is_some(), is_far);
            assert_eq!(Pair::of(&other, &base).is_some(), is_far);
        }
    }
}
