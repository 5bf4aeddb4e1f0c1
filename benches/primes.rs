//! Benchmarks of the prime search: `cargo bench --manifest-path benches/Cargo.toml`.
//!
//! For each batch of a filter, one squaring takes a thousandth of the time per 1000 bits of the
//! candidates. A search is timed as part of a key generation and compared with the `rsa` crate.

use std::hint::black_box;
use std::num::NonZero;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use keypair::key::{PrimeFilter, PrimeSearch, RsaBits, RsaPrivateKey};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn batch<const L: usize>(criterion: &mut Criterion) {
    let mut random = StdRng::seed_from_u64(1);
    let mut group = criterion.benchmark_group(format!("filter/{}", 64 * L));
    for filter in PrimeFilter::available() {
        let candidates: Vec<[u64; L]> = (0..filter.lanes())
            .map(|_| {
                let mut words: [u64; L] = std::array::from_fn(|_| random.next_u64());
                words[0] |= 1;
                words[L - 1] |= 1 << 63;
                words
            })
            .collect();
        group.throughput(Throughput::Elements(filter.lanes().try_into().unwrap()));
        group.bench_function(filter.name(), |bencher| {
            bencher.iter(|| black_box(filter.test(black_box(&candidates))));
        });
    }
}

fn filters(criterion: &mut Criterion) {
    batch::<16>(criterion);
    batch::<24>(criterion);
    batch::<32>(criterion);
}

fn searches(criterion: &mut Criterion) {
    for bits in [RsaBits::Bits2048, RsaBits::Bits3072, RsaBits::Bits4096] {
        let mut group = criterion.benchmark_group(format!("key/{}", bits.bits()));
        group.sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(20));
        group.sample_size(50);
        for filter in PrimeFilter::available() {
            for threads in [1, 2] {
                let threads = NonZero::new(threads).unwrap();
                let search = PrimeSearch::default().with_filter(filter).with_threads(threads);
                let name = format!("{}, threads: {threads}", filter.name());
                group.bench_function(name, |bencher| {
                    bencher.iter(|| RsaPrivateKey::generate(bits, search).unwrap());
                });
            }
        }
        let mut random = StdRng::seed_from_u64(2);
        group.bench_function("the rsa crate", |bencher| {
            bencher.iter(|| rsa::PrivateKey::new(&mut random, bits.bits().into()).unwrap());
        });
    }
}

criterion_group!(benches, filters, searches);
criterion_main!(benches);
