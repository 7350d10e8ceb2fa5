//! Bytes that say they are a table: a history of finite loads, or an error.

use std::io::Write;

use forescale_sources::{ReadOptions, Source, read_history};

/// Reads the bytes as a CSV file.
pub fn run(bytes: &[u8]) {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
    file.write_all(bytes).expect("it can be written");
    match read_history(&Source::new(file.path()), &ReadOptions::default()) {
        Ok(read) => assert!(read.series.present().all(|load| load.is_finite())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
