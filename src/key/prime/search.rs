//! The search: threads that draw, filter and certify until there is a pair.
//!
//! Every thread has candidates of its own. A batch takes as long whatever it holds, its survivors count
//! in the order of their lanes, and those of a batch that is abandoned are none, so that which two primes
//! come first says nothing about them. The rounds that certify a survivor are shared: a thread takes one
//! round at a time, of the first two survivors alone.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use chacha20::ChaCha20Rng;
use rand::SeedableRng;
use rand::rngs::SysError;
use zeroize::Zeroizing;

use super::candidate::Candidate;
use super::certify;
use super::filter::Filter;
use super::pair::Pair;
use super::processor;
use super::sieve::Sieve;
use crate::secret::{Seed, wiping_stack};

/// The seeds of the generators of the threads.
pub(super) struct Seeds {
    /// That of the calling thread.
    own: Seed,
    others: Vec<Seed>,
}

impl Seeds {
    /// Draws a seed for each thread from the operating system.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub(super) fn draw(threads: NonZero<usize>) -> Result<Self, SysError> {
        let others = (1..threads.get()).map(|_| Seed::draw()).collect::<Result<_, _>>()?;
        Ok(Self { own: Seed::draw()?, others })
    }
}

/// Finds a pair on as many threads as there are seeds, of which this one is the first. It does something
/// else `work`, before it joins in; if that says no, the search is given up, and nothing is found.
///
/// A single seed determines the pair.
pub(super) fn find<const L: usize>(
    filter: &impl Filter,
    seeds: &Seeds,
    before_joining: impl FnOnce() -> bool,
) -> Option<Pair<L>> {
    let search = Search::<L, _>::new(filter);
    let mut random = ChaCha20Rng::from_seed(*seeds.own.expose());
    thread::scope(|scope| {
        let elsewhere = if seeds.others.is_empty() { None } else { processor::all_but_this() };
        for seed in &seeds.others {
            let search = &search;
            let work = move || {
                if let Some(elsewhere) = elsewhere {
                    processor::move_to(&elsewhere);
                }
                wiping_stack(|| search.work(&mut ChaCha20Rng::from_seed(*seed.expose())));
            };
            // If there can be no thread, the others do its work.
            thread::Builder::new().spawn_scoped(scope, work).ok();
            // On this processor it would wait for its turn, with the other idle: some milliseconds.
            thread::yield_now();
        }
        if !before_joining() {
            search.given_up.store(true, Ordering::Relaxed);
        }
        search.work(&mut random);
    });
    loop {
        let pair = search.state().pair.take();
        if pair.is_some() || search.given_up.load(Ordering::Relaxed) {
            return pair;
        }
        search.work(&mut random);
    }
}

/// What the threads have in common.
struct Search<'a, const L: usize, F> {
    filter: &'a F,
    sieve: Sieve,
    state: Mutex<SearchState<L>>,
    /// Whether no more survivors are wanted.
    is_enough: AtomicBool,
    /// Whether nobody wants the pair any more.
    given_up: AtomicBool,
}

struct SearchState<const L: usize> {
    survivors: Vec<Survivor<L>>,
    pair: Option<Pair<L>>,
    /// Whether a thread has panicked.
    has_panicked: bool,
}

/// What has passed the filter. Only the pointer moves, so that there are no copies to wipe.
struct Survivor<const L: usize> {
    candidate: Arc<Candidate<L>>,
    /// The rounds that somebody has begun, and those that it has passed.
    begun: u32,
    passed: u32,
}

enum Task<const L: usize> {
    Draw,
    Certify(Arc<Candidate<L>>),
    Leave,
}

