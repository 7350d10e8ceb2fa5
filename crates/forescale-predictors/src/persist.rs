//! Fits as bytes and back.

use forescale_core::FittedPredictor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::sound::Sound;

#[cfg(test)]
mod changes;
#[cfg(test)]
mod tests;

/// Bytes that are not the fit they should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CorruptFit {
    /// The bytes do not decode.
    #[error("the fit cannot be read: {0}")]
    Unreadable(String),
    /// They decode to what no fit is: a file may be whole and absurd all the same.
    #[error("the fit is not sound: {0}")]
    Unsound(&'static str),
    /// No predictor of that name.
    #[error("the fit belongs to {0:?}, which is no predictor of this version")]
    UnknownPredictor(String),
}

/// `fit` as bytes.
pub(crate) fn to_bytes(fit: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(fit).expect("a fit is plain numbers and text")
}

/// The fit that [`to_bytes`] wrote.
///
/// # Errors
/// [`CorruptFit::Unreadable`] when the bytes do not decode, [`CorruptFit::Unsound`] when no forecast may rely on them.
pub(crate) fn from_bytes<F>(bytes: &[u8]) -> Result<Box<dyn FittedPredictor>, CorruptFit>
where
    F: FittedPredictor + Sound + DeserializeOwned + 'static,
{
    let fit: F =
        postcard::from_bytes(bytes).map_err(|error| CorruptFit::Unreadable(error.to_string()))?;
    fit.check().map_err(CorruptFit::Unsound)?;
    Ok(Box::new(fit))
}
