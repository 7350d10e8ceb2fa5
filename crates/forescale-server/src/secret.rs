//! Secrets from files; they are never part of an error or a log.

use std::path::Path;

use crate::error::ServerError;

/// A shorter secret can be guessed.
const SHORTEST: usize = 16;

/// The first line of `file`, which is `what`.
///
/// # Errors
/// [`ServerError::File`] when it cannot be read or the line is shorter than 16 bytes.
pub fn read(what: &'static str, file: &Path) -> Result<Vec<u8>, ServerError> {
    let wrong = |reason: String| ServerError::File { what, path: file.into(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let line = text.lines().next().unwrap_or_default().trim();
    match line.len() >= SHORTEST {
        true => Ok(line.as_bytes().to_vec()),
        false => Err(wrong(format!("its first line should have at least {SHORTEST} bytes"))),
    }
}
