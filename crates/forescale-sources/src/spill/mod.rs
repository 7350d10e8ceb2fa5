//! Histories of any size, sorted into parts that each fit into memory: every series is whole in one of them.
//!
//! A long file may hold its rows in any order, by time or by series. They are read once, block by block, and go to the
//! part that the hash of their series' name says; later each part is read alone. What is read from a part does not
//! depend on the number of parts, and a series keeps its part as long as that number is the same.

mod part;
mod write;

pub use part::{PartSeries, read_part};
pub use write::{SpillOptions, Spilled, spill};

/// A number that the name of a series always has: FNV-1a, 64 bits.
///
/// ```
/// assert_eq!(forescale_sources::name_hash(""), 0xcbf2_9ce4_8422_2325);
/// assert_eq!(forescale_sources::name_hash("a"), 0xaf63_dc4c_8601_ec8c);
/// ```
pub fn name_hash(name: &str) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    name.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// The file of the samples of a part, and that of its names.
fn files(folder: &std::path::Path, part: usize) -> [std::path::PathBuf; 2] {
    [folder.join(format!("{part:04}.samples")), folder.join(format!("{part:04}.names"))]
}

/// Bytes of a sample: the number of its series in the part, microseconds since the Unix epoch, and the load.
const SAMPLE_BYTES: usize = 20;
