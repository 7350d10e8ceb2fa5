//! What cargo and the file system say about this workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package of the workspace.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Where it lies, from the root: `crates/forescale-core`.
    pub folder: String,
    /// What it is built from; what only its tests need is left out.
    pub dependencies: Vec<String>,
}

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace")
}

/// All packages, as `cargo metadata` lists them.
pub fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs this test, so it can be run");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    metadata["packages"].as_array().expect("packages is a list").iter().map(package).collect()
}

fn package(json: &Value) -> Package {
    let manifest = Path::new(json["manifest_path"].as_str().expect("a manifest has a path"));
    let folder = manifest.parent().and_then(|folder| folder.strip_prefix(root()).ok());
    let dependencies = json["dependencies"].as_array().expect("dependencies is a list");
    Package {
        name: text(&json["name"]),
        folder: folder.expect("members lie in the workspace").display().to_string(),
        dependencies: dependencies
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| text(&dependency["name"]))
            .collect(),
    }
}

fn text(json: &Value) -> String {
    json.as_str().expect("a name is text").to_owned()
}

/// Every file with one of `extensions` under `folder`, sorted.
pub fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder of the project can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| extensions.iter().any(|want| e == *want)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