impl<'a, const L: usize, F: Filter> Search<'a, L, F> {
    fn new(filter: &'a F) -> Self {
        Self {
            filter,
            sieve: filter.sieve(64 * L),
            state: Mutex::new(SearchState {
                survivors: Vec::new(),
                pair: None,
                has_panicked: false,
            }),
            is_enough: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, SearchState<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what there is to do until others do all that is left.
    fn work(&self, random: &mut ChaCha20Rng) {
        let _guard = PanicGuard(self);
        loop {
            let task = match self.given_up.load(Ordering::Relaxed) {
                true => Task::Leave,
                false => self.state().next(),
            };
            match task {
                Task::Draw => self.draw(random),
                Task::Certify(candidate) => {
                    let passes = certify::round(&candidate, random);
                    self.note_round(&candidate, passes);
                }
                Task::Leave => return,
            }
        }
    }

    /// Fills a batch and filters it.
    fn draw(&self, random: &mut ChaCha20Rng) {
        let lanes = self.filter.lanes();
        let mut batch = Zeroizing::new(Vec::with_capacity(lanes));
        while batch.len() < lanes {
            let is_over = self.is_enough.load(Ordering::Relaxed);
            if is_over || self.given_up.load(Ordering::Relaxed) {
                return;
            }
            let candidate = Candidate::<L>::draw(random);
            if self.sieve.passes(&candidate.0) {
                batch.push(candidate.0);
            }
        }
        let passed = self.filter.pass(&batch, &self.is_enough);
        if passed == 0 {
            return;
        }
        let mut state = self.state();
        if state.is_enough() {
            return;
        }
        for (lane, candidate) in batch.iter().enumerate() {
            if passed >> lane & 1 == 1 {
                let candidate = Arc::new(Candidate(*candidate));
                state.survivors.push(Survivor { candidate, begun: 0, passed: 0 });
            }
        }
        self.is_enough.store(state.is_enough(), Ordering::Relaxed);
    }

    /// Notes how a round has ended.
    fn note_round(&self, candidate: &Arc<Candidate<L>>, passes: bool) {
        let mut state = self.state();
        let is_it = |survivor: &Survivor<L>| Arc::ptr_eq(&survivor.candidate, candidate);
        let Some(place) = state.survivors.iter().position(is_it) else {
            return;
        };
        if passes {
            if let Some(survivor) = state.survivors.get_mut(place) {
                survivor.passed += 1;
            }
            state.make_pair();
        } else {
            state.survivors.remove(place);
        }
        self.is_enough.store(state.is_enough(), Ordering::Relaxed);
    }
}

impl<const L: usize> SearchState<L> {
    const ROUNDS: u32 = certify::rounds(64 * L);

    fn is_enough(&self) -> bool {
        self.survivors.len() >= 2 || self.pair.is_some() || self.has_panicked
    }

    fn next(&mut self) -> Task<L> {
        if self.pair.is_some() || self.has_panicked {
            return Task::Leave;
        }
        // The rounds of both primes, which are an even number, are shared best when all are left.
        if !self.is_enough() {
            return Task::Draw;
        }
        let first = self.survivors.iter_mut().take(2);
        match first.into_iter().find(|survivor| survivor.begun < Self::ROUNDS) {
            Some(survivor) => {
                survivor.begun += 1;
                Task::Certify(Arc::clone(&survivor.candidate))
            }
            None => Task::Leave,
        }
    }

    /// Makes a pair of the first two survivors once both are certified. One too close to the first is
    /// dropped.
    fn make_pair(&mut self) {
        let [first, second, ..] = self.survivors.as_slice() else {
            return;
        };
        if first.passed == Self::ROUNDS && second.passed == Self::ROUNDS {
            self.pair = Pair::of(&first.candidate, &second.candidate);
            if self.pair.is_none() {
                self.survivors.remove(1);
            }
        }
    }
}

/// Makes the other threads leave when one panics.
struct PanicGuard<'a, const L: usize, F>(&'a Search<'a, L, F>);

impl<const L: usize, F> Drop for PanicGuard<'_, L, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.has_panicked = true;
            self.0.is_enough.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicUsize;

    use crypto_primes::{Flavor, is_prime};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::key::prime::filter::PrimeFilter;

    fn fixed_seeds(count: u8) -> Seeds {
        let seed = |seed| Seed::copy_of(&[seed; 32]);
        Seeds { own: seed(0), others: (1..count).map(seed).collect() }
    }

    fn pair(filter: &impl Filter, seeds: &Seeds) -> Pair<16> {
        find(filter, seeds, || true).unwrap()
    }

    #[track_caller]
    fn assert_primes(pair: &Pair<16>) {
        for prime in [&pair.larger, &pair.smaller] {
            let bytes: Vec<_> = prime.0.iter().flat_map(|word| word.to_le_bytes()).collect();
            assert!(is_prime(Flavor::Any, &crypto_bigint::U1024::from_le_slice(&bytes)));
        }
        assert!(pair.larger.0.iter().rev().gt(pair.smaller.0.iter().rev()));
    }

    /// A filter that is wrong in one way or another.
    struct Faulty<F>(usize, F);

    impl<F: Fn(u8) -> u8 + Sync> Filter for Faulty<F> {
        fn lanes(&self) -> usize {
            self.0
        }

        fn sieve(&self, _: usize) -> Sieve {
            Sieve::up_to(65_536)
        }

        fn pass<const L: usize>(&self, candidates: &[[u64; L]], abandoned: &AtomicBool) -> u8 {
            let passed = candidates.iter().rev().fold(0, |passed, candidate| {
                passed << 1 | PrimeFilter::Portable.pass(&[*candidate], abandoned)
            });
            (self.1)(passed)
        }
    }

    #[test]
    fn a_filter_that_lets_everything_pass_makes_no_composite() {
        for (threads, lanes) in [(1, 1), (2, 8), (4, 3)] {
            assert_primes(&pair(&Faulty(lanes, |_| u8::MAX), &fixed_seeds(threads)));
        }
    }

    #[test]
    fn a_filter_that_discards_most_primes_is_slow_alone() {
        let batches = AtomicUsize::new(0);
        let third = |passed| match batches.fetch_add(1, Ordering::Relaxed) % 3 {
            0 => passed,
            _ => 0,
        };
        assert_primes(&pair(&Faulty(4, third), &fixed_seeds(2)));
    }

    #[test]
    fn what_a_filter_panics_with_ends_the_search() {
        for threads in [1, 2, 4] {
            let panicking = Faulty(1, |_: u8| -> u8 { panic!("a fault of the filter") });
            let found = || pair(&panicking, &fixed_seeds(threads));
            assert!(catch_unwind(AssertUnwindSafe(found)).is_err());
        }
    }

    #[test]
    fn one_seed_says_which_pair_is_found() {
        let pairs: Vec<_> = PrimeFilter::available()
            .chain(PrimeFilter::available())
            .map(|filter| (filter, pair(&filter, &fixed_seeds(1))))
            .collect();
        for (filter, pair) in &pairs {
            assert_primes(pair);
            let (_, same) = pairs.iter().find(|(other, _)| other == filter).unwrap();
            assert!(pair.larger == same.larger && pair.smaller == same.smaller);
        }
    }

    /// The SHA-256 digests of p and q, big-endian and one after the other, for the seed 00 01 02 … 1f, computed by
    /// a separate program: ChaCha20 keystream, the draw of [`Candidate`], the first two primes.
    #[test]
    fn a_stored_seed_gives_the_stored_primes() {
        let own = Seed::copy_of(&std::array::from_fn(|place| u8::try_from(place).unwrap()));
        let seeds = Seeds { own, others: Vec::new() };
        for filter in PrimeFilter::available() {
            let expected = "e306d9493b721d5f46a951e7e04c17c6166853a64a07a5ab1c8b38f9a40852ee";
            assert_eq!(digest::<16>(&filter, &seeds), expected, "{}", filter.name());
        }
        let filter = PrimeFilter::fastest();
        let expected = "cb7866e571342a16dfa7d207c3048ca9d00d5a0277ac0ebee916a33fe9d2a37b";
        assert_eq!(digest::<24>(&filter, &seeds), expected);
        let expected = "706c04ba7e58be4419c25782d41a0c4f1a23845b0d27956901d95d79091c908b";
        assert_eq!(digest::<32>(&filter, &seeds), expected);
    }

    fn digest<const L: usize>(filter: &impl Filter, seeds: &Seeds) -> String {
        let pair = find::<L>(filter, seeds, || true).unwrap();
        let words = pair.larger.0.iter().rev().chain(pair.smaller.0.iter().rev());
        let bytes: Vec<u8> = words.flat_map(|word| word.to_be_bytes()).collect();
        Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn no_two_searches_find_the_same_prime() {
        let mut primes = HashSet::new();
        for threads in [1, 2, 2, 3, 4] {
            let seeds = Seeds::draw(NonZero::new(threads).unwrap()).unwrap();
            let pair = pair(&PrimeFilter::fastest(), &seeds);
            assert_primes(&pair);
            assert!(primes.insert(pair.larger.0) && primes.insert(pair.smaller.0));
        }
    }

    #[test]
    fn a_second_prime_next_to_the_first_is_dropped() {
        let survivor = |bottom| Survivor {
            candidate: Arc::new(Candidate([bottom, 0, 0, 1 << 63])),
            begun: SearchState::<4>::ROUNDS,
            passed: SearchState::<4>::ROUNDS,
        };
        let mut state = SearchState { survivors: vec![], pair: None, has_panicked: false };
        state.survivors.extend([survivor(1), survivor(3)]);
        state.make_pair();
        assert!(state.pair.is_none());
        assert_eq!(state.survivors.len(), 1);
        assert!(matches!(state.next(), Task::Draw));
    }

    #[test]
    fn a_search_that_is_given_up_ends() {
        for threads in [1, 2, 4] {
            // Nothing would ever pass.
            let filter = Faulty(1, |_: u8| -> u8 { 0 });
            assert!(find::<16>(&filter, &fixed_seeds(threads), || false).is_none());
        }
    }
}
