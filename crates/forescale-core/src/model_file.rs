//! Model files as bytes: a payload that is known to be whole.
//!
//! A file begins with a head of 32 bytes, numbers little-endian: `FORESCALE` (9 bytes), a zero, the format of the
//! file (2 bytes), the CRC-32 of all that follows (4), the version of the payload (4), the length of the title (4)
//! and of the payload (8). Title and payload follow.

use thiserror::Error;

/// What stands in a model file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// The version of the payload, which its writer counts.
    pub version: u32,
    /// One line for lists, such as the name of the series and its span.
    pub title: String,
    /// The model.
    pub payload: Vec<u8>,
}

/// Why a model file is not read.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ModelProblem {
    /// Something else.
    #[error("is not a forescale model file")]
    NotAModel,
    /// Written by a later forescale.
    #[error("has model format {found}, but this forescale reads up to {known}")]
    Newer {
        /// Its format.
        found: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// Its end is missing.
    #[error("is cut short: it should have {expected} bytes, but has {found}")]
    Truncated {
        /// Bytes according to its head.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// Its checksum does not fit.
    #[error("is corrupted: its checksum should be {expected:08x}, but is {found:08x}")]
    Corrupted {
        /// The checksum in its head.
        expected: u32,
        /// The checksum of what is there.
        found: u32,
    },
}

impl ModelProblem {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotAModel => "make one with `forescale train HISTORY --model FILE`",
            Self::Newer { .. } => "update forescale, or train the model again",
            Self::Truncated { .. } | Self::Corrupted { .. } => {
                "copy it again, or train the model again"
            }
        }
    }
}

/// What every model file begins with.
pub const MAGIC: &[u8; 10] = b"FORESCALE\0";

/// The format of the head and what follows it.
const FORMAT: u16 = 1;

const HEAD: usize = 32;

/// Where the checksum begins to hold: everything before it is told apart by itself.
const CHECKED_FROM: usize = 16;

/// The bytes of a model file.
///
/// ```
/// use forescale_core::model_file::{ModelFile, decode, encode};
/// let file = ModelFile { version: 2, title: "shop".to_owned(), payload: vec![1, 2, 3] };
/// assert_eq!(decode(&encode(&file), 2)?, file);
/// assert!(decode(b"timestamp,load", 2).is_err());
/// # Ok::<(), forescale_core::model_file::ModelProblem>(())
/// ```
pub fn encode(model: &ModelFile) -> Vec<u8> {
    let mut body = model.version.to_le_bytes().to_vec();
    body.extend((model.title.len() as u32).to_le_bytes());
    body.extend((model.payload.len() as u64).to_le_bytes());
    body.extend(model.title.as_bytes());
    body.extend(&model.payload);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Reads a model file whose payload has at most version `known`.
///
/// # Errors
/// [`ModelProblem`]: something else, newer, cut short, or corrupted.
pub fn decode(bytes: &[u8], known: u32) -> Result<ModelFile, ModelProblem> {
    let found = bytes.len() as u64;
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if magic.is_empty() || magic != &MAGIC[..magic.len()] {
        return Err(ModelProblem::NotAModel);
    }
    let Some((head, rest)) = bytes.split_at_checked(HEAD) else {
        return Err(ModelProblem::Truncated { expected: HEAD as u64, found });
    };
    let format = u32::from(u16::from_le_bytes(part(head, 10)));
    if format == 0 {
        return Err(ModelProblem::NotAModel);
    }
    if format > u32::from(FORMAT) {
        return Err(ModelProblem::Newer { found: format, known: u32::from(FORMAT) });
    }
    let expected = u32::from_le_bytes(part(head, 12));
    let version = u32::from_le_bytes(part(head, CHECKED_FROM));
    let title = u32::from_le_bytes(part(head, 20)) as usize;
    let payload = u64::from_le_bytes(part(head, 24));
    let whole = (HEAD as u64).saturating_add(title as u64).saturating_add(payload);
    if found < whole {
        return Err(ModelProblem::Truncated { expected: whole, found });
    }
    let sum = crc32fast::hash(&bytes[CHECKED_FROM..]);
    if sum != expected {
        return Err(ModelProblem::Corrupted { expected, found: sum });
    }
    if version > known {
        return Err(ModelProblem::Newer { found: version, known });
    }
    let (title, payload) = rest.split_at(title);
    Ok(ModelFile {
        version,
        title: String::from_utf8_lossy(title).into_owned(),
        payload: payload.to_vec(),
    })
}

/// `N` bytes of the head, which is `HEAD` long.
fn part<const N: usize>(head: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&head[at..at + N]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelFile {
        ModelFile { version: 2, title: "shop".to_owned(), payload: vec![1, 2, 3, 4] }
    }

    fn refused(bytes: &[u8]) -> String {
        decode(bytes, 2).unwrap_err().to_string()
    }

    #[test]
    fn each_kind_of_damage_has_its_name() {
        let whole = encode(&model());
        assert_eq!(refused(b"timestamp,load"), "is not a forescale model file");
        assert_eq!(refused(b""), "is not a forescale model file");
        assert_eq!(refused(&whole[..20]), "is cut short: it should have 32 bytes, but has 20");
        assert_eq!(refused(&whole[..39]), "is cut short: it should have 40 bytes, but has 39");
        let mut newer = whole.clone();
        newer[10] = 9;
        assert_eq!(refused(&newer), "has model format 9, but this forescale reads up to 1");
        let mut damaged = whole.clone();
        damaged[33] ^= 1;
        assert!(refused(&damaged).starts_with("is corrupted: its checksum should be "));
        let newer = decode(&whole, 1).unwrap_err().to_string();
        assert_eq!(newer, "has model format 2, but this forescale reads up to 1");
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let payload: Vec<u8> = (0..2_000_u32).map(|at| (at * at % 251) as u8).collect();
        let whole = encode(&ModelFile { payload, ..model() });
        for cut in 0..whole.len() {
            assert!(decode(&whole[..cut], 2).is_err(), "cut at {cut}");
        }
        let mut flipped = whole.clone();
        for bit in 0..8 * whole.len() {
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped, u32::MAX).is_err(), "bit {bit}");
            flipped[bit / 8] = whole[bit / 8];
        }
        assert!(decode(&flipped, 2).is_ok());
    }
}
