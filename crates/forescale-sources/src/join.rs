//! Tables that were written in parts, as one file: whole or not there.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use polars::prelude::*;
use tempfile::NamedTempFile;

use crate::atomic::grant;
use crate::error::SourceError;
use crate::table::parquet_writer;

/// The CSV files at `parts`, one after the other, as one file at `path`: the header of the first stands for all.
///
/// # Errors
/// [`SourceError::Write`] when a part cannot be read or the file cannot be written.
pub fn join_csv(parts: &[PathBuf], path: &Path) -> Result<(), SourceError> {
    joined(path, |file| {
        let mut out = BufWriter::new(file);
        for (at, part) in parts.iter().enumerate() {
            let mut rows = BufReader::new(File::open(part)?);
            let mut header = Vec::new();
            rows.read_until(b'\n', &mut header)?;
            if at == 0 {
                out.write_all(&header)?;
            }
            std::io::copy(&mut rows, &mut out)?;
        }
        Ok(out.flush()?)
    })
}

/// The Parquet files at `parts`, one after the other, as one file at `path`; one part at a time is in memory.
///
/// # Errors
/// [`SourceError::Write`] when a part cannot be read, parts differ in their columns, or the file cannot be written.
pub fn join_parquet(parts: &[PathBuf], path: &Path) -> Result<(), SourceError> {
    joined(path, |file| {
        let mut writer = None;
        for part in parts {
            let frame = ParquetReader::new(File::open(part)?).finish()?;
            if writer.is_none() {
                let plain = parquet_writer(file.try_clone()?, frame.schema());
                writer = Some(plain.batched(frame.schema())?);
            }
            if let Some(writer) = &mut writer {
                writer.write_batch(&frame)?;
            }
        }
        writer.map_or(Ok(()), |writer| writer.finish().map(|_| ()))
    })
}

/// Lets `write` fill a file that then takes the name `path`.
fn joined(
    path: &Path,
    write: impl FnOnce(&mut File) -> PolarsResult<()>,
) -> Result<(), SourceError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let filled = || -> PolarsResult<()> {
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        write(file.as_file_mut())?;
        file.as_file().sync_all()?;
        grant(&file, path)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    filled().map_err(|error| SourceError::Write {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{TableColumn, Values, write_csv, write_parquet};
    use crate::{ReadOptions, Source, read_histories};

    fn rows(name: &str, loads: [f64; 2]) -> Vec<TableColumn> {
        let at = |second| chrono::DateTime::from_timestamp(second, 0);
        let column = |name: &str, values| TableColumn { name: name.to_owned(), values };
        vec![
            column("unique_id", Values::Text(vec![Some(name.to_owned()); 2])),
            column("ds", Values::SomeMoments(vec![at(1_767_571_200), at(1_767_571_500)])),
            column("y", Values::Numbers(loads.to_vec())),
            column("instances", Values::SomeIntegers(vec![Some(3), None])),
        ]
    }

    #[test]
    fn parts_are_joined_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        for (end, csv) in [("csv", true), ("parquet", false)] {
            let parts: Vec<PathBuf> = [("b", [1.0, 2.0]), ("a", [3.0, 4.0])]
                .map(|(name, loads)| {
                    let part = folder.path().join(format!("{name}.{end}"));
                    let rows = rows(name, loads);
                    let bytes = if csv { write_csv(&rows) } else { write_parquet(&rows).unwrap() };
                    std::fs::write(&part, bytes).unwrap();
                    part
                })
                .to_vec();
            let path = folder.path().join(format!("all.{end}"));
            let join = if csv { join_csv } else { join_parquet };
            join(&parts, &path).unwrap();
            let options = ReadOptions { loads: vec!["y".to_owned()], ..ReadOptions::default() };
            let read = read_histories(&Source::new(&path), &options).unwrap();
            let found: Vec<_> =
                read.iter().map(|one| (one.name.as_str(), one.series.values())).collect();
            assert_eq!(found, [("b", &[1.0, 2.0][..]), ("a", &[3.0, 4.0][..])], "{end}");
            let missing = join(&[folder.path().join("none")], &path).unwrap_err();
            assert!(matches!(missing, SourceError::Write { .. }) && path.exists());
        }
    }
}
