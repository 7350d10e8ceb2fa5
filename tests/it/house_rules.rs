//! What CONTRIBUTING.md asks of every source file.

use std::fs;
use std::path::PathBuf;

use crate::workspace::{files, root};

/// A reader can hold one idea; a file beyond this holds two.
const MOST_LINES: usize = 400;

/// What is not finished or switched off; written in halves so that this file passes too.
const UNFINISHED: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!("),
    concat!("unimplem", "ented!("),
    concat!("#[ig", "nore"),
    concat!("allow(dead", "_code"),
];

#[test]
fn no_source_file_is_too_long() {
    for path in sources() {
        let lines = read(&path).lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines, at most {MOST_LINES}", path.display());
    }
}

#[test]
fn nothing_is_unfinished_or_switched_off() {
    for path in sources() {
        let text = read(&path);
        let found = UNFINISHED.iter().find(|mark| text.contains(**mark));
        assert_eq!(found, None, "in {}", path.display());
    }
}

fn sources() -> Vec<PathBuf> {
    let folders = ["crates", "tests", "benches", "fuzz"].map(|folder| root().join(folder));
    folders.iter().filter(|folder| folder.exists()).flat_map(|f| files(f, &["rs", "py"])).collect()
}

fn read(path: &PathBuf) -> String {
    fs::read_to_string(path).expect("a source file is text")
}
