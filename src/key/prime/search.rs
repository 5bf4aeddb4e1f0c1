//! Searches with several threads that draw, filter and certify candidates until there is a pair.
//!
//! Every thread draws its own candidates. A batch always takes the same time, its survivors are
//! ordered by lane, and an abandoned batch has no survivors. So the order in which primes are found
//! reveals nothing about them. The threads share the certification: each takes one round at a time,
//! of the first two survivors only.

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

/// The seeds of the threads' generators.
pub(super) struct Seeds {
    /// The seed of the calling thread.
    own: Seed,
    others: Vec<Seed>,
}

impl Seeds {
    /// Draws a seed for each thread from the operating system.
    pub(super) fn draw(threads: NonZero<usize>) -> Result<Self, SysError> {
        let others = (1..threads.get()).map(|_| Seed::draw()).collect::<Result<_, _>>()?;
        Ok(Self { own: Seed::draw()?, others })
    }
}

/// Finds a pair, with one thread per seed; the calling thread is the first. It runs
/// `before_joining` before it joins the search. If that returns false, cancels the search and
/// returns `None`.
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
            // If a thread cannot be started, the others do its work.
            thread::Builder::new().spawn_scoped(scope, work).ok();
            // Without this, the thread can wait for this processor while another one is idle, for
            // milliseconds.
            thread::yield_now();
        }
        if !before_joining() {
            search.canceled.store(true, Ordering::Relaxed);
        }
        search.work(&mut random);
    });
    loop {
        let pair = search.state().pair.take();
        if pair.is_some() || search.canceled.load(Ordering::Relaxed) {
            return pair;
        }
        search.work(&mut random);
    }
}

/// State shared by the threads.
struct Search<'a, const L: usize, F> {
    filter: &'a F,
    sieve: Sieve,
    state: Mutex<SearchState<L>>,
    /// Set once there are enough survivors.
    is_enough: AtomicBool,
    /// Set when the caller cancels the search.
    canceled: AtomicBool,
}

struct SearchState<const L: usize> {
    survivors: Vec<Survivor<L>>,
    pair: Option<Pair<L>>,
    has_panicked: bool,
}

/// A candidate that has passed the filter. Only the pointer moves, which leaves nothing to wipe.
struct Survivor<const L: usize> {
    candidate: Arc<Candidate<L>>,
    /// Rounds started, and rounds passed.
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
            canceled: AtomicBool::new(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, SearchState<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws and certifies until no work is left for this thread.
    fn work(&self, random: &mut ChaCha20Rng) {
        let _guard = PanicGuard(self);
        loop {
            let task = match self.canceled.load(Ordering::Relaxed) {
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

    fn draw(&self, random: &mut ChaCha20Rng) {
        let lanes = self.filter.lanes();
        let mut batch = Zeroizing::new(Vec::with_capacity(lanes));
        while batch.len() < lanes {
            let is_over = self.is_enough.load(Ordering::Relaxed);
            if is_over || self.canceled.load(Ordering::Relaxed) {
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

    /// Records the result of a round.
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
        // The number of rounds for two primes is even, so sharing is best if all rounds are left.
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

    /// Makes a pair of the first two survivors once both are certified. Drops the second if it is
    /// too close to the first.
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

    /// A deliberately faulty filter.
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
    fn filter_passing_everything_yields_primes() {
        for (threads, lanes) in [(1, 1), (2, 8), (4, 3)] {
            assert_primes(&pair(&Faulty(lanes, |_| u8::MAX), &fixed_seeds(threads)));
        }
    }

    #[test]
    fn filter_discarding_most_primes_yields_primes() {
        let batches = AtomicUsize::new(0);
        let third = |passed| match batches.fetch_add(1, Ordering::Relaxed) % 3 {
            0 => passed,
            _ => 0,
        };
        assert_primes(&pair(&Faulty(4, third), &fixed_seeds(2)));
    }

    #[test]
    fn panicking_filter_ends_the_search() {
        for threads in [1, 2, 4] {
            let panicking = Faulty(1, |_: u8| -> u8 { panic!("a fault of the filter") });
            let found = || pair(&panicking, &fixed_seeds(threads));
            assert!(catch_unwind(AssertUnwindSafe(found)).is_err());
        }
    }

    #[test]
    fn single_seed_determines_the_pair() {
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

    /// The SHA-256 of p and q, big-endian and concatenated, for the seed 00 01 02 … 1f. A separate
    /// program computed it: ChaCha20 key stream, the draw of [`Candidate`], the first two primes.
    #[test]
    fn fixed_seed_yields_known_primes() {
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
    fn searches_find_different_primes() {
        let mut primes = HashSet::new();
        for threads in [1, 2, 2, 3, 4] {
            let seeds = Seeds::draw(NonZero::new(threads).unwrap()).unwrap();
            let pair = pair(&PrimeFilter::fastest(), &seeds);
            assert_primes(&pair);
            assert!(primes.insert(pair.larger.0) && primes.insert(pair.smaller.0));
        }
    }

    #[test]
    fn close_second_prime_is_dropped() {
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
    fn canceled_search_ends() {
        for threads in [1, 2, 4] {
            let filter = Faulty(1, |_: u8| -> u8 { 0 });
            assert!(find::<16>(&filter, &fixed_seeds(threads), || false).is_none());
        }
    }
}
