//! The histories of a fleet, and what makes them the same in another run.

use std::fs;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use forescale_sources::{Source, name_hash};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// The files of a folder by their names without endings, or the one file.
///
/// # Errors
/// What cannot be read, and a folder without a file.
pub fn sources(input: &Path) -> Result<Vec<(String, Source)>, Failure> {
    let unavailable = |error: io::Error| {
        Failure::unavailable(format!("{}: {error}", input.display()))
            .hint("pass a file, or a folder of CSV and Parquet files")
    };
    let about = fs::metadata(input).map_err(unavailable)?;
    let mut files = vec![input.to_owned()];
    if about.is_dir() {
        let entries = fs::read_dir(input).map_err(unavailable)?.collect::<Result<Vec<_>, _>>();
        files = entries.map_err(unavailable)?.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.is_file() && !hidden(file));
        files.sort();
    }
    if files.is_empty() {
        return Err(Failure::usage(format!("{} holds no file", input.display()))
            .hint("pass a file, or a folder of CSV and Parquet files"));
    }
    Ok(files.into_iter().map(|file| (stem(&file), Source::File(file))).collect())
}

fn hidden(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']))
}

fn stem(file: &Path) -> String {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ends = [".gz", ".csv", ".parquet", ".tsv", ".txt"];
    ends.iter().fold(name, |name, end| name.strip_suffix(end).map_or(name.clone(), str::to_owned))
}

/// What makes two runs the same job: the settings, the histories by length and time, and the events by what they say.
pub fn described(
    sources: &[(String, Source)],
    events: Option<&Path>,
    settings: &Map<String, Value>,
) -> Value {
    let file = |(_, source): &(String, Source)| {
        let (bytes, changed) = length_and_time(source);
        json!([source.name(), bytes, changed])
    };
    let text = |path| fs::read(path).map(|bytes| name_hash(&String::from_utf8_lossy(&bytes)));
    json!({
        "settings": settings,
        "files": sources.iter().map(file).collect::<Vec<_>>(),
        "events": events.and_then(|path| text(path).ok()),
    })
}

fn length_and_time(source: &Source) -> (u64, u64) {
    let Source::File(path) = source else { return (0, 0) };
    let Ok(about) = fs::metadata(path) else { return (0, 0) };
    let changed = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    (about.len(), changed.map_or(0, |since| since.as_millis() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_its_series_without_endings() {
        for (file, name) in [("a/shop.csv.gz", "shop"), ("b.c.parquet", "b.c"), ("plain", "plain")]
        {
            assert_eq!(stem(Path::new(file)), name);
        }
    }
}
