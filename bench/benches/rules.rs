//! The pure parts by time: `cargo bench -p bench`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use protocol::fingerprint::Fingerprint;
use protocol::key::{IdempotencyKey, PostId};
use protocol::post::NewPost;

fn rules(criterion: &mut Criterion) {
    criterion.bench_function("read an id", |bencher| bencher.iter(|| PostId::parse(black_box(bench::ID))));
    criterion.bench_function("read a key", |bencher| {
        bencher.iter(|| IdempotencyKey::parse(std::iter::once(black_box(bench::ID.as_bytes()))).is_ok());
    });
    if let Ok(post) = NewPost::check("word ".repeat(400), None, None) {
        criterion.bench_function("hash two thousand characters", |bencher| {
            bencher.iter(|| Fingerprint::of_create(black_box(&post)));
        });
    }
    criterion.bench_function("understand a create", |bencher| {
        bencher.iter(|| bench::understand(black_box(bench::ID), black_box(bench::BODY.as_bytes())).is_ok());
    });
    criterion.bench_function("a create but for the writer", |bencher| {
        bencher.iter(|| bench::create(black_box(bench::ID), black_box(bench::BODY.as_bytes())).is_ok());
    });
}

criterion_group!(benches, rules);
criterion_main!(benches);
