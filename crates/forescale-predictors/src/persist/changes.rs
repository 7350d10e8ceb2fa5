//! Bytes changed as chance and malice would: who reads them has to make something of them, or to refuse them.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;

/// As many cases as elsewhere, and the same ones each time.
pub fn config() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// One change of some bytes.
#[derive(Debug, Clone)]
pub enum Change {
    /// A bit is the other one.
    Flip(Place, u8),
    /// Others stand there.
    Replace(Place, Vec<u8>),
    /// Some more stand there.
    Insert(Place, Vec<u8>),
    /// Some are gone.
    Remove(Place, usize),
}

/// Where it is changed: lengths and steps stand at the ends, and would rarely be met by chance.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// Anywhere.
    Anywhere(Index),
    /// So many bytes after the beginning.
    AfterBegin(usize),
    /// So many bytes before the end.
    BeforeEnd(usize),
}

/// One to four changes.
pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 1..5)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (place(), 0_u8..8).prop_map(|(place, bit)| Change::Flip(place, bit)),
        4 => (place(), written()).prop_map(|(place, bytes)| Change::Replace(place, bytes)),
        1 => (place(), written()).prop_map(|(place, bytes)| Change::Insert(place, bytes)),
        1 => (place(), 1_usize..40).prop_map(|(place, count)| Change::Remove(place, count)),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        any::<Index>().prop_map(Place::Anywhere),
        (0_usize..80).prop_map(Place::AfterBegin),
        (0_usize..80).prop_map(Place::BeforeEnd),
    ]
}

/// Any bytes, or a number that is hard to live with, as postcard writes it.
fn written() -> impl Strategy<Value = Vec<u8>> {
    let wholes =
        [0, 1, 2, 3, 127, u64::from(u16::MAX), 1 << 31, u64::from(u32::MAX), 1 << 60, u64::MAX];
    let floats =
        [0.0, -0.0, -1.0, 1e-310, 1e308, -1e308, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 1..12),
        select(wholes.map(|n| postcard::to_stdvec(&n).expect("a number can be written")).to_vec()),
        select(floats.map(|x| x.to_le_bytes().to_vec()).to_vec()),
        select(floats.map(|x| (x as f32).to_le_bytes().to_vec()).to_vec()),
    ]
}

/// `bytes` after `changes`.
pub fn changed(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    changes.iter().for_each(|change| change.apply(&mut bytes));
    bytes
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let after = |at: usize, count: usize, bytes: &[u8]| (at + count).min(bytes.len());
        match self {
            Self::Flip(place, bit) => {
                let at = place.of(bytes.len());
                bytes[at..].iter_mut().take(1).for_each(|byte| *byte ^= 1 << bit);
            }
            Self::Replace(place, others) => {
                let at = place.of(bytes.len());
                bytes.splice(at..after(at, others.len(), bytes), others.iter().copied());
            }
            Self::Insert(place, more) => {
                let at = place.of(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Remove(place, count) => {
                let at = place.of(bytes.len());
                bytes.drain(at..after(at, *count, bytes));
            }
        }
    }
}

impl Place {
    fn of(self, length: usize) -> usize {
        match self {
            Self::Anywhere(index) => index.index(length.max(1)),
            Self::AfterBegin(bytes) => bytes.min(length),
            Self::BeforeEnd(bytes) => length.saturating_sub(bytes),
        }
    }
}
