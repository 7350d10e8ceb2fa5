//! Inputs to begin with: the files of `seeds/TARGET`, where what was once found stays for good.

use std::path::Path;

/// The files of the target called `name`, in the order of their names.
pub fn of(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
    let files = std::fs::read_dir(&folder).expect("every target has a folder of seeds");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a seed can be read")).collect()
}
