//! Files that are whole or not there.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::SourceError;

/// Writes `bytes` to `path`: a reader sees the old file or the new one, never half of one.
///
/// The bytes go to a new file in the same folder, are flushed to the disk, and take the name in one step. A folder
/// that does not exist is made.
///
/// # Errors
/// [`SourceError::Write`]; what stood at `path` is then untouched.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), SourceError> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    replace(path, folder, bytes).map_err(|error| SourceError::write(path, &error))
}

fn replace(path: &Path, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    grant(&file, path)?;
    file.persist(path).map_err(|error| error.error)?;
    // The name is on the disk once the folder is; not every file system lets a folder be flushed.
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Gives a file the permissions of the one it replaces, or those of any new file.
#[cfg(unix)]
pub(crate) fn grant(file: &NamedTempFile, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    const NEW_FILE: u32 = 0o644;
    let kept = fs::metadata(path).map(|metadata| metadata.permissions());
    let permissions = kept.unwrap_or_else(|_| fs::Permissions::from_mode(NEW_FILE));
    file.as_file().set_permissions(permissions)
}

#[cfg(not(unix))]
pub(crate) fn grant(_file: &NamedTempFile, _path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/plan.json");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kept");
        fs::write(&file, b"kept").unwrap();
        let error = write_atomically(&file.join("below"), b"new").unwrap_err();
        assert!(matches!(error, SourceError::Write { .. }));
        assert_eq!(fs::read(&file).unwrap(), b"kept");
        let error = write_atomically(folder.path(), b"new").unwrap_err();
        assert!(error.to_string().ends_with("could not be written: is a directory"), "{error}");
    }
}
