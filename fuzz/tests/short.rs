//! Every target on its seeds and on seeds that were changed at random, for `FORESCALE_FUZZ_SECONDS` each.
//!
//! The changes are the same in every run. `tests/scripts/fuzz.sh` searches further.

use std::time::{Duration, Instant};

use forescale_fuzz::{TARGETS, Target};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

/// Seconds for each target when nobody says how many.
const SECONDS: u64 = 3;

/// Inputs between two looks at the time.
const ROUND: u32 = 20;

#[test]
fn every_target_stands_its_seeds_and_what_becomes_of_them() {
    let seconds = std::env::var("FORESCALE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has seeds", target.name);
        seeds.iter().for_each(|seed| (target.run)(seed));
        let tried = search(target, &seeds, Duration::from_secs(seconds.unwrap_or(SECONDS)));
        assert!(tried > 0);
        println!("{}: {} seeds, {tried} changed", target.name, seeds.len());
    }
}

fn search(target: &Target, seeds: &[Vec<u8>], span: Duration) -> u32 {
    let config = Config { cases: ROUND, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config.clone(), rng());
    let changed = (any::<Index>(), prop::collection::vec(change(), 1..6));
    let (until, mut tried) = (Instant::now() + span, 0);
    while Instant::now() < until {
        let ran = runner.run(&changed, |(seed, changes)| {
            let mut bytes = seed.get(seeds).clone();
            changes.iter().for_each(|change| change.make(&mut bytes, seeds));
            (target.run)(&bytes);
            Ok(())
        });
        ran.unwrap_or_else(|error| panic!("{}: {error}", target.name));
        // A runner counts its cases; the next one goes on with other numbers.
        runner = TestRunner::new_with_rng(config.clone(), runner.new_rng());
        tried += ROUND;
    }
    tried
}

fn rng() -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha)
}

/// A change of an input.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Write(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Remove(Index, Index),
    Repeat(Index, Index, u8),
    Cut(Index),
    /// Goes on as another seed does from there.
    Cross(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        3 => (at(), piece()).prop_map(|(at, bytes)| Change::Write(at, bytes)),
        3 => (at(), piece()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (at(), at()).prop_map(|(from, to)| Change::Remove(from, to)),
        1 => (at(), at(), 1_u8..20).prop_map(|(from, to, times)| Change::Repeat(from, to, times)),
        1 => at().prop_map(Change::Cut),
        1 => (at(), at()).prop_map(|(seed, at)| Change::Cross(seed, at)),
    ]
}

/// What tends to be taken for more than it is: lengths, limits and signs.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\xff\xff\xff\xff\x0f",
        b"\xff\x7f",
        b"\0\0\0\0\0\0\xf0\x7f",
        b"\0\0\0\0\0\0\xf8\x7f",
        b"-1",
        b"9223372036854775807",
        b"1e308",
        b"NaN",
        b"null",
        b"[[[[[[[[",
        b"\"",
        b"\r\n",
        b"%00",
        b"\xf0\x9f\x92\xa9",
    ];
    prop_oneof![
        2 => prop::sample::select(known).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 1..9),
    ]
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let place = |at: &Index| at.index(bytes.len() + 1);
        let span = |from: &Index, to: &Index| {
            let (from, to) = (place(from), place(to));
            from.min(to)..from.max(to)
        };
        match self {
            Self::Flip(at, bit) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Self::Flip(..) => {}
            Self::Write(at, piece) => {
                let at = place(at);
                let end = (at + piece.len()).min(bytes.len());
                bytes.splice(at..end, piece.iter().copied());
            }
            Self::Insert(at, piece) => {
                let at = place(at);
                bytes.splice(at..at, piece.iter().copied());
            }
            Self::Remove(from, to) => {
                bytes.drain(span(from, to));
            }
            Self::Repeat(from, to, times) => {
                let span = span(from, to);
                let piece = bytes[span.clone()].repeat(usize::from(*times));
                bytes.splice(span, piece);
            }
            Self::Cut(at) => bytes.truncate(place(at)),
            Self::Cross(seed, at) => {
                let other = seed.get(seeds);
                let at = place(at);
                bytes.truncate(at);
                bytes.extend(other.iter().skip(at));
            }
        }
    }
}
