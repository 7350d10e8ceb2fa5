//! Puts the commit into the version where this is built from a clone.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=FORESCALE_COMMIT");
    // The log of HEAD grows with every commit and every checkout.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        let log = std::path::Path::new(&here).join(log);
        if log.exists() {
            println!("cargo::rerun-if-changed={}", log.display());
        }
    }
    let given = std::env::var("FORESCALE_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| git(&["log", "-1", "--format=%h %cs"]));
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let version = commit.map_or(version.clone(), |commit| format!("{version} ({commit})"));
    println!("cargo::rustc-env=FORESCALE_VERSION={version}");
    println!("cargo::rerun-if-changed=build.rs");
}

/// What git says in one line; nothing where there is no git or no clone.
fn git(words: &[&str]) -> Option<String> {
    let ran = Command::new("git").args(words).output().ok()?;
    let line = String::from_utf8(ran.stdout).ok()?.trim().to_owned();
    (ran.status.success() && !line.is_empty()).then_some(line)
}
