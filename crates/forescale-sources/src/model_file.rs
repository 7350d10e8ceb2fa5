//! Model files on the disk.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use forescale_core::model_file::ModelFile;
use forescale_core::model_file::{MAGIC, decode, encode};

use crate::atomic::write_atomically;
use crate::error::SourceError;

/// A model file in a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its version and title, or why it is not read.
    pub model: Result<(u32, String), SourceError>,
}

/// Writes a model file: whole or not at all.
///
/// # Errors
/// [`SourceError::Write`]; what stood at `path` is then untouched.
pub fn write(path: &Path, model: &ModelFile) -> Result<(), SourceError> {
    write_atomically(path, &encode(model))
}

/// Reads a model file whose payload has at most version `known`.
///
/// # Errors
/// [`SourceError::Unavailable`], or [`SourceError::Model`]: something else, newer, cut short, or corrupted.
pub fn read(path: &Path, known: u32) -> Result<ModelFile, SourceError> {
    let name = path.display().to_string();
    let unavailable = |error| SourceError::unavailable(&name, &error);
    let mut bytes = Vec::new();
    let mut file = fs::File::open(path).map_err(unavailable)?;
    file.read_to_end(&mut bytes).map_err(unavailable)?;
    decode(&bytes, known).map_err(|problem| SourceError::Model { path: name, problem })
}

/// The model files of a folder, by name; other files are passed over.
///
/// # Errors
/// [`SourceError::Unavailable`] when the folder cannot be read.
pub fn list(folder: &Path, known: u32) -> Result<Vec<Listed>, SourceError> {
    let name = folder.display().to_string();
    let entries = fs::read_dir(folder).map_err(|error| SourceError::unavailable(&name, &error))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| is_model(path))
        .collect();
    paths.sort();
    let listed = |path: PathBuf| {
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        let model = read(&path, known).map(|model| (model.version, model.title));
        Listed { path, bytes, model }
    };
    Ok(paths.into_iter().map(listed).collect())
}

/// Whether a model file stands at `path`, whole or broken, by its first bytes.
pub fn is_model(path: &Path) -> bool {
    let mut magic = [0; MAGIC.len()];
    // A pipe would wait for someone who writes.
    path.is_file()
        && fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok())
        && &magic == MAGIC
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelFile {
        ModelFile { version: 2, title: "shop".to_owned(), payload: vec![1, 2, 3, 4] }
    }

    #[test]
    fn a_model_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.forescale");
        write(&path, &model()).unwrap();
        fs::write(folder.path().join("card.md"), "a card").unwrap();
        assert_eq!(read(&path, 2).unwrap(), model());
        let listed = list(folder.path(), 2).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].model, Ok((2, "shop".to_owned())));
        assert_eq!(listed[0].bytes, 40);
    }

    #[test]
    fn a_file_that_is_not_there_is_unavailable() {
        assert!(read(Path::new("no/such/model"), 2).unwrap_err().is_unavailable());
    }
}
